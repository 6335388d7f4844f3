import DequeModule
import Dispatch
import Platform
import Synchronization

/// Threads that run lanes: those first in which somebody waits for an answer, then those with something interactive, each
/// in turn, so that no busy document starves another.
///
/// Background jobs never hold all threads at once. Idle threads sleep, but for one that waits for input where there is some:
/// it runs itself what the input asks for, and another one goes on reading, so that an answer waits for no thread to wake up
/// (leader and followers, Schmidt et al. 2000). There is one thread more than lanes are run at once, so that one can always read.
package final class WorkerPool: Scheduler {
  private struct State {
    /// Lanes and the numbers of their entries. Of a lane that went on to a more urgent queue the earlier entry is passed
    /// over when its turn comes: looking for it would take as long as there are lanes.
    struct Queue {
      private var entries: Deque<(lane: Lane, number: Int)> = []

      mutating func append(_ lane: Lane, _ number: Int) { entries.append((lane, number)) }

      mutating func popFirst() -> Lane? {
        while let (lane, number) = entries.popFirst() {
          if lane.waiting?.number == number {
            lane.waiting = nil
            return lane
          }
        }
        // The room of thousands of lanes is not kept.
        entries = []
        return nil
      }
    }

    var awaited = Queue()
    var interactive = Queue()
    var background = Queue()
    var runningCount = 0
    var runningBackgroundCount = 0
    /// What the next piece of input is read and taken in by; nil where there is none, or no more.
    var input: (@Sendable () -> Bool)?
    var isInputTaken = false
    /// How many threads the one that reads has to wake for what the piece asks for.
    var owedSignalCount = 0
    /// Threads that were started before this number was counted up end when they come free, each after it has started another.
    var generation = 0
    private var lastNumber = 0

    mutating func append(_ lane: Lane, _ urgency: Urgency) {
      lastNumber += 1
      lane.waiting = Lane.Waiting(urgency: urgency, number: lastNumber)
      switch urgency {
      case .awaited: awaited.append(lane, lastNumber)
      case .interactive: interactive.append(lane, lastNumber)
      case .background: background.append(lane, lastNumber)
      }
    }

    /// - Parameters:
    ///   - limit: how many lanes may run at once.
    ///   - backgroundLimit: how many of them with a background job.
    mutating func takeLane(limit: Int, backgroundLimit: Int) -> RunningLane? {
      guard runningCount < limit else { return nil }
      if let lane = awaited.popFirst() ?? interactive.popFirst() {
        runningCount += 1
        return RunningLane(lane: lane, isBackground: false)
      }
      guard runningBackgroundCount < backgroundLimit, let lane = background.popFirst() else { return nil }
      runningCount += 1
      runningBackgroundCount += 1
      return RunningLane(lane: lane, isBackground: true)
    }
  }

  private struct RunningLane {
    let lane: Lane
    let isBackground: Bool
  }

  private let state = Mutex(State())
  private let available = DispatchSemaphore(value: 0)
  private let inputEnded = DispatchSemaphore(value: 0)
  private let threadCount: Int
  private let backgroundLimit: Int
  private let timers: TimerThread
  /// The thread that reads; 0 for none.
  private let reader = Atomic<UInt>(0)

  /// - Parameter threadCount: at least 2, so that there is always one for interactive jobs.
  package init(threadCount: Int) throws(Failure) {
    self.threadCount = max(2, threadCount)
    backgroundLimit = self.threadCount - 1
    timers = try TimerThread()
    for _ in 0..<self.threadCount { try startThread { [self] in work(generation: 0) } }
  }

  /// Has the threads read input in turns until there is no more, and waits for that. Called once.
  ///
  /// - Parameter next: reads the next piece and submits what it asks for; false where there is no more. Called by one thread
  ///   at a time.
  package func read(_ next: @escaping @Sendable () -> Bool) throws(Failure) {
    try startThread { [self] in work(generation: state.withLock { $0.generation }) }
    state.withLock { $0.input = next }
    available.signal()
    inputEnded.wait()
  }

  package func submit(_ urgency: Urgency, in lane: Lane, _ job: @escaping @Sendable () -> JobOutcome) {
    if lane.append(urgency, job) { enqueue(lane, urgency) } else { promote(lane, urgency) }
  }

  package func run(_ urgency: Urgency, in lane: Lane, _ job: @escaping @Sendable () -> JobOutcome) {
    guard lane.append(urgency, job) else { return promote(lane, urgency) }
    guard let next = lane.runNext() else { return }
    _ = requeue(lane, next)
    available.signal()
  }

  /// A thread of the C library keeps some of what it has freed for its own next allocations: a few kilobytes, but strewn over
  /// as many pages, which cannot be given back to the system. They can once the thread has ended.
  package func renewThreads() {
    let hasReader = state.withLock { state in
      state.generation += 1
      return state.input != nil
    }
    for _ in 0..<threadCount + (hasReader ? 1 : 0) { available.signal() }
  }

  package func schedule(afterMilliseconds delay: Int, _ body: @escaping @Sendable () -> Void) {
    timers.schedule(after: .milliseconds(delay), body)
  }

  package func set(_ alarm: Alarm, afterMilliseconds delay: Int, _ body: @escaping @Sendable () -> Void) {
    let delay = Duration.milliseconds(delay)
    if alarm.set(.now + delay, body) { timers.schedule(after: delay) { [self] in ring(alarm) } }
  }

  private func ring(_ alarm: Alarm) {
    let now = ContinuousClock.now
    switch alarm.take(at: now) {
    case .isDue(let body): body()
    case .isPutOff(let due): timers.schedule(after: now.duration(to: due)) { [self] in ring(alarm) }
    case .isOver: break
    }
  }

  private func enqueue(_ lane: Lane, _ urgency: Urgency) {
    let isReader = isReader
    state.withLock { state in
      state.append(lane, urgency)
      if isReader { state.owedSignalCount += 1 }
    }
    if !isReader { available.signal() }
  }

  private var isReader: Bool { reader.load(ordering: .relaxed) == Self.thisThread }

  static var thisThread: UInt {
    #if canImport(Darwin)
      UInt(bitPattern: pthread_self())
    #else
      pthread_self()
    #endif
  }

  /// Puts a lane back that has more to do. No thread is woken for it: this one looks for a lane next, and would rather go
  /// on with what it has at hand than have another one fetch it from another processor's cache.
  ///
  /// - Parameter urgency: of what it has to do, unless something more urgent has come since.
  /// - Returns: that of what it has to do.
  private func requeue(_ lane: Lane, _ urgency: Urgency) -> Urgency {
    state.withLock { state in
      let urgency = lane.urgency ?? urgency
      state.append(lane, urgency)
      return urgency
    }
  }

  /// Moves a lane that waits for something less urgent.
  private func promote(_ lane: Lane, _ urgency: Urgency) {
    let isReader = isReader
    let isMoved = state.withLock { state in
      guard let waiting = lane.waiting, urgency < waiting.urgency else { return false }
      state.append(lane, urgency)
      if isReader { state.owedSignalCount += 1 }
      return true
    }
    // The limit on background work may have left its signal unanswered.
    if isMoved, !isReader { available.signal() }
  }

  private func work(generation: Int) {
    while !hasSuccessor(generation) {
      var running: RunningLane?
      if let input = takeInput() {
        running = read(input)
      } else {
        available.wait()
        if hasSuccessor(generation) { return }
        // Whoever is woken reads, if nobody does, and looks for a lane otherwise: as many are woken as there are lanes, and one
        // for the input.
        if let input = takeInput() { running = read(input) }
      }
      while let lane = running ?? takeLane() {
        running = nil
        run(lane)
      }
    }
  }

  private func run(_ running: RunningLane) {
    let next = running.lane.runNext()
    state.withLock { state in
      state.runningCount -= 1
      if running.isBackground { state.runningBackgroundCount -= 1 }
    }
    guard let next else { return }
    let urgency = requeue(running.lane, next)
    // Another lane may have been kept waiting by the limit, and this thread has something more urgent now.
    if running.isBackground, urgency != .background { available.signal() }
  }

  /// Starts another thread in the place of one that is to end; false if it is not to end, or there is no other to be had.
  private func hasSuccessor(_ generation: Int) -> Bool {
    let newest = state.withLock { $0.generation }
    guard generation != newest else { return false }
    do throws(Failure) { try startThread { [self] in work(generation: newest) } } catch { return false }
    // It was woken for some lane, perhaps.
    available.signal()
    return true
  }

  private func takeLane() -> RunningLane? {
    state.withLock { $0.takeLane(limit: threadCount, backgroundLimit: backgroundLimit) }
  }

  // MARK: Input

  private func takeInput() -> (@Sendable () -> Bool)? {
    state.withLock { state in
      guard let input = state.input, !state.isInputTaken else { return nil }
      state.isInputTaken = true
      reader.store(Self.thisThread, ordering: .relaxed)
      return input
    }
  }

  /// Reads until there is a lane for this thread to run, or no more input. Then another thread may read.
  private func read(_ input: @Sendable () -> Bool) -> RunningLane? {
    while true {
      let goesOn = input()
      let (lane, signalCount) = state.withLock { state in
        let owed = state.owedSignalCount
        state.owedSignalCount = 0
        let lane = owed == 0 ? nil : state.takeLane(limit: threadCount, backgroundLimit: backgroundLimit)
        if !goesOn { state.input = nil }
        if !goesOn || lane != nil {
          reader.store(0, ordering: .relaxed)
          state.isInputTaken = false
        }
        return (lane, owed)
      }
      // In place of one for the lane that is run here, one for the input.
      for _ in 0..<signalCount { available.signal() }
      if !goesOn { inputEnded.signal() }
      if !goesOn || lane != nil { return lane }
    }
  }
}

import DequeModule
import Dispatch
import Platform
import Synchronization

/// Threads that run lanes: those first in which somebody waits for an answer, then those with something interactive, each
/// in turn, so that no busy document starves another.
///
/// Background jobs never hold all threads at once. Idle threads sleep.
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
    var runningBackgroundCount = 0
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
  }

  private let state = Mutex(State())
  private let available = DispatchSemaphore(value: 0)
  private let threadCount: Int
  private let backgroundLimit: Int
  private let timers: TimerThread

  /// - Parameter threadCount: at least 2, so that there is always one for interactive jobs.
  package init(threadCount: Int) throws(Failure) {
    self.threadCount = max(2, threadCount)
    backgroundLimit = self.threadCount - 1
    timers = try TimerThread()
    for _ in 0..<self.threadCount { try startThread { [self] in work(generation: 0) } }
  }

  package func submit(_ urgency: Urgency, in lane: Lane, _ job: @escaping @Sendable () -> JobOutcome) {
    if lane.append(urgency, job) { enqueue(lane, urgency) } else { promote(lane, urgency) }
  }

  /// A thread of the C library keeps some of what it has freed for its own next allocations: a few kilobytes, but strewn over
  /// as many pages, which cannot be given back to the system. They can once the thread has ended.
  package func renewThreads() {
    state.withLock { $0.generation += 1 }
    for _ in 0..<threadCount { available.signal() }
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
    state.withLock { $0.append(lane, urgency) }
    available.signal()
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
    let isMoved = state.withLock { state in
      guard let waiting = lane.waiting, urgency < waiting.urgency else { return false }
      state.append(lane, urgency)
      return true
    }
    // The limit on background work may have left its signal unanswered.
    if isMoved { available.signal() }
  }

  private func work(generation: Int) {
    while true {
      available.wait()
      if hasSuccessor(generation) { return }
      while let (lane, isBackground) = takeLane() {
        let next = lane.runNext()
        if isBackground { state.withLock { $0.runningBackgroundCount -= 1 } }
        guard let next else { continue }
        let urgency = requeue(lane, next)
        // Another lane may have been kept waiting by the limit, and this thread has something more urgent now.
        if isBackground, urgency != .background { available.signal() }
      }
    }
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

  private func takeLane() -> (Lane, isBackground: Bool)? {
    state.withLock { state in
      if let lane = state.awaited.popFirst() ?? state.interactive.popFirst() { return (lane, false) }
      guard state.runningBackgroundCount < backgroundLimit, let lane = state.background.popFirst() else {
        return nil
      }
      state.runningBackgroundCount += 1
      return (lane, true)
    }
  }
}

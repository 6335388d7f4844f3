import Dispatch
import JSON
import LanguageServerProtocol
import Synchronization
import Testing

@testable import LanguageServer

@Suite struct SchedulingTests {
  /// Jobs of a lane run one at a time and in order, whatever the threads do.
  @Test func lanesKeepTheirOrder() throws {
    let pool = try WorkerPool(threadCount: 4)
    let lanes = (0..<5).map { _ in Lane() }
    let logs = lanes.map { _ in Log() }
    let done = DispatchGroup()
    for number in 0..<400 {
      for (lane, log) in zip(lanes, logs) {
        done.enter()
        pool.submit(.interactive, in: lane) {
          log.entries.withLock { $0.append(number) }
          done.leave()
          return .done
        }
      }
    }
    #expect(done.wait(timeout: .now() + 20) == .success)
    for log in logs { #expect(log.entries.withLock { $0 } == Array(0..<400)) }
  }

  /// A job is run by whoever brings it where its lane is idle, and in its order where it is not.
  @Test func anIdleLaneIsRunAtOnce() throws {
    let pool = try WorkerPool(threadCount: 2)
    let lane = Lane()
    let log = Log()
    let own = WorkerPool.thisThread
    pool.run(.awaited, in: lane) {
      log.entries.withLock { $0.append(WorkerPool.thisThread == own ? 1 : -1) }
      pool.submit(.interactive, in: lane) {
        log.entries.withLock { $0.append(WorkerPool.thisThread == own ? -2 : 2) }
        return .done
      }
      return .done
    }
    #expect(log.entries.withLock { $0.first } == 1)
    let (entered, released, done) = (
      DispatchSemaphore(value: 0), DispatchSemaphore(value: 0), DispatchSemaphore(value: 0)
    )
    pool.submit(.interactive, in: lane) {
      entered.signal()
      _ = released.wait(timeout: .now() + 20)
      log.entries.withLock { $0.append(3) }
      return .done
    }
    _ = entered.wait(timeout: .now() + 20)
    pool.run(.awaited, in: lane) {
      log.entries.withLock { $0.append(WorkerPool.thisThread == own ? -4 : 4) }
      done.signal()
      return .done
    }
    released.signal()
    #expect(done.wait(timeout: .now() + 20) == .success)
    #expect(log.entries.withLock { $0 } == [1, 2, 3, 4])
  }

  /// Background work learns that somebody waits for it to end, and goes on behind what they wait for.
  @Test func backgroundWorkSeesWhoWaits() throws {
    let pool = try WorkerPool(threadCount: 2)
    let (lane, log) = (Lane(), Log())
    let (entered, done) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let slice = Atomic(0)
    pool.submit(.background, in: lane) {
      if slice.add(1, ordering: .relaxed).newValue == 2 {
        log.entries.withLock { $0.append(lane.hasUrgentJob ? -3 : 3) }
        done.signal()
        return .done
      }
      log.entries.withLock { $0.append(lane.hasUrgentJob ? -1 : 1) }
      entered.signal()
      let end = ContinuousClock.now + .seconds(20)
      while !lane.hasUrgentJob, ContinuousClock.now < end {}
      return .unfinished
    }
    _ = entered.wait(timeout: .now() + 20)
    pool.submit(.awaited, in: lane) {
      log.entries.withLock { $0.append(lane.hasUrgentJob ? -2 : 2) }
      return .done
    }
    #expect(done.wait(timeout: .now() + 10) == .success)
    #expect(log.entries.withLock { $0 } == [1, 2, 3])
  }

  final class Log: Sendable { let entries = Mutex<[Int]>([]) }

  /// Input is read on while as many lanes run as may, one piece after the other, and until it ends.
  @Test func inputIsReadWhileLanesRun() throws {
    let pool = try WorkerPool(threadCount: 2)
    let lanes = (0..<3).map { _ in Lane() }
    let log = Log()
    let released = DispatchSemaphore(value: 0)
    let done = DispatchGroup()
    let place = Atomic(0)
    for _ in 0..<8 { done.enter() }
    try pool.read {
      let number = place.wrappingAdd(1, ordering: .relaxed).oldValue
      log.entries.withLock { $0.append(number) }
      switch number {
      case 0, 1:
        pool.submit(.awaited, in: lanes[number]) {
          _ = released.wait(timeout: .now() + 20)
          done.leave()
          return .done
        }
      case 2..<7:
        // Behind the others, in a lane of their own: they run when one of the two has ended.
        pool.submit(.interactive, in: lanes[2]) {
          done.leave()
          return .done
        }
      case 7:
        released.signal()
        released.signal()
        done.leave()
      default: return false
      }
      return true
    }
    #expect(log.entries.withLock { $0 } == Array(0..<9))
    #expect(done.wait(timeout: .now() + 20) == .success)
  }

  /// What a piece of input asks for waits for no other thread.
  @Test func whoReadsRunsWhatIsAskedFor() throws {
    let pool = try WorkerPool(threadCount: 2)
    let (lane, readers, runners) = (Lane(), Log(), Log())
    let isDone = DispatchSemaphore(value: 0)
    try pool.read {
      if readers.entries.withLock({ $0.count }) == 20 { return false }
      readers.entries.withLock { $0.append(Int(WorkerPool.thisThread)) }
      if readers.entries.withLock({ $0.count }) > 1 { _ = isDone.wait(timeout: .now() + 20) }
      pool.submit(.awaited, in: lane) {
        runners.entries.withLock { $0.append(Int(WorkerPool.thisThread)) }
        isDone.signal()
        return .done
      }
      return true
    }
    // A lane that has not been put back yet when the next piece comes is gone on with by whoever has it.
    let (read, ran) = (readers.entries.withLock { $0 }, runners.entries.withLock { $0 })
    #expect(zip(read, ran).count { $0 == $1 } > ran.count / 2)
  }

  /// What is put off again and again is done once, as it was last said; what is put forward is not waited for.
  @Test func alarmsRingOnce() throws {
    let pool = try WorkerPool(threadCount: 2)
    let alarm = Alarm()
    let log = Log()
    let rung = DispatchSemaphore(value: 0)
    for number in 0..<50 {
      pool.set(alarm, afterMilliseconds: 60_000) { log.entries.withLock { $0.append(number) } }
    }
    pool.set(alarm, afterMilliseconds: 20) {
      log.entries.withLock { $0.append(50) }
      rung.signal()
    }
    #expect(rung.wait(timeout: .now() + 20) == .success)
    // It is there for the next time.
    pool.set(alarm, afterMilliseconds: 1) {
      log.entries.withLock { $0.append(51) }
      rung.signal()
    }
    #expect(rung.wait(timeout: .now() + 20) == .success)
    #expect(log.entries.withLock { $0 } == [50, 51])
  }

  /// Edits and requests get in between the slices of background work.
  @Test func interactiveJobsDoNotWaitForBackgroundWork() throws {
    let pool = try WorkerPool(threadCount: 2)
    let lane = Lane()
    let log = Log()
    let isBusy = Atomic(true)
    let started = DispatchSemaphore(value: 0)
    let ended = DispatchSemaphore(value: 0)
    pool.submit(.background, in: lane) {
      started.signal()
      log.entries.withLock { $0.append(-1) }
      if isBusy.load(ordering: .relaxed) { return .unfinished }
      ended.signal()
      return .done
    }
    #expect(started.wait(timeout: .now() + 20) == .success)
    let answered = DispatchSemaphore(value: 0)
    for number in 0..<10 {
      pool.submit(
        .interactive, in: lane,
        once: {
          log.entries.withLock { $0.append(number) }
          if number == 9 { answered.signal() }
        })
    }
    #expect(answered.wait(timeout: .now() + 20) == .success)
    isBusy.store(false, ordering: .relaxed)
    #expect(ended.wait(timeout: .now() + 20) == .success)
    #expect(log.entries.withLock { $0.filter { $0 >= 0 } } == Array(0..<10))
  }

  /// A job that goes on is the same job: however often it does, it costs the same.
  @Test func manySlicesCostNoMoreThanTheFirst() throws {
    let pool = try WorkerPool(threadCount: 2)
    let remaining = Atomic(200_000)
    let ended = DispatchSemaphore(value: 0)
    pool.submit(.background, in: Lane()) {
      if remaining.subtract(1, ordering: .relaxed).newValue > 0 { return .unfinished }
      ended.signal()
      return .done
    }
    #expect(ended.wait(timeout: .now() + 20) == .success)
  }

  /// The document that somebody waits for is not the last of thousands that were opened before it.
  @Test func awaitedLanesGoFirst() throws {
    let pool = try WorkerPool(threadCount: 2)
    let hold = Mutex(())
    let started = DispatchGroup()
    let openedCount = Atomic(0)
    let answered = DispatchSemaphore(value: 0)
    let openedBefore = Mutex(-1)
    let lanes = (0..<2002).map { _ in Lane() }
    hold.withLock { _ in
      for lane in lanes.prefix(2) {
        started.enter()
        pool.submit(
          .interactive, in: lane,
          once: {
            started.leave()
            hold.withLock { _ in }
          })
      }
      #expect(started.wait(timeout: .now() + 20) == .success)
      for lane in lanes.dropFirst(2) {
        pool.submit(.interactive, in: lane, once: { openedCount.add(1, ordering: .relaxed) })
      }
      pool.submit(
        .awaited, in: lanes[2001],
        once: {
          openedBefore.withLock { $0 = openedCount.load(ordering: .relaxed) }
          answered.signal()
        })
    }
    #expect(answered.wait(timeout: .now() + 20) == .success)
    #expect((1..<100).contains(openedBefore.withLock { $0 }))
  }

  /// As many endless background lanes as threads, and another document still answers.
  @Test func busyDocumentsStarveNobody() throws {
    let pool = try WorkerPool(threadCount: 2)
    let isBusy = Atomic(true)
    let group = DispatchGroup()
    for _ in 0..<4 {
      group.enter()
      pool.submit(.background, in: Lane()) {
        if isBusy.load(ordering: .relaxed) { return .unfinished }
        group.leave()
        return .done
      }
    }
    let answered = DispatchSemaphore(value: 0)
    pool.submit(.interactive, in: Lane(), once: { answered.signal() })
    #expect(answered.wait(timeout: .now() + 20) == .success)
    isBusy.store(false, ordering: .relaxed)
    #expect(group.wait(timeout: .now() + 20) == .success)
  }

  /// A session on real threads: every request is answered once, edits come before what follows them.
  @Test func concurrentSession() throws {
    let answers = Mutex<[JSON]>([])
    let all = DispatchSemaphore(value: 0)
    let session = Session(
      engines: WordEngines(), scheduler: try WorkerPool(threadCount: 3),
      output: { message in
        var framer = MessageFramer()
        framer.append(message)
        guard case .message(let content)? = framer.next(), let json = try? JSON.parse(content),
          json["id"] != nil, json["method"] == nil
        else { return }
        if answers.withLock({ answers in
          answers.append(json)
          return answers.count
        }) == 301 {
          all.signal()
        }
      })
    func send(_ message: JSON) { session.receive(.message(message.serialized())) }
    func notify(_ method: String, _ params: JSON) {
      send(["jsonrpc": "2.0", "method": .string(method), "params": params])
    }
    send([
      "jsonrpc": "2.0", "id": 0, "method": "initialize",
      "params": ["capabilities": ["textDocument": ["diagnostic": [:]]]],
    ])
    for file in 0..<3 {
      let uri = JSON.string("f\(file)")
      notify(
        "textDocument/didOpen",
        ["textDocument": ["uri": uri, "languageId": "x", "version": 0, "text": "first "]])
    }
    for number in 1...100 {
      for file in 0..<3 {
        let uri = "f\(file)"
        let start: JSON = ["line": 0, "character": 0]
        notify(
          "textDocument/didChange",
          [
            "textDocument": ["uri": .string(uri), "version": JSON(number)],
            "contentChanges": [
              ["range": ["start": start, "end": start], "text": .string("\(letters(number)) ")]
            ],
          ])
        let place = TestClient.place(uri, 0, letters(number).utf16.count + 1)
        send([
          "jsonrpc": "2.0", "id": JSON(number * 3 + file - 2), "method": "inkling/complete", "params": place,
        ])
        notify("$/cancelRequest", ["id": JSON(number * 3 + file - 5)])
        notify("textDocument/diagnostic", ["textDocument": ["uri": .string(uri)]])
      }
    }
    #expect(all.wait(timeout: .now() + 30) == .success)
    let got = answers.withLock { $0 }
    #expect(Set(got.compactMap { $0["id"]?.integerValue }) == Set(0...300))
    for answer in got {
      guard let id = answer["id"]?.integerValue, id > 0, let items = answer["result"]?["items"] else {
        #expect(answer["id"] == 0 || answer["error"]?["code"] == -32800)
        continue
      }
      // The word typed right before the request is the first in the text.
      #expect(items[0]?["text"] == .string(letters((id + 2) / 3)))
    }
  }

  func letters(_ number: Int) -> String {
    String(String(number).unicodeScalars.map { Character(UnicodeScalar($0.value + 49)!) })
  }
}

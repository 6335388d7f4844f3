import Lexing
import Platform
import Synchronization
import Testing

@testable import Prediction

/// What threads do beside each other.
@Suite struct ParallelTests {
  /// Runs each body on a thread of its own, and returns when all have ended.
  private func inParallel(_ bodies: [@Sendable () -> Void]) throws {
    let running = Running()
    for body in bodies {
      running.count.add(1, ordering: .sequentiallyConsistent)
      try startThread {
        body()
        running.count.subtract(1, ordering: .sequentiallyConsistent)
      }
    }
    while running.count.load(ordering: .sequentiallyConsistent) > 0 { usleep(500) }
  }

  private final class Running: Sendable {
    let count = Atomic(0)
  }

  /// Two numbers that are the same whenever nobody writes.
  private struct Pair {
    var first = 0
    var second = 0
    var isWhole: Bool { first == second }
  }

  /// Threads that never pause, on either side, do not keep the others out.
  @Test(.timeLimit(.minutes(2)), arguments: [1, 2, 3])
  func readersAndWritersTakeTurns(greedyCount: Int) throws {
    for writesGreedily in [true, false] {
      let lock = ReadWriteLock(Pair())
      let isOver = Running()
      let read: @Sendable () -> Void = {
        if !lock.withReading({ $0.isWhole }) { Issue.record("read while it was written") }
      }
      let write: @Sendable () -> Void = {
        lock.withWriting { pair in
          pair.first += 1
          for _ in 0..<100 { pair.second -= 1 }
          pair.second += 101
        }
      }
      let greedy: @Sendable () -> Void = {
        while isOver.count.load(ordering: .relaxed) == 0 { (writesGreedily ? write : read)() }
      }
      let modest: @Sendable () -> Void = {
        for _ in 0..<300 { (writesGreedily ? read : write)() }
        isOver.count.add(1, ordering: .relaxed)
      }
      try inParallel([modest] + (0..<greedyCount).map { _ in greedy })
      #expect(lock.withReading { $0.isWhole && (writesGreedily || $0.first == 300) })
    }
  }

  /// Two threads are in at once: each waits there for the other.
  @Test(.timeLimit(.minutes(1))) func readersReadAtOnce() throws {
    let lock = ReadWriteLock(0)
    let inside = Running()
    let body: @Sendable () -> Void = {
      lock.withReading { _ in
        inside.count.add(1, ordering: .sequentiallyConsistent)
        while inside.count.load(ordering: .sequentiallyConsistent) < 2 { usleep(50) }
      }
    }
    try inParallel([body, body])
    #expect(inside.count.load(ordering: .relaxed) == 2)
  }

  fileprivate static func text(_ random: inout SplitMix64, _ count: Int) -> [UInt8] {
    let pieces = ["let ", "alpha", "beta ", "gammaRay", " = ", "(", ", ", ")\n", "new", "x", "Eta ", "\n"]
    return Array(
      (0..<count).map { _ in
        random.next() % 9 == 0
          ? "word\(random.next() % 200) " : pieces[Int(random.next() % UInt64(pieces.count))]
      }.joined().utf8)
  }

  /// By kind of context and context, how often each token followed.
  private func contents(of counts: DocumentCounts) -> [[UInt32: [UInt32: UInt32]]] {
    counts.tables.map { table in
      var result: [UInt32: [UInt32: UInt32]] = [:]
      table.forEachKey { key in
        let successors = table.successors(of: key)
        for index in 0..<Int(successors.distinct) {
          let (token, count) = successors.element(at: index)
          result[key, default: [:]][token] = count
        }
      }
      return result
    }
  }

  /// An open document whose counts a test may see.
  private final class OpenDocument: Sendable {
    let state: Mutex<DocumentState>

    init(_ text: [UInt8], _ model: Model, _ neighbours: NeighbourCache) {
      state = Mutex(
        DocumentState(text: text, grammar: testGrammar, model: model, neighbours: neighbours))
      state.withLock { _ = $0.index(maximumTokenCount: .max) }
    }

    func edit(_ random: inout SplitMix64) {
      state.withLock { state in
        let lower = Int(random.next() % UInt64(state.lexed.byteCount + 1))
        let upper = min(state.lexed.byteCount, lower + Int(random.next() % 12))
        _ = state.replace(lower..<upper, with: ParallelTests.text(&random, Int(random.next() % 7)))
      }
    }

    /// The completions at a part of all places.
    func answers(_ part: Int) -> [CompletionList] {
      state.withLock { state in
        stride(from: part, through: state.lexed.byteCount, by: 41).map {
          state.completions(at: $0, limit: 10, while: { true })
        }
      }
    }

    var surprisals: [Double] {
      state.withLock { state in
        state.surprisals(in: 0..<state.lexed.byteCount, alternativeCount: 0).map(\.surprisalBits)
      }
    }
  }

  /// Documents of one cache are completed, edited and measured by many threads, files come and go meanwhile, and then all
  /// is counted as if one thread had done it.
  @Test(.timeLimit(.minutes(5)), arguments: [1, 2] as [UInt64])
  func documentsOfOneCacheAreAskedAndEditedAtOnce(seed: UInt64) throws {
    let model = try makeModel(seed: seed)
    let neighbours = NeighbourCache(model: model)
    var random = SplitMix64(seed: seed)
    let documents = (0..<4).map { _ in OpenDocument(Self.text(&random, 200), model, neighbours) }
    let threads: [@Sendable () -> Void] = (0..<6).map { thread in
      {
        var random = SplitMix64(seed: seed * 100 + UInt64(thread))
        for step in 0..<60 {
          let document = documents[Int(random.next() % 4)]
          switch random.next() % 8 {
          case 0, 1: document.edit(&random)
          case 2: _ = document.surprisals
          case 3 where thread == 0:
            neighbours.add(key: "\(step % 3)", text: Self.text(&random, 100), grammar: testGrammar)
          case 4 where thread == 0: neighbours.remove(key: "\(step % 3)")
          default:
            for item in document.answers(step % 41).flatMap(\.items)
            where !(item.probability >= 0) || item.text.isEmpty { Issue.record("\(item)") }
          }
        }
      }
    }
    try inParallel(threads)
    let all = DocumentCounts()
    for sequence in neighbours.countedFiles.values { all.add(sequence, 0..<sequence.count) }
    for document in documents {
      document.state.withLock { state in
        let fresh = DocumentCounts()
        fresh.add(state.sequence, 0..<state.sequence.count)
        #expect(contents(of: state.counts) == contents(of: fresh))
        all.add(state.sequence, 0..<state.sequence.count)
      }
    }
    #expect(contents(of: neighbours.read { $0 }) == contents(of: all))
    // And then they are only asked: everybody hears what one thread alone does.
    let expected = documents.map { document in (0..<3).map { document.answers($0) } }
    let surprisals = documents.map(\.surprisals)
    let askers: [@Sendable () -> Void] = (0..<4).map { thread in
      {
        for step in 0..<8 {
          let index = (thread + step) % 4
          let part = (thread + step / 2) % 3
          if documents[index].answers(part) != expected[index][part] { Issue.record("other completions") }
          if documents[index].surprisals != surprisals[index] { Issue.record("other surprisals") }
        }
      }
    }
    try inParallel(askers)
    for document in documents { document.state.withLock { $0.leave() } }
    for key in neighbours.keys { neighbours.remove(key: key) }
    #expect(neighbours.tokenCount == 0)
  }
}

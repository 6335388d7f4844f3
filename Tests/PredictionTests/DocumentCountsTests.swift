import Lexing
import Platform
import Testing

@testable import Prediction

@Suite struct DocumentCountsTests {
  private typealias Contents = [UInt32: [UInt32: UInt32]]

  private func contents(of table: ContextCounts) -> Contents {
    var result: Contents = [:]
    table.forEachKey { key in
      let successors = table.successors(of: key)
      var counts: [UInt32: UInt32] = [:]
      for index in 0..<Int(successors.distinct) {
        let (token, count) = successors.element(at: index)
        counts[token] = count
        // The heap's order, and the index of long lists.
        #expect(index == 0 || successors.element(at: (index - 1) / 2).count >= count)
        #expect(successors.count(of: token) == count)
      }
      #expect(successors.total == counts.values.reduce(0, +) && counts.count == Int(successors.distinct))
      #expect(result.updateValue(counts, forKey: key) == nil)
    }
    #expect(result.count == table.contextCount)
    return result
  }

  private func contents(of counts: DocumentCounts) -> [Contents] { counts.tables.map { contents(of: $0) } }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func tablesAreAddedToAndTakenFromOneAnother(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    // Few keys have many successors, and many few.
    func pairs(_ count: Int) -> [(key: UInt32, token: UInt32)] {
      (0..<count).map { _ in
        random.next() % 3 == 0
          ? (UInt32(random.next() % 3), UInt32(random.next() % 300))
          : (UInt32(truncatingIfNeeded: random.next() % 900 &* 0x9E37_79B9), UInt32(random.next() % 4))
      }
    }
    let first = pairs(3000)
    let second = pairs(1500)
    func table(_ pairs: [(key: UInt32, token: UInt32)]) -> ContextCounts {
      let table = ContextCounts()
      for pair in pairs { table.add(pair.key, pair.token) }
      return table
    }
    let sum = table(first)
    let other = table(second)
    sum.add(contentsOf: other)
    #expect(contents(of: sum) == contents(of: table(first + second)))
    let copy = ContextCounts()
    copy.add(contentsOf: sum)
    #expect(contents(of: copy) == contents(of: sum))
    sum.subtract(contentsOf: other)
    #expect(contents(of: sum) == contents(of: table(first)))
    sum.subtract(contentsOf: table(first))
    #expect(sum.contextCount == 0)
    // What was freed is used again.
    sum.add(contentsOf: copy)
    sum.subtract(contentsOf: copy)
    copy.subtract(contentsOf: table(first + second))
    #expect(sum.contextCount == 0 && copy.contextCount == 0)
  }

  @Test func enclosingCallsAreThoseOfEachPosition() {
    var random = SplitMix64(seed: 6)
    let count = 6000
    // Ordinary tokens, brackets and separators; in parts of the text hardly anything but one kind of bracket.
    var classes: [UInt32] = []
    for index in 0..<count {
      let bias = UInt32(index / 300 % 4)
      let role = random.next() % 3 == 0 ? bias : UInt32(random.next() % 4)
      classes.append(random.next() % 4 == 0 ? 1 << 31 | role << 28 : role << 28 | UInt32(index % 7))
    }
    let ids = (0..<count).map { _ in UInt32(random.next() % 1000) }
    ids.withUnsafeBufferPointer { ids in
      classes.withUnsafeBufferPointer { classes in
        for start in [TokenSequence.reach, 333, 2000, 5900] {
          let (ids, classes) = (ids.baseAddress! + start, classes.baseAddress! + start)
          var calls = EnclosingCalls(ids, classes)
          for index in 0..<count - start {
            #expect(calls.next() == EnclosingCall(ids + index, classes + index))
          }
        }
      }
    }
  }

  /// Every count of every document, and of all of them together, after edits, openings and closings in any order.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func countsEqualThoseMadeAfresh(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let pieces = [
      "call(a, b, [c, d])\n", "(", ")", "[", "]", "{", "}", ", ", "item", " ", "\"text ", "\"", "// note\n",
      "é", "\n",
      "let x = f(g(h, 1), 2)\n", "a1",
    ]
    func text(_ count: Int) -> [UInt8] {
      Array((0..<count).map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }.joined().utf8)
    }
    let neighbours = NeighbourCache(model: nil)
    neighbours.add(key: "file", text: text(80), grammar: testGrammar)
    var open: [DocumentState] = []
    for step in 0..<250 {
      switch random.next() % 12 {
      case 0 where open.count < 4:
        open.append(
          DocumentState(text: text(150), grammar: testGrammar, model: nil, neighbours: neighbours))
        if random.next() % 2 == 0 { _ = open[open.count - 1].index(maximumTokenCount: .max) }
      case 1 where !open.isEmpty:
        var closed = open.remove(at: Int(random.next() % UInt64(open.count)))
        closed.leave()
      case 2, 3:
        for index in open.indices { _ = open[index].index(maximumTokenCount: 100) }
      default:
        guard !open.isEmpty else { continue }
        let index = Int(random.next() % UInt64(open.count))
        let byteCount = open[index].lexed.byteCount
        let lower = Int(random.next() % UInt64(byteCount + 1))
        let length = random.next() % 20 == 0 ? byteCount : Int(random.next() % 25)
        _ = open[index].replace(
          lower..<min(byteCount, lower + length), with: text(Int(random.next() % (step % 30 == 0 ? 100 : 4))))
      }
      guard step % 10 == 9 else { continue }
      let all = DocumentCounts()
      for sequence in neighbours.countedFiles.values { all.add(sequence, 0..<sequence.count) }
      for document in open {
        let fresh = DocumentCounts()
        fresh.add(document.sequence, 0..<document.indexedCount)
        #expect(document.counts.tokenCount == fresh.tokenCount)
        #expect(contents(of: document.counts) == contents(of: fresh))
        if document.isAmongNeighbours { all.add(document.sequence, 0..<document.indexedCount) }
      }
      let shared = neighbours.change { $0 }
      #expect(shared.tokenCount == all.tokenCount && contents(of: shared) == contents(of: all))
    }
    for index in open.indices { open[index].leave() }
    neighbours.remove(key: "file")
    let shared = neighbours.change { $0 }
    #expect(shared.tokenCount == 0 && shared.tables.allSatisfy { $0.contextCount == 0 })
  }

  @Test func memoryIsGivenBackAndWhatIsLeftIsCountedAsBefore() {
    let counts = ContextCounts()
    // Blocks of all sizes: context k is followed by k different tokens, 5 + token % 3 times.
    let contexts = UInt32(1)...400
    for key in contexts {
      for token in 0..<key { counts.add(key, token, count: 5 + token % 3) }
    }
    let full = counts.byteCount
    for key in contexts {
      for token in 0..<key where token % 97 != 0 { counts.subtract(key, token, count: 5 + token % 3) }
    }
    #expect(counts.byteCount * 4 < full)
    for key in contexts {
      let successors = counts.successors(of: key)
      for token in 0..<key {
        #expect(successors.count(of: token) == (token % 97 == 0 ? 5 + token % 3 : 0))
      }
      #expect(
        successors.maximum == (0..<successors.distinct).map { successors.element(at: Int($0)).count }.max())
    }
  }
}

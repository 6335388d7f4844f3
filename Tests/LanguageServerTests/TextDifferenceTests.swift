import Platform
import Testing

@testable import LanguageServer

@Suite struct TextDifferenceTests {
  private func difference(_ old: [UInt8], _ new: [UInt8]) -> [TextDifference.Edit] {
    old.withUnsafeBytes { old in new.withUnsafeBytes { TextDifference(from: old, to: $0).edits } }
  }

  private func applied(_ edits: [TextDifference.Edit], to old: [UInt8], from new: [UInt8]) -> [UInt8] {
    var text = old
    for edit in edits.reversed() { text.replaceSubrange(edit.old, with: new[edit.new]) }
    return text
  }

  private static func line(_ random: inout SplitMix64) -> String {
    let words = ["let", "é", "x", "", "😀", "value", "(", "\r"]
    return (0..<random.next() % 6).map { _ in words[Int(random.next() % UInt64(words.count))] }.joined(
      separator: " ")
  }

  /// Whatever lines are put in, taken out and changed.
  @Test func makesOneTextOfTheOther() {
    var random = SplitMix64(seed: 3)
    for round in 0..<repetitions(usually: 400, thoroughly: 20_000) {
      let old = (0..<random.next() % 120).map { _ in Self.line(&random) }
      var new = old
      for _ in 0..<random.next() % (round % 50 == 0 ? 400 : 9) {
        let place = Int(random.next() % UInt64(new.count + 1))
        let end = min(new.count, place + Int(random.next() % 3))
        new.replaceSubrange(place..<end, with: (0..<random.next() % 3).map { _ in Self.line(&random) })
      }
      let (a, b) = (Array(old.joined(separator: "\n").utf8), Array(new.joined(separator: "\n").utf8))
      let edits = difference(a, b)
      #expect(applied(edits, to: a, from: b) == b)
      for edit in edits {
        #expect(!edit.old.isEmpty || !edit.new.isEmpty)
        for part in [a[edit.old], b[edit.new]] { #expect(String(validating: part, as: UTF8.self) != nil) }
      }
      #expect(zip(edits, edits.dropFirst()).allSatisfy { $0.old.upperBound <= $1.old.lowerBound })
    }
  }

  /// Who goes on elsewhere leaves what lies between known.
  @Test func twoPlacesAreTwoEdits() {
    let lines = (0..<2000).map { "line \($0) of the text" }
    var (old, new) = (lines, lines)
    old[100] = "line 100 of"
    new[1900] = "line 1900"
    let (a, b) = (Array(old.joined(separator: "\n").utf8), Array(new.joined(separator: "\n").utf8))
    let edits = difference(a, b)
    #expect(edits.count == 2 && edits.allSatisfy { $0.old.count + $0.new.count < 20 })
    #expect(applied(edits, to: a, from: b) == b)
    #expect(difference(a, a).isEmpty)
    // A formatter that changes quotes: by one edit, as between them every text would be another one.
    let quotes = lines.map { $0.replacing("of the", with: "'''") }.joined(separator: "\n")
    let few = lines.indices.map { $0 % 30 == 0 ? lines[$0].replacing("of the", with: "\"\"\"") : lines[$0] }
    #expect(difference(Array(quotes.utf8), a).count == 1)
    #expect(difference(a, Array(few.joined(separator: "\n").utf8)).count == 1)
    // So many blank lines that a look at them would take long.
    let blank = [UInt8](repeating: 0x0A, count: 60_000)
    let short = Array("a\n".utf8) + blank + Array("b\n".utf8)
    let long = Array("c\n".utf8) + blank + blank + Array("d\n".utf8)
    #expect(applied(difference(short, long), to: short, from: long) == long)
    // All of them others, and none left.
    let other = Array(lines.map { $0.uppercased() }.joined(separator: "\n").utf8)
    #expect(difference(a, other).count == 1 && applied(difference(a, other), to: a, from: other) == other)
    #expect(applied(difference(a, []), to: a, from: []) == [])
    #expect(applied(difference([], b), to: [], from: b) == b)
  }
}

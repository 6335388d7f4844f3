import Testing

@testable import Prediction

@Suite struct IgnoreCommentsTests {
  /// The lines of a text on which something that touches all of the line is hidden.
  private func hiddenLines(_ text: String) -> [String] {
    let bytes = Array(text.utf8)
    let comments = IgnoreComments(bytes)
    var lines: [String] = []
    var start = 0
    for end in bytes.indices where bytes[end] == 0x0A {
      if end > start, comments.hides(start..<end) {
        lines.append(String(decoding: bytes[start..<end], as: UTF8.self))
      }
      start = end + 1
    }
    return lines
  }

  @Test func aLineHidesItself() {
    #expect(hiddenLines("a\nb // inkling:ignore\nc\n") == ["b // inkling:ignore"])
    #expect(hiddenLines("a <!-- inkling:ignore -->\nb\n") == ["a <!-- inkling:ignore -->"])
  }

  @Test func aLineHidesTheNextOne() {
    #expect(hiddenLines("# inkling:ignore-next-line\nb\nc\n") == ["# inkling:ignore-next-line", "b"])
    #expect(hiddenLines("# inkling:ignore-next-line\r\nb\r\nc\n") == ["# inkling:ignore-next-line\r", "b\r"])
  }

  @Test(arguments: [
    "inkling:ignored\nb\n", "inkling:ignore_b\nb\n", "inkling:ignore-all\n", "inkling: ignore\n", "\n", "",
  ])
  func otherWordsHideNothing(_ text: String) {
    #expect(hiddenLines(text).isEmpty)
  }

  @Test(arguments: [
    "inkling:ignore", "inkling:ignore-next-line", "inkling:ignore-next-line\r", "inkling:ignor",
    "iii\ninkling:ignore-next-line\n",
  ])
  func theEndOfTheTextIsNoTrap(_ text: String) {
    let comments = IgnoreComments(Array(text.utf8))
    #expect(comments.hides(0..<text.utf8.count) == text.contains("inkling:ignore"))
  }

  @Test func manyOnALongLineAreQuick() {
    let text = String(repeating: "inkling:ignore-next-line ", count: 100_000)
    let comments = IgnoreComments(Array((text + "\na\nb\n").utf8))
    #expect(comments.hides(text.utf8.count + 1..<text.utf8.count + 2))
    #expect(!comments.hides(text.utf8.count + 3..<text.utf8.count + 4))
  }

  @Test func twoCommentsOnALineBothHold() {
    #expect(hiddenLines("inkling:ignore inkling:ignore-next-line\nb\nc\n").count == 2)
    #expect(hiddenLines("inkling:ignore-next-line\ninkling:ignore-next-line\nc\nd\n").count == 3)
  }
}

import LanguageServerProtocol
import Lexing
import Platform
import Testing

@testable import LanguageServer

/// Characters of every width, every line end, and what combines.
let awkwardPieces = [
  "a", "b", " ", "\n", "\r\n", "\r", "é", "e\u{301}", "漢", "😀", "👩‍👩‍👧", "\u{10FFFF}", "\t", "\0", "\u{2028}",
]

func awkwardText(_ count: Int, _ generator: inout SplitMix64) -> String {
  (0..<count).map { _ in awkwardPieces.randomElement(using: &generator)! }.joined()
}

@Suite struct SourceTextTests {
  /// Lines worked out the slow way, from the specification's sentence on line ends.
  static func lineStarts(_ bytes: [UInt8]) -> [Int] {
    var starts = [0]
    for offset in bytes.indices {
      if bytes[offset] == 10
        || (bytes[offset] == 13 && (offset + 1 == bytes.count || bytes[offset + 1] != 10))
      {
        starts.append(offset + 1)
      }
    }
    return starts
  }

  @Test func randomEditsKeepTextAndLines() {
    var generator = SplitMix64(seed: 11)
    for _ in 0..<60 {
      var model = Array(awkwardText(Int.random(in: 0...40, using: &generator), &generator).utf8)
      var text = SourceText(model)
      for _ in 0..<60 {
        // Byte edits, not caring for characters: the lines have to be right all the same.
        let lower = Int.random(in: 0...model.count, using: &generator)
        let upper = Int.random(in: lower...min(model.count, lower + 8), using: &generator)
        let new = Array(awkwardText(Int.random(in: 0...5, using: &generator), &generator).utf8)
        model.replaceSubrange(lower..<upper, with: new)
        text.replace(lower..<upper, with: new)
        #expect(text.buffer.allBytes == model)
        let starts = Self.lineStarts(model)
        #expect((0..<text.lines.lineCount).map { text.lines.start(ofLine: $0) } == starts)
        let offset = Int.random(in: 0...model.count, using: &generator)
        #expect(text.lines.line(at: offset) == starts.lastIndex { $0 <= offset })
      }
    }
  }

  @Test(arguments: PositionEncoding.allCases) func everyCharacterRoundTrips(encoding: PositionEncoding) {
    var generator = SplitMix64(seed: 5)
    for _ in 0..<100 {
      let string = awkwardText(30, &generator)
      var text = SourceText(Array("x".utf8))
      // Filled through the middle, so that the gap lies inside.
      text.replace(0..<1, with: Array(string.utf8))
      text.replace(string.utf8.count / 2..<string.utf8.count / 2, with: [])
      var line = 0
      var character = 0
      let scalars = Array(string.unicodeScalars)
      var offset = 0
      for (index, scalar) in scalars.enumerated() {
        let isAfterCR = index > 0 && scalars[index - 1] == "\r" && scalar == "\n"
        if !isAfterCR {
          #expect(text.position(of: offset, encoding) == Position(line: line, character: character))
          #expect(text.byteOffset(of: Position(line: line, character: character), encoding) == offset)
        }
        offset += UTF8.width(scalar)
        let endsLine =
          scalar == "\n" || (scalar == "\r" && (index + 1 == scalars.count || scalars[index + 1] != "\n"))
        if endsLine {
          line += 1
          character = 0
        } else if scalar != "\r" {
          switch encoding {
          case .utf8: character += UTF8.width(scalar)
          case .utf16: character += UTF16.width(scalar)
          case .utf32: character += 1
          }
        }
      }
      #expect(text.position(of: offset, encoding) == Position(line: line, character: character))
    }
  }

  @Test(arguments: PositionEncoding.allCases) func positionsInTurnAreThoseAlone(encoding: PositionEncoding) {
    var generator = SplitMix64(seed: 6)
    for _ in 0..<50 {
      let text = SourceText(Array(awkwardText(40, &generator).utf8))
      var reader = PositionReader(text, encoding)
      var offset = 0
      for _ in 0..<60 {
        // Mostly forwards, to every byte, those within line ends and characters too.
        offset += Int.random(in: -3...6, using: &generator)
        #expect(reader.position(of: offset) == text.position(of: offset, encoding))
      }
    }
  }

  @Test(arguments: PositionEncoding.allCases) func clampsAsTheSpecificationSays(encoding: PositionEncoding) {
    let text = SourceText(Array("ab😀\r\ncd\n".utf8))
    #expect(text.byteOffset(of: Position(line: 0, character: 99), encoding) == 6)
    #expect(text.byteOffset(of: Position(line: 1, character: .max), encoding) == 10)
    #expect(text.byteOffset(of: Position(line: 2, character: 0), encoding) == 11)
    #expect(text.byteOffset(of: Position(line: 9, character: 3), encoding) == 11)
    #expect(text.byteOffset(of: Position(line: -1, character: 3), encoding) == 0)
    #expect(text.byteOffset(of: Position(line: 1, character: -3), encoding) == 8)
    // Between \r and \n is the line's end.
    #expect(text.position(of: 7, encoding).line == 0)
    #expect(text.byteOffset(of: text.position(of: 7, encoding), encoding) == 6)
    #expect(SourceText([]).byteOffset(of: Position(line: 0, character: 5), encoding) == 0)
    #expect(SourceText([]).position(of: 3, encoding) == Position(line: 0, character: 0))
  }

  @Test func insideACharacterIsItsBeginning() {
    let text = SourceText(Array("a😀b".utf8))
    #expect(text.byteOffset(of: Position(line: 0, character: 2), .utf16) == 1)
    for inside in 2...4 { #expect(text.byteOffset(of: Position(line: 0, character: inside), .utf8) == 1) }
  }

  /// What a client with UTF-16 strings does when it deletes or parts one half of a pair: one unit stays.
  @Test func editsThatPartAPairKeepTheColumns() {
    func edited(_ start: Int, _ end: Int, _ new: String) -> String {
      var text = SourceText(Array("a😀b😀c".utf8))
      let edit = text.edit(
        PositionRange(start: Position(line: 0, character: start), end: Position(line: 0, character: end)),
        new,
        .utf16)
      text.replace(edit.byteRange, with: edit.bytes)
      return String(decoding: text.buffer.allBytes, as: UTF8.self)
    }
    #expect(edited(1, 2, "") == "a\u{FFFD}b😀c")
    #expect(edited(2, 3, "") == "a\u{FFFD}b😀c")
    #expect(edited(2, 2, "x") == "a\u{FFFD}x\u{FFFD}b😀c")
    #expect(edited(2, 5, "-") == "a\u{FFFD}-\u{FFFD}c")
    #expect(edited(5, 2, "-") == "a\u{FFFD}-\u{FFFD}c")
    #expect(edited(1, 3, "") == "ab😀c")
  }
}

@Suite struct FileURITests {
  @Test(
    arguments: [
      ("file:///a/b%20c%C3%A9.txt", "/a/b cé.txt"), ("file://host/x", nil), ("FILE:/x", "/x"),
      ("file://localhost/x", "/x"), ("file://LocalHost/x", "/x"), ("file://localhost.example/x", nil),
      ("untitled:Untitled-1", nil),
      ("file:///a%2", "/a%2"), ("file:///%FF", nil), ("file:///a%00b", nil), ("", nil),
    ] as [(String, String?)])
  func paths(uri: String, path: String?) { #expect(filePath(ofURI: uri) == path) }

  @Test(arguments: ["/a b/100%25/#x?y", "/é/日本/\u{1}", "/", "/plain/name_1-2.txt~"])
  func pathsComeBack(path: String) {
    let uri = fileURI(ofPath: path)
    #expect(uri.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } && !uri.contains { "#? ".contains($0) })
    #expect(filePath(ofURI: uri) == path)
  }
}

extension SourceText {
  init(_ bytes: [UInt8]) {
    let buffer = TextBuffer(bytes)
    self.init(buffer: buffer, lines: LineIndex(buffer))
  }

  mutating func replace(_ byteRange: Range<Int>, with bytes: [UInt8]) {
    buffer.replace(byteRange, with: bytes)
    lines.replace(byteRange, newCount: bytes.count, in: buffer)
  }
}

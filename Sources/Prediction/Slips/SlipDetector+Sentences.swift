import LanguageModeling
import Lexing

/// How a word stands in its sentence.
extension SlipDetector {
  /// Tokens on either side of a slip by which it is told whether the text around it is familiar.
  private static let surroundingReach = 6
  /// What is rarer is as strange.
  private static let strangestBits: Float = 20

  /// Whether a word is all that a string of code has: a key or a name, no sentence.
  func isWholeString(_ index: Int) -> Bool {
    guard lexed.token(at: index).context == .string, index > 0, index + 1 < lexed.tokenCount else {
      return false
    }
    return lexed.token(at: index - 1).kind == .delimiter && lexed.token(at: index + 1).kind == .delimiter
  }

  /// Tokens between the first of a work's authors and its year.
  private static let citationReach = 9

  /// Whether a name is one of those that a year stands behind: `Dempster, Laird and Rubin 1977`, `Witten et al. (1990)`.
  func isCited(_ index: Int) -> Bool {
    // `Febuary 2020` is none.
    var hasSign = false
    for place in index + 1..<max(index + 1, min(index + Self.citationReach, lexed.tokenCount)) {
      let token = lexed.token(at: place)
      guard let first = byte(token.byteOffset) else { return false }
      switch token.kind {
      case .number:
        return hasSign && token.byteCount == 4 && (first == UInt8(ascii: "1") || first == UInt8(ascii: "2"))
      case .word, .identifier, .keyword:
        let isName = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) || first >= 0x80
        let isLink = Self.citationWords.contains { lexed.bytes(of: token).elementsEqual($0.utf8) }
        guard isName || isLink else { return false }
        hasSign = hasSign || isLink
      default:
        guard token.byteCount == 1 && ",.(&-".utf8.contains(first) || token.kind == .lineEnd else {
          return false
        }
        hasSign = hasSign || token.kind != .lineEnd
      }
    }
    return false
  }

  private static let citationWords = ["and", "et", "al", "und", "y", "de", "van", "von", "der"]

  enum Side { case left, right }

  /// Whether a word of prose stands between what stands between words in sentences, and is no part of a path, an
  /// address, an option or a name.
  func standsFree(_ index: Int) -> Bool {
    stands(index, apartOn: .left) && stands(index, apartOn: .right)
  }

  func stands(_ index: Int, apartOn side: Side) -> Bool {
    let range = lexed.token(at: index).byteRange
    let step = side == .left ? -1 : 1
    let place = side == .left ? range.lowerBound - 1 : range.upperBound
    guard let byte = byte(place) else { return true }
    if isNeighbourApart(index, side) { return true }
    let isProse = lexed.grammar.isProse
    switch byte {
    case 0x80...: return !(side == .right && isHyphen(place))
    case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\""),
      UInt8(ascii: "'"):
      return true
    case UInt8(ascii: "("), UInt8(ascii: "["): return side == .left
    case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "!"), UInt8(ascii: "?"), UInt8(ascii: ";"):
      return side == .right
    case UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: ":"):
      // Behind it what is set off may end: `**received.**`
      var next = place + 1
      while isProse, let mark = self.byte(next), mark == UInt8(ascii: "*") || mark == UInt8(ascii: "_") {
        next += 1
      }
      return side == .right && self.byte(next).map { !Self.isOfName($0) } ?? true
    case UInt8(ascii: "*"), UInt8(ascii: "_"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "<"),
      UInt8(ascii: ">"), UInt8(ascii: "~"):
      // Markup of prose, and patterns of shells; in `exec_frozen` a name.
      let isName =
        byte == UInt8(ascii: "_") && self.byte(place + step).map { Self.isLetterOrDigit($0) } ?? false
      return isProse && !isName
    case UInt8(ascii: "-"):
      // Two are a dash between words, and begin an option.
      return isProse && self.byte(place + step) == byte
        && self.byte(place + 2 * step).map { $0 != 0x20 && $0 != 0x0A && $0 != byte } ?? false
    case UInt8(ascii: "|"): return isProse && isAmongWords(range, side)
    default: return false
    }
  }

  /// Whether a word has another one beside it in a table's cell, as in a sentence, where on the other side the cell begins or ends.
  ///
  /// - Parameter side: where it does.
  private func isAmongWords(_ range: Range<Int>, _ side: Side) -> Bool {
    let (space, letter) =
      side == .left
      ? (range.upperBound, range.upperBound + 1) : (range.lowerBound - 1, range.lowerBound - 2)
    return byte(space) == 0x20 && byte(letter).map { Self.isLetterOrDigit($0) || $0 >= 0x80 } ?? false
  }

  /// Whether a dash stands right before a word that is none between words.
  func isOption(_ index: Int) -> Bool {
    byte(lexed.token(at: index).byteOffset - 1) == UInt8(ascii: "-") && !stands(index, apartOn: .left)
  }

  /// The mark by which a word is joined to another on a side, in a name of several parts: `storage_size`, `storage.txt`.
  func joint(_ index: Int, on side: Side) -> UInt8? {
    let range = lexed.token(at: index).byteRange
    let (place, next) =
      side == .left
      ? (range.lowerBound - 1, range.lowerBound - 2) : (range.upperBound, range.upperBound + 1)
    guard let mark = byte(place), "-_./:@".utf8.contains(mark),
      byte(next).map({ Self.isLetterOrDigit($0) || $0 >= 0x80 }) ?? false
    else { return nil }
    return mark
  }

  /// Letters of what names of files end with.
  private static let longestExtension = 4

  /// Whether a point and a few letters stand right behind a word: `prog.c`, `saves.tar.gz`. A sentence that begins right behind
  /// another's point begins with a capital.
  func hasExtension(_ index: Int) -> Bool {
    let start = lexed.token(at: index).endOffset + 1
    guard let first = byte(start), !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) else {
      return false
    }
    let end = (start...start + Self.longestExtension).first { place in
      !(byte(place).map { Self.isLetterOrDigit($0) || $0 == UInt8(ascii: "_") || $0 >= 0x80 } ?? false)
    }
    return byte(start - 1) == UInt8(ascii: ".") && end.map { $0 > start } ?? false
  }

  /// Whether what touches a word is what a comment begins with, or an escape of a string: `#recieve`, `"\trecieve\n"`.
  private func isNeighbourApart(_ index: Int, _ side: Side) -> Bool {
    let token = lexed.token(at: index)
    let other = side == .left ? index - 1 : index + 1
    guard token.context == .comment || token.context == .string, other >= 0, other < lexed.tokenCount else {
      return false
    }
    let neighbour = lexed.token(at: other)
    guard side == .left ? neighbour.endOffset == token.byteOffset : neighbour.byteOffset == token.endOffset
    else {
      return false
    }
    if token.context == .comment { return side == .left && neighbour.kind == .delimiter }
    return neighbour.byteCount > 1 && lexed.byte(at: neighbour.byteOffset) == UInt8(ascii: "\\")
  }

  /// Whether U+2010 stands there, as at the ends of lines in the middle of words.
  private func isHyphen(_ place: Int) -> Bool {
    byte(place) == 0xE2 && byte(place + 1) == 0x80 && byte(place + 2) == 0x90
  }

  private func byte(_ offset: Int) -> UInt8? {
    offset >= 0 && offset < lexed.byteCount ? lexed.byte(at: offset) : nil
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }

  private static func isOfName(_ byte: UInt8) -> Bool {
    isLetterOrDigit(byte) || "_/*$-".utf8.contains(byte)
  }

  /// Whether a token ends a line or is what lines of comments and lists begin with.
  func isLineLead(_ index: Int) -> Bool {
    let token = lexed.token(at: index)
    if token.kind == .lineEnd { return true }
    guard token.kind == .punctuation || token.kind == .delimiter || token.kind == .operator,
      token.byteCount <= 3
    else { return false }
    return (token.byteOffset..<token.endOffset).allSatisfy {
      "*/#;%!>|-\"".utf8.contains(lexed.byte(at: $0))
    }
  }

  func beginsSentence(_ index: Int) -> Bool {
    guard index > 0 else { return true }
    let before = lexed.token(at: index - 1)
    if before.kind == .lineEnd { return index < 2 || beginsSentence(index - 1) }
    if before.byteCount == 1 && ".!?:".utf8.contains(lexed.byte(at: before.byteOffset)) { return true }
    guard isLineLead(index - 1) else { return false }
    // Behind what begins a line or a comment.
    return index < 2 || before.kind == .delimiter || lexed.token(at: index - 2).kind == .lineEnd
      || isLineLead(index - 2)
  }

  /// How surprising the tokens are that stand around a span, in bits: the median of some on either side, those left out
  /// that a slip in the span would make surprising.
  func surroundingBits(_ span: Range<Int>) -> Double {
    let before =
      max(span.lowerBound - Self.surroundingReach, screenedStart)..<max(span.lowerBound - 1, screenedStart)
    let end = screenedStart + screened.count
    let behind = min(span.upperBound + 2, end)..<min(span.upperBound + 2 + Self.surroundingReach, end)
    var found: [Float] = []
    for index in Array(before) + Array(behind) where lexed.token(at: index).kind != .lineEnd {
      found.append(min(screened[index - screenedStart], Self.strangestBits))
    }
    guard !found.isEmpty else { return 0 }
    found.sort()
    return Double(found[found.count / 2])
  }
}

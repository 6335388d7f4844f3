import Console
import Platform
import Prediction

/// What is marked in a text: a slip, or where somebody asks for tokens from so many bits on, one of those.
struct Mark: Sendable {
  var byteRange: Range<Int>
  /// Nil for a token that is marked for its surprisal alone.
  var slip: DetectedSlip?
  /// Of the first token that is marked; nil where nobody asked for it.
  var surprisal: TokenSurprisal?

  /// The kind's name in answers.
  var kindName: String { slip?.kind.rawValue ?? Self.improbableKind }
  static let improbableKind = "improbable"

  /// What may be put in its place, best first.
  var corrections: [DetectedSlip.Correction] { slip?.corrections ?? [] }

  /// What a person is told, on one line.
  ///
  /// - Parameter written: the text in `byteRange`.
  func message(written: String) -> String {
    if let slip { return singleLine(slip.message(written: written)) }
    let token = singleLine(written, width: 60)
    var message = "\"\(token)\" is improbable here"
    guard let surprisal else { return message }
    message += " (\(NumberText.fixed(surprisal.surprisalBits, digits: 1)) bits)"
    let expected = surprisal.expected.map {
      $0.text == "\n" ? "the end of the line" : "\"" + singleLine($0.text, width: 40) + "\""
    }
    if !expected.isEmpty { message += "; expected " + expected.joined(separator: ", ") }
    return message
  }
}

/// A file with its marks.
struct HighlightedFile: Sendable {
  /// As named on the command line, or found below it; `<stdin>` for standard input.
  var name: String
  var languageID: String
  /// UTF-8, without a byte order mark.
  let text: [UInt8]
  let positions: LinePositions
  var tokenCount: Int
  /// In the order of the text.
  var marks: [Mark]
  /// Every token's surprisal, for a heat map; empty where nobody draws one.
  var surprisals: [TokenSurprisal] = []

  init(name: String, languageID: String, text: [UInt8], tokenCount: Int, marks: [Mark]) {
    self.name = name
    self.languageID = languageID
    self.text = text
    positions = LinePositions(text)
    self.tokenCount = tokenCount
    self.marks = marks
  }

  func string(_ range: Range<Int>) -> String { String(decoding: text[range], as: UTF8.self) }
  func message(_ mark: Mark) -> String { mark.message(written: string(mark.byteRange)) }
}

/// How much was read and marked, over all files.
struct HighlightSummary {
  var fileCount = 0
  var tokenCount = 0
  var markCount = 0

  mutating func add(_ file: HighlightedFile) {
    fileCount += 1
    tokenCount += file.tokenCount
    markCount += file.marks.count
  }

  /// `12 files, 34,567 tokens, 5 marks`.
  var text: String {
    [(fileCount, "file"), (tokenCount, "token"), (markCount, "mark")].map { count, name in
      "\(NumberText.grouped(count)) \(name)\(count == 1 ? "" : "s")"
    }.joined(separator: ", ")
  }
}

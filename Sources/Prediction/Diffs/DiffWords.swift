import Lexing
import Privacy

/// The words of a diff, by where they stand in it: what a message about it may name.
///
/// A secret or a forgotten word is none of them (`TypeReader`).
struct DiffWords: Sendable {
  /// Where a word of a diff stands.
  enum Place: Int, CaseIterable, Sendable {
    /// The name of a changed file, without its extensions.
    case fileName
    /// Its folders and extensions.
    case folder
    /// What git found before a hunk and put behind `@@`: the function as a rule.
    case hunk
    case added, removed
    /// A line around changed ones.
    case context
    /// A part of a name (`SlipRates`: `slip`, `rates`) or a word with a capital, in small letters; of files' names and
    /// changed lines.
    case part
    /// A line that was added to a document, or a comment: what is written for people.
    case prose
  }

  /// How often each word stands in each place, by the place's number.
  private(set) var counts = [[[UInt8]: Int]](repeating: [:], count: Place.allCases.count)
  /// The words of changed lines and of files' names by the word before each.
  private(set) var successors: [[UInt8]: [[UInt8]: Int]] = [:]
  /// The words of each line of a hunk, in their order; those of lines that have several.
  private(set) var lines: [[[UInt8]]] = []

  /// Bytes of a diff that are read; a change of more is about everything.
  static let byteLimit = 1 << 18
  /// Longer lines were written by programs.
  private static let lineByteLimit = 1_000
  private static let wordByteCounts = 2...64
  private static let partByteCount = 3

  /// What is known of a line.
  private enum Line {
    case path(nameStart: Int)
    /// - Parameter start: of what stands behind the second `@@`.
    case hunk(start: Int)
    case content(Place, isProse: Bool)
    case other
  }

  /// - Parameters:
  ///   - diff: in git's format, with other text before it or without.
  ///   - grammar: of the message: its words are to be the diff's.
  init(_ diff: [UInt8], grammar: Grammar, types: TypeReader) {
    diff.prefix(Self.byteLimit).withUnsafeBytes { text in
      var lines = Lines(text)
      var before: [UInt8] = []
      var beforeEnd = 0
      var written: [[UInt8]] = []
      types.forEachType(of: text, grammar: grammar) { type, token in
        let range = token.byteRange
        if lines.advance(to: range.lowerBound) {
          before = []
          if written.count > 1 { self.lines.append(written) }
          written = []
        }
        guard Self.isWord(type) else { return }
        let word = Array(type)
        guard let place = lines.place(of: range) else { return }
        add(word, place)
        if place == .added && lines.isProse { counts[Place.prose.rawValue][word, default: 0] += 1 }
        if place == .added || place == .removed || place == .fileName {
          // A space or a point between them, as `Prediction.swift`, but no bracket.
          if !before.isEmpty, range.lowerBound - beforeEnd <= 1 {
            successors[before, default: [:]][word, default: 0] += 1
          }
          (before, beforeEnd) = (word, range.upperBound)
        }
        if place == .added || place == .removed || place == .context { written.append(word) }
      }
      if written.count > 1 { self.lines.append(written) }
    }
  }

  var isEmpty: Bool { counts.allSatisfy(\.isEmpty) }
  /// All words, whatever their places.
  var words: Set<[UInt8]> { counts.reduce(into: Set()) { $0.formUnion($1.keys) } }

  private mutating func add(_ word: [UInt8], _ place: Place) {
    counts[place.rawValue][word, default: 0] += 1
    guard place != .context && place != .folder else { return }
    let starts = NameParts.starts(word)
    guard !starts.isEmpty || word[0] & 0x20 == 0 else { return }
    for (start, end) in zip([0] + starts, starts + [word.count]) {
      let part = word[start..<end].filter { $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-") }.map(
        Self.lowercased)
      if part.count >= Self.partByteCount { counts[Place.part.rawValue][part, default: 0] += 1 }
    }
  }

  static func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }

  private static func isWord(_ type: UnsafeRawBufferPointer) -> Bool {
    guard wordByteCounts.contains(type.count), let first = type.first else { return false }
    return first >= 0x80 || first == UInt8(ascii: "_")
      || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first | 0x20)
  }

  /// Goes through the lines of a diff and says what each is.
  private struct Lines {
    private let text: UnsafeRawBufferPointer
    private var range = 0..<0
    private var line = Line.other
    private var isInHunk = false
    /// Whether the file is a document: it has no extension, or one of `documentExtensions`.
    private var isDocument = false

    init(_ text: UnsafeRawBufferPointer) {
      self.text = text
      read(from: 0)
    }

    /// - Returns: whether the place is on another line than the one before.
    mutating func advance(to offset: Int) -> Bool {
      guard offset >= range.upperBound, range.upperBound < text.count else { return false }
      while offset >= range.upperBound, range.upperBound < text.count { read(from: range.upperBound) }
      return true
    }

    /// Whether the line is written for people.
    var isProse: Bool {
      if case .content(_, isProse: true) = line { return true }
      return false
    }

    /// The place of a word on the line; nil for one that says nothing.
    func place(of word: Range<Int>) -> Place? {
      guard range.count <= DiffWords.lineByteLimit else { return nil }
      switch line {
      case .path(let nameStart):
        guard word.lowerBound >= nameStart else { return .folder }
        let hasPoint = text[nameStart..<max(nameStart, word.lowerBound)].contains(UInt8(ascii: "."))
        return hasPoint ? .folder : .fileName
      case .hunk(let start): return word.lowerBound >= start ? .hunk : nil
      case .content(let place, _): return place
      case .other: return nil
      }
    }

    private mutating func read(from start: Int) {
      let end = text[start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? text.count
      range = start..<end
      line = .other
      let bytes = text[range]
      if starts(bytes, "diff ") {
        isInHunk = false
      } else if starts(bytes, "@@ ") {
        isInHunk = true
        line = .hunk(start: sectionStart)
      } else if isInHunk {
        switch bytes.first {
        case UInt8(ascii: "+"): line = .content(.added, isProse: isDocument || isComment(bytes.dropFirst()))
        case UInt8(ascii: "-"): line = .content(.removed, isProse: false)
        case UInt8(ascii: " "): line = .content(.context, isProse: false)
        default: break
        }
      } else if let prefix = ["+++ ", "--- ", "rename to ", "rename from "].first(where: { starts(bytes, $0) }
      ) {
        let path = range.lowerBound + prefix.utf8.count
        guard !starts(text[path..<end], "/dev/null") else { return }
        let slash = text[path..<end].lastIndex(of: UInt8(ascii: "/"))
        let nameStart = slash.map { $0 + 1 } ?? path
        line = .path(nameStart: nameStart)
        isDocument = Self.isDocument(text[nameStart..<end])
      }
    }

    private static let documentExtensions = Set([
      "md", "markdown", "rst", "txt", "adoc", "org", "tex", "html",
    ])

    /// - Parameter name: a file's, with the line's end.
    private static func isDocument(_ name: Slice<UnsafeRawBufferPointer>) -> Bool {
      let name = String(decoding: name.filter { $0 > 0x20 }, as: UTF8.self)
      guard let point = name.lastIndex(of: ".") else { return true }
      return documentExtensions.contains(name[name.index(after: point)...].lowercased())
    }

    /// Whether a line of some language is nothing but a comment.
    private func isComment(_ line: Slice<UnsafeRawBufferPointer>) -> Bool {
      let text = line.drop { $0 == 0x20 || $0 == 0x09 }
      return ["//", "# ", "/*", "* ", "-- ", ";", "% ", "<!--"].contains { starts(text, $0) }
    }

    private func starts(_ bytes: Slice<UnsafeRawBufferPointer>, _ prefix: String) -> Bool {
      bytes.starts(with: prefix.utf8)
    }

    /// Behind the second `@@` of the line.
    private var sectionStart: Int {
      var place = range.lowerBound + 3
      while place + 1 < range.upperBound {
        if text[place] == UInt8(ascii: "@"), text[place + 1] == UInt8(ascii: "@") { return place + 2 }
        place += 1
      }
      return range.upperBound
    }
  }
}

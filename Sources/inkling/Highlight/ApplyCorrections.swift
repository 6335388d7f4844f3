import Console
import Corpora
import Platform
import Prediction

/// Writes corrections into the files that they belong to: those that are near spellings, each after a question on a
/// terminal, or all of them.
struct ApplyCorrections: ~Copyable {
  /// Whether each is asked for.
  private let asks: Bool
  private var answers: LineReader
  /// Whether somebody wants no more questions.
  private var isEnded = false
  /// Files that could not be written.
  private(set) var failureCount = 0

  init(asks: Bool) {
    self.asks = asks
    answers = LineReader(descriptor: STDIN_FILENO, limit: 1 << 12)
  }

  /// Whether somebody can be asked.
  static var canAsk: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

  /// Corrects a file on disk.
  ///
  /// - Returns: what it holds then; nil where it holds what it did. Why it could not be written is said on standard error.
  mutating func apply(to file: HighlightedFile, _ input: TextInput) throws(Failure) -> TextInput? {
    guard let path = input.path, file.marks.contains(where: Self.isWritable) else { return nil }
    let original: [UInt8]
    do throws(Failure) { original = try Self.original(path, of: input) } catch {
      refuse(error)
      return nil
    }
    let chosen = try choose(file)
    guard !chosen.isEmpty else { return nil }
    let corrected = Self.correct(file, chosen)
    do throws(Failure) {
      guard try Self.original(path, of: input) == original else { throw Self.changed(path) }
      let mark = original.prefix(original.count - input.bytes.count)
      try writeFileAtomically(path, Array(mark) + corrected, keepsMode: true)
    } catch {
      refuse(error)
      return nil
    }
    for index in chosen {
      let mark = file.marks[index]
      let place = file.positions.position(of: mark.byteRange.lowerBound)
      Console.writeError(
        "\(singleLine(file.name)):\(place.line):\(place.column): \"\(singleLine(file.string(mark.byteRange)))\" is now "
          + "\"\(singleLine(mark.corrections[0].text))\"\n")
    }
    return TextInput(path: path, bytes: corrected, grammar: input.grammar)
  }

  private mutating func refuse(_ failure: Failure) {
    failureCount += 1
    Console.warn(failure)
  }

  private static func isWritable(_ mark: Mark) -> Bool { mark.slip?.isNearSpelling ?? false }

  private static func changed(_ path: String) -> Failure {
    Failure(path, why: "has changed since it was read", remedy: "run it again")
  }

  /// The bytes of the file that a text was read from.
  ///
  /// - Throws: `Failure` where it is no file, or holds something else now or in another encoding.
  private static func original(_ path: String, of input: TextInput) throws(Failure) -> [UInt8] {
    var status = stat()
    guard lstat(path, &status) == 0 else { throw Failure.system(path, doing: "read") }
    guard status.st_mode & S_IFMT == S_IFREG else {
      let isLink = status.st_mode & S_IFMT == S_IFLNK
      throw Failure(
        path, why: isLink ? "is a link, through which nothing is written" : "is not a regular file",
        remedy: isLink ? "name the file that it leads to" : "name a file")
    }
    let bytes = try readFile(path, limit: TextInput.byteLimit)
    guard TextDecoding.text(bytes) == input.bytes else { throw changed(path) }
    let text = bytes.hasByteOrderMark ? bytes[3...] : bytes[...]
    guard text.elementsEqual(input.bytes) else {
      throw Failure(path, why: "is not UTF-8", remedy: "convert it, or correct it by hand")
    }
    return bytes
  }

  // MARK: Asking

  /// Which marks are to be corrected.
  private mutating func choose(_ file: HighlightedFile) throws(Failure) -> [Int] {
    var chosen: [Int] = []
    var end = 0
    for (index, mark) in file.marks.enumerated()
    where Self.isWritable(mark) && mark.byteRange.lowerBound >= end && !isEnded {
      if asks {
        guard try isWanted(mark, file) else { continue }
      }
      chosen.append(index)
      end = mark.byteRange.upperBound
    }
    return chosen
  }

  private mutating func isWanted(_ mark: Mark, _ file: HighlightedFile) throws(Failure) -> Bool {
    let place = file.positions.position(of: mark.byteRange.lowerBound)
    let line = String(decoding: file.positions.line(place.line), as: UTF8.self)
    Console.writeError(
      "\(singleLine(file.name)):\(place.line):\(place.column): \(file.message(mark))\n"
        + "    \(singleLine(line, width: 200))\n")
    while true {
      Console.writeError("Write \"\(singleLine(mark.corrections[0].text))\"? [y/n/q] ")
      guard let line = try answers.next() else {
        Console.writeError("\n")
        isEnded = true
        return false
      }
      let answer = (try? line.get()).map { String(decoding: $0, as: UTF8.self) } ?? ""
      switch answer.filter({ !$0.isWhitespace }).lowercased() {
      case "y", "yes": return true
      case "n", "no": return false
      case "q", "quit":
        isEnded = true
        return false
      default: Console.writeError("y writes it, n leaves it, q asks no more.\n")
      }
    }
  }

  // MARK: Correcting

  /// The text with the first corrections of some marks in their places.
  private static func correct(_ file: HighlightedFile, _ chosen: [Int]) -> [UInt8] {
    var text: [UInt8] = []
    var offset = 0
    for mark in chosen.map({ file.marks[$0] }) {
      text += file.text[offset..<mark.byteRange.lowerBound]
      text += Array(mark.corrections[0].text.utf8)
      offset = mark.byteRange.upperBound
    }
    return text + file.text[offset...]
  }
}

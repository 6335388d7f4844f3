import JSON
import Platform

/// Words by their digests, so that nobody reads in a file what somebody wanted forgotten.
public struct ForgottenWords: Hashable, Sendable {
  package typealias Digest = [UInt8]

  var salt: [UInt8] = []
  var digests: Set<Digest> = []
  /// Words of other lists, which have salts of their own.
  private var others: [ForgottenWords] = []

  public init() {}

  package var isEmpty: Bool { digests.isEmpty && others.isEmpty }
  package var count: Int { others.reduce(digests.count) { $0 + $1.count } }

  package func contains(_ word: UnsafeRawBufferPointer) -> Bool {
    if !digests.isEmpty && digests.contains(Self.digest(Array(word), salt)) { return true }
    return others.contains { $0.contains(word) }
  }

  /// The words of this list and those of another.
  package func union(_ other: ForgottenWords) -> ForgottenWords {
    guard !other.isEmpty, other != self else { return self }
    var result = self
    result.others.append(other)
    return result
  }

  /// The first 16 bytes of SHA-256 of salt and word.
  static func digest(_ word: [UInt8], _ salt: [UInt8]) -> Digest {
    Array(SHA256.digest(salt + word).prefix(16))
  }
}

/// What was forgotten on request: a file beside a model directory that outlives the model.
///
/// Whoever reads the model keeps these words out of every answer, and whoever trains it again leaves out the words and
/// the files. A line each, after a first line with the format's version and the salt of the digests: `word DIGEST`,
/// `path PATH`, `generation NUMBER` (how often files were forgotten), and `before NUMBER DIGEST` for a word that only
/// models are not to offer whose training had not yet read this list at that generation. No clock is asked: a model says
/// in its description which list it has read, and how far (`Mark`). Lists of version 1 have `until TIME DIGEST` instead,
/// for models trained before that time, as 2026-01-31T12:00:00Z.
package struct ForgottenList: Hashable, Sendable {
  /// How far a training has read a list; part of a model's description.
  package struct Mark: Hashable, Sendable {
    /// Tells lists apart: a list that was removed and begun anew counts from the start.
    var list: String
    var generation: Int

    /// Nil where the JSON is no mark.
    package init?(json: JSON?) {
      guard let list = json?["list"]?.stringValue,
        let generation = json?["generation"]?.integerValue.flatMap({ Int(exactly: $0) })
      else { return nil }
      self.list = list
      self.generation = generation
    }

    init(list: String, generation: Int) {
      self.list = list
      self.generation = generation
    }

    package var json: JSON { ["list": .string(list), "generation": JSON(generation)] }
  }

  private static let headerStart = "inkling-forgotten "
  private static let byteLimit = 1 << 24

  private var salt: [UInt8]
  private var words: Set<ForgottenWords.Digest> = []
  private var generation = 0
  private var wordsBefore: [ForgottenWords.Digest: Int] = [:]
  private var wordsUntil: [ForgottenWords.Digest: String] = [:]
  /// Absolute, links resolved: files, and folders with everything below them.
  package private(set) var paths: [String] = []

  /// - Parameter salt: random bytes of the list's own.
  package init(salt: [UInt8] = []) { self.salt = salt }

  /// Where the list of a model directory is.
  package static func path(besideModel path: String) -> String {
    var trimmed = path
    while trimmed.count > 1 && trimmed.hasSuffix("/") { trimmed.removeLast() }
    let file = trimmed + ".forgotten"
    // A link to a model has the list of the model, unless it has had one of its own.
    if !fileExists(file), linkTarget(trimmed) != nil, let model = realPath(trimmed) {
      return model + ".forgotten"
    }
    return file
  }

  /// The list beside a model directory, which need not exist; empty if there is none.
  ///
  /// - Throws: `Failure` if there is a list that cannot be read: going on without would bring back what was forgotten.
  package static func read(besideModel path: String) throws(Failure) -> ForgottenList {
    let file = self.path(besideModel: path)
    guard fileExists(file) else { return ForgottenList() }
    let text = String(decoding: try readFile(file, limit: byteLimit), as: UTF8.self)
    var lines = text.split(separator: "\n")[...]
    guard let first = lines.popFirst(), first.hasPrefix(headerStart) else { throw damaged(file) }
    let header = first.dropFirst(headerStart.count).split(separator: " ", omittingEmptySubsequences: false)
    guard header.count == 2, ["1", "2"].contains(header[0]), let salt = bytes(ofHexadecimal: header[1])
    else { throw damaged(file) }
    var list = ForgottenList(salt: salt)
    for line in lines {
      guard list.take(line) else { throw damaged(file) }
    }
    return list
  }

  /// Takes up a line of the file; false if it is none.
  private mutating func take(_ line: Substring) -> Bool {
    let fields = line.split(separator: " ", maxSplits: 2)
    switch fields.first {
    case "word" where fields.count == 2:
      guard let digest = Self.bytes(ofHexadecimal: fields[1]) else { return false }
      words.insert(digest)
    case "generation" where fields.count == 2:
      guard let number = Int(fields[1]), (0..<(1 << 50)).contains(number) else { return false }
      generation = number
    case "before" where fields.count == 3:
      guard let number = Int(fields[1]), let digest = Self.bytes(ofHexadecimal: fields[2]) else {
        return false
      }
      wordsBefore[digest] = number
    case "until" where fields.count == 3:
      guard let digest = Self.bytes(ofHexadecimal: fields[2]) else { return false }
      wordsUntil[digest] = String(fields[1])
    case "path" where line.count > 5: paths.append(String(line.dropFirst(5)))
    default: return false
    }
    return true
  }

  private static func damaged(_ path: String) -> Failure {
    Failure(
      path, why: "is not a list of what was forgotten", remedy: "remove it, and forget again what has to be")
  }

  /// Writes the list beside a model directory, for its owner alone.
  package func write(besideModel path: String) throws(Failure) {
    var text = Self.headerStart + "2 " + Self.hexadecimal(salt) + "\n"
    if generation > 0 { text += "generation \(generation)\n" }
    for digest in words.map(Self.hexadecimal).sorted() { text += "word \(digest)\n" }
    for (digest, number) in wordsBefore.map({ (Self.hexadecimal($0), $1) }).sorted(by: <) {
      text += "before \(number) \(digest)\n"
    }
    for (digest, time) in wordsUntil.map({ (Self.hexadecimal($0), $1) }).sorted(by: <) {
      text += "until \(time) \(digest)\n"
    }
    for path in paths.sorted() { text += "path \(path)\n" }
    let file = Self.path(besideModel: path)
    if let slash = file.lastIndex(of: "/"), slash != file.startIndex {
      try createDirectories(String(file[..<slash]))
    }
    try writeFileAtomically(file, Array(text.utf8))
  }

  package var isEmpty: Bool {
    words.isEmpty && wordsBefore.isEmpty && wordsUntil.isEmpty && paths.isEmpty
  }

  package mutating func forget(word: String) { words.insert(digest(word)) }

  /// Forgets words for all models but those whose training has read the list as it is after this.
  package mutating func forgetUntilTrainedAgain(_ words: some Sequence<String>) {
    generation += 1
    for word in words { wordsBefore[digest(word)] = generation }
  }

  /// Of the words that were forgotten last, lets go of all but these.
  package mutating func keepOfLatest(_ words: some Sequence<String>) {
    let kept = Set(words.map(digest))
    wordsBefore = wordsBefore.filter { $0.value != generation || kept.contains($0.key) }
  }

  /// Says which words and files a new model leaves out; of two lists that leave out the same, the same. Says nothing about
  /// the words.
  package var digest: String {
    if words.isEmpty && paths.isEmpty { return "" }
    var text = Self.hexadecimal(salt)
    for word in words.map(Self.hexadecimal).sorted() { text += "\n" + word }
    for path in paths.sorted() { text += "\npath " + path }
    return Self.hexadecimal(Array(SHA256.digest(Array(text.utf8)).prefix(16)))
  }

  /// What a training that has read the list as it is now, and leaves out its files, writes into its model.
  package var mark: Mark { Mark(list: identity, generation: generation) }

  /// Says nothing about the salt.
  private var identity: String { Self.hexadecimal(Array(SHA256.digest(Array("list".utf8) + salt).prefix(8))) }

  /// - Parameter path: absolute, links resolved, without a line end in it.
  package mutating func forget(path: String) { if !paths.contains(path) { paths.append(path) } }

  private func digest(_ word: String) -> ForgottenWords.Digest {
    ForgottenWords.digest(Array(word.utf8), salt)
  }

  /// The words that a model must not offer.
  ///
  /// - Parameters:
  ///   - description: the model's; nil if that is not known.
  package func words(forModel description: JSONObject?) -> ForgottenWords {
    var result = ForgottenWords()
    result.salt = salt
    result.digests = words
    let mark = Mark(json: description?["forgotten"]).flatMap { $0.list == identity ? $0 : nil }
    for (digest, number) in wordsBefore where (mark?.generation ?? -1) < number {
      result.digests.insert(digest)
    }
    // Whoever has read this list has left out what it named then; lists get no new lines of this kind.
    guard mark == nil else { return result }
    let time = description?["trained"]?["at"]?.stringValue
    for (digest, until) in wordsUntil where time.map({ $0 < until }) ?? true { result.digests.insert(digest) }
    return result
  }

  /// The words that a new model must not learn.
  package var lastingWords: ForgottenWords {
    var result = ForgottenWords()
    result.salt = salt
    result.digests = words
    return result
  }

  /// Whether a file was forgotten, itself or with a folder above it.
  package func contains(path: String) -> Bool { paths.contains { isPath(path, atOrBelow: $0) } }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private static func bytes(ofHexadecimal text: Substring) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let byte = UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) else {
        return nil
      }
      bytes.append(byte)
    }
    return bytes
  }
}

import Platform

/// Words by their digests, so that nobody reads in a file what somebody wanted forgotten.
public struct ForgottenWords: Hashable, Sendable {
  public typealias Digest = [UInt8]

  var salt: [UInt8] = []
  var digests: Set<Digest> = []

  public init() {}

  public var isEmpty: Bool { digests.isEmpty }
  public var count: Int { digests.count }

  public func contains(_ word: UnsafeRawBufferPointer) -> Bool {
    !digests.isEmpty && digests.contains(Self.digest(Array(word), salt))
  }

  /// The first 16 bytes of SHA-256 of salt and word.
  static func digest(_ word: [UInt8], _ salt: [UInt8]) -> Digest {
    Array(SHA256.digest(salt + word).prefix(16))
  }
}

/// What was forgotten on request: a file beside a model directory that outlives the model.
///
/// Whoever reads the model keeps these words out of every answer, and whoever trains it again leaves out the words and
/// the files. A line each, `word DIGEST`, `until TIME DIGEST` (only for models trained before that time, as
/// 2026-01-31T12:00:00Z) or `path PATH`, after a first line with the format's version and the salt of the digests.
public struct ForgottenList: Hashable, Sendable {
  private static let header = "inkling-forgotten 1 "
  private static let byteLimit = 1 << 24

  private var salt: [UInt8]
  private var words: Set<ForgottenWords.Digest> = []
  private var wordsUntil: [ForgottenWords.Digest: String] = [:]
  /// Absolute, links resolved: files, and folders with everything below them.
  public private(set) var paths: [String] = []

  /// - Parameter salt: random bytes of the list's own.
  public init(salt: [UInt8] = []) { self.salt = salt }

  /// Where the list of a model directory is.
  public static func path(besideModel path: String) -> String {
    var trimmed = path
    while trimmed.count > 1 && trimmed.hasSuffix("/") { trimmed.removeLast() }
    return trimmed + ".forgotten"
  }

  /// The list beside a model directory, which need not exist; empty if there is none.
  ///
  /// - Throws: `Failure` if there is a list that cannot be read: going on without would bring back what was forgotten.
  public static func read(besideModel path: String) throws(Failure) -> ForgottenList {
    let file = self.path(besideModel: path)
    guard fileExists(file) else { return ForgottenList() }
    let text = String(decoding: try readFile(file, limit: byteLimit), as: UTF8.self)
    var lines = text.split(separator: "\n")[...]
    guard let first = lines.popFirst(), first.hasPrefix(header),
      let salt = bytes(ofHexadecimal: first.dropFirst(header.count))
    else { throw damaged(file) }
    var list = ForgottenList(salt: salt)
    for line in lines {
      let fields = line.split(separator: " ", maxSplits: 2)
      switch fields.first {
      case "word" where fields.count == 2:
        guard let digest = bytes(ofHexadecimal: fields[1]) else { throw damaged(file) }
        list.words.insert(digest)
      case "until" where fields.count == 3:
        guard let digest = bytes(ofHexadecimal: fields[2]) else { throw damaged(file) }
        list.wordsUntil[digest] = String(fields[1])
      case "path" where line.count > 5: list.paths.append(String(line.dropFirst(5)))
      default: throw damaged(file)
      }
    }
    return list
  }

  private static func damaged(_ path: String) -> Failure {
    Failure(
      path, why: "is not a list of what was forgotten", remedy: "remove it, and forget again what has to be")
  }

  /// Writes the list beside a model directory, for its owner alone.
  public func write(besideModel path: String) throws(Failure) {
    var text = Self.header + Self.hexadecimal(salt) + "\n"
    for digest in words.map(Self.hexadecimal).sorted() { text += "word \(digest)\n" }
    for (digest, time) in wordsUntil.map({ (Self.hexadecimal($0), $1) }).sorted(by: <) {
      text += "until \(time) \(digest)\n"
    }
    for path in paths.sorted() { text += "path \(path)\n" }
    let file = Self.path(besideModel: path)
    if let slash = file.lastIndex(of: "/"), slash != file.startIndex {
      try createDirectories(String(file[..<slash]))
    }
    try writeFileAtomically(file, Array(text.utf8))
    chmod(file, 0o600)
  }

  public var isEmpty: Bool { words.isEmpty && wordsUntil.isEmpty && paths.isEmpty }

  public mutating func forget(word: String) { words.insert(digest(word)) }

  /// Forgets a word for models trained before `time` (ISO 8601 in UTC, to the second).
  public mutating func forget(word: String, forModelsBefore time: String) { wordsUntil[digest(word)] = time }

  /// Lets go of words that were forgotten for a time.
  public mutating func removeTimedWords() { wordsUntil = [:] }

  /// - Parameter path: absolute, links resolved, without a line end in it.
  public mutating func forget(path: String) { if !paths.contains(path) { paths.append(path) } }

  private func digest(_ word: String) -> ForgottenWords.Digest {
    ForgottenWords.digest(Array(word.utf8), salt)
  }

  /// The words that a model must not offer.
  ///
  /// - Parameter time: when it was trained; nil if that is not known.
  public func words(forModelTrainedAt time: String?) -> ForgottenWords {
    var result = ForgottenWords()
    result.salt = salt
    result.digests = words
    for (digest, until) in wordsUntil where time.map({ $0 < until }) ?? true { result.digests.insert(digest) }
    return result
  }

  /// The words that a new model must not learn.
  public var lastingWords: ForgottenWords { words(forModelTrainedAt: "9999") }

  /// Whether a file was forgotten, itself or with a folder above it.
  public func contains(path: String) -> Bool { paths.contains { isPath(path, atOrBelow: $0) } }

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

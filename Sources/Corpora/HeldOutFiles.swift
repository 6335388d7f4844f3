import Lexing
import Platform
import Synchronization

/// Files that are only measured on: neither they nor files with the same bytes are learned from, however they are reached.
public final class HeldOutFiles: Sendable {
  private struct Identity: Hashable {
    var device: UInt64
    var number: UInt64

    init(_ status: stat) {
      device = UInt64(truncatingIfNeeded: status.st_dev)
      number = UInt64(truncatingIfNeeded: status.st_ino)
    }
  }

  private struct Content {
    var path: String
    /// Found when a file of the same length turns up.
    var hash: UInt64?
  }

  /// Folders and files that were named, links resolved.
  private let paths: [String]
  private let identities: Set<Identity>
  /// By their lengths.
  private let contents: Mutex<[Int: [Content]]>

  /// None at all.
  public init() {
    paths = []
    identities = []
    contents = Mutex([:])
  }

  /// - Parameters:
  ///   - named: what the person named: files, and folders with everything below them.
  ///   - files: those that are measured on.
  public init(named: [String], files: [String]) {
    paths = named.compactMap(realPath)
    var identities: Set<Identity> = []
    var contents: [Int: [Content]] = [:]
    for file in files {
      var status = stat()
      guard fileStatus(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
        identities.insert(Identity(status)).inserted, status.st_size > 0
      else { continue }
      contents[Int(status.st_size), default: []].append(Content(path: file))
    }
    self.identities = identities
    self.contents = Mutex(contents)
  }

  /// The files that a corpus of these paths is read from.
  public convenience init(
    named: [String], options: CorpusOptions, grammars: GrammarLibrary
  ) throws(Failure) {
    var walker = try CorpusWalker(paths: named, options: options, grammars: grammars)
    var report = CorpusReport()
    var files: [String] = []
    while let file = walker.next(&report) { files.append(file.path) }
    self.init(named: named, files: files)
  }

  public var isEmpty: Bool { paths.isEmpty && identities.isEmpty }

  /// Whether the file at a path is one of them, by its place, by what it is on disk or by its bytes.
  public func contains(_ path: String) -> Bool {
    guard !isEmpty else { return false }
    if isNamed(path) { return true }
    var status = stat()
    guard fileStatus(path, &status) == 0 else { return false }
    if identities.contains(Identity(status)) { return true }
    guard contents.withLock({ $0[Int(status.st_size)] }) != nil, let file = try? MappedFile(path) else {
      return false
    }
    return file.withBytes { contains($0) }
  }

  /// Whether a file that was found lies at one of the places that were named.
  func isNamed(_ path: String) -> Bool {
    guard !paths.isEmpty, let real = realPath(path) else { return false }
    return paths.contains { isPath(real, atOrBelow: $0) }
  }

  func hasIdentity(of path: String) -> Bool {
    var status = stat()
    return !identities.isEmpty && fileStatus(path, &status) == 0 && identities.contains(Identity(status))
  }

  /// Whether one of them has just these bytes.
  func contains(_ bytes: UnsafeRawBufferPointer) -> Bool {
    contents.withLock { contents in
      guard let places = contents[bytes.count]?.indices else { return false }
      var hash = ContentHash(seed: 0)
      hash.combine(bytes)
      for place in places {
        guard let content = contents[bytes.count]?[place] else { continue }
        if let known = content.hash, known != hash.value { continue }
        guard let file = try? MappedFile(content.path), file.count == bytes.count else { continue }
        let isEqual = file.withBytes { other in
          if content.hash == nil {
            var otherHash = ContentHash(seed: 0)
            otherHash.combine(other)
            contents[bytes.count]?[place].hash = otherHash.value
          }
          return memcmp(other.baseAddress!, bytes.baseAddress!, bytes.count) == 0
        }
        if isEqual { return true }
      }
      return false
    }
  }
}

import Platform

/// A file that a walk found and that may be used, not read yet.
public struct CorpusFile: Hashable, Sendable {
  /// Where to open it.
  public var path: String
  /// Relative to the path that was walked; the file's own name if it was named itself.
  public var relativePath: String
  /// The language server protocol's identifier of its language.
  public var languageID: String
  public var byteCount: Int
  /// Whether it was named itself rather than found in a folder: then size and language do not leave it out.
  public var isNamed: Bool
  /// The folder that it was found in, which reading it does not leave; nil for a file that was named.
  public var folder: String?

  public init(
    path: String, relativePath: String, languageID: String, byteCount: Int, isNamed: Bool,
    folder: String? = nil
  ) {
    self.path = path
    self.relativePath = relativePath
    self.languageID = languageID
    self.byteCount = byteCount
    self.isNamed = isNamed
    self.folder = folder
  }

  /// The file's bytes.
  ///
  /// - Throws: `Failure` also where it has become longer than `limit`, or a link.
  public func contents(limit: Int) throws(Failure) -> [UInt8] {
    guard let folder else { return try readFile(path, limit: limit) }
    return try readFile(relativePath.systemPathBytes, below: folder, limit: limit)
  }
}

/// Why a file or folder was left out.
public enum LeftOutReason: String, Hashable, Sendable, CaseIterable {
  case ignoredByGit = "ignored by .gitignore"
  case ignoredByInkling = "ignored by .inklingignore"
  case hiddenFolder = "hidden folder"
  case dependencies = "installed dependencies"
  case unknownLanguage = "no known language"
  case tooLarge = "too large"
  case empty
  case binary
  case generated
  case minified
  case data = "data: numbers for the most part"
  case duplicate
  case secret = "may hold secrets"
  case forgotten = "forgotten on request"
  case linkSeenBefore = "link to what was seen already"
  case linkOutside = "link out of the folder"
  case heldOut = "held out by --valid or --test"
  case model = "a model's own"
  case tooDeep = "in folders too deep"
  case beyondLimit = "beyond the entries that a walk takes"
  case rulesTooLong = "ignore rules too long"
  case systemFolder = "of the system"
  case unreadable
}

/// Which part of the data a file belongs to.
public enum CorpusPart: String, Hashable, Sendable, CaseIterable {
  case training
  case heldOut
}

/// A file with its text, ready for use.
public struct CorpusDocument: Sendable {
  public var file: CorpusFile
  public var part: CorpusPart
  /// UTF-8, whatever the file's own encoding was; may hold invalid bytes where the file did.
  public var text: [UInt8]
  /// Of the file's own bytes.
  package var identity: ContentIdentity
}

/// What to look for and what to leave out.
public struct CorpusOptions: Hashable, Sendable {
  /// Files longer than this are left out, unless named themselves.
  public var fileByteLimit = 4 << 20
  /// The share of files held out, from 0 to 1.
  public var heldOutShare = 0.1
  /// Decides which files are held out.
  public var seed: UInt64 = 1
  /// Only these languages, if there are any here.
  public var languageIDs: Set<String> = []
  /// Whether `.gitignore` and `.inklingignore` count.
  public var honoursIgnoreFiles = true
  /// Files and folders that somebody wanted forgotten: absolute paths, links resolved.
  public var forgottenPaths: [String] = []
  /// Whether the folders in the walked ones are walked too.
  public var entersFolders = true
  /// Entries of folders that a walk looks at in all.
  public var entryLimit = 5_000_000
  /// How deep folders may lie in each other.
  public var depthLimit = 256
  /// Only the files of one part of the corpus; nil for all.
  public var shard: CorpusShard?
  /// A folder that the walked ones must lie in when their links are resolved; nil for none.
  public var confinement: String?
  /// Steps that matching ignore rules may take before paths are left out for it: so many in all, and so many more for
  /// each entry. A rule with wildcards takes about as many as its length times the path's, one without
  /// none.
  public var ignoreStepLimit = 1 << 25
  public var ignoreStepsPerEntry = 1 << 15

  public init() {}
}

import Console
import JSON
import LanguageModeling
import Platform

/// A model directory being made: removed if a signal or an error ends the run, put in its place when it is whole.
struct ModelOutput: ~Copyable {
  private var writer: ModelDirectoryWriter
  private let temporaryPath: String
  /// Folders that were made for the model, the innermost first; they go too if it does not come to be.
  private let newFolders: [String]
  private let isDefault: Bool
  private var isCommitted = false
  let path: String

  /// - Parameter isDefault: whether the place is the default one in a project; it is then kept out of version control.
  init(_ path: String, isDefault: Bool) throws(Failure) {
    let newFolders = Self.missingFolders(above: path)
    let writer: ModelDirectoryWriter
    do { writer = try ModelDirectoryWriter(path) } catch {
      for folder in newFolders { rmdir(folder) }
      throw error
    }
    var temporary = writer.path(of: "")
    while temporary.count > 1 && temporary.hasSuffix("/") { temporary.removeLast() }
    self.path = path
    self.isDefault = isDefault
    self.newFolders = newFolders
    temporaryPath = temporary
    self.writer = writer
    Interruption.register(temporary: temporary, emptyFolders: newFolders)
  }

  deinit {
    Interruption.unregister(temporary: temporaryPath)
    guard !isCommitted else { return }
    removeTree(temporaryPath)
    for folder in newFolders { rmdir(folder) }
  }

  private static func missingFolders(above path: String) -> [String] {
    var missing: [String] = []
    var rest = Substring(path)
    while rest.count > 1 && rest.hasSuffix("/") { rest.removeLast() }
    while let slash = rest.lastIndex(of: "/"), slash != rest.startIndex {
      rest = rest[..<slash]
      if fileExists(String(rest)) { break }
      missing.append(String(rest))
    }
    return missing
  }

  /// Where to write the file `name`.
  func path(of name: String) -> String { writer.path(of: name) }

  subscript(key: String) -> JSON? {
    get { writer[key] }
    set { writer[key] = newValue }
  }

  mutating func add(_ name: String) throws(Failure) { try writer.add(name) }

  mutating func write(_ name: String, _ bytes: [UInt8]) throws(Failure) { try writer.write(name, bytes) }

  /// Writes what was logged and puts the directory in its place.
  mutating func commit(log: [UInt8]) throws(Failure) {
    // Nor is a model put in place that was made of files that lost their ends meanwhile.
    if let damage = MappedFile.damage() { throw damage }
    try writer.write(ModelDirectory.trainingLogName, log)
    try writer.commit()
    isCommitted = true
    guard isDefault, let slash = path.lastIndex(of: "/") else { return }
    let ignoreFile = path[..<slash] + "/.gitignore"
    if !fileExists(String(ignoreFile)) { try writeFileAtomically(String(ignoreFile), Array("*\n".utf8)) }
  }
}

import JSON
import Platform

extension ModelDirectory {
  /// Names that files of a model have had, for models whose description does not say.
  private static let knownNames: Set<String> = [
    descriptionName, vocabularyName, placesName, ngramsName, recurrentName, backwardName, networkName,
    trainingLogName,
    reportName, "contexts.bin", "mixture.bin", "slips.json", "bag.safetensors", "partial.bin", "tagger.bin",
    "commits.json", "messages.bin", "names.bin",
  ]

  /// What tells a model directory from others, so that nothing else is ever replaced by one.
  package static let kind = DirectoryKind(
    name: "a model", descriptionName: descriptionName, knownNames: knownNames, ownNames: ownNames)

  /// The names of the files in a directory that are a model's; nil if it is no model directory.
  ///
  /// A whole description lists them. Where it is damaged, or of a newer format, those that a model's files are known to
  /// have are its own, and everything else is somebody's; a description that cannot be read at all is a model's only
  /// beside a vocabulary or n-grams.
  private static func ownNames(_ directory: String) -> Set<String>? {
    let path = directory + "/" + descriptionName
    guard let bytes = try? readFile(path, limit: 1 << 26) else { return nil }
    if let parsed = try? ModelDescriptionFile(bytes, path: path) {
      return Set(parsed.entries.keys).union([descriptionName])
    }
    if let value = try? JSON.parse(bytes) {
      return value["format"]?.stringValue == formatName ? knownNames : nil
    }
    let hasParts = [vocabularyName, ngramsName].contains { fileExists(directory + "/" + $0) }
    return hasParts ? knownNames : nil
  }
}

/// Writes a model directory beside its place and puts it there when it is whole.
///
///     var writer = try ModelDirectoryWriter(path)
///     try writer.write(ModelDirectory.vocabularyName, vocabulary.serialized())
///     try writer.add(ModelDirectory.ngramsName)  // written before to writer.path(of:)
///     writer["corpus"] = …
///     try writer.commit()
public struct ModelDirectoryWriter: ~Copyable {
  private var replacement: DirectoryReplacement
  private var sections = JSONObject()
  private var entries = JSONObject()
  /// Files that the model can do without.
  private var optionalNames: [String] = []

  /// Begins a new directory that will replace what is at `path`: nothing, an empty folder or a model.
  public init(_ path: String) throws(Failure) {
    replacement = try DirectoryReplacement(path, kind: ModelDirectory.kind)
  }

  /// The directory's own place, links resolved.
  public var place: String { replacement.path }

  /// Where the new directory is until `commit()`.
  public var temporaryPath: String { replacement.temporaryPath }

  /// Whether there is an older model, or an empty folder, at the place.
  public var replaces: Bool { replacement.replaces }

  /// Where to write the file `name` until `commit()`.
  public func path(of name: String) -> String { replacement.temporaryPath + "/" + name }

  /// A part of the description, such as "corpus" or "metrics", in the order of the first assignments.
  package subscript(key: String) -> JSON? {
    get { sections[key] }
    set {
      precondition(!ModelDirectory.reservedKeys.contains(key), "the directory keeps \(key) itself")
      sections[key] = newValue
    }
  }

  /// Takes up a file that has been written to `path(of: name)`: notes its size and hash, and flushes it to disk.
  public mutating func add(_ name: String) throws(Failure) {
    let path = path(of: name)
    let (descriptor, _) = try openRegularFile(path)
    let outcome = fsync(descriptor)
    let code = errno
    close(descriptor)
    guard outcome == 0 else { throw Failure.system(path, doing: "write", errno: code) }
    let file = try MappedFile(path)
    // Read once; its pages need not stay in the memory that training was given.
    let digest = XXH64.digest(file.bytes) {
      file.releasePages(upTo: $0)
      return true
    }
    file.releasePages(upTo: file.count)
    entries[name] = ["bytes": JSON(file.count), "xxh64": .string(digest)]
  }

  /// Writes a file and takes it up.
  public mutating func write(_ name: String, _ bytes: [UInt8]) throws(Failure) {
    try writeNewFile(path(of: name), bytes)
    try add(name)
  }

  /// Writes a file piece by piece and takes it up.
  ///
  /// - Parameter content: writes the pieces by what it is given.
  package mutating func write(
    _ name: String,
    content: (_ write: (UnsafeRawBufferPointer) throws(Failure) -> Void) throws(Failure) -> Void
  ) throws(Failure) {
    try writeNewFile(path(of: name), content: content)
    try add(name)
  }

  /// Writes a file that the model can do without, and takes it up if that succeeds.
  ///
  /// - Returns: why it is not there.
  public mutating func writeOptional(_ name: String, _ bytes: [UInt8]) -> Failure? {
    do throws(Failure) {
      try write(name, bytes)
      optionalNames.append(name)
      return nil
    } catch {
      removeFile(name)
      return error
    }
  }

  /// Takes a file out again.
  public mutating func removeFile(_ name: String) {
    entries[name] = nil
    optionalNames.removeAll { $0 == name }
    removeTree(path(of: name))
  }

  /// Writes the description and puts the directory in its place.
  ///
  /// - Returns: what a person should know: files that the model is without because the description would not have fitted
  ///   on the disk beside them, and files of theirs in the old directory that could not be moved into the new one.
  @discardableResult
  public mutating func commit() throws(Failure) -> [Failure] {
    for name in try readDirectory(temporaryPath) where entries[name] == nil { removeTree(path(of: name)) }
    var problems: [Failure] = []
    do throws(Failure) { try writeDescription() } catch {
      guard !optionalNames.isEmpty else { throw error }
      for name in optionalNames {
        removeFile(name)
        problems.append(Failure(path(of: name), why: error.why, remedy: error.remedy))
      }
      try writeDescription()
    }
    return problems + (try replacement.commit())
  }

  private func writeDescription() throws(Failure) {
    var object = JSONObject()
    object["format"] = .string(ModelDirectory.formatName)
    let kind = sections["kind"]?.stringValue.flatMap { ModelKind(rawValue: $0) } ?? .language
    object["version"] = JSON(kind.formatVersion)
    for (key, value) in sections { object[key] = value }
    object["files"] = .object(entries)
    object["checksum"] = .string(ModelDescriptionFile.checksum(of: object))
    try writeNewFile(
      path(of: ModelDirectory.descriptionName), JSON.object(object).serialized(pretty: true) + [0x0A])
  }

  /// Removes what was written so far; what was at the path before stays.
  public mutating func cancel() { replacement.cancel() }
}

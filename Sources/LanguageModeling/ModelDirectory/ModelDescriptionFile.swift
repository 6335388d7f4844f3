import JSON
import Platform

/// model.json, parsed and checked.
struct ModelDescriptionFile {
  /// What the description says about one file.
  struct Entry {
    var byteCount: Int
    /// XXH64, 16 hexadecimal digits.
    var digest: String
  }

  private static let byteLimit = 1 << 22
  private static let fileLimit = 64

  let object: JSONObject
  let entries: [String: Entry]

  static func read(_ directory: String, within root: String?) throws(Failure) -> [UInt8] {
    guard fileExists(directory) else {
      throw Failure(
        directory, why: "no such model", remedy: "train one with inkling-train, or check the path")
    }
    let path = directory + "/" + ModelDirectory.descriptionName
    guard fileExists(path) else {
      throw Failure(
        directory, why: "is no model directory: it has no \(ModelDirectory.descriptionName)",
        remedy: "train one with inkling-train, or check the path")
    }
    try check(path, within: root)
    return try readFile(path, limit: byteLimit)
  }

  /// - Throws: if a file lies outside a folder that it must not lead out of.
  private static func check(_ path: String, within root: String?) throws(Failure) {
    if let root, leadsOutside(path, of: root) {
      throw Failure(
        path, why: "is a link that leads out of the project", remedy: "put the file itself there")
    }
  }

  /// - Parameter path: of model.json, for messages.
  init(_ bytes: [UInt8], path: String) throws(Failure) {
    let parsed: JSON
    do { parsed = try JSON.parse(bytes) } catch {
      throw Failure(path, why: "\(error)", remedy: "train the model again")
    }
    guard let object = parsed.objectValue, object["format"]?.stringValue == ModelDirectory.formatName else {
      throw Failure(
        path, why: "does not describe a model", remedy: "check the path, or train the model again")
    }
    guard let version = object["version"]?.integerValue, version >= 1 else {
      throw Failure(path, why: "has no version of the format", remedy: "train the model again")
    }
    guard version <= ModelDirectory.formatVersion else {
      throw Failure(
        path,
        why:
          "is a model of a newer format, \(version); this inkling reads up to \(ModelDirectory.formatVersion)",
        remedy: "update inkling, or train the model again")
    }
    guard object["checksum"]?.stringValue == Self.checksum(of: object) else {
      throw ModelDirectory.damaged(path)
    }
    self.object = object
    entries = try Self.entries(object, path: path)
  }

  private static func entries(_ object: JSONObject, path: String) throws(Failure) -> [String: Entry] {
    var entries: [String: Entry] = [:]
    for (name, value) in object["files"]?.objectValue ?? JSONObject() {
      let isPlain = !name.isEmpty && !name.contains("/") && name != "." && name != ".."
      guard isPlain, let byteCount = value["bytes"]?.integerValue, byteCount >= 0,
        let digest = value["xxh64"]?.stringValue
      else {
        throw Failure(path, why: "files.\(name) is malformed", remedy: "train the model again")
      }
      entries[name] = Entry(byteCount: byteCount, digest: digest)
    }
    guard entries.count <= fileLimit else {
      throw Failure(path, why: "lists \(entries.count) files", remedy: "train the model again")
    }
    return entries
  }

  /// Maps every file that is listed, its size checked.
  func mapFiles(in directory: String, within root: String?) throws(Failure) -> [String: MappedFile] {
    var files: [String: MappedFile] = [:]
    for (name, entry) in entries {
      try Self.check(directory + "/" + name, within: root)
      files[name] = try MappedFile(directory + "/" + name, byteCount: entry.byteCount)
    }
    return files
  }

  /// The hash of the description without its checksum, printed without spaces.
  static func checksum(of object: JSONObject) -> String {
    var rest = object
    rest["checksum"] = nil
    return XXH64.digest(JSON.object(rest).serialized())
  }
}

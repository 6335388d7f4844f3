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

  let object: JSONObject
  let entries: [String: Entry]

  static func read(_ directory: String) throws(Failure) -> [UInt8] {
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
    return try readFile(path, limit: 1 << 26)
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
    return entries
  }

  /// Maps every file that is listed, its size checked.
  func mapFiles(in directory: String) throws(Failure) -> [String: MappedFile] {
    var files: [String: MappedFile] = [:]
    for (name, entry) in entries {
      let file = try MappedFile(directory + "/" + name)
      guard file.count == entry.byteCount else {
        throw Failure(
          file.path, why: "is damaged: it has \(file.count) bytes, not \(entry.byteCount)",
          remedy: "train the model again")
      }
      files[name] = file
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

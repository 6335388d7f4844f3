import JSON
import Platform

/// What is needed of a grammar to find it, before its file is read.
public struct GrammarEntry: Hashable, Sendable {
  public var languageID: String
  public var aliases: [String]
  public var extensions: [String]
  public var fileNames: [String]
  public var interpreters: [String]
  /// The grammar's file.
  public var path: String

  init(_ definition: GrammarDefinition, path: String) {
    languageID = definition.languageID
    aliases = definition.aliases
    extensions = definition.extensions
    fileNames = definition.fileNames
    interpreters = definition.interpreters
    self.path = path
  }
}

/// Lists a folder's grammars, from its `index.json` where it has one, so that none of them need be read.
///
/// A grammar file that the index does not know is read, so that a file that was just put there works.
enum GrammarIndex {
  static let fileName = "index.json"
  private static let schemaFileName = "schema.json"

  /// The grammar files of a folder.
  static func fileNames(in directory: String) -> [String] {
    directoryEntries(directory).filter { $0.hasSuffix(".json") && $0 != fileName && $0 != schemaFileName }
  }

  /// - Parameter onBadFile: called with what is wrong with a grammar file; the others are still listed.
  static func entries(
    in directory: String, onBadFile: (Failure) throws(Failure) -> Void
  ) throws(Failure) -> [GrammarEntry] {
    var known: [String: GrammarEntry] = [:]
    let indexPath = directory + "/" + fileName
    if fileExists(indexPath) {
      for (file, entry) in try decode(try readFile(indexPath, limit: 1 << 24), path: indexPath, directory) {
        known[file] = entry
      }
    }
    var entries: [GrammarEntry] = []
    for name in fileNames(in: directory) {
      if let entry = known[name] {
        entries.append(entry)
        continue
      }
      let path = directory + "/" + name
      do throws(Failure) {
        entries.append(GrammarEntry(try definition(at: path), path: path))
      } catch {
        try onBadFile(error)
      }
    }
    return entries
  }

  static func definition(at path: String) throws(Failure) -> GrammarDefinition {
    try GrammarDefinition.decode(try readFile(path, limit: 1 << 24), path: path)
  }

  /// The index of a folder made from its grammar files, as `index.json` should have it.
  static func encoded(_ directory: String) throws(Failure) -> [UInt8] {
    var grammars = JSONObject()
    for name in fileNames(in: directory) {
      let definition = try definition(at: directory + "/" + name)
      var entry = JSONObject()
      entry["languageId"] = .string(definition.languageID)
      let lists = [
        ("aliases", definition.aliases), ("extensions", definition.extensions),
        ("fileNames", definition.fileNames), ("interpreters", definition.interpreters),
      ]
      for (key, list) in lists where !list.isEmpty { entry[key] = .array(list.map { .string($0) }) }
      grammars[name] = .object(entry)
    }
    return JSON.object(grammars).serialized(pretty: true) + [0x0A]
  }

  private static func decode(
    _ bytes: [UInt8], path: String, _ directory: String
  ) throws(Failure) -> [(String, GrammarEntry)] {
    do {
      let root = JSONDecoding(try JSON.parse(bytes))
      var entries: [(String, GrammarEntry)] = []
      for file in try root.object().keys {
        var definition = GrammarDefinition()
        definition.languageID = try root[file]["languageId"].string()
        definition.aliases = try root[file]["aliases"].optional?.strings() ?? []
        definition.extensions = try root[file]["extensions"].optional?.strings() ?? []
        definition.fileNames = try root[file]["fileNames"].optional?.strings() ?? []
        definition.interpreters = try root[file]["interpreters"].optional?.strings() ?? []
        entries.append((file, GrammarEntry(definition, path: directory + "/" + file)))
      }
      return entries
    } catch {
      throw Failure(path, why: "\(error)", remedy: "make it anew as grammars/README.md says")
    }
  }
}

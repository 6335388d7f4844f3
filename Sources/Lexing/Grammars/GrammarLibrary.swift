import Platform
import Synchronization

/// The grammars at hand. Each is read and compiled when it is first asked for.
public final class GrammarLibrary: Sendable {
  /// All grammars that can be asked for, by language.
  public let entries: [GrammarEntry]
  /// What is wrong with files in the user's own folder. Their grammars are left out.
  public let problems: [Failure]
  /// What tells a language by a text's content.
  let contentClassifiers: ContentClassifiers

  private let byLanguage: [String: Int]
  private let byFileName: [String: Int]
  private let byExtension: [String: Int]
  private let byInterpreter: [String: Int]
  private let loaded = Mutex<[Int: Grammar]>([:])

  /// A library of the grammars in some folders; of two for one language the later folder's counts.
  ///
  /// - Parameters:
  ///   - directories: their files must be right.
  ///   - userDirectory: a folder that need not be there, and whose bad files become `problems`.
  public init(directories: [String], userDirectory: String? = nil) throws(Failure) {
    var entries: [GrammarEntry] = []
    var problems: [Failure] = []
    for directory in directories {
      entries += try GrammarIndex.entries(in: directory) { bad throws(Failure) in throw bad }
    }
    if let userDirectory, isDirectory(userDirectory) {
      entries += try GrammarIndex.entries(in: userDirectory) { bad throws(Failure) in problems.append(bad) }
    }
    var last: [String: Int] = [:]
    for (index, entry) in entries.enumerated() { last[entry.languageID] = index }
    let kept = last.values.sorted().map { entries[$0] }
    self.entries = kept
    self.problems = problems
    contentClassifiers = ContentClassifiers(directories: directories + (userDirectory.map { [$0] } ?? []))
    byLanguage = Self.table(kept) { $0.aliases }
      .merging(Self.table(kept) { [$0.languageID] }) { _, own in own }
    byFileName = Self.table(kept, \.fileNames)
    byExtension = Self.table(kept, \.extensions)
    byInterpreter = Self.table(kept, \.interpreters)
  }

  private static func table(
    _ entries: [GrammarEntry], _ keys: (GrammarEntry) -> [String]
  ) -> [String: Int] {
    var table: [String: Int] = [:]
    for (index, entry) in entries.enumerated() { for key in keys(entry) { table[key] = index } }
    return table
  }

  // MARK: Finding grammars

  /// For files of no known language.
  public static var plainText: Grammar { Grammar.plainText }

  /// The grammar of a language, by its identifier in the language server protocol or another name for it.
  ///
  /// - Returns: nil if no grammar is there for it.
  /// - Throws: if there is, and its file is not right.
  public func grammar(languageID: String) throws(Failure) -> Grammar? {
    guard let index = byLanguage[languageID] ?? byLanguage[languageID.lowercased()] else { return nil }
    return try load(index)
  }

  /// The grammar of a file, by its name, its extension, or the interpreter that its first line asks for.
  public func grammar(forPath path: String, firstLine: [UInt8] = []) throws(Failure) -> Grammar? {
    guard let index = index(forPath: path, firstLine: firstLine) else { return nil }
    return try load(index)
  }

  /// The language of a file, without reading its grammar.
  public func languageID(forPath path: String, firstLine: [UInt8] = []) -> String? {
    index(forPath: path, firstLine: firstLine).map { entries[$0].languageID }
  }

  private func index(forPath path: String, firstLine: [UInt8]) -> Int? {
    let name = String(path.split(separator: "/").last ?? "")
    if let index = byFileName[name] { return index }
    // Of `a.d.ts` first `d.ts`, then `ts`.
    var rest = Substring(name)
    while let point = rest.firstIndex(of: ".") {
      rest = rest[rest.index(after: point)...]
      if let index = byExtension[String(rest)] ?? byExtension[rest.lowercased()] { return index }
    }
    // `Dockerfile.api`, `Makefile.linux`
    if let index = byFileName[String(name.prefix { $0 != "." })] { return index }
    return index(ofInterpreter: firstLine)
  }

  private func index(ofInterpreter firstLine: [UInt8]) -> Int? {
    Self.interpreter(firstLine).flatMap { byInterpreter[$0] ?? byInterpreter[Self.withoutVersion($0)] }
  }

  /// The language of a `#!` line.
  func languageID(ofInterpreter firstLine: [UInt8]) -> String? {
    index(ofInterpreter: firstLine).map { entries[$0].languageID }
  }

  /// The identifier of a language by any of its names; nil if no grammar is there for it.
  package func languageID(named name: String) -> String? {
    (byLanguage[name] ?? byLanguage[name.lowercased()]).map { entries[$0].languageID }
  }

  /// The program of a `#!` line: `python3` of `#!/usr/bin/env -S python3 -u`.
  static func interpreter(_ firstLine: [UInt8]) -> String? {
    guard firstLine.starts(with: "#!".utf8) else { return nil }
    let line = firstLine.dropFirst(2).prefix { $0 != 0x0A && $0 != 0x0D }
    for word in line.split(whereSeparator: { $0 == 0x20 || $0 == 0x09 }) {
      let program = word.split(separator: UInt8(ascii: "/")).last ?? word
      let name = String(decoding: program, as: UTF8.self)
      if name == "env" || name.hasPrefix("-") || name.contains("=") { continue }
      return name
    }
    return nil
  }

  private static func withoutVersion(_ name: String) -> String {
    String(name.prefix { $0 != "." && !$0.isNumber && $0 != "-" })
  }

  private func load(_ index: Int) throws(Failure) -> Grammar {
    if let grammar = loaded.withLock({ $0[index] }) { return grammar }
    let grammar = Grammar(try GrammarIndex.definition(at: entries[index].path))
    return loaded.withLock { loaded in
      if let other = loaded[index] { return other }
      loaded[index] = grammar
      return grammar
    }
  }

  // MARK: Where grammars are

  /// The grammars that came with the program, and the user's own before them.
  ///
  /// The first come from `$INKLING_GRAMMARS`, `../share/inkling/grammars` beside the program, or the source tree
  /// that the program was built in; the user's from `$XDG_CONFIG_HOME/inkling/grammars`.
  public static func standard() throws(Failure) -> GrammarLibrary {
    guard let directory = standardDirectory() else {
      throw Failure(
        "grammars", why: "not found beside the program",
        remedy: "install with `make install`, or set INKLING_GRAMMARS to the folder")
    }
    return try GrammarLibrary(directories: [directory], userDirectory: userDirectory())
  }

  static func userDirectory() -> String? {
    if let path = environment("XDG_CONFIG_HOME") { return path + "/inkling/grammars" }
    return environment("HOME").map { $0 + "/.config/inkling/grammars" }
  }

  static func standardDirectory() -> String? {
    sharedFolder("grammars", variable: "INKLING_GRAMMARS", holding: GrammarIndex.fileName)
  }

  private static func environment(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    let text = String(cString: value)
    return text.isEmpty ? nil : text
  }
}

import ArgumentParser
import Console
import JSON
import LanguageModeling
import Platform

/// What a model holds, was trained on, and how well it does.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show what a model holds, was trained on, and how well it does.",
    discussion: """
      Every file of the model is compared with its hash first. --phrases draws instead the tree that a classifier with \
      the encoder rae makes of a text, with the most probable label of every phrase.

      Example: inkling inspect .inkling/model
      Example: inkling inspect reviews --phrases 'a joy from start to end'
      """)

  @Argument(help: "The model directory (default: the one found from here).", completion: .directory)
  var model: String?

  @Option(help: "Draw the phrases that a recursive autoencoder makes of this text.") var phrases: String?
  @Flag(help: "Print the description, or the phrases, as JSON.") var json = false

  func run() throws {
    let path = try model ?? defaultModel()
    let directory = try ModelDirectory(path, verification: .complete)
    if let phrases { return try draw(Array(phrases.utf8), directory) }
    if json {
      var object = directory.description
      object["path"] = JSON(path)
      object["verified"] = true
      return try Console.write(JSON.object(object).serialized(pretty: true) + [10])
    }
    // A classifier or a tagger that knows words by hashes alone has none.
    let vocabulary = directory.file(ModelDirectory.vocabularyName) == nil ? nil : try directory.vocabulary()
    try Console.write(path.systemPathBytes)
    try Console.print(": format \(directory["version"]?.integerValue ?? 1), every file as it was written")
    if let vocabulary { try Console.print("vocabulary: \(NumberText.grouped(vocabulary.count)) types") }
    try printFiles(directory)
    for (key, value) in directory.description {
      guard !["format", "version", "files", "checksum"].contains(key) else { continue }
      try Console.print("")
      try print(value, title: key, indent: 0)
    }
  }

  private func draw(_ text: [UInt8], _ directory: ModelDirectory) throws(Failure) {
    let tree = try PhraseTree(text, model: directory)
    if json { return try Console.write(tree.json.serialized() + [10]) }
    for line in tree.lines { try Console.print(line) }
  }

  private func defaultModel() throws(Failure) -> String {
    guard let path = ModelOptions.modelPath(near: ".") else {
      throw Failure(
        "model", why: "none found from here up, and none in the user's data folder",
        remedy: "train one with inkling-train, or name one")
    }
    return path
  }

  private func printFiles(_ directory: ModelDirectory) throws(Failure) {
    var table = TextTable([.init("file"), .init("size", .trailing)])
    for name in directory.files.keys.sorted() {
      table.append([name, NumberText.bytes(directory.files[name]?.count ?? 0)])
    }
    try Console.print("")
    try Console.write(table.text(on: .output))
  }

  /// Prints objects as indented `name: value` lines and arrays of objects as tables.
  private func print(_ value: JSON, title: String, indent: Int) throws(Failure) {
    let space = String(repeating: " ", count: indent)
    switch value {
    case .object(let object):
      try Console.print(space + title + ":")
      for (key, member) in object { try print(member, title: key, indent: indent + 2) }
    case .array(let rows) where rows.first?.objectValue != nil:
      try Console.print(space + title + ":")
      var keys: [String] = []
      for row in rows {
        for key in row.objectValue?.keys ?? [] where !keys.contains(key) { keys.append(key) }
      }
      var table = TextTable(keys.map { .init($0, rows.allSatisfy { _ in true } ? .leading : .trailing) })
      for row in rows { table.append(keys.map { key in row[key].map(text) ?? "" }) }
      for line in table.text(on: .output).split(separator: "\n") { try Console.print(space + "  " + line) }
    default:
      try Console.print(space + title + ": " + text(value))
    }
  }

  private func text(_ value: JSON) -> String {
    switch value {
    case .null: "-"
    case .bool(let flag): flag ? "yes" : "no"
    case .integer(let number): NumberText.grouped(Int(number))
    case .double(let number): NumberText.fixed(number, digits: number.magnitude < 1 ? 4 : 2)
    case .string(let string): singleLine(string)
    case .array(let values): values.map(text).joined(separator: ", ")
    case .object: value.serializedString()
    }
  }
}

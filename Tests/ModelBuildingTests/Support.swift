import LanguageModeling
import Platform

/// A folder that is removed with the value.
final class TemporaryFolder {
  let path: String

  init() {
    var template = Array("/tmp/inkling-building-XXXXXX".utf8CString)
    path = String(cString: mkdtemp(&template))
  }

  deinit { removeTree(path) }

  /// Writes a text, and gives its path.
  @discardableResult
  func write(_ name: String, _ text: String) throws -> String {
    let file = path + "/" + name
    if let slash = file.lastIndex(of: "/") { try createDirectories(String(file[..<slash])) }
    try writeFileAtomically(file, Array(text.utf8))
    return file
  }
}

/// Sentences of few words, enough to learn from.
func sentences(_ count: Int) -> String {
  let subjects = ["the cat", "a dog", "the old sailor", "my sister", "nobody"]
  let verbs = ["saw", "followed", "forgot", "painted"]
  let objects = ["the moon", "a letter", "three apples", "the river", "an empty house", "the clock"]
  return (0..<count).map { number in
    "\(subjects[number % 5]) \(verbs[number / 2 % 4]) \(objects[number / 3 % 6])\n"
  }.joined()
}

extension Vocabulary {
  var types: [String] { (Vocabulary.specials.count..<count).map { string(of: TokenID($0)) } }
}

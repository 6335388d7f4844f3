import Corpora
import Platform
import Prediction

/// Words that are never marked, in a file that people write by hand and `inkling.accept` adds to.
///
/// One word a line, white space around it left out. `#` begins a comment at the start of a line or behind white space, so
/// that `C#` is a word; a word that begins with `#` is written `\#`. Line ends of all systems and the encodings that files
/// to learn from may have are taken.
package enum DictionaryFile {
  /// The words of a dictionary's bytes.
  static func words(of bytes: [UInt8]) -> Set<String> {
    let text = String(decoding: TextDecoding.text(bytes), as: UTF8.self)
    var words: Set<String> = []
    for line in text.split(whereSeparator: \.isNewline) {
      var word: Substring = ""
      var isBehindSpace = true
      for index in line.indices {
        if line[index] == "#" && isBehindSpace { break }
        isBehindSpace = line[index].isWhitespace
        if isBehindSpace && word.isEmpty { continue }
        let start = word.isEmpty ? index : word.startIndex
        word = line[start...index]
      }
      while word.last?.isWhitespace == true { word.removeLast() }
      if word.hasPrefix("\\#") { word.removeFirst() }
      if !word.isEmpty { words.insert(String(word)) }
    }
    return words
  }

  /// The line that holds a word.
  static func line(of word: String) -> String { (word.hasPrefix("#") ? "\\" : "") + word + "\n" }

  /// The user's own dictionary, which holds everywhere: `$XDG_DATA_HOME/inkling/dictionary.txt`.
  static func userPath() -> String? {
    guard let model = ModelLocator.defaultPath() else { return nil }
    return String(model.dropLast("models/default".count)) + "dictionary.txt"
  }

  /// The words that are never marked in a document: those of the user's dictionary and of the project's.
  ///
  /// - Parameter path: of the document; nil for one without, which belongs to no project.
  package static func acceptedWords(forDocument path: String?) -> Set<String> {
    let project = path.flatMap { realPath($0) }.flatMap {
      ProjectFiles.root(above: $0, trust: ProjectTrust())
    }
    return (userPath().map(ProjectFiles.words(in:)) ?? [])
      .union(project.map { ProjectFiles(root: $0, trust: ProjectTrust()).words } ?? [])
  }
}

import Corpora
import Lexing
import Platform
import Privacy

/// The texts that a command line names, one after the other: files and standard input as they are, folders as training
/// walks them, what is ignored, secret or a model's own left out.
struct HighlightFiles {
  private var paths: ArraySlice<String>
  private let languageID: String?
  private let library: GrammarLibrary
  private let model: ModelOptions
  /// The folder that is being walked.
  private var folder: Corpus?

  /// - Parameters:
  ///   - paths: `-` for standard input.
  ///   - languageID: what the language of named files is said to be; of folders, only such files are read.
  init(_ paths: [String], languageID: String?, library: GrammarLibrary, model: ModelOptions) {
    self.paths = paths[...]
    self.languageID = languageID
    self.library = library
    self.model = model
  }

  /// Whether the next text is standard input, which somebody may still be writing.
  var isStandardInputNext: Bool { folder == nil && paths.first == "-" }

  mutating func next() throws(Failure) -> TextInput? {
    while true {
      if let document = folder?.next() {
        let grammar = try library.grammar(languageID: document.file.languageID) ?? GrammarLibrary.plainText
        return TextInput(path: document.file.path, bytes: document.text, grammar: grammar)
      }
      folder = nil
      guard let path = paths.popFirst() else { return nil }
      if path != "-" && isDirectory(path) {
        folder = try walk(path)
      } else {
        return try TextInput(path: path, languageID: languageID, library: library)
      }
    }
  }

  private func walk(_ path: String) throws(Failure) -> Corpus {
    var options = CorpusOptions()
    options.heldOutShare = 0
    if let languageID {
      options.languageIDs = [
        try TextInput.grammar(languageID: languageID, path: nil, bytes: [], library: library).languageID
      ]
    }
    if let modelPath = model.path(near: path) {
      options.forgottenPaths = try ForgottenList.read(besideModel: modelPath).paths
    }
    return try Corpus(paths: [path], options: options, grammars: library)
  }
}

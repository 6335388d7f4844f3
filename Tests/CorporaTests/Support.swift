import Lexing
import Platform
import Testing

@testable import Corpora

/// A folder that goes away with the object.
final class TemporaryFolder {
  let path: String

  init() throws {
    var template = Array("/tmp/inkling-corpora-XXXXXX".utf8CString)
    let made = try #require(mkdtemp(&template))
    path = String(cString: made)
  }

  deinit { removeTree(path) }

  func write(_ name: String, _ bytes: [UInt8]) throws {
    let file = path + "/" + name
    // Bytes, not characters: a name may begin with a combining one.
    if let slash = file.utf8.lastIndex(of: UInt8(ascii: "/")) {
      try createDirectories(String(file[..<slash]))
    }
    try writeFileAtomically(file, bytes)
  }

  func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }
}

let grammars: GrammarLibrary = {
  do {
    return try GrammarLibrary.standard()
  } catch {
    fatalError("\(error)")
  }
}()

/// The documents of a corpus, all of them.
func documents(_ paths: [String], _ options: CorpusOptions = CorpusOptions()) throws -> (
  [CorpusDocument], CorpusReport
) {
  var corpus = try Corpus(paths: paths, options: options, grammars: grammars)
  var documents: [CorpusDocument] = []
  while let document = corpus.next() { documents.append(document) }
  return (documents, corpus.report)
}

func relativePaths(_ paths: [String], _ options: CorpusOptions = CorpusOptions()) throws -> [String] {
  try documents(paths, options).0.map(\.file.relativePath).sorted()
}

/// Runs a shell command; nil if it does not end well (a status of 1 is what `git check-ignore` gives for "none").
func shell(_ command: String, input: String = "") throws -> [UInt8]? {
  let folder = try TemporaryFolder()
  try folder.write("input", input)
  let status = system("\(command) <'\(folder.path)/input' >'\(folder.path)/output' 2>/dev/null")
  guard status == 0 || status == 1 << 8 else { return nil }
  return try readFile(folder.path + "/output")
}

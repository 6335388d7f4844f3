import Lexing
import Platform
import Synchronization

/// The grammars of open documents. The library is looked for when it is first needed.
final class DocumentGrammars: Sendable {
  private let found = Mutex<GrammarLibrary??>(nil)

  func library(onProblem note: (Failure) -> Void) -> GrammarLibrary? {
    found.withLock { found in
      if let found { return found }
      var library: GrammarLibrary?
      do throws(Failure) {
        library = try GrammarLibrary.standard()
        library?.problems.forEach(note)
      } catch { note(error) }
      found = .some(library)
      return library
    }
  }

  /// Whether that is what clients send of text that they know nothing about.
  static func saysNothing(_ languageID: String) -> Bool { ["", "plaintext", "text"].contains(languageID) }

  /// The grammar of a document: of the language that the client names; where it names none, or the file's name may mean
  /// several, of the one that the text is in.
  func grammar(of document: DocumentIdentity, text: [UInt8], onProblem note: (Failure) -> Void) -> Grammar {
    guard let library = library(onProblem: note) else { return .plainText }
    do throws(Failure) {
      if Self.saysNothing(document.languageID) {
        return try library.grammar(ofDocument: document.path, text: text) ?? .plainText
      }
      // A language without a grammar is one all the same: its text is not taken for another's.
      guard let named = try library.grammar(languageID: document.languageID) else {
        return try document.path.flatMap { path throws(Failure) in try library.grammar(forPath: path) }
          ?? .plainText
      }
      // Clients go by the end of a name.
      guard let path = document.path, library.isAmbiguous(path),
        let language = library.language(ofDocument: path, text: text), language.evidence == .content
      else { return named }
      return try library.grammar(languageID: language.languageID) ?? named
    } catch { note(error) }
    return .plainText
  }
}

import LanguageModeling
import Lexing
import Platform
import Prediction
import Synchronization
import Tagging

/// The taggers of documents, each opened when it is first asked for, and again once another is in its place.
final class Taggers: Sendable {
  private struct Opened {
    var version: FileVersion?
    var model: TaggerModel
  }

  private let opened = Mutex<[String: Opened]>([:])
  private let library = Mutex<GrammarLibrary?>(nil)

  /// The tagger of a document; reads files.
  ///
  /// - Throws: `Failure` where there is none, or it is damaged.
  func tagger(of document: DocumentIdentity, trust: ProjectTrust) throws(Failure) -> TaggerModel {
    guard let path = ModelLocator.locateTagger(documentPath: document.path, trust: trust) else {
      throw Failure(
        "tagger", why: "none found beside the text, above it, or in the user's data folder",
        remedy: "train one with `inkling-train tag`")
    }
    let version = FileVersion(path + "/" + ModelDirectory.descriptionName)
    if let known = opened.withLock({ $0[path] }), known.version == version, version != nil {
      return known.model
    }
    let model = try TaggerModel(ModelDirectory(path))
    opened.withLock { $0[path] = Opened(version: version, model: model) }
    return model
  }

  /// The grammar that divides a document; plain text where its language is not known.
  func grammar(of document: DocumentIdentity) -> Grammar {
    library.withLock { library in
      if library == nil { library = try? GrammarLibrary.standard() }
      let grammar = try? library?.grammar(languageID: document.languageID)
      return grammar ?? GrammarLibrary.plainText
    }
  }
}

import LanguageServerProtocol
import Lexing
import Platform
import Prediction

/// What the server asks about one open document. Offsets are bytes of UTF-8 throughout.
///
/// The server runs one call at a time for a document, edits in their order.
package protocol DocumentEngine: Sendable {
  /// The text, which the engine alone keeps.
  var buffer: TextBuffer { get }

  /// Takes an edit into account. Both the range and the bytes are whole characters of valid UTF-8.
  mutating func replace(_ byteRange: Range<Int>, with bytes: [UInt8])

  /// Does some of what is still to be done after opening a long text or after an edit, as much as takes about a
  /// millisecond; false once nothing is left. What the place needs that was asked about last comes first.
  ///
  /// - Parameter mayGoOn: asked after each small step; false ends the slice, because somebody waits.
  mutating func prepare(while mayGoOn: () -> Bool) -> Bool

  /// Says where an answer will be asked for: what it needs comes first from now on.
  mutating func expectQuestion(at byteOffset: Int)

  /// What may stand at a place instead of what was typed of a word, most probable first.
  ///
  /// - Parameter deadline: the answer goes without what is not computed by then, and is incomplete.
  mutating func suggestions(
    at byteOffset: Int, limit: Int, deadline: ContinuousClock.Instant
  ) -> SuggestionList

  /// How probable each of some candidates is at a place.
  ///
  /// - Parameter deadline: as for `suggestions`.
  mutating func rank(
    _ candidates: [String], at byteOffset: Int, deadline: ContinuousClock.Instant
  ) -> CandidateRanking

  /// Whether the document's model has a network.
  var hasNetwork: Bool { get }

  /// Does some of what the surprisals of a part of the text need, as much as takes about a millisecond; false once
  /// nothing is left.
  mutating func prepareSurprisals(in byteRange: Range<Int>) -> Bool

  /// How surprising each token is that touches `byteRange`, in the order of the text. What is not prepared is done
  /// without.
  mutating func surprisals(in byteRange: Range<Int>) -> [Surprisal]

  /// Does some of what `bitsBetweenBothSides(in:)` needs, as much as takes about a millisecond; false once nothing is left.
  mutating func prepareBothSides(in byteRange: Range<Int>) -> Bool

  /// −log₂ P of each token that touches `byteRange`, what stands before and behind it known, by where it begins; empty
  /// where the model has no network in both directions.
  mutating func bitsBetweenBothSides(in byteRange: Range<Int>) -> [Int: Double]

  /// Does some of what all slips need, as much as takes about a millisecond; false once nothing is left. How often a word
  /// stands in the text decides whether it is one.
  mutating func prepareSlips() -> Bool

  /// Where something else was probably meant, of what touches `byteRange`, in the order of the text.
  mutating func slips(in byteRange: Range<Int>) -> [DetectedSlip]

  /// The same, but for what takes more than about a millisecond: nil where something is left to do. Whoever asks for the same
  /// range again, before any edit, has it go on.
  ///
  /// - Parameter mayGoOn: as for `prepare`.
  mutating func slipsInSteps(_ byteRange: Range<Int>, while mayGoOn: () -> Bool) -> [DetectedSlip]?

  /// What probably follows, up to the end of the line or to where confidence ends; nil if that is at once.
  ///
  /// - Parameters:
  ///   - isBehindWord: whether the word before the offset is whole, and not to be continued itself.
  ///   - minimumProbability: of a single word; of several together it may be less.
  ///   - deadline: as for `suggestions`.
  mutating func continuation(
    at byteOffset: Int, isBehindWord: Bool, minimumProbability: Double, deadline: ContinuousClock.Instant
  ) -> Prediction.Continuation?

  /// What is known of a word, and how probable it is at a place; nil if the engine keeps no account.
  mutating func knowledge(of word: String, at byteOffset: Int?) -> WordKnowledge?

  /// Whether a place is code, a comment, a string or prose.
  mutating func context(at byteOffset: Int) -> TokenContext

  /// The ranges around each of some places that a person would select one after the other, from the inside out; each holds
  /// the one before and is longer.
  mutating func selectionRanges(around byteOffsets: [Int]) -> [[Range<Int>]]

  /// A part of the text with so many tokens before it and behind it, or up to the text's ends.
  func surroundings(of byteRange: Range<Int>, tokenCount: Int) -> Range<Int>

  /// What words of code are, as the text shows around a place, where the word begins that they may become.
  mutating func kinds(of words: [String], near byteOffset: Int) -> [CompletionItemKind]
}

extension DocumentEngine {
  package func surroundings(of byteRange: Range<Int>, tokenCount: Int) -> Range<Int> { byteRange }
  package mutating func kinds(of words: [String], near byteOffset: Int) -> [CompletionItemKind] {
    words.map { _ in .text }
  }
  package mutating func selectionRanges(around byteOffsets: [Int]) -> [[Range<Int>]] {
    byteOffsets.map { _ in [] }
  }
  package mutating func rank(
    _ candidates: [String], at byteOffset: Int, deadline: ContinuousClock.Instant
  ) -> CandidateRanking {
    CandidateRanking(
      probabilities: candidates.map { _ in 0 }, remainder: 1, isIncomplete: false, usesNetwork: false)
  }
  package var hasNetwork: Bool { false }
  package mutating func prepareSlips() -> Bool { false }
  package mutating func slips(in byteRange: Range<Int>) -> [DetectedSlip] { [] }
  package mutating func slipsInSteps(_ byteRange: Range<Int>, while mayGoOn: () -> Bool) -> [DetectedSlip]? {
    slips(in: byteRange)
  }
  package mutating func expectQuestion(at byteOffset: Int) {}
  package mutating func prepareSurprisals(in byteRange: Range<Int>) -> Bool { false }
  package mutating func prepareBothSides(in byteRange: Range<Int>) -> Bool { false }
  package mutating func bitsBetweenBothSides(in byteRange: Range<Int>) -> [Int: Double] { [:] }
  package mutating func knowledge(of word: String, at byteOffset: Int?) -> WordKnowledge? { nil }
}

package struct Suggestion: Hashable, Sendable {
  /// The word.
  package var text: String
  /// The word with a space before it, where the text would have one and lacks it.
  package var insertedText: String
  /// What the inserted text replaces: the word at the place asked for, or nothing there.
  package var replacedBytes: Range<Int>
  /// Over everything that might follow, 0…1.
  package var probability: Double
  /// The component that contributed most: `ngram`, `recurrent`, `document`, …
  package var source: String

  package init(
    text: String, insertedText: String? = nil, replacedBytes: Range<Int>, probability: Double, source: String
  ) {
    self.text = text
    self.insertedText = insertedText ?? text
    self.replacedBytes = replacedBytes
    self.probability = probability
    self.source = source
  }
}

package struct SuggestionList: Sendable {
  package var items: [Suggestion]
  /// Whether asking again may give more: items were cut off, or a component was not ready in time.
  package var isIncomplete: Bool
  /// Whether a network had its say; nil where the document's model has none.
  package var usesNetwork: Bool?

  package init(items: [Suggestion], isIncomplete: Bool, usesNetwork: Bool? = nil) {
    self.items = items
    self.isIncomplete = isIncomplete
    self.usesNetwork = usesNetwork
  }
}

package struct Surprisal: Hashable, Sendable {
  package var byteRange: Range<Int>
  /// −log₂ of the token's probability.
  package var bits: Double
  /// What was more probable there, most probable first.
  package var expected: [Expectation]
  /// −log₂ of its probability given what stands before and behind it; only where that was asked for.
  package var bitsBetweenBothSides: Double?
  /// Whether something else was probably meant; said only where a whole text is scored.
  package var isSlip = false

  package struct Expectation: Hashable, Sendable {
    package var text: String
    package var probability: Double

    package init(text: String, probability: Double) {
      self.text = text
      self.probability = probability
    }
  }

  /// What is less surprising is never shown.
  static let leastShownBits = 4.0

  package init(byteRange: Range<Int>, bits: Double, expected: [Expectation]) {
    self.byteRange = byteRange
    self.bits = bits
    self.expected = expected
  }
}

/// Which document an engine is for.
package struct DocumentIdentity: Hashable, Sendable {
  package var uri: String
  /// As the client names it: `swift`, `plaintext`, …
  package var languageID: String
  /// Of a notebook's cell, the notebook.
  package var notebookURI: String?
  /// The path of the workspace folder that it belongs to; of a document without a file, the first one.
  package var workspaceFolder: String?

  package init(uri: String, languageID: String) {
    self.uri = uri
    self.languageID = languageID
  }

  /// The file's path; nil for `untitled:` and other schemes.
  package var path: String? { filePath(ofURI: notebookURI ?? uri) }
}

/// Makes the engines of open documents, with the models that fit them.
package protocol EngineProvider: Sendable {
  /// - Parameter modelPath: the model directory set by the user; nil to look for one.
  func engine(for document: DocumentIdentity, text: [UInt8], modelPath: String?) -> any DocumentEngine

  /// Opens the models that documents would have, before the first document is opened: takes some milliseconds each.
  func openAhead(for documents: [DocumentIdentity], modelPath: String?)

  /// A document was closed; what is shared between open documents may forget it.
  func didClose(_ document: DocumentIdentity)

  /// Whether a new engine for a document would have another model than the one made last: there is one now, or it
  /// was retrained. Looks at the disk.
  func isOutdated(_ document: DocumentIdentity, modelPath: String?) -> Bool

  /// Whether a document whose language nobody named is by now in another than its engine takes it for: text was pasted.
  func isInOtherLanguage(_ document: DocumentIdentity, text: [UInt8]) -> Bool

  /// Says whose projects are trusted with a model.
  func setTrust(_ trust: ProjectTrust)

  /// Says which models below documents' own are asked.
  func setLayers(_ settings: LayerSettings)

  /// What people may be told once of models that could be there.
  func takeAdvice() -> [String]

  /// Says whether commit messages are completed by what is staged.
  func setReadsStagedDiffs(_ reads: Bool)

  /// Looks at models that were written into while they were in use: they are used again once they are whole. Takes a while.
  ///
  /// - Returns: the URIs of documents that had one, and need new engines; and whether it is worth looking again soon.
  func takeUpWholeModels() -> (documents: [String], isUnfinished: Bool)

  /// Compares the files of models that came into use with their hashes: takes a while. A model that is damaged is not
  /// used from then on.
  ///
  /// - Returns: the URIs of documents that had one, and need new engines.
  func verifyModels() -> [String]

  /// Whether models came into use whose comparison with their hashes keeps the disk busy.
  var hasLargeUnverifiedModel: Bool { get }

  /// Gives memory back that holds parts of model files, if it has become much.
  ///
  /// - Parameter activity: says what is much.
  func releasePages(during activity: Activity)

  /// Opens the networks of models that are in use and have one that is not open: takes a while.
  ///
  /// - Returns: whether any came in.
  func openNetworks() -> Bool

  /// Has files near a document read by `readNearbyFiles`.
  func noteNearby(_ document: DocumentIdentity)

  /// Reads and counts some more of the files near open documents, about a millisecond's worth or one file's reading;
  /// false once nothing is left.
  func readNearbyFiles() -> Bool

  /// Takes back what was counted of files near open documents.
  func forgetNearbyFiles()

  /// A file was changed, made or removed on disk.
  func didChangeFile(_ path: String)

  /// What went wrong since the last call, for the user to know: a damaged model, a grammar that cannot be read.
  func takeProblems() -> [Failure]

  /// What is loaded, for `inkling/status`.
  func status() -> [ModelStatus]
}

extension EngineProvider {
  package func openAhead(for documents: [DocumentIdentity], modelPath: String?) {}
  package func isInOtherLanguage(_ document: DocumentIdentity, text: [UInt8]) -> Bool { false }
  package func setTrust(_ trust: ProjectTrust) {}
  package func setLayers(_ settings: LayerSettings) {}
  package func takeAdvice() -> [String] { [] }
  package func setReadsStagedDiffs(_ reads: Bool) {}
  package func takeUpWholeModels() -> (documents: [String], isUnfinished: Bool) { ([], false) }
  package func openNetworks() -> Bool { false }
  package func noteNearby(_ document: DocumentIdentity) {}
  package func readNearbyFiles() -> Bool { false }
  package func forgetNearbyFiles() {}
  package func didChangeFile(_ path: String) {}
  package func verifyModels() -> [String] { [] }
  package var hasLargeUnverifiedModel: Bool { false }
  package func releasePages(during activity: Activity) {}
}

/// What goes on while memory is looked at.
package enum Activity: Sendable {
  /// Somebody types, and asks for most of what was used again.
  case typing
  /// Something was worked out in the background.
  case working
  /// Nobody has asked for anything for a while: whatever can be given back is.
  case idle
}

package struct ModelStatus: Hashable, Sendable {
  /// Nil for documents that have no model, and only each other's words.
  package var path: String?
  package var documentCount: Int
  /// The size of the vocabulary.
  package var typeCount: Int?
  /// The tokens of open documents that are counted.
  package var countedTokens: Int
  /// Files near open documents that are counted among them.
  package var nearbyFileCount = 0
  /// What the network takes of memory; nil without one, and until it is open.
  package var networkByteCount: Int?
  /// Models below it, those that say more of its documents first.
  package var layers: [LayerStatus] = []
  /// Why the model at `path` is not used.
  package var problem: String?
}

/// A model below another one.
package struct LayerStatus: Hashable, Sendable {
  package var kind: ModelLayer.Kind
  package var name: String
  package var path: String?
  package var typeCount: Int

  init(_ layer: ModelLayer) {
    kind = layer.kind
    name = layer.name
    path = layer.model.directory?.path
    typeCount = layer.model.vocabulary.count
  }
}

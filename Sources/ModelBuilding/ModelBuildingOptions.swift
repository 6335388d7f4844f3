import JSON
import NGrams
import NeuralTraining
import Platform

/// Everything that decides what a build learns, from which text, and what it writes beside the model.
///
/// The defaults learn n-grams of order 5 from files of words, and a mixture of them with a document's own words. Nothing
/// is chosen by the clock but what a network with a time limit learns: equal options and files give equal models.
public struct ModelBuildingOptions: Hashable, Sendable {
  /// What is learned from, and how it is read.
  public var text = Text()
  public var ngrams = NGrams()
  /// The network of the model; none by default.
  public var network = Network.none
  /// What the network and the weights of the mixture begin from.
  public var beginning = Beginning.nothing
  /// Whether to learn how the n-grams mix with a document's own words. Never learned from `TextForm.tokenLines` or
  /// `TextForm.characters`.
  public var fitsMixture = true
  /// Where the choice of held-out files, and everything random, starts.
  public var seed: UInt64 = 1
  /// Whether rare contexts are left out of the mixture and the network's matrices rounded to bfloat16, so that the model is
  /// small.
  public var isCompact = false
  /// Where the text came from, for the model's description.
  package var provenance: JSONObject?
  /// A file that takes the n-grams as ARPA once the model is in place; nil for none.
  public var arpaPath: String?

  public init() {}

  /// What the paths hold and what a token is.
  public enum TextForm: Hashable, Sendable, CaseIterable {
    /// Files and folders of text and code, split into words by the grammars of their languages.
    case words
    /// The same, split into characters.
    case characters
    /// Token files: a sequence a line, tokens split by single spaces.
    case tokenLines
    /// Token files of which each is one sequence.
    case tokenDocuments

    /// Whether somebody has split the text into tokens already.
    public var isTokens: Bool { self == .tokenLines || self == .tokenDocuments }
  }

  public struct Text: Hashable, Sendable {
    public var form = TextForm.words
    /// Only files of these languages, by the language server protocol's identifiers; empty for all. Of
    /// `TextForm.tokenDocuments` the first is the language of all of them.
    public var languageIDs: [String] = []
    /// The part of the documents, 0 to 0.5, that is held out while the mixture is fitted and measured, and learned from
    /// afterwards; nil is about 0.08. Not with `validationPaths`, and not of `TextForm.tokenLines`.
    public var heldOutShare: Double?
    /// Files and folders that are never learned from: to fit the mixture and measure.
    public var validationPaths: [String] = []
    /// Files and folders that are never learned from: to measure the finished model.
    public var testPaths: [String] = []
    /// Whether what looks like a secret in token files is learned as any other token, so that figures compare with other
    /// toolkits' token for token. Forgotten words are left out all the same.
    public var keepsSecretTokens = false

    public init() {}
  }

  public struct NGrams: Hashable, Sendable {
    /// The longest n-grams, 1 to 8.
    public var order = 5
    public var smoothing = Smoothing.kneserNey
    /// N-grams seen at most so often are left out: a count an order from 1 on, not falling; empty for none.
    public var prune: [Int] = []
    /// Bytes of memory to use; nil is half of what is free. The result is the same.
    public var memoryByteCount: Int?
    /// Whether probabilities and backoff weights are stored in 8 bits.
    public var isQuantized = false

    public init() {}

    /// Whether it can be told from the model what was seen once, and taken out of it again.
    var keepsSingleOccurrences: Bool {
      smoothing == .kneserNey && !isQuantized && prune.allSatisfy { $0 == 0 }
    }
  }

  /// What learning begins from: a model that others' text was learned into.
  public enum Beginning: Hashable, Sendable {
    case nothing
    /// The base model of the language that most of the text is in, if the person has one; the model then depends on it.
    case base
    /// A model directory. It must not have learned from what is held out of this text, or it is trusted too much.
    case model(String)
  }

  public enum Network: Hashable, Sendable {
    case none
    /// One that learns from the text. Its units and seed are the build's; its memory is limited where that of the
    /// n-grams is.
    ///
    /// - `resumes`: whether to go on from the checkpoint that a stopped build left beside the model.
    case trained(RecurrentTrainingOptions, resumes: Bool)
    /// That of another model directory, which learned from the same text.
    case taken(fromModel: String)

    var isTrained: Bool { if case .trained = self { true } else { false } }
  }
}

extension ModelBuildingOptions {
  /// Refuses what no build could do, or would pass over in silence.
  func check() throws(Failure) {
    func require(_ condition: Bool, _ what: String, _ why: String, _ remedy: String) throws(Failure) {
      guard condition else { throw Failure(what, why: why, remedy: remedy) }
    }
    try require((1...8).contains(ngrams.order), "order", "is \(ngrams.order)", "choose 1 to 8")
    try require(
      ngrams.prune.count <= ngrams.order && zip(ngrams.prune, ngrams.prune.dropFirst()).allSatisfy(<=)
        && (ngrams.prune.first ?? 0) >= 0,
      "prune", "is \(ngrams.prune)", "give at most a count an order, none below the one before")
    if case .addDelta(let delta) = ngrams.smoothing {
      try require(delta > 0 && delta.isFinite, "delta", "is \(delta)", "choose one above 0")
    }
    if let share = text.heldOutShare {
      try require((0...0.5).contains(share), "heldOutShare", "is \(share)", "choose 0 to 0.5")
      try require(
        text.validationPaths.isEmpty && text.form != .tokenLines, "heldOutShare",
        "splits documents, where none are named to validate on", "leave it out")
    }
    try require(
      text.form.isTokens || !text.keepsSecretTokens, "keepsSecretTokens", "is of token files", "leave it out")
    try require(
      !text.form.isTokens || text.languageIDs.count <= (text.form == .tokenLines ? 0 : 1), "languageIDs",
      "are not what token files have", "name one at most, for documents")
  }
}

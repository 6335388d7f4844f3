import JSON
import LanguageModeling
import NGrams
import Neural
import Platform
import Privacy
import Synchronization

/// A model directory, opened: everything that was learned at training time. Shared, and immutable but for the network,
/// which takes longer to open than everything else and comes in when `openNetwork` is called.
public final class Model: Sendable {
  /// Where it came from; nil for a model made in memory.
  public let directory: ModelDirectory?
  public let vocabulary: Vocabulary
  public let ngramModel: NGramModel?
  let ngrams: NGramComponent?
  /// Contexts of the training text beside the n-grams.
  public let contexts: TrainedContexts?
  public let weights: MixtureWeights?
  /// What the words of a diff are worth in a message; nil where that was not fitted.
  let diffWeights: DiffWeights?
  /// Earlier messages, to be found by their diffs; nil for a model of anything else.
  let messageHistory: MessageHistory?
  /// How often the training text is marked; nil where that was not measured.
  let slipRates: MeasuredSlipRates?
  /// Words that were forgotten on request: no answer has them.
  public let forgotten: ForgottenWords
  /// Those of this model alone.
  private let ownForgotten: ForgottenWords
  /// Models below this one, which are asked too.
  public let layers: [ModelLayer]
  private let onDemand: OnDemand
  /// The layers' words with this model's; made when it is needed first, and nil without layers.
  private let stack = Mutex<LayerStack?>(nil)
  /// The network of a layer, as it is asked here.
  private let layerNetwork = Mutex<RecurrentComponent?>(nil)

  /// What is opened or made when it is first needed, once for a model with layers and without.
  private final class OnDemand: Sendable {
    let network: Mutex<NetworkState>
    let backward: Mutex<BackwardState>
    let nameIndex: Mutex<NameIndex?>
    let knownWords = Mutex<WordFilter?>(nil)

    init(_ network: NetworkState, backward: BackwardState = .none, names: NameIndexFile? = nil) {
      nameIndex = Mutex(names.map { NameIndex($0) })
      self.network = Mutex(network)
      self.backward = Mutex(backward)
    }
  }

  private enum NetworkState {
    case none
    case closed(MappedFile)
    case opening
    case open(RecurrentComponent)
  }

  private enum BackwardState {
    case none
    case closed(MappedFile)
    case opening
    case open(BidirectionalComponent)
  }

  /// Opens the model directory at `path`.
  ///
  /// - Parameters:
  ///   - root: a folder that no link among the files may lead out of; nil for none.
  ///   - opensNetwork: whether the network is opened at once; else `openNetwork` does it when there is time.
  ///   - networkPrecision: how the network's weights are held.
  /// - Throws: `Failure` naming the file that is missing or damaged.
  public convenience init(
    path: String, verification: ModelDirectory.Verification = .complete, within root: String? = nil,
    opensNetwork: Bool = false, networkPrecision: WeightPrecision = .int8
  ) throws(Failure) {
    try self.init(directory: ModelDirectory(path, verification: verification, within: root))
    if opensNetwork { try openNetwork(precision: networkPrecision) }
  }

  public init(directory: ModelDirectory) throws(Failure) {
    guard try directory.kind() == .language else {
      throw Failure(
        directory.path, why: "is no language model", remedy: "name one that inkling-train made of texts")
    }
    self.directory = directory
    Self.prepareReading(directory)
    vocabulary = try directory.vocabulary()
    ngramModel =
      if let file = directory.file(ModelDirectory.ngramsName) {
        try NGramModel(file: file, vocabularyCount: vocabulary.count)
      } else { nil }
    ngrams = ngramModel.map { NGramComponent(model: $0, discounts: Self.discounts(directory, $0)) }
    contexts =
      if let file = directory.file(TrainedContexts.fileName) { try TrainedContexts(file: file) } else { nil }
    weights =
      if let file = directory.file(MixtureWeights.fileName) { try MixtureWeights(file: file) } else { nil }
    slipRates = try directory.file(MeasuredSlipRates.fileName).map { file throws(Failure) in
      try MeasuredSlipRates(file)
    }
    diffWeights = try directory.file(DiffWeights.fileName).flatMap { file throws(Failure) in
      try DiffWeights(file: file)
    }
    messageHistory = try directory.file(MessageHistory.fileName).map { file throws(Failure) in
      try MessageHistory(file: file)
    }
    forgotten = try ForgottenList.read(besideModel: directory.path).words(forModel: directory.description)
    ownForgotten = forgotten
    layers = []
    onDemand = OnDemand(
      directory.file(ModelDirectory.recurrentName).map { .closed($0) } ?? .none,
      backward: directory.file(ModelDirectory.backwardName).map { .closed($0) } ?? .none,
      names: Self.names(directory, vocabulary))
  }

  /// An answer reads some thousand pages of the large files, all over them, and most of the vocabulary's.
  private static func prepareReading(_ directory: ModelDirectory) {
    for name in [ModelDirectory.placesName, ModelDirectory.vocabularyName] {
      directory.file(name).map { $0.willRead(0..<$0.count) }
    }
    for name in [ModelDirectory.ngramsName, TrainedContexts.fileName, NameIndexFile.name] {
      directory.file(name)?.willReadAtRandom()
    }
  }

  /// The index of names that a model of a large vocabulary has; nil where it is to be made.
  private static func names(_ directory: ModelDirectory, _ vocabulary: Vocabulary) -> NameIndexFile? {
    guard let file = directory.file(NameIndexFile.name),
      let digest = directory.digest(of: ModelDirectory.vocabularyName)
    else { return nil }
    return NameIndexFile(file, typeCount: vocabulary.count, digest: digest)
  }

  /// The discounts of a model whose probabilities are those of interpolated Kneser–Ney, as precise as they were estimated.
  private static func discounts(_ directory: ModelDirectory, _ model: NGramModel) -> [Discounts] {
    let description = directory["ngrams"]
    guard description?["smoothing"]?.stringValue == Smoothing.kneserNey.name, !model.isQuantized,
      description?["prune"] == nil, let list = description?["discounts"]?.arrayValue,
      list.count == model.order
    else { return [] }
    let discounts = list.compactMap { entry -> Discounts? in
      guard let one = entry["one"]?.doubleValue, let two = entry["two"]?.doubleValue,
        let more = entry["threeOrMore"]?.doubleValue, (0...1).contains(one), (0...2).contains(two),
        (0...3).contains(more), let isFallback = entry["fallback"]?.boolValue
      else { return nil }
      return Discounts(one: Float(one), two: Float(two), threeOrMore: Float(more), isFallback: isFallback)
    }
    return discounts.count == list.count ? discounts : []
  }

  /// A model of parts that are at hand.
  ///
  /// - Parameter discounts: those of the n-grams, by order; none where they are not interpolated Kneser–Ney.
  public init(
    vocabulary: Vocabulary, ngrams: NGramModel?, contexts: TrainedContexts? = nil,
    weights: MixtureWeights? = nil, network: RecurrentComponent? = nil,
    forgotten: ForgottenWords = ForgottenWords(), discounts: [Discounts] = []
  ) {
    directory = nil
    slipRates = nil
    diffWeights = nil
    messageHistory = nil
    self.forgotten = forgotten
    ownForgotten = forgotten
    self.vocabulary = vocabulary
    ngramModel = ngrams
    self.ngrams = ngrams.map { NGramComponent(model: $0, discounts: discounts) }
    self.contexts = contexts
    self.weights = weights
    layers = []
    onDemand = OnDemand(network.map { .open($0) } ?? .none)
  }

  /// The same model, which shares everything with this one, on top of other layers than it has. At most `LayerStack.maximumCount` are used,
  /// and none that would have more types together than there are numbers for words.
  ///
  /// - Parameters:
  ///   - layers: those that say more of the document first.
  ///   - forgotten: words that were forgotten on request, beside those of the models.
  public func layered(
    over layers: [ModelLayer], forgetting forgotten: ForgottenWords = ForgottenWords()
  ) -> Model {
    layers.isEmpty && self.layers.isEmpty && forgotten.isEmpty ? self : Model(self, over: layers, forgotten)
  }

  private init(_ model: Model, over layers: [ModelLayer], _ forgotten: ForgottenWords) {
    directory = model.directory
    vocabulary = model.vocabulary
    ngramModel = model.ngramModel
    ngrams = model.ngrams
    contexts = model.contexts
    weights = model.weights
    slipRates = model.slipRates
    diffWeights = model.diffWeights
    messageHistory = model.messageHistory
    onDemand = model.onDemand
    var used: [ModelLayer] = []
    var typeCount = model.vocabulary.count
    for layer in layers.prefix(LayerStack.maximumCount) {
      typeCount += layer.model.vocabulary.count + Vocabulary.specials.count
      if typeCount < JoinedVocabularies.maximumCount { used.append(layer) }
    }
    self.layers = used
    ownForgotten = model.ownForgotten
    self.forgotten = used.reduce(ownForgotten.union(forgotten)) { $0.union($1.model.forgotten) }
  }

  /// Compares every file with its hash: for a model that was opened by sizes alone.
  ///
  /// - Throws: `Failure` naming the file that is damaged; the model is then not to be used any longer.
  ///
  /// - Parameter isWanted: asked now and then; once it says no the rest is not looked at.
  public func verify(while isWanted: () -> Bool = { true }) throws(Failure) {
    try directory?.verify(while: isWanted)
  }

  /// Whether a file was cut short while it was in use: answers are worth nothing any more.
  public var isDamaged: Bool {
    directory?.isDamaged ?? false || layers.contains { $0.model.isDamaged }
  }

  /// Gives the pages of the files back to the system; what is used again is read again.
  public func releasePages() {
    directory?.releasePages()
    for layer in layers { layer.model.releasePages() }
  }

  // MARK: Names

  /// Makes the index of names, which takes a moment, unless it is there.
  public func prepareNames() { _ = preparedNames }

  /// The index of names, made if it is not there yet.
  var preparedNames: NameIndex { onDemand.nameIndex.value(orMade: NameIndex(vocabulary)) }

  /// The index of names, if it is made.
  var names: NameIndex? { onDemand.nameIndex.withLockIfAvailable { $0 } ?? nil }

  /// Tells what is no word of the vocabulary; made when it is needed first.
  var wordFilter: WordFilter { onDemand.knownWords.value(orMade: WordFilter(vocabulary)) }

  // MARK: The network

  /// The place of the layer whose network is asked: the first that has one, where the model has none of its own.
  var networkLayer: Int? {
    hasOwnNetwork ? nil : layers.firstIndex { $0.model.hasOwnNetwork }
  }

  /// The model whose network is asked: this one, or a layer.
  private var networkOwner: Model { networkLayer.map { layers[$0].model } ?? self }

  private var hasOwnNetwork: Bool {
    onDemand.network.withLock { if case .none = $0 { false } else { true } }
  }

  /// Whether there is a network that nobody has begun to open.
  public var isNetworkClosed: Bool {
    networkOwner.onDemand.network.withLock { if case .closed = $0 { true } else { false } }
  }

  /// Whether there is a network, or will be once it is open: the model's own, or that of a layer.
  public var hasNetwork: Bool { networkOwner.hasOwnNetwork }

  /// The network, once it is open: the model's own, or that of a layer where it has none.
  public var network: RecurrentComponent? {
    guard let place = networkLayer else { return ownNetwork }
    guard let open = layers[place].model.ownNetwork, let joined = layerStack?.joined else { return nil }
    return layerNetwork.value(
      orMade: RecurrentComponent(open, joined: joined, place: place + 1),
      if: { $0.network === open.network })
  }

  /// The model's own network, once it is open.
  public var ownNetwork: RecurrentComponent? {
    onDemand.network.withLock { if case .open(let network) = $0 { network } else { nil } }
  }

  /// Opens the network if the model, or a layer, has one of words: packs its weights, once for all documents. Whoever asks
  /// for it meanwhile goes without.
  ///
  /// - Throws: `Failure` if its file is damaged; the model goes without it from then on.
  public func openNetwork(precision: WeightPrecision = .int8) throws(Failure) {
    try networkOwner.openOwnNetwork(precision)
  }

  private func openOwnNetwork(_ precision: WeightPrecision) throws(Failure) {
    let closed: MappedFile? = onDemand.network.withLock { state in
      guard case .closed(let file) = state else { return nil }
      state = .opening
      return file
    }
    guard let closed else { return }
    var opened = NetworkState.none
    defer { onDemand.network.withLock { [opened] in $0 = opened } }
    let network = try RecurrentModel(file: closed, precision: precision)
    guard network.architecture.units == .word else { return }
    guard network.tokens.allSatisfy({ $0.index < vocabulary.count }) else {
      throw Failure(
        closed.path, why: "knows types that the model's vocabulary lacks", remedy: "train the model again")
    }
    opened = .open(RecurrentComponent(network: network, vocabularyCount: vocabulary.count))
  }

  /// The network in both directions, once that is open.
  public var bidirectional: BidirectionalComponent? {
    onDemand.backward.withLock { if case .open(let both) = $0 { both } else { nil } }
  }

  /// Opens what reads backwards beside the network, if the model has it and the network is open.
  ///
  /// - Throws: `Failure` if its file is damaged; the model goes without it from then on.
  public func openBackward(precision: WeightPrecision = .int8) throws(Failure) {
    guard let network = ownNetwork else { return }
    let closed: MappedFile? = onDemand.backward.withLock { state in
      guard case .closed(let file) = state else { return nil }
      state = .opening
      return file
    }
    guard let closed else { return }
    var opened = BackwardState.none
    defer { onDemand.backward.withLock { [opened] in $0 = opened } }
    let both = try BidirectionalModel(forward: network.network, backward: closed, precision: precision)
    opened = .open(BidirectionalComponent(network: both, vocabularyCount: vocabulary.count))
  }

  /// A lexicon whose numbers fit this model.
  public func makeLexicon() -> Lexicon {
    return Lexicon(
      vocabulary: vocabulary, structuralIDs: weights?.structuralIDs, forgotten: forgotten, layers: layerStack)
  }

  private var layerStack: LayerStack? {
    guard !layers.isEmpty else { return nil }
    return stack.value(
      orMade: LayerStack(
        vocabularies: [vocabulary] + layers.map(\.model.vocabulary),
        ngrams: [ngrams] + layers.map(\.model.ngrams),
        structuralIDs: layers.map { $0.model.weights?.structuralIDs ?? [] }))
  }
}

extension Mutex {
  /// What it holds, made if it is not there yet or is no longer right: once, whoever asks at the same time.
  fileprivate borrowing func value<Made: Sendable>(
    orMade make: @autoclosure () -> Made, if isRight: (Made) -> Bool = { _ in true }
  ) -> Made
  where Value == Made? {
    withLock { value in
      if let value, isRight(value) { return value }
      let made = make()
      value = made
      return made
    }
  }
}

import Classification
import NeuralTraining
import Platform

/// What turns a text into what is classified.
public enum TextEncoder: String, Hashable, Sendable, CaseIterable {
  /// A bag; of short texts a `multiCNN` beside it, where held-out text says that both together are better.
  case auto
  /// Hashed n-grams of words and characters, and nothing between them and the labels.
  case bag
  case rnn, gru, lstm, bilstm
  /// One bank of filters, or one each of widths 3, 4 and 5, and the largest answer of each (Kim 2014).
  case cnn
  case multiCNN = "multi-cnn"
  /// Filters, the largest of every four answers, and an LSTM over them.
  case cnnLSTM = "cnn-lstm"
  /// Filters and their largest answers in each part of a text, and an LSTM over the parts.
  case timeDistributedCNNLSTM = "time-distributed-cnn-lstm"
  /// An LSTM over the parts of a text whose state has a place for each word of one (Shi et al. 2015).
  case convLSTM = "conv-lstm"
  /// A tree over the words, of vectors from which those below can be told again (Socher et al. 2011).
  case rae
}

/// Which vectors of words a network reads (Kim 2014, section 3.1).
public enum VectorChannels: String, Hashable, Sendable, CaseIterable {
  /// Vectors that learn with the network.
  case tuned
  /// Vectors that stay as they were given.
  case `static`
  /// Both, under the same filters.
  case both
}

/// Everything that decides what a classifier learns.
public struct ClassifierBuildingOptions: Hashable, Sendable {
  public var encoder = TextEncoder.auto
  public var channels = VectorChannels.tuned
  /// A file of vectors as word2vec and GloVe write text, or a model directory whose network has some; nil begins at random.
  public var vectorsPath: String?
  /// Labelled text to choose by, in place of a part of what is learned from.
  public var validationPath: String?
  /// Labelled text to measure the finished classifier on.
  public var testPath: String?
  /// How many times to train on all but every so many-th example and measure on those, before the model is trained; 0 for
  /// not at all.
  public var foldCount = 0
  /// Of those, how many are done; nil for all.
  public var foldLimit: Int?
  /// How networks learn.
  public var training = ClassificationOptions()
  /// Whether the balance of labels, the metric, seed and threads are the bag's too: they are those of `training`.
  public var resumes = false
  /// Sizes; nil for those of the encoder's paper.
  public var embeddingSize: Int?
  public var hiddenSize: Int?
  public var filterCount: Int?
  public var filterWidth: Int?
  public var dropout: Double?
  /// Words of a text that networks read.
  public var maximumLength: Int?
  /// Examples that must have a word for networks to know it; nil chooses.
  public var minimumCount: Int?
  /// The longest n-grams of words of a bag, and the lengths of those of characters, 0 for none; nil chooses.
  public var bagOrder: Int?
  public var bagCharacters: ClosedRange<Int>?
  public var bagHasCharacters: Bool?

  public init() {
    training.patience = 3
    training.input.maximumLength = 1_000
  }

  /// Refuses what no training could do, or would pass over in silence.
  func check() throws(Failure) {
    func require(_ condition: Bool, _ what: String, _ why: String, _ remedy: String) throws(Failure) {
      guard condition else { throw Failure(what, why: why, remedy: remedy) }
    }
    try require(
      foldCount == 0 || (2...1_000).contains(foldCount), "folds", "are \(foldCount)", "choose 2 to 1000")
    try require(
      vectorsPath == nil || encoder != .bag, "vectors", "are for networks",
      "choose another encoder, or leave them out")
    try require(
      channels == .tuned || encoder != .bag, "channels", "are for networks",
      "choose another encoder, or leave them out")
    try require(
      !resumes || !(encoder == .bag || encoder == .auto), "resume", "is for networks",
      "choose one, or leave it out")
    try require(!resumes || foldCount == 0, "resume", "does not go with folds", "leave out one of them")
  }
}

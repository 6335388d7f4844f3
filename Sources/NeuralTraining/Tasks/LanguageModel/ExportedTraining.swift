import JSON
import LanguageModeling
import Neural
import Platform

/// A language model's training as another program can do it: the text as rows of the network, what the network is made
/// of and begins with, and how it learns. `scripts/torch/train.py` reads what is made of it.
public struct ExportedTraining: Sendable {
  public let plan: TrainingPlan
  /// The texts as rows of the network behind a first `</s>`, each sequence ended by `</s>`.
  public let training: [Int32]
  public let heldOut: [Int32]
  /// Where the text to measure on came from, where nobody named one.
  public let notice: String?
  private let options: RecurrentTrainingOptions
  private let rows: NetworkRows

  /// Chooses what the options leave open, as a training here would. A length in seconds stands for the passes that the text
  /// wants: nobody knows here how fast another machine is.
  ///
  /// - Throws: `Failure` when the text has nothing to predict, sizes do not fit each other, or the network is of a kind
  ///   that only this program trains.
  public init(_ text: TrainingText, options: RecurrentTrainingOptions) throws(Failure) {
    try Self.check(options)
    let (training, heldOut, notice) = try NeuralTrainer.split(text)
    var options = options
    var planner = TrainingPlanner(
      options: options,
      vocabularyCount: min(max(options.sizes.vocabularyLimit ?? .max, 3), text.vocabularyCount),
      trainingTokenCount: training.count, heldOutTokenCount: heldOut.count, threadCount: 1,
      gigaflopsPerSecond: 1)
    if case .seconds = options.length {
      options.length = .epochs(max(1, Int(planner.wantedEpochs.rounded(.up))))
      planner.options = options
    }
    plan = try planner.plan()
    var learned = text
    learned.training = training
    var byFrequency = false
    if case .adaptive = plan.architecture.output { byFrequency = true }
    rows = try NetworkRows(learned, limit: options.sizes.vocabularyLimit, byFrequency: byFrequency)
    self.options = options
    self.notice = notice
    self.training = rows.stream(training)
    self.heldOut = rows.stream(heldOut)
  }

  private static func check(_ options: RecurrentTrainingOptions) throws(Failure) {
    func refuse(_ isRefused: Bool, _ what: String, _ remedy: String) throws(Failure) {
      guard isRefused else { return }
      throw Failure(what, why: "is trained by inkling-train alone", remedy: remedy)
    }
    try refuse(!options.sizes.cell.isRecurrent, "a \(options.sizes.cell.rawValue)", "choose rnn, gru or lstm")
    try refuse(options.direction == .both, "a network in both directions", "train it without exporting")
    try refuse(options.sampled != nil, "a sampled softmax", "leave it out, or choose an adaptive one")
    try refuse(options.method == .averagedSGD, "averaged SGD", "choose adam or sgd")
    try refuse(options.regularization?.weightDrop ?? 0 > 0, "weight drop", "leave it out")
    try refuse(options.regularization?.isVariational == true, "variational dropout", "leave it out")
  }

  /// Writes the weights that a run begins with, as the seed has them, under the names of docs/weights.md.
  public func writeInitialWeights(to path: String) throws(Failure) {
    let architecture = plan.architecture
    let store = ParameterStore<Float>(architecture.declarations(forgetBias: options.forgetBias))
    store.initialize(seed: options.seed)
    let values = store.values.array
    var writer = SafetensorsWriter(metadata: architecture.metadata)
    for entry in store.entries {
      writer.add(entry.name, shape: entry.shape, Array(values[entry.offset..<entry.offset + entry.count]))
    }
    writer.add(NetworkVocabulary.tensorName, shape: [rows.tokens.count], rows.tokens.map { Int32($0) })
    try writer.write(to: path)
  }

  /// Members of the corpus's description: what a row is, and how the network learns.
  package var members: JSONObject {
    var architecture = JSONObject()
    for (key, value) in plan.architecture.metadata.sorted(by: { $0.key < $1.key }) {
      architecture[key] = .string(value)
    }
    return [
      "architecture": .object(architecture),
      "rows": [
        "count": JSON(rows.tokens.count), "unknown": JSON(Int(rows.unknown)),
        "sentenceStart": JSON(Int(rows.rows[TokenID.sentenceStart.index])),
        "sentenceEnd": JSON(Int(rows.rows[TokenID.sentenceEnd.index])),
      ],
      "training": .object(training(epochs: Int(plan.expectedEpochs))),
    ]
  }

  private func training(epochs: Int) -> JSONObject {
    let regularization = plan.regularization
    return [
      "tokens": JSON(training.count - 1), "heldOutTokens": JSON(heldOut.count - 1),
      "streams": JSON(options.chosenStreamCount), "steps": JSON(options.stepCount), "epochs": JSON(epochs),
      "optimizer": .object(options.method.members), "rate": JSON(plan.rate),
      "schedule": .object(plan.schedule.members), "clipNorm": JSON(options.clipping.norm),
      "clipValue": JSON(options.clipping.value), "weightDecay": JSON(options.weightDecay),
      "inputDropout": JSON(regularization.inputDropout), "layerDropout": JSON(regularization.layerDropout),
      "outputDropout": JSON(regularization.outputDropout),
      "embeddingDropout": JSON(regularization.embeddingDropout),
      "unknownProbability": JSON(options.unknownProbability),
      "predictsUnknown": .bool(options.predictsUnknown), "rotatesText": .bool(options.rotatesText),
      "patience": options.patience.map { JSON($0) } ?? .null,
      // Readers of JSON keep numbers exact up to 2⁵³ at best.
      "seed": .string(String(options.seed)),
    ]
  }
}

extension OptimizationMethod {
  fileprivate var members: JSONObject {
    switch self {
    case .sgd(let momentum): ["name": "sgd", "momentum": JSON(momentum)]
    case .adam(let beta1, let beta2, let epsilon):
      ["name": "adam", "beta1": JSON(beta1), "beta2": JSON(beta2), "epsilon": JSON(epsilon)]
    case .averagedSGD: ["name": "asgd"]
    }
  }
}

extension RateSchedule {
  fileprivate var members: JSONObject {
    switch self {
    case .constant: ["name": "constant"]
    case .plateau(let factor): ["name": "plateau", "factor": JSON(factor)]
    case .cosine(let warmup, let floor): ["name": "cosine", "warmup": JSON(warmup), "floor": JSON(floor)]
    case .linear(let floor): ["name": "linear", "floor": JSON(floor)]
    }
  }
}

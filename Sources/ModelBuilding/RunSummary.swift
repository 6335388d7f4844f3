import JSON
import NeuralTraining

/// What a run learned, for the model's description.
struct RunSummary {
  var trained: TrainedNGrams
  /// Members of the description's `corpus`.
  var corpus: JSONObject
  var metrics: [ModelMetric]
  /// What a network is to learn from; nil where none is asked for.
  var text: TrainingText?
  /// What is fitted when everything else is there; nil where there is no mixture.
  var mixture: MixtureTraining?
  /// Files that the n-grams were learned from as words; empty where they were learned from anything else.
  var documents: [DocumentStore.Document] = []
}

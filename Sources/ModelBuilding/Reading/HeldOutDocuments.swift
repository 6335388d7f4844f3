import LanguageModeling
import NeuralTraining
import Platform
import Prediction

extension ModelBuildingOptions {
  /// Indices of the documents that are measured on, and that a mixture is fitted to.
  ///
  /// - Parameters:
  ///   - store: what was read to learn from, and behind it the documents to validate on.
  ///   - learned: the documents to learn from.
  ///   - chosen: those that reading has chosen; nil where it has not.
  func heldOutDocuments(of store: DocumentStore, learned: Range<Int>, chosen: Set<Int>?) -> Set<Int> {
    if !text.validationPaths.isEmpty { return Set(learned.upperBound..<store.documents.count) }
    if let chosen { return chosen }
    guard let share = text.heldOutShare else {
      var groups = MixtureCorpus(vocabulary: Vocabulary(types: []))
      for document in store.documents {
        groups.add(group: document.group, count: document.range.count) { [] }
      }
      return groups.heldOutIndices()
    }
    let count = min(learned.count - 1, Int((Double(learned.count) * share).rounded()))
    guard count > 0 else { return [] }
    var generator = SplitMix64(seed: seed)
    return Set(learned.shuffled(using: &generator).prefix(count))
  }
}

extension DocumentStore {
  /// What a network learns from, and is measured on.
  func trainingText(
    learned: Range<Int>, heldOut: Set<Int>, _ vocabulary: Vocabulary
  ) throws(Failure) -> TrainingText {
    let translation = translation(to: vocabulary)
    return TrainingText(
      training: try sequences(learned.filter { !heldOut.contains($0) }, translation),
      heldOut: try sequences(heldOut.sorted(), translation), vocabularyCount: vocabulary.count)
  }
}

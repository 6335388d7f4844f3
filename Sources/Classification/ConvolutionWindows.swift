import Neural
import Platform

/// The windows of a text that the filters of a convolutional network answer to most, and what they add to each label: of
/// networks that go from words through banks of filters, the largest answer of each filter, and one linear layer.
struct ConvolutionWindows {
  private struct Bank {
    let name: String
    let width: Int
    let stride: Int
    /// Zeros before the first word.
    let before: Int
    /// The first of the linear layer's columns that its filters enter.
    let column: Int
    let filters: Int
  }

  private let banks: [Bank]
  /// labels × columns.
  private let weights: [Float]
  private let columns: Int

  /// Nil where the network is of another kind.
  init?(_ classifier: SequenceClassifier) {
    guard let parts = classifier.network.pooledConvolutions else { return nil }
    var banks: [Bank] = []
    var column = 0
    for (name, kind) in parts.banks {
      banks.append(
        Bank(
          name: name, width: kind.width, stride: kind.stride,
          before: kind.padding.counts(width: kind.width).before,
          column: column, filters: kind.filters))
      column += kind.filters
    }
    self.banks = banks
    weights = parts.weights
    columns = column
  }

  /// What each window adds to a label's logit above what it adds to the others on average; windows of the same words are
  /// one.
  func weights(
    _ activations: [String: LayerValues], label: Int, labelCount: Int
  ) -> [(words: Range<Int>, weight: Float)] {
    var sums: [Range<Int>: Float] = [:]
    for bank in banks {
      guard let answers = activations[bank.name], answers.rowCount > 0 else { continue }
      for filter in 0..<bank.filters {
        var best = 0
        for row in 1..<max(1, answers.rowCount)
        where answers.values[row * bank.filters + filter] > answers.values[best * bank.filters + filter] {
          best = row
        }
        let answer = answers.values[best * bank.filters + filter]
        if answer == 0 { continue }
        let column = bank.column + filter
        let all = (0..<labelCount).reduce(Float(0)) { $0 + weights[$1 * columns + column] }
        let own = weights[label * columns + column]
        let first = best * bank.stride - bank.before
        sums[first..<first + bank.width, default: 0] += answer * (own - (all - own) / Float(labelCount - 1))
      }
    }
    return sums.sorted { ($0.key.lowerBound, $0.key.upperBound) < ($1.key.lowerBound, $1.key.upperBound) }
      .map { ($0.key, $0.value) }
  }
}

import LanguageModeling
import Neural

/// The network in both directions of a model, asked by the numbers that the mixture gives to words.
///
/// Immutable and shared by all documents; what changes along a document is in its `RecurrentTrack` and `BackwardTrack`.
public final class BidirectionalComponent: Sendable {
  public let network: BidirectionalModel
  /// What reads from the end, for its track.
  let backward: RecurrentComponent

  /// - Parameter vocabularyCount: numbers from here on are words that only documents have.
  init(network: BidirectionalModel, vocabularyCount: Int) {
    self.network = network
    backward = RecurrentComponent(network: network.backward, vocabularyCount: vocabularyCount)
  }

  /// What the network reads for a word: `<unk>` for those that it does not know.
  func token(of id: UInt32) -> TokenID { backward.token(of: id) }
}

/// What is remembered from one look for slips to the next of the same text: what the model's words are, whatever is counted.
///
/// Whoever owns it serialises access.
final class SlipMemory: @unchecked Sendable {
  /// By the numbers of words that model or layers know.
  var words = NumberTable<SlipWords.Word>()
  /// Behind which words of `SlipLists` words stand.
  var successions = [NumberTable<SlipDetector.Succession>](repeating: NumberTable(), count: 2)
}

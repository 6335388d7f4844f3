/// A token of a held-out message: what the mixture gives to it without the diff, what the words of each place and each context
/// give (-1 where there are none), what those behind the word before give (nil where there are none), and the position's features.
struct DiffRow {
  var base: Double
  var byPlace: [Double]
  var byContext: [Double]
  var following: Double?
  /// By `RecalledMessages.Context`, as `byContext`; empty where nothing is recalled.
  var recalled: [Double]
  /// Those of `DiffFeatures`, and how like the likest message's diff is.
  var features: [Double]
}

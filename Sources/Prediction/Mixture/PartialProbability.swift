/// A word whose probability is being summed up.
struct PartialProbability {
  let token: UInt32
  var sum: Float
  /// Experts whose share is not part of the sum yet. A bit each.
  let missing: UInt64
}

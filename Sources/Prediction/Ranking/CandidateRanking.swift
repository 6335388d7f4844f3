/// How probable each of a list of candidates is at a place of a document.
public struct CandidateRanking: Hashable, Sendable {
  /// P of each candidate as a whole, given what is typed, in the order in which they were given. Candidates with the same
  /// text have the same probability, and one that goes on where another ends has a part of that one's.
  public var probabilities: [Double]
  /// The places of the candidates in their list, the most probable first; those that are equally probable as they were given.
  public var order: [Int]
  /// P of what is none of the candidates, and goes on from none of them.
  public var remainder: Double
  /// Whether asking again a moment later may give other probabilities.
  public var isIncomplete: Bool
  /// Whether the network had its say.
  public var usesNetwork: Bool

  public init(probabilities: [Double], remainder: Double, isIncomplete: Bool, usesNetwork: Bool) {
    self.probabilities = probabilities
    order = probabilities.withUnsafeBufferPointer { values in
      values.indices.sorted { values[$0] != values[$1] ? values[$0] > values[$1] : $0 < $1 }
    }
    self.remainder = remainder
    self.isIncomplete = isIncomplete
    self.usesNetwork = usesNetwork
  }
}

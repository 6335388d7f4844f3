import LanguageModeling
import Platform

/// Which token each row of the network's embedding and output stands for.
///
/// The network may number its types by frequency, as an adaptive softmax needs, and may leave out types that the
/// model directory's vocabulary has: those are `<unk>` to it. On disk this is the tensor `vocabulary.permutation`
/// (I32, one element a network row: its TokenID); without that tensor a row is its own TokenID.
package enum NetworkVocabulary {
  package static let tensorName = "vocabulary.permutation"

  /// The TokenID of every network row.
  ///
  /// - Throws: `Failure` when ids are negative, repeated or beyond `Limit`, or `<unk>` has no row.
  package static func read(_ file: Safetensors, count: Int) throws(Failure) -> [TokenID] {
    guard file.tensors[tensorName] != nil else { return (0..<count).map { TokenID($0) } }
    let values = try file.integers(tensorName, shape: [count])
    var isSeen = [Bool](repeating: false, count: RecurrentArchitecture.Limit.vocabulary.upperBound)
    for value in values {
      guard value >= 0, Int(value) < isSeen.count, !isSeen[Int(value)] else {
        throw file.failure("\(tensorName) holds an id that is repeated or out of range: \(value)")
      }
      isSeen[Int(value)] = true
    }
    guard isSeen[TokenID.unknown.index] else { throw file.failure("\(tensorName) leaves out <unk>") }
    return values.map { TokenID(rawValue: UInt32($0)) }
  }
}

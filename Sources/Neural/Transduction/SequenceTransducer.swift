import LanguageModeling
import Platform

/// A network that turns one sequence of units into another, unit by unit, each from its vocabulary or copied from the source
/// (`NetworkDescription.transducer`). Immutable.
///
/// Units are numbered by the vocabulary; those of a source that it lacks have numbers of their own behind it, so that they
/// can be copied: its count for the first, and so on, the same number for the same unit.
public final class SequenceTransducer: Sendable {
  /// Types of the vocabulary, `<unk>`, `<s>` and `</s>` included.
  public let typeCount: Int
  public let network: LayeredNetwork
  private let reading: LayeredNetwork.Part
  private let writing: LayeredNetwork.Part

  private typealias Names = TransducerNetwork

  /// - Throws: `Failure` if the network is of another kind.
  public init(_ network: LayeredNetwork) throws(Failure) {
    guard let typeCount = network.description.transducerTypeCount else {
      throw Failure(
        "network", why: "does not go from a source, and a target so far, to the target's next unit",
        remedy: "train the model again")
    }
    self.typeCount = typeCount
    self.network = network
    let read = [Names.keysName, Names.memoryName] + Names.stateNames
    reading = network.part(for: read)
    writing = network.part(
      for: [Names.outputName, Names.gateName, Names.queriesName] + Names.nextStateNames, given: Set(read))
  }

  /// A source as it was read.
  private struct Memory {
    /// Units, some beyond the vocabulary.
    var units: [Int32]
    /// Numbers that are given, from 0.
    var numberCount: Int
    var keys: [Float]
    var memory: [Float]
  }

  /// Where the decoder stands: its hidden vector and its cells.
  private struct State {
    var hidden: ArraySlice<Float>
    var cells: ArraySlice<Float>
  }

  /// What a source may become, the most probable first.
  ///
  /// `<unk>` and `<s>` are never written.
  ///
  /// - Parameter source: numbers from 0.
  /// - Throws: `Failure` for a number that nothing stands for.
  public func hypotheses(_ source: [Int32], _ search: BeamSearch) throws(Failure) -> [BeamSearch.Hypothesis] {
    let (memory, start) = try read(source)
    return try search.search(start: start, end: Int32(TokenID.sentenceEnd.index)) {
      prefixes throws(Failure) in
      let rows = try write(
        memory, states: prefixes.map(\.state),
        targets: prefixes.map { [$0.last ?? Int32(TokenID.sentenceStart.index)] })
      return prefixes.indices.map { index in
        .init(
          probabilities: distribution(rows, row: index, memory),
          state: State(hidden: rows.hidden[index], cells: rows.cells[index]))
      }
    }
  }

  /// The natural log-probability that a source becomes a target, its end included.
  ///
  /// - Parameter target: numbers beyond the vocabulary are those of the source's units.
  public func logProbability(_ target: [Int32], of source: [Int32]) throws(Failure) -> Double {
    let (memory, start) = try read(source)
    guard target.allSatisfy({ (0..<Int32(clamping: memory.numberCount)).contains($0) }) else {
      return -.infinity
    }
    let rows = try write(
      memory, states: [start], targets: [[Int32(TokenID.sentenceStart.index)] + target])
    var sum = 0.0
    for (row, unit) in (target + [Int32(TokenID.sentenceEnd.index)]).enumerated() {
      sum += log(Double(distribution(rows, row: row, memory)[Int(unit)]))
    }
    return sum
  }

  // MARK: The network

  private func read(_ source: [Int32]) throws(Failure) -> (Memory, State) {
    let values = try network.run(
      reading, [Names.sourceName: LayerValues(ids: [source.map(known)])])
    let largest = source.max().map { Int($0) + 1 } ?? 0
    let memory = Memory(
      units: source, numberCount: max(typeCount, largest), keys: values[Names.keysName]!.values,
      memory: values[Names.memoryName]!.values)
    return (
      memory,
      State(hidden: values[Names.stateNames[0]]![0], cells: values[Names.stateNames[1]]![0])
    )
  }

  /// What stands for a unit in the embeddings.
  private func known(_ unit: Int32) -> Int32 {
    unit < Int32(clamping: typeCount) ? unit : Int32(TokenID.unknown.index)
  }

  /// What a step of the decoder gives.
  private struct Rows {
    var logits: LayerValues
    var gates: LayerValues
    var queries: LayerValues
    var hidden: LayerValues
    var cells: LayerValues
  }

  /// Lets the decoder read some units behind each state, all of the same source.
  private func write(_ memory: Memory, states: [State], targets: [[Int32]]) throws(Failure) -> Rows {
    let count = states.count
    func repeated(_ values: [Float], _ name: String) -> LayerValues {
      var result = LayerValues(
        size: network.description.shape(of: name)!.size, exampleCount: count,
        lengths: [[Int](repeating: memory.units.count, count: count)])
      if count == 1 { result.values = values } else { result.values = (0..<count).flatMap { _ in values } }
      return result
    }
    func rows(_ values: [ArraySlice<Float>]) -> LayerValues {
      var result = LayerValues(size: values[0].count, exampleCount: count, lengths: [])
      result.values = values.flatMap { $0 }
      return result
    }
    let values = try network.run(
      writing,
      [
        Names.targetName: LayerValues(ids: targets.map { $0.map(known) }),
        Names.keysName: repeated(memory.keys, Names.keysName),
        Names.memoryName: repeated(memory.memory, Names.memoryName),
        Names.stateNames[0]: rows(states.map(\.hidden)), Names.stateNames[1]: rows(states.map(\.cells)),
      ])
    return Rows(
      logits: values[Names.outputName]!, gates: values[Names.gateName]!, queries: values[Names.queriesName]!,
      hidden: values[Names.nextStateNames[0]]!, cells: values[Names.nextStateNames[1]]!)
  }

  /// P of each unit at a row: g · softmax(logits) + (1 − g) · the attention to its places in the source; of `<unk>` and
  /// `<s>`, which are never written, 0.
  private func distribution(_ rows: Rows, row: Int, _ memory: Memory) -> [Float] {
    var result = SequenceClassifier.probabilities(Array(rows.logits[row]))
    let gate = memory.units.isEmpty ? 1 : 1 / (1 + expf(-rows.gates[row].first!))
    if !memory.units.isEmpty {
      for id in result.indices { result[id] *= gate }
      result += [Float](repeating: 0, count: memory.numberCount - typeCount)
      let query = rows.queries[row]
      let size = query.count
      let attention = SequenceClassifier.probabilities(
        memory.units.indices.map { dot(query, memory.keys[$0 * size..<($0 + 1) * size]) })
      for (unit, weight) in zip(memory.units, attention) { result[Int(unit)] += (1 - gate) * weight }
    }
    result[TokenID.unknown.index] = 0
    result[TokenID.sentenceStart.index] = 0
    return result
  }
}

import LanguageModeling
import Neural
import Platform

/// A trained network that another one begins as: its cell, its sizes and its weights, over another vocabulary. A type that
/// both know keeps its rows of the embedding and of the output; a new one begins as the mean of rows that are named for
/// it, or as `<unk>`.
public struct InitialNetwork: Sendable {
  /// Its own, with as many types as it knows.
  public let architecture: RecurrentArchitecture
  /// The token of each of its rows, in the vocabulary of its own model.
  public let tokens: [TokenID]
  /// By id of the vocabulary of the network to be: the rows that its own begins as the mean of. Ids without one, and ids
  /// beyond, begin as `<unk>`.
  public var origins: [[Int32]] = []
  private let values: [String: [Float]]

  /// The most types of a network to be whose options name no limit: the softmax goes over all of them.
  static let vocabularyLimit = 30_000
  /// Evaluations without gain after which a run ends that names no other number: what it began as is not to be forgotten
  /// for a text that it has learned by heart.
  static let patience = 6
  /// Of the rate that a network is given which begins from nothing: its rows are nearly where they belong.
  static let rateShare = 0.5

  /// - Throws: `Failure` if the file is damaged, or its network one that no other can begin as.
  public init(_ file: Safetensors) throws(Failure) {
    architecture = try RecurrentArchitecture(metadata: file.metadata)
    guard case .full = architecture.output else {
      throw Failure(
        file.path, why: "its network has an adaptive softmax, which no other can begin as",
        remedy: "name a model whose network was trained with --no-adaptive, or train with --from none")
    }
    tokens = try NetworkVocabulary.read(file, count: architecture.vocabularyCount)
    var values: [String: [Float]] = [:]
    for parameter in architecture.parameters {
      let read = try file.floats(parameter.name, shape: parameter.shape)
      guard read.allSatisfy(\.isFinite) else {
        throw Failure(
          file.path, why: "\(parameter.name) holds a number that is not finite",
          remedy: "train it again, or train with --from none")
      }
      values[parameter.name] = read
    }
    self.values = values
  }

  /// Whether sizes that were asked for, where any were, are its own.
  public func fits(_ sizes: NetworkSizes) -> Bool {
    sizes.cell == architecture.cell && sizes.layerCount ?? architecture.layerCount == architecture.layerCount
      && sizes.embeddingSize ?? architecture.embeddingSize == architecture.embeddingSize
      && sizes.hiddenSize ?? architecture.hiddenSize == architecture.hiddenSize
      && sizes.isTied ?? architecture.isTied == architecture.isTied
      && sizes.isAdaptive != true && sizes.cutoffs == nil
      && (architecture.cell.isRecurrent || sizes.windowLength == architecture.windowLength)
  }

  /// The same network over so many types.
  func architecture(vocabularyCount: Int) throws(Failure) -> RecurrentArchitecture {
    try RecurrentArchitecture(
      cell: architecture.cell, layerCount: architecture.layerCount,
      embeddingSize: architecture.embeddingSize, hiddenSize: architecture.hiddenSize,
      vocabularyCount: vocabularyCount, isTied: architecture.isTied, units: architecture.units,
      windowLength: architecture.windowLength)
  }

  /// Tells runs apart that begin as different networks.
  var fingerprint: UInt64 {
    var hash: UInt64 = 0
    for parameter in architecture.parameters {
      for value in values[parameter.name] ?? [] { hash = SplitMix64.mix(hash ^ UInt64(value.bitPattern)) }
    }
    for rows in origins {
      hash = SplitMix64.mix(hash ^ UInt64(rows.count))
      for row in rows { hash = SplitMix64.mix(hash ^ UInt64(UInt32(bitPattern: row))) }
    }
    return hash
  }

  /// The values that the parameters of the network to be begin with, by name.
  func values(for rows: NetworkRows) -> [String: [Float]] {
    var result = values
    for parameter in architecture.parameters {
      switch parameter.name {
      case "embedding.weight", "output.weight":
        result[parameter.name] = moved(parameter, to: rows)
      case "output.bias": result[parameter.name] = biases(of: rows)
      default: break
      }
    }
    return result
  }

  /// The rows here that a type begins as the mean of: those that are there.
  private func origins(of token: UInt32) -> [Int32] {
    let named = Int(token) < origins.count ? origins[Int(token)] : []
    let known = named.filter { $0 >= 0 && Int($0) < architecture.vocabularyCount }
    return known.isEmpty ? [unknownRow] : known
  }

  private var unknownRow: Int32 { Int32(tokens.firstIndex(of: .unknown) ?? 0) }

  private func moved(_ parameter: RecurrentArchitecture.Parameter, to rows: NetworkRows) -> [Float] {
    let size = parameter.shape[1]
    let source = values[parameter.name]!
    var result: [Float] = []
    result.reserveCapacity(rows.tokens.count * size)
    for token in rows.tokens {
      let origins = origins(of: token)
      var row = Array(source[Int(origins[0]) * size..<(Int(origins[0]) + 1) * size])
      for origin in origins.dropFirst() {
        for index in 0..<size { row[index] += source[Int(origin) * size + index] }
      }
      if origins.count > 1 { for index in 0..<size { row[index] /= Float(origins.count) } }
      result += row
    }
    return result
  }

  /// Types that are known keep their bias; of a new one it is ln of its count in the training text, on the scale on which
  /// the others' are.
  private func biases(of rows: NetworkRows) -> [Float] {
    let source = values["output.bias"]!
    var difference = 0.0
    var weight = 0.0
    var greatest = -Float.infinity
    for (row, token) in rows.tokens.enumerated() where rows.counts[row] > 0 {
      let origins = origins(of: token)
      guard token >= UInt32(Vocabulary.specials.count), origins.count == 1, origins[0] != unknownRow else {
        continue
      }
      let bias = source[Int(origins[0])]
      let count = Double(rows.counts[row])
      difference += count * (Double(bias) - naturalLogarithm(count))
      weight += count
      greatest = max(greatest, bias)
    }
    return rows.tokens.enumerated().map { row, token in
      let origins = origins(of: token)
      let isNew = origins.count > 1 || origins[0] == unknownRow && token != TokenID.unknown.rawValue
      guard isNew else { return source[Int(origins[0])] }
      guard weight > 0 else {
        return origins.reduce(0) { $0 + source[Int($1)] } / Float(origins.count)
      }
      let logCount = naturalLogarithm(Double(max(1, rows.counts[row])))
      return min(greatest, Float(logCount + difference / weight))
    }
  }
}

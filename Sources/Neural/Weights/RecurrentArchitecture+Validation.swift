import Platform

extension RecurrentArchitecture {
  /// Sizes above these are taken for a damaged file: they keep every product of sizes far from overflow.
  enum Limit {
    static let layers = 1...16
    static let size = 1...16_384
    static let vocabulary = 1...(1 << 24)
    static let window = 1...64
    /// As many as the 8-bit products sum in 32 bits.
    static let inputSize = 1...65_536
    /// Elements of one parameter.
    static let parameterCount = 1 << 33
  }

  func validate() throws(Failure) {
    try check("layers", layerCount, Limit.layers)
    try check("embedding size", embeddingSize, Limit.size)
    try check("hidden size", hiddenSize, Limit.size)
    try check("vocabulary size", vocabularyCount, Limit.vocabulary)
    if cell.isRecurrent {
      guard windowLength == 0 else { throw Self.failure("a \(cell.rawValue) has no window") }
    } else {
      try check("window length", windowLength, Limit.window)
      try check("window's embeddings together", firstInputSize, Limit.inputSize)
    }
    if isTied {
      guard output == .full else { throw Self.failure("tied embeddings need a full softmax") }
      guard embeddingSize == hiddenSize else {
        throw Self.failure("tied embeddings need embedding and hidden vectors of one size")
      }
    }
    try validateOutput()
    for parameter in parameters where parameter.count > Limit.parameterCount {
      throw Self.failure("\(parameter.name) would have \(parameter.count) elements")
    }
  }

  private func validateOutput() throws(Failure) {
    guard case .adaptive(let cutoffs, let divisor, _) = output else { return }
    guard (1...16).contains(cutoffs.count), (1...64).contains(divisor) else {
      throw Self.failure("an adaptive softmax has 1 to 16 cutoffs and a divisor of 1 to 64")
    }
    var previous = 0
    for cutoff in cutoffs {
      guard cutoff > previous, cutoff < vocabularyCount else {
        throw Self.failure("cutoffs must rise from 1 to below the vocabulary's \(vocabularyCount) types")
      }
      previous = cutoff
    }
    guard clusterProjectionSize(cutoffs.count - 1) > 0 else {
      throw Self.failure(
        "\(cutoffs.count) clusters divided by \(divisor) leave no dimension of \(hiddenSize)")
    }
  }

  private func check(_ what: String, _ value: Int, _ range: ClosedRange<Int>) throws(Failure) {
    guard range.contains(value) else {
      throw Self.failure("\(what) \(value) is not in \(range.lowerBound)...\(range.upperBound)")
    }
  }

  static func failure(_ why: String) -> Failure {
    Failure("network", why: why, remedy: "train it again with inkling-train")
  }
}

// MARK: - Metadata

extension RecurrentArchitecture {
  /// The version of the metadata's keys and of the parameters' names.
  public static let formatVersion = "1"

  /// What goes into the `__metadata__` of a safetensors file; other keys may stand beside these.
  public var metadata: [String: String] {
    var result = [
      "inkling.format": Self.formatVersion,
      "inkling.cell": cell.rawValue,
      "inkling.layers": String(layerCount),
      "inkling.embedding": String(embeddingSize),
      "inkling.hidden": String(hiddenSize),
      "inkling.vocabulary": String(vocabularyCount),
      "inkling.tied": isTied ? "true" : "false",
      "inkling.units": units.rawValue,
    ]
    if !cell.isRecurrent { result["inkling.window"] = String(windowLength) }
    switch output {
    case .full: result["inkling.output"] = "full"
    case .adaptive(let cutoffs, let divisor, let hasHeadBias):
      result["inkling.output"] = "adaptive"
      result["inkling.cutoffs"] = cutoffs.map { String($0) }.joined(separator: ",")
      result["inkling.divisor"] = String(divisor)
      result["inkling.head-bias"] = hasHeadBias ? "true" : "false"
    }
    return result
  }

  /// Reads what `metadata` writes.
  ///
  /// - Throws: `Failure` naming the key that is missing or wrong.
  public init(metadata: [String: String]) throws(Failure) {
    let reader = MetadataReader(metadata: metadata)
    let version = try reader.string("format")
    guard version == Self.formatVersion else {
      throw Failure(
        "network", why: "format \(version) is not \(Self.formatVersion), the one this program reads",
        remedy: "use the program that wrote it, or train again")
    }
    let cell = try reader.choice("cell", of: Cell.self)
    let output: Output
    switch try reader.string("output") {
    case "full": output = .full
    case "adaptive":
      output = .adaptive(
        cutoffs: try reader.integers("cutoffs"), divisor: try reader.integer("divisor"),
        hasHeadBias: try reader.boolean("head-bias"))
    case let other: throw Self.failure("metadata inkling.output is \"\(other)\", not full or adaptive")
    }
    try self.init(
      cell: cell, layerCount: try reader.integer("layers"), embeddingSize: try reader.integer("embedding"),
      hiddenSize: try reader.integer("hidden"), vocabularyCount: try reader.integer("vocabulary"),
      isTied: try reader.boolean("tied"), output: output, units: try reader.choice("units", of: Units.self),
      windowLength: cell.isRecurrent ? 0 : try reader.integer("window"))
  }
}

private struct MetadataReader {
  let metadata: [String: String]

  func string(_ key: String) throws(Failure) -> String {
    guard let value = metadata["inkling." + key] else {
      throw RecurrentArchitecture.failure("metadata inkling.\(key) is missing")
    }
    return value
  }

  func integer(_ key: String) throws(Failure) -> Int {
    let text = try string(key)
    guard let value = Int32(text) else {
      throw RecurrentArchitecture.failure("metadata inkling.\(key) is \"\(text)\", not a whole number")
    }
    return Int(value)
  }

  func integers(_ key: String) throws(Failure) -> [Int] {
    var result: [Int] = []
    for part in try string(key).split(separator: ",", omittingEmptySubsequences: false) {
      guard let value = Int32(part) else {
        throw RecurrentArchitecture.failure("metadata inkling.\(key) is not a list of whole numbers")
      }
      result.append(Int(value))
    }
    return result
  }

  func boolean(_ key: String) throws(Failure) -> Bool {
    switch try string(key) {
    case "true": return true
    case "false": return false
    case let other:
      throw RecurrentArchitecture.failure("metadata inkling.\(key) is \"\(other)\", not true or false")
    }
  }

  func choice<T: RawRepresentable<String>>(_ key: String, of: T.Type) throws(Failure) -> T {
    let text = try string(key)
    guard let value = T(rawValue: text) else {
      throw RecurrentArchitecture.failure("metadata inkling.\(key) is \"\(text)\", which is unknown")
    }
    return value
  }
}

import Platform

/// What fitting the mixture gives: the gate, the words that are structural, and how surprising ordinary text is.
///
/// Kept as `mixture.bin`, all numbers little-endian and of 32 bits: 8 bytes `INKMIX01`, the numbers of features,
/// experts, hidden units and table rows, the surprisal threshold in bits (a float), the count of structural words, the
/// count of parameters, their ids by falling frequency, then the parameters as floats.
public struct MixtureWeights: Sendable {
  /// The file's name in a model directory.
  public static let fileName = "mixture.bin"
  private static let magic: [UInt8] = Array("INKMIX01".utf8)
  private static let headerCount = 8 + 7 * 4
  private static let byteLimit = 1 << 26

  /// Ids of the words that stand for themselves in abstracted contexts, the most frequent first.
  public var structuralIDs: [UInt32]
  /// Tokens of ordinary text are rarely more surprising than this, in bits.
  public var surprisalThresholdBits: Float
  /// Nil where nothing was fitted: weights that fit any model are used then.
  var gate: Gate?

  init(structuralIDs: [UInt32], gate: Gate?, surprisalThresholdBits: Float = Self.defaultThresholdBits) {
    self.structuralIDs = structuralIDs
    self.gate = gate
    self.surprisalThresholdBits = surprisalThresholdBits
  }

  static let defaultThresholdBits: Float = 14

  /// Takes a mapped `mixture.bin`.
  public init(file: MappedFile) throws(Failure) {
    guard file.count <= Self.byteLimit else {
      throw Failure(file.path, why: "has the wrong size", remedy: "train the model again")
    }
    // Out of a copy: the file may become another one while it is read.
    let bytes = Array(file.bytes)
    func damaged(_ why: String) -> Failure {
      Failure(file.path, why: why, remedy: "train the model again")
    }
    guard bytes.count >= Self.headerCount, bytes.prefix(8).elementsEqual(Self.magic) else {
      throw damaged("does not hold the weights of a mixture")
    }
    func number(_ index: Int) -> UInt32 {
      bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 8 + 4 * index, as: UInt32.self) }
    }
    let parameterCount = Int(number(6))
    let structuralCount = Int(number(5))
    let shape = [
      MixtureLayout.featureCount, MixtureLayout.expertCount, Gate.hiddenCount, TokenClass.gateRowCount,
    ]
    guard parameterCount == 0 || (0..<4).allSatisfy({ Int(number($0)) == shape[$0] }) else {
      throw damaged("was fitted by another version of inkling")
    }
    guard parameterCount == 0 || parameterCount == Gate.parameterCount,
      bytes.count == Self.headerCount + 4 * (structuralCount + parameterCount)
    else { throw damaged("has the wrong size") }
    structuralIDs = (0..<structuralCount).map { number(7 + $0) }
    let threshold = Float(bitPattern: number(4))
    guard threshold.isFinite, threshold > 0 else { throw damaged("has no threshold") }
    surprisalThresholdBits = threshold
    if parameterCount > 0 {
      let parameters = (0..<parameterCount).map { Float(bitPattern: number(7 + structuralCount + $0)) }
      guard parameters.allSatisfy({ abs($0) < 1e6 }) else { throw damaged("has weights that are no numbers") }
      gate = Gate(parameters: parameters)
    }
  }

  /// The content of `mixture.bin`.
  public func serialized() -> [UInt8] {
    var result = Self.magic
    func append(_ value: UInt32) { withUnsafeBytes(of: value.littleEndian) { result.append(contentsOf: $0) } }
    for size in [
      MixtureLayout.featureCount, MixtureLayout.expertCount, Gate.hiddenCount, TokenClass.gateRowCount,
    ] {
      append(UInt32(size))
    }
    append(surprisalThresholdBits.bitPattern)
    append(UInt32(structuralIDs.count))
    append(UInt32(gate?.parameters.count ?? 0))
    structuralIDs.forEach(append)
    gate?.parameters.forEach { append($0.bitPattern) }
    return result
  }
}

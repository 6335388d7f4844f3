/// What is gathered while the records of an order are written, to be written after them.
struct LevelAside {
  var maxima = BlockMaxima()
  let unaryBits: Int
  /// See `NGramLevelView.children`: a one for each node, then a zero for each of its children; 32 bits a number.
  private(set) var unary: [UInt32] = []
  /// The place of each 64th one; one more number follows, so that there is always one.
  var samples: [UInt32] { places + [UInt32(max(unaryBits, 1) - 1)] }
  private var places: [UInt32] = []
  private var nodeCount = 0
  private var squaredError = 0.0
  private var squaredBackoffError = 0.0
  private var errorCount = 0

  /// - Parameter unaryBits: the code's length, 0 if there is none.
  init(unaryBits: Int) {
    self.unaryBits = unaryBits
    guard unaryBits > 0 else { return }
    unary = [UInt32](repeating: 0, count: (unaryBits + 31) / 32)
    setOne(unaryBits - 1)
  }

  private mutating func setOne(_ bit: Int) { unary[bit / 32] |= 1 << UInt32(bit % 32) }

  mutating func appendNode(firstChild: UInt32) {
    guard unaryBits > 0 else { return }
    let bit = nodeCount + Int(firstChild)
    setOne(bit)
    if nodeCount % 64 == 0 { places.append(UInt32(bit)) }
    nodeCount += 1
  }

  mutating func addErrors(_ probability: Float, _ backoff: Float) {
    squaredError += Double(probability) * Double(probability)
    squaredBackoffError += Double(backoff) * Double(backoff)
    errorCount += 1
  }

  var loss: NGramFileSummary.Loss {
    guard errorCount > 0 else { return NGramFileSummary.Loss(logProbability: 0, logBackoff: 0) }
    return NGramFileSummary.Loss(
      logProbability: (squaredError / Double(errorCount)).squareRoot(),
      logBackoff: (squaredBackoffError / Double(errorCount)).squareRoot())
  }
}

/// The greatest of each 64 values in a row, and of each 4096.
struct BlockMaxima {
  private var fine: [Float] = []
  private var coarse: [Float] = []
  private var count = 0

  mutating func append(_ value: Float) {
    if count % 64 == 0 { fine.append(value) } else { fine[fine.count - 1] = max(fine[fine.count - 1], value) }
    if count % 4096 == 0 {
      coarse.append(value)
    } else {
      coarse[coarse.count - 1] = max(coarse[coarse.count - 1], value)
    }
    count += 1
  }

  var bitPatterns: [UInt32] { (fine + coarse).map(\.bitPattern) }
}

import Platform

/// A linear classifier of few and small weights: logit c = b_c + s · Σ w_jc / √k over the k features j that a text has and
/// the file knows. Of most features only some labels have a weight w_jc, of 8 bits. Immutable.
///
/// The file, little-endian: `INKHCLS1`; six numbers of 32 bits (kind of features, labels, bytes of their names, features,
/// weights, a check: the low half of the FNV-1a of what follows the header); two of 32 bits with a point (the scale s and the least probability that
/// answers). Then the names, one a line; b, 32 bits with a point a label; the features' keys, 32 bits each, ascending; how many
/// weights each has, 8 bits; of each weight the label, 8 bits, and of each the weight, 8 bits.
package struct HashedClassifier: Sendable {
  package let kind: LanguageFeatures
  package let labels: [String]
  /// A less probable answer is none.
  package let leastProbability: Float
  let scale: Float
  let bias: [Float]
  let keys: HashedKeys
  /// Where each feature's weights begin; one more than there are features.
  private let starts: [Int32]
  private let weightLabels: [UInt8]
  private let weights: [Int8]

  private static let magic = Array("INKHCLS1".utf8)
  private static let headerCount = 40
  /// The longest file that is read.
  package static let byteLimit = 1 << 26

  /// A weight of a feature.
  package struct Weight: Hashable, Sendable {
    package var label: UInt8
    package var weight: Int8

    package init(label: UInt8, weight: Int8) {
      self.label = label
      self.weight = weight
    }
  }

  /// - Parameters:
  ///   - features: by ascending keys, at most 255 weights each.
  ///   - labels: 2 to 256, without line ends.
  package init(
    kind: LanguageFeatures, labels: [String], leastProbability: Float, scale: Float, bias: [Float],
    features: [(key: UInt32, weights: [Weight])]
  ) {
    precondition((2...256).contains(labels.count) && bias.count == labels.count)
    self.kind = kind
    self.labels = labels
    self.leastProbability = leastProbability
    self.scale = scale
    self.bias = bias
    keys = HashedKeys(features.map(\.key))
    starts = features.reduce(into: [0]) { $0.append($0.last! + Int32($1.weights.count)) }
    weightLabels = features.flatMap { $0.weights.map(\.label) }
    weights = features.flatMap { $0.weights.map(\.weight) }
  }

  // MARK: Answers

  /// The probability of each label, in their order; they sum to 1.
  ///
  /// - Parameter keys: of the text's features, each once.
  package func probabilities(_ keys: [UInt32]) -> [Float] {
    var sums = [Float](repeating: 0, count: labels.count)
    var count = 0
    for key in keys {
      guard let row = self.keys.row(of: key) else { continue }
      add(row, to: &sums)
      count += 1
    }
    return probabilities(sums, count: count)
  }

  /// What `probabilities(kind.keys(of: text))` is. Somebody waits for it: that a feature counts once is seen by marks, which
  /// takes a fraction of the time of sorting them.
  package func probabilities(of text: UnsafeRawBufferPointer) -> [Float] {
    var sums = [Float](repeating: 0, count: labels.count)
    var count = 0
    var isSeen = [Bool](repeating: false, count: keys.count)
    for key in kind.occurrences(in: text) {
      guard let row = keys.row(of: key), !isSeen[Int(row)] else { continue }
      isSeen[Int(row)] = true
      add(row, to: &sums)
      count += 1
    }
    return probabilities(sums, count: count)
  }

  /// Sums of whole numbers are the same in any order.
  @inline(__always)
  private func add(_ row: Int32, to sums: inout [Float]) {
    for index in Int(starts[Int(row)])..<Int(starts[Int(row) + 1]) {
      sums[Int(weightLabels[index])] += Float(weights[index])
    }
  }

  private func probabilities(_ sums: [Float], count: Int) -> [Float] {
    let factor = scale / Float(max(1, count)).squareRoot()
    return Self.softmax(sums.indices.map { sums[$0] * factor + bias[$0] })
  }

  package static func softmax(_ logits: [Float]) -> [Float] {
    let largest = logits.max() ?? 0
    let exponentials = logits.map { expf($0 - largest) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
  }

  // MARK: The file

  /// - Throws: `Failure` for bytes that are no such file, whatever they are.
  package init(_ bytes: [UInt8], path: String) throws(Failure) {
    func damaged(_ why: String) -> Failure {
      Failure(path, why: "is damaged: \(why)", remedy: "install Inkling again, or train it anew")
    }
    guard bytes.count >= Self.headerCount, bytes.starts(with: Self.magic) else {
      throw damaged("it does not begin as a classifier of languages does")
    }
    func number(_ offset: Int) -> UInt32 {
      bytes.withUnsafeBytes {
        UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
      }
    }
    func real(_ offset: Int) -> Float { Float(bitPattern: number(offset)) }
    let (labelCount, nameBytes) = (Int(number(12)), Int(number(16)))
    let (featureCount, weightCount) = (Int(number(20)), Int(number(24)))
    guard let kind = LanguageFeatures(rawValue: number(8)), (2...256).contains(labelCount),
      bytes.count == Self.headerCount + nameBytes + 4 * labelCount + 5 * featureCount + 2 * weightCount
    else { throw damaged("its sizes do not fit it") }
    guard Self.check(bytes) == number(28) else {
      throw damaged("its checksum is another")
    }
    var offset = Self.headerCount
    func take(_ count: Int) -> ArraySlice<UInt8> {
      defer { offset += count }
      return bytes[offset..<offset + count]
    }
    labels = take(nameBytes).split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
    self.kind = kind
    (scale, leastProbability) = (real(32), real(36))
    bias = (0..<labelCount).map { real(offset + 4 * $0) }
    offset += 4 * labelCount
    let keys = Self.numbers(bytes, offset, count: featureCount)
    offset += 4 * featureCount
    var starts = [Int32](repeating: 0, count: featureCount + 1)
    var areAscending = true
    var sum = 0
    for feature in 0..<featureCount {
      sum += Int(bytes[offset + feature])
      starts[feature + 1] = Int32(min(sum, weightCount))
      if feature > 0 && keys[feature] <= keys[feature - 1] { areAscending = false }
    }
    offset += featureCount
    weightLabels = Array(take(weightCount))
    weights = take(weightCount).withUnsafeBytes { Array($0.bindMemory(to: Int8.self)) }
    var largest: UInt8 = 0
    for label in weightLabels { largest = max(largest, label) }
    self.starts = starts
    guard labels.count == labelCount, Set(labels).count == labelCount, sum == weightCount,
      areAscending, scale.isFinite, leastProbability.isFinite, bias.allSatisfy(\.isFinite),
      weightCount == 0 || Int(largest) < labelCount
    else { throw damaged("it holds what no classifier does") }
    self.keys = HashedKeys(keys)
  }

  /// The low half of `fnv1a64` of what follows the header: the low half of a product needs no more than the low halves of what is
  /// multiplied.
  private static func check(_ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBytes { bytes in
      var hash: UInt32 = 0x8422_2325
      // The low 32 bits of 0x100_0000_01B3.
      for index in headerCount..<bytes.count { hash = (hash ^ UInt32(bytes[index])) &* 0x1B3 }
      return hash
    }
  }

  private static func numbers(_ bytes: [UInt8], _ offset: Int, count: Int) -> [UInt32] {
    bytes.withUnsafeBytes { bytes in
      [UInt32](unsafeUninitializedCapacity: count) { target, initialized in
        for index in 0..<count {
          let number = bytes.loadUnaligned(fromByteOffset: offset + 4 * index, as: UInt32.self)
          target.initializeElement(at: index, to: UInt32(littleEndian: number))
        }
        initialized = count
      }
    }
  }

  /// The file that `init` reads.
  package func serialized() -> [UInt8] {
    let names = Array(labels.joined(separator: "\n").utf8)
    var body = names
    func append(_ number: UInt32, to bytes: inout [UInt8]) {
      withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
    for number in bias { append(number.bitPattern, to: &body) }
    for key in keys.all { append(key, to: &body) }
    for feature in 0..<keys.count { body.append(UInt8(starts[feature + 1] - starts[feature])) }
    body += weightLabels
    body += weights.map { UInt8(bitPattern: $0) }
    var file = Self.magic
    for number in [
      kind.rawValue, UInt32(labels.count), UInt32(names.count), UInt32(keys.count), UInt32(weights.count),
      UInt32(truncatingIfNeeded: fnv1a64(body)), scale.bitPattern, leastProbability.bitPattern,
    ] { append(number, to: &file) }
    return file + body
  }
}

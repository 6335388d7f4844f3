import Neural
import Platform

/// All parameters of a network side by side, and their gradients in the same order.
final class ParameterStore<Scalar: TrainingScalar> {
  struct Entry: Sendable {
    var name: String
    var shape: [Int]
    var offset: Int
    var count: Int { shape.reduce(1, *) }
  }

  let entries: [Entry]
  let values: Buffer<Scalar>
  let gradients: Buffer<Scalar>
  private let indices: [String: Int]
  var count: Int { values.count }

  init(_ architecture: RecurrentArchitecture) {
    var entries: [Entry] = []
    var offset = 0
    for parameter in architecture.parameters {
      entries.append(Entry(name: parameter.name, shape: parameter.shape, offset: offset))
      // Every parameter starts on a cache line.
      offset += (parameter.count + 15) / 16 * 16
    }
    self.entries = entries
    indices = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
    values = Buffer(offset)
    gradients = Buffer(offset)
  }

  /// A parameter's place; the name must be one of the architecture's.
  func entry(_ name: String) -> Entry { entries[indices[name]!] }
  func contains(_ name: String) -> Bool { indices[name] != nil }
  func value(_ name: String) -> UnsafeMutablePointer<Scalar> { values.pointer + entry(name).offset }
  func gradient(_ name: String) -> UnsafeMutablePointer<Scalar> { gradients.pointer + entry(name).offset }

  /// Starting weights: uniform embeddings, recurrent matrices as PyTorch has them (±1/√hidden), zero output biases.
  ///
  /// - Parameter forgetBias: added to the forget gates' input bias of an LSTM, so that it remembers to begin with.
  func initialize(_ architecture: RecurrentArchitecture, seed: UInt64, forgetBias: Double) {
    var random = SplitMix64(seed: seed)
    for entry in entries {
      let range: Double
      if entry.name.hasPrefix("rnn.") {
        range = 1 / Double(architecture.hiddenSize).squareRoot()
      } else if entry.name.hasSuffix("bias") {
        range = 0
      } else if entry.name == "embedding.weight" {
        range = 0.1
      } else {
        range = 1 / Double(entry.shape[1]).squareRoot()
      }
      for index in 0..<entry.count {
        values.pointer[entry.offset + index] = range == 0 ? 0 : Scalar((2 * random.uniform() - 1) * range)
      }
      if architecture.cell == .lstm, entry.name.hasPrefix("rnn.bias_ih") {
        let hidden = architecture.hiddenSize
        for index in hidden..<2 * hidden { values.pointer[entry.offset + index] += Scalar(forgetBias) }
      }
    }
  }
}

/// Steele, Lea and Flood 2014: a small generator whose whole state is one number.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.mix(state)
  }

  /// In [0, 1).
  mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

import JSON
import Platform

/// The kinds of layers that a description may name: a new one is a file beside the others and a line here.
///
/// A kind's file holds its options, its shapes, its parameters and how it is computed where nothing is learned. What
/// trains it is an extension of the kind in NeuralTraining, beside the layer.
package let layerKinds: [any LayerKind.Type] = [
  EmbeddingKind.self,
  DropoutKind.self,
  LinearKind.self,
  ActivationKind.self,
  RecurrentKind.self,
  BidirectionalKind.self,
  TimeDistributedKind.self,
  Convolution1DKind.self,
  ConvolutionalLSTMKind.self,
  PoolingKind.self,
  CombiningKind.self,
  AttentionKind.self,
  AttentionPoolingKind.self,
  RecursiveAutoencoderKind.self,
]

/// What passes between layers: rows of `size` numbers, and which sequences the rows are the steps of.
public struct LayerShape: Hashable, Sendable {
  /// Numbers of a row; 0 for the ids that enter a network.
  public var size: Int
  /// The sequences that rows are the steps of, the outermost first: none where an example has one row, words, or words and
  /// their letters. Shapes with equal levels have equally many rows.
  public var levels: [String]

  public init(size: Int, levels: [String]) {
    self.size = size
    self.levels = levels
  }
}

/// A layer of a description, its options read and checked.
package protocol LayerKind: Sendable {
  /// What descriptions call it.
  static var name: String { get }
  /// Reads the options. Every size is bounded: nothing computed from them overflows, and what they make fits together.
  init(_ options: JSONDecoding, inputs: LayerInputs) throws(JSONError)
  /// Every option, as `init` reads it.
  var options: JSONObject { get }
  /// What the layer gives; references name it `layer` or, with a suffix, `layer.suffix`.
  var outputs: [LayerOutput] { get }
  /// The tensors under PyTorch's names behind the module's. Shapes are row-major.
  var parameters: [RecurrentArchitecture.Parameter] { get }
  /// The first part of the tensors' names; nil for the layer's own name.
  var module: String? { get }
  /// The layer for inference.
  func layer(_ weights: LayerWeights) throws(Failure) -> any InferenceLayer
}

extension LayerKind {
  package var parameters: [RecurrentArchitecture.Parameter] { [] }
  package var module: String? { nil }
}

package struct LayerOutput: Hashable, Sendable {
  package var suffix: String?
  package var shape: LayerShape

  package init(_ shape: LayerShape, suffix: String? = nil) {
    self.shape = shape
    self.suffix = suffix
  }
}

/// The shapes that a layer's inputs have, checked as the layer asks for them.
package struct LayerInputs: Sendable {
  package let shapes: [LayerShape]
  private let place: JSONDecoding

  /// - Parameter place: of the inputs in the description, for errors.
  package init(_ shapes: [LayerShape], place: JSONDecoding) {
    self.shapes = shapes
    self.place = place
  }

  /// Checks how many there are.
  package func count(_ range: ClosedRange<Int>) throws(JSONError) {
    guard range.contains(shapes.count) else {
      let wanted =
        range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
      throw mismatch(expected: "\(wanted) inputs", found: "\(shapes.count)")
    }
  }

  /// The rows of an input.
  ///
  /// - Parameter levels: how many sequences within sequences they are steps of at the least.
  package func rows(_ index: Int, levels: Int = 0) throws(JSONError) -> LayerShape {
    let shape = shapes[index]
    guard shape.size > 0 else { throw mismatch(expected: "rows of numbers", found: "ids", at: index) }
    guard shape.levels.count >= levels else {
      throw mismatch(
        expected: levels == 1 ? "sequences" : "sequences of sequences",
        found: shape.levels.isEmpty ? "one row an example" : "sequences", at: index)
    }
    return shape
  }

  package func require(_ holds: Bool, _ expected: String, at index: Int? = nil) throws(JSONError) {
    guard holds else {
      let found = index.map { "\(shapes[$0])" } ?? shapes.map { "\($0)" }.joined(separator: ", ")
      throw mismatch(expected: expected, found: found, at: index)
    }
  }

  private func mismatch(expected: String, found: String, at index: Int? = nil) -> JSONError {
    .mismatch(path: (index.map { place[$0] } ?? place).path, expected: expected, found: found)
  }
}

extension LayerShape {
  /// Notes that the innermost sequences have other lengths: the name changes in a way that no name which is given can.
  mutating func lengthen(by change: String) { levels[levels.count - 1] += "(\(change))" }
}

extension LayerShape: CustomStringConvertible {
  public var description: String {
    let what = size == 0 ? "ids" : "rows of \(size)"
    return levels.isEmpty ? what : what + " by " + levels.joined(separator: " and ")
  }
}

/// Sizes above these are taken for a damaged file: they keep every product of sizes far from overflow.
package enum LayerLimit {
  /// Numbers of a row that a layer makes.
  package static let size = 1...16_384
  /// Numbers of a row that a product takes.
  package static let inputSize = 1...65_536
  package static let types = 1...(1 << 24)
  package static let width = 1...256
  package static let rate = 0.0...0.999
}

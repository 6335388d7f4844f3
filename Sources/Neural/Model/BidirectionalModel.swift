import CKernels
import LanguageModeling
import Platform

/// The layer that joins the vectors of two directions: z = tanh(W [h_forward; h_backward] + b), from which the backward
/// network's output layer makes probabilities.
package enum JointOutput {
  /// The parameters are `joint.weight` (hidden × 2 · hidden) and `joint.bias`, as PyTorch's `nn.Linear` has them.
  package static let name = "joint"

  package static func parameters(
    of architecture: RecurrentArchitecture
  ) -> [RecurrentArchitecture.Parameter] {
    let size = architecture.hiddenSize
    return [
      .init(name: name + ".weight", shape: [size, 2 * size]), .init(name: name + ".bias", shape: [size]),
    ]
  }
}

/// A language model in both directions: P(w | what stands before it, what stands behind it), by a softmax of the joined
/// vectors of a network that reads forward and of one that reads from the end.
///
/// Immutable and shared between documents, as `RecurrentModel`; what changes along a text are a state of each direction.
public final class BidirectionalModel: Sendable {
  public let forward: RecurrentModel
  /// Its state is that behind a token, the text read from its end; its own output layer is the joint one, so that its
  /// probabilities mean nothing by themselves.
  public let backward: RecurrentModel
  private let joint: WeightMatrix

  /// Opens `backward.safetensors` beside the network that reads forward.
  ///
  /// - Parameter precision: of the weights of what reads backwards.
  /// - Throws: `Failure` where the file is damaged, or of another network than `forward`.
  public init(
    forward: RecurrentModel, backward mapped: MappedFile, precision: WeightPrecision = .int8,
    kernels: KernelSet = .best
  ) throws(Failure) {
    let file = try Safetensors(file: mapped)
    let backward = try RecurrentModel(
      file, direction: .backward, precision: precision, threadCount: 1, kernels: kernels)
    guard backward.architecture == forward.architecture, backward.tokens == forward.tokens else {
      throw Failure(
        mapped.path, why: "belongs to another network than the one that reads forward",
        remedy: "train the model again")
    }
    let parameters = JointOutput.parameters(of: backward.architecture)
    let bias: [Float]
    do throws(Failure) { bias = try file.vector(parameters[1]) } catch {
      throw Failure(mapped.path, why: error.why, remedy: error.remedy)
    }
    joint = try WeightMatrix(
      rows: parameters[0].shape[0], columns: parameters[0].shape[1], precision: precision, bias: bias,
      named: parameters[0].name
    ) { row, buffer throws(Failure) in try file.read(parameters[0], row: row, into: buffer) }
    for parameter in parameters { file.finish(parameter) }
    self.forward = forward
    self.backward = backward
  }

  /// What the part that reads backwards takes of memory.
  public var weightByteCount: Int { backward.weightByteCount + joint.byteCount }

  /// The state of a direction at its end of a text: behind the `</s>` that divides texts in training.
  public static func startState(_ network: RecurrentModel) -> RecurrentState {
    network.state(after: .sentenceEnd, from: network.emptyState)
  }

  // MARK: One place

  /// The probabilities of all types in a token's place.
  ///
  /// - Parameters:
  ///   - before: the forward network's state before the token.
  ///   - behind: the backward network's state behind it.
  public func distribution(
    between before: RecurrentState, and behind: RecurrentState
  ) -> RecurrentDistribution {
    let count = backward.featureCount
    var vectors = [Float](repeating: 0, count: 2 * count)
    forward.copyFeatures(of: before, to: &vectors, at: 0)
    backward.copyFeatures(of: behind, to: &vectors, at: 1)
    var features = [Float](repeating: 0, count: count)
    join(vectors, into: &features, at: 0)
    return backward.distribution(features: features)
  }

  /// Puts z in place `index` of an array of such vectors.
  ///
  /// - Parameter vectors: [h_forward; h_backward].
  private func join(_ vectors: [Float], into features: inout [Float], at index: Int) {
    let count = backward.featureCount
    let quanta = KernelMemory<Int8>(inkling_packed_columns(2 * count))
    let sums = KernelMemory<Float>(joint.paddedRowCount)
    vectors.withUnsafeBufferPointer {
      var x = ActivationVector(
        $0.baseAddress!, count: 2 * count, quanta: quanta.base, precision: joint.precision, backward.kernels)
      joint.multiply(
        backward.kernels, &x, start: joint.bias.base, blocks: 0..<joint.blockCount, out: sums.base)
    }
    features.withUnsafeMutableBufferPointer {
      backward.kernels.table.pointee.tanh_gates(sums.base, $0.baseAddress! + index * count, count)
    }
  }

  // MARK: A text

  /// Tokens between the states that are kept of the text's reading from its end.
  private static let stretchCount = 512

  /// ln P of each token of a text given all others.
  public func score(_ tokens: [TokenID]) -> [Float] {
    let marks = backwardStates(tokens)
    var result = SequenceScores()
    result.logProbabilities.reserveCapacity(tokens.count)
    var before = Self.startState(forward)
    let count = backward.featureCount
    var vectors = [Float](repeating: 0, count: 2 * count)
    for (index, start) in stride(from: 0, to: tokens.count, by: Self.stretchCount).enumerated() {
      let end = min(start + Self.stretchCount, tokens.count)
      var behind = marks[index]
      var backwardFeatures = [Float](repeating: 0, count: (end - start) * count)
      for place in stride(from: end - 1, through: start, by: -1) {
        backward.copyFeatures(of: behind, to: &backwardFeatures, at: place - start)
        backward.step(tokens[place], &behind)
      }
      var features = [Float](repeating: 0, count: (end - start) * count)
      for place in start..<end {
        forward.copyFeatures(of: before, to: &vectors, at: 0)
        for column in 0..<count {
          vectors[count + column] = backwardFeatures[(place - start) * count + column]
        }
        join(vectors, into: &features, at: place - start)
        forward.step(tokens[place], &before)
      }
      backward.score(Array(tokens[start..<end]), features: features, into: &result)
    }
    return result.logProbabilities
  }

  /// The backward state behind the last token of each stretch.
  private func backwardStates(_ tokens: [TokenID]) -> [RecurrentState] {
    var state = Self.startState(backward)
    var found: [RecurrentState] = []
    for index in tokens.indices.reversed() {
      if (index + 1) % Self.stretchCount == 0 || index == tokens.count - 1 { found.append(state) }
      backward.step(tokens[index], &state)
    }
    return found.reversed()
  }
}

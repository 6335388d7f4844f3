import JSON
import Neural
import Platform

/// Whole steps (forward, backward, Adam) of a classifier's network over batches and from weights that are given, so that
/// somebody else's can take the same.
public struct ClassifierBenchmark {
  public struct Step: Hashable, Sendable {
    /// Nats an example, before the step.
    public var loss: Double
    public var seconds: Double
  }

  private let network: DescribedNetwork<Float>
  private let loss: CrossEntropyLoss<Float>
  private let ids: [Int32]
  private let labels: [Int32]
  private let length: Int
  private let batchSize: Int
  public var threadCount: Int { network.team.count }

  /// - Parameters:
  ///   - descriptionPath: a network from one input of sequences to a row of logits, as JSON.
  ///   - examplesPath: the network's parameters by name, `ids` (examples × words) and `labels`, as safetensors.
  ///   - threadCount: nil uses all processors.
  public init(
    descriptionPath: String, examplesPath: String, batchSize: Int, threadCount: Int? = nil
  ) throws(Failure) {
    let description: NetworkDescription
    do throws(JSONError) {
      description = try NetworkDescription(
        JSONDecoding(try JSON.parse(Self.read(descriptionPath)), name: "network"))
    } catch { throw Failure(descriptionPath, why: "\(error)", remedy: "describe a network") }
    let file = try Safetensors(examplesPath)
    let tensor = try file.tensor("ids")
    guard tensor.shape.count == 2, tensor.count > 0, description.inputs.count == 1,
      description.outputs.count == 1,
      description.inputs[0].levels.count == 1,
      let size = description.shape(of: description.outputs[0])?.size
    else { throw file.mismatch("ids are not examples × words of one input") }
    length = tensor.shape[1]
    ids = try file.integers("ids")
    labels = try file.integers("labels", shape: [tensor.shape[0]])
    let types = description.layers.compactMap { ($0.kind as? EmbeddingKind)?.count }.min() ?? .max
    let isKnown = ids.allSatisfy { $0 >= -1 && $0 < types }
    guard isKnown, labels.allSatisfy({ $0 >= 0 && $0 < size }), (1...labels.count).contains(batchSize) else {
      throw file.mismatch("an id, a label or the batch is beyond what there is")
    }
    self.batchSize = batchSize
    let team = WorkerTeam(count: max(1, threadCount ?? WorkerTeam.processorCount))
    network = try DescribedNetwork(description, team: team)
    var values: [String: [Float]] = [:]
    for parameter in description.parameters {
      values[parameter.name] = try file.floats(parameter.name, shape: parameter.shape)
    }
    try network.parameters.take(values)
    loss = CrossEntropyLoss(logits: network.activation(description.outputs[0]), team: team)
  }

  private static func read(_ path: String) throws(JSONError) -> [UInt8] {
    do throws(Failure) { return try readFile(path, limit: 1 << 22) } catch {
      throw .mismatch(path: path, expected: "a file", found: error.why)
    }
  }

  /// One pass over the examples in their order, the last batch left out where it is not whole.
  public func run(rate: Double) -> [Step] {
    let optimizer = Optimizer(
      .adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-8), store: network.parameters, team: network.team)
    let input = network.description.inputs[0].name
    var steps: [Step] = []
    for batch in 0..<labels.count / batchSize {
      let rows = batch * batchSize..<(batch + 1) * batchSize
      let texts = rows.map { Array(ids[$0 * length..<($0 + 1) * length]) }
      let start = monotonicTime()
      network.read([input: LayerValues(ids: texts)])
      network.forward(TrainingPass(key: UInt64(batch), needsGradients: true))
      let (sum, weight) = loss.run(Array(labels[rows]), writesGradient: true)
      network.backward()
      _ = optimizer.update(rate: rate, clipping: Clipping(norm: 0), weightDecay: 0)
      steps.append(Step(loss: sum / weight, seconds: monotonicTime() - start))
    }
    return steps
  }
}

extension Safetensors {
  fileprivate func mismatch(_ why: String) -> Failure {
    Failure(path, why: why, remedy: "write what Benchmarks/classifier_speed.py writes")
  }
}

import Platform

/// What a network is made of: everything that the shapes of its parameters follow from.
///
/// It is stored as strings in the `__metadata__` of the safetensors file that holds the parameters, and
/// `parameters` lists the tensors that such a file must hold. docs/weights.md describes both.
public struct RecurrentArchitecture: Hashable, Sendable {
  /// The part between embedding and output.
  public enum Cell: String, Hashable, Sendable, CaseIterable {
    /// Elman's network: h′ = tanh(W_ih x + b_ih + W_hh h + b_hh).
    case rnn
    /// Cho et al. 2014 with the reset gate after the product, as in PyTorch and cuDNN; gates in the order r z n.
    case gru
    /// Hochreiter and Schmidhuber 1997 with forget gates (Gers et al. 2000); gates in the order i f g o.
    case lstm
    /// Bengio et al. 2003: the embeddings of the last `windowLength` tokens, side by side, through tanh layers.
    case window
    /// The mean of the embeddings of the last `windowLength` tokens through tanh layers.
    case bag

    /// Rows of a layer's weight matrices as a multiple of its hidden size.
    public var gateCount: Int {
      switch self {
      case .rnn, .window, .bag: 1
      case .gru: 3
      case .lstm: 4
      }
    }

    /// Whether the state comes from a recurrence; otherwise from the last tokens alone.
    public var isRecurrent: Bool { self != .window && self != .bag }
  }

  /// How hidden vectors become probabilities.
  public enum Output: Hashable, Sendable {
    /// One logit a type: softmax(W h + b).
    case full
    /// Adaptive softmax (Grave et al. 2017) as `torch.nn.AdaptiveLogSoftmaxWithLoss` has it.
    ///
    /// Network rows 0..<cutoffs[0] are the head's; cluster i holds rows cutoffs[i]..<cutoffs[i + 1], the last
    /// one up to the vocabulary's end. Cluster i is projected to hiddenSize / divisor^(i+1) dimensions, rounded down.
    case adaptive(cutoffs: [Int], divisor: Int = 4, hasHeadBias: Bool = false)
  }

  /// What a token is.
  public enum Units: String, Hashable, Sendable, CaseIterable {
    case word, character
  }

  public var cell: Cell
  public var layerCount: Int
  public var embeddingSize: Int
  public var hiddenSize: Int
  /// Rows of the embedding and outcomes of the output layer.
  public var vocabularyCount: Int
  /// Whether `output.weight` is `embedding.weight`.
  public var isTied: Bool
  public var output: Output
  public var units: Units
  /// How many tokens back `window` and `bag` see; 0 for the recurrent cells.
  public var windowLength: Int

  public init(
    cell: Cell, layerCount: Int = 1, embeddingSize: Int, hiddenSize: Int, vocabularyCount: Int,
    isTied: Bool = false, output: Output = .full, units: Units = .word, windowLength: Int = 0
  ) throws(Failure) {
    self.cell = cell
    self.layerCount = layerCount
    self.embeddingSize = embeddingSize
    self.hiddenSize = hiddenSize
    self.vocabularyCount = vocabularyCount
    self.isTied = isTied
    self.output = output
    self.units = units
    self.windowLength = windowLength
    try validate()
  }

  /// A tensor that the file must hold. Shapes are row-major, as in PyTorch.
  public struct Parameter: Hashable, Sendable {
    public var name: String
    public var shape: [Int]
    public var count: Int { shape.reduce(1, *) }
  }

  /// All parameters under PyTorch's names, in the order of a module's `state_dict`.
  public var parameters: [Parameter] {
    var result = [Parameter(name: "embedding.weight", shape: [vocabularyCount, embeddingSize])]
    let rows = cell.gateCount * hiddenSize
    for layer in 0..<layerCount {
      let columns = layer == 0 ? firstInputSize : hiddenSize
      if cell.isRecurrent {
        result += [
          Parameter(name: "rnn.weight_ih_l\(layer)", shape: [rows, columns]),
          Parameter(name: "rnn.weight_hh_l\(layer)", shape: [rows, hiddenSize]),
          Parameter(name: "rnn.bias_ih_l\(layer)", shape: [rows]),
          Parameter(name: "rnn.bias_hh_l\(layer)", shape: [rows]),
        ]
      } else {
        result += [
          Parameter(name: "hidden.\(layer).weight", shape: [rows, columns]),
          Parameter(name: "hidden.\(layer).bias", shape: [rows]),
        ]
      }
    }
    return result + outputParameters
  }

  /// Columns of the first layer's input matrix.
  package var firstInputSize: Int { cell == .window ? windowLength * embeddingSize : embeddingSize }

  /// The row ranges of the adaptive softmax's clusters; empty with a full softmax.
  package var clusters: [Range<Int>] {
    guard case .adaptive(let cutoffs, _, _) = output else { return [] }
    return cutoffs.indices.map { cutoffs[$0]..<($0 + 1 < cutoffs.count ? cutoffs[$0 + 1] : vocabularyCount) }
  }

  /// The dimensions that cluster `index` is projected to.
  package func clusterProjectionSize(_ index: Int) -> Int {
    guard case .adaptive(_, let divisor, _) = output else { return 0 }
    var size = hiddenSize
    for _ in 0...index { size /= divisor }
    return size
  }

  private var outputParameters: [Parameter] {
    switch output {
    case .full:
      let bias = Parameter(name: "output.bias", shape: [vocabularyCount])
      if isTied { return [bias] }
      return [Parameter(name: "output.weight", shape: [vocabularyCount, hiddenSize]), bias]
    case .adaptive(let cutoffs, _, let hasHeadBias):
      let headCount = cutoffs[0] + cutoffs.count
      var result = [Parameter(name: "output.head.weight", shape: [headCount, hiddenSize])]
      if hasHeadBias { result.append(Parameter(name: "output.head.bias", shape: [headCount])) }
      for (index, cluster) in clusters.enumerated() {
        let size = clusterProjectionSize(index)
        result.append(Parameter(name: "output.tail.\(index).0.weight", shape: [size, hiddenSize]))
        result.append(Parameter(name: "output.tail.\(index).1.weight", shape: [cluster.count, size]))
      }
      return result
    }
  }
}

import CKernels
import Platform

/// A recursive autoencoder where nothing is learned; `RecursiveAutoencoderKind` says what it computes.
package struct RecursiveAutoencoder: InferenceLayer {
  let size: Int
  let encoder: RowProduct
  let decoder: RowProduct

  /// A sequence's tree.
  package struct Composed {
    package let tree: TreeShape
    /// Of the nodes that are no leaves what their children lose.
    package var errors: [Double] = []
    /// Of the same nodes, one after the other: nodes × size.
    fileprivate var vectors: [Float] = []
  }

  package func forward(_ inputs: [LayerValues]) -> [LayerValues] {
    let leaves = inputs[0]
    let lengths = (leaves.lengths.last ?? []).map { max(0, 2 * $0 - 1) }
    var nodes = leaves.shaped(size: size, lengths: lengths)
    var roots = leaves.reduced(size: size)
    var errors = leaves.reduced(size: 1)
    var row = 0
    leaves.forEachSequence { sequence, rows in
      let composed = compose(leaves, rows)
      let all = leaves.values[rows.lowerBound * size..<rows.upperBound * size] + composed.vectors
      nodes.values.replaceSubrange(row * size..<row * size + all.count, with: all)
      row += lengths[sequence]
      errors.values[sequence] = Float(composed.errors.reduce(0, +))
      if !rows.isEmpty {
        roots.values.replaceSubrange(sequence * size..<(sequence + 1) * size, with: all.suffix(size))
      }
    }
    return [nodes, roots, errors]
  }

  /// The tree over some rows of a sequence.
  package func compose(_ leaves: LayerValues, _ rows: Range<Int>) -> Composed {
    var forest = GreedyForest(leafCount: rows.count)
    var vectors = [Float](leaves.values[rows.lowerBound * size..<rows.upperBound * size])
    let work = Work(self)
    var candidates = [Candidate](repeating: Candidate(), count: forest.pairs.count)
    func measure(_ places: Range<Int>) {
      for place in places {
        let pair = forest.pairs[place]
        let candidate = work.candidate(pair, vectors)
        candidates[pair.slot] = candidate
        forest.measure(place, candidate.error)
      }
    }
    measure(forest.pairs.indices)
    var errors: [Double] = []
    while let joined = forest.joinCheapest() {
      let candidate = candidates[joined.pair.slot]
      vectors += candidate.parent
      errors.append(candidate.error)
      measure(joined.changed)
    }
    var composed = Composed(tree: forest.tree)
    composed.errors = errors
    composed.vectors = Array(vectors.dropFirst(rows.count * size))
    return composed
  }

  /// What two neighbours would become.
  private struct Candidate {
    var parent: [Float] = []
    var error = 0.0
  }

  /// Memory for the products of one sequence.
  private struct Work {
    let layer: RecursiveAutoencoder
    let pair: KernelMemory<Float>
    let parent: KernelMemory<Float>
    let told: KernelMemory<Float>
    let encoderQuanta: KernelMemory<Int8>
    let decoderQuanta: KernelMemory<Int8>

    init(_ layer: RecursiveAutoencoder) {
      self.layer = layer
      pair = KernelMemory(2 * layer.size)
      parent = KernelMemory(layer.encoder.paddedCount)
      told = KernelMemory(layer.decoder.paddedCount)
      encoderQuanta = layer.encoder.quanta()
      decoderQuanta = layer.decoder.quanta()
    }

    func candidate(_ neighbours: GreedyForest.Pair, _ vectors: [Float]) -> Candidate {
      let size = layer.size
      vectors.withUnsafeBufferPointer { vectors in
        for (place, node) in [neighbours.children.left, neighbours.children.right].enumerated() {
          (pair.base + place * size).update(from: vectors.baseAddress! + node * size, count: size)
        }
      }
      layer.encoder.multiply(pair.base, out: parent.base, encoderQuanta)
      ActivationFunction.tanh.apply(size, parent.base, layer.encoder.kernels)
      var squares = 0.0
      for index in 0..<size { squares += Double(parent.base[index]) * Double(parent.base[index]) }
      let factor = Float(1 / max(squares.squareRoot(), RecursiveAutoencoderKind.shortestLength))
      for index in 0..<size { parent.base[index] *= factor }
      layer.decoder.multiply(parent.base, out: told.base, decoderQuanta)
      func loss(_ columns: Range<Int>) -> Double {
        columns.reduce(0) {
          let difference = Double(told.base[$1] - pair.base[$1])
          return $0 + difference * difference
        }
      }
      let (left, right) = (Double(neighbours.leftLeafCount), Double(neighbours.rightLeafCount))
      return Candidate(
        parent: Array(UnsafeBufferPointer(start: parent.base, count: size)),
        error: (left * loss(0..<size) + right * loss(size..<2 * size)) / (left + right))
    }
  }
}

import CKernels
import Platform

/// Outcomes that share one softmax: all types, or the head or a cluster of an adaptive softmax.
final class SoftmaxGroup: Sendable {
  let matrix: WeightMatrix
  /// The row among the network's types (ascending TokenIDs) of each outcome; the head's clusters come after them.
  let rows: [Int32]

  /// Stands for the logit of an outcome that cannot come.
  static let impossible: Float = -1e30

  init(matrix: WeightMatrix, rows: [Int32]) {
    self.matrix = matrix
    self.rows = rows
  }

  /// The outcomes that are types with rows in a range.
  func outcomes(in range: Range<Int>) -> Range<Int> {
    rows.partitioningIndex {
      Int($0) >= range.lowerBound
    }..<rows.partitioningIndex { Int($0) >= range.upperBound }
  }

  /// Computes all logits into `scratch.logits`, and the normaliser and the best `limit` outcomes into
  /// `scratch.bests[0]`, ids being outcomes.
  func evaluate(
    _ features: ActivationVector, limit: Int, kernels: KernelSet, team: KernelTeam, scratch: Scratch
  ) {
    let pieceCount = (matrix.blockCount + Work.blocksPerPiece - 1) / Work.blocksPerPiece
    var work = Work(
      matrix: Unmanaged.passUnretained(matrix), kernels: kernels, features: features,
      logits: scratch.logits.base, bests: scratch.bests, pieceCount: pieceCount,
      threadCount: team.threadCount, isBackward: scratch.isBackward)
    scratch.isBackward.toggle()
    scratch.clearBests(team.threadCount, limit: limit)
    team.run(pieces: pieceCount, &work) { context, worker, piece in
      context!.assumingMemoryBound(to: Work.self).pointee.compute(worker: worker, piece: piece)
    }
    for worker in 1..<max(team.threadCount, 1) {
      inkling_best_merge(scratch.bests, scratch.bests + worker)
    }
  }

  /// Logits and their softmax, cut by rows.
  private struct Work {
    static let blocksPerPiece = 16

    let matrix: Unmanaged<WeightMatrix>
    let kernels: KernelSet
    let features: ActivationVector
    let logits: UnsafeMutablePointer<Float>
    let bests: UnsafeMutablePointer<inkling_best>
    let pieceCount: Int
    let threadCount: Int
    let isBackward: Bool

    func compute(worker: Int, piece: Int) {
      matrix._withUnsafeGuaranteedRef { matrix in
        let first = place(of: piece) * Self.blocksPerPiece
        let blocks = first..<min(first + Self.blocksPerPiece, matrix.blockCount)
        var features = features
        matrix.multiplyForSoftmax(kernels, &features, blocks: blocks, logits: logits, best: bests + worker)
      }
    }

    /// Every other time a thread goes through its stretch of the matrix from the end to the start: what it read last is
    /// still in its second-level cache, which holds much of a stretch but not all of it.
    private func place(of piece: Int) -> Int {
      guard isBackward else { return piece }
      // The stretch that inkling_team_run deals the piece in.
      let owner = ((piece + 1) * threadCount + pieceCount - 1) / pieceCount - 1
      return pieceCount * owner / threadCount + pieceCount * (owner + 1) / threadCount - 1 - piece
    }
  }
}

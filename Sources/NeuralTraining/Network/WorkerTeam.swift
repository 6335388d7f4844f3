import COneDNN
import CTrainingKernels
import Platform

/// Threads that share the work of one training step: each part of a step is cut into as many pieces as there are threads.
///
/// Which thread does which piece is fixed, so that the same seed gives the same weights.
final class WorkerTeam {
  let count: Int
  private let team: OpaquePointer?

  /// - Parameter count: at least 1. Fewer threads than asked for are used if the system gives no more.
  init(count: Int) {
    _ = inkling_onednn_open()
    inkling_onednn_use_one_thread()
    team = count > 1 ? tk_team_create(Int32(count), { inkling_onednn_use_one_thread() }) : nil
    self.count = team == nil ? 1 : count
  }

  deinit { tk_team_destroy(team) }

  /// Calls `body` with every index below `count`, each on its thread, and returns when all have.
  func run(_ body: (Int) -> Void) {
    guard let team else {
      body(0)
      return
    }
    withoutActuallyEscaping(body) { escaping in
      var function = escaping
      withUnsafeMutablePointer(to: &function) { pointer in
        tk_team_run(team, { $0!.assumingMemoryBound(to: ((Int) -> Void).self).pointee(Int($1)) }, pointer)
      }
    }
  }

  /// Piece `index` of `total` things, in multiples of `grain` (the last piece may be ragged).
  func piece(_ index: Int, of total: Int, grain: Int = 1) -> Range<Int> {
    let grains = (total + grain - 1) / grain
    let start = grains * index / count * grain
    let end = grains * (index + 1) / count * grain
    return min(start, total)..<min(end, total)
  }

  /// The processors this process may use.
  static var processorCount: Int { Int(tk_processor_count()) }
}

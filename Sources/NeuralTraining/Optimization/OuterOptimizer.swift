/// The outer steps of a run in several processes.
///
/// The inner optimiser's memory is averaged as well (as "average buffers" of SlowMo: Wang et al. 2020, section 2), so that after an
/// outer step all processes are in one state: one checkpoint is enough, and another number of processes can go on from it.
final class OuterOptimizer {
  let averaging: OuterAveraging
  /// Of the outer steps; all tuned values.
  let velocity: Buffer<Float>
  /// Whether no inner step has been made since the last outer one.
  var isSynchronized = true
  private let store: ParameterStore<Float>
  private let inner: Optimizer<Float>
  /// The tuned weights after the last outer step.
  let start: Buffer<Float>

  init(_ averaging: OuterAveraging, inner: Optimizer<Float>, store: ParameterStore<Float>) {
    self.averaging = averaging
    self.inner = inner
    self.store = store
    velocity = Buffer(store.tunedCount)
    start = Buffer(store.tunedCount)
    restart()
  }

  /// Takes the weights of now as those after an outer step, of which nothing is in motion.
  func restart() {
    start.pointer.update(from: store.values.pointer, count: start.count)
    velocity.pointer.clear(count: velocity.count)
    isSynchronized = true
  }

  /// With g = θ₀ − mean(θ): v ← μ v + g, θ ← θ₀ − η (g + μ v).
  func step() {
    let group = averaging.group
    let share = 1 / Float(group.count)
    let (rate, momentum) = (Float(averaging.rate), Float(averaging.momentum))
    group.sum(UnsafeMutableBufferPointer(start: store.values.pointer, count: start.count))
    for index in 0..<start.count {
      let gradient = start.pointer[index] - store.values.pointer[index] * share
      velocity.pointer[index] = momentum * velocity.pointer[index] + gradient
      start.pointer[index] -= rate * (gradient + momentum * velocity.pointer[index])
    }
    store.values.pointer.update(from: start.pointer, count: start.count)
    for memory in [inner.first, inner.second] where memory.count > 0 {
      group.sum(memory)
      for index in 0..<memory.count { memory.pointer[index] *= share }
    }
    isSynchronized = true
  }
}

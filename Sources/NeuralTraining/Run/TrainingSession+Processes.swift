/// What a run in several processes agrees on.
extension TrainingSession {
  /// Whether this process is the one that writes files.
  var isFirst: Bool { group?.index ?? 0 == 0 }

  /// Batches that are learned from at the same time: one of each process, or one of all.
  var concurrentBatchCount: Int { outer?.averaging.group.count ?? 1 }

  /// Whether all processes have the same weights.
  var isSynchronized: Bool { outer?.isSynchronized ?? true }

  /// Makes an outer step if one is due after a step.
  ///
  /// Where the loss exploded in any process, all go back to where they were good together, and what they have moved by is
  /// dropped. Good is what an outer step came to whose inner steps have gone well since.
  ///
  /// - Parameter isNeeded: whether the weights are to be measured now.
  func synchronize(isNeeded: Bool) {
    guard let outer else { return }
    outer.isSynchronized = false
    guard isNeeded || isFinished || position.step % outer.averaging.stepCount == 0 else { return }
    if agree([hasGoneBack])[0] {
      goBack()
      outer.restart()
    } else {
      keepAsGood(outer.start.pointer, count: outer.start.count)
      outer.step()
    }
    hasGoneBack = false
    // A process whose loss exploded goes on at a lower rate, and so do all.
    let count = Double(outer.averaging.group.count)
    position.rateFactor = outer.averaging.group.sum(of: [position.rateFactor])[0] / count
  }

  /// For each question whether any process says yes.
  func agree(_ answers: [Bool]) -> [Bool] {
    guard let group else { return answers }
    return group.sum(of: answers.map { $0 ? 1 : 0 }).map { $0 > 0 }
  }

  /// What the first process measures, for all: small differences between machines must not lead them apart.
  func measure() -> HeldOutMeasurement? {
    guard let group else { return optimizer.withEvaluationWeights { task.evaluate() } }
    let own = isFirst ? optimizer.withEvaluationWeights { task.evaluate() } : nil
    let both = own?.lossInBothDirections
    let numbers = group.sum(of: [
      own == nil ? 0 : 1, own?.loss ?? 0, own?.value ?? 0, both == nil ? 0 : 1, both ?? 0,
    ])
    guard numbers[0] > 0 else { return nil }
    return HeldOutMeasurement(
      loss: numbers[1], value: numbers[2], lossInBothDirections: numbers[3] > 0 ? numbers[4] : nil)
  }
}

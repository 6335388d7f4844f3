import Testing

@testable import NeuralTraining

@Suite struct LossTests {
  private func logits(_ size: Int, lengths: [Int], _ team: WorkerTeam) -> Activation<Double> {
    let activation = Activation<Double>(size: size)
    activation.begin(SequenceShape(lengths: lengths, shardCount: team.count), needsGradient: true)
    for index in 0..<activation.rowCount * size { activation.values[index] = 2 * wave(index) }
    return activation
  }

  private func difference(_ pointer: UnsafeMutablePointer<Double>, _ loss: () -> Double) -> Double {
    let (value, step) = (pointer.pointee, 1e-4)
    defer { pointer.pointee = value }
    func at(_ offset: Double) -> Double {
      pointer.pointee = value + offset * step
      return loss()
    }
    return (at(-2) - 8 * at(-1) + 8 * at(1) - at(2)) / (12 * step)
  }

  @Test(
    "the weighted cross-entropy is its definition, and its gradient that of the weighted mean",
    arguments: [1, 2])
  func crossEntropy(threadCount: Int) {
    let team = WorkerTeam(count: threadCount)
    let logits = logits(4, lengths: [3, 2, 1], team)
    let weights = [1, 0.5, 2, 3.0]
    let targets: [Int32] = [0, 3, -1, 2, 1, 1]
    let loss = CrossEntropyLoss(logits: logits, labelWeights: weights, team: team)
    var expected = 0.0
    for (row, target) in targets.enumerated() where target >= 0 {
      let values = (0..<4).map { logits.values[row * 4 + $0] }
      let sum = values.reduce(0) { $0 + exponential($1) }
      expected += weights[Int(target)] * (naturalLogarithm(sum) - values[Int(target)])
    }
    let (sum, weight) = loss.run(targets, writesGradient: true)
    #expect(abs(sum - expected) < 1e-12)
    #expect(weight == 1 + 3 + 2 + 0.5 + 0.5)
    for index in 0..<24 {
      let numeric = difference(logits.values + index) {
        loss.run(targets, writesGradient: false).loss / weight
      }
      #expect(abs(numeric - logits.gradient[index]) < 1e-8)
    }
  }

  @Test("the field's loss is enumeration's, and its gradient that of the loss", arguments: [1, 2])
  func conditionalRandomField(threadCount: Int) throws {
    let team = WorkerTeam(count: threadCount)
    let lengths = [4, 1, 0, 3]
    let emissions = logits(3, lengths: lengths, team)
    let store = ParameterStore<Double>(ConditionalRandomFieldLoss<Double>.declarations("crf", labelCount: 3))
    for index in 0..<store.count { store.values.pointer[index] = wave(index + 500) }
    let transitions = store.parameter("crf.transitions")
    let start = store.parameter("crf.start_transitions")
    let end = store.parameter("crf.end_transitions")
    let loss = ConditionalRandomFieldLoss(
      emissions: emissions, transitions: transitions, start: start, end: end, team: team)
    let targets: [Int32] = [0, 2, 1, 1, 2, 0, 0, 1]

    func score(_ labels: [Int], firstRow: Int) -> Double {
      var sum = start.values[labels[0]] + end.values[labels[labels.count - 1]]
      for (step, label) in labels.enumerated() {
        sum += emissions.values[(firstRow + step) * 3 + label]
        if step > 0 { sum += transitions.values[labels[step - 1] * 3 + label] }
      }
      return sum
    }
    var expected = 0.0
    var row = 0
    for length in lengths where length > 0 {
      var partition = 0.0
      var count = 1
      for _ in 0..<length { count *= 3 }
      for code in 0..<count {
        var (labels, rest): ([Int], Int) = ([], code)
        for _ in 0..<length {
          labels.append(rest % 3)
          rest /= 3
        }
        partition += exponential(score(labels, firstRow: row))
      }
      expected +=
        naturalLogarithm(partition) - score(targets[row..<row + length].map(Int.init), firstRow: row)
      row += length
    }
    #expect(abs(loss.run(targets, writesGradient: true) - expected) < 1e-10)

    let (gradients, emissionGradients) = (store.gradients.array, (0..<24).map { emissions.gradient[$0] })
    for entry in store.entries {
      for index in entry.offset..<entry.offset + entry.count {
        let numeric = difference(store.values.pointer + index) {
          loss.run(targets, writesGradient: false) / 8
        }
        #expect(abs(numeric - gradients[index]) < 1e-8)
      }
    }
    for index in 0..<24 {
      let numeric = difference(emissions.values + index) { loss.run(targets, writesGradient: false) / 8 }
      #expect(abs(numeric - emissionGradients[index]) < 1e-8)
    }
  }
}

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

  @Test(
    "what is written or copied has the probability of its definition, and its gradient is that of the mean",
    arguments: [1, 2])
  func pointerGenerator(threadCount: Int) {
    let team = WorkerTeam(count: threadCount)
    // Sources of three units, none and two; four types, and units 4 and 5 that can be copied alone.
    let (lengths, sources): ([Int], [Int32]) = ([3, 0, 2], [1, 4, 1, 5, 5])
    let targets: [Int32] = [1, 4, 2, 3, 0, 5, 1]
    let shape = SequenceShape(lengths: [3, 2, 2], shardCount: team.count)
    func filled(_ size: Int, _ shape: SequenceShape, _ first: Int) -> Activation<Double> {
      let activation = Activation<Double>(size: size)
      activation.begin(shape, needsGradient: true)
      for index in 0..<activation.rowCount * size { activation.values[index] = 1.5 * wave(first + index) }
      return activation
    }
    let parts = [
      filled(4, shape, 0), filled(1, shape, 100), filled(3, shape, 200),
      filled(3, shape.withLengths(lengths), 300),
    ]
    let loss = PointerGeneratorLoss(
      logits: parts[0], gate: parts[1], queries: parts[2], keys: parts[3], team: team)

    func softmax(_ scores: [Double]) -> [Double] {
      let weights = scores.map(exponential)
      return weights.map { $0 / weights.reduce(0, +) }
    }
    var expected = 0.0
    for (row, target) in targets.enumerated() {
      let memory = [0..<3, 0..<3, 0..<3, 3..<3, 3..<3, 3..<5, 3..<5][row]
      let written = softmax((0..<4).map { parts[0].values[row * 4 + $0] })
      let gate = memory.isEmpty ? 1 : 1 / (1 + exponential(-parts[1].values[row]))
      let attention = softmax(
        memory.map { place in
          (0..<3).reduce(0) { $0 + parts[2].values[row * 3 + $1] * parts[3].values[place * 3 + $1] }
        })
      let copied = zip(memory, attention).reduce(0) { $0 + (sources[$1.0] == target ? $1.1 : 0) }
      expected -= naturalLogarithm(gate * (target < 4 ? written[Int(target)] : 0) + (1 - gate) * copied)
    }
    let (sum, count) = loss.run(targets, sources: sources, writesGradient: true)
    #expect(count == 7 && abs(sum - expected) < 1e-10)
    for part in parts {
      for index in 0..<part.rowCount * part.size {
        let numeric = difference(part.values + index) {
          loss.run(targets, sources: sources, writesGradient: false).loss / 7
        }
        #expect(abs(numeric - part.gradient[index]) <= 1e-6 * max(abs(numeric), 1e-3))
      }
    }
  }
}

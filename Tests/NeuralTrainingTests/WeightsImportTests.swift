import Neural
import Platform
import Testing

@testable import NeuralTraining

@Suite struct WeightsImportTests {
  let directory = "/tmp/inkling-import-tests-\(getpid())-\(UInt64.random(in: 0 ... .max))"

  /// Writes the parameters of `architecture` under other names, as a PyTorch program would.
  private func write(
    _ architecture: RecurrentArchitecture, rename: (String) -> String, keepsTied: Bool = false,
    value: Float = 0.5, without: (String) -> Bool = { _ in false }, extra: [String: [Int]] = [:]
  ) throws -> String {
    try createDirectories(directory)
    var writer = SafetensorsWriter()
    for parameter in architecture.parameters where !without(parameter.name) {
      writer.add(
        rename(parameter.name), shape: parameter.shape, [Float](repeating: value, count: parameter.count))
    }
    for (name, shape) in extra {
      writer.add(name, shape: shape, [Float](repeating: value, count: shape.reduce(1, *)))
    }
    if keepsTied {
      let count = architecture.vocabularyCount * architecture.embeddingSize
      writer.add(
        rename("output.weight"), shape: [architecture.vocabularyCount, architecture.embeddingSize],
        [Float](repeating: value, count: count))
    }
    let path = directory + "/weights.safetensors"
    try writer.write(to: path)
    return path
  }

  @Test func readsTheUsualNames() throws {
    defer { removeTree(directory) }
    for cell in [RecurrentArchitecture.Cell.rnn, .gru, .lstm] {
      let architecture = try RecurrentArchitecture(
        cell: cell, layerCount: 2, embeddingSize: 6, hiddenSize: 8, vocabularyCount: 12)
      let path = try write(architecture) { name in
        name.replacingPrefix("embedding.", "model.encoder.").replacingPrefix("output.", "model.decoder.")
          .replacingPrefix("rnn.", "model.lstm.")
      }
      #expect(try ImportedWeights(path).architecture == architecture)
    }
    let tied = try RecurrentArchitecture(
      cell: .gru, embeddingSize: 8, hiddenSize: 8, vocabularyCount: 12, isTied: true)
    #expect(try ImportedWeights(write(tied, rename: { $0 }, keepsTied: true)).architecture == tied)
    #expect(try ImportedWeights(write(tied, rename: { $0 })).architecture == tied)
    let adaptive = try RecurrentArchitecture(
      cell: .lstm, embeddingSize: 5, hiddenSize: 8, vocabularyCount: 30,
      output: .adaptive(cutoffs: [6, 14], divisor: 2, hasHeadBias: true))
    #expect(try ImportedWeights(write(adaptive, rename: { $0 })).architecture == adaptive)
  }

  @Test(arguments: [
    ["rnn.weight_ih_l0_reverse": [32, 6], "rnn.weight_hh_l0_reverse": [32, 8]],
    ["ln.weight": [8], "ln.bias": [8]],
    ["between.weight": [8, 8]], ["rnn.weight_hr_l0": [8, 8]], ["rnn.weight_hh_l2": [32, 8]],
    ["embedding.position": [4, 6]], ["output.1.weight": [4, 8]], ["bn.running_mean": [8]], ["h0": [8]],
    ["encoder.weight": [4, 7]],
  ])
  func refusesTensorsThatWouldBeDropped(extra: [String: [Int]]) throws {
    defer { removeTree(directory) }
    let architecture = try RecurrentArchitecture(
      cell: .lstm, embeddingSize: 6, hiddenSize: 8, vocabularyCount: 4)
    let path = try write(architecture, rename: { $0 }, extra: extra)
    let failure = #expect(throws: Failure.self) { try ImportedWeights(path) }
    for name in extra.keys { #expect(failure?.why.contains(name) == true) }
  }

  @Test func namesHarmlessTensorsAndAbsentBiases() throws {
    defer { removeTree(directory) }
    let architecture = try RecurrentArchitecture(
      cell: .gru, layerCount: 2, embeddingSize: 6, hiddenSize: 8, vocabularyCount: 4)
    let weights = try ImportedWeights(
      write(
        architecture, rename: { $0 }, without: { $0.contains("bias_ih") || $0 == "output.bias" },
        extra: [
          "bn.num_batches_tracked": [1], "position_ids": [4], "optimizer.state.0.exp_avg": [8],
          "model.embedding.weight": [4, 6],
        ]))
    #expect(weights.architecture == architecture)
    #expect(
      weights.unusedTensors == [
        "bn.num_batches_tracked", "model.embedding.weight", "optimizer.state.0.exp_avg", "position_ids",
      ])
    #expect(weights.absentBiases == ["rnn.bias_ih_l0", "rnn.bias_ih_l1", "output.bias"])
    let target = directory + "/recurrent.safetensors"
    try weights.write(to: target, tokens: nil, vocabularyCount: 4)
    let file = try Safetensors(target)
    #expect(try file.floats("output.bias", shape: [4]) == [0, 0, 0, 0])
    #expect(try file.floats("rnn.bias_hh_l1", shape: [24]).allSatisfy { $0 == 0.5 })
  }

  @Test func namesTheShapeThatWasExpected() throws {
    defer { removeTree(directory) }
    let architecture = try RecurrentArchitecture(
      cell: .lstm, embeddingSize: 6, hiddenSize: 8, vocabularyCount: 4)
    let path = try write(
      architecture, rename: { $0 }, without: { $0 == "output.bias" }, extra: ["output.bias": [5]])
    let why = #expect(throws: Failure.self) { try ImportedWeights(path) }?.why ?? ""
    #expect(why.contains("[4]") && why.contains("[5]") && why.contains("output.bias"))
  }

  @Test func refusesWhatDoesNotFit() throws {
    defer { removeTree(directory) }
    let architecture = try RecurrentArchitecture(
      cell: .lstm, embeddingSize: 6, hiddenSize: 8, vocabularyCount: 4)
    let target = directory + "/recurrent.safetensors"
    #expect(throws: Failure.self) { try ImportedWeights(write(architecture, rename: { "x." + $0 })) }
    let imported = try ImportedWeights(write(architecture, rename: { $0 }))
    #expect(throws: Failure.self) { try imported.write(to: target, tokens: nil, vocabularyCount: 5) }
    #expect(throws: Failure.self) {
      try imported.write(to: target, tokens: [1, 2, 3, 4], vocabularyCount: 9)
    }
    #expect(throws: Failure.self) {
      try imported.write(to: target, tokens: [0, 2, 2, 4], vocabularyCount: 9)
    }
    try imported.write(to: target, tokens: [0, 2, 7, 4], vocabularyCount: 9)
    let file = try Safetensors(target)
    #expect(try RecurrentArchitecture(metadata: file.metadata) == architecture)
    #expect(try NetworkVocabulary.read(file, count: 4).map(\.rawValue) == [0, 2, 7, 4])
    let broken = try ImportedWeights(write(architecture, rename: { $0 }, value: .nan))
    #expect(throws: Failure.self) { try broken.write(to: target, tokens: nil, vocabularyCount: 4) }
  }
}

extension String {
  fileprivate func replacingPrefix(_ prefix: String, _ other: String) -> String {
    hasPrefix(prefix) ? other + dropFirst(prefix.count) : self
  }
}

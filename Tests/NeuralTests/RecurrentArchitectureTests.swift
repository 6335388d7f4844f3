import Neural
import Platform
import Testing

@Suite struct RecurrentArchitectureTests {
  private func samples() throws -> [RecurrentArchitecture] {
    [
      try RecurrentArchitecture(
        cell: .lstm, layerCount: 2, embeddingSize: 8, hiddenSize: 12, vocabularyCount: 50),
      try RecurrentArchitecture(
        cell: .gru, embeddingSize: 8, hiddenSize: 8, vocabularyCount: 50, isTied: true),
      try RecurrentArchitecture(
        cell: .rnn, embeddingSize: 3, hiddenSize: 32, vocabularyCount: 90,
        output: .adaptive(cutoffs: [10, 40], divisor: 4, hasHeadBias: true)),
      try RecurrentArchitecture(
        cell: .window, layerCount: 2, embeddingSize: 3, hiddenSize: 4, vocabularyCount: 9, windowLength: 3),
      try RecurrentArchitecture(
        cell: .bag, embeddingSize: 3, hiddenSize: 4, vocabularyCount: 9, units: .character, windowLength: 3),
    ]
  }

  @Test func metadataRoundTrips() throws {
    for architecture in try samples() {
      #expect(try RecurrentArchitecture(metadata: architecture.metadata) == architecture)
      for key in architecture.metadata.keys {
        var damaged = architecture.metadata
        damaged[key] = nil
        #expect(throws: Failure.self, "\(key)") { try RecurrentArchitecture(metadata: damaged) }
        for value in ["", "-1", "99999999999999999999", "x", "1,,2"] {
          damaged[key] = value
          #expect(throws: Failure.self, "\(key) = \(value)") { try RecurrentArchitecture(metadata: damaged) }
        }
      }
    }
  }

  @Test func parametersHavePyTorchsNamesAndShapes() throws {
    let lists = try samples().map { $0.parameters.map { "\($0.name) \($0.shape)" } }
    #expect(
      lists[0] == [
        "embedding.weight [50, 8]",
        "rnn.weight_ih_l0 [48, 8]", "rnn.weight_hh_l0 [48, 12]", "rnn.bias_ih_l0 [48]", "rnn.bias_hh_l0 [48]",
        "rnn.weight_ih_l1 [48, 12]", "rnn.weight_hh_l1 [48, 12]", "rnn.bias_ih_l1 [48]",
        "rnn.bias_hh_l1 [48]",
        "output.weight [50, 12]", "output.bias [50]",
      ])
    #expect(lists[1].suffix(2) == ["rnn.bias_hh_l0 [24]", "output.bias [50]"])
    #expect(
      lists[2].suffix(6) == [
        "output.head.weight [12, 32]", "output.head.bias [12]",
        "output.tail.0.0.weight [8, 32]", "output.tail.0.1.weight [30, 8]",
        "output.tail.1.0.weight [2, 32]", "output.tail.1.1.weight [50, 2]",
      ])
    #expect(
      lists[3] == [
        "embedding.weight [9, 3]", "hidden.0.weight [4, 9]", "hidden.0.bias [4]",
        "hidden.1.weight [4, 4]", "hidden.1.bias [4]", "output.weight [9, 4]", "output.bias [9]",
      ])
    #expect(lists[4].prefix(2) == ["embedding.weight [9, 3]", "hidden.0.weight [4, 3]"])
  }

  @Test func contradictionsAreRefused() {
    #expect(throws: Failure.self) {
      try RecurrentArchitecture(
        cell: .lstm, embeddingSize: 8, hiddenSize: 9, vocabularyCount: 50, isTied: true)
    }
    #expect(throws: Failure.self) {
      try RecurrentArchitecture(
        cell: .lstm, embeddingSize: 8, hiddenSize: 9, vocabularyCount: 50, windowLength: 2)
    }
    for cutoffs in [[], [0], [50], [20, 20], [30, 20]] {
      #expect(throws: Failure.self) {
        try RecurrentArchitecture(
          cell: .lstm, embeddingSize: 8, hiddenSize: 64, vocabularyCount: 50,
          output: .adaptive(cutoffs: cutoffs))
      }
    }
    #expect(throws: Failure.self) {
      try RecurrentArchitecture(
        cell: .lstm, embeddingSize: 8, hiddenSize: 8, vocabularyCount: 50,
        output: .adaptive(cutoffs: [10, 20]))
    }
  }
}

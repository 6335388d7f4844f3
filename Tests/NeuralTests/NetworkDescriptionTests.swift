import JSON
import Testing

@testable import Neural

@Suite struct NetworkDescriptionTests {
  static let whole = """
    {"inputs": [{"name": "words", "levels": ["words"]}],
     "layers": [
       {"kind": "embedding", "name": "embedding", "inputs": ["words"], "count": 100, "size": 8},
       {"kind": "convolution1D", "name": "filters", "inputs": ["embedding"], "filters": 6, "width": 3},
       {"kind": "bidirectional", "name": "encoder", "inputs": ["filters"], "cell": "lstm", "size": 4},
       {"kind": "linear", "name": "output", "inputs": ["encoder.last"], "size": 2}],
     "outputs": ["output"]}
    """

  private func description(_ text: String) throws -> NetworkDescription {
    try NetworkDescription(JSONDecoding(try JSON.parse([UInt8](text.utf8))))
  }

  @Test func shapesAndParametersFollow() throws {
    let description = try description(Self.whole)
    #expect(description.shape(of: "filters") == LayerShape(size: 6, levels: ["words(+2)"]))
    #expect(description.shape(of: "encoder") == LayerShape(size: 8, levels: ["words(+2)"]))
    #expect(description.shape(of: "encoder.lastCells") == LayerShape(size: 8, levels: []))
    #expect(description.shape(of: "output") == LayerShape(size: 2, levels: []))
    let shapes = Dictionary(uniqueKeysWithValues: description.parameters.map { ($0.name, $0.shape) })
    #expect(shapes["filters.weight"] == [6, 8, 3])
    #expect(shapes["encoder.weight_ih_l0_reverse"] == [16, 6])
    #expect(shapes["output.weight"] == [2, 8])
    #expect(shapes.count == 1 + 2 + 8 + 2)
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    let description = try description(Self.whole)
    let again = try NetworkDescription(JSONDecoding(description.json))
    #expect(again == description)
    #expect(again.json.serializedString() == description.json.serializedString())
  }

  /// A description comes from a file: what is wrong is named, and nothing traps.
  @Test(arguments: [
    (#""kind": "linear""#, #""kind": "perceptron""#, "layers[3].kind"),
    (#""size": 2"#, #""size": 0"#, "layers[3].size"),
    (#""size": 2"#, #""size": 9223372036854775807"#, "layers[3].size"),
    (#""size": 2"#, #""siez": 2"#, "layers[3].size"),
    (#""size": 2"#, #""size": 2, "stride": 2"#, "layers[3].stride"),
    (#""width": 3"#, #""width": 3, "stride": 0"#, "layers[1].stride"),
    (#""width": 3"#, #""width": 100000"#, "layers[1].width"),
    (#""width": 3"#, #""width": 3, "padding": "circular""#, "layers[1].padding"),
    (#""count": 100"#, #""count": -1"#, "layers[0].count"),
    (#"["encoder.last"]"#, #"["encoder.first"]"#, "layers[3].inputs[0]"),
    (#"["encoder.last"]"#, #"["words"]"#, "layers[3].inputs[0]"),
    (#"["encoder.last"]"#, #"["output"]"#, "layers[3].inputs[0]"),
    (#"["encoder.last"]"#, #"["encoder.last", "encoder"]"#, "layers[3].inputs"),
    (#"["encoder.last"]"#, #"[]"#, "layers[3].inputs"),
    (#""name": "filters""#, #""name": "embedding""#, "layers[1].name"),
    (#""name": "filters""#, #""name": "a.b""#, "layers[1].name"),
    (#""cell": "lstm""#, #""cell": "transformer""#, "layers[2].cell"),
    (#""outputs": ["output"]"#, #""outputs": ["nothing"]"#, "outputs[0]"),
    (#""outputs": ["output"]"#, #""outputs": []"#, "outputs"),
    (#""outputs": ["output"]"#, #""outputs": ["words"]"#, "outputs[0]"),
    (#""levels": ["words"]"#, #""levels": []"#, "inputs[0].levels"),
    (#"["filters"], "cell""#, #"["words"], "cell""#, "layers[2].inputs[0]"),
  ])
  func mistakesAreNamedWithTheirPlace(_ right: String, _ wrong: String, _ path: String) throws {
    #expect(Self.whole.contains(right))
    let parts = Self.whole.split(separator: right, maxSplits: 1, omittingEmptySubsequences: false)
    let text = parts.joined(separator: wrong)
    let error = #expect(throws: JSONError.self) { try description(text) }
    guard case .mismatch(let found, _, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(found == path)
  }

  @Test func aStepByItselfHasNoSequence() throws {
    func distributed(_ layer: String, levels: String) -> String {
      """
      {"inputs": [{"name": "x", "levels": \(levels)}],
       "layers": [
         {"kind": "embedding", "name": "e", "inputs": ["x"], "count": 9, "size": 4},
         {"kind": "timeDistributed", "name": "t", "inputs": ["e"], "layer": \(layer)}],
       "outputs": ["t"]}
      """
    }
    let recurrent = #"{"kind": "recurrent", "cell": "gru", "size": 3}"#
    #expect(throws: JSONError.self) { try description(distributed(recurrent, levels: #"["words"]"#)) }
    let words = try description(distributed(recurrent, levels: #"["words", "letters"]"#))
    #expect(words.shape(of: "t.last") == LayerShape(size: 3, levels: ["words"]))
    let linear = try description(distributed(#"{"kind": "linear", "size": 3}"#, levels: #"["words"]"#))
    #expect(linear.shape(of: "t") == LayerShape(size: 3, levels: ["words"]))
    #expect(throws: JSONError.self) {
      try description(distributed(#"{"kind": "no"}"#, levels: #"["words"]"#))
    }
  }

  @Test func twoLayersOfOneModuleHaveParametersOfTheirOwn() throws {
    let twice = Self.whole.replacing(
      #"{"kind": "linear", "name": "output""#,
      with:
        #"{"kind": "recurrent", "name": "again", "inputs": ["embedding"], "cell": "gru", "size": 3, "module": "encoder"}, {"kind": "linear", "name": "output""#
    )
    #expect(throws: JSONError.self) { try description(twice) }
    #expect(throws: Never.self) {
      try description(twice.replacing(#""module""#, with: #""layer": 1, "module""#))
    }
  }
}

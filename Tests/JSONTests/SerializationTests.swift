import JSON
import Platform
import Testing

@Suite struct SerializationTests {
  @Test func printsInOrder() {
    let value: JSON = ["b": 1, "a": [true, nil, -0.5], "é\"\n\u{1}": [:], "": []]
    #expect(value.serializedString() == #"{"b":1,"a":[true,null,-0.5],"é\"\n\u0001":{},"":[]}"#)
    #expect(
      value.serializedString(pretty: true) == """
        {
          "b": 1,
          "a": [
            true,
            null,
            -0.5
          ],
          "é\\"\\n\\u0001": {},
          "": []
        }
        """)
  }

  @Test func doublesReadBackAsThemselves() throws {
    var generator = SplitMix64(seed: 3)
    var doubles = [
      0, -0.0, 1, 0.1, 1e16, 1e-7, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .leastNormalMagnitude,
      1 / 3,
    ]
    for _ in 0..<2000 { doubles.append(Double(bitPattern: generator.next())) }
    for double in doubles where double.isFinite {
      let read = try JSON.parse(JSON.double(double).serialized())
      guard case .double(let value) = read else { throw JSONDecoding(read).mismatch(expected: "a double") }
      #expect(value.bitPattern == double.bitPattern)
    }
    #expect(JSON.double(.nan).serializedString() == "null")
    #expect(JSON.double(-.infinity).serializedString() == "null")
  }

  @Test func integersOfAnyWidth() {
    #expect(JSON(UInt8(7)) == .integer(7))
    #expect(JSON(UInt64.max) == .double(18446744073709551616))
  }

  @Test func objectsSetReplaceAndRemove() {
    for count in [3, 40] {
      var object = JSONObject()
      for number in 0..<count { object["k\(number)"] = JSON(number) }
      object["k1"] = "new"
      object["k0"] = nil
      object["none"] = nil
      #expect(object.keys == (1..<count).map { "k\($0)" })
      #expect(object["k1"] == "new")
      #expect(object["k0"] == nil)
      #expect(object["k\(count - 1)"] == JSON(count - 1))
    }
  }

  @Test func equalityDisregardsOrder() {
    #expect(["a": 1, "b": 2] as JSON == ["b": 2, "a": 1])
    #expect((["a": 1, "b": 2] as JSON).hashValue == (["b": 2, "a": 1] as JSON).hashValue)
    #expect(["a": 1, "b": 2] as JSON != ["a": 1, "b": 3])
    #expect(["a": 1] as JSON != ["a": 1, "b": 2])
  }
}

@Suite struct DecodingTests {
  let params: JSON = [
    "contentChanges": [["range": ["start": ["line": -1]], "text": 5], ["text": "x"]], "trace": "loud",
    "ratio": 2,
  ]

  @Test func errorsCarryThePath() throws {
    let changes = JSONDecoding(params)["contentChanges"]
    func message(_ body: () throws(JSONError) -> Void) -> String {
      do {
        try body()
        return "none"
      } catch { return error.description }
    }
    #expect(
      message { () throws(JSONError) in _ = try changes[0]["range"]["start"]["line"].integer(in: 0...10) }
        == "contentChanges[0].range.start.line: expected an integer from 0 to 10, found -1")
    #expect(
      message { () throws(JSONError) in _ = try changes[1]["range"]["start"].object() }
        == "contentChanges[1].range.start: expected an object, found nothing")
    #expect(
      message { () throws(JSONError) in _ = try changes[0]["text"].string() }
        == "contentChanges[0].text: expected a string, found 5")
    #expect(
      message { () throws(JSONError) in _ = try changes.elements()[7 % 2]["range"].object() }
        == "contentChanges[1].range: expected an object, found nothing")
    #expect(
      message { () throws(JSONError) in _ = try JSONDecoding(params)["trace"].oneOf(Trace.self) }
        == #"trace: expected one of "off", "messages", found "loud""#)
    #expect(
      message { () throws(JSONError) in _ = try JSONDecoding(7, name: "settings").string() }
        == "settings: expected a string, found 7")
  }

  private enum Trace: String, CaseIterable { case off, messages }

  @Test func readsWhatIsThere() throws {
    let cursor = JSONDecoding(params)
    #expect(try cursor["contentChanges"][1]["text"].string() == "x")
    #expect(cursor["missing"].optional == nil)
    #expect(JSONDecoding(["a": nil])["a"].optional == nil)
    #expect(try cursor["ratio"].double() == 2)
    #expect(try JSONDecoding(["a", "b"]).strings() == ["a", "b"])
  }

  /// What is written piece by piece is what the value would be written as.
  @Test func textIsThatOfTheValue() {
    var text = JSONText()
    text.object { text in
      text.member("label", "größe \"\u{1}\"\n")
      text.member("none", nil as String?)
      text.member("kind", 12)
      text.member("isIncomplete", false)
      text.member("empty") { $0.array { _ in } }
      text.member("items") {
        $0.array { items in
          for number in [0, -7, 10, .max] { items.write(number) }
          items.write(0.1)
          items.write(.nan as Double)
          items.object { $0.member("inner", "") }
          items.object { _ in }
          items.writeNull()
          items.write(["a": [1, nil]] as JSON)
        }
      }
      text.member("last", true)
    }
    let value: JSON = [
      "label": "größe \"\u{1}\"\n", "kind": 12, "isIncomplete": false, "empty": [],
      "items": [0, -7, 10, .integer(.max), 0.1, nil, ["inner": ""], [:], nil, ["a": [1, nil]]], "last": true,
    ]
    #expect(text.bytes == value.serialized())
  }
}

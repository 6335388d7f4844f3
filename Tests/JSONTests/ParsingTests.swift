import JSON
import Platform
import Testing

@Suite struct ParsingTests {
  @Test func tellsIntegersFromDoubles() throws {
    #expect(try JSON.parse("1") == .integer(1))
    #expect(try JSON.parse("1.0") == .double(1))
    #expect(try JSON.parse("1e2") == .double(100))
    #expect(try JSON.parse("9223372036854775807") == .integer(.max))
    #expect(try JSON.parse("-9223372036854775808") == .integer(.min))
  }

  @Test(arguments: ["9223372036854775808", "-9223372036854775809", "1e999", "[1e400]"])
  func refusesNumbersThatDoNotFit(text: String) {
    #expect(throws: JSONError.self) { try JSON.parse(text) }
  }

  /// Every double reads back as itself, wherever it stands among other values.
  @Test func numbersReadBackAsTheyWere() throws {
    var generator = SplitMix64(seed: 11)
    for _ in 0..<2000 {
      let double = Double(bitPattern: UInt64.random(in: 0...UInt64.max, using: &generator))
      let integer =
        Int64.random(in: Int64.min...Int64.max, using: &generator)
        >> Int64.random(in: 0..<64, using: &generator)
      let values: JSON = [.double(double.isFinite ? double : 0.1), .integer(integer), ["a": .double(0.3)]]
      #expect(try JSON.parse(values.serialized()) == values)
      #expect(try JSON.parse(values.serialized(pretty: true)) == values)
    }
    #expect(try JSON.parse("[1e5 ,-12]") == [.double(1e5), -12])
  }

  /// However long they are written.
  @Test func numbersAtTheEndsOfTheirRange() throws {
    let zeros = { String(repeating: "0", count: $0) }
    for count in [22, 23, 38, 307, 308, 324, 400, 5000] {
      #expect(try JSON.parse("[0.\(zeros(count))]") == [.double(0)])
      #expect(try JSON.parse("0.\(zeros(count))1").doubleValue == Double("0.\(zeros(count))1"))
      #expect(try JSON.parse("1.\(zeros(count))") == .double(1))
    }
    for text in [
      "0e-23", "3e-325", "2e-324", "5e-324", "2.2250738585072014e-308", "1.7976931348623157e308", "0.1e-5000",
    ] {
      #expect(try JSON.parse(text).doubleValue == Double(text), "\(text)")
    }
    for text in ["1.8e308", "10e308", "100e307", "1.7976931348623159e308", "-2e308", "1e99999999999"] {
      #expect(throws: JSONError.self, "\(text)") { try JSON.parse(text) }
    }
    _ = try? JSON.parse("0.00000000001e-2147483639")
  }

  /// Wherever in a string they stand, and however long it is.
  @Test func refusesControlCharactersInStrings() {
    for byte in UInt8(0)..<0x20 {
      for padding in 0..<40 {
        let text =
          Array("[\"".utf8) + [UInt8](repeating: 0x61, count: padding) + [byte]
          + Array("aaaaaaaaaaaaaaaaaaaa\"]".utf8)
        #expect(throws: JSONError.self) { try JSON.parse(text) }
      }
    }
  }

  /// What ends a string of C ends no text.
  @Test func refusesNULBetweenValues() {
    for text in ["1\0", "[1]\0[2]", "[1,\0 2]", "\0", "{}\0\0"] {
      #expect(throws: JSONError.self) { try JSON.parse(text) }
    }
  }

  @Test func passesOverAByteOrderMarkAtTheStartOnly() throws {
    #expect(try JSON.parse([0xEF, 0xBB, 0xBF] + Array("{\"a\": 1}\r\n".utf8)) == ["a": 1])
    for text in ["\u{FEFF}", "[\u{FEFF}]", "\u{FEFF}\u{FEFF}1", "1\u{FEFF}"] {
      #expect(throws: JSONError.self) { try JSON.parse(text) }
    }
  }

  /// What nobody reads must not make a message unreadable.
  @Test func roundsLargeIntegersWhereThatIsWanted() throws {
    var limits = JSONLimits.default
    limits.roundsLargeIntegers = true
    let value = try JSON.parse(#"{"id": 900, "hash": 18446744073709551615}"#, limits: limits)
    #expect(value["id"]?.integerValue == 900 && value["hash"]?.doubleValue == 0x1p64)
    #expect(value["hash"]?.integerValue == nil)
    #expect(throws: JSONError.self) { try JSON.parse("1e999", limits: limits) }
  }

  @Test func readsWholeDoublesAsIntegers() throws {
    #expect(try JSON.parse("3.0").integerValue == 3 && JSON.parse("-0.0").integerValue == 0)
    #expect(try JSON.parse("3.5").integerValue == nil && JSON.parse("1e300").integerValue == nil)
    #expect(try JSON.parse("9.3e18").integerValue == nil)
  }

  /// Encoders of languages with one empty table for both write either.
  @Test func emptyListsAndObjectsStandForEachOther() throws {
    let value = JSONDecoding(
      try JSON.parse(#"{"object": [], "array": {}, "full": [1], "members": {"a": 1}}"#))
    #expect(try value["object"].object().isEmpty && value["array"].elements().isEmpty)
    #expect(throws: JSONError.self) { try value["full"].object() }
    #expect(throws: JSONError.self) { try value["members"].elements() }
  }

  /// However it is written.
  @Test func aKeyThatStandsTwiceIsToldInListsToo() throws {
    for twice in [#"{"label":1,"label":2}"#, #"{"label":1,"\u006cabel":2}"#] {
      let text = #"[{"label":1,"kind":2},{"label":3,"kind":4},"# + twice + #",{"label":5,"kind":6}]"#
      #expect(throws: JSONError.self) { try JSON.parse(text) }
      let list = try #require(
        try JSON.parse(text, limits: JSONLimits(duplicateKeys: .lastWins)).arrayValue)
      #expect(list[2]["label"]?.integerValue == 2 && list[2]["kind"] == nil)
      #expect(list[3]["label"]?.integerValue == 5 && list[3]["kind"]?.integerValue == 6)
    }
  }

  /// Those of a list mostly have the same members, and share their names.
  @Test func objectsOfAListAreReadLikeSingleOnes() throws {
    var random = SplitMix64(seed: 3)
    let names =
      ["label", "kind", "é", "a name that is longer than others", "\\u006babel"] + (0..<9).map { "k\($0)" }
    for _ in 0..<300 {
      let usual = names.filter { _ in random.next() % 2 == 0 }
      let objects = (0..<8).map { place in
        let keys = random.next() % 3 == 0 ? names.shuffled(using: &random) : usual
        let members = keys.map { key in
          let value = ["\(place)", "\"x\"", "{\"label\":\(place)}", "[{},{\"kind\":1}]"].randomElement(
            using: &random)!
          return "\"\(key)\":\(value)"
        }
        return "{" + members.joined(separator: ",") + "}"
      }
      let list = try #require(try JSON.parse("[" + objects.joined(separator: ",") + "]").arrayValue)
      for (object, text) in zip(list, objects) {
        let single = try JSON.parse(text)
        #expect(object.serialized() == single.serialized())
        for name in names { #expect(object[name] == single[name]) }
      }
    }
  }

  @Test func keepsTheOrderOfMembers() throws {
    let keys = (0..<50).map { "k\(($0 * 37) % 50)" }
    let text = "{" + keys.map { #""\#($0)": 0"# }.joined(separator: ",") + "}"
    #expect(try JSON.parse(text).objectValue?.keys == keys)
  }

  @Test(arguments: [
    ("{\n  \"a\": 1,\n  \"b\": tru\n}", 3), ("[1,\n2,,\n3]", 2), ("\n\n\"\\x\"", 3), ("[\"é\" \"x\"]", 1),
  ])
  func namesTheLineOfAnError(text: String, line: Int) throws {
    let error = #expect(throws: JSONError.self) { try JSON.parse(text) }
    guard case .syntax(_, let found, let column, _) = error else { throw error! }
    #expect(found == line)
    #expect(column > 0)
  }

  /// Strings are decoded in place, into fewer bytes than they have; the column has to be the text's.
  @Test func columnAfterALongStringIsTheOriginals() throws {
    let long = String(repeating: "é", count: 500)
    let error = #expect(throws: JSONError.self) { try JSON.parse("[\"\\n\(long)\\u00e9\", tru]") }
    guard case .syntax(_, 1, let column, let byteOffset) = error else { throw error! }
    #expect((513...518).contains(column))
    #expect((1013...1018).contains(byteOffset))
  }

  @Test(arguments: [1, 300]) func refusesInvalidUTF8(padding: Int) throws {
    let text = Array("\n[\"".utf8) + Array(repeating: UInt8(ascii: "a"), count: padding)
    for bad: [UInt8] in [
      [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82],
    ] {
      let error = #expect(throws: JSONError.self) { try JSON.parse(text + bad + Array("\"]".utf8)) }
      guard case .syntax(_, 2, _, _) = error else { throw error! }
    }
  }

  @Test(arguments: [1, 300]) func refusesNULUnlessAllowed(padding: Int) throws {
    let pad = String(repeating: "a", count: padding)
    #expect(throws: JSONError.self) { try JSON.parse("\"\(pad)\\u0000\"") }
    #expect(throws: JSONError.self) { try JSON.parse("\"\(pad)\0\"") }
    let limits = JSONLimits(allowsNUL: true)
    #expect(try JSON.parse("\"\(pad)\\u0000b\"", limits: limits) == .string(pad + "\0b"))
    #expect(throws: JSONError.self) { try JSON.parse("{\"a\\u0000\": 1}", limits: limits) }
    #expect(throws: JSONError.self) { try JSON.parse("\"\(pad)\0\"", limits: limits) }
  }

  @Test(arguments: [0, 300]) func halvesOfSurrogatePairs(padding: Int) throws {
    let pad = String(repeating: "a", count: padding)
    let limits = JSONLimits(replacesLoneSurrogates: true)
    for half in ["\\ud83d", "\\udE00", "\\ud83d\\ud83d", "\\ud83dx"] {
      #expect(throws: JSONError.self) { try JSON.parse("\"\(pad)\(half)\"") }
      let string = try JSON.parse("\"\(pad)\(half)\"", limits: limits).stringValue
      #expect(string?.utf16.count == padding + half.replacing(#/\\u..../#, with: "?").count)
    }
    #expect(try JSON.parse("\"\(pad)\\uD83D\\uDE00\"", limits: limits) == .string(pad + "😀"))
    #expect(try JSON.parse("\"\(pad)\\uD83D\\uDE00\"") == .string(pad + "😀"))
  }

  @Test func holdsItsLimits() throws {
    let nested = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
    #expect(throws: JSONError.self) { try JSON.parse(nested) }
    #expect(throws: JSONError.self) { try JSON.parse(nested, limits: JSONLimits(depth: .max)) }
    #expect(throws: JSONError.self) { try JSON.parse("[[1]]", limits: JSONLimits(depth: 1)) }
    #expect(try JSON.parse("[[1],[2]]", limits: JSONLimits(depth: 2)) == [[1], [2]])
    #expect(throws: JSONError.self) { try JSON.parse("[1, 2]", limits: JSONLimits(byteCount: 5)) }
    #expect(throws: JSONError.self) { try JSON.parse("[1, 2, 3]", limits: JSONLimits(valueCount: 3)) }
    // Brackets in strings are text.
    #expect(try JSON.parse("[\"[[[[\\\"[[\"]", limits: JSONLimits(depth: 1)) == ["[[[[\"[["])
  }

  @Test func duplicateKeys() throws {
    #expect(throws: JSONError.self) { try JSON.parse(#"{"a": 1, "a": 2}"#) }
    let value = try JSON.parse(#"{"a": 1, "b": 0, "a": 2}"#, limits: JSONLimits(duplicateKeys: .lastWins))
    #expect(value == ["a": 2, "b": 0])
  }

  @Test(arguments: [
    "", " ", "[1", "{\"a\"}", "[1] 2", "nul", "'a'", "[1,]", "\"", "\"\\", "\"\\u12", "01", "+1", "NaN",
  ])
  func refusesWhatIsNotJSON(text: String) {
    #expect(throws: JSONError.self) { try JSON.parse(text) }
  }

  /// Strings of all lengths, with every kind of escape.
  @Test func longStringsReadLikeShortOnes() throws {
    let pieces = ["a", "\n", "\"", "\\", "\u{1}", "é", "😀", "\u{7F}", "/", "\u{1}0", "\t"]
    var generator = SplitMix64(seed: 7)
    for length in [0, 1, 2, 5, 100, 150, 191, 192, 193, 500] {
      for _ in 0..<20 {
        let strings = (0..<4).map { _ in
          (0..<length).map { _ in pieces.randomElement(using: &generator)! }.joined()
        }
        let value: JSON = .array(strings.map(JSON.string) + [["\u{1}0": "\u{1}0"], .string("\u{1}")])
        #expect(try JSON.parse(value.serialized()) == value)
      }
    }
  }

  /// Any bytes at all are read or refused.
  @Test func survivesNoise() throws {
    let seeds = [
      #"{"jsonrpc":"2.0","id":1,"method":"a","params":{"text":"é\n\uD83D\uDE00","v":[1,2.5,null,true]}}"#,
      "[\"" + String(repeating: "long \\\\ \\n ", count: 40) + "\", {\"k\": \"\\u0001\"}]",
    ].map { Array($0.utf8) }
    var generator = SplitMix64(seed: 1)
    var refused = 0
    for round in 0..<4000 {
      var bytes = seeds[round % seeds.count]
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      if Bool.random(using: &generator) {
        bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator))
      }
      do { #expect(try JSON.parse(JSON.parse(bytes).serialized()) == JSON.parse(bytes)) } catch {
        refused += 1
      }
    }
    #expect(refused > 1000)
  }
}

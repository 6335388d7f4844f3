/// A place in a JSON value, from which typed values are read; what does not fit is reported with its path:
/// `contentChanges[0].range.start: expected an object, found nothing`.
///
///     let change = JSONDecoding(params)["contentChanges"][0]
///     let text = try change["text"].string()
///
/// Stepping to a member that is not there is no error until something is read from it, so that optional
/// members read as `try cursor["limit"].optional?.integer(in: 1...100)`.
package struct JSONDecoding: Sendable {
  /// What is here; nil if a step on the way found nothing.
  package let value: JSON?
  private let place: Place

  /// Paths are kept as steps and written out only when an error is reported.
  private indirect enum Place: Sendable {
    case root(String)
    case member(Place, String)
    case element(Place, Int)
  }

  /// - Parameter name: the path's beginning, usually empty.
  package init(_ value: JSON?, name: String = "") {
    self.init(value, .root(name))
  }

  private init(_ value: JSON?, _ place: Place) {
    self.value = value
    self.place = place
  }

  package subscript(key: String) -> JSONDecoding { JSONDecoding(value?[key], .member(place, key)) }
  package subscript(index: Int) -> JSONDecoding { JSONDecoding(value?[index], .element(place, index)) }

  /// Nil where there is nothing, or `null`.
  package var optional: JSONDecoding? {
    switch value {
    case nil, .null?: nil
    default: self
    }
  }

  /// The string here; nil where there is nothing or something else, which an optional member may be.
  package var stringIfAny: String? { value?.stringValue }
  /// The whole number here; nil where there is nothing or something else.
  package var integerIfAny: Int? { value?.integerValue }

  /// As in `contentChanges[0].range`.
  package var path: String {
    switch place {
    case .root(let name): return name
    case .member(let parent, let key):
      let path = JSONDecoding(nil, parent).path
      return path.isEmpty ? key : path + "." + key
    case .element(let parent, let index): return JSONDecoding(nil, parent).path + "[\(index)]"
    }
  }

  /// The error of something other than `expected` being here.
  package func mismatch(expected: String) -> JSONError {
    let found: String
    switch value {
    case nil: found = "nothing"
    case .integer(let number)?: found = "\(number)"
    case .double(let number)?: found = "\(number)"
    case .string(let string)? where string.utf8.count <= 40: found = JSON.string(string).serializedString()
    case let value?: found = value.kind
    }
    return .mismatch(path: path, expected: expected, found: found)
  }

  package func string() throws(JSONError) -> String {
    guard case .string(let string)? = value else { throw mismatch(expected: "a string") }
    return string
  }

  package func bool() throws(JSONError) -> Bool {
    guard case .bool(let bool)? = value else { throw mismatch(expected: "true or false") }
    return bool
  }

  package func integer(in range: ClosedRange<Int> = Int.min...Int.max) throws(JSONError) -> Int {
    guard let integer = value?.integerValue, range.contains(integer) else {
      throw mismatch(expected: Self.expectation("an integer", range, Int.min...Int.max))
    }
    return integer
  }

  /// A number, integer or not.
  package func double(
    in range: ClosedRange<Double> = -.infinity ... .infinity
  ) throws(JSONError) -> Double {
    guard let double = value?.doubleValue, range.contains(double) else {
      throw mismatch(expected: Self.expectation("a number", range, -.infinity ... .infinity))
    }
    return double
  }

  private static func expectation<Bound>(
    _ kind: String, _ range: ClosedRange<Bound>, _ whole: ClosedRange<Bound>
  ) -> String {
    if range == whole { return kind }
    if range.upperBound == whole.upperBound { return "\(kind) of at least \(range.lowerBound)" }
    return "\(kind) from \(range.lowerBound) to \(range.upperBound)"
  }

  /// An empty array is an empty object too: encoders of languages that have one empty table for both write either.
  package func object() throws(JSONError) -> JSONObject {
    switch value {
    case .object(let object)?: return object
    case .array([])?: return JSONObject()
    default: throw mismatch(expected: "an object")
    }
  }

  /// A cursor at each element. An empty object is an empty array too.
  package func elements() throws(JSONError) -> [JSONDecoding] {
    switch value {
    case .array(let array)?: return array.enumerated().map { JSONDecoding($1, .element(place, $0)) }
    case .object(let object)? where object.isEmpty: return []
    default: throw mismatch(expected: "an array")
    }
  }

  package func strings() throws(JSONError) -> [String] {
    var strings: [String] = []
    for element in try elements() { strings.append(try element.string()) }
    return strings
  }

  /// One of a few words: `"off"`, `"messages"` or `"verbose"`.
  package func oneOf<Choice: RawRepresentable & CaseIterable>(
    _ type: Choice.Type
  ) throws(JSONError) -> Choice where Choice.RawValue == String {
    if case .string(let string)? = value, let choice = Choice(rawValue: string) { return choice }
    let choices = Choice.allCases.map { JSON.string($0.rawValue).serializedString() }
    throw mismatch(expected: "one of " + choices.joined(separator: ", "))
  }
}

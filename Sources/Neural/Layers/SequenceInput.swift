import JSON

/// How the ids of a text enter a network that reads one input: as one sequence, or cut into parts of equal length.
public struct SequenceInput: Hashable, Sendable {
  /// Ids of a text that are read; what is behind them is not.
  public var maximumLength: Int
  /// Ids of a part, the last of which may be shorter; nil where a text is one sequence.
  public var partLength: Int?

  static let maximumLengths = 1...1_000_000
  static let partLengths = 1...10_000

  public init(maximumLength: Int = 1_000_000, partLength: Int? = nil) {
    self.maximumLength = maximumLength
    self.partLength = partLength
  }

  package init(_ json: JSONDecoding) throws(JSONError) {
    maximumLength = try json["maximumLength"].integer(in: Self.maximumLengths)
    partLength = try json["partLength"].optional?.integer(in: Self.partLengths)
  }

  package var json: JSON {
    var object: JSONObject = ["maximumLength": JSON(maximumLength)]
    if let partLength { object["partLength"] = JSON(partLength) }
    return .object(object)
  }

  /// Sequences within each other that ids are steps of.
  package var levelCount: Int { partLength == nil ? 1 : 2 }

  /// What enters a network, a text an example.
  public func values(_ texts: [[Int32]]) -> LayerValues {
    let read = texts.map { $0.count > maximumLength ? Array($0[..<maximumLength]) : $0 }
    guard let partLength else { return LayerValues(ids: read) }
    return LayerValues(
      ids: read.map { ids in
        stride(from: 0, to: ids.count, by: partLength).map {
          Array(ids[$0..<min($0 + partLength, ids.count)])
        }
      })
  }
}

/// Numbers between the layers of a network: rows, one sequence after the other.
public struct LayerValues: Sendable {
  /// Numbers of a row; 0 for ids.
  public let size: Int
  public let exampleCount: Int
  /// Of each level, the outermost first, the length of every sequence: as many as the level before has steps.
  public let lengths: [[Int]]
  /// rows × size; empty while `table` has them.
  public package(set) var values: [Float]
  /// Of each row, where ids enter a network: −1 for nothing. Behind an embedding the ids whose vectors the rows are.
  public package(set) var ids: [Int32]

  /// What the rows are to be read from, by `ids`, where no layer has needed them as numbers yet.
  private(set) var table: EmbeddingTable?

  public var rowCount: Int { lengths.last?.reduce(0, +) ?? exampleCount }

  package init(size: Int, exampleCount: Int, lengths: [[Int]]) {
    self.size = size
    self.exampleCount = exampleCount
    self.lengths = lengths
    ids = []
    values = []
    values = [Float](repeating: 0, count: rowCount * size)
  }

  /// Rows of one example's sequence, each of `size` numbers.
  package init(rows: [[Float]], size: Int) {
    self.size = size
    exampleCount = 1
    lengths = [[rows.count]]
    ids = []
    values = []
    values.reserveCapacity(rows.count * size)
    for row in rows { values += row }
    precondition(values.count == rows.count * size)
  }

  /// Ids that enter a network, a sequence an example.
  public init(ids sequences: [[Int32]]) {
    size = 0
    exampleCount = sequences.count
    lengths = [sequences.map(\.count)]
    ids = sequences.flatMap { $0 }
    values = []
  }

  /// Ids of sequences within sequences: the letters of each word of each example.
  public init(ids sequences: [[[Int32]]]) {
    size = 0
    exampleCount = sequences.count
    lengths = [sequences.map(\.count), sequences.flatMap { $0.map(\.count) }]
    ids = sequences.flatMap { $0.flatMap { $0 } }
    values = []
  }

  /// The vectors of ids; of −1 zeros.
  init(vectorsOf given: LayerValues, in table: EmbeddingTable) {
    size = table.size
    exampleCount = given.exampleCount
    lengths = given.lengths
    ids = given.ids
    values = []
    self.table = table
  }

  /// The same, its numbers in `values`.
  func written() -> LayerValues {
    guard let table else { return self }
    var result = shaped(size: size)
    result.values.withUnsafeMutableBufferPointer { values in
      for (row, id) in ids.enumerated() where id >= 0 {
        table.write(Int(id), to: values.baseAddress! + row * size)
      }
    }
    result.ids = ids
    return result
  }

  /// A row's numbers.
  public subscript(row: Int) -> ArraySlice<Float> { values[row * size..<(row + 1) * size] }

  /// Zeros of the same lengths.
  package func shaped(size: Int) -> LayerValues {
    LayerValues(size: size, exampleCount: exampleCount, lengths: lengths)
  }

  /// Zeros with one row for every sequence of the innermost level.
  package func reduced(size: Int) -> LayerValues {
    LayerValues(size: size, exampleCount: exampleCount, lengths: lengths.dropLast())
  }

  /// Zeros whose innermost sequences have other lengths.
  package func shaped(size: Int, lengths innermost: [Int]) -> LayerValues {
    LayerValues(size: size, exampleCount: exampleCount, lengths: lengths.dropLast() + [innermost])
  }

  /// Numbers whose innermost sequences have some lengths, all of which are to be written.
  package func room(size: Int, lengths innermost: [Int]) -> LayerValues {
    LayerValues(roomFor: size, exampleCount: exampleCount, lengths: lengths.dropLast() + [innermost])
  }

  private init(roomFor size: Int, exampleCount: Int, lengths: [[Int]]) {
    self.size = size
    self.exampleCount = exampleCount
    self.lengths = lengths
    ids = []
    values = []
    let count = rowCount * size
    values = [Float](unsafeUninitializedCapacity: count) { $1 = count }
  }

  /// Calls `body` with every sequence of the innermost level and its rows.
  package func forEachSequence(_ body: (_ sequence: Int, _ rows: Range<Int>) -> Void) {
    var row = 0
    for (sequence, length) in (lengths.last ?? []).enumerated() {
      body(sequence, row..<row + length)
      row += length
    }
  }
}

/// A layer where nothing is learned.
package protocol InferenceLayer: Sendable {
  /// Whether vectors that are not written are understood as inputs.
  var readsTypes: Bool { get }
  /// The layer's outputs, in the order of the kind's.
  func forward(_ inputs: [LayerValues]) -> [LayerValues]
}

extension InferenceLayer {
  package var readsTypes: Bool { false }
}

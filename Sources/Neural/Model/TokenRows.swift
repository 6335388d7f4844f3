import LanguageModeling

/// The network's types in ascending order of their TokenIDs: the order of its rows in memory.
///
/// Rows are reordered at load, whatever the file's order, so that the types with a prefix, neighbours in the model
/// directory's vocabulary, are neighbours here too.
struct TokenRows: Sendable {
  /// The token of each row, ascending.
  let tokens: [TokenID]
  /// The row in the file of each row.
  let fileRows: [Int32]
  /// By TokenID; −1 where the network has no row. Empty when every row is its own TokenID.
  private let rowByToken: [Int32]
  private let unknownRow: Int

  /// - Parameter fileTokens: the distinct token of each row of the file.
  init(fileTokens: [TokenID]) {
    let order = fileTokens.indices.sorted { fileTokens[$0] < fileTokens[$1] }
    let sorted = order.map { fileTokens[$0] }
    fileRows = order.map { Int32($0) }
    tokens = sorted
    guard let last = sorted.last, last.index + 1 != sorted.count else {
      rowByToken = []
      unknownRow = 0
      return
    }
    var byToken = [Int32](repeating: -1, count: last.index + 1)
    for (row, token) in sorted.enumerated() { byToken[token.index] = Int32(row) }
    rowByToken = byToken
    unknownRow = Int(max(byToken[0], 0))
  }

  var count: Int { tokens.count }

  /// The row of a token, nil if the network does not know it.
  @inline(__always)
  func knownRow(of token: TokenID) -> Int? {
    if rowByToken.isEmpty { return token.index < tokens.count ? token.index : nil }
    guard token.index < rowByToken.count, rowByToken[token.index] >= 0 else { return nil }
    return Int(rowByToken[token.index])
  }

  /// The row of a token, that of `<unk>` if the network does not know it.
  @inline(__always)
  func row(of token: TokenID) -> Int { knownRow(of: token) ?? unknownRow }

  /// The rows of the tokens with ids in a range.
  func rows(in ids: Range<UInt32>) -> Range<Int> {
    lowerBound(ids.lowerBound)..<lowerBound(ids.upperBound)
  }

  private func lowerBound(_ id: UInt32) -> Int {
    if rowByToken.isEmpty { return min(Int(id), tokens.count) }
    return tokens.partitioningIndex { $0.rawValue >= id }
  }
}

extension RandomAccessCollection {
  /// The first index whose element satisfies `predicate`, given that all elements after it do too.
  func partitioningIndex(where predicate: (Element) -> Bool) -> Index {
    var low = startIndex
    var count = self.count
    while count > 0 {
      let half = count / 2
      let middle = index(low, offsetBy: half)
      if predicate(self[middle]) {
        count = half
      } else {
        low = index(after: middle)
        count -= half + 1
      }
    }
    return low
  }
}

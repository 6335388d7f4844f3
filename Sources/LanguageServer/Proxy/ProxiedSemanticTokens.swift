import JSON

/// What two servers' semantic tokens need to be those of one.
struct SemanticTokenLegend: Hashable, Sendable {
  /// How many types the other server has: Inkling's are numbered behind them.
  var otherTypeCount = 0
  /// Whether the editor takes tokens that lie over each other (LSP 3.17, "overlappingTokenSupport").
  var allowsOverlap = false
}

/// Another server's semantic tokens and Inkling's heat map in one list.
///
/// Where the editor takes no tokens that lie over each other, a token of the heat map stands in the place of what it covers, and
/// a token of the server's goes on behind it.
enum ProxiedSemanticTokens {
  private struct Token {
    var line: Int
    var start: Int
    var count: Int
    var type: Int
    var modifiers: Int
    var end: Int { start + count }
    func isBefore(_ other: Token) -> Bool { (line, start) < (other.line, other.start) }
  }

  /// - Parameter own: Inkling's result (LSP 3.17, "SemanticTokens").
  /// - Returns: nil for the answer as it is.
  static func combined(_ answer: ProxiedMessage, own: JSON, _ legend: SemanticTokenLegend) -> [UInt8]? {
    let spans = answer.spans
    guard let result = answer.result, let data = spans.member("data", of: result),
      let server = spans.integers(of: data).flatMap(decoded), let heat = tokens(of: own, legend),
      !heat.isEmpty
    else { return nil }
    let both = legend.allowsOverlap ? merged(server, heat) : divided(server, by: heat)
    let numbers = encoded(both).map(String.init).joined(separator: ",")
    return spans.bytes(of: 0..<spans.bytes.count, changing: [(data, Array("[\(numbers)]".utf8))])
  }

  /// Inkling's result with its types numbered as the editor knows them.
  static func stated(_ own: JSON, _ legend: SemanticTokenLegend) -> JSON {
    guard legend.otherTypeCount > 0, let heat = tokens(of: own, legend) else { return own }
    return ["data": .array(encoded(heat).map { JSON($0) })]
  }

  private static func tokens(of own: JSON, _ legend: SemanticTokenLegend) -> [Token]? {
    guard let numbers = own["data"]?.arrayValue?.compactMap(\.integerValue) else { return nil }
    return decoded(numbers)?.map { token in
      var token = token
      token.type += legend.otherTypeCount
      return token
    }
  }

  // MARK: Two lists in one

  private static func merged(_ server: [Token], _ heat: [Token]) -> [Token] {
    var all: [Token] = []
    all.reserveCapacity(server.count + heat.count)
    var next = 0
    for token in server {
      while next < heat.count, heat[next].isBefore(token) {
        all.append(heat[next])
        next += 1
      }
      all.append(token)
    }
    return all + heat[next...]
  }

  private static func divided(_ server: [Token], by heat: [Token]) -> [Token] {
    var all: [Token] = []
    all.reserveCapacity(server.count + 2 * heat.count)
    var next = 0
    func add(_ token: Token, from start: Int, to end: Int) {
      guard start < end else { return }
      var part = token
      (part.start, part.count) = (start, end - start)
      all.append(part)
    }
    for token in server {
      while next < heat.count,
        heat[next].line < token.line || heat[next].line == token.line && heat[next].end <= token.start
      {
        all.append(heat[next])
        next += 1
      }
      var start = token.start
      if next > 0, heat[next - 1].line == token.line { start = max(start, heat[next - 1].end) }
      while next < heat.count, heat[next].line == token.line, heat[next].start < token.end {
        add(token, from: start, to: heat[next].start)
        all.append(heat[next])
        start = max(start, heat[next].end)
        next += 1
      }
      add(token, from: start, to: token.end)
    }
    return all + heat[next...]
  }

  // MARK: Numbers

  private static func decoded(_ numbers: [Int]) -> [Token]? {
    guard numbers.count % 5 == 0, numbers.allSatisfy({ $0 >= 0 && $0 <= Int32.max }) else { return nil }
    var tokens: [Token] = []
    tokens.reserveCapacity(numbers.count / 5)
    var (line, start) = (0, 0)
    for place in stride(from: 0, to: numbers.count, by: 5) {
      if numbers[place] > 0 { start = 0 }
      line += numbers[place]
      start += numbers[place + 1]
      tokens.append(
        Token(
          line: line, start: start, count: numbers[place + 2], type: numbers[place + 3],
          modifiers: numbers[place + 4]))
    }
    return tokens
  }

  private static func encoded(_ tokens: [Token]) -> [Int] {
    var numbers: [Int] = []
    numbers.reserveCapacity(5 * tokens.count)
    var (line, start) = (0, 0)
    // A server's own tokens may lie over each other where they should not: what has no place in the order is left out.
    for token in tokens where (token.line, token.start) >= (line, start) {
      numbers += [
        token.line - line, token.line == line ? token.start - start : token.start, token.count, token.type,
        token.modifiers,
      ]
      (line, start) = (token.line, token.start)
    }
    return numbers
  }
}

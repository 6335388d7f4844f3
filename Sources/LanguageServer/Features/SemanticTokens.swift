import JSON

/// How surprising a token is, as a semantic token's type: editors colour `inklingHeat1` to `inklingHeat5`.
enum HeatMap {
  /// The least bits of each level; what is below the first is not marked.
  static let levels = [4.0, 7, 10, 13, 16]
  static let tokenTypes = (1...levels.count).map { "inklingHeat\($0)" }

  /// The index of a token's type; nil for probable text.
  static func level(ofBits bits: Double) -> Int? { levels.lastIndex { bits >= $0 } }
}

extension Session {
  /// `textDocument/semanticTokens/full` and `/range`: the heat map, computed in the background.
  func semanticTokens(
    _ params: JSONDecoding, _ context: RequestContext, _ answer: @escaping Answer, isRange: Bool
  ) {
    do throws(ResponseError) {
      let document = try document(of: params)
      guard context.settings.isHeatMapEnabled else { return answer(.success(["data": []])) }
      let lines = try isRange ? Self.lines(in: params) : nil
      learnSurprisals(
        of: document, lines: lines, unless: { context.isCancelled.isRaised },
        abandoned: { answer(.failure(.cancelled)) },
        finished: { content in
          let range = content.byteRange(ofLines: lines)
          let found = content.surprisals.known { range.contains($0.byteRange.lowerBound) }
          answer(.success(["data": .array(Self.encoded(found, content.text, context.encoding))]))
        })
    } catch { answer(.failure(error)) }
  }

  /// Five numbers a token: lines and columns since the one before, length, type, modifiers (LSP 3.17,
  /// "Semantic Tokens", integer encoding).
  private static func encoded(_ found: [Surprisal], _ text: SourceText, _ encoding: PositionEncoding)
    -> [JSON]
  {
    var data: [JSON] = []
    var last = Position(line: 0, character: 0)
    var positions = PositionReader(text, encoding)
    for surprisal in found {
      guard let level = HeatMap.level(ofBits: surprisal.bits) else { continue }
      let start = positions.position(of: surprisal.byteRange.lowerBound)
      let end = positions.position(of: surprisal.byteRange.upperBound)
      // Clients without multi-line tokens need none: words stay on their line.
      guard start.line == end.line, start.character < end.character, start >= last else { continue }
      let isSameLine = start.line == last.line
      data += [
        JSON(start.line - last.line), JSON(isSameLine ? start.character - last.character : start.character),
        JSON(end.character - start.character), JSON(level), 0,
      ]
      last = start
    }
    return data
  }
}

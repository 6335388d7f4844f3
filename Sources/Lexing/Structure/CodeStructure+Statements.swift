// Statements: where each ends, and what its parts are.
extension CodeStructure {
  mutating func statements(_ range: Range<Int>) {
    var index = range.lowerBound
    while index < range.upperBound {
      let end = max(index + 1, statement(index, range.upperBound))
      // What comes behind the place does not matter.
      if items[index].start > focus.upperBound { return }
      index = end
    }
  }

  /// Adds the ranges of the statement that begins at `start`.
  ///
  /// - Returns: where it ends.
  private mutating func statement(_ start: Int, _ limit: Int) -> Int {
    if items[start].kind == .semicolon { return start + 1 }
    if let end = labelled(start, limit) { return end }
    return table.definition.statementEnd == .semicolon
      ? statementWithEnd(start, limit) : statementOfLines(start, limit)
  }

  /// Adds a statement, with the semicolon that ends it and without.
  private mutating func emit(statement range: Range<Int>) {
    let hasEnd = range.count > 1 && items[range.upperBound - 1].kind == .semicolon
    if hasEnd { emit(items: range.lowerBound..<range.upperBound - 1) }
    // The semicolon of the last statement within another is that one's end.
    if !(hasEnd && isWithinStatement) { emit(items: range) }
  }

  /// A statement that is part of another, without brackets around it.
  private mutating func innerStatement(_ start: Int, _ limit: Int) -> Int {
    var end = limit
    let outer = isWithinStatement
    isWithinStatement = true
    deeper { end = $0.statement(start, limit) }
    isWithinStatement = outer
    return end
  }

  // MARK: Labels

  /// A case of a switch, or a label; nil where there is none.
  private mutating func labelled(_ start: Int, _ limit: Int) -> Int? {
    let isCase = role(start).isCase
    guard isCase || items[start].kind == .word else { return nil }
    guard let colon = colonOfLabel(start, limit, isCase: isCase) else { return nil }
    if isCase {
      emit(items: start..<colon + 1)
      if start + 1 < colon { sequence(start + 1..<colon) }
    }
    guard colon + 1 < limit else { return limit }
    if table.definition.statementEnd == .semicolon {
      guard !isClosing(colon + 1) else { return colon + 1 }
      let end = innerStatement(colon + 1, limit)
      emit(statement: start..<end)
      return end
    }
    guard isCase else { return nil }
    // All statements up to the next case belong to this one.
    let end = nextCase(colon + 1, limit)
    emit(items: start..<end)
    if emit(items: colon + 1..<end) { deeper { $0.statements(colon + 1..<end) } }
    return end
  }

  private func isClosing(_ index: Int) -> Bool { items[index].kind.closes }

  private func colonOfLabel(_ start: Int, _ limit: Int, isCase: Bool) -> Int? {
    if !isCase {
      guard table.definition.statementEnd == .semicolon, start + 1 < limit, isSymbol(start + 1, ":"),
        start + 2 >= limit || !isSymbol(start + 2, ":")
      else { return nil }
      return start + 1
    }
    var conditions = 0
    var index = start + 1
    while index < limit, items[index].kind != .semicolon, !isBrace(index) {
      let role = role(index)
      if role.condition >= 0, items[index].spaceBefore { conditions += 1 }
      // A case whose line ends without a comma has no statements: it is an enumeration's.
      if items[index].startsLine, items[index - 1].kind != .comma, role.binary < 0, !role.isSeparator {
        return nil
      }
      if isSymbol(index, ":") {
        if conditions == 0 { return index }
        conditions -= 1
      }
      index = after(index)
    }
    return nil
  }

  private func nextCase(_ start: Int, _ limit: Int) -> Int {
    first(in: start..<limit) { index in
      guard items[index].startsLine else { return false }
      if role(index).isCase { return colonOfLabel(index, limit, isCase: true) != nil }
      // An attribute before a case.
      return isSymbol(index, "@") && index + 2 < limit && role(index + 2).isCase
    } ?? limit
  }

  // MARK: Statements that end with a semicolon or a block

  private mutating func statementWithEnd(_ start: Int, _ limit: Int) -> Int {
    if isBrace(start), after(start) >= limit || !goesOnBehindBlock(after(start)) {
      group(start)
      return after(start)
    }
    if role(start).isBlock, let end = compound(start, limit) { return end }
    var index = start
    var isInitializing = false
    while index < limit {
      if items[index].kind == .semicolon {
        index += 1
        break
      }
      if isBrace(index), !isInitializing, !isUnfinished(start..<index) {
        if after(index) < limit, goesOnBehindBlock(after(index)) {
          index = after(index)
          continue
        }
        return definition(start, body: index)
      }
      let role = role(index)
      // Braces behind these are values.
      isInitializing =
        isInitializing || isSymbol(index, "=") || role.isSeparator && items[index].kind == .keyword
      index = after(index)
    }
    index = min(index, limit)
    emit(statement: start..<index)
    let end = items[index - 1].kind == .semicolon ? index - 1 : index
    if start < end, holdsFocus(start..<end) { sequence(start..<end) }
    return index
  }

  private func isUnfinished(_ head: Range<Int>) -> Bool {
    guard let last = head.last else { return false }
    return items[last].kind != .close && head.prefix(8).contains { role($0).isUnfinished }
  }

  /// Whether what stands behind a block is no new statement.
  private func goesOnBehindBlock(_ index: Int) -> Bool {
    switch items[index].kind {
    case .comma: return true
    case .semicolon, .open: return false
    default:
      let role = role(index)
      return role.isMember || (role.binary >= 0 && role.prefix < 0 && items[index].kind == .symbol)
    }
  }

  /// A function or type with its body.
  private mutating func definition(_ start: Int, body: Int) -> Int {
    let end = after(body)
    if emit(items: start..<end) {
      if start < body { sequence(start..<body) }
      group(body)
    }
    return end
  }

  /// `if`, `for` and the like: a head in brackets, a statement, and what goes on with them.
  private mutating func compound(_ start: Int, _ limit: Int) -> Int? {
    var index = start + 1
    while index < limit, items[index].kind == .word || items[index].kind == .keyword, !role(index).isBlock,
      !role(index).isSeparator, index < start + 4
    {
      index += 1
    }
    guard index < limit, isGroup(index, "(") || isBrace(index) else { return nil }
    if isBrace(index), index > start + 1 { return nil }
    if !isBrace(index) {
      group(index)
      index = after(index)
    }
    guard index < limit, !isClosing(index) else { return index }
    var end = innerStatement(index, limit)
    let isDo = source.text(start).elementsEqual("do".utf8)
    while end < limit, role(end).isContinuation || isDo && role(end).isBlock {
      let clause = end
      if isDo, role(end).isBlock, end + 1 < limit, isGroup(end + 1, "(") {
        group(end + 1)
        end = after(end + 1)
        if end < limit, items[end].kind == .semicolon { end += 1 }
        break
      }
      var next = clause + 1
      if next < limit, isGroup(next, "(") {
        group(next)
        next = after(next)
      }
      guard next < limit else {
        end = next
        break
      }
      end = innerStatement(next, limit)
      if end <= next { end = limit }
      emit(statement: clause..<end)
    }
    emit(statement: start..<end)
    return end
  }
}

// Statements that end with their lines, and those with blocks by braces or by indentation.
extension CodeStructure {
  /// Items that attributes and modifiers take at the most.
  private static let headLimit = 64

  mutating func statementOfLines(_ start: Int, _ limit: Int) -> Int {
    let end = endOfLines(start, limit)
    var range = start..<end
    if items[end - 1].kind == .semicolon {
      emit(items: range)
      range = start..<end - 1
    }
    guard !range.isEmpty, emit(items: range) else { return end }
    deeper { $0.parts(range) }
    return end
  }

  private func endOfLines(_ start: Int, _ limit: Int) -> Int {
    let head = headOf(start, limit)
    let hasBlock = head < limit && role(head).isBlock
    var index = after(start)
    while index < limit {
      if items[index].kind == .semicolon, !(table.indents && hasBlock) { return index + 1 }
      if items[index - 1].kind == .blockClose {
        if !(hasBlock && role(index).isContinuation) { return index }
      } else if items[index].startsLine, items[index].kind != .blockOpen,
        !goesOn(index, from: start, hasBlock)
      {
        return index
      }
      index = after(index)
    }
    return limit
  }

  /// Whether the line that begins at `index` goes on with the statement that begins at `start`.
  private func goesOn(_ index: Int, from start: Int, _ hasBlock: Bool) -> Bool {
    let role = role(index)
    if hasBlock, role.isContinuation { return true }
    if table.indents { return false }
    if isBrace(index) { return hasBlock }
    if role.isMember || role.isSeparator && source.text(index).elementsEqual("where".utf8) { return true }
    if role.binary >= 0, items[index].kind != .word, items[index].kind != .keyword || role.prefix < 0 {
      // `-x` and `&x` begin a line where nothing parts them from their operand.
      let isPrefix = role.prefix >= 0 && index + 1 < items.count && !items[index + 1].spaceBefore
      if !isPrefix { return true }
    }
    if role.condition >= 0 || role.alternative >= 0 { return true }
    let last = self.role(index - 1)
    if items[index - 1].kind == .comma || last.isMember { return true }
    if items[index - 1].kind == .symbol, last.binary >= 0 || last.condition >= 0 || last.alternative >= 0 {
      return !last.isPostfix || items[index - 1].spaceBefore
    }
    // Attributes and modifiers stand before what they belong to.
    return index - start < Self.headLimit && headOf(start, index) == index
  }

  /// The first item behind attributes and modifiers.
  func headOf(_ start: Int, _ limit: Int) -> Int {
    var index = start
    while index < limit {
      if isSymbol(index, "@"), index + 1 < limit {
        index += 2
        while index + 1 < limit, isSymbol(index, "."), items[index + 1].kind == .word { index += 2 }
        if index < limit, isGroup(index, "("), !items[index].spaceBefore { index = after(index) }
      } else if role(index).isModifier {
        index += 1
        // `private(set)`.
        if index < limit, isGroup(index, "("), !items[index].spaceBefore { index = after(index) }
      } else {
        break
      }
    }
    return index
  }

  /// The parts of a statement: its attributes and modifiers, and what they stand before.
  private mutating func parts(_ range: Range<Int>) {
    let head = headOf(range.lowerBound, range.upperBound)
    guard head < range.upperBound else { return sequence(range) }
    if head > range.lowerBound { attributes(range.lowerBound..<head) }
    guard holdsFocus(head..<range.upperBound) else { return }
    emit(items: head..<range.upperBound)
    if role(head).isBlock, first(in: range, where: { isBrace($0) }) != nil || table.indents {
      clauses(head..<range.upperBound)
    } else {
      sequence(head..<range.upperBound)
    }
  }

  private mutating func attributes(_ range: Range<Int>) {
    emit(items: range)
    var index = range.lowerBound
    let modifiers = first(in: range) { role($0).isModifier && ($0 == 0 || !isSymbol($0 - 1, "@")) }
    if let modifiers {
      emit(items: modifiers..<range.upperBound)
      emit(items: range.lowerBound..<modifiers)
    }
    while index < range.upperBound {
      let end = max(index + 1, min(range.upperBound, attributeEnd(index, range.upperBound)))
      if emit(items: index..<end), isSymbol(index, "@"), index + 1 < end {
        sequence(index + 1..<end)
      } else if let bracket = first(in: index..<end, where: { isGroup($0, "(") }) {
        group(bracket)
      }
      index = end
    }
  }

  private func attributeEnd(_ start: Int, _ limit: Int) -> Int {
    var index = start + (isSymbol(start, "@") ? 2 : 1)
    while index + 1 < limit, isSymbol(index, ".") { index += 2 }
    if index < limit, isGroup(index, "("), !items[index].spaceBefore { index = after(index) }
    return index
  }

  // MARK: Statements with blocks

  /// A statement with blocks: clause by clause, each a word, a head and a block.
  private mutating func clauses(_ range: Range<Int>) {
    var start = range.lowerBound
    while start < range.upperBound {
      guard let body = first(in: start..<range.upperBound, where: { isBrace($0) }) else {
        return lastClause(start..<range.upperBound, isFirst: start == range.lowerBound)
      }
      let end = after(body)
      if start > range.lowerBound {
        emit(items: start..<end)
        // `else if` is a statement of its own, up to the end of all.
        let inner = role(start).isBlock ? start : start + 1
        if inner < body, role(inner).isBlock {
          if emit(items: inner..<range.upperBound) { deeper { $0.clauses(inner..<range.upperBound) } }
          return
        }
      }
      if start < body, holdsFocus(start..<body) { head(start..<body) }
      group(body)
      if end < range.upperBound, !role(end).isContinuation, !role(end).isBlock {
        return sequence(end..<range.upperBound)
      }
      start = end
    }
  }

  /// What is left behind the last block, or all of a statement on one line.
  private mutating func lastClause(_ range: Range<Int>, isFirst: Bool) {
    guard holdsFocus(range) else { return }
    guard table.indents, let colon = colonOfHead(range) else {
      emit(items: range)
      if range.count > 1 { sequence(range.lowerBound + 1..<range.upperBound) }
      return
    }
    let next = first(in: colon + 1..<range.upperBound) { items[$0].startsLine && role($0).isContinuation }
    if !isFirst { emit(items: range.lowerBound..<(next ?? range.upperBound)) }
    if range.lowerBound + 1 < colon {
      sequence(range.lowerBound + 1..<colon, isLoop: isLoop(range.lowerBound))
    }
    if colon + 1 < (next ?? range.upperBound), emit(items: colon + 1..<(next ?? range.upperBound)) {
      statements(colon + 1..<(next ?? range.upperBound))
    }
    if let next { lastClause(next..<range.upperBound, isFirst: false) }
  }

  func isLoop(_ index: Int) -> Bool { source.text(index).elementsEqual("for".utf8) }

  /// The colon that ends the head of a statement by indentation.
  private func colonOfHead(_ range: Range<Int>) -> Int? {
    var lambdas = 0
    return first(in: range) { index in
      if role(index).isLambda { lambdas += 1 }
      guard isSymbol(index, ":") else { return false }
      lambdas -= 1
      return lambdas < 0
    }
  }

  /// A clause's word and what stands between it and the block.
  private mutating func head(_ range: Range<Int>) {
    var end = range.upperBound
    if table.indents, isSymbol(end - 1, ":") { end -= 1 }
    guard range.lowerBound + 1 < end else { return }
    let inner = range.lowerBound + 1..<end
    guard !table.indents, role(range.lowerBound).isFunction,
      let name = first(in: inner, where: { isGroup($0, "(") })
    else { return declarationHead(inner, isLoop: isLoop(range.lowerBound)) }
    signature(inner, parameters: name)
  }

  /// What stands behind the name of a function: its parameters, what it gives, and what is asked of both.
  mutating func signature(_ range: Range<Int>, parameters: Int) {
    let condition = first(in: parameters..<range.upperBound) { source.text($0).elementsEqual("where".utf8) }
    let end = condition ?? range.upperBound
    if emit(items: parameters..<end) {
      group(parameters)
      if let arrow = first(in: parameters..<end, where: { role($0).binary >= 0 && isArrow($0) }) {
        emit(items: after(parameters)..<arrow)
        if emit(items: arrow..<end), arrow + 1 < end { sequence(arrow + 1..<end) }
      } else {
        emit(items: after(parameters)..<end)
      }
    }
    if let condition { requirements(condition..<range.upperBound) }
    if let generic = first(in: range.lowerBound..<parameters, where: { isGroup($0, "<") }) { group(generic) }
  }

  private func isArrow(_ index: Int) -> Bool { source.text(index).elementsEqual("->".utf8) }

  private mutating func requirements(_ range: Range<Int>) {
    if emit(items: range), range.count > 1 { sequence(range.lowerBound + 1..<range.upperBound) }
  }

  /// The head of a type's declaration, or conditions.
  private mutating func declarationHead(_ range: Range<Int>, isLoop: Bool) {
    let condition = isLoop ? nil : first(in: range) { source.text($0).elementsEqual("where".utf8) }
    let end = condition ?? range.upperBound
    if let condition { requirements(condition..<range.upperBound) }
    if !table.indents, !isLoop, let colon = first(in: range.lowerBound..<end, where: { isSymbol($0, ":") }),
      first(in: range.lowerBound..<colon, where: { role($0).binary >= 0 || role($0).isSeparator }) == nil,
      colon + 1 < end
    {
      // What a type inherits.
      if emit(items: colon..<end) { sequence(colon + 1..<end) }
      return sequence(range.lowerBound..<colon)
    }
    if range.lowerBound < end {
      sequence(range.lowerBound..<end, isElement: !table.indents && !isLoop, isLoop: isLoop)
    }
  }
}

// Operands with their members, calls and subscripts, and declarations whose types come first.
extension CodeStructure {
  /// Adds the ranges of operands that stand side by side, mostly one: a name and what is asked of it, part by part.
  mutating func primary(_ range: Range<Int>) {
    var index = range.lowerBound
    while index < range.upperBound {
      let start = index
      if isCast(start, range) {
        group(start)
        return expression(after(start)..<range.upperBound)
      }
      index = operand(start, range.upperBound)
      emit(items: start..<index)
      while index < range.upperBound {
        guard let end = part(index, range.upperBound, from: start) else { break }
        index = max(end, index + 1)
        emit(items: start..<index)
      }
      // What is behind the place has no ranges around it.
      if items[start].start > focus.upperBound { return }
    }
  }

  /// A name, a number, strings side by side, a bracket.
  private mutating func operand(_ start: Int, _ limit: Int) -> Int {
    if items[start].kind.opens {
      group(start)
      var index = after(start)
      while items[start].kind == .stringOpen, index < limit, items[index].kind == .stringOpen {
        group(index)
        index = after(index)
      }
      return index
    }
    // A member of what is not said, `.name`, and what is marked, `#name`, `@name` and `\.name`.
    if items[start].kind == .symbol, start + 1 < limit, !items[start + 1].spaceBefore,
      items[start + 1].kind == .word || items[start + 1].kind == .keyword
    {
      return start + 2
    }
    return start + 1
  }

  /// Takes in what follows an operand.
  ///
  /// - Returns: where that ends; nil where nothing more belongs to it.
  private mutating func part(_ index: Int, _ limit: Int, from start: Int) -> Int? {
    let role = role(index)
    if items[index].kind == .symbol {
      if role.isMember {
        guard index + 1 < limit else { return index + 1 }
        if items[index + 1].kind.opens { return index + 1 }
        return index + 2
      }
      return role.isPostfix || role.binary >= 0 ? index + 1 : nil
    }
    guard items[index].kind == .open, items[index].partner > index else {
      return trailingLabel(index, limit)
    }
    let isTrailing = items[index].byte == UInt8(ascii: "{")
    if isTrailing, table.definition.statementEnd == .semicolon, items[index - 1].kind == .keyword {
      return nil
    }
    group(index)
    return after(index)
  }

  /// A closure behind a call with a name before it.
  private mutating func trailingLabel(_ index: Int, _ limit: Int) -> Int? {
    guard items[index].kind == .word, index + 2 < limit, isSymbol(index + 1, ":"), isBrace(index + 2),
      index > 0, items[index - 1].byte == UInt8(ascii: "}")
    else { return nil }
    emit(items: index..<after(index + 2))
    group(index + 2)
    return after(index + 2)
  }

  /// Whether a type in brackets stands before its operand.
  private func isCast(_ start: Int, _ range: Range<Int>) -> Bool {
    guard table.definition.typesComeFirst, isGroup(start, "("), after(start) < range.upperBound,
      items[start].partner > start + 1
    else { return false }
    let next = after(start)
    switch items[next].kind {
    case .word, .number, .stringOpen: return true
    case .keyword: return !role(next).isMember
    case .open:
      let last = items[items[start].partner - 1]
      return last.byte == UInt8(ascii: "*") && last.kind == .symbol || last.kind == .keyword
        || items[next].byte == UInt8(ascii: "{")
    case .symbol: return role(next).prefix >= 0 && role(next).binary < 0
    default: return false
    }
  }

  // MARK: Declarations whose types come first

  /// Whether a type and the name that is declared stand side by side.
  func isDeclaration(_ range: Range<Int>, head: Int) -> Bool {
    guard head < range.upperBound else { return false }
    var index = head
    var words = 0
    while index < range.upperBound {
      let role = role(index)
      switch items[index].kind {
      case .word, .keyword:
        if role.isSeparator || role.isBlock && items[index].kind == .keyword && !role.isUnfinished
          || role.isCase || role.prefix >= 0
        {
          return false
        }
        if !role.isModifier { words += 1 }
        index += 1
      case .open where words > 0 && (isBrace(index) || isGroup(index, "<")): index = after(index)
      case .symbol where role.isMember && words > 0: index += 1; words -= 1
      case .symbol where isSymbol(index, "*") || isSymbol(index, "&"):
        guard words > 0 else { return false }
        return words > 1 || head > range.lowerBound || isStarred(index, range)
          || items[index - 1].kind == .keyword
      default: return words > 1 || words == 1 && head > range.lowerBound && isGroup(index, "(") == false
      }
    }
    return words > 1 || words == 1 && head > range.lowerBound
  }

  /// Whether stars stand before a name that is declared, rather than between two factors.
  private func isStarred(_ star: Int, _ range: Range<Int>) -> Bool {
    var index = star
    while index < range.upperBound, isSymbol(index, "*") || isSymbol(index, "&") || role(index).isModifier {
      index += 1
    }
    guard index < range.upperBound else { return true }
    guard items[index].kind == .word, items[star].spaceBefore, !items[star + 1].spaceBefore else {
      return false
    }
    return index + 1 == range.upperBound || isSymbol(index + 1, "=") || items[index + 1].kind == .comma
      || isGroup(index + 1, "[") || isGroup(index + 1, "(")
  }

  /// A type, and what is declared with it: pointers, arrays, functions, initial values.
  mutating func declaration(_ range: Range<Int>, base: Int) {
    var start = base
    while start + 1 < range.upperBound, role(start).isModifier { start += 1 }
    var index = start
    // Words of the type; the last one is declared.
    while index < range.upperBound, isTypeWord(index, range.upperBound) {
      if items[index].kind == .open { group(index) }
      index = after(index)
      emit(items: start..<index)
      if index - 1 > start { emit(items: index - 1..<index) }
    }
    var isFirst = true
    while index < range.upperBound {
      let item = items[index]
      if item.kind == .comma {
        isFirst = false
        emit(items: range.lowerBound..<index)
        index += 1
      } else if isSymbol(index, "=") {
        let end = first(in: index + 1..<range.upperBound) { items[$0].kind == .comma } ?? range.upperBound
        emit(items: range.lowerBound..<end)
        if index + 1 < end { expression(index + 1..<end) }
        isFirst = false
        index = max(end, index + 1)
      } else {
        if item.kind.opens { group(index) }
        let end = after(index)
        // Of a pointer, an array or a function, up to the name that is declared first.
        if isFirst, item.kind == .open || isSymbol(index, "*") || isSymbol(index, "&") {
          emit(items: start..<end)
          emit(items: range.lowerBound..<end)
        }
        index = end
      }
    }
  }

  private func isTypeWord(_ index: Int, _ limit: Int) -> Bool {
    let item = items[index]
    if item.kind == .open { return isBrace(index) || isGroup(index, "<") }
    if item.kind == .symbol { return role(index).isMember }
    guard item.kind == .word || item.kind == .keyword else { return false }
    guard index + 1 < limit else { return item.kind == .keyword }
    let next = items[index + 1]
    return item.kind == .keyword || next.kind == .word || next.kind == .keyword || isSymbol(index + 1, "*")
      || isSymbol(index + 1, "&") || isBrace(index + 1) || isGroup(index + 1, "<") || role(index + 1).isMember
      || isGroup(index + 1, "(") && after(index + 1) < limit && isGroup(after(index + 1), "(")
  }
}

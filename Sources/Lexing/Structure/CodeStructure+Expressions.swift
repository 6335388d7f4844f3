// Sequences of expressions, and expressions by the precedence of their operators.
extension CodeStructure {
  /// Of a chain of operators that bind equally so many are told on either side of the place.
  private static let chainLimit = 32

  /// Adds what a stretch of items without statements in it consists of: modifiers, words such as `return`, lists, declarations and
  /// expressions.
  ///
  /// - Parameters:
  ///   - isElement: whether it is in brackets, where lists come before assignments.
  ///   - isLoop: whether it is the head of a loop, where `in` parts the variables from what they run over.
  mutating func sequence(_ range: Range<Int>, isElement: Bool = false, isLoop: Bool = false) {
    var range = range
    while !range.isEmpty, items[range.upperBound - 1].kind == .comma {
      range = range.lowerBound..<range.upperBound - 1
    }
    guard emit(items: range) else { return }
    deeper { $0.sequenceParts(range, isElement: isElement, isLoop: isLoop) }
  }

  private mutating func sequenceParts(_ range: Range<Int>, isElement: Bool, isLoop: Bool) {
    let first = role(range.lowerBound)
    let head = headOf(range.lowerBound, range.upperBound)
    if isElement {
      let elements = listed(range)
      if elements.count > 1 {
        for element in elements { sequence(element, isElement: true) }
        return
      }
    }
    if table.definition.typesComeFirst, isDeclaration(range, head: head) {
      return declaration(range, base: head)
    }
    if head > range.lowerBound, head < range.upperBound {
      emit(items: range.lowerBound..<head)
      return sequence(head..<range.upperBound, isElement: isElement)
    }
    if (first.isSeparator && first.prefix < 0 || first.isBlock || first.isCase)
      && items[range.lowerBound].kind == .keyword
    {
      guard range.count > 1 else { return }
      return sequence(
        range.lowerBound + 1..<range.upperBound, isElement: isElement,
        isLoop: source.text(range.lowerBound).elementsEqual("for".utf8))
    }
    let parts = separated(range, isLoop: isLoop)
    if parts.count > 1, !isElement || items[parts[0].upperBound].kind == .keyword, !startsBehindCommas(parts)
    {
      for (number, part) in parts.enumerated() where !part.isEmpty {
        sequence(part, isElement: isElement, isLoop: isLoop && number == 0)
      }
      return
    }
    let elements = table.indents ? [] : listed(range)
    if elements.count > 1 {
      for element in elements { sequence(element) }
      return
    }
    if parts.count > 1 {
      for part in parts where !part.isEmpty { sequence(part, isElement: isElement) }
      return
    }
    if !isElement, accessors(range) { return }
    expression(range)
  }

  /// A declaration with a block behind its type: what is in the block is no part of the type.
  private mutating func accessors(_ range: Range<Int>) -> Bool {
    guard table.definition.statementEnd == .line, !table.indents, range.count > 3,
      let brace = first(in: range, where: { isBrace($0) }), after(brace) == range.upperBound,
      brace > range.lowerBound,
      items[brace].byte == UInt8(ascii: "{"),
      let colon = first(in: range.lowerBound..<brace, where: { isSymbol($0, ":") }), colon + 1 < brace,
      first(
        in: range.lowerBound..<brace,
        where: { isSymbol($0, "=") || role($0).condition >= 0 && items[$0].spaceBefore }) == nil
    else { return false }
    expression(range.lowerBound..<brace)
    group(brace)
    return true
  }

  // MARK: Parts

  /// The stretches between words such as `in`, `from` and `where`.
  private func separated(_ range: Range<Int>, isLoop: Bool) -> [Range<Int>] {
    var parts: [Range<Int>] = []
    var start = range.lowerBound
    var isLoop = isLoop
    var hasCondition = false
    var index = range.lowerBound
    while index < range.upperBound {
      if role(index).isLambda { break }
      hasCondition = hasCondition || role(index).condition >= 0
      if separates(index, range, isLoop: isLoop, isOpen: hasCondition) {
        parts.append(start..<index)
        start = index + 1
        isLoop = self.isLoop(index)
      }
      index = after(index)
    }
    parts.append(start..<range.upperBound)
    return parts
  }

  private func separates(_ index: Int, _ range: Range<Int>, isLoop: Bool, isOpen: Bool) -> Bool {
    guard items[index].kind == .keyword else { return false }
    let role = role(index)
    if isLoop, source.text(index).elementsEqual("in".utf8) { return true }
    if role.condition >= 0 || role.alternative >= 0 {
      guard role.isSeparator || role.isBlock || role.isContinuation else { return false }
      // With its other half it is an expression.
      if role.condition >= 0 {
        return first(in: index + 1..<range.upperBound) {
          self.role($0).alternative >= 0 || self.role($0).isSeparator
        }
        .map { self.role($0).alternative < 0 } ?? true
      }
      return !isOpen
    }
    return (role.isSeparator || role.isBlock) && role.binary < 0 && role.prefix < 0
  }

  /// Whether each part but the first begins an element of a list, as `let` does in conditions.
  private func startsBehindCommas(_ parts: [Range<Int>]) -> Bool {
    parts.dropFirst().allSatisfy { part in
      let word = part.lowerBound - 1
      return word > 0 && items[word - 1].kind == .comma
        || parts.contains { $0.isEmpty && $0.lowerBound == word }
    }
  }

  /// The elements of a list.
  private func listed(_ range: Range<Int>) -> [Range<Int>] {
    var elements: [Range<Int>] = []
    var start = range.lowerBound
    var index = range.lowerBound
    var isBound = false
    while index < range.upperBound {
      let role = role(index)
      // The commas of a lambda's parameters and of a comprehension's variables are theirs.
      if role.isLambda || table.indents && isLoop(index) && index > start { isBound = true }
      if isBound, isSymbol(index, ":") || source.text(index).elementsEqual("in".utf8) { isBound = false }
      if items[index].kind == .comma, !isBound {
        if start < index { elements.append(start..<index) }
        start = index + 1
      }
      index = after(index)
    }
    if start < range.upperBound { elements.append(start..<range.upperBound) }
    return elements
  }

  // MARK: Operators

  private struct Operator {
    var index: Int
    var level: Int8
    /// Of a condition: whether it is the second word.
    var isAlternative = false
  }

  /// Adds an expression's ranges, those of the loosest operators first.
  mutating func expression(_ range: Range<Int>) {
    guard emit(items: range) else { return }
    deeper { structure in
      let operators = structure.loosest(range)
      if let level = operators.first?.level {
        structure.split(range, operators, structure.table.level(level))
      } else {
        structure.prefixed(range)
      }
    }
  }

  /// The operators of an expression that bind least, in order.
  private func loosest(_ range: Range<Int>) -> [Operator] {
    var found: [Operator] = []
    // The level of the prefix operator whose operand goes on.
    var prefix: Int8?
    var isBehindOperand = false
    /// Conditions whose second word is to come.
    var conditions = 0
    var index = range.lowerBound
    func add(_ candidate: Operator) {
      if let level = prefix, candidate.level > level { return }
      prefix = nil
      if let level = found.first?.level {
        if candidate.level > level { return }
        if candidate.level < level { found = [] }
      }
      found.append(candidate)
    }
    while index < range.upperBound {
      defer { index = after(index) }
      let item = items[index]
      let role = role(index)
      guard mayOperate(index, role, range, isBehindOperand: isBehindOperand) else {
        isBehindOperand = true
        continue
      }
      if role.isLambda {
        if prefix == nil { prefix = -1 }
        isBehindOperand = false
      } else if isBehindOperand, isPostfix(index, role, range) {
        continue
      } else if isBehindOperand, role.condition >= 0,
        item.spaceBefore || table.definition.statementEnd == .semicolon
      {
        conditions += 1
        add(Operator(index: index, level: role.condition))
        isBehindOperand = false
      } else if role.alternative >= 0, conditions > 0 {
        conditions -= 1
        add(Operator(index: index, level: role.alternative, isAlternative: true))
        isBehindOperand = false
      } else if isBehindOperand, role.binary >= 0 {
        add(Operator(index: index, level: role.binary))
        isBehindOperand = false
        if role.beginsPair, index + 1 < range.upperBound, items[index + 1].kind == .keyword,
          table.level(ofPair: source.text(index), source.text(index + 1)) != nil
        {
          index += 1
        }
      } else if role.prefix >= 0 {
        prefix = min(prefix ?? role.prefix, role.prefix)
        isBehindOperand = false
      } else {
        isBehindOperand = item.kind == .keyword && !role.isSeparator
      }
    }
    return found
  }

  /// Whether an item may be an operator: a word is one only between operands.
  private func mayOperate(
    _ index: Int, _ role: SyntaxRole, _ range: Range<Int>, isBehindOperand: Bool
  ) -> Bool {
    switch items[index].kind {
    case .symbol, .comma, .keyword: true
    case .word:
      role.binary >= 0 && isBehindOperand && index + 1 < range.upperBound && !items[index].startsLine
    default: false
    }
  }

  private func isPostfix(_ index: Int, _ role: SyntaxRole, _ range: Range<Int>) -> Bool {
    guard items[index].kind == .symbol, role.isPostfix || role.binary >= 0 else { return false }
    if index + 1 == range.upperBound { return true }
    guard role.isPostfix, !items[index].spaceBefore else { return false }
    return role.condition < 0 || !items[index + 1].spaceBefore
      || role.binary < 0 && table.definition.statementEnd == .line
  }

  private mutating func split(_ range: Range<Int>, _ operators: [Operator], _ level: SyntaxDefinition.Level) {
    if level.conditional.count == 2,
      operators.contains(where: { role($0.index).condition >= 0 || $0.isAlternative })
    {
      return conditional(range, operators)
    }
    var starts = [range.lowerBound]
    for place in operators { starts.append(operandStart(behind: place.index)) }
    let ends = operators.map(\.index) + [range.upperBound]
    let place = starts.indices.first { starts[$0] < ends[$0] && holdsFocus(starts[$0]..<ends[$0]) }
    let near = place ?? operators.firstIndex { items[$0.index].end >= focus.lowerBound } ?? 0
    switch level.associativity {
    case .left:
      for end in ends.dropFirst(max(near, 1)).prefix(Self.chainLimit) { emit(items: range.lowerBound..<end) }
    case .right:
      for start in starts[...near].suffix(Self.chainLimit) where start < range.upperBound {
        emit(items: start..<range.upperBound)
      }
    case .flat: break
    }
    guard let place else { return }
    if level.isClause, place > 0 { emit(items: ends[place - 1]..<ends[place]) }
    expression(starts[place]..<ends[place])
  }

  /// Behind an operator and what is attached to it, as in `as?` and `not in`.
  private func operandStart(behind index: Int) -> Int {
    var start = index + 1
    guard start < items.count else { return start }
    if items[index].kind == .keyword {
      if items[start].kind == .symbol, !items[start].spaceBefore, role(start).isPostfix { start += 1 }
      if items[start].kind == .keyword, role(index).beginsPair,
        table.level(ofPair: source.text(index), source.text(start)) != nil
      {
        start += 1
      }
    }
    return start
  }

  /// A value, a condition and another value, in the order of the language.
  private mutating func conditional(_ range: Range<Int>, _ operators: [Operator]) {
    guard let opening = operators.first else { return }
    var open = 0
    let closing = operators.first { place in
      if !place.isAlternative { open += 1 } else { open -= 1 }
      return open == 0
    }
    if range.lowerBound < opening.index { expression(range.lowerBound..<opening.index) }
    let middle = opening.index + 1..<(closing?.index ?? range.upperBound)
    if !middle.isEmpty { expression(middle) }
    if let closing, closing.index + 1 < range.upperBound { expression(closing.index + 1..<range.upperBound) }
  }

  /// An operand with what stands before it.
  private mutating func prefixed(_ range: Range<Int>) {
    let role = role(range.lowerBound)
    if role.isLambda {
      guard let colon = first(in: range, where: { isSymbol($0, ":") }) else { return primary(range) }
      if range.lowerBound + 1 < colon { elements(range.lowerBound + 1..<colon) }
      if colon + 1 < range.upperBound { expression(colon + 1..<range.upperBound) }
    } else if role.prefix >= 0, items[range.lowerBound].kind != .word {
      let start = operandStart(behind: range.lowerBound)
      if start < range.upperBound { expression(start..<range.upperBound) }
    } else {
      primary(range)
    }
  }
}

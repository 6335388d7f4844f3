/// The ranges of code around a place, found by going from the outside in: statements, their parts, expressions by the
/// precedence of their operators.
///
/// No parser: text that is not finished, or wrong, has ranges too. What does not hold the place is passed over bracket
/// by bracket, so that a place costs the tokens of the levels that it is in.
struct CodeStructure {
  let source: SyntaxItems
  let table: SyntaxTable
  /// What is to be selected first: the token at the place, or the place.
  let focus: Range<Int>
  /// Every range that was found, in no order.
  private(set) var found: [Range<Int>] = []
  private var depth = 0
  /// Whether what is looked at is a statement in another one, without brackets between them.
  var isWithinStatement = false
  /// Statements and brackets that are nested more deeply are not looked into: the stack is not for a text to fill.
  private static let depthLimit = 120

  init(_ source: SyntaxItems, focus: Range<Int>) {
    self.source = source
    table = source.table
    self.focus = focus
    emit(items: 0..<source.items.count)
    statements(0..<source.items.count)
    for directive in source.directives { emit(directive) }
    conditions()
  }

  var items: [SyntaxItems.Item] { _read { yield source.items } }

  // MARK: Ranges

  /// The bytes of a range of items, which must not be empty.
  func bytes(_ range: Range<Int>) -> Range<Int> {
    items[range.lowerBound].start..<max(items[range.lowerBound].start, items[range.upperBound - 1].end)
  }

  mutating func emit(_ range: Range<Int>) {
    if range.lowerBound <= focus.lowerBound, range.upperBound >= focus.upperBound { found.append(range) }
  }

  /// Adds the bytes of a range of items, if the place is within.
  ///
  /// - Returns: whether it is.
  @discardableResult
  mutating func emit(items range: Range<Int>) -> Bool {
    guard holdsFocus(range) else { return false }
    found.append(bytes(range))
    return true
  }

  func holdsFocus(_ range: Range<Int>) -> Bool {
    guard !range.isEmpty else { return false }
    return items[range.lowerBound].start <= focus.lowerBound
      && items[range.upperBound - 1].end >= focus.upperBound
  }

  /// Looks into something that holds the place.
  mutating func deeper(_ body: (inout Self) -> Void) {
    guard depth < Self.depthLimit else { return }
    depth += 1
    body(&self)
    depth -= 1
  }

  // MARK: Items

  func role(_ index: Int) -> SyntaxRole {
    switch items[index].kind {
    case .word, .keyword, .symbol, .comma: break
    default: return .none
    }
    var role = table.role(of: source.text(index))
    guard items[index].kind == .keyword else { return role }
    if index + 1 < items.count, role.beginsPair, items[index + 1].kind == .keyword,
      let level = table.level(ofPair: source.text(index), source.text(index + 1))
    {
      role.binary = level
    }
    return role
  }

  /// Behind an item, and behind what it opens.
  func after(_ index: Int) -> Int {
    let item = items[index]
    return item.kind.opens && item.partner > index ? item.partner + 1 : index + 1
  }

  func isBrace(_ index: Int) -> Bool {
    items[index].partner > index
      && (items[index].byte == UInt8(ascii: "{") || items[index].kind == .blockOpen)
      && items[index].kind != .stringOpen
  }

  func isGroup(_ index: Int, _ byte: Character) -> Bool {
    items[index].kind == .open && items[index].partner > index && items[index].byte == byte.asciiValue
  }

  func isSymbol(_ index: Int, _ byte: Character) -> Bool {
    items[index].kind == .symbol && items[index].end - items[index].start == 1
      && items[index].byte == byte.asciiValue
  }

  /// The first item in a range, brackets passed over, for which `condition` holds.
  func first(in range: Range<Int>, where condition: (Int) -> Bool) -> Int? {
    var index = range.lowerBound
    while index < range.upperBound {
      if condition(index) { return index }
      index = after(index)
    }
    return nil
  }

  // MARK: Brackets

  /// What is between an opening bracket and its partner, and the brackets around it.
  mutating func group(_ index: Int) {
    let close = items[index].partner
    guard close > index, emit(items: index..<close + 1), close > index + 1 else { return }
    let inside = index + 1..<close
    emit(items[index].end..<items[close].start)
    guard emit(items: inside) else { return }
    let outer = isWithinStatement
    isWithinStatement = false
    defer { isWithinStatement = outer }
    deeper { structure in
      switch structure.items[index].kind {
      case .stringOpen: structure.codeInString(inside)
      case .blockOpen: structure.statements(inside)
      default:
        if structure.items[close].byte == UInt8(ascii: "}"), !structure.table.indents {
          structure.braced(inside)
        } else {
          structure.elements(inside)
        }
      }
    }
  }

  private mutating func codeInString(_ range: Range<Int>) {
    var index = range.lowerBound
    while index < range.upperBound {
      if items[index].kind == .open { group(index) }
      index = after(index)
    }
  }

  /// What is in round and square brackets: parts of a loop's head, or elements of a list.
  mutating func elements(_ range: Range<Int>) {
    var start = range.lowerBound
    while start < range.upperBound {
      let end = first(in: start..<range.upperBound) { items[$0].kind == .semicolon } ?? range.upperBound
      if end < range.upperBound { emit(items: start..<end + 1) }
      if start < end { sequence(start..<end, isElement: true) }
      start = end + 1
    }
  }

  /// What is in braces: the parameters of a closure, and statements.
  private mutating func braced(_ range: Range<Int>) {
    var start = range.lowerBound
    let line = first(in: range) { $0 > range.lowerBound && items[$0].startsLine } ?? range.upperBound
    if table.definition.statementEnd == .line,
      let end = first(in: start..<line, where: { source.text($0).elementsEqual("in".utf8) }),
      end + 1 < range.upperBound,
      first(in: start..<end, where: { role($0).isBlock || role($0).isCase }) == nil
    {
      if emit(items: start..<end + 1), start < end { elements(start..<end) }
      start = end + 1
      emit(items: start..<range.upperBound)
    }
    statements(start..<range.upperBound)
  }
}

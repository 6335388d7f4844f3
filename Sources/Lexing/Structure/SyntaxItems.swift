/// The tokens around a place as a parser sees them: without comments, brackets paired, strings and blocks by
/// indentation being brackets too.
struct SyntaxItems {
  enum Kind: UInt8 {
    case word, keyword, number, symbol, comma, semicolon
    case open, close
    /// What opens and closes a string; between them are its words and the code within.
    case stringOpen, stringClose
    /// Where a deeper block begins and ends; empty.
    case blockOpen, blockClose

    var opens: Bool { self == .open || self == .stringOpen || self == .blockOpen }
    var closes: Bool { self == .close || self == .stringClose || self == .blockClose }
  }

  struct Item {
    var start: Int
    var end: Int
    /// The index of the bracket that belongs to this one; −1 for none.
    var partner = -1
    var kind: Kind
    /// The first byte.
    var byte: UInt8
    /// Whether a statement may begin: the first of its line, in no round or square bracket of an indented language.
    var startsLine: Bool
    var spaceBefore: Bool
  }

  let table: SyntaxTable
  private(set) var items: [Item] = []
  /// The lines of a preprocessor, which belong to no statement.
  private(set) var directives: [Range<Int>] = []
  private let bytes: [UInt8]
  private let base: Int
  private var open: [Int] = []
  private var columns = [0]
  private var startsLine = true
  private var lineStart = 0
  private var isInDirective = false
  private var lastEnd = -1

  /// - Parameter tokens: the indices of the tokens to read.
  init(_ document: borrowing LexedDocument, tokens: Range<Int>) {
    table = document.grammar.syntax
    base = tokens.isEmpty ? 0 : document.token(at: tokens.lowerBound).byteOffset
    let end = tokens.isEmpty ? 0 : document.token(at: tokens.upperBound - 1).endOffset
    bytes = document.bytes(in: base..<max(base, end))
    lineStart = base
    items.reserveCapacity(tokens.count + 16)
    var depth = tokens.lowerBound > 0 ? document.depth(behind: tokens.lowerBound - 1) : 0
    for index in tokens {
      let token = document.token(at: index)
      let depthAfter = document.depth(behind: index)
      if token.kind == .lineEnd {
        endLine(token, change: depthAfter - depth)
      } else {
        take(token, change: depthAfter - depth)
      }
      depth = depthAfter
    }
    closeBlocks(to: 0, at: end)
  }

  func text(_ index: Int) -> ArraySlice<UInt8> { bytes[items[index].start - base..<items[index].end - base] }

  /// The word that a directive begins with, its sign left out.
  func directiveWord(_ range: Range<Int>) -> String {
    let line = bytes[range.lowerBound - base..<range.upperBound - base].dropFirst(table.directive.count)
    let word = line.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
      .prefix { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) }
    return String(decoding: word, as: UTF8.self)
  }

  // MARK: Reading tokens

  private mutating func endLine(_ token: Token, change: Int) {
    lineStart = token.endOffset
    // A string that the line's end cut off is none.
    if change < 0, let string = open.lastIndex(where: { items[$0].kind == .stringOpen }) {
      for unclosed in open[string...] { items[unclosed].kind = .symbol }
      open.removeSubrange(string...)
    }
    guard token.context != .string else { return }
    // A backslash before its end goes on with the line.
    if let last = items.last, last.byte == UInt8(ascii: "\\"), last.end == token.byteOffset {
      items.removeLast()
      if !isInDirective { return }
    } else {
      if isInDirective, let first = directives.last?.lowerBound {
        directives[directives.count - 1] = first..<max(first, lastEnd)
      }
      isInDirective = false
    }
    startsLine = true
  }

  private mutating func take(_ token: Token, change: Int) {
    guard token.context != .comment, token.kind != .indent, token.kind != .dedent else { return }
    let byte = bytes[token.byteOffset - base]
    if isInDirective {
      // Only what may go on with the line is kept, for the line's end to see.
      lastEnd = token.endOffset
      if byte == UInt8(ascii: "\\") { append(token, .symbol, byte) }
      return
    }
    if token.kind == .delimiter, change != 0 { return takeDelimiter(token, byte, opens: change > 0) }
    if token.context == .string { return append(token, token.kind == .identifier ? .word : .number, byte) }
    if startsLine, beginsDirective(token, byte) {
      directives.append(token.byteRange)
      lastEnd = token.endOffset
      isInDirective = true
      return
    }
    indentLine(at: token.byteOffset)
    takeCode(token, byte)
  }

  private mutating func takeCode(_ token: Token, _ byte: UInt8) {
    switch token.kind {
    case .identifier, .word, .ideograph, .emoji: append(token, .word, byte)
    case .keyword: append(token, .keyword, byte)
    case .number: append(token, .number, byte)
    default: takeOperator(token, byte)
    }
  }

  /// What opens or closes a string, or code within one.
  private mutating func takeDelimiter(_ token: Token, _ byte: UInt8, opens: Bool) {
    let isWithinString = open.last.map { items[$0].kind == .stringOpen } ?? false
    if opens {
      indentLine(at: token.byteOffset)
      push(token, isWithinString ? .open : .stringOpen, byte)
    } else {
      pop(token, isWithinString ? .stringClose : .close, byte)
    }
  }

  private mutating func takeOperator(_ token: Token, _ byte: UInt8) {
    guard token.byteCount == 1 else {
      // Two angle brackets close as one operator.
      if table.definition.angleBrackets, byte == UInt8(ascii: ">"), token.byteCount == 2,
        bytes[token.byteOffset - base + 1] == byte, open.suffix(2).allSatisfy({ items[$0].byte == 0x3C }),
        open.count >= 2
      {
        for half in 0..<2 {
          pop(Token(kind: .operator, byteOffset: token.byteOffset + half, byteCount: 1), .close, byte)
        }
        return
      }
      return append(token, .symbol, byte)
    }
    switch byte {
    case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): push(token, .open, byte)
    case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): pop(token, .close, byte)
    case UInt8(ascii: ","): append(token, .comma, byte)
    case UInt8(ascii: ";"): append(token, .semicolon, byte)
    case UInt8(ascii: "<")
    where table.definition.angleBrackets && token.byteOffset == lastEnd && items.last?.kind == .word:
      push(token, .open, byte)
    case UInt8(ascii: ">") where open.last.map { items[$0].byte == UInt8(ascii: "<") } == true:
      pop(token, .close, byte)
    default: append(token, .symbol, byte)
    }
  }

  private mutating func append(_ token: Token, _ kind: Kind, _ byte: UInt8) {
    items.append(
      Item(
        start: token.byteOffset, end: token.endOffset, kind: kind, byte: byte, startsLine: startsLine,
        spaceBefore: token.byteOffset != lastEnd))
    startsLine = false
    lastEnd = token.endOffset
  }

  // MARK: Brackets

  private mutating func push(_ token: Token, _ kind: Kind, _ byte: UInt8) {
    append(token, kind, byte)
    open.append(items.count - 1)
  }

  private mutating func pop(_ token: Token, _ kind: Kind, _ byte: UInt8) {
    append(token, kind, byte)
    let index = items.count - 1
    // Brackets that were never closed are no brackets.
    guard let place = open.suffix(64).lastIndex(where: { belongs(items[$0], to: items[index]) }) else {
      return items[index].kind = .symbol
    }
    for unclosed in open[(place + 1)...] { items[unclosed].kind = .symbol }
    let partner = open[place]
    open.removeSubrange(place...)
    items[index].partner = partner
    items[partner].partner = index
  }

  private func belongs(_ opening: Item, to closing: Item) -> Bool {
    switch closing.kind {
    case .stringClose: return opening.kind == .stringOpen
    case .close:
      guard opening.kind == .open else { return false }
      let last = bytes[opening.end - base - 1]
      switch closing.byte {
      case UInt8(ascii: ")"): return last == UInt8(ascii: "(")
      case UInt8(ascii: "]"): return last == UInt8(ascii: "[")
      case UInt8(ascii: "}"): return last == UInt8(ascii: "{")
      default: return last == UInt8(ascii: "<")
      }
    default: return false
    }
  }

  private var isWithinBrackets: Bool { open.last.map { items[$0].kind != .blockOpen } ?? false }

  // MARK: Lines

  private func beginsDirective(_ token: Token, _ byte: UInt8) -> Bool {
    guard let first = table.directive.first, byte == first else { return false }
    var place = token.byteOffset - base + table.directive.count
    guard bytes[token.byteOffset - base..<min(place, bytes.count)].elementsEqual(table.directive) else {
      return false
    }
    while place < bytes.count, bytes[place] == 0x20 || bytes[place] == 0x09 { place += 1 }
    let word = bytes[min(place, bytes.count)...].prefix { $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A }
    return table.isDirective(word)
  }

  private func column(of byteOffset: Int) -> Int {
    var column = 0
    for byte in bytes[lineStart - base..<byteOffset - base] {
      column = byte == 0x09 ? (column / 8 + 1) * 8 : column + 1
    }
    return column
  }

  private mutating func indentLine(at byteOffset: Int) {
    guard startsLine, table.indents, !isWithinBrackets else { return }
    let column = column(of: byteOffset)
    if column > columns[columns.count - 1] {
      if columns.count > 1 || !items.isEmpty {
        columns.append(column)
        items.append(
          Item(
            start: byteOffset, end: byteOffset, kind: .blockOpen, byte: 0, startsLine: false,
            spaceBefore: true))
        open.append(items.count - 1)
      }
    } else {
      closeBlocks(to: column, at: byteOffset)
    }
  }

  private mutating func closeBlocks(to column: Int, at byteOffset: Int) {
    while columns.count > 1, columns[columns.count - 1] > column {
      columns.removeLast()
      guard let place = open.lastIndex(where: { items[$0].kind == .blockOpen }) else { continue }
      for unclosed in open[(place + 1)...] { items[unclosed].kind = .symbol }
      let partner = open[place]
      open.removeSubrange(place...)
      let end = items.last?.end ?? byteOffset
      items[partner].partner = items.count
      items.append(
        Item(
          start: end, end: end, partner: partner, kind: .blockClose, byte: 0, startsLine: false,
          spaceBefore: true))
    }
  }
}

extension LexedDocument {
  /// How many strings, comments and blocks are open behind a token.
  func depth(behind index: Int) -> Int {
    Int(states[LexerState(rawValue: tokenBuffer.stored(index).stateAfter).frame].depth)
  }
}

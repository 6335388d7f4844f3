/// Turns a definition into the tables that the lexer's loop reads.
struct GrammarCompiler {
  private var definition: GrammarDefinition
  private var allocations: [UnsafeMutableRawPointer] = []

  static func compile(_ definition: GrammarDefinition) -> GrammarTables {
    var compiler = GrammarCompiler(definition: definition)
    return compiler.tables()
  }

  private init(definition: GrammarDefinition) { self.definition = definition }

  private mutating func tables() -> GrammarTables {
    let flags = byteFlags()
    let (regions, codeOpeners, textOpeners) = compiledRegions()
    let (openers, openerRanges) = ranged(codeOpeners)
    let (rootOpeners, rootOpenerRanges) = ranged(textOpeners)
    let sigils = definition.identifiers.sigils.sorted { $0.utf8.count > $1.utf8.count }.map { word($0) }
    let (operators, operatorRanges) = compiledOperators()
    let (places, longest) = keywordPlaces()
    let root = textClasses(
      special: Set(textOpeners.flatMap { $0.0 } + firstBytes(definition.identifiers.sigils)))
    let numbers = definition.numbers
    let result = GrammarTables(
      codeClasses: store(codeClasses(flags: flags, openers: codeOpeners)), byteFlags: store(flags),
      rootTextClasses: store(root),
      regions: UnsafeBufferPointer(start: store(regions), count: regions.count),
      codeOpeners: openers, codeOpenerRanges: openerRanges, textOpeners: rootOpeners,
      textOpenerRanges: rootOpenerRanges,
      sigils: UnsafeBufferPointer(start: store(sigils), count: sigils.count),
      operators: operators, operatorRanges: operatorRanges,
      keywords: UnsafeBufferPointer(start: store(places), count: places.count), longestKeyword: longest,
      keywordsIgnoreCase: definition.keywordsIgnoreCase, isProse: definition.isProse,
      indentationMatters: definition.indentationMatters && !definition.isProse,
      usesOperands: definition.regions.contains { $0.place == .operand },
      hasOperatorRuns: !definition.operatorCharacters.isEmpty,
      leadingPoint: numbers.leadingPoint, trailingPoint: numbers.trailingPoint,
      identifierQuote: definition.identifiers.quote.utf8.first ?? 0,
      allocations: UnsafeMutableBufferPointer(start: nil, count: 0))
    return owning(result)
  }

  private func owning(_ tables: GrammarTables) -> GrammarTables {
    var result = tables
    let list = UnsafeMutableBufferPointer<UnsafeMutableRawPointer>.allocate(capacity: allocations.count)
    _ = list.initialize(from: allocations)
    result.allocations = list
    return result
  }

  /// Copies `values` to memory that the tables own. Never nil, even when empty.
  private mutating func store<T: BitwiseCopyable>(_ values: [T]) -> UnsafePointer<T> {
    let place = UnsafeMutablePointer<T>.allocate(capacity: max(1, values.count))
    place.initialize(from: values, count: values.count)
    allocations.append(UnsafeMutableRawPointer(place))
    return UnsafePointer(place)
  }

  private mutating func word(_ text: String) -> CompiledWord {
    let bytes = Array(text.utf8)
    return CompiledWord(bytes: store(bytes), count: bytes.count)
  }

  private mutating func pattern(_ pattern: DelimiterPattern) -> CompiledPattern {
    var result = CompiledPattern(
      bytes: store(pattern.prefix + pattern.suffix), prefixCount: pattern.prefix.count,
      suffixCount: pattern.suffix.count, variable: .none, repeated: 0)
    switch pattern.variable {
    case .none: break
    case .repeated(let byte): (result.variable, result.repeated) = (.repeated, byte)
    case .tag: result.variable = .tag
    }
    return result
  }

  private func firstBytes(_ words: [String]) -> [UInt8] { words.compactMap { $0.utf8.first } }
}

// MARK: Bytes

extension GrammarCompiler {
  fileprivate func byteFlags() -> [UInt8] {
    var flags = [UInt8](repeating: 0, count: 256)
    func add(_ characters: String, _ flag: UInt8) {
      for byte in characters.utf8 where byte < 0x80 { flags[Int(byte)] |= flag }
    }
    let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    add(letters + definition.identifiers.start, ByteFlag.identifierStart)
    add(
      letters + "0123456789" + definition.identifiers.start + definition.identifiers.rest,
      ByteFlag.identifierRest)
    add("0123456789", ByteFlag.digit)
    add(definition.numbers.separators, ByteFlag.numberSeparator)
    add(definition.operatorCharacters, ByteFlag.operatorRun)
    add(definition.numbers.exponents, ByteFlag.exponent)
    add(definition.numbers.hexadecimalExponents, ByteFlag.hexadecimalExponent)
    return flags
  }

  fileprivate func codeClasses(flags: [UInt8], openers: [([UInt8], CompiledOpener, Int)]) -> [UInt8] {
    var classes = [UInt8](repeating: CodeClass.symbol, count: 256)
    for byte in 0..<256 {
      if byte < 0x20 || byte == 0x7F { classes[byte] = CodeClass.other }
      if byte >= 0x80 { classes[byte] = CodeClass.nonASCII }
      if flags[byte] & ByteFlag.identifierStart != 0 { classes[byte] = CodeClass.identifier }
      if flags[byte] & ByteFlag.digit != 0 { classes[byte] = CodeClass.digit }
    }
    for byte: UInt8 in [0x20, 0x09, 0x0B, 0x0C] { classes[Int(byte)] = CodeClass.space }
    for byte: UInt8 in [0x0A, 0x0D] { classes[Int(byte)] = CodeClass.lineEnd }
    if definition.numbers.leadingPoint { classes[Int(UInt8(ascii: "."))] = CodeClass.point }
    if let quote = definition.identifiers.quote.utf8.first { classes[Int(quote)] = CodeClass.quote }
    for (first, _, _) in openers { for byte in first { classes[Int(byte)] |= CodeClass.candidate } }
    for byte in firstBytes(definition.identifiers.sigils) { classes[Int(byte)] |= CodeClass.candidate }
    return classes
  }

  fileprivate func textClasses(special: Set<UInt8>) -> [UInt8] {
    var classes = [UInt8](repeating: TextClass.punctuation, count: 256)
    for byte in 0..<256 {
      switch UInt8(byte) {
      case 0x20, 0x09, 0x0B, 0x0C: classes[byte] = TextClass.space
      case 0x0A, 0x0D: classes[byte] = TextClass.lineEnd
      case 0..<0x20, 0x7F: classes[byte] = TextClass.other
      case UInt8(ascii: "0")...UInt8(ascii: "9"): classes[byte] = TextClass.digit
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
        classes[byte] = TextClass.word
      case 0x80...: classes[byte] = TextClass.nonASCII
      default: break
      }
    }
    if !definition.isProse { classes[Int(UInt8(ascii: "_"))] = TextClass.word }
    for byte in definition.identifiers.wordJoiners.utf8 where byte < 0x80 {
      classes[Int(byte)] |= TextClass.joiner
    }
    for byte in special { classes[Int(byte)] |= TextClass.special }
    return classes
  }
}

// MARK: Regions

extension GrammarCompiler {
  fileprivate typealias Openers = [([UInt8], CompiledOpener, Int)]

  fileprivate mutating func compiledRegions() -> ([CompiledRegion], Openers, Openers) {
    var regions: [CompiledRegion] = []
    var codeOpeners: Openers = []
    var textOpeners: Openers = []
    for (index, region) in definition.regions.enumerated() {
      var first: Set<UInt8> = []
      for prefix in region.prefixes {
        let opener = DelimiterPattern(prefix + region.open)
        guard !opener.isEmpty else { continue }
        let compiled = CompiledOpener(pattern: pattern(opener), region: UInt16(index))
        let length = opener.prefix.count + opener.suffix.count
        if region.kind != .code { codeOpeners.append((opener.firstBytes, compiled, length)) }
        if region.kind == .code || region.kind == .comment {
          textOpeners.append((opener.firstBytes, compiled, length))
        }
        if region.nests { first.formUnion(opener.firstBytes) }
      }
      regions.append(compiled(region, special: first))
    }
    return (regions, codeOpeners, textOpeners)
  }

  private mutating func compiled(_ region: GrammarDefinition.Region, special: Set<UInt8>) -> CompiledRegion {
    let close = DelimiterPattern(region.close)
    let escape = DelimiterPattern(region.escape)
    var special = special.union(close.firstBytes).union(escape.firstBytes)
    var interpolations: [CompiledInterpolation] = []
    for interpolation in region.interpolations {
      let open = DelimiterPattern(interpolation.open)
      special.formUnion(open.firstBytes)
      let (opening, closing) = brackets(interpolation.open, interpolation.close)
      interpolations.append(
        CompiledInterpolation(
          open: pattern(open), close: pattern(DelimiterPattern(interpolation.close)),
          openingBracket: opening, closingBracket: closing, takesIdentifier: interpolation.close.isEmpty))
    }
    let kind: CompiledRegionKind
    switch region.kind {
    case .comment: kind = .comment
    case .string: kind = .string
    case .heredoc: kind = .heredoc
    case .code: kind = .code
    }
    let place: CompiledPlace
    switch region.place {
    case .anywhere: place = .anywhere
    case .lineStart: place = .lineStart
    case .afterSpace: place = .afterSpace
    case .notAfterWord: place = .notAfterWord
    case .operand: place = .operand
    }
    let (opening, closing) = brackets(region.open, region.close)
    return CompiledRegion(
      kind: kind, context: region.kind == .comment ? .comment : .string, close: pattern(close),
      escape: pattern(escape), hasClose: !close.isEmpty, hasEscape: !escape.isEmpty,
      isEscapedByDoubling: region.isEscapedByDoubling, isMultiline: region.isMultiline, nests: region.nests,
      holdsOneCharacter: region.holdsOneCharacter, isFollowedByName: region.isFollowedByName,
      needsCapital: region.needsCapital, place: place,
      interpolations: UnsafeBufferPointer(start: store(interpolations), count: interpolations.count),
      textClasses: store(textClasses(special: special)), openingBracket: opening, closingBracket: closing)
  }

  /// The bracket that `open` ends with, if `close` is its partner.
  private func brackets(_ open: String, _ close: String) -> (UInt8, UInt8) {
    for pair in ["()", "[]", "{}"] {
      if let opening = pair.utf8.first, let closing = pair.utf8.last, open.utf8.last == opening,
        close.utf8.elementsEqual([closing])
      {
        return (opening, closing)
      }
    }
    return (0, 0)
  }

  /// Sorts openers by first byte, and under each byte from the longest to the shortest.
  fileprivate mutating func ranged(
    _ openers: Openers
  ) -> (UnsafePointer<CompiledOpener>, UnsafePointer<TableRange>) {
    var sorted: [CompiledOpener] = []
    var ranges = [TableRange](repeating: TableRange(), count: 256)
    for byte in 0..<256 {
      let matching = openers.filter { $0.0.contains(UInt8(byte)) }.enumerated()
        .sorted { ($1.element.2, $0.offset) < ($0.element.2, $1.offset) }.map(\.element.1)
      ranges[byte] = TableRange(start: UInt16(sorted.count), count: UInt16(matching.count))
      sorted += matching
    }
    return (store(sorted), store(ranges))
  }
}

// MARK: Operators and keywords

extension GrammarCompiler {
  fileprivate mutating func compiledOperators() -> (UnsafePointer<CompiledWord>, UnsafePointer<TableRange>) {
    var sorted: [CompiledWord] = []
    var ranges = [TableRange](repeating: TableRange(), count: 256)
    let several = Set(definition.operators).filter { $0.utf8.count > 1 }
      .sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
    for byte in 0..<256 {
      let matching = several.filter { $0.utf8.first == UInt8(byte) }
      ranges[byte] = TableRange(start: UInt16(sorted.count), count: UInt16(matching.count))
      for text in matching { sorted.append(word(text)) }
    }
    return (store(sorted), store(ranges))
  }

  fileprivate mutating func keywordPlaces() -> ([CompiledWord], Int) {
    let ignoresCase = definition.keywordsIgnoreCase
    let words = Set(definition.keywords.map { ignoresCase ? $0.lowercased() : $0 }).filter { !$0.isEmpty }
      .sorted()
    var size = 16
    while size < words.count * 4 { size *= 2 }
    let none = CompiledWord(bytes: store([UInt8(0)]), count: 0)
    var places = [CompiledWord](repeating: none, count: size)
    for text in words {
      let entry = word(text)
      var place =
        GrammarTables.keywordHash(entry.bytes, entry.count, fold: ignoresCase ? 0x20 : 0) & (size - 1)
      while places[place].count != 0 { place = (place + 1) & (size - 1) }
      places[place] = entry
    }
    return (places, words.map(\.utf8.count).max() ?? 0)
  }
}

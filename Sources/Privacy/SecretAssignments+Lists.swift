/// Values of which there are several, and values that stand before their names.
extension SecretAssignments {
  /// How many lines behind a name its values are looked for.
  private static let farthest = 3

  // MARK: Lists

  /// The contents of a list of literals, from the first to the last, where all are secrets: `["…", "…"]`, `{"…"}`.
  func collection(_ start: Int) -> Range<Int>? {
    guard strength != .weak, let close = Self.brackets[line[start]] else { return nil }
    var offset = line.skippingBlanks(start + 1)
    var whole: Range<Int>?
    for _ in 0..<16 {
      guard let quote = literalStart(offset), let value = quoted(quote) else { return nil }
      let isAlone = whole == nil && line[line.skippingBlanks(value.upperBound + 1)] == close
      guard isAlone && close == UInt8(ascii: "}") || isItem(value) else { return nil }
      whole = (whole?.lowerBound ?? value.lowerBound)..<value.upperBound
      offset = line.skippingBlanks(value.upperBound + 1)
      if line[offset] == close { return whole }
      if line[offset] == UInt8(ascii: ",") { offset = line.skippingBlanks(offset + 1) }
      if line[offset] == close { return whole }
    }
    return nil
  }

  private static let brackets: [UInt8: UInt8] = [
    UInt8(ascii: "["): UInt8(ascii: "]"), UInt8(ascii: "{"): UInt8(ascii: "}"),
    UInt8(ascii: "("): UInt8(ascii: ")"),
  ]

  /// Whether one of several values is more than a word: names are listed as well.
  private func isItem(_ value: Range<Int>) -> Bool {
    let kinds = SecretValues.Kinds(line.text[value])
    return value.count >= 5 && kinds.letters > 0 && kinds.blanks == 0
      && (kinds.digits > 0 || SecretValues.Kinds.hasRareSign(line.text[value]))
      && !SecretNames.isMention(line.text[value]) && !SecretWords.isTechnical(line.text[value])
      && !line.text[value].contains { "/{}()<>".utf8.contains($0) }
  }

  /// The values on the lines behind: of a list, of several names, or of a table under its headings.
  func listed() -> [Range<Int>] {
    let rows = octetRows()
    if !rows.isEmpty { return rows }
    guard strength == .strong || strength == .token || strength == .medium else { return [] }
    var end = name.upperBound
    if isQuote(line[end]) { end += 1 }
    let next = line.skippingBlanks(end)
    let rest = line.trimmed(next..<line.end)
    if rest.count <= 3, line[next] == UInt8(ascii: ":") || line[next] == UInt8(ascii: "=") {
      let isOpen = rest.count > 1 && "[({".utf8.contains(line[rest.upperBound - 1])
      if isOpen || rest.count == 1 { return items(isOpen: isOpen) }
    }
    return SecretTable.values(under: name, line, strength)
  }

  /// `- …` in YAML, literals in an open list, and `ann: …` where the name is that of several passwords.
  private func items(isOpen: Bool) -> [Range<Int>] {
    let isSeveral =
      line.has("passw", at: name.lowerBound) && line.has("s", at: name.upperBound - 1)
      || line.has("passwords", at: name.upperBound - 9)
    let indentation = line.skippingBlanks(line.start) - line.start
    var values: [Range<Int>] = []
    var next = line.nextLine
    for _ in 0..<Self.farthest {
      guard let item = next else { break }
      var first = item.skippingBlanks(item.start)
      let isDashed = item[first] == UInt8(ascii: "-") && isBlank(item[first + 1])
      if isDashed { first = item.skippingBlanks(first + 1) }
      let assignment = SecretAssignments(line: item, name: first..<first, strength: strength)
      if isDashed && !isOpen || isOpen && assignment.isLiteral(first) {
        let value =
          assignment.literalStart(first).map { item.trimmed(item.quoted(at: $0)) }
          ?? item.trimmed(first..<assignment.withoutComment(first))
        if assignment.isItem(value), !item.text[value].contains(UInt8(ascii: ":")),
          SecretValues.isSecret(value, item, .strong, .quoted)
        {
          values.append(value)
        }
      } else if isSeveral, !isOpen, first - item.start > indentation {
        let nameEnd = item.nameEnd(first)
        guard item[nameEnd] == UInt8(ascii: ":"), isBlank(item[nameEnd + 1]) else { break }
        // Rules for passwords have names as well.
        let last =
          item.text[first..<nameEnd].split(separator: UInt8(ascii: "_")).last ?? item.text[first..<first]
        if SecretWords.isAspect(last) || SecretWords.isStatus(last) { return [] }
        let member = SecretAssignments(line: item, name: first..<nameEnd, strength: .strong)
        if let value = member.assigned(nameEnd + 1, sign: UInt8(ascii: ":"), isTight: true) {
          values.append(value)
        }
      } else {
        break
      }
      next = item.nextLine
    }
    return values
  }

  // MARK: Before the name

  /// The literal in a call that keeps it under the name: `set("…", forKey: "password")`.
  func keyed() -> Range<Int>? {
    guard isQuote(line[name.lowerBound - 1]) else { return nil }
    var offset = name.lowerBound - 1
    while isBlank(line[offset - 1]) { offset -= 1 }
    guard line[offset - 1] == UInt8(ascii: ":"), line.has("key", at: offset - 4) else { return nil }
    while isNameByte(line[offset - 1]) || line[offset - 1] == UInt8(ascii: ":") { offset -= 1 }
    while isBlank(line[offset - 1]) { offset -= 1 }
    guard line[offset - 1] == UInt8(ascii: ","), isQuote(line[offset - 2]) else { return nil }
    let end = offset - 2
    var start = end
    while start > line.start, end - start < 128, line[start - 1] != line[end] { start -= 1 }
    guard line[start - 1] == line[end], line[start - 2] == UInt8(ascii: "(") else { return nil }
    return secret(start..<end, .quoted) ? start..<end : nil
  }

  /// `value: …` on the line before `name: DB_PASSWORD`.
  func valueOnLineBefore() -> Range<Int>? {
    guard strength != .none, isNamed else { return nil }
    var end = name.upperBound
    while isQuote(line[end]) || line[end] == UInt8(ascii: ",") || line[end] == UInt8(ascii: "\\") { end += 1 }
    end = line.skippingBlanks(end)
    if line[end] == UInt8(ascii: "}") { end += 1 }
    let start = line.skippingBlanks(line.start)
    guard line.isLast(end), !"-{<".utf8.contains(line[start]), let before = line.lineBefore else {
      return nil
    }
    var first = before.skippingBlanks(before.start)
    if "-{".utf8.contains(before[first]) { first = before.skippingBlanks(first + 1) }
    let isValue = before.hasWord("value", at: first) || before.hasWord("value", at: first + 1)
    return isValue
      ? SecretAssignments(line: before, name: first..<first, strength: strength).valued(at: first) : nil
  }
}

/// Tables in text, whose columns are named in the line above.
enum SecretTable {
  private static let separators = Array(",;\t|".utf8)
  /// How many lines behind the headings are looked at.
  private static let farthest = 3
  /// Longer lines are no headings.
  private static let longest = 512

  /// The cells under a heading that is the name of a secret.
  static func values(
    under name: Range<Int>, _ line: SecretLine, _ strength: SecretNames.Strength
  ) -> [Range<Int>] {
    var end = name.upperBound
    if isQuote(line[end]) { end += 1 }
    var start = name.lowerBound
    while start > line.start, isNameByte(line[start - 1]) || line[start - 1] == UInt8(ascii: "-") {
      start -= 1
    }
    if isQuote(line[start - 1]) { start -= 1 }
    if line[line.skippingBlanks(line.start)] == UInt8(ascii: "|") {
      end = line.skippingBlanks(end)
      while isBlank(line[start - 1]) { start -= 1 }
    }
    guard let separator = separators.first(where: { $0 == line[end] || $0 == line[start - 1] }),
      line[end] == separator || end >= line.end, line[start - 1] == separator || start == line.start,
      line.end - line.start <= longest
    else { return [] }
    let isRuled = separator == UInt8(ascii: "|")
    let headings = cells(line, separator)
    guard headings.count > (isRuled ? 2 : 1), isHeading(headings, line, isRuled: isRuled),
      let column = headings.firstIndex(where: { $0.contains(name.lowerBound) })
    else { return [] }
    let isOfLogins =
      isRuled && strength == .strong && headings[column].count == name.count
      && isOfLogins(headings, line)
    var values: [Range<Int>] = []
    var next = line.nextLine
    for _ in 0..<farthest {
      guard let row = next else { break }
      let fields = cells(row, separator)
      guard fields.count == headings.count else { break }
      let value = fields[column]
      if isSecret(value, row, strength, isRuled: isRuled)
        || isOfLogins && SecretValues.Kinds(row.text[value]).blanks == 0
          && !SecretWords.isFunction(row.text[value]) && !SecretWords.isAspect(row.text[value])
          && SecretValues.isSecret(value, row, .strong, .setting)
      {
        values.append(value)
      }
      next = row.nextLine
    }
    return values
  }

  private static func isSecret(
    _ value: Range<Int>, _ row: SecretLine, _ strength: SecretNames.Strength, isRuled: Bool
  ) -> Bool {
    let kinds = SecretValues.Kinds(row.text[value])
    let isMixed = kinds.letters > 1 && (kinds.digits > 0 || SecretValues.Kinds.hasRareSign(row.text[value]))
    return value.count >= 4 && (isMixed || !isRuled && strength == .strong && kinds.blanks == 0)
      && SecretValues.isSecret(value, row, strength, .quoted)
  }

  /// Whether a table says whose the passwords are, and not what passwords are like.
  private static func isOfLogins(_ headings: [Range<Int>], _ line: SecretLine) -> Bool {
    let owners: [StaticString] = [
      "user", "username", "login", "account", "host", "server", "service", "machine", "email", "system",
      "device",
      "url", "site", "benutzer", "name", "utilisateur", "usuario", "role",
    ]
    let others: [StaticString] = [
      "type", "default", "description", "meaning", "option", "required", "parameter",
    ]
    return headings.contains { line.hasWord(of: owners, in: $0) }
      && !headings.contains { line.hasWord(of: others, in: $0) }
  }

  /// Whether the cells are but names: a list of arguments or a sentence is none.
  private static func isHeading(_ cells: [Range<Int>], _ line: SecretLine, isRuled: Bool) -> Bool {
    cells.indices.allSatisfy { index in
      let cell = cells[index]
      let isEdge = isRuled && (index == 0 || index == cells.count - 1)
      let isTight =
        isRuled
        || line[cell.lowerBound - 1] != 0x20 && line[cell.upperBound] != 0x20
      return (isEdge || !cell.isEmpty) && isTight && cell.count <= 40
        && line.text[cell].allSatisfy { isNameByte($0) || " -./#*`".utf8.contains($0) }
        && (line.text[cell].contains(where: { isLetter($0) || $0 >= 0x80 }) || isEdge)
    }
  }

  /// The cells of a line, without blanks and quotes around them.
  private static func cells(_ line: SecretLine, _ separator: UInt8) -> [Range<Int>] {
    var cells: [Range<Int>] = []
    var start = line.start
    while start <= line.end, cells.count < 64 {
      var first = start
      while line[first] == 0x20 { first += 1 }
      var end = first
      var cell = first..<first
      if line[first] == UInt8(ascii: "\"") {
        cell = line.quoted(at: first)
        end = cell.upperBound + 1
      }
      while end < line.end, line[end] != separator { end += 1 }
      if cell.isEmpty { cell = line.trimmed(start..<min(end, line.end)) }
      if cell.count > 1, "`".utf8.contains(line[cell.lowerBound]),
        line[cell.upperBound - 1] == line[cell.lowerBound]
      {
        cell = cell.lowerBound + 1..<cell.upperBound - 1
      }
      cells.append(cell)
      if end >= line.end { break }
      start = end + 1
    }
    return cells
  }
}

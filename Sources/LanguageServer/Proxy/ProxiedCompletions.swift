import JSON
import LanguageServerProtocol

/// Another server's list of completions, which is put in order without touching anything else of it.
struct ProxiedCompletions {
  struct Item {
    var range: Range<Int>
    var sortText: Range<Int>?
    var preselect: Range<Int>?
    var isPreselected: Bool
    var label: String
    /// What the server would sort by.
    var sortKey: String
    /// What is ranked.
    var text: String
  }

  private let spans: JSONSpans
  private let array: Range<Int>
  private(set) var items: [Item] = []

  /// - Parameter result: that of the answer: a list, or an array of items. Nil if it is neither.
  init?(_ spans: JSONSpans, result: Range<Int>) {
    self.spans = spans
    var defaultFormat: Range<Int>?
    if spans.bytes[result.lowerBound] == UInt8(ascii: "{") {
      guard let items = spans.member("items", of: result) else { return nil }
      array = items
      defaultFormat = spans.member("itemDefaults", of: result).flatMap {
        spans.member("insertTextFormat", of: $0)
      }
    } else {
      array = result
    }
    var items: [Item] = []
    let end = spans.scanning { scanner in
      scanner.forEachElement(ofArrayAt: array.lowerBound) { start in
        let item = item(start, scanner, defaultFormat)
        if let item { items.append(item) }
        return item?.range.upperBound
      }
    }
    guard end == array.upperBound else { return nil }
    self.items = items
  }

  /// Members that count, the last of several with the same name.
  private struct Members {
    var label: Range<Int>?
    var insertText: Range<Int>?
    var insertTextFormat: Range<Int>?
    var kind: Range<Int>?
    var sortText: Range<Int>?
    var filterText: Range<Int>?
    var preselect: Range<Int>?
    var textEdit: Range<Int>?
    var textEditText: Range<Int>?

    @inline(__always)
    mutating func take(_ member: JSONScanner.Member, _ scanner: JSONScanner) {
      // Tells nearly all names apart.
      switch member.key.count {
      case 4: if scanner.isKey(member.key, "kind") { kind = member.value }
      case 5: if scanner.isKey(member.key, "label") { label = member.value }
      case 8:
        if scanner.isKey(member.key, "sortText") { sortText = member.value }
        if scanner.isKey(member.key, "textEdit") { textEdit = member.value }
      case 9: if scanner.isKey(member.key, "preselect") { preselect = member.value }
      case 10:
        if scanner.isKey(member.key, "insertText") { insertText = member.value }
        if scanner.isKey(member.key, "filterText") { filterText = member.value }
      case 12: if scanner.isKey(member.key, "textEditText") { textEditText = member.value }
      case 16: if scanner.isKey(member.key, "insertTextFormat") { insertTextFormat = member.value }
      default: break
      }
    }
  }

  private func item(_ start: Int, _ scanner: JSONScanner, _ defaultFormat: Range<Int>?) -> Item? {
    var members = Members()
    guard let end = scanner.forEachMember(ofObjectAt: start, { members.take($0, scanner) }),
      let label = spans.string(members.label)
    else { return nil }
    let edited = members.textEdit.flatMap { spans.member("newText", of: $0) } ?? members.textEditText
    let candidate = RankCandidate(
      label: label, insertText: spans.string(edited ?? members.insertText),
      isSnippet: spans.isLiteral(members.insertTextFormat ?? defaultFormat, "2"),
      kind: spans.integer(members.kind))
    // A snippet may begin with what is to be filled in.
    var text = candidate.text
    if text.isEmpty { text = spans.string(members.filterText) ?? label }
    return Item(
      range: start..<end, sortText: members.sortText, preselect: members.preselect,
      isPreselected: spans.isLiteral(members.preselect, "true"), label: label,
      sortKey: spans.string(members.sortText) ?? label, text: text)
  }

  /// The places of the items as the server wants them shown.
  var serverOrder: [Int] {
    // Most servers sort their lists themselves.
    if items.indices.dropFirst().allSatisfy({ items[$0 - 1].sortKey <= items[$0].sortKey }) {
      return Array(items.indices)
    }
    return items.indices.sorted { (items[$0].sortKey, $0) < (items[$1].sortKey, $1) }
  }

  /// The answer's bytes with the items in another order, and some more at the end.
  ///
  /// - Parameter order: the places of the items, each once.
  func reordered(_ order: [Int], adding others: [[UInt8]] = []) -> [UInt8] {
    let movesPreselection = items.contains(where: \.isPreselected)
    var new: [UInt8] = [UInt8(ascii: "[")]
    new.reserveCapacity(array.count + 32 * items.count)
    spans.bytes.withUnsafeBufferPointer { bytes in
      for (rank, place) in order.enumerated() {
        if rank > 0 { new.append(UInt8(ascii: ",")) }
        append(items[place], rank: rank, movesPreselection, bytes, to: &new)
      }
    }
    for other in others {
      if new.count > 1 { new.append(UInt8(ascii: ",")) }
      new += other
    }
    new.append(UInt8(ascii: "]"))
    return spans.bytes(of: 0..<spans.bytes.count, changing: [(array, new)])
  }

  private func append(
    _ item: Item, rank: Int, _ movesPreselection: Bool, _ bytes: UnsafeBufferPointer<UInt8>,
    to new: inout [UInt8]
  ) {
    var copied = item.range.lowerBound
    func copy(upTo end: Int) {
      new.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[copied..<end]))
      copied = end
    }
    func exchange(_ range: Range<Int>, _ write: (inout [UInt8]) -> Void) {
      copy(upTo: range.lowerBound)
      write(&new)
      copied = range.upperBound
    }
    let preselection = movesPreselection ? item.preselect : nil
    // Behind the brace.
    copy(upTo: item.range.lowerBound + 1)
    if item.sortText == nil {
      new.append(contentsOf: "\"sortText\":".utf8)
      Self.append(sortText: rank, to: &new)
      new.append(UInt8(ascii: ","))
    }
    if movesPreselection, preselection == nil, rank == 0 {
      new.append(contentsOf: "\"preselect\":true,".utf8)
    }
    let isSortedLast = (item.sortText?.lowerBound ?? 0) > (preselection?.lowerBound ?? 0)
    for isSortText in [!isSortedLast, isSortedLast] {
      guard let range = isSortText ? item.sortText : preselection else { continue }
      exchange(range) { new in
        if isSortText {
          Self.append(sortText: rank, to: &new)
        } else {
          new.append(contentsOf: (rank == 0 ? "true" : "false").utf8)
        }
      }
    }
    copy(upTo: item.range.upperBound)
  }

  /// At least six digits: texts sort as their ranks do.
  private static func append(sortText rank: Int, to new: inout [UInt8]) {
    new.append(UInt8(ascii: "\""))
    var place = 100_000
    while place > max(rank, 1) {
      new.append(UInt8(ascii: "0"))
      place /= 10
    }
    new.append(contentsOf: String(rank).utf8)
    new.append(UInt8(ascii: "\""))
  }
}

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
    var candidate: RankCandidate
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
    var found: [Item] = []
    var members: [JSONSpans.Member] = []
    let end = spans.end(ofArrayAt: array.lowerBound) { start in
      members.removeAll(keepingCapacity: true)
      guard let end = spans.end(ofObjectAt: start, { members.append($0) }),
        let item = item(start..<end, members, defaultFormat: defaultFormat)
      else { return nil }
      found.append(item)
      return end
    }
    guard end == array.upperBound else { return nil }
    items = found
  }

  private func item(
    _ range: Range<Int>, _ members: [JSONSpans.Member], defaultFormat: Range<Int>?
  ) -> Item? {
    func value(_ name: StaticString) -> Range<Int>? { members.last { spans.isKey($0.key, name) }?.value }
    guard let label = spans.string(value("label")) else { return nil }
    let edited = value("textEdit").flatMap { spans.member("newText", of: $0) } ?? value("textEditText")
    var candidate = RankCandidate(
      label: label, insertText: spans.string(edited ?? value("insertText")),
      isSnippet: spans.isLiteral(value("insertTextFormat") ?? defaultFormat, "2"),
      kind: spans.integer(value("kind")))
    // A snippet may begin with what is to be filled in.
    if candidate.text.isEmpty { candidate = RankCandidate(label: spans.string(value("filterText")) ?? label) }
    let sortText = value("sortText")
    let preselect = value("preselect")
    return Item(
      range: range, sortText: sortText, preselect: preselect,
      isPreselected: spans.isLiteral(preselect, "true"), label: label,
      sortKey: spans.string(sortText) ?? label, candidate: candidate)
  }

  /// The places of the items as the server wants them shown.
  var serverOrder: [Int] { items.indices.sorted { (items[$0].sortKey, $0) < (items[$1].sortKey, $1) } }

  /// The answer's bytes with the items in another order, and some more at the end.
  ///
  /// - Parameter order: the places of the items, each once.
  func reordered(_ order: [Int], adding others: [[UInt8]] = []) -> [UInt8] {
    let movesPreselection = items.contains(where: \.isPreselected)
    var new: [UInt8] = [UInt8(ascii: "[")]
    new.reserveCapacity(array.count + 32 * items.count)
    for (rank, place) in order.enumerated() {
      if rank > 0 { new.append(UInt8(ascii: ",")) }
      append(items[place], rank: rank, movesPreselection: movesPreselection, to: &new)
    }
    for other in others {
      if new.count > 1 { new.append(UInt8(ascii: ",")) }
      new += other
    }
    new.append(UInt8(ascii: "]"))
    return spans.bytes(of: 0..<spans.bytes.count, changing: [(array, new)])
  }

  /// Appends an item with its place in what it is sorted by.
  private func append(_ item: Item, rank: Int, movesPreselection: Bool, to new: inout [UInt8]) {
    let (behindBrace, preselection) = (item.range.lowerBound + 1, rank == 0 ? "true" : "false")
    var copied = item.range.lowerBound
    func exchange(_ range: Range<Int>, _ text: String) {
      new.append(contentsOf: spans.bytes[copied..<range.lowerBound])
      new.append(contentsOf: text.utf8)
      copied = range.upperBound
    }
    if item.sortText == nil {
      exchange(behindBrace..<behindBrace, "\"sortText\":\"\(Self.sortText(rank))\",")
    }
    if movesPreselection, item.preselect == nil, rank == 0 {
      exchange(behindBrace..<behindBrace, "\"preselect\":true,")
    }
    let preselect = movesPreselection ? item.preselect : nil
    if let preselect, preselect.lowerBound < item.sortText?.lowerBound ?? 0 {
      exchange(preselect, preselection)
    }
    if let sortText = item.sortText { exchange(sortText, "\"\(Self.sortText(rank))\"") }
    if let preselect, preselect.lowerBound >= item.sortText?.lowerBound ?? 0 {
      exchange(preselect, preselection)
    }
    new.append(contentsOf: spans.bytes[copied..<item.range.upperBound])
  }

  /// Sorts by rank, whatever the number of digits.
  static func sortText(_ rank: Int) -> String {
    let digits = String(rank)
    // In one piece up to six digits, which is short enough to need no memory.
    return digits.utf8.count < 6 ? String("000000".dropLast(digits.utf8.count)) + digits : digits
  }
}

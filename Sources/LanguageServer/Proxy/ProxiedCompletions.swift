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
    guard let elements = spans.elements(of: array) else { return nil }
    items.reserveCapacity(elements.count)
    for element in elements {
      guard let item = item(element, defaultFormat: defaultFormat) else { return nil }
      items.append(item)
    }
  }

  private func item(_ range: Range<Int>, defaultFormat: Range<Int>?) -> Item? {
    guard let members = spans.members(of: range) else { return nil }
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
      new += bytes(of: items[place], rank: rank, movesPreselection: movesPreselection)
    }
    for other in others {
      if new.count > 1 { new.append(UInt8(ascii: ",")) }
      new += other
    }
    new.append(UInt8(ascii: "]"))
    return spans.bytes(of: 0..<spans.bytes.count, changing: [(array, new)])
  }

  private func bytes(of item: Item, rank: Int, movesPreselection: Bool) -> [UInt8] {
    var changes: [(range: Range<Int>, new: [UInt8])] = []
    let behindBrace = item.range.lowerBound + 1..<item.range.lowerBound + 1
    let sortText = Array("\"\(Self.sortText(rank))\"".utf8)
    if let range = item.sortText {
      changes.append((range, sortText))
    } else {
      changes.append((behindBrace, Array("\"sortText\":".utf8) + sortText + [UInt8(ascii: ",")]))
    }
    if movesPreselection {
      if let range = item.preselect {
        changes.append((range, Array((rank == 0 ? "true" : "false").utf8)))
      } else if rank == 0 {
        changes.append((behindBrace, Array("\"preselect\":true,".utf8)))
      }
    }
    changes.sort { $0.range.lowerBound < $1.range.lowerBound }
    return spans.bytes(of: item.range, changing: changes)
  }

  /// Sorts by rank, whatever the number of digits.
  static func sortText(_ rank: Int) -> String {
    let digits = String(rank)
    return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
  }
}

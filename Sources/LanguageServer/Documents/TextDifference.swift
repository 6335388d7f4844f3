import LanguageModeling
import Platform

/// What differs between two texts, as edits of a few lines each: clients that send whole texts (LSP, "TextDocumentSyncKind") change two
/// places of it when somebody goes on elsewhere, and what lies between is to stay known.
///
/// Beginning and end are compared byte by byte, the rest by lines (Myers 1986, "An O(ND) difference algorithm and its variations").
struct TextDifference {
  /// Where bytes of the old text give way to bytes of the new one.
  struct Edit: Hashable {
    var old: Range<Int>
    var new: Range<Int>
  }

  /// Ascending. Each is of whole characters on both sides.
  private(set) var edits: [Edit] = []

  /// Texts that differ in more lines than this, some of which went and others came, are one edit.
  private static let lineLimit = 128
  /// So are texts that differ in more places: they are made one by one, and between two of them a quote may stand that only the other
  /// one closes, so that each may cost as much as the rest of the text.
  private static let editLimit = 8
  /// And longer ones, and those that take longer to compare.
  private static let (mostLines, mostComparisons) = (100_000, 1_000_000)
  /// Not worth a look at its lines.
  private static let shortByteCount = 256

  private struct Line {
    var range: Range<Int>
    var hash: UInt64
  }

  /// - Parameters:
  ///   - old: valid UTF-8, as `new` is.
  init(from old: UnsafeRawBufferPointer, to new: UnsafeRawBufferPointer) {
    let whole = Edit(old: 0..<old.count, new: 0..<new.count)
    guard let differing = Self.trimmed(whole, old, new) else { return }
    guard min(differing.old.count, differing.new.count) > Self.shortByteCount else {
      edits = [differing]
      return
    }
    guard let oldLines = Self.lines(of: differing.old, old), let newLines = Self.lines(of: differing.new, new)
    else {
      edits = [differing]
      return
    }
    func areEqual(_ a: Int, _ b: Int) -> Bool {
      let (a, b) = (oldLines[a], newLines[b])
      return a.hash == b.hash && a.range.count == b.range.count
        && memcmp(old.baseAddress! + a.range.lowerBound, new.baseAddress! + b.range.lowerBound, a.range.count)
          == 0
    }
    guard let changed = Self.changedLines(oldLines.count, newLines.count, areEqual),
      changed.count <= Self.editLimit
    else {
      edits = [differing]
      return
    }
    func bytes(_ part: Range<Int>, _ lines: [Line], _ all: Range<Int>) -> Range<Int> {
      let start = part.lowerBound < lines.count ? lines[part.lowerBound].range.lowerBound : all.upperBound
      return start..<(part.isEmpty ? start : lines[part.upperBound - 1].range.upperBound)
    }
    edits = changed.compactMap { change in
      Self.trimmed(
        Edit(
          old: bytes(change.old, oldLines, differing.old), new: bytes(change.new, newLines, differing.new)),
        old, new)
    }
  }

  /// An edit without what is the same at its beginning and at its end; nil if nothing is left.
  private static func trimmed(
    _ edit: Edit, _ old: UnsafeRawBufferPointer, _ new: UnsafeRawBufferPointer
  ) -> Edit? {
    let shared = min(edit.old.count, edit.new.count)
    var prefix = 0
    while prefix < shared, old[edit.old.lowerBound + prefix] == new[edit.new.lowerBound + prefix] {
      prefix += 1
    }
    var suffix = 0
    while suffix < shared - prefix,
      old[edit.old.upperBound - 1 - suffix] == new[edit.new.upperBound - 1 - suffix]
    {
      suffix += 1
    }
    // Whole characters on both sides: the bytes at the edges may agree halfway into one.
    while prefix > 0,
      continues(old, edit.old.lowerBound + prefix) || continues(new, edit.new.lowerBound + prefix)
    {
      prefix -= 1
    }
    while suffix > 0,
      continues(old, edit.old.upperBound - suffix) || continues(new, edit.new.upperBound - suffix)
    {
      suffix -= 1
    }
    let left = Edit(
      old: edit.old.lowerBound + prefix..<edit.old.upperBound - suffix,
      new: edit.new.lowerBound + prefix..<edit.new.upperBound - suffix)
    return left.old.isEmpty && left.new.isEmpty ? nil : left
  }

  private static func continues(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Bool {
    offset < bytes.count && bytes[offset] & 0xC0 == 0x80
  }

  /// The lines of a part of a text, each with its end; nil if they are too many.
  private static func lines(of part: Range<Int>, _ text: UnsafeRawBufferPointer) -> [Line]? {
    var lines: [Line] = []
    var start = part.lowerBound
    while start < part.upperBound {
      if lines.count == mostLines { return nil }
      let found = memchr(text.baseAddress! + start, 0x0A, part.upperBound - start)
      let end = found.map { UnsafeRawPointer($0) - text.baseAddress! + 1 } ?? part.upperBound
      lines.append(
        Line(range: start..<end, hash: XXH64.hash(UnsafeRawBufferPointer(rebasing: text[start..<end]))))
      start = end
    }
    return lines
  }

  /// The lines that differ, as few as there can be; nil if they are more than `lineLimit`, or take too long to find.
  ///
  /// - Parameters:
  ///   - areEqual: whether a line of the old text is one of the new one.
  private static func changedLines(
    _ oldCount: Int, _ newCount: Int, _ areEqual: (Int, Int) -> Bool
  ) -> [Edit]? {
    // By diagonal, old − new, how far into the old text so many changes lead; one such list for each number of changes.
    var trace: [[Int]] = []
    var reached = [Int](repeating: 0, count: 2 * lineLimit + 3)
    let middle = lineLimit + 1
    var comparisonsLeft = mostComparisons
    for count in 0...lineLimit {
      for diagonal in stride(from: -count, through: count, by: 2) {
        var place = 0
        if count > 0 {
          let isInsertion =
            diagonal == -count
            || diagonal != count && reached[middle + diagonal - 1] < reached[middle + diagonal + 1]
          place = isInsertion ? reached[middle + diagonal + 1] : reached[middle + diagonal - 1] + 1
        }
        while place < oldCount, place - diagonal >= 0, place - diagonal < newCount,
          areEqual(place, place - diagonal)
        {
          place += 1
          comparisonsLeft -= 1
        }
        if comparisonsLeft < 0 { return nil }
        reached[middle + diagonal] = place
        if place >= oldCount, place - diagonal >= newCount {
          trace.append(reached)
          return edits(along: trace, oldCount, newCount)
        }
      }
      trace.append(reached)
    }
    return nil
  }

  /// Goes back from the texts' ends, and puts changes together between which nothing is the same.
  private static func edits(along trace: [[Int]], _ oldCount: Int, _ newCount: Int) -> [Edit] {
    var edits: [Edit] = []
    let middle = lineLimit + 1
    var (old, new) = (oldCount, newCount)
    for count in stride(from: trace.count - 1, to: 0, by: -1) {
      let before = trace[count - 1]
      let diagonal = old - new
      let isInsertion =
        diagonal == -count
        || diagonal != count && before[middle + diagonal - 1] < before[middle + diagonal + 1]
      let start = before[middle + diagonal + (isInsertion ? 1 : -1)]
      let change =
        isInsertion
        ? Edit(old: start..<start, new: start - diagonal - 1..<start - diagonal)
        : Edit(old: start..<start + 1, new: start + 1 - diagonal..<start + 1 - diagonal)
      if let last = edits.last, last.old.lowerBound == change.old.upperBound,
        last.new.lowerBound == change.new.upperBound
      {
        edits[edits.count - 1] = Edit(
          old: change.old.lowerBound..<last.old.upperBound, new: change.new.lowerBound..<last.new.upperBound)
      } else {
        edits.append(change)
      }
      (old, new) = (change.old.lowerBound, change.new.lowerBound)
    }
    return edits.reversed()
  }
}

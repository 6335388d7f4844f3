import Corpora
import Platform

/// Reads what `git diff -U0` prints: which lines of the new files are new or changed.
struct DiffParser {
  /// By the file's name in the diff, in the order of the file; from 1, as git counts: a line ends at a line feed.
  private(set) var lines: [[UInt8]: [ClosedRange<Int>]] = [:]

  private var name: [UInt8]?
  /// Lines of the hunk that are still to come: they may look like anything.
  private var remaining = 0

  mutating func add(_ line: [UInt8]) {
    if remaining > 0 {
      if line.first != UInt8(ascii: "\\") { remaining -= 1 }
      return
    }
    if line.starts(with: "diff --git ".utf8) {
      name = nil
    } else if line.starts(with: "+++ ".utf8) {
      name = Self.name(line.dropFirst(4))
    } else if line.starts(with: "@@ -".utf8) {
      addHunk(line)
    }
  }

  /// Behind a name with spaces stands a tab; a file that is gone has none.
  private static func name(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    let name = Git.unquoted(text.last == UInt8(ascii: "\t") ? text.dropLast() : text)
    return name.starts(with: "b/".utf8) ? Array(name.dropFirst(2)) : nil
  }

  /// `@@ -start[,count] +start[,count] @@ …`
  private mutating func addHunk(_ line: [UInt8]) {
    let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 3)
    guard parts.count >= 3, let old = Self.range(parts[1]), let new = Self.range(parts[2]) else { return }
    let (count, overflow) = old.count.addingReportingOverflow(new.count)
    remaining = overflow ? 0 : count
    guard let name, new.count > 0, new.start > 0 else { return }
    let (last, isTooFar) = new.start.addingReportingOverflow(new.count - 1)
    if !isTooFar { lines[name, default: []].append(new.start...last) }
  }

  /// `-3,2` or `+7`.
  private static func range(_ text: ArraySlice<UInt8>) -> (start: Int, count: Int)? {
    let numbers = text.dropFirst().split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
      .map { Int(String(decoding: $0, as: UTF8.self)) }
    guard let first = numbers.first, let start = first, start >= 0 else { return nil }
    guard numbers.count > 1 else { return (start, 1) }
    guard numbers.count == 2, let count = numbers[1], count >= 0 else { return nil }
    return (start, count)
  }
}

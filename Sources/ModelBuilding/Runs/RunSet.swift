import Corpora
import Platform

/// Runs that fit each other, and what their sum is.
struct RunSet: Sendable {
  let runs: [RunFile]
  /// Of the sum, but for the numbers of types and n-grams, which are known once they are added up.
  let description: RunDescription

  /// - Throws: `Failure` that names a run which is none, which was counted differently from another, or which holds what
  ///   another holds.
  init(_ paths: [String]) throws(Failure) {
    guard !paths.isEmpty else { throw Failure("runs", why: "none were named", remedy: "name some") }
    var runs: [RunFile] = []
    for path in paths { runs.append(try RunFile(path)) }
    try self.init(runs)
  }

  /// - Parameter runs: one at least.
  init(_ runs: [RunFile]) throws(Failure) {
    self.init(opened: runs, description: try Self.sum(runs))
  }

  private init(opened runs: [RunFile], description: RunDescription) {
    self.runs = runs
    self.description = description
  }

  /// Some of the runs, as runs of their own.
  func subset(_ range: Range<Int>) throws(Failure) -> RunSet {
    try RunSet(Array(runs[range]))
  }

  private static func sum(_ runs: [RunFile]) throws(Failure) -> RunDescription {
    let first = runs[0]
    var sum = first.description
    // Runs of the same pieces hold different ranges of them; those of different pieces, the same ranges.
    var groups: [[String]: [RunFile]] = [:]
    for run in runs {
      if let difference = run.description.options.difference(from: sum.options) {
        throw Failure(
          run.path, why: "does not go together with \(first.path): \(difference)",
          remedy: "count all of them with the same options")
      }
      guard run.description.rangeCount == sum.rangeCount else {
        throw Failure(
          run.path,
          why: "is cut into \(run.description.rangeCount) ranges, \(first.path) into \(sum.rangeCount)",
          remedy: "add up runs of equal ranges")
      }
      // Of nothing there may be as many runs as there were parts without a file.
      if !run.description.shards.isEmpty { groups[run.description.shards, default: []].append(run) }
    }
    try checkShards(groups)
    var ranges: [Int]?
    for group in groups.values.sorted(by: { $0[0].path < $1[0].path }) {
      let own = try self.ranges(of: group)
      guard ranges ?? own == own else {
        throw Failure(
          group[0].path,
          why: "its ranges are not those of \(first.path): a part of what was counted is missing",
          remedy: "name the runs of all ranges")
      }
      ranges = own
    }
    sum.shards = groups.keys.joined().sorted()
    sum.ranges = ranges ?? sum.ranges
    // What is whole is whole, however it was cut before.
    if sum.isWhole { (sum.rangeCount, sum.ranges) = (1, [0]) }
    addUp(runs, into: &sum)
    return sum
  }

  private static func checkShards(_ groups: [[String]: [RunFile]]) throws(Failure) {
    var owners: [String: RunFile] = [:]
    for (shards, group) in groups.sorted(by: { $0.value[0].path < $1.value[0].path }) {
      for shard in shards {
        if let other = owners[shard] {
          throw Failure(
            group[0].path, why: "holds what \(other.path) holds too: the same text would count twice",
            remedy: "leave one of them out")
        }
        owners[shard] = group[0]
      }
    }
  }

  /// The ranges of runs of the same pieces.
  private static func ranges(of group: [RunFile]) throws(Failure) -> [Int] {
    var owners: [Int: RunFile] = [:]
    for run in group {
      for range in run.description.ranges {
        if let other = owners[range] {
          throw Failure(
            run.path, why: "holds what \(other.path) holds too: the same text would count twice",
            remedy: "leave one of them out")
        }
        owners[range] = run
      }
    }
    return owners.keys.sorted()
  }

  private static func addUp(_ runs: [RunFile], into sum: inout RunDescription) {
    sum.documentCount = runs.reduce(0) { $0 + $1.description.documentCount }
    sum.tokenCount = runs.reduce(0) { $0 + $1.description.tokenCount }
    sum.sequenceCount = runs.reduce(0) { $0 + $1.description.sequenceCount }
    sum.leftOut = [:]
    for run in runs {
      for (language, reasons) in run.description.leftOut {
        for (reason, amount) in reasons {
          let zero = RunDescription.Amount(fileCount: 0, byteCount: 0)
          sum.leftOut[language, default: [:]][reason, default: zero].fileCount += amount.fileCount
          sum.leftOut[language, default: [:]][reason, default: zero].byteCount += amount.byteCount
        }
      }
    }
  }
}

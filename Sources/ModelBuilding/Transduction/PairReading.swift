import Corpora
import JSON
import Lexing
import Platform
import Privacy
import Transduction

/// A text and what it is to become, in units.
struct UnitPair: Hashable {
  var source: [[UInt8]]
  var target: [[UInt8]]
}

/// Pairs that were read, and how many were left out.
struct UnitPairs {
  var pairs: [UnitPair] = []
  /// Pairs with more units on a side than are read.
  var tooLong = 0
  /// Pairs in which something looks like a secret, or was forgotten on request.
  var withheld = 0
}

/// Reads pairs of texts: `source TAB target` a line, or JSON lines, objects with `source` and `target`
/// (`.jsonl`, `.ndjson`), for texts with tabs and line ends.
///
/// A side may be empty. What looks like a secret, and forgotten words, leave their pair out: half a pair teaches nothing true.
struct PairReading {
  let units: TextUnits
  /// Units of a side at the most.
  let unitLimit: Int
  let forgotten: ForgottenList
  let reporter: BuildReporter
  private static let byteLimit = 1 << 32

  func read(_ paths: [String]) throws(Failure) -> UnitPairs {
    var result = UnitPairs()
    let types = TypeReader(forgotten: forgotten.lastingWords)
    for path in paths {
      if let real = realPath(path), forgotten.contains(path: real) {
        reporter.warn(Failure(path, why: "left out: it was forgotten on request"))
        continue
      }
      guard !isDirectory(path) else {
        throw Failure(path, why: "is a directory", remedy: "name the files in it")
      }
      let text = TextDecoding.text(try readFile(path, limit: Self.byteLimit))
      let lowercased = path.lowercased()
      let areObjects = [".jsonl", ".ndjson"].contains(where: lowercased.hasSuffix)
      try LabelledReading.forEachLine(text) { line, number throws(Failure) in
        let (source, target) =
          areObjects
          ? try Self.object(line, "\(path):\(number)") : try Self.columns(line, "\(path):\(number)")
        add(source, target, types, to: &result)
      }
    }
    return result
  }

  private func add(_ source: [UInt8], _ target: [UInt8], _ types: TypeReader, to result: inout UnitPairs) {
    let pair = UnitPair(source: units.split(source), target: units.split(target))
    guard pair.source.count <= unitLimit, pair.target.count <= unitLimit else {
      result.tooLong += 1
      return
    }
    var isWithheld = false
    // The sides are judged by themselves: a secret is known by its line.
    (source + [0x0A] + target).withUnsafeBytes { bytes in
      types.forEachCharacter(of: bytes, grammar: GrammarLibrary.plainText) { type in
        if type.count == Tokenization.redacted.count, type.elementsEqual(Tokenization.redacted) {
          isWithheld = true
        }
      }
    }
    if isWithheld { result.withheld += 1 } else { result.pairs.append(pair) }
  }

  private static func columns(
    _ line: ArraySlice<UInt8>, _ place: String
  ) throws(Failure) -> (source: [UInt8], target: [UInt8]) {
    let columns = line.split(separator: 0x09, omittingEmptySubsequences: false)
    guard columns.count == 2 else {
      throw Failure(
        place, why: columns.count == 1 ? "has no tab" : "has \(columns.count - 1) tabs",
        remedy: "write source, tab, target; texts with tabs go as JSON lines, by .jsonl")
    }
    return (Array(columns[0]), Array(columns[1]))
  }

  private static func object(
    _ line: ArraySlice<UInt8>, _ place: String
  ) throws(Failure) -> (source: [UInt8], target: [UInt8]) {
    do throws(JSONError) {
      let object = JSONDecoding(try JSON.parse(Array(line)))
      return (
        Array(try object["source"].string().utf8), Array(try object["target"].string().utf8)
      )
    } catch {
      throw Failure(
        place, why: "\(error)", remedy: "write an object with a source and a target, both strings")
    }
  }
}

import Lexing
import Platform
import Prediction

/// The documents of the last requests. A request on a text that one of them holds but for an edit costs what is new.
struct KeptDocuments {
  private struct Entry {
    let predictor: DocumentPredictor
    var text: [UInt8]
    let path: String?
    let languageID: String
    let model: Model?
  }

  /// Documents that are kept at most, and the bytes of text of all of them together. Counts and states take memory
  /// beside it.
  static let maximumCount = 4
  static let maximumByteCount = 8 << 20
  /// In the order of their use, the latest last.
  private var entries: [Entry] = []

  var count: Int { entries.count }

  /// A document that holds `text`: one of an earlier request, edited, or a new one.
  ///
  /// - Parameter path: of the text, if it has one: texts with different paths are different documents.
  mutating func document(
    text: [UInt8], path: String?, grammar: Grammar, model: Model?
  ) -> DocumentPredictor {
    if let place = place(of: text, path: path, languageID: grammar.languageID, model: model) {
      var entry = entries.remove(at: place)
      let (prefix, suffix) = Self.common(entry.text, text)
      if prefix + suffix < max(entry.text.count, text.count) {
        entry.predictor.replace(
          prefix..<entry.text.count - suffix, with: Array(text[prefix..<text.count - suffix]))
        entry.text = text
      }
      keep(entry)
      return entry.predictor
    }
    let predictor = DocumentPredictor(text: text, grammar: grammar, model: model)
    keep(
      Entry(predictor: predictor, text: text, path: path, languageID: grammar.languageID, model: model))
    return predictor
  }

  private mutating func keep(_ entry: Entry) {
    entries.append(entry)
    while entries.count > Self.maximumCount
      || entries.reduce(0, { $0 + $1.text.count }) > Self.maximumByteCount
    {
      entries.removeFirst()
    }
  }

  /// The document with the same path, else the one without a path that has most in common with the text, and at least
  /// half of the longer of the two.
  private func place(of text: [UInt8], path: String?, languageID: String, model: Model?) -> Int? {
    var best: (place: Int, share: Int)?
    for (place, entry) in entries.enumerated()
    where entry.path == path && entry.languageID == languageID && entry.model === model {
      let (prefix, suffix) = Self.common(entry.text, text)
      let share = prefix + suffix
      if 2 * share >= max(entry.text.count, text.count), share >= best?.share ?? 0 { best = (place, share) }
    }
    return best?.place
  }

  /// How many bytes two texts have in common at their start and, of what is left, at their end.
  private static func common(_ old: [UInt8], _ new: [UInt8]) -> (prefix: Int, suffix: Int) {
    let shared = min(old.count, new.count)
    return old.withUnsafeBufferPointer { old in
      new.withUnsafeBufferPointer { new in
        var prefix = 0
        while prefix < shared && old[prefix] == new[prefix] { prefix += 1 }
        var suffix = 0
        while suffix < shared - prefix && old[old.count - 1 - suffix] == new[new.count - 1 - suffix] {
          suffix += 1
        }
        return (prefix, suffix)
      }
    }
  }
}

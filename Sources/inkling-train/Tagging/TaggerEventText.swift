import Console
import ModelBuilding
import Tagging

extension TaggerBuildingEvent {
  /// Lines for a person, the last without its line feed.
  var text: String {
    switch self {
    case .text(let kind, let isDefault, let sentences, let words, let tags):
      "\(NumberText.grouped(words)) words in \(NumberText.grouped(sentences)) sentences, "
        + "\(NumberText.grouped(tags)) tags; tagger: \(kind.rawValue)"
        + (isDefault ? " (the default; --tagger chooses another)" : "")
    case .pass(let number, let loss, let heldOut):
      "  pass \(number): \(NumberText.fixed(loss, digits: 3)) nats a word"
        + (heldOut.map { ", held out \(Self.percentage($0)) right" } ?? "")
    case .accuracy(let accuracy, let name, let microseconds):
      Self.text(accuracy, on: name == "heldOut" ? "held out" : name, microseconds)
    case .classes(let accuracy, let words, let name):
      "\(name == "heldOut" ? "held out" : name): each class for its most frequent tag, "
        + "\(Self.percentage(accuracy)) of \(NumberText.grouped(words)) words right"
    case .finished(let tagger):
      "Tagger in \(tagger.path): \(tagger.kind.rawValue), \(NumberText.bytes(tagger.byteCount)), in "
        + "\(NumberText.fixed(tagger.seconds, digits: 1)) s"
    }
  }

  private static func percentage(_ share: Double) -> String {
    NumberText.fixed(100 * share, digits: 2) + " %"
  }

  /// Mistakes that are shown at the most, and tags.
  private static let mistakeLimit = 8
  private static let tagLimit = 60

  private static func text(_ accuracy: TaggingAccuracy, on name: String, _ microseconds: Double) -> String {
    var text =
      "\(name): \(percentage(accuracy.accuracy)) of \(NumberText.grouped(accuracy.wordCount)) words right, "
      + "\(percentage(accuracy.unknownAccuracy)) of \(NumberText.grouped(accuracy.unknownCount)) that training "
      + "did not have, \(percentage(accuracy.sentenceAccuracy)) of sentences; "
      + "\(NumberText.fixed(microseconds, digits: 1)) µs a word\n"
    var table = TextTable([
      .init("tag"), .init("words", .trailing), .init("precision", .trailing), .init("recall", .trailing),
      .init("F1", .trailing),
    ])
    let tags = accuracy.tags.indices.map { (tag: $0, figures: accuracy.figures(of: $0)) }
      .sorted { ($0.figures.count, $1.tag) > ($1.figures.count, $0.tag) }
    for (tag, figures) in tags.prefix(tagLimit) where figures.count + figures.givenCount > 0 {
      table.append(
        [accuracy.tags[tag], NumberText.grouped(figures.count)]
          + [figures.precision, figures.recall, figures.f1].map { NumberText.fixed($0, digits: 3) })
    }
    text += table.text(on: .output)
    let mistakes = mistakes(accuracy)
    if !mistakes.isEmpty { text += "most frequent mistakes: " + mistakes.joined(separator: ", ") }
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }

  private static func mistakes(_ accuracy: TaggingAccuracy) -> [String] {
    let count = accuracy.tags.count
    var found: [(count: Int, text: String)] = []
    for tag in 0...count {
      for answer in 0..<count where answer != tag && accuracy.counts[tag * count + answer] > 0 {
        let name = tag < count ? accuracy.tags[tag] : "(another tag)"
        found.append((accuracy.counts[tag * count + answer], "\(name) as \(accuracy.tags[answer])"))
      }
    }
    return found.sorted { ($0.count, $1.text) > ($1.count, $0.text) }.prefix(mistakeLimit)
      .map { "\($0.text) \($0.count)" }
  }
}

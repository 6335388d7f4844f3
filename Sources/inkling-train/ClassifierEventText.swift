import Console
import ModelBuilding

extension ClassifierEvent {
  /// Lines for a person, the last without its line feed.
  var text: String {
    switch self {
    case .examples(let examples): examples.text
    case .bag(let order, let characters, let crossesWords, let usesRatios, let c, let count):
      "\(NumberText.grouped(count)) n-grams: up to \(order) words"
        + (characters.map { ", \($0.lowerBound) to \($0.upperBound) characters" } ?? "")
        + (crossesWords ? " across words" : "")
        + (usesRatios ? ", by log-count ratios" : "") + ", C = \(NumberText.fixed(c, digits: 0))"
    case .scores(let scores, let on):
      "\(on == "heldOut" ? "held out" : on): \(NumberText.percent(scores.value(.accuracy), digits: 2)) of "
        + "\(NumberText.grouped(scores.count)) texts right, mean F1 "
        + NumberText.percent(scores.value(.macroF1), digits: 2) + ", loss "
        + NumberText.fixed(scores.loss, digits: 3)
    case .finished(let classifier):
      "Classifier in \(classifier.path): \(classifier.encoder), \(classifier.labels.count) labels, "
        + "\(NumberText.grouped(classifier.exampleCount)) examples, in "
        + NumberText.fixed(classifier.seconds, digits: 1) + " s"
    }
  }
}

extension ClassifierEvent.Examples {
  private static let rowLimit = 40

  fileprivate var text: String {
    var table = TextTable([.init("label"), .init("examples", .trailing)])
    for (label, count) in zip(labels, counts).prefix(Self.rowLimit) {
      table.append([singleLine(label), NumberText.grouped(count)])
    }
    if labels.count > Self.rowLimit { table.append(["and \(labels.count - Self.rowLimit) more labels"]) }
    table.append(["all", NumberText.grouped(counts.reduce(0, +))])
    return String(table.text(on: .output).dropLast())
  }
}

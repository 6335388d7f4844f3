import NeuralTraining
import Platform

/// The page about a classifier: how often each label was taken for each, whether probabilities are what they say, and the
/// worst mistakes, beside what every page about a network has.
struct ClassifierReport {
  /// Texts that were measured.
  struct Part: Sendable {
    /// "folds", "heldOut" or "test".
    var on: String
    var scores: LabelScores
    var text: LabelledExamples
  }

  let parts: [Part]
  /// Of a network's run; nil for a bag.
  let run: TrainingReport?

  /// More labels make no table that anybody reads.
  private static let tableLimit = 40
  private static let mistakeLimit = 20
  private static let wordLimit = 60

  var html: String {
    (run ?? TrainingReport()).html(title: "Inkling: training of a classifier", sections: parts.map(section))
  }

  private func section(_ part: Part) -> String {
    let names = ["folds": "cross-validation", "heldOut": "held-out texts", "test": "test"]
    let scores = part.scores
    var html = "<h2>On \(names[part.on] ?? part.on): \(scores.count) texts</h2>\n"
    html +=
      "<p>Accuracy \(percent(scores.value(.accuracy))), mean F1 \(percent(scores.value(.macroF1))), "
      + "loss \(TrainingReport.number(scores.loss)) nats a text.</p>\n"
    return html + confusion(scores) + calibration(scores) + mistakes(part)
  }

  private func percent(_ share: Double) -> String {
    TrainingReport.number((share * 10_000).rounded() / 100) + " %"
  }

  private func confusion(_ scores: LabelScores) -> String {
    guard scores.labels.count <= Self.tableLimit else { return "" }
    let matrix = scores.confusion
    var html = "<h3>What each label (row) was taken for (column)</h3>\n<table>\n<tr><th></th>"
    for label in scores.labels { html += "<th>\(TrainingReport.escape(label))</th>" }
    html += "<th>F1</th></tr>\n"
    for (row, label) in scores.labels.enumerated() {
      html += "<tr><th>\(TrainingReport.escape(label))</th>"
      for column in scores.labels.indices {
        let count = "\(matrix[row, column])"
        html += "<td>" + (row == column ? "<b>\(count)</b>" : count) + "</td>"
      }
      html += "<td>\(percent(matrix.f1(row)))</td></tr>\n"
    }
    return html + "</table>\n"
  }

  private func calibration(_ scores: LabelScores) -> String {
    var html =
      "<h3>Calibration: off by \(percent(scores.expectedCalibrationError)) on average</h3>\n<table>\n"
      + "<tr><th>probability</th><th>texts</th><th>mean</th><th>right</th></tr>\n"
    for bin in scores.calibration {
      html +=
        "<tr><td>\(percent(bin.range.lowerBound)) – \(percent(bin.range.upperBound))</td><td>\(bin.count)</td>"
        + "<td>\(percent(bin.meanProbability))</td><td>\(percent(bin.accuracy))</td></tr>\n"
    }
    return html + "</table>\n"
  }

  private func mistakes(_ part: Part) -> String {
    let worst = part.scores.worst(Self.mistakeLimit)
    guard !worst.isEmpty else { return "" }
    var html =
      "<h3>The worst mistakes</h3>\n<table>\n<tr><th>label</th><th>taken for</th><th>with</th><th>text</th></tr>\n"
    for entry in worst {
      let text = part.text.examples[entry.example].words.text(limit: Self.wordLimit)
      html +=
        "<tr><td>\(TrainingReport.escape(part.scores.labels[entry.label]))</td>"
        + "<td>\(TrainingReport.escape(part.scores.labels[entry.answer]))</td>"
        + "<td>\(percent(exp(entry.logProbability(entry.answer))))</td>"
        + "<td class=\"text\">\(TrainingReport.escape(text))</td></tr>\n"
    }
    return html + "</table>\n"
  }
}

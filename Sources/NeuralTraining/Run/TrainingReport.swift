/// A run as one HTML page that needs no network: what was chosen, curves of loss and held-out perplexity, samples.
public struct TrainingReport: Sendable {
  private var plan: TrainingPlan?
  private var evaluations: [TrainingEvent.Evaluation] = []
  private var losses: [(step: Int, loss: Double)] = []
  private var notices: [String] = []
  private var summary: TrainingEvent.Summary?
  /// Keep every `stride`-th loss; doubled when there are too many.
  private var stride = 1

  public init() {}

  /// Takes up an event; cheap enough for every one.
  public mutating func record(_ event: TrainingEvent) {
    switch event {
    case .plan(let value): plan = value
    case .progress(let progress):
      guard progress.step % stride == 0 else { return }
      losses.append((progress.step, progress.loss))
      if losses.count > 600 {
        stride *= 2
        losses = losses.filter { $0.step % stride == 0 }
      }
    case .evaluation(let evaluation): evaluations.append(evaluation)
    case .notice(let text): notices.append(text)
    case .checkpoint: break
    case .checkpointFailed(let failure): notices.append("no checkpoint was kept: \(failure.why)")
    case .finished(let value): summary = value
    }
  }

  private var metricName: String { evaluations.lazy.compactMap(\.score).first?.metric.name ?? "perplexity" }

  /// The page.
  ///
  /// - Parameter samples: continuations that the network wrote, as (given, written).
  public func html(samples: [(prompt: String, text: String)] = []) -> String {
    html(title: "Inkling: training of the network", samples: samples)
  }

  /// The page of a task that says more.
  ///
  /// - Parameter sections: HTML that stands before the run's curves.
  package func html(
    title: String, samples: [(prompt: String, text: String)] = [], sections: [String] = []
  ) -> String {
    var body = "<h1>\(Self.escape(title))</h1>\n" + sections.joined()
    if let plan { body += "<p>\(Self.escape(plan.summary))</p>\n" }
    if let summary {
      let value = summary.score?.value ?? summary.heldOutPerplexity
      let measured = value.map { "; held-out \(metricName) \(Self.number($0))" } ?? ""
      let end = summary.wasInterrupted ? "Stopped" : "Finished"
      body +=
        "<p>\(end) after \(Self.number(summary.epochs)) passes in \(Self.number(summary.elapsedSeconds / 60)) minutes"
        + "\(measured).</p>\n"
    }
    let trained = losses.map { (Double($0.step), $0.loss) }
    let heldOut = evaluations.compactMap { evaluation in
      evaluation.heldOutLoss.map { (Double(evaluation.step), $0) }
    }
    body += Self.chart(
      "Loss in nats a token, by step", [("training", trained), ("held out", heldOut)])
    let values = evaluations.compactMap { evaluation in
      (evaluation.score?.value ?? evaluation.heldOutPerplexity).map { (evaluation.epoch, $0) }
    }
    body += Self.chart("Held-out \(metricName), by passes over the text", [("held out", values)])
    body += table()
    if !notices.isEmpty {
      body += "<h2>Notes</h2>\n<ul>\n" + notices.map { "<li>\(Self.escape($0))</li>\n" }.joined() + "</ul>\n"
    }
    if !samples.isEmpty {
      body += "<h2>Samples</h2>\n"
      for sample in samples {
        body += "<p><b>\(Self.escape(sample.prompt))</b> \(Self.escape(sample.text))</p>\n"
      }
    }
    return Self.head + body + "</body>\n</html>\n"
  }

  private func table() -> String {
    guard !evaluations.isEmpty else { return "" }
    var result =
      "<table>\n<tr><th>passes</th><th>training loss</th><th>held-out \(metricName)</th><th>rate</th>"
      + "<th>tokens/s</th><th>minutes</th></tr>\n"
    for evaluation in evaluations {
      let cells = [
        Self.number(evaluation.epoch), Self.number(evaluation.trainingLoss),
        (evaluation.score?.value ?? evaluation.heldOutPerplexity).map { Self.number($0) } ?? "",
        Self.number(evaluation.rate), Self.number(evaluation.tokensPerSecond),
        Self.number(evaluation.elapsedSeconds / 60),
      ]
      result += "<tr>" + cells.map { "<td>\($0)</td>" }.joined() + "</tr>\n"
    }
    return result + "</table>\n"
  }

  private static let head = """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <title>Inkling: training</title>
    <style>
    :root { color-scheme: light dark; }
    body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
    svg { width: 100%; height: auto; }
    svg text { font-size: 12px; fill: currentColor; }
    .grid { stroke: currentColor; stroke-opacity: 0.15; }
    .line0 { stroke: #2a7de1; fill: none; stroke-width: 2; }
    .line1 { stroke: #e1782a; fill: none; stroke-width: 2; }
    .key0 { fill: #2a7de1; } .key1 { fill: #e1782a; }
    table { border-collapse: collapse; } td, th { padding: 0.2rem 0.8rem; text-align: right; }
    td.text { text-align: left; }
    </style>
    </head>
    <body>

    """

  /// Lines over a grid, as inline SVG; nothing if there are no two points.
  private static func chart(_ title: String, _ lines: [(name: String, points: [(Double, Double)])]) -> String
  {
    let points = lines.flatMap(\.points).filter { $0.0.isFinite && $0.1.isFinite }
    guard points.count >= 2, let right = points.map(\.0).max(), let low = points.map(\.1).min(),
      let high = points.map(\.1).max()
    else { return "" }
    let (width, height, margin) = (760.0, 280.0, 48.0)
    let span = max(high - low, 1e-9)
    func x(_ value: Double) -> Double { margin + (width - margin - 10) * value / max(right, 1e-9) }
    func y(_ value: Double) -> Double { height - 28 - (height - 56) * (value - low) / span }
    var svg =
      "<h2>\(escape(title))</h2>\n<svg viewBox=\"0 0 \(number(width)) \(number(height))\" role=\"img\" "
      + "aria-label=\"\(escape(title))\">\n"
    for tick in 0...4 {
      let value = low + span * Double(tick) / 4
      let place = Double(tick) / 4 * right
      svg +=
        "<line class=\"grid\" x1=\"\(number(margin))\" x2=\"\(number(width - 10))\" y1=\"\(number(y(value)))\" "
        + "y2=\"\(number(y(value)))\"/>"
        + "<text x=\"\(number(margin - 6))\" y=\"\(number(y(value) + 4))\" text-anchor=\"end\">\(number(value))</text>"
        + "<text x=\"\(number(x(place)))\" y=\"\(number(height - 8))\" text-anchor=\"middle\">\(number(place))</text>\n"
    }
    for (index, line) in lines.enumerated() where !line.points.isEmpty {
      let path = line.points.filter { $0.1.isFinite }.map { "\(number(x($0.0))),\(number(y($0.1)))" }
      svg += "<polyline class=\"line\(index)\" points=\"\(path.joined(separator: " "))\"/>\n"
      svg +=
        "<text class=\"key\(index)\" x=\"\(number(margin + 8 + Double(index) * 90))\" y=\"14\">\(escape(line.name))</text>\n"
    }
    return svg + "</svg>\n"
  }

  /// Four digits at most after the point, and no more than are worth reading.
  package static func number(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "–" }
    let magnitude = abs(value)
    let digits = magnitude >= 1_000 ? 0 : magnitude >= 100 ? 1 : magnitude >= 1 ? 2 : 5
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let rounded = (value * scale).rounded() / scale
    return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
  }

  package static func escape(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

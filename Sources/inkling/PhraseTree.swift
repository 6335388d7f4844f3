import Classification
import Console
import JSON
import LanguageModeling
import Platform

/// The phrases that a classifier makes of a text, drawn and as JSON.
struct PhraseTree {
  private let text: [UInt8]
  private let labels: [String]
  private let phrases: TextPhrases

  /// - Throws: `Failure` where the model is no classifier, or one that makes no phrases.
  init(_ text: [UInt8], model directory: ModelDirectory) throws(Failure) {
    let classifier = try TextClassifier(directory)
    guard let phrases = try classifier.phrases(text) else {
      throw Failure(
        directory.path, why: "makes no phrases",
        remedy: "name a model that inkling-train classify --encoder rae made")
    }
    self.text = text
    labels = classifier.labels
    self.phrases = phrases
  }

  private func words(_ node: TextPhrases.Node) -> String { String(decoding: text[node.place], as: UTF8.self) }

  private func best(_ node: TextPhrases.Node) -> (label: String, probability: Double) {
    let best = ClassifiedText(labels: labels, probabilities: node.probabilities).best
    return (best.label, Double(best.probability))
  }

  /// A line a node, the root first: its most probable label with the probability, and its words.
  var lines: [String] {
    var lines: [String] = []
    // Of every node that is to be drawn, what stands before it and what stands before those under it.
    var open = phrases.nodes.isEmpty ? [] : [(node: phrases.nodes.count - 1, own: "", below: "")]
    while let (number, own, below) = open.popLast() {
      let node = phrases.nodes[number]
      let (label, probability) = best(node)
      lines.append(
        "\(own)\(singleLine(label)) \(NumberText.fixed(probability, digits: 2))  \(singleLine(words(node)))")
      for (child, isLast) in zip(node.children.reversed(), [true, false]) {
        open.append((child, below + (isLast ? "└─ " : "├─ "), below + (isLast ? "   " : "│  ")))
      }
    }
    return lines
  }

  /// The nodes in their order, the root last.
  var json: JSON {
    let nodes = phrases.nodes.map { node -> JSON in
      let (label, probability) = best(node)
      return [
        "text": .string(words(node)), "byteOffset": JSON(node.place.lowerBound),
        "byteCount": JSON(node.place.count), "children": .array(node.children.map { JSON($0) }),
        "label": .string(label), "probability": JSON(probability), "error": JSON(node.error),
      ]
    }
    return ["nodes": .array(nodes)]
  }
}

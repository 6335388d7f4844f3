import Console
import Corpora
import LanguageModeling
import ModelBuilding
import NeuralTraining

extension ModelBuildingEvent {
  /// Lines for a person, the last without its line feed; nil for nothing.
  var text: String? {
    switch self {
    case .stage, .progress, .stageEnded, .warning: nil
    case .corpus(let summary): summary.text
    case .metric(let metric): metric.text
    case .mixtureLimited(let count, let total):
      "The mixture learns from \(NumberText.grouped(count)) of \(NumberText.grouped(total)) "
        + "documents, which is what --memory allows"
    case .network(let event, let hasCheckpoint): event.text(hasCheckpoint: hasCheckpoint)
    case .commits(let count, let leftOut):
      "\(NumberText.grouped(count)) commits"
        + (leftOut > 0 ? "; left out: \(NumberText.grouped(leftOut)) by programs or to be squashed" : "")
    case .imported(let network): network.text
    case .networkGain(let gain): gain.text
    case .classifier(let event): event.text
    case .tagging(let event): event.text
    case .counted(let run): run.text
    case .exported(let corpus): corpus.text
    case .transduction(let event): event.text
    case .finished(let model): model.text
    }
  }
}

extension CorpusSummary {
  fileprivate var text: String {
    switch self {
    case .files(let report): String(CorpusTable(report: report).text.dropLast())
    case .tokenDocuments(let counts):
      "\(NumberText.grouped(counts.tokenCount)) tokens in \(NumberText.grouped(counts.fileCount)) documents"
        + Self.leftOut(counts)
    case .tokenLines(let counts, let sequenceCount):
      "\(NumberText.grouped(counts.tokenCount)) tokens in \(NumberText.grouped(sequenceCount)) "
        + "sentences, \(counts.fileCount == 1 ? "1 file" : "\(NumberText.grouped(counts.fileCount)) files")"
        + Self.leftOut(counts)
    }
  }

  private static func leftOut(_ counts: TokenFileCounts) -> String {
    let reasons = counts.leftOut.map { "\(NumberText.grouped($0.count)) \($0.reason.rawValue)" }
    return reasons.isEmpty ? "" : "; left out: " + reasons.joined(separator: ", ")
  }
}

extension ExportedCorpus {
  fileprivate var text: String {
    "\(path): \(NumberText.grouped(tokenCount)) tokens to learn from and \(NumberText.grouped(heldOutTokenCount)) held out, "
      + "\(NumberText.grouped(vocabularyCount)) types, \(NumberText.duration(seconds))"
  }
}

extension ModelMetric {
  fileprivate var text: String {
    let name = on == "heldOut" ? "held out" : on
    let perplexity = sum.perplexity.map { NumberText.fixed($0, digits: 1) } ?? "-"
    let bits = sum.bitsPerToken.map { NumberText.fixed($0, digits: 2) } ?? "-"
    return
      "\(name): \(component) perplexity \(perplexity), \(bits) bits a token"
      + " (\(NumberText.grouped(sum.tokens)) tokens, \(NumberText.grouped(sum.oov)) outside the vocabulary)"
  }
}

extension TrainingEvent {
  fileprivate func text(hasCheckpoint: Bool) -> String? {
    switch self {
    case .plan(let plan): return "Network: \(plan.summary)"
    case .evaluation(let evaluation):
      let measured =
        evaluation.score.map { ", held-out \($0.metric.name) " + NumberText.fixed($0.value, digits: 4) }
        ?? evaluation.heldOutPerplexity.map { ", held-out perplexity " + NumberText.fixed($0, digits: 2) }
      let both =
        evaluation.heldOutPerplexityInBothDirections.map {
          " (in both directions " + NumberText.fixed($0, digits: 2) + ")"
        } ?? ""
      return "  pass \(NumberText.fixed(evaluation.epoch, digits: 2)): training loss "
        + NumberText.fixed(evaluation.trainingLoss, digits: 3) + (measured ?? "") + both
        + ", \(NumberText.short(evaluation.tokensPerSecond)) \(evaluation.score == nil ? "tokens" : "texts")/s, "
        + NumberText.duration(evaluation.elapsedSeconds)
    case .notice(let text): return "  \(text)"
    case .progress, .checkpoint, .checkpointFailed: return nil
    case .finished(let summary):
      guard summary.wasInterrupted else { return nil }
      return "Stopped early: the model has the best weights so far"
        + (hasCheckpoint ? "; --resume goes on" : "")
    }
  }
}

extension NetworkGain {
  fileprivate var text: String {
    func change(_ figure: KeyPath<Figures, Double>, digits: Int) -> String {
      NumberText.fixed(without[keyPath: figure], digits: digits) + " -> "
        + NumberText.fixed(with[keyPath: figure], digits: digits)
    }
    var parts = [
      change(\.bitsPerToken, digits: 3) + " bits a token", "MRR " + change(\.meanReciprocalRank, digits: 4),
    ]
    if let before = without.keystrokesSaved, let after = with.keystrokesSaved {
      parts.append("keystrokes saved \(NumberText.percent(before)) -> \(NumberText.percent(after))")
    }
    let seconds = trainingSeconds.map { " for \(NumberText.duration($0)) of training" } ?? ""
    return "The network on held-out text (\(NumberText.grouped(tokenCount)) tokens, "
      + "\(NumberText.grouped(typedCharacterCount)) characters typed): " + parts.joined(separator: ", ")
      + seconds
  }
}

extension ImportedNetwork {
  fileprivate var text: String {
    var notes = ""
    if !absentBiases.isEmpty { notes += "; no " + absentBiases.joined(separator: ", ") + ", taken as zeros" }
    if !unusedTensors.isEmpty { notes += "; not used: " + unusedTensors.joined(separator: ", ") }
    return "\(importedFrom): \(architecture.cell.rawValue), \(architecture.layerCount) layers of "
      + "\(architecture.hiddenSize) over \(NumberText.grouped(architecture.vocabularyCount)) types, now in \(output)"
      + singleLine(notes)
  }
}

extension CountedRun {
  fileprivate var text: String {
    "Run in \(path): \(NumberText.grouped(documentCount)) documents, \(NumberText.grouped(tokenCount)) tokens, "
      + "\(NumberText.grouped(typeCount)) types, \(NumberText.grouped(ngramCount)) n-grams, "
      + "in \(NumberText.fixed(seconds, digits: 1)) s"
  }
}

extension BuiltModel {
  fileprivate var text: String {
    "Model in \(path): \(NumberText.grouped(vocabularyCount)) types, "
      + "\(NumberText.grouped(ngramCounts.reduce(0, +))) n-grams up to order \(ngramCounts.count), "
      + NumberText.bytes(ngramByteCount)
      + (addedNGramCount == nil ? ", in \(NumberText.fixed(seconds, digits: 1)) s" : "")
  }
}

import NeuralTraining
import Platform

/// What the training of a described network tells: told on, and kept for the page about the run.
struct NetworkRun {
  private let reporter: BuildReporter
  private var report = TrainingReport()
  private var checkpointFailure: Failure?
  private(set) var wasInterrupted = false

  init(_ reporter: BuildReporter) { self.reporter = reporter }

  mutating func take(_ event: TrainingEvent) {
    report.record(event)
    switch event {
    case .progress(let progress):
      return reporter.update(
        fraction: Double(progress.step) / Double(max(1, progress.plannedSteps)), loss: progress.loss)
    case .finished(let summary): wasInterrupted = summary.wasInterrupted
    case .checkpoint: checkpointFailure = nil
    case .checkpointFailed(let failure):
      if checkpointFailure == nil { reporter.warn(failure) }
      checkpointFailure = failure
    default: break
    }
    reporter.report(.network(event, hasCheckpoint: checkpointFailure == nil))
  }

  /// `report.html`.
  var page: [UInt8] { Array(report.html().utf8) }
}

import Console
import JSON
import ModelBuilding
import Platform
import Synchronization

/// Says how a build goes: to a person a progress bar and plain lines, to a script (`--json`) one object an event.
final class Reporter: Sendable {
  private struct Stage {
    var name = ""
    var start = 0.0
    var lastEvent = 0.0
  }

  private static let secondsBetweenEvents = 1.0
  private let isJSON: Bool
  private let printsToError: Bool
  private let bar = ProgressBar()
  private let stage = Mutex(Stage())
  private let networkBegins: @Sendable () -> Void

  /// - Parameters:
  ///   - printsToError: whether standard output is another's, so that people read on standard error what happened.
  ///   - networkBegins: called when a network begins to learn.
  init(json: Bool, printsToError: Bool = false, networkBegins: @escaping @Sendable () -> Void = {}) {
    isJSON = json
    self.printsToError = printsToError
    self.networkBegins = networkBegins
  }

  func report(_ event: ModelBuildingEvent) {
    switch event {
    case .stage(let stage):
      if stage == .network { networkBegins() }
      begin(stage.rawValue)
    case .progress(let progress): update(progress)
    case .stageEnded: bar.finish()
    case .warning(let failure): Console.warn(failure)
    default: print(event)
    }
  }

  private func begin(_ name: String) {
    let now = monotonicSeconds()
    stage.withLock { $0 = Stage(name: name, start: now, lastEvent: now) }
    if !isJSON { bar.begin(name) }
  }

  private func update(_ progress: ModelBuildingEvent.Progress) {
    let now = monotonicSeconds()
    let (name, elapsed, isDue) = stage.withLock { stage in
      let isDue = now - stage.lastEvent >= Self.secondsBetweenEvents
      if isDue { stage.lastEvent = now }
      return (stage.name, now - stage.start, isDue)
    }
    let rate = progress.tokenCount.map { elapsed > 0 ? Double($0) / elapsed : 0 }
    guard isJSON else {
      return bar.update(fraction: progress.fraction, rate: rate.map { ($0, "tokens") }, loss: progress.loss)
    }
    guard isDue else { return }
    let fraction = progress.fraction
    var members: JSONObject = ["stage": JSON(name), "fraction": JSON(fraction), "seconds": JSON(elapsed)]
    if let rate { members["tokensPerSecond"] = JSON(rate) }
    if let loss = progress.loss { members["loss"] = JSON(loss) }
    if fraction > 0 { members["secondsLeft"] = JSON(elapsed * (1 - fraction) / fraction) }
    try? EventPrinter().print("progress", members)
    endWithoutReader()
  }

  /// Whoever reads what a training says may end it by going away, as with any command: nobody waits for the model.
  private func endWithoutReader() {
    if Console.isReaderGone { Interruption.end(because: "nobody reads what is printed any more") }
  }

  /// Something that happened: an object for a script, text for a person.
  private func print(_ event: ModelBuildingEvent) {
    bar.finish()
    if isJSON {
      if let object = event.object { try? EventPrinter().print(object.name, object.members) }
    } else if let text = event.text {
      if printsToError { return Console.writeError(text + "\n") }
      // Names of files are written as they are, UTF-8 or not.
      try? Console.write(text.systemPathBytes + [10])
      try? Console.flush()
    }
    endWithoutReader()
  }
}

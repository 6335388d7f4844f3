import Console
import JSON
import Platform
import Synchronization

/// Says how a run goes: to a person a progress bar and plain lines, to a script (`--json`) one object an event.
final class Reporter: Sendable {
  private struct Stage {
    var name = ""
    var start = 0.0
    var lastEvent = 0.0
    var unitsAtStart = 0.0
  }

  private static let secondsBetweenEvents = 1.0
  let isJSON: Bool
  private let start = monotonicSeconds()
  private let lines = Mutex<[UInt8]>([])
  private let bar = ProgressBar()
  private let stage = Mutex(Stage())

  init(json: Bool) { isJSON = json }

  /// Begins a stage of the work; the bar shows its name.
  func begin(_ name: String) {
    let now = monotonicSeconds()
    stage.withLock { $0 = Stage(name: name, start: now, lastEvent: now) }
    if !isJSON { bar.begin(name) }
  }

  /// Tells how far the stage is. Cheap; call it as often as is convenient, from any thread.
  ///
  /// - Parameters:
  ///   - fraction: done, 0…1.
  ///   - units: done since the stage began, for the rate, with their name.
  ///   - loss: what is being minimised, where something is.
  func update(fraction: Double, units: (count: Int, name: String)? = nil, loss: Double? = nil) {
    let now = monotonicSeconds()
    let (name, elapsed, isDue) = stage.withLock { stage in
      let isDue = now - stage.lastEvent >= Self.secondsBetweenEvents
      if isDue { stage.lastEvent = now }
      return (stage.name, now - stage.start, isDue)
    }
    let rate = units.map { (elapsed > 0 ? Double($0.count) / elapsed : 0, $0.name) }
    guard isJSON else { return bar.update(fraction: fraction, rate: rate, loss: loss) }
    guard isDue else { return }
    var members: JSONObject = ["stage": JSON(name), "fraction": JSON(fraction), "seconds": JSON(elapsed)]
    if let rate { members["\(rate.1)PerSecond"] = JSON(rate.0) }
    if let loss { members["loss"] = JSON(loss) }
    if fraction > 0 { members["secondsLeft"] = JSON(elapsed * (1 - fraction) / fraction) }
    // A reader that went away does not stop the training.
    try? EventPrinter().print("progress", members)
  }

  /// Ends the stage and erases the bar.
  func end() { bar.finish() }

  /// What was reported, one object a line: `training.jsonl`.
  var log: [UInt8] { lines.withLock { $0 } }

  /// Seconds since the run began.
  var elapsedSeconds: Double { monotonicSeconds() - start }

  /// Something that happened: an object for a script, text for a person.
  ///
  /// - Parameters:
  ///   - event: its name and members.
  ///   - text: lines for a person, the last without its line feed; nil for nothing.
  func report(_ event: String, _ members: JSONObject, text: String?) {
    bar.finish()
    var entry: JSONObject = ["seconds": JSON(monotonicSeconds() - start), "event": JSON(event)]
    for (key, value) in members { entry[key] = value }
    lines.withLock { $0 += JSON.object(entry).serialized() + [10] }
    if isJSON {
      try? EventPrinter().print(event, members)
    } else if let text {
      // Names of files are written as they are, UTF-8 or not.
      try? Console.write(text.systemPathBytes + [10])
      try? Console.flush()
    }
  }
}

import Platform
import Synchronization

/// One line at the bottom of a terminal that says how far the work is: a bar, the rate, the loss where there is one, and
/// the time left. Where nobody looks (a pipe, a file) it prints nothing at all.
///
/// Safe to update from any thread; drawn at most ten times a second and erased by `finish()`.
package final class ProgressBar: Sendable {
  private struct State {
    var label = ""
    var fraction = 0.0
    var detail = ""
    var stageStart: Double
    var lastDrawn = 0.0
    var isDrawn = false
  }

  private static let interval = 0.1
  private let terminal: Terminal
  private let clock: @Sendable () -> Double
  private let state: Mutex<State>

  /// - Parameters:
  ///   - terminal: where to draw, standard error in both programs.
  ///   - clock: seconds since any fixed moment.
  package init(_ terminal: Terminal = .error, clock: @escaping @Sendable () -> Double = monotonicSeconds) {
    self.terminal = terminal
    self.clock = clock
    state = Mutex(State(stageStart: clock()))
  }

  /// Begins a stage: time left counts from here.
  package func begin(_ label: String) {
    let now = clock()
    state.withLock { state in
      state.label = label
      state.fraction = 0
      state.detail = ""
      state.stageStart = now
      state.lastDrawn = 0
    }
    update(fraction: 0)
  }

  /// - Parameters:
  ///   - fraction: the part of the stage that is done, 0…1.
  ///   - rate: units a second, with the unit's name.
  ///   - loss: what is being minimised, where something is.
  package func update(fraction: Double, rate: (Double, String)? = nil, loss: Double? = nil, note: String = "")
  {
    guard terminal.isInteractive else { return }
    let now = clock()
    let line: String? = state.withLock { state in
      guard now - state.lastDrawn >= Self.interval else { return nil }
      state.fraction = min(max(fraction, 0), 1)
      var details: [String] = []
      if let rate { details.append(NumberText.short(rate.0) + " " + rate.1 + "/s") }
      if let loss { details.append("loss " + NumberText.fixed(loss, digits: 3)) }
      if !note.isEmpty { details.append(note) }
      let elapsed = now - state.stageStart
      if state.fraction > 0.005, elapsed > 0.5 {
        details.append(NumberText.duration(elapsed * (1 - state.fraction) / state.fraction) + " left")
      }
      state.detail = details.joined(separator: "  ")
      state.lastDrawn = now
      state.isDrawn = true
      return Self.line(state.label, state.fraction, state.detail, width: terminal.width)
    }
    if let line { Console.writeError("\r\u{1B}[K" + line) }
  }

  /// Erases the bar, so that what is printed next starts on a clean line.
  package func finish() {
    let wasDrawn = state.withLock { state in
      defer { state.isDrawn = false }
      return state.isDrawn
    }
    if wasDrawn { Console.writeError("\r\u{1B}[K") }
  }

  /// The line as drawn, never wider than the terminal.
  static func line(_ label: String, _ fraction: Double, _ detail: String, width: Int) -> String {
    let percent = NumberText.percent(fraction, digits: 0)
    let text = detail.isEmpty ? "" : "  " + detail
    let cells = min(30, width - 1 - label.count - percent.count - text.count - 4)
    var line = label
    if cells >= 5 {
      let filled = Int((Double(cells) * fraction).rounded(.down))
      let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: cells - filled)
      line += "  " + bar
    }
    line += "  " + percent + text
    return line.count < width ? line : String(line.prefix(max(0, width - 1)))
  }
}

import JSON
import LanguageServerProtocol
import Synchronization

/// Work that the client shows while it goes on (LSP 3.17, "Work Done Progress"), and lets people cancel.
final class Progress: Sendable {
  private enum Phase: Sendable {
    /// The client was asked to make the token; what was reported last is shown once it has.
    case asked(lastReport: JSON?)
    case shown
    /// The client has refused, or the work is over.
    case silent
  }

  private struct State: Sendable {
    var phase: Phase
    var lastPercentage = -1
  }

  private let connection: Connection
  private let token: JSON
  private let title: String
  private let state: Mutex<State>

  /// - Parameter given: the client's own token, if it has given one.
  init(connection: Connection, queue: TrainingQueue, title: String, token given: JSON? = nil) {
    self.connection = connection
    self.title = title
    if let given {
      token = given
      state = Mutex(State(phase: .shown))
      queue.state.withLock { $0.token = given }
      begin()
      return
    }
    let number = queue.state.withLock { state in
      state.tokenNumber += 1
      return state.tokenNumber
    }
    let token = JSON.string("inkling-\(number)")
    self.token = token
    guard connection.client.capabilities.workDoneProgress else {
      state = Mutex(State(phase: .silent))
      return
    }
    state = Mutex(State(phase: .asked(lastReport: nil)))
    queue.state.withLock { $0.token = token }
    connection.request("window/workDoneProgress/create", ["token": token]) { [self] result in
      if case .success = result { show() } else { state.withLock { $0.phase = .silent } }
    }
  }

  /// The client has made the token.
  private func show() {
    // Under the lock, so that nothing that is reported meanwhile overtakes the beginning.
    state.withLock { state in
      guard case .asked(let report) = state.phase else { return }
      state.phase = .shown
      begin()
      if let report { send(report) }
    }
  }

  private func begin() {
    send(["kind": "begin", "title": .string(title), "cancellable": true, "percentage": 0])
  }

  /// - Parameter fraction: of the stage, 0…1.
  func report(_ stage: String, _ fraction: Double) {
    guard fraction.isFinite else { return }
    let percentage = Int(min(max(fraction, 0), 1) * 100)
    state.withLock { state in
      if state.lastPercentage == percentage { return }
      state.lastPercentage = percentage
      let report: JSON = ["kind": "report", "message": .string(stage), "percentage": JSON(percentage)]
      switch state.phase {
      case .asked: state.phase = .asked(lastReport: report)
      case .shown: send(report)
      case .silent: break
      }
    }
  }

  func end() {
    state.withLock { state in
      if case .shown = state.phase { send(["kind": "end"]) }
      state.phase = .silent
    }
  }

  private func send(_ value: JSON) { connection.notify("$/progress", ["token": token, "value": value]) }
}

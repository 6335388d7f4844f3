import JSON
import Synchronization

/// Work that the client shows while it goes on (LSP 3.17, "Work Done Progress"), and lets people cancel.
final class Progress: Sendable {
  private let session: Session
  private let token: JSON?
  private let lastPercentage = Mutex(-1)

  /// - Parameter token: the client's own, if it has given one.
  init(session: Session, title: String, token given: JSON? = nil) {
    self.session = session
    if let given {
      token = given
      session.training.state.withLock { $0.token = given }
      send(["kind": "begin", "title": .string(title), "cancellable": true, "percentage": 0])
      return
    }
    guard session.state.withLock({ $0.client.workDoneProgress }) else {
      token = nil
      return
    }
    let number = session.training.state.withLock { state in
      state.tokenNumber += 1
      return state.tokenNumber
    }
    let token = JSON.string("inkling-\(number)")
    self.token = token
    session.training.state.withLock { $0.token = token }
    session.request("window/workDoneProgress/create", ["token": token])
    send(["kind": "begin", "title": .string(title), "cancellable": true, "percentage": 0])
  }

  /// - Parameter fraction: of the stage, 0…1.
  func report(_ stage: String, _ fraction: Double) {
    guard fraction.isFinite else { return }
    let percentage = Int(min(max(fraction, 0), 1) * 100)
    let isNews = lastPercentage.withLock { last in
      defer { last = percentage }
      return last != percentage
    }
    if isNews { send(["kind": "report", "message": .string(stage), "percentage": JSON(percentage)]) }
  }

  func end() { send(["kind": "end"]) }

  private func send(_ value: JSON) {
    guard let token else { return }
    session.notify("$/progress", ["token": token, "value": value])
  }
}

extension Session {
  /// `window/workDoneProgress/cancel`.
  func cancelProgress(_ params: JSONDecoding) {
    if let token = params["token"].value { training.cancel(token: token) }
  }
}

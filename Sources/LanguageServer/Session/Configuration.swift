import JSON
import Platform

extension Session {
  /// Asks the client for the section `inkling` of its settings.
  func pullConfiguration() {
    request("workspace/configuration", ["items": [["section": "inkling"]]]) { [self] result in
      guard case .success(let sections) = result, let section = sections[0], section != .null else { return }
      changeSettings(to: section)
    }
  }

  /// Clients send the changed settings, or nothing where they expect to be asked.
  func didChangeConfiguration(_ params: JSONDecoding) {
    let sent = params["settings"].optional?.value
    if let section = sent?["inkling"] {
      changeSettings(to: section)
    } else if state.withLock({ $0.client.configuration }) {
      pullConfiguration()
    } else if let sent, sent.objectValue?.isEmpty == false {
      changeSettings(to: sent)
    }
  }

  /// Takes up a configuration, laid over the initialization options; what is wrong is named to the user and left
  /// as it was.
  func changeSettings(to configuration: JSON?) {
    let (before, after, problems) = state.withLock { state in
      let before = state.settings
      var after = baseSettings
      var problems: [String] = []
      // Problems of the options were named when they came.
      let layers = configuration.map { [state.initializationOptions, $0] } ?? [state.initializationOptions]
      for layer in layers.compactMap(\.self) { (after, problems) = after.changed(by: layer) }
      after.diagnostics.acceptedWords = before.diagnostics.acceptedWords
      state.settings = after
      return (before, after, problems)
    }
    if !problems.isEmpty {
      show(.warning, "settings ignored: " + problems.joined(separator: "; "))
    }
    // Before `initialize` is answered there is nothing to refresh, and the client may not be asked for anything.
    openLog(after.logPath)
    guard before != after else { return }
    takeUpSettings(global: (before, after))
    if after.recurrentTraining == .idle && before.recurrentTraining != .idle { scheduleIdleTraining() }
    if before.completion.usesNearbyFiles != after.completion.usesNearbyFiles {
      if after.completion.usesNearbyFiles { prepareNearby() } else { engines.forgetNearbyFiles() }
    }
  }

  /// Opens the log that is asked for, or closes the one there is.
  func openLog(_ path: String?) {
    guard logFile.withLock({ $0?.path }) != path else { return }
    var problem: Failure?
    logFile.withLock { file in
      file = nil
      guard let path else { return }
      do throws(Failure) { file = try LogFile(path: path) } catch { problem = error }
    }
    if let problem { show(.warning, problem.description) }
  }

  func refreshSemanticTokens() {
    let isPossible = state.withLock { $0.client.refreshesSemanticTokens && $0.phase == .initialized }
    if isPossible { request("workspace/semanticTokens/refresh", nil) }
  }
}

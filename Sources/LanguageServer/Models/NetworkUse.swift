import JSON
import Synchronization

/// How many completions were answered, and how many of them with the network's say.
final class NetworkUse: Sendable {
  private let counts = Mutex((answered: 0, withNetwork: 0, withoutNetwork: 0))

  /// - Parameter usesNetwork: nil where the model has no network.
  func add(usesNetwork: Bool?) {
    counts.withLock { counts in
      counts.answered += 1
      if usesNetwork == true { counts.withNetwork += 1 }
      if usesNetwork == false { counts.withoutNetwork += 1 }
    }
  }

  /// `withoutNetwork` are those that came too early for the network of their model.
  var json: JSON {
    let counts = counts.withLock { $0 }
    return [
      "answered": JSON(counts.answered), "withNetwork": JSON(counts.withNetwork),
      "withoutNetwork": JSON(counts.withoutNetwork),
    ]
  }
}

extension Session {
  /// Opens the models of the workspace's folders while the client makes ready to open documents.
  func openModelsAhead() {
    let folders = state.withLock { $0.folders }
    let documents =
      folders.isEmpty ? [untitledDocument(in: nil)] : folders.map { untitledDocument(in: $0.uri) }
    let modelPath = state.withLock { $0.settings.model }
    let engines = engines
    scheduler.submit(
      .background, in: modelCheck.lane, once: { engines.openAhead(for: documents, modelPath: modelPath) })
  }

  private func untitledDocument(in folderURI: String?) -> DocumentIdentity {
    var identity = DocumentIdentity(uri: "untitled:", languageID: "plaintext")
    identity.workspaceFolder = folderURI.flatMap { filePath(ofURI: $0) }
    return identity
  }

  /// Does, in the background and when the first answer is out, what opening a model left to do: compares its files with
  /// their hashes, and opens its network.
  func finishModelsSoon() {
    scheduler.schedule(afterMilliseconds: 40) { [self] in finishModels() }
  }

  private func finishModels() {
    scheduler.submit(
      .background, in: modelCheck.lane,
      once: { [self] in
        let damaged = Set(engines.verifyModels())
        if !damaged.isEmpty {
          reopenEngines(
            of: state.withLock { $0.documents.values.filter { damaged.contains($0.identity.uri) } })
          refreshDiagnostics()
          refreshSemanticTokens()
        }
        let hasNew = engines.openNetworks()
        showProblems()
        guard hasNew else { return }
        for document in state.withLock({ Array($0.documents.values) }) {
          scheduler.submit(
            .interactive, in: document.lane,
            once: { [self] in
              document.withContent { $0.surprisals.invalidate(byteCount: $0.text.byteCount) }
              prepare(document)
            })
        }
        refreshDiagnostics()
        refreshSemanticTokens()
      })
  }
}

import JSON
import Platform

extension Session {
  /// `inkling/status`: memory, latencies and what is loaded.
  func status() -> JSON {
    let (documents, encoding, pending) = state.withLock {
      ($0.documents.keys.sorted(), $0.encoding, $0.pending.count)
    }
    return [
      "version": .string(version),
      "processId": JSON(getpid()),
      "residentBytes": residentByteCount().map { JSON($0) } ?? .null,
      "positionEncoding": .string(encoding.rawValue),
      "documents": .array(documents.map(JSON.string)),
      "pendingRequests": JSON(pending),
      "models": .array(
        engines.status().map { model in
          [
            "path": model.path.map(JSON.string) ?? .null, "documentCount": JSON(model.documentCount),
            "typeCount": model.typeCount.map { JSON($0) } ?? .null,
            "countedTokens": JSON(model.countedTokens), "nearbyFiles": JSON(model.nearbyFileCount),
            "networkBytes": model.networkByteCount.map { JSON($0) } ?? .null,
            "problem": model.problem.map(JSON.string) ?? .null,
          ]
        }),
      "training": training.state.withLock { $0.running.map { .string($0.folder) } ?? .null },
      "logFile": logFile.withLock { $0.map { .string($0.path) } ?? .null },
      "completions": networkUse.json,
      "latencies": latencies.json,
    ]
  }
}

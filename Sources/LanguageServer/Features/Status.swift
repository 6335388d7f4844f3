import JSON
import LanguageServerProtocol
import Platform

/// `inkling/status`: memory, latencies and what is loaded.
enum StatusRequest: ImmediateRequest {
  static let method = "inkling/status"

  private static func layer(_ layer: LayerStatus) -> JSON {
    [
      "kind": .string(layer.kind.rawValue), "name": .string(layer.name),
      "path": layer.path.map(JSON.string) ?? .null, "typeCount": JSON(layer.typeCount),
    ]
  }

  static func answer(_ params: NoParams, _ context: RequestContext) -> JSON {
    let services = context.services
    return [
      "version": .string(services.version),
      "processId": JSON(getpid()),
      "residentBytes": residentByteCount().map { JSON($0) } ?? .null,
      "positionEncoding": .string(context.encoding.rawValue),
      "documents": .array(services.documents.uris.sorted().map(JSON.string)),
      "pendingRequests": JSON(services.connection.pendingCount),
      "models": .array(
        services.documents.engines.status().map { model in
          [
            "path": model.path.map(JSON.string) ?? .null, "documentCount": JSON(model.documentCount),
            "typeCount": model.typeCount.map { JSON($0) } ?? .null,
            "countedTokens": JSON(model.countedTokens), "nearbyFiles": JSON(model.nearbyFileCount),
            "networkBytes": model.networkByteCount.map { JSON($0) } ?? .null,
            "layers": .array(model.layers.map(Self.layer)),
            "problem": model.problem.map(JSON.string) ?? .null,
          ]
        }),
      "training": services.trainer.queue.state.withLock { $0.running.map { .string($0.folder) } ?? .null },
      "logFile": services.connection.logPath.map(JSON.string) ?? .null,
      "completions": services.models.networkUse.json,
      "latencies": services.connection.latencies.json,
    ]
  }
}

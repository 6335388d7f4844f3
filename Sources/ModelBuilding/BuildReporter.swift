import JSON
import LanguageModeling
import Platform
import Privacy
import Synchronization

/// Tells how a build goes, and keeps what the model's log says of it.
final class BuildReporter: Sendable {
  private let start = monotonicSeconds()
  private let lines = Mutex<[UInt8]>([])
  private let handler: @Sendable (ModelBuildingEvent) -> Void

  init(_ handler: @escaping @Sendable (ModelBuildingEvent) -> Void) { self.handler = handler }

  func begin(_ stage: ModelBuildingStage) { handler(.stage(stage)) }

  /// Tells how far the stage is. Cheap; call it as often as is convenient, from any thread.
  func update(fraction: Double, tokenCount: Int? = nil, loss: Double? = nil) {
    handler(.progress(.init(fraction: fraction, tokenCount: tokenCount, loss: loss)))
  }

  func end() { handler(.stageEnded) }

  func warn(_ failure: Failure) { handler(.warning(failure)) }

  /// Something that happened, for the log too.
  func report(_ event: ModelBuildingEvent) {
    if let object = event.object {
      var entry: JSONObject = ["seconds": JSON(elapsedSeconds), "event": .string(object.name)]
      for (key, value) in object.members { entry[key] = value }
      lines.withLock { $0 += JSON.object(entry).serialized() + [10] }
    }
    handler(event)
  }

  /// What was reported, one object a line: `training.jsonl`.
  var log: [UInt8] { lines.withLock { $0 } }

  /// Seconds since the build began.
  var elapsedSeconds: Double { monotonicSeconds() - start }
}

extension BuildReporter {
  /// What was forgotten at the model that something is read for; who named it is told where there is none, for then nothing
  /// is left out.
  ///
  /// - Parameter model: its directory; nil for `ModelBuilder.defaultOutput`.
  func forgotten(atModel model: String?) throws(Failure) -> ForgottenList {
    if let model, !fileExists(model + "/" + ModelDirectory.descriptionName) {
      warn(
        Failure(
          model, why: "is no model yet, so that nothing is known of what was forgotten",
          remedy: "check the name, if there is one"))
    }
    return try ForgottenList.read(besideModel: model ?? OutputChecks.defaultOutput)
  }
}

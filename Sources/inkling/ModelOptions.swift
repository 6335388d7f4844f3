import ArgumentParser
import Console
import LanguageModeling
import Neural
import Platform
import Prediction

/// Which model answers.
struct ModelOptions: ParsableArguments {
  @Option(
    help: """
      The model directory (default: .inkling/model in the file's folder or the nearest parent, else the user's \
      default model, else none).
      """,
    completion: .directory)
  var model: String?

  /// Where the model for a document is; nil if there is none.
  static func modelPath(near documentPath: String?) -> String? {
    ModelLocator.locate(documentPath: documentPath)
  }

  /// Where the model that is named is, or the one for a document; nil if there is none.
  func path(near documentPath: String?) -> String? {
    ModelLocator.locate(explicit: model, documentPath: documentPath)
  }

  /// Opens the model that is named, or that is found near a document; nil if there is none.
  ///
  /// - Throws: `Failure` if the one that is named is not there, or either is damaged.
  func open(
    near documentPath: String?, networkPrecision: WeightPrecision = .int8
  ) throws(Failure) -> OpenedModel? {
    var refusals: [Failure] = []
    let path = ModelLocator.locate(
      explicit: model, documentPath: documentPath, refused: { refusals.append($0) })
    for refusal in refusals {
      Console.warn(
        Failure(refusal.what, why: refusal.why, remedy: "name the model with --model to have it used"))
    }
    guard let path else { return nil }
    let model = try Model(path: path, opensNetwork: true, networkPrecision: networkPrecision)
    return OpenedModel(path: path, model: model)
  }

  /// The same where a command can do nothing without a model.
  func openRequired(
    near documentPath: String?, networkPrecision: WeightPrecision = .int8
  ) throws(Failure) -> OpenedModel {
    if let opened = try open(near: documentPath, networkPrecision: networkPrecision) { return opened }
    var refusals: [Failure] = []
    _ = ModelLocator.locate(documentPath: documentPath, environment: { _ in nil }) { refusals.append($0) }
    if let refusal = refusals.first {
      throw Failure(refusal.what, why: refusal.why, remedy: "name the model with --model to have it used")
    }
    throw Failure(
      "model", why: "none found beside the text, above it, or in the user's data folder",
      remedy: "train one with inkling-train, or name one with --model")
  }
}

/// A model and where it came from.
struct OpenedModel: Sendable {
  let path: String
  let model: Model
}

/// Opens each model once, however many files share it.
struct ModelCache {
  let options: ModelOptions
  private var models: [String: Model] = [:]

  init(_ options: ModelOptions) { self.options = options }

  mutating func model(near documentPath: String?) throws(Failure) -> OpenedModel? {
    guard let path = options.path(near: documentPath) else { return nil }
    if let known = models[path] { return OpenedModel(path: path, model: known) }
    let model = try Model(path: path, opensNetwork: true)
    models[path] = model
    return OpenedModel(path: path, model: model)
  }
}

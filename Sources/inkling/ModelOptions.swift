import ArgumentParser
import Console
import LanguageModeling
import Lexing
import Neural
import Platform
import Prediction

/// Which model answers.
struct ModelOptions: ParsableArguments {
  @Option(
    help: """
      The model directory (default: .inkling/model in the file's folder or the nearest parent, else the user's \
      default model, else that of the file's language, else none).
      """,
    completion: .directory)
  var model: String?

  @Option(
    help: """
      Which models are asked below it: all (the default: the person's other ones, and those of the file's language), or none.
      """)
  var layers: ModelLayers?

  /// Where the model for a document is; nil if there is none.
  static func modelPath(near documentPath: String?) -> String? {
    ModelLocator.locate(documentPath: documentPath)
  }

  /// Where the model that is named is, or the one for a document; nil if there is none.
  func path(near documentPath: String?) -> String? {
    ModelLocator.locate(explicit: model, documentPath: documentPath)
  }

  /// Where the model is and what is below it.
  ///
  /// - Parameter grammar: the document's; nil for a model alone.
  func places(near documentPath: String?, grammar: Grammar?, refused: (Failure) -> Void = { _ in })
    -> LayerLocator.Found
  {
    let path = ModelLocator.locate(explicit: model, documentPath: documentPath, refused: refused)
    guard let grammar, layers != ModelLayers.none else {
      return LayerLocator.Found(modelPath: path, layers: [])
    }
    return LayerLocator.locate(LayerLocator.Request(grammar), modelPath: path)
  }

  /// Opens the model that is named, or that is found near a document, and what is below it; nil if there is none.
  ///
  /// - Parameter grammar: the document's; nil for a model alone.
  /// - Throws: `Failure` if the one that is named is not there, or either is damaged.
  func open(
    near documentPath: String?, grammar: Grammar?, networkPrecision: WeightPrecision = .int8
  ) throws(Failure) -> OpenedModel? {
    var refusals: [Failure] = []
    let found = places(near: documentPath, grammar: grammar) { refusals.append($0) }
    for refusal in refusals {
      Console.warn(
        Failure(refusal.what, why: refusal.why, remedy: "name the model with --model to have it used"))
    }
    guard let path = found.modelPath else { return nil }
    let model = try Model(path: path, opensNetwork: true, networkPrecision: networkPrecision)
    var opened: [String: Model] = [:]
    let layered = model.layered(over: OpenedModel.layers(found.layers, &opened))
    try layered.openNetwork(precision: networkPrecision)
    return OpenedModel(path: path, model: layered)
  }

  /// The same where a command can do nothing without a model.
  func openRequired(
    near documentPath: String?, grammar: Grammar? = nil, networkPrecision: WeightPrecision = .int8
  ) throws(Failure) -> OpenedModel {
    if let opened = try open(near: documentPath, grammar: grammar, networkPrecision: networkPrecision) {
      return opened
    }
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

/// Which models below the one that answers are asked.
enum ModelLayers: String, CaseIterable, ExpressibleByArgument { case all, none }

extension LayerLocator.Request {
  init(_ grammar: Grammar) { self.init(languageID: grammar.languageID, isProse: grammar.isProse) }
}

/// A model and where it came from.
struct OpenedModel: Sendable {
  let path: String
  let model: Model

  /// The models of layers. One that is damaged is said to be so, and left out.
  ///
  /// - Parameter opened: those that are open already, by their paths.
  static func layers(_ places: [LayerLocator.Place], _ opened: inout [String: Model]) -> [ModelLayer] {
    var layers: [ModelLayer] = []
    for place in places {
      do throws(Failure) {
        let model: Model
        if let known = opened[place.path] { model = known } else { model = try Model(path: place.path) }
        opened[place.path] = model
        layers.append(ModelLayer(kind: place.kind, name: place.name, model: model))
      } catch { Console.warn(error) }
    }
    return layers
  }
}

/// Opens each model once, however many files share it.
struct ModelCache {
  let options: ModelOptions
  private var models: [String: Model] = [:]
  private var layered: [LayerLocator.Found: Model] = [:]

  init(_ options: ModelOptions) { self.options = options }

  /// - Parameter grammar: the document's; nil for a model alone.
  mutating func model(near documentPath: String?, grammar: Grammar?) throws(Failure) -> OpenedModel? {
    let found = options.places(near: documentPath, grammar: grammar)
    guard let path = found.modelPath else { return nil }
    if let known = layered[found] { return OpenedModel(path: path, model: known) }
    let model: Model
    if let known = models[path] { model = known } else { model = try Model(path: path, opensNetwork: true) }
    models[path] = model
    let made = model.layered(over: OpenedModel.layers(found.layers, &models))
    try made.openNetwork()
    layered[found] = made
    return OpenedModel(path: path, model: made)
  }
}

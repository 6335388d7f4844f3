import LanguageModeling
import Platform

/// Finds the models below a document's own: other ones of the person's, the organisation's, and those of its language.
public enum LayerLocator {
  /// A model directory, and whose it is.
  public struct Place: Hashable, Sendable {
    public var kind: ModelLayer.Kind
    public var name: String
    public var path: String

    public init(kind: ModelLayer.Kind, name: String, path: String) {
      self.kind = kind
      self.name = name
      self.path = path
    }
  }

  /// What is asked for a document.
  public struct Request: Hashable, Sendable {
    /// The language server protocol's identifier.
    public var languageID: String
    /// Whether natural languages say anything of it.
    public var isProse: Bool
    /// The organisation's model directory, if there is one.
    public var organisationPath: String?

    public init(languageID: String, isProse: Bool, organisationPath: String? = nil) {
      self.languageID = languageID
      self.isProse = isProse
      self.organisationPath = organisationPath
    }
  }

  /// A document's model, and what is below it; without a model of its own the first layer is the model.
  public struct Found: Hashable, Sendable {
    public var modelPath: String?
    /// The layer that is the model, where there is no other.
    public var first: Place?
    public var layers: [Place]

    public init(modelPath: String?, first: Place? = nil, layers: [Place]) {
      self.modelPath = modelPath
      self.first = first
      self.layers = layers
    }
  }

  /// Of the person's other models so many are asked.
  private static let personalLimit = 2
  /// Entries of the folder of models that are looked at.
  private static let entryLimit = 1000

  /// - Parameters:
  ///   - modelPath: the document's own model, as `ModelLocator` finds it.
  ///   - environment: looks up a variable.
  public static func locate(
    _ request: Request, modelPath: String?,
    environment: (String) -> String? = ModelLocator.environment
  ) -> Found {
    var places: [Place] = []
    let folder = ModelLocator.modelsFolder(environment: environment)
    if let folder { places = personal(in: folder) }
    if let path = request.organisationPath, isModel(path) {
      places.append(Place(kind: .organisation, name: lastName(path), path: path))
    }
    if let folder { places += bases(in: folder + "/base", request, environment) }
    if let modelPath {
      let own = realPath(modelPath) ?? modelPath
      places.removeAll { $0.path == modelPath || realPath($0.path) == own }
    }
    var found = Found(modelPath: modelPath, layers: Array(places.prefix(LayerStack.maximumCount + 1)))
    if modelPath == nil, !found.layers.isEmpty {
      found.first = found.layers.removeFirst()
      found.modelPath = found.first?.path
    }
    found.layers = Array(found.layers.prefix(LayerStack.maximumCount))
    return found
  }

  /// The default model, then the others by name.
  private static func personal(in folder: String) -> [Place] {
    guard let names = try? OpenFolder(folder).entries(limit: entryLimit) else { return [] }
    let strings = names.map { String(systemPathBytes: $0) }.filter { !$0.hasPrefix(".") && $0 != "base" }
    let sorted = strings.sorted { ($0 == "default" ? 0 : 1, $0) < ($1 == "default" ? 0 : 1, $1) }
    return sorted.lazy.map { Place(kind: .person, name: $0, path: folder + "/" + $0) }
      .filter { isModel($0.path) && isOfLanguage($0.path) }.prefix(personalLimit).map { $0 }
  }

  /// The document's language, then, for prose, the natural languages: that of the session first.
  private static func bases(
    in folder: String, _ request: Request, _ environment: (String) -> String?
  ) -> [Place] {
    var names = [BaseLanguage.name(forLanguageID: request.languageID)]
    if request.isProse {
      let session = (environment("LC_ALL") ?? environment("LANG") ?? "").prefix { $0.isLetter }
      let natural =
        BaseLanguage.natural.filter { $0 == session } + BaseLanguage.natural.filter { $0 != session }
      names += natural.filter { !names.contains($0) }
    }
    return names.map { Place(kind: .base, name: $0, path: folder + "/" + $0) }.filter { isModel($0.path) }
  }

  private static func isModel(_ path: String) -> Bool {
    fileExists(path + "/" + ModelDirectory.descriptionName)
  }

  /// Whether a model is one of text, not a classifier or a tagger: those have no n-grams.
  private static func isOfLanguage(_ path: String) -> Bool {
    fileExists(path + "/" + ModelDirectory.ngramsName)
  }

  private static func lastName(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}

/// The languages that there are base models of, by the names that `inkling-train base` has for them.
public enum BaseLanguage {
  public static let natural = ["en", "de", "fr", "es", "ru", "ar", "zh", "ja", "ko"]
  public static let programming = [
    "c", "cpp", "python", "swift", "java", "javascript", "go", "rust", "shell", "latex", "markdown",
  ]
  public static let all = natural + programming

  /// The name of the base model for a document's language; the identifier itself where there is no other.
  public static func name(forLanguageID id: String) -> String {
    switch id {
    case "shellscript", "bash", "sh", "zsh": "shell"
    case "javascriptreact", "typescript", "typescriptreact": "javascript"
    case "objective-c": "c"
    case "objective-cpp": "cpp"
    case "tex", "bibtex": "latex"
    default: id
    }
  }

  /// Where the base model of a language is, or would be; nil where the person has no folder for data.
  public static func path(
    of name: String, environment: (String) -> String? = ModelLocator.environment
  ) -> String? {
    ModelLocator.modelsFolder(environment: environment).map { $0 + "/base/" + name }
  }
}

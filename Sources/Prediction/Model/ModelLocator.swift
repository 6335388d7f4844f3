import LanguageModeling
import Platform

/// Finds the model of a document: the one that is named, else the nearest one above it, else the user's default.
public enum ModelLocator {
  /// The model's place below a project.
  public static let relativePath = ".inkling/model"
  /// The place of its tagger.
  public static let taggerRelativePath = ".inkling/tagger"
  /// The place of what turns its texts into others.
  public static let transducerRelativePath = ".inkling/transducer"
  /// The place of its model of commit messages.
  public static let commitsRelativePath = ".inkling/commits"

  /// The model directory for a document, or nil if there is none.
  ///
  /// - Parameters:
  ///   - explicit: what `--model` says; taken as it is.
  ///   - documentPath: absolute or relative; the search begins in its folder, or in it if it is a folder.
  ///   - environment: looks up a variable.
  ///   - trust: which projects' models may be used; those of others are passed over.
  ///   - refused: is given why they are.
  public static func locate(
    explicit: String? = nil, documentPath: String?, environment: (String) -> String? = Self.environment,
    trust: ProjectTrust = ProjectTrust(), refused: (Failure) -> Void = { _ in }
  ) -> String? {
    if let explicit { return explicit }
    if let documentPath, isCommitMessage(documentPath),
      let found = nearest(documentPath, commitsRelativePath, trust, refused)
    {
      return found
    }
    if let found = nearest(documentPath ?? ".", relativePath, trust, refused) { return found }
    return defaultPath(environment: environment).flatMap { isModel($0) ? $0 : nil }
  }

  /// The tagger for a document, or nil if there is none: the nearest above it, else the user's own beside their default
  /// model, `$XDG_DATA_HOME/inkling/models/tagger`.
  public static func locateTagger(
    documentPath: String?, environment: (String) -> String? = Self.environment,
    trust: ProjectTrust = ProjectTrust()
  ) -> String? {
    locate(taggerRelativePath, documentPath: documentPath, environment: environment, trust: trust)
  }

  /// A model beside the language model of a document, or nil if there is none: the nearest above it, else the user's own of
  /// the same name beside their default model.
  ///
  /// - Parameter place: of the model below a project: `.inkling/` and its name.
  public static func locate(
    _ place: String, documentPath: String?, environment: (String) -> String? = Self.environment,
    trust: ProjectTrust = ProjectTrust()
  ) -> String? {
    if let found = nearest(documentPath ?? ".", place, trust, { _ in }) { return found }
    guard let model = defaultPath(environment: environment), let name = place.split(separator: "/").last
    else {
      return nil
    }
    let path = parent(model) + "/" + name
    return isModel(path) ? path : nil
  }

  /// Whether a file is one that git has its message written in.
  private static func isCommitMessage(_ path: String) -> Bool {
    ["COMMIT_EDITMSG", "MERGE_MSG", "SQUASH_MSG"].contains { path == $0 || path.hasSuffix("/" + $0) }
  }

  /// Where the user's default model belongs: `$XDG_DATA_HOME/inkling/models/default`.
  public static func defaultPath(environment: (String) -> String? = Self.environment) -> String? {
    modelsFolder(environment: environment).map { $0 + "/default" }
  }

  /// Where the user's models are: `$XDG_DATA_HOME/inkling/models`.
  package static func modelsFolder(environment: (String) -> String? = Self.environment) -> String? {
    if let home = environment("XDG_DATA_HOME"), home.hasPrefix("/") { return home + "/inkling/models" }
    guard let home = environment("HOME"), home.hasPrefix("/") else { return nil }
    return home + "/.local/share/inkling/models"
  }

  private static func nearest(
    _ documentPath: String, _ relativePath: String, _ trust: ProjectTrust, _ refused: (Failure) -> Void
  ) -> String? {
    guard var folder = absolute(documentPath) else { return nil }
    if !isDirectory(folder) { folder = parent(folder) }
    while true {
      let candidate = folder == "/" ? "/" + relativePath : folder + "/" + relativePath
      if isModel(candidate) {
        guard
          let refusal = trust.refusal(ofProject: folder) ?? trust.refusal(of: candidate, inProject: folder)
        else { return candidate }
        refused(refusal)
      }
      if folder == "/" { return nil }
      folder = parent(folder)
    }
  }

  private static func isModel(_ path: String) -> Bool {
    fileExists(path + "/" + ModelDirectory.descriptionName)
  }

  private static func parent(_ path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
    return String(path[..<slash])
  }

  /// The path from the root, `.` and `..` and doubled slashes resolved by name.
  private static func absolute(_ path: String) -> String? {
    var whole = path
    if !path.hasPrefix("/") {
      guard let base = getcwd(nil, 0) else { return nil }
      defer { free(base) }
      whole = String(cString: base) + "/" + path
    }
    var parts: [Substring] = []
    for part in whole.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }

  /// A variable of the process's environment.
  public static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

import Platform
import Prediction

/// Where the models of workspaces without one of their own are kept: `$XDG_CACHE_HOME/inkling/workspaces`, a folder
/// for each, so that nothing appears in a person's project unasked.
package enum WorkspaceModels {
  /// The place for a folder's model; nil where there is no place for caches.
  package static func modelPath(
    forFolder folder: String, environment: (String) -> String? = ModelLocator.environment
  ) -> String? {
    let cache: String
    if let path = environment("XDG_CACHE_HOME"), path.hasPrefix("/") {
      cache = path
    } else if let home = environment("HOME"), home.hasPrefix("/") {
      cache = home + "/.cache"
    } else {
      return nil
    }
    let name = folder.split(separator: "/").last.map(String.init) ?? "root"
    return "\(cache)/inkling/workspaces/\(name)-\(digest(folder))/model"
  }

  private static func digest(_ text: String) -> String { String(fnv1a64(text.utf8), radix: 16) }

  /// The model of a document: the nearest above it, else its workspace's from the cache, else the user's default.
  static func locate(documentPath: String?, trust: ProjectTrust) -> String? {
    // Without an environment there is no default.
    if let nearest = ModelLocator.locate(
      documentPath: documentPath, environment: { _ in nil }, trust: trust)
    {
      return nearest
    }
    var folder = Substring(documentPath ?? "")
    while let slash = folder.lastIndex(of: "/"), slash != folder.startIndex {
      folder = folder[..<slash]
      if let path = modelPath(forFolder: String(folder)), fileExists(path + "/model.json") { return path }
    }
    return ModelLocator.locate(documentPath: documentPath, trust: trust)
  }

  /// Whether a folder is too much to learn unasked: the root, a home folder, the folder of all homes.
  static func isTooLarge(_ folder: String) -> Bool {
    let trimmed = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    let home = ModelLocator.environment("HOME")
    return trimmed.split(separator: "/").count < 2 || trimmed == home
      || home?.hasPrefix(trimmed + "/") == true
  }
}

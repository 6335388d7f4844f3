import Platform
import Privacy

/// What may be read of a person's files, asked for one file at a time.
public enum CorpusPrivacy {
  /// Whether the names of a file and of the folders above it alone say that it holds secrets.
  public static func isSecretFile(_ path: String) -> Bool { SecretFileNames.isSecret(path: path) }

  /// Whether ignore files, or the names of folders, leave a path out of a walk of the folder `top` above it.
  public static func isLeftOut(_ path: String, below top: String) -> Bool {
    guard path.hasPrefix(top == "/" ? top : top + "/") else { return false }
    var rules = IgnoreRules(above: top)
    var folder = top
    var relative = ""
    let parts = path.dropFirst(top.count).split(separator: "/").map(String.init)
    for (index, name) in parts.enumerated() {
      if name == ".git" { return true }
      rules = rules.entering(folder, relativePath: Array(relative.utf8), names: ignoreFiles(in: folder))
      relative += (relative.isEmpty ? "" : "/") + name
      folder += (folder == "/" ? "" : "/") + name
      let isFolder = index < parts.count - 1 || isDirectory(folder)
      let verdict = rules.verdict(Array(relative.utf8), isDirectory: isFolder)
      if verdict?.0 == .ignored { return true }
      if verdict == nil, isFolder, FileNameRules.reasonToLeaveOutFolder(name) != nil { return true }
    }
    return FileNameRules.reasonToLeaveOutFile(relative) != nil
  }

  private static func ignoreFiles(in folder: String) -> [String] {
    [IgnoreRules.gitFileName, IgnoreRules.inklingFileName, ".git"].filter { fileExists(folder + "/" + $0) }
  }

  /// The text of a file in UTF-8; nil if it is not to be used: too long, binary, generated, minified, a key.
  public static func text(of path: String, byteLimit: Int, isProse: Bool) -> [UInt8]? {
    guard let bytes = try? readFile(path, limit: byteLimit), let text = TextDecoding.utf8(bytes),
      !text.isEmpty,
      text.withUnsafeBytes({ ContentRules.reasonToLeaveOut($0, isProse: isProse) }) == nil
    else { return nil }
    return text
  }
}

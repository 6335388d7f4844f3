import Platform
import Privacy

/// What may be read of a person's files, asked for one file at a time.
package enum CorpusPrivacy {
  /// Whether the names of a file and of the folders above it alone say that it holds secrets: its own, or those of the file
  /// that it links to.
  package static func isSecretFile(_ path: String) -> Bool {
    SecretFileNames.isSecret(path: path) || realPath(path).map { SecretFileNames.isSecret(path: $0) } ?? false
  }

  /// Whether a walk of the folder `top` above it would pass a path over: because of ignore files, of the names of folders,
  /// of links on the way, or because it belongs to a model.
  package static func isLeftOut(_ path: String, below top: String) -> Bool {
    guard let parts = relativePath(of: path, below: top)?.split(separator: UInt8(ascii: "/")) else {
      return false
    }
    guard let root = realPath(top), !ModelFiles.isInModel(root), var open = try? OpenFolder(top) else {
      return true
    }
    var rules = IgnoreRules(above: top)
    var folder = top.systemPathBytes
    var relative: [UInt8] = []
    var budget = 1 << 22
    for (index, part) in parts.enumerated() {
      let name = Array(part)
      if name.elementsEqual(IgnoreRules.repositoryName.utf8) { return true }
      if ModelFiles.isModel(atPath: String(systemPathBytes: folder)) { return true }
      rules = rules.entering(
        open, path: String(systemPathBytes: folder), relativePath: relative, names: ignoreFiles(in: open))
      if rules.isTooLarge { return true }
      if !relative.isEmpty { relative.append(UInt8(ascii: "/")) }
      relative += name
      if folder != [UInt8(ascii: "/")] { folder.append(UInt8(ascii: "/")) }
      folder += name
      let kind = open.status(of: name).map { $0.st_mode & S_IFMT }
      if kind == S_IFLNK { return true }
      let isFolder = index < parts.count - 1 || kind == S_IFDIR
      let answer = rules.verdict(relative, isDirectory: isFolder, budget: &budget)
      if answer?.verdict == .ignored || answer?.verdict == .unknown { return true }
      if answer?.isInklings != true, isFolder,
        FileNameRules.reasonToLeaveOutFolder(String(systemPathBytes: name)) != nil
      {
        return true
      }
      if kind == S_IFDIR, let next = try? open.folder(name) { open = next }
    }
    return FileNameRules.reasonToLeaveOutFile(String(systemPathBytes: relative)) != nil
  }

  private static func ignoreFiles(in folder: OpenFolder) -> [[UInt8]] {
    [IgnoreRules.repositoryName, IgnoreRules.gitFileName, IgnoreRules.inklingFileName]
      .map { Array($0.utf8) }.filter { folder.status(of: $0) != nil }
  }

  /// What a path has behind the folder above it; nil if it does not lie below.
  private static func relativePath(of path: String, below top: String) -> [UInt8]? {
    guard path != top, isPath(path, atOrBelow: top) else { return nil }
    let (path, top) = (path.systemPathBytes, top.systemPathBytes)
    return Array(path.dropFirst(top == [UInt8(ascii: "/")] ? 1 : top.count + 1))
  }

  /// The text of a file in UTF-8; nil if it is not to be used: too long, binary, generated, minified, a key.
  ///
  /// - Parameter top: a folder above it, which reading it does not leave by a link.
  package static func text(of path: String, below top: String, byteLimit: Int, isProse: Bool) -> [UInt8]? {
    guard let relative = relativePath(of: path, below: top),
      let bytes = try? readFile(relative, below: top, limit: byteLimit),
      let text = TextDecoding.utf8(bytes), !text.isEmpty,
      text.withUnsafeBytes({ ContentRules.reasonToLeaveOut($0, isProse: isProse) }) == nil
    else { return nil }
    return text
  }
}

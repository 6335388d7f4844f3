import Platform

extension RunDocument {
  /// What orders documents as one process reads them: named paths in the order of their bytes, and what lies below each as
  /// it is walked.
  ///
  /// - Parameters:
  ///   - root: without a slash at its end.
  ///   - filesFirst: whether a folder's own files come before the folders in it (`CorpusWalker`), and not among them.
  static func key(root: String, relativePath: String, filesFirst: Bool) -> [UInt8] {
    var key = root.systemPathBytes + [0]
    let parts = relativePath.systemPathBytes.split(separator: UInt8(ascii: "/"))
    for (index, part) in parts.enumerated() {
      if filesFirst { key.append(index == parts.count - 1 ? 1 : 2) }
      key += part
      key.append(0)
    }
    return key
  }
}

/// Named paths in the order in which they are read, whatever the order in which they were named: of their bytes, a slash at
/// the end disregarded.
func inReadingOrder(_ paths: [String]) -> [String] {
  paths.sorted { readingKey($0).lexicographicallyPrecedes(readingKey($1)) }
}

private func readingKey(_ path: String) -> [UInt8] {
  var bytes = path.systemPathBytes
  while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
  return bytes
}

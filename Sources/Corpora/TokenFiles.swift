import Platform

/// Files that somebody has split into tokens: one sentence a line, tokens split by white space (single spaces, as a
/// rule), so that results compare token for token with other toolkits.
public struct TokenFiles: Sendable {
  /// What stands between `<s>` and `</s>`.
  public enum SequenceUnit: String, CaseIterable, Sendable {
    /// Each line, as KenLM has it.
    case line
    /// The whole file; its line ends are no tokens.
    case document
  }

  /// The files, each once, folders replaced by the files in them; in the order named, folders by the bytes of the paths.
  public let paths: [String]

  /// - Parameter roots: files and folders. Names that begin with a dot are passed over inside folders.
  /// - Throws: `Failure` naming a path that is not there, or that holds no file.
  public init(_ roots: [String]) throws(Failure) {
    var found: [String] = []
    for root in roots {
      guard fileExists(root) else { throw Failure.system(root, doing: "open", errno: ENOENT) }
      let before = found.count
      var trimmed = root
      while trimmed.count > 1 && trimmed.hasSuffix("/") { trimmed.removeLast() }
      Self.collect(trimmed, depth: 0, into: &found)
      if found.count == before {
        throw Failure(root, why: "no readable file in it", remedy: "name a file or a folder of token files")
      }
    }
    paths = found
  }

  private static func collect(_ path: String, depth: Int, into found: inout [String]) {
    guard isDirectory(path) else {
      found.append(path)
      return
    }
    // A link back to a parent would go on for ever; no real tree is this deep.
    guard depth < 64 else { return }
    for name in directoryEntries(path) where !name.hasPrefix(".") {
      let entry = path == "/" ? "/" + name : path + "/" + name
      if isRegularFile(entry) || (isDirectory(entry) && !isSymbolicLink(entry)) {
        collect(entry, depth: depth + 1, into: &found)
      }
    }
  }

  /// Calls `body` with each sequence of `bytes`: the byte ranges of its tokens.
  ///
  /// An empty line is an empty sequence. A token `<s>` or `</s>` in the text is passed over: it would stand for a
  /// boundary that is not there. So is a byte order mark at the start.
  ///
  /// - Parameter body: gets one sequence's token ranges; the buffer is reused.
  public static func forEachSequence(
    in bytes: UnsafeRawBufferPointer, unit: SequenceUnit, _ body: ([Range<Int>]) throws(Failure) -> Void
  ) throws(Failure) {
    var tokens: [Range<Int>] = []
    var start = bytes.hasByteOrderMark ? 3 : 0
    var position = start
    let count = bytes.count
    while position < count {
      let byte = bytes[position]
      if isSeparator(byte) {
        if position > start, !isBoundaryMark(bytes, start..<position) { tokens.append(start..<position) }
        start = position + 1
        if byte == 0x0A, unit == .line {
          try body(tokens)
          tokens.removeAll(keepingCapacity: true)
        }
      }
      position += 1
    }
    if count > start, !isBoundaryMark(bytes, start..<count) { tokens.append(start..<count) }
    let hasOpenLine = count > 0 && bytes[count - 1] != 0x0A
    if unit == .document || hasOpenLine { try body(tokens) }
  }

  /// Space, tab, line feed, vertical tab, form feed, carriage return, NUL.
  @inline(__always)
  private static func isSeparator(_ byte: UInt8) -> Bool {
    byte <= 0x20 && (byte == 0x20 || byte == 0 || 9...13 ~= byte)
  }

  private static func isBoundaryMark(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
    guard bytes[range.lowerBound] == UInt8(ascii: "<"), 3...4 ~= range.count else { return false }
    return bytes[range].elementsEqual("<s>".utf8) || bytes[range].elementsEqual("</s>".utf8)
  }
}

private func isRegularFile(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
}

private func isSymbolicLink(_ path: String) -> Bool {
  var status = stat()
  return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
}

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
  /// How many were left out because they are measured on.
  public let heldOutCount: Int

  /// Entries of folders that are looked at in all.
  private static let entryLimit = 5_000_000
  /// No real tree is this deep.
  private static let depthLimit = 64

  /// - Parameters:
  ///   - roots: files and folders. Names that begin with a dot, links and model directories are passed over inside folders.
  ///   - heldOutFiles: files to leave out.
  /// - Throws: `Failure` naming a path that is not there, or that holds no file.
  public init(
    _ roots: [String], leavingOut heldOutFiles: HeldOutFiles = HeldOutFiles()
  ) throws(Failure) {
    var found: [String] = []
    var room = Self.entryLimit
    var heldOutCount = 0
    for root in roots {
      if let real = realPath(root) {
        guard !ModelFiles.isInModel(real), !ModelFiles.isModel(atPath: real) else {
          throw Failure(root, why: "belongs to a model", remedy: "name the text that it was trained on")
        }
      } else if !fileExists(root) {
        // A pipe has no place in the tree, and is there all the same.
        throw Failure.system(root, doing: "open", errno: ENOENT)
      }
      let before = found.count
      if let folder = try? OpenFolder(root) {
        var trimmed = root.systemPathBytes
        while trimmed.count > 1 && trimmed.last == UInt8(ascii: "/") { trimmed.removeLast() }
        Self.collect(folder, trimmed, depth: 0, room: &room, into: &found)
      } else {
        found.append(root)
      }
      guard found.count > before else {
        throw Failure(
          root, why: "no readable file in it (links are not followed)",
          remedy: "name a file or a folder of token files")
      }
      let learned = found[before...].filter { !heldOutFiles.contains($0) }
      heldOutCount += found.count - before - learned.count
      found.replaceSubrange(before..., with: learned)
    }
    guard !found.isEmpty || roots.isEmpty else {
      throw Failure(
        roots.joined(separator: ", "), why: "all of it is held out by --valid or --test",
        remedy: "name other files to learn from")
    }
    paths = found
    self.heldOutCount = heldOutCount
  }

  private static func collect(
    _ folder: OpenFolder, _ path: [UInt8], depth: Int, room: inout Int, into found: inout [String]
  ) {
    let names = folder.entries(limit: room)
    room -= names.count
    let last = path[((path.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1)...]
    if depth > 0 && ModelFiles.isModel(folder, name: last, names: names) { return }
    for name in names where name.first != UInt8(ascii: ".") {
      let entry = path == [UInt8(ascii: "/")] ? path + name : path + [UInt8(ascii: "/")] + name
      switch folder.status(of: name).map({ $0.st_mode & S_IFMT }) {
      case S_IFREG: found.append(String(systemPathBytes: entry))
      case S_IFDIR:
        guard depth < depthLimit, let below = try? folder.folder(name),
          !SystemFolders.contains(String(systemPathBytes: entry), below)
        else { continue }
        collect(below, entry, depth: depth + 1, room: &room, into: &found)
      default: continue
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

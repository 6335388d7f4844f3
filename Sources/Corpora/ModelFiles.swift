import Platform

/// Finds out what Inkling wrote itself: a model is never text to learn from, wherever it lies.
enum ModelFiles {
  private static let description = Array("model.json".utf8)
  /// What the description says the format is.
  private static let format = Array("inkling-model".utf8)
  /// How the files begin that only a model has.
  private static let marks: [(name: [UInt8], start: [UInt8])] = [
    (Array("ngrams.bin".utf8), Array("INKNGRAM".utf8)), (Array("contexts.bin".utf8), Array("INKCTX".utf8)),
    (Array("mixture.bin".utf8), Array("INKMIX".utf8)), (Array("partial.bin".utf8), Array("INKNGRAM".utf8)),
  ]
  /// What a model that is being written has first.
  private static let unfinished = Set(
    [
      "vocabulary.txt", "training.jsonl", "recurrent.safetensors", "backward.safetensors", "ngrams.bin",
      "partial.bin",
    ].map { Array($0.utf8) })
  private static let unfinishedMarks = [Array(".tmp-".utf8), Array(".old-".utf8)]

  /// Whether a folder is a model directory, whole, damaged or unfinished.
  ///
  /// - Parameters:
  ///   - name: of the folder.
  ///   - names: what is in it.
  static func isModel(_ folder: OpenFolder, name: some Collection<UInt8>, names: some Collection<[UInt8]>)
    -> Bool
  {
    let isTemporary = unfinishedMarks.contains { contains(name, $0) }
    for entry in names {
      if entry == description, let text = folder.firstBytes(of: entry, count: 1 << 16), contains(text, format)
      {
        return true
      }
      if isTemporary && unfinished.contains(entry) { return true }
      if let mark = marks.first(where: { $0.name == entry }),
        folder.firstBytes(of: entry, count: mark.start.count) == mark.start
      {
        return true
      }
    }
    return false
  }

  /// Whether a folder is a model directory.
  static func isModel(atPath path: String) -> Bool {
    guard let folder = try? OpenFolder(path) else { return false }
    let bytes = path.systemPathBytes
    let name = bytes[((bytes.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1)...]
    // Asked for by name: a folder may hold a million others.
    let names = (marks.map(\.name) + unfinished + [description]).filter { folder.status(of: $0) != nil }
    return isModel(folder, name: name, names: names)
  }

  /// Whether a folder above a path is a model directory.
  ///
  /// - Parameter path: absolute, links resolved.
  static func isInModel(_ path: String) -> Bool {
    var rest = path.systemPathBytes[...]
    while let slash = rest.lastIndex(of: UInt8(ascii: "/")), slash > 0 {
      rest = rest[..<slash]
      if isModel(atPath: String(systemPathBytes: rest)) { return true }
    }
    return false
  }

  /// Whether a text is what is written beside a model: the list of what was forgotten, the n-grams as an ARPA file.
  static func isBesideModel(_ text: UnsafeRawBufferPointer) -> Bool {
    let head = text.prefix(1 << 12)
    if head.starts(with: "inkling-forgotten ".utf8) { return true }
    // Anything may stand before the first section of an ARPA file.
    let mark = Array(#"\data\"#.utf8)
    var rest = head[...]
    while let start = rest.firstIndex(of: mark[0]) {
      let isLineStart = start == head.startIndex || head[start - 1] == 0x0A || head[start - 1] == 0x0D
      if isLineStart, head[start...].starts(with: mark),
        head[start...].dropFirst(mark.count).drop(while: { $0 <= 0x20 }).starts(with: "ngram ".utf8)
      {
        return true
      }
      rest = rest[(start + 1)...]
    }
    return false
  }

  private static func contains(_ text: some Collection<UInt8>, _ wanted: [UInt8]) -> Bool {
    var rest = text[...]
    while let start = rest.firstIndex(of: wanted[0]) {
      if rest[start...].starts(with: wanted) { return true }
      rest = rest[rest.index(after: start)...]
    }
    return false
  }
}

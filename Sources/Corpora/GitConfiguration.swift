import Platform

/// What a person's git configuration says of ignored files: `core.excludesFile` and `core.ignoreCase`.
///
/// Read as git reads it, from the least to the most important: the system's, the user's, the repository's, the linked work
/// tree's, each with what it includes. No file is waited for, or read beyond a limit.
struct GitConfiguration: Sendable {
  /// Nil where nothing names one: then it is `git/ignore` in the user's configuration. Empty for none.
  private(set) var excludesFile: String?
  private(set) var ignoresCase = false

  private static let byteLimit = 1 << 20
  private static let includeDepth = 10
  /// Files that one configuration is read from at most, those that are included counted too.
  private static let fileLimit = 64

  private var fileCount = 0
  private let gitFolder: String?

  /// - Parameter repository: nil for what holds outside of all.
  init(of repository: GitRepository?) {
    gitFolder = repository?.gitFolder
    let home = Self.environment("HOME")
    if Self.environment("GIT_CONFIG_NOSYSTEM") == nil {
      read(Self.environment("GIT_CONFIG_SYSTEM") ?? "/etc/gitconfig")
    }
    if let only = Self.environment("GIT_CONFIG_GLOBAL") {
      read(only)
    } else {
      if let folder = Self.userFolder { read(folder + "/git/config") }
      if let home { read(home + "/.gitconfig") }
    }
    guard let repository else { return }
    read(repository.commonFolder + "/config")
    // Git reads it only with `extensions.worktreeConfig`; nobody has it otherwise.
    read(repository.gitFolder + "/config.worktree")
  }

  /// Where the user's ignore file for all repositories is; nil if there is none.
  ///
  /// - Parameter top: of the work tree, which a relative path begins at.
  func excludesPath(top: String?) -> String? {
    guard let excludesFile else { return Self.userFolder.map { $0 + "/git/ignore" } }
    if excludesFile.isEmpty { return nil }
    if excludesFile.utf8.first == UInt8(ascii: "/") { return excludesFile }
    return top.map { $0 + "/" + excludesFile }
  }

  /// `$XDG_CONFIG_HOME`, else `~/.config`.
  private static var userFolder: String? {
    environment("XDG_CONFIG_HOME") ?? environment("HOME").map { $0 + "/.config" }
  }

  private static func environment(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(systemPath: value)
  }

  // MARK: Reading

  private mutating func read(_ path: String, depth: Int = 0) {
    guard depth <= Self.includeDepth, fileCount < Self.fileLimit else { return }
    fileCount += 1
    guard let bytes = try? readFile(path, limit: Self.byteLimit) else { return }
    var parser = GitConfigurationParser(bytes)
    while let entry = parser.next() {
      switch (entry.section, entry.key) {
      case ("core", "excludesfile"):
        if let value = entry.value { excludesFile = Self.expanded(value) }
      case ("core", "ignorecase"): ignoresCase = Self.bool(entry.value)
      case ("include", "path"): include(entry.value, from: path, depth: depth)
      case ("includeif", "path"):
        if holds(entry.subsection, from: path) { include(entry.value, from: path, depth: depth) }
      default: break
      }
    }
  }

  private mutating func include(_ value: [UInt8]?, from path: String, depth: Int) {
    guard let value, let target = Self.expanded(value), !target.isEmpty else { return }
    read(target.utf8.first == UInt8(ascii: "/") ? target : Self.folder(of: path) + target, depth: depth + 1)
  }

  /// Whether an `includeIf` for a place of the repository's own folder holds. Other conditions are not ours to judge.
  private func holds(_ condition: [UInt8], from path: String) -> Bool {
    guard let gitFolder, let colon = condition.firstIndex(of: UInt8(ascii: ":")) else { return false }
    let kind = condition[..<colon]
    let ignoresCase = kind.elementsEqual("gitdir/i".utf8)
    guard ignoresCase || kind.elementsEqual("gitdir".utf8) else { return false }
    var pattern = Array(condition[(colon + 1)...])
    if pattern.starts(with: "~/".utf8) {
      guard let expanded = Self.expanded(pattern) else { return false }
      pattern = expanded.systemPathBytes
    } else if pattern.starts(with: "./".utf8) {
      pattern = Self.folder(of: realPath(path) ?? path).systemPathBytes + pattern.dropFirst(2)
    } else if pattern.first != UInt8(ascii: "/") {
      pattern = Array("**/".utf8) + pattern
    }
    if pattern.last == UInt8(ascii: "/") { pattern += Array("**".utf8) }
    let places = Set([gitFolder, realPath(gitFolder) ?? gitFolder])
    return places.contains { place in
      var budget = 1 << 20
      return Wildmatch.matches(
        pattern[...], place.systemPathBytes[...], isPath: true, ignoresCase: ignoresCase, budget: &budget)
        == true
    }
  }

  /// With a slash at its end.
  private static func folder(of path: String) -> String {
    let bytes = path.systemPathBytes
    return String(systemPathBytes: bytes[..<((bytes.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1)])
  }

  /// A path with `~/` for the home folder; nil for the home folder of somebody else, or of nobody.
  private static func expanded(_ value: [UInt8]) -> String? {
    guard value.first == UInt8(ascii: "~") else { return String(systemPathBytes: value) }
    guard value.count == 1 || value[1] == UInt8(ascii: "/"), let home = environment("HOME") else {
      return nil
    }
    return home + String(systemPathBytes: value.dropFirst())
  }

  private static func bool(_ value: [UInt8]?) -> Bool {
    // A key without a value is true.
    guard let value else { return true }
    let text = String(decoding: value, as: UTF8.self).lowercased()
    return text == "true" || text == "yes" || text == "on" || Int(text).map { $0 != 0 } ?? false
  }
}

/// The entries of a file in git's configuration format, one after the other, up to the first that is none.
struct GitConfigurationParser {
  struct Entry {
    /// In lower case.
    var section: String
    var subsection: [UInt8]
    /// In lower case.
    var key: String
    /// Nil for a key without `=`.
    var value: [UInt8]?
  }

  private let bytes: [UInt8]
  private var i = 0
  private var section = ""
  private var subsection: [UInt8] = []

  init(_ bytes: [UInt8]) {
    // A line end is one byte.
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count)
    for (place, byte) in bytes.enumerated() {
      if byte == 0x0D, place + 1 < bytes.count, bytes[place + 1] == 0x0A { continue }
      text.append(byte)
    }
    self.bytes = text
    if text.starts(with: [0xEF, 0xBB, 0xBF]) { i = 3 }
  }

  mutating func next() -> Entry? {
    while i < bytes.count {
      let byte = bytes[i]
      if byte == 0x20 || (9...13).contains(byte) {
        i += 1
      } else if byte == UInt8(ascii: "#") || byte == UInt8(ascii: ";") {
        while i < bytes.count && bytes[i] != 0x0A { i += 1 }
      } else if byte == UInt8(ascii: "[") {
        guard header() else { return end() }
      } else {
        guard let entry = entry() else { return end() }
        return entry
      }
    }
    return nil
  }

  /// Git refuses the whole file; we take what came before.
  private mutating func end() -> Entry? {
    i = bytes.count
    return nil
  }

  /// `[section]`, `[section.subsection]` or `[section "subsection"]`.
  private mutating func header() -> Bool {
    i += 1
    var name: [UInt8] = []
    subsection = []
    while i < bytes.count, Self.isWord(bytes[i]) || bytes[i] == UInt8(ascii: ".") {
      name.append(bytes[i])
      i += 1
    }
    if let dot = name.firstIndex(of: UInt8(ascii: ".")) {
      subsection = Array(name[(dot + 1)...])
      name = Array(name[..<dot])
    }
    section = String(decoding: name, as: UTF8.self).lowercased()
    while i < bytes.count, bytes[i] == 0x20 || bytes[i] == 0x09 { i += 1 }
    if i < bytes.count, bytes[i] == UInt8(ascii: "\"") {
      i += 1
      while i < bytes.count, bytes[i] != UInt8(ascii: "\""), bytes[i] != 0x0A {
        if bytes[i] == UInt8(ascii: "\\") { i += 1 }
        guard i < bytes.count else { return false }
        subsection.append(bytes[i])
        i += 1
      }
      i += 1
    }
    guard i < bytes.count, bytes[i] == UInt8(ascii: "]") else { return false }
    i += 1
    return true
  }

  private mutating func entry() -> Entry? {
    var key: [UInt8] = []
    while i < bytes.count, Self.isWord(bytes[i]) {
      key.append(bytes[i])
      i += 1
    }
    guard !key.isEmpty else { return nil }
    while i < bytes.count, bytes[i] == 0x20 || bytes[i] == 0x09 { i += 1 }
    var entry = Entry(
      section: section, subsection: subsection, key: String(decoding: key, as: UTF8.self).lowercased())
    if i == bytes.count || bytes[i] == 0x0A { return entry }
    guard bytes[i] == UInt8(ascii: "=") else { return nil }
    i += 1
    guard let value = value() else { return nil }
    entry.value = value
    return entry
  }

  /// A value up to the line's end: quotes, escapes, comments, lines that go on behind a backslash.
  private mutating func value() -> [UInt8]? {
    var value: [UInt8] = []
    // How much of it stays when white space at the end is taken off.
    var kept = 0
    var isQuoted = false
    while i < bytes.count, bytes[i] == 0x20 || bytes[i] == 0x09 { i += 1 }
    while i < bytes.count {
      let byte = bytes[i]
      i += 1
      if byte == 0x0A { return isQuoted ? nil : Array(value[..<kept]) }
      if byte == UInt8(ascii: "\"") {
        isQuoted.toggle()
        kept = value.count
      } else if byte == UInt8(ascii: "\\") {
        guard i < bytes.count else { return Array(value[..<kept]) }
        let escaped = bytes[i]
        i += 1
        switch escaped {
        case 0x0A: continue
        case UInt8(ascii: "n"): value.append(0x0A)
        case UInt8(ascii: "t"): value.append(0x09)
        case UInt8(ascii: "b"): value.append(0x08)
        case UInt8(ascii: "\\"), UInt8(ascii: "\""): value.append(escaped)
        default: return nil
        }
        kept = value.count
      } else if !isQuoted, byte == UInt8(ascii: "#") || byte == UInt8(ascii: ";") {
        while i < bytes.count && bytes[i] != 0x0A { i += 1 }
      } else {
        value.append(byte)
        if isQuoted || !(byte == 0x20 || (9...13).contains(byte)) { kept = value.count }
      }
    }
    return isQuoted ? nil : Array(value[..<kept])
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "-")
  }
}

import Platform

/// The program `git`, asked about a folder's repository. Nothing is written, nothing is fetched, and of what a repository's
/// own settings may start (viewers, converters, filters, watchers of the file system) nothing is.
package struct Git {
  private let program: String
  /// Where it is asked.
  package let folder: String
  /// What a person can do without it, for errors.
  private let alternative: String
  /// Settings of the repository's own that are not to hold.
  private var overrides: [String] = []

  /// - Parameters:
  ///   - folder: absolute.
  ///   - alternative: what a person can do without it, for errors.
  /// - Throws: `Failure` where there is no such program.
  package init(folder: String, alternative: String) throws(Failure) {
    guard let program = Self.find() else {
      throw Failure("git", why: "is not in PATH", remedy: "install it, or \(alternative)")
    }
    self.alternative = alternative
    self.program = program
    self.folder = folder
    // A repository may lack contents on purpose, and name a program that fetches them.
    setenv("GIT_ALLOW_PROTOCOL", "", 1)
    setenv("GIT_NO_LAZY_FETCH", "1", 1)
    overrides = try filterOverrides()
  }

  /// What turns off the filters that a repository's own settings name; those of the user's settings stay.
  private func filterOverrides() throws(Failure) -> [String] {
    var result: [String] = []
    let filters = try lines([
      "config", "--includes", "--show-scope", "--name-only", "--get-regexp",
      "^filter\\..*\\.(clean|process)$",
    ])
    for line in filters ?? [] {
      let parts = line.split(separator: UInt8(ascii: "\t"), maxSplits: 1)
      guard parts.count == 2, let end = parts[1].lastIndex(of: UInt8(ascii: ".")) else { continue }
      guard parts[0].elementsEqual("local".utf8) || parts[0].elementsEqual("worktree".utf8) else { continue }
      let name = String(systemPathBytes: parts[1])
      guard !name.contains("=") else {
        throw Failure(
          folder, why: "the repository's settings have a filter \(name)", remedy: alternative)
      }
      result += ["-c", name + "=", "-c", String(systemPathBytes: parts[1][..<end]) + ".required=false"]
    }
    return result
  }

  /// The lines of its answer, without their ends; nil where it fails.
  package func lines(_ arguments: [String]) throws(Failure) -> [[UInt8]]? {
    var lines: [[UInt8]] = []
    guard try run(arguments, line: { lines.append($0) }) else { return nil }
    return lines
  }

  /// - Returns: whether it ended well.
  package func run(_ arguments: [String], line: ([UInt8]) -> Void) throws(Failure) -> Bool {
    var all = ["--literal-pathspecs", "--no-optional-locks", "-c", "core.fsmonitor=false"] + overrides
    // Git's own hooks may name the repository by a variable, and with it alone the folder that is asked about would be
    // taken for the whole work tree.
    if environmentValue("GIT_DIR") != nil, environmentValue("GIT_WORK_TREE") == nil, let top {
      all.append("--work-tree=" + top)
    }
    let child = try ChildProcess(program, arguments: ["-C", folder] + all + arguments)
    return child.run(line: line) == 0
  }

  /// The nearest folder upwards that is a repository's.
  private var top: String? {
    var folder = self.folder
    while true {
      if fileExists(folder + "/.git") { return folder }
      guard let slash = folder.lastIndex(of: "/"), slash != folder.startIndex else { return nil }
      folder = String(folder[..<slash])
    }
  }

  private static func find() -> String? {
    for folder in (environmentValue("PATH") ?? "").split(separator: ":") where folder.hasPrefix("/") {
      let path = String(folder) + "/git"
      if isExecutableFile(path) { return path }
    }
    return nil
  }

  private static func isExecutableFile(_ path: String) -> Bool {
    var status = stat()
    return fileStatus(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      && status.st_mode & 0o111 != 0
  }

  /// A name as git writes it: in quotes as in C where it holds quotes, control characters or bytes beyond ASCII.
  package static func unquoted(_ name: ArraySlice<UInt8>) -> [UInt8] {
    let quote = UInt8(ascii: "\"")
    let backslash = UInt8(ascii: "\\")
    guard name.count >= 2, name.first == quote, name.last == quote else { return Array(name) }
    var result: [UInt8] = []
    var rest = name.dropFirst().dropLast()
    while let byte = rest.popFirst() {
      guard byte == backslash, let escape = rest.popFirst() else {
        result.append(byte)
        continue
      }
      switch escape {
      case UInt8(ascii: "a"): result.append(0x07)
      case UInt8(ascii: "b"): result.append(0x08)
      case UInt8(ascii: "t"): result.append(0x09)
      case UInt8(ascii: "n"): result.append(0x0A)
      case UInt8(ascii: "v"): result.append(0x0B)
      case UInt8(ascii: "f"): result.append(0x0C)
      case UInt8(ascii: "r"): result.append(0x0D)
      case UInt8(ascii: "0")...UInt8(ascii: "7"):
        var value = Int(escape - UInt8(ascii: "0"))
        for _ in 0..<2 {
          guard let digit = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit) else { break }
          value = value * 8 + Int(digit - UInt8(ascii: "0"))
          rest.removeFirst()
        }
        result.append(UInt8(truncatingIfNeeded: value))
      default: result.append(escape)
      }
    }
    return result
  }
}

import LanguageModeling
import Platform

/// What can be known of the outputs beside the model before hours are spent on it.
enum OutputChecks {
  /// Where a model goes unless somebody says otherwise.
  static let defaultOutput = ".inkling/model"
  /// Where a tagger goes.
  static let defaultTaggerOutput = ".inkling/tagger"
  /// Where what turns texts into others goes.
  static let defaultTransducerOutput = ".inkling/transducer"
  /// Where a model of commit messages goes.
  static let defaultCommitsOutput = ".inkling/commits"
  /// Places in a project, which are kept out of version control.
  static let defaultOutputs = [
    defaultOutput, defaultTaggerOutput, defaultTransducerOutput, defaultCommitsOutput,
  ]

  /// Checks that no link leads a default place out of the current folder, which may be somebody else's project: only
  /// who names a place elsewhere means it.
  static func checkDefaultOutput(_ place: String = defaultOutput) throws(Failure) {
    for path in [place, place + ".checkpoint"] where leadsOutside("./" + path, of: ".") {
      throw Failure(
        path, why: "is led out of the project by a link",
        remedy: "remove the link, or name the place with --output")
    }
  }

  /// Checks that an ARPA file can be written at `path`: that its folder is there, or will be, and that it is neither
  /// something that is learned from, nor a file of a model, nor any other file but an ARPA file.
  ///
  /// - Parameters:
  ///   - output: the model directory.
  ///   - inputs: what the run reads.
  static func checkARPA(_ path: String, output: String, inputs: [String]) throws(Failure) {
    guard !path.isEmpty else { throw Failure("--arpa", why: "is empty", remedy: "name a file") }
    guard !isDirectory(path), !path.hasSuffix("/") else {
      throw Failure(path, why: "is a directory", remedy: "name a file with --arpa")
    }
    for input in inputs where isSameFile(input, path) {
      throw Failure(path, why: "is read as well", remedy: "name another file with --arpa")
    }
    let (folder, name) = parts(path)
    let isInModel = realPath(folder).map { $0 == realPath(output) } ?? (trimmed(folder) == trimmed(output))
    if isInModel, isModelsOwn(name) {
      throw Failure(path, why: "is a file of the model itself", remedy: "name another file with --arpa")
    }
    if trimmed(path) == trimmed(output) {
      throw Failure(path, why: "is where the model goes", remedy: "name another file with --arpa")
    }
    guard isInModel || isDirectory(folder) else {
      throw Failure(
        path, why: "its folder does not exist", remedy: "make it, or name another file with --arpa")
    }
    try checkReplacesARPA(path)
  }

  /// Checks that an ordinary file at `path`, unless standard output goes there, is empty or an ARPA file: what is learned
  /// from may lie anywhere below a folder that is named.
  private static func checkReplacesARPA(_ path: String) throws(Failure) {
    var status = stat()
    var output = stat()
    guard fileStatus(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else {
      return
    }
    if fstat(STDOUT_FILENO, &output) == 0, output.st_dev == status.st_dev, output.st_ino == status.st_ino {
      return
    }
    let remedy = "move it away, or name another file with --arpa"
    guard let start = beginning(of: path) else {
      throw Failure(path, why: "is there already, and cannot be read", remedy: remedy)
    }
    // Comments may stand before.
    guard start.contains("\\data\\") else { throw Failure(path, why: "is no ARPA file", remedy: remedy) }
  }

  /// The first bytes of an ordinary file as text; nil where it cannot be read.
  private static func beginning(of path: String) -> String? {
    guard let (descriptor, _) = try? openRegularFile(path) else { return nil }
    defer { close(descriptor) }
    var start = [UInt8](repeating: 0, count: 1 << 16)
    let count = start.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    return count < 0 ? nil : String(decoding: start.prefix(count), as: UTF8.self)
  }

  /// Checks that a run at `path` would replace nothing but a run.
  static func checkRun(_ path: String) throws(Failure) {
    guard !path.isEmpty, !path.hasSuffix("/"), !isDirectory(path) else {
      throw Failure(path.isEmpty ? "--output" : path, why: "is no place for a file", remedy: "name a file")
    }
    var status = stat()
    guard fileStatus(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else {
      return
    }
    let isRun = (try? openRegularFile(path)).map { descriptor, _ in
      defer { close(descriptor) }
      var start = [UInt8](repeating: 0, count: RunFormat.magic.count)
      return pread(descriptor, &start, start.count, 0) == start.count && start == RunFormat.magic
    }
    guard isRun == true else {
      throw Failure(
        path, why: "is there already, and is no run", remedy: "move it away, or name another file")
    }
  }

  /// Checks that a checkpoint at `path` would replace nothing but a checkpoint, and is there where a run resumes.
  static func checkCheckpoint(_ path: String, resumes: Bool) throws(Failure) {
    guard fileExists(path) else {
      guard !resumes else {
        throw Failure(
          "--resume", why: "there is no checkpoint at \(path)", remedy: "train without --resume")
      }
      return
    }
    let remedy = "move it away, or choose another --output"
    guard let header = beginning(of: path) else {
      throw Failure(path, why: "is no file, and the checkpoint goes there", remedy: remedy)
    }
    // The header, which comes first, names what the file is.
    guard header.isEmpty || header.contains("training.fingerprint") else {
      throw Failure(path, why: "is no checkpoint, and the checkpoint goes there", remedy: remedy)
    }
  }

  private static func parts(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    return (
      slash == path.startIndex ? "/" : String(path[..<slash]), String(path[path.index(after: slash)...])
    )
  }

  private static func trimmed(_ path: String) -> String {
    var path = path
    while path.count > 1 && path.hasSuffix("/") { path.removeLast() }
    return path.hasPrefix("./") ? String(path.dropFirst(2)) : path
  }

  private static func isModelsOwn(_ name: String) -> Bool { ModelDirectory.kind.knownNames.contains(name) }

  private static func isSameFile(_ first: String, _ second: String) -> Bool {
    var one = stat()
    var other = stat()
    guard fileStatus(first, &one) == 0, fileStatus(second, &other) == 0, one.st_mode & S_IFMT == S_IFREG
    else {
      return false
    }
    return one.st_dev == other.st_dev && one.st_ino == other.st_ino
  }
}

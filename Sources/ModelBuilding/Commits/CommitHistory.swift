import Corpora
import Platform

/// A commit as `git log` tells it.
struct RecordedCommit {
  var message: [UInt8]
  /// In git's format, no more of it than is read.
  var diff: [UInt8]
}

/// Reads a repository's commits, the oldest first: merges and what programs wrote are left out, and what will be squashed into
/// another commit.
struct CommitHistory {
  /// The last so many commits.
  var limit: Int
  /// Of which revision.
  var revision: String
  private(set) var leftOutCount = 0

  /// Bytes of a message and of a diff that are read.
  private static let messageByteLimit = 1 << 15
  private static let diffByteLimit = 1 << 18

  init(limit: Int, revision: String) {
    self.limit = limit
    self.revision = revision
  }

  /// - Parameter body: is given each commit as it is read.
  /// - Throws: `Failure` where there is no git, no repository, or no such revision.
  mutating func forEachCommit(of repository: String, _ body: (RecordedCommit) -> Void) throws(Failure) {
    guard let folder = realPath(repository), isDirectory(folder) else {
      throw Failure(repository, why: "is no folder", remedy: "name a repository's")
    }
    let git = try Git(folder: folder, alternative: "train on texts with `inkling-train`")
    guard
      try git.lines(["rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"]) != nil
    else {
      throw Failure(
        repository, why: "is no git repository, or has no commit \(revision)",
        remedy: "name a repository, and with --revision what it has")
    }
    var parser = CommitLogParser()
    var commits = 0
    let isWhole = try git.run(
      [
        "-c", "log.showSignature=false", "-c", "diff.noprefix=false", "log", "--no-merges", "--reverse", "-p",
        "--no-color", "--no-ext-diff", "--no-textconv", "--unified=3", "--max-count=\(limit)",
        "--format=" + CommitLogParser.format, "--end-of-options", revision, "--",
      ]
    ) { line in
      if let record = parser.take(
        line, messageByteLimit: Self.messageByteLimit, diffByteLimit: Self.diffByteLimit)
      {
        commits += 1
        deliver(record, body)
      }
    }
    if let record = parser.finish() { deliver(record, body) }
    guard isWhole else {
      throw Failure(repository, why: "`git log` failed", remedy: "see what it says by itself")
    }
  }

  private mutating func deliver(_ record: CommitLogParser.Record, _ body: (RecordedCommit) -> Void) {
    let message = Self.trimmed(record.message)
    guard !message.isEmpty, !Self.isProgram(record.author), !Self.isTemporary(message) else {
      leftOutCount += 1
      return
    }
    body(RecordedCommit(message: message + [0x0A], diff: record.diff))
  }

  private static func trimmed(_ text: [UInt8]) -> [UInt8] {
    var rest = text[...]
    while let last = rest.last, last <= 0x20 { rest.removeLast() }
    while let first = rest.first, first <= 0x20 { rest.removeFirst() }
    return Array(rest)
  }

  /// Names of programs that write commits, as parts of an author's name or address in small letters.
  private static let programs = ["[bot]", "dependabot", "renovate", "github-actions", "buildbot", "jenkins"]

  static func isProgram(_ author: [UInt8]) -> Bool {
    let name = String(decoding: author, as: UTF8.self).lowercased()
    return programs.contains { name.contains($0) }
  }

  private static func isTemporary(_ message: [UInt8]) -> Bool {
    ["fixup! ", "squash! ", "amend! "].contains { message.starts(with: $0.utf8) }
  }
}

/// Takes `git log -p` apart.
struct CommitLogParser {
  /// Of a commit: a line that begins with a null byte and has its author, its message, a line that is a null byte, its diff.
  static let format = "%x00%an <%ae>%n%B%x00"

  struct Record {
    var author: [UInt8]
    var message: [UInt8] = []
    var diff: [UInt8] = []
  }

  private var record: Record?
  private var isInMessage = false

  /// - Parameter line: without its end.
  /// - Returns: the commit before, once the next begins.
  mutating func take(_ line: [UInt8], messageByteLimit: Int, diffByteLimit: Int) -> Record? {
    if isInMessage {
      guard let end = line.firstIndex(of: 0) else {
        if record!.message.count + line.count < messageByteLimit { record!.message += line + [0x0A] }
        return nil
      }
      if record!.message.count + end < messageByteLimit { record!.message += line[..<end] }
      isInMessage = false
      return nil
    }
    // Lines of a diff begin with a sign or a word.
    if line.first == 0 {
      defer {
        record = Record(author: Array(line.dropFirst()))
        isInMessage = true
      }
      return record
    }
    if record != nil, record!.diff.count + line.count < diffByteLimit { record!.diff += line + [0x0A] }
    return nil
  }

  /// The last commit.
  mutating func finish() -> Record? {
    defer { record = nil }
    return record
  }
}

import Corpora
import Lexing
import Platform
import Prediction

/// What is staged in the repository that a commit message is written for, as git tells it.
enum StagedDiff {
  /// Bytes that are read.
  private static let byteLimit = 1 << 18

  /// The diff; nil where the document is no commit message, has a diff in its own text, or is in nobody's repository that the
  /// person trusts: git is started in folders of this person's, of root's, and those that `trust.folders` names.
  static func read(
    for document: DocumentIdentity, grammar: Grammar, text: [UInt8], trust: ProjectTrust
  ) -> [UInt8]? {
    guard grammar.languageID == CommitMessageText.languageID,
      CommitMessageText.scissorsOffset(in: text) == nil,
      let folder = workTree(of: document), isTrusted(folder, trust)
    else { return nil }
    var diff: [UInt8] = []
    do throws(Failure) {
      let git = try Git(folder: folder, alternative: "leave commitMessages.staged off")
      _ = try git.run(["diff", "--cached", "--no-color", "--no-ext-diff", "--no-textconv"]) { line in
        if diff.count + line.count < byteLimit { diff += line + [0x0A] }
      }
    } catch { return nil }
    return diff.isEmpty ? nil : diff
  }

  /// The folder above the `.git` that holds the message, else the workspace's.
  private static func workTree(of document: DocumentIdentity) -> String? {
    guard let path = document.path, let range = path.firstRange(of: "/.git/") else {
      return document.workspaceFolder
    }
    return range.lowerBound == path.startIndex ? "/" : String(path[..<range.lowerBound])
  }

  private static func isTrusted(_ folder: String, _ trust: ProjectTrust) -> Bool {
    if trust.isNamed(folder) { return true }
    // Who may write the repository's settings may have git start programs.
    return [folder, folder + "/.git"].allSatisfy { path in
      var status = stat()
      return fileStatus(path, &status) == 0 && (status.st_uid == geteuid() || status.st_uid == 0)
    }
  }
}

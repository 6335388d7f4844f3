import Corpora
import Lexing
import Platform
import Prediction
import Synchronization

/// Files near open documents, counted with them: those of a document's folder first, then those of the folders above
/// it, then what lies below, up to a budget. Ignore rules hold, secrets are left out, and what is counted is taken back
/// exactly when a file is opened, changed or removed.
///
/// The owner calls `readMore` from one thread at a time; everything else may come from any.
final class NearbyFiles: Sendable {
  /// Longer files are not read: their reading would be felt.
  private static let fileByteLimit = 128 << 10
  private static let tokenLimit = 200_000
  private static let fileLimit = 400
  /// Entries of folders that a walk passes over in search of files.
  private static let visitLimit = 4000
  /// Tokens counted in one go, while others wait.
  private static let sliceTokenCount = 400

  /// A walk from one document's folder.
  private struct Walk: Sendable {
    /// The folders, nearest first; walked alone, and then with what is below them.
    var folders: [String]
    var isBelow = false
    var walker: CorpusWalker?
    var visitCount = 0
  }

  private struct State: Sendable {
    var walks: [Walk] = []
    var anchors: Set<String> = []
    /// Files to be read again, if they are still there.
    var changed: [String] = []
    /// Files that were read, and how they were on disk then.
    var read: [String: ProjectFiles.Stamp?] = [:]
    var open: Set<String> = []
    var tokenCounts: [String: Int] = [:]
    var addition: NeighbourCache.Addition?
    var additionPath = ""
    var grammars: GrammarLibrary?
    /// Folders above which nothing is read.
    var tops: Set<String> = []
    var lastCheck: ContinuousClock.Instant?
  }

  private let state = Mutex(State())
  private let forgottenPaths: [String]

  init(forgottenPaths: [String]) { self.forgottenPaths = forgottenPaths }

  // MARK: What is open and what has changed

  /// Notes that a document was opened: its neighbourhood is to be read, and what was read before to be looked at again.
  func note(_ path: String, workspaceFolder: String?, grammars: GrammarLibrary) {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
    let folder = String(path[..<slash])
    let top = Self.top(of: folder, workspaceFolder: workspaceFolder)
    state.withLock { state in
      state.grammars = grammars
      state.tops.insert(top)
      let now = ContinuousClock.now
      // The check of those that cannot watch files.
      if state.lastCheck.map({ now - $0 > .seconds(5) }) ?? true {
        state.lastCheck = now
        for (file, stamp) in state.read where stamp != ProjectFiles.Stamp(file) { state.changed.append(file) }
      }
      guard state.anchors.insert(folder).inserted,
        folder == top || !CorpusPrivacy.isLeftOut(folder, below: top)
      else { return }
      var folders = [folder]
      while let last = folders.last, last != top, let slash = last.lastIndex(of: "/"),
        slash != last.startIndex
      {
        folders.append(String(last[..<slash]))
      }
      // The document that was opened last comes first.
      state.walks.append(Walk(folders: folders))
    }
  }

  /// The highest folder that is read: the workspace's, else the repository's, else the document's own.
  private static func top(of folder: String, workspaceFolder: String?) -> String {
    if let workspaceFolder, folder == workspaceFolder || folder.hasPrefix(workspaceFolder + "/"),
      !WorkspaceModels.isTooLarge(workspaceFolder)
    {
      return workspaceFolder
    }
    var candidate = Substring(folder)
    while !WorkspaceModels.isTooLarge(String(candidate)) {
      if fileExists(candidate + "/.git") { return String(candidate) }
      guard let slash = candidate.lastIndex(of: "/"), slash != candidate.startIndex else { break }
      candidate = candidate[..<slash]
    }
    return folder
  }

  /// An open document is counted itself; once it is closed its file is again.
  func setOpen(_ path: String, _ isOpen: Bool) {
    state.withLock { state in
      if isOpen { state.open.insert(path) } else { state.open.remove(path) }
      state.changed.append(path)
    }
  }

  func didChange(_ path: String, _ cache: NeighbourCache) {
    state.withLock { state in
      guard state.read[path] != nil || state.anchors.contains(where: { path.hasPrefix($0 + "/") }) else {
        return
      }
      state.changed.append(path)
    }
  }

  /// Takes everything back.
  func forgetAll(_ cache: NeighbourCache) {
    state.withLock { state in
      if let addition = state.addition { cache.cancel(addition) }
      for key in cache.keys { cache.remove(key: key) }
      let open = state.open
      state = State()
      state.open = open
    }
  }

  // MARK: Reading

  /// Reads and counts some more; false once nothing is left.
  func readMore(into cache: NeighbourCache) -> Bool {
    state.withLock { state in
      if var addition = state.addition {
        state.addition = nil
        if !cache.advance(&addition, maximumTokenCount: Self.sliceTokenCount) { state.addition = addition }
        return true
      }
      if let path = state.changed.popLast() {
        takeBack(path, &state, cache)
        if Self.isWanted(path, state) { begin(path, &state, cache) }
        return true
      }
      guard var walk = state.walks.popLast() else { return false }
      if let path = next(&walk, &state) {
        state.walks.append(walk)
        if state.read[path] == nil, !state.open.contains(path), hasRoom(state) { begin(path, &state, cache) }
      }
      return true
    }
  }

  private func hasRoom(_ state: State) -> Bool {
    state.tokenCounts.count < Self.fileLimit
      && state.tokenCounts.values.reduce(0, +) < Self.tokenLimit
  }

  private func takeBack(_ path: String, _ state: inout State, _ cache: NeighbourCache) {
    cache.remove(key: path)
    state.read[path] = nil
    state.tokenCounts[path] = nil
  }

  /// Whether a file that has changed may be counted.
  private static func isWanted(_ path: String, _ state: State) -> Bool {
    guard !state.open.contains(path), fileExists(path),
      let top = state.tops.first(where: { path.hasPrefix($0 + "/") })
    else { return false }
    return !CorpusPrivacy.isLeftOut(path, below: top)
  }

  private func begin(_ path: String, _ state: inout State, _ cache: NeighbourCache) {
    guard let grammars = state.grammars, !isForgotten(path), hasRoom(state),
      let grammar = (try? grammars.grammar(forPath: path, firstLine: [])) ?? nil
    else { return }
    state.read[path] = .some(ProjectFiles.Stamp(path))
    guard
      let text = CorpusPrivacy.text(of: path, byteLimit: Self.fileByteLimit, isProse: grammar.isProse),
      let addition = cache.beginAdding(key: path, text: text, grammar: grammar)
    else { return }
    state.tokenCounts[path] = addition.tokenCount
    state.addition = addition
  }

  private func isForgotten(_ path: String) -> Bool {
    guard !forgottenPaths.isEmpty else { return false }
    let real = realPath(path) ?? path
    return forgottenPaths.contains { real == $0 || real.hasPrefix($0 + "/") }
  }

  /// The next file of a walk; nil once it is through or the budget is spent.
  private func next(_ walk: inout Walk, _ state: inout State) -> String? {
    while let grammars = state.grammars, walk.visitCount < Self.visitLimit, hasRoom(state) {
      if walk.walker == nil {
        var options = CorpusOptions()
        options.fileByteLimit = Self.fileByteLimit
        options.entersFolders = walk.isBelow
        walk.walker = try? CorpusWalker(paths: walk.folders, options: options, grammars: grammars)
        if walk.walker == nil { return nil }
      }
      var report = CorpusReport()
      if let file = walk.walker?.next(&report) {
        walk.visitCount += 1
        return file.path
      }
      if walk.isBelow { return nil }
      walk.isBelow = true
      walk.walker = nil
    }
    return nil
  }
}

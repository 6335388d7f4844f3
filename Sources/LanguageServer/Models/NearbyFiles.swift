import Corpora
import Lexing
import Platform
import Prediction
import Synchronization

/// Files near open documents, counted with them: those of a document's folder first, then those of the folders above
/// it, then what lies below, up to a budget. Ignore rules hold, secrets are left out, and what is counted is taken back
/// exactly when a file is opened, changed or removed.
///
/// The owner calls `readMore` from one thread at a time; everything else may come from any, and does not wait for a file
/// that is being read.
final class NearbyFiles: Sendable {
  /// Longer files are not read: their reading would be felt.
  private static let fileByteLimit = 128 << 10
  private static let tokenLimit = 200_000
  private static let fileLimit = 400
  /// Files that a walk passes over.
  private static let visitLimit = 4000
  /// Entries of folders that a walk passes over in search of files.
  private static let entryLimit = 20_000
  /// Tokens counted in one go, while others wait.
  private static let sliceTokenCount = 400

  /// A walk from one document's folder.
  private struct Walk: Sendable {
    /// The folders, nearest first; walked alone, and then with what is below them.
    var folders: [String]
    /// The last of them, links resolved: nothing outside is read.
    var top: String
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
    var read: [String: FileVersion?] = [:]
    var open: Set<String> = []
    var tokenCounts: [String: Int] = [:]
    var grammars: GrammarLibrary?
    /// Folders above which nothing is read.
    var tops: Set<String> = []
    var lastCheck: ContinuousClock.Instant?
    /// Whether files that were read are to be looked at again.
    var isCheckDue = false
    /// How often everything was taken back.
    var generation = 0

    var hasRoom: Bool {
      tokenCounts.count < NearbyFiles.fileLimit
        && tokenCounts.values.reduce(0, +) < NearbyFiles.tokenLimit
    }
  }

  /// What `readMore` does next.
  private enum Step: Sendable {
    case check([String: FileVersion?])
    /// A file that was read before or is not known: to be taken back, and read if it may be.
    case change(String, mayBeRead: Bool)
    case walk(Walk)
  }

  private let state = Mutex(State())
  /// The file that is being counted; touched by `readMore` and `forgetAll` alone.
  private let addition = Mutex<NeighbourCache.Addition?>(nil)
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
        state.isCheckDue = true
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
      guard let realTop = realPath(top) else { return }
      // The document that was opened last comes first.
      state.walks.append(Walk(folders: folders, top: realTop))
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
      if isOpen {
        state.open.insert(path)
      } else {
        state.open.remove(path)
        state.open.giveBackRoom()
      }
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
    addition.withLock { addition in
      if let addition { cache.cancel(addition) }
      addition = nil
      state.withLock { state in
        let (open, generation) = (state.open, state.generation)
        state = State()
        state.open = open
        state.generation = generation + 1
      }
      for key in cache.keys { cache.remove(key: key) }
    }
  }

  // MARK: Reading

  /// Reads and counts some more; false once nothing is left.
  func readMore(into cache: NeighbourCache) -> Bool {
    // Held while a file is read, but by nobody who answers or opens a document.
    addition.withLock { addition in
      if addition != nil {
        if cache.advance(&addition!, maximumTokenCount: Self.sliceTokenCount) { addition = nil }
        return true
      }
      guard let (step, grammars, generation) = nextStep() else { return false }
      switch step {
      case .check(let known):
        let changed = known.filter { $0.value != FileVersion($0.key) }.map(\.key)
        state.withLock { $0.changed += changed }
      case .change(let path, let mayBeRead):
        takeBack(path, cache)
        if mayBeRead, isWanted(path) { addition = begin(path, grammars, generation, cache) }
      case .walk(var walk):
        let file = Self.next(&walk, grammars)
        let mayBeRead = state.withLock { state in
          guard let file, state.generation == generation else { return false }
          state.walks.append(walk)
          return state.read[file] == nil && !state.open.contains(file) && state.hasRoom
        }
        if let file, mayBeRead { addition = begin(file, grammars, generation, cache) }
      }
      return true
    }
  }

  private func nextStep() -> (step: Step, grammars: GrammarLibrary, generation: Int)? {
    state.withLock { state in
      guard let grammars = state.grammars else { return nil }
      if state.isCheckDue {
        state.isCheckDue = false
        return (.check(state.read), grammars, state.generation)
      }
      if let path = state.changed.popLast() {
        if state.changed.isEmpty { state.changed = [] }
        return (.change(path, mayBeRead: !state.open.contains(path)), grammars, state.generation)
      }
      // A walk goes on while there is room for what it finds.
      guard state.hasRoom, let walk = state.walks.popLast() else {
        state.walks = []
        return nil
      }
      return (.walk(walk), grammars, state.generation)
    }
  }

  private func takeBack(_ path: String, _ cache: NeighbourCache) {
    cache.remove(key: path)
    state.withLock { state in
      state.read[path] = nil
      state.tokenCounts[path] = nil
    }
  }

  /// Whether a file that has changed may be counted.
  private func isWanted(_ path: String) -> Bool {
    guard let top = top(above: path), fileExists(path) else { return false }
    return !CorpusPrivacy.isLeftOut(path, below: top)
  }

  /// The folder above a file that nothing outside of is read.
  private func top(above path: String) -> String? {
    state.withLock { state in state.tops.first { path != $0 && isPath(path, atOrBelow: $0) } }
  }

  /// Reads a file; nil if it is not to be counted, or need not be any more.
  private func begin(
    _ path: String, _ grammars: GrammarLibrary, _ generation: Int, _ cache: NeighbourCache
  ) -> NeighbourCache.Addition? {
    guard !isForgotten(path), state.withLock({ $0.hasRoom }), let top = top(above: path),
      let grammar = (try? grammars.grammar(forPath: path, firstLine: [])) ?? nil
    else { return nil }
    let version = FileVersion(path)
    let text = CorpusPrivacy.text(
      of: path, below: top, byteLimit: Self.fileByteLimit, isProse: grammar.isProse)
    let begun = text.flatMap { cache.beginAdding(key: path, text: $0, grammar: grammar) }
    let isStillWanted = state.withLock { state in
      // Opened meanwhile, it is counted itself.
      guard state.generation == generation, !state.open.contains(path) else { return false }
      state.read[path] = .some(version)
      if let begun { state.tokenCounts[path] = begun.tokenCount }
      return true
    }
    if let begun, !isStillWanted { cache.cancel(begun) }
    return isStillWanted ? begun : nil
  }

  private func isForgotten(_ path: String) -> Bool {
    guard !forgottenPaths.isEmpty else { return false }
    let real = realPath(path) ?? path
    return forgottenPaths.contains { isPath(real, atOrBelow: $0) }
  }

  /// The next file of a walk; nil once it is through.
  private static func next(_ walk: inout Walk, _ grammars: GrammarLibrary) -> String? {
    while walk.visitCount < visitLimit {
      if walk.walker == nil {
        var options = CorpusOptions()
        options.fileByteLimit = fileByteLimit
        options.entersFolders = walk.isBelow
        options.entryLimit = entryLimit
        options.depthLimit = 64
        options.confinement = walk.top
        options.ignoreStepLimit = 1 << 24
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

import Synchronization

/// The one owner of what is half-written: every temporary file and folder is made, put in place and removed through here.
///
/// A signal's thread closes the gate and then removes what is unfinished. From then on nobody makes, renames or removes
/// anything: whoever comes to the gate waits there for the process's end. A replacement that has begun is ended first, so
/// that the gate never closes in the middle of one.
package enum WriteGate {
  /// What is being written beside its place.
  struct Temporary {
    var isDirectory: Bool
    /// Where it goes.
    var target: String
    /// Whether something is at the target already.
    var replaces: Bool
    /// Folders that were made for it, the innermost first.
    var newFolders: [String]
  }

  struct State {
    var isClosed = false
    /// By path.
    var temporaries: [String: Temporary] = [:]
    /// Folders that were made for a temporary which is not there yet, the innermost first.
    var newFolders: [String] = []
    /// Directories that this process has put in place.
    var placed: [String] = []
  }

  /// How things stand when the gate closes.
  package struct Standing: Sendable {
    /// Files and directories that were not finished, with whether an older one is there.
    package var unfinished: [(path: String, isDirectory: Bool, replaces: Bool)]
    /// Directories that are new and whole.
    package var placed: [String]
  }

  private static let state = Mutex(State())

  /// Runs `body` while the gate is held; never returns once the gate is closed.
  static func pass<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
    let result: Result? = state.withLock { state in
      state.isClosed ? nil : body(&state)
    }
    if let result { return result }
    while true { sleep(1000) }
  }

  /// Waits for ever if the process is being ended by a signal.
  package static func waitIfClosed() { pass { _ in } }

  /// Directories put in place so far.
  package static var placed: [String] { state.withLock { $0.placed } }

  /// Closes the gate, once nobody is in it.
  ///
  /// - Parameter stays: whether the gate stays open once a directory has been put in place.
  /// - Returns: how things stand; nothing will change any more but for `removeUnfinished()`. Nil if the gate stays open.
  package static func close(unlessPlaced stays: Bool = false) -> Standing? {
    state.withLock { state in
      if stays && !state.placed.isEmpty { return nil }
      state.isClosed = true
      return Standing(
        unfinished: state.temporaries.values.map { ($0.target, $0.isDirectory, $0.replaces) },
        placed: state.placed)
    }
  }

  /// Removes what was not finished. Only for who has closed the gate.
  package static func removeUnfinished() {
    state.withLock { state in
      for (path, temporary) in state.temporaries { remove(path, temporary) }
      state.temporaries = [:]
      for folder in state.newFolders { rmdir(folder) }
      state.newFolders = []
    }
  }

  /// Makes a folder and those above it, `newFolders`, so that they go if the process is ended before something of it
  /// stands in them. The temporary that is made next has them for its own.
  static func makeFolders(to path: String, newFolders: [String]) throws(Failure) {
    let failure: Failure? = pass { state in
      state.newFolders += newFolders
      do throws(Failure) { try createDirectories(path) } catch { return error }
      return nil
    }
    if let failure { throw failure }
  }

  static func remove(_ path: String, _ temporary: Temporary) {
    if temporary.isDirectory { removeTree(path) } else { unlink(path) }
    for folder in temporary.newFolders { rmdir(folder) }
  }
}

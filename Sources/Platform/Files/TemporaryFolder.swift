#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A folder for what is needed for a while, its owner's alone. What killed processes left of others with its name is removed
/// when one is made.
package final class TemporaryFolder: Sendable {
  package let path: String
  /// Locked as long as the folder is in use.
  private let descriptor: Int32

  /// - Parameters:
  ///   - name: what its name begins with.
  ///   - parent: the folder that it is in.
  package init(_ name: String, in parent: String) throws(Failure) {
    for entry in directoryEntries(parent) { Self.removeIfAbandoned(entry, name, in: parent) }
    let (path, descriptor) = try makeTemporary(beside: joinPath(parent, name), isDirectory: true)
    self.path = path
    self.descriptor = descriptor
  }

  private static func removeIfAbandoned(_ entry: String, _ name: String, in parent: String) {
    var process: pid_t?
    guard TemporaryName.isTemporary(entry, of: name, TemporaryName.fresh, process: &process) else { return }
    let path = joinPath(parent, entry)
    let opened = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard opened >= 0 else { return }
    defer { close(opened) }
    var status = stat()
    guard fstat(opened, &status) == 0, status.st_uid == getuid() else { return }
    if lockWithoutWaiting(opened) == .locked, isSameFile(path, opened) { removeTree(path) }
  }

  deinit {
    removeTree(path)
    close(descriptor)
    WriteGate.pass { state in state.temporaries[path] = nil }
  }
}

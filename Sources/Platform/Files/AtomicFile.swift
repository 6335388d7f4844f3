#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file that is written beside its place and renamed into it when whole.
///
/// Until `commit()` the old content is untouched; without a commit nothing is left behind. A device, a pipe or one of the
/// process's own descriptors, which cannot be replaced, is written to as it is.
package struct AtomicFile: ~Copyable {
  /// What a link at the place means.
  package enum Links: Sendable {
    /// The link itself is replaced; nothing outside its folder is touched. For paths that were found.
    case replaced
    /// The file behind it is replaced, and the link stays. For paths that a person named.
    case followed
  }

  package let path: String
  package let descriptor: Int32
  /// Nil where the place itself is written to.
  private let temporaryPath: String?
  private let target: String
  private var isDone = false

  /// - Parameters:
  ///   - mode: the new file's.
  ///   - keepsMode: whether a file that is there gives the new one its mode.
  package init(
    _ path: String, mode: mode_t = privateFileMode, keepsMode: Bool = false, links: Links = .replaced
  ) throws(Failure) {
    self.path = path
    let place = try OutputPlace(path, links)
    switch place {
    case .open(let descriptor):
      self.descriptor = descriptor
      temporaryPath = nil
      target = path
    case .file(let file, let present):
      removeAbandonedTemporaries(of: file)
      let made: (path: String, descriptor: Int32)
      do { made = try makeTemporary(beside: file, isDirectory: false) } catch {
        throw Failure(path, why: error.why, remedy: error.remedy)
      }
      target = file
      temporaryPath = made.path
      descriptor = made.descriptor
      let wanted = (keepsMode ? present.map { $0 & 0o777 } : nil) ?? mode
      if wanted != privateFileMode { fchmod(descriptor, wanted) }
    }
  }

  package func write(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    try writeAll(descriptor, bytes, path: path)
  }

  /// Makes sure that the content is on disk and puts it in its place.
  package mutating func commit() throws(Failure) {
    guard let temporaryPath else {
      isDone = true
      // Some systems say only here that something could not be written.
      guard close(descriptor) == 0 else { throw Failure.system(path, doing: "write") }
      return
    }
    guard fsync(descriptor) == 0 else { throw Failure.system(path, doing: "write") }
    let target = self.target
    let code: Int32 = WriteGate.pass { state in
      guard rename(temporaryPath, target) == 0 else { return errno }
      state.temporaries[temporaryPath] = nil
      return 0
    }
    guard code == 0 else { throw Failure.system(path, doing: "replace", errno: code) }
    isDone = true
    close(descriptor)
    synchronizeDirectory(splitPath(target).folder)
  }

  deinit {
    guard !isDone else { return }
    if let temporaryPath {
      WriteGate.pass { state in
        unlink(temporaryPath)
        state.temporaries[temporaryPath] = nil
      }
    }
    close(descriptor)
  }
}

/// Where output goes.
private enum OutputPlace {
  /// A file, there with the mode or not there yet, and no link.
  case file(String, mode: mode_t?)
  /// Something that is written to as it is; the descriptor is to be closed.
  case open(Int32)

  init(_ path: String, _ links: AtomicFile.Links) throws(Failure) {
    var current = path
    for _ in 0..<40 {
      var status = stat()
      guard lstat(current, &status) == 0 else {
        guard errno == ENOENT, !current.hasSuffix("/"), !current.isEmpty else {
          throw Failure.system(path, doing: "create")
        }
        self = .file(current, mode: nil)
        return
      }
      switch (status.st_mode & S_IFMT, links) {
      case (S_IFREG, _):
        self = .file(current, mode: status.st_mode)
        return
      case (S_IFLNK, .replaced):
        self = .file(current, mode: nil)
        return
      case (S_IFLNK, .followed):
        if let descriptor = try Self.openDescriptorLink(current, path) {
          self = .open(descriptor)
          return
        }
        guard let next = linkTarget(current) else { throw Failure.system(path, doing: "open") }
        current = next.hasPrefix("/") ? next : joinPath(splitPath(current).folder, next)
      case (S_IFDIR, _): throw Failure(path, why: "is a directory", remedy: "name a file")
      case (_, .replaced):
        throw Failure(path, why: "is not a regular file", remedy: "remove it, or choose another place")
      case (_, .followed):
        let descriptor = Platform.open(current, O_WRONLY | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { throw Failure.system(path, doing: "open") }
        self = .open(descriptor)
        return
      }
    }
    throw Failure.system(path, doing: "open", errno: ELOOP)
  }

  /// The descriptor behind a link such as /dev/stdout or /proc/self/fd/3, whose offset is shared; nil for other links.
  private static func openDescriptorLink(_ link: String, _ path: String) throws(Failure) -> Int32? {
    let (folder, name) = splitPath(link)
    guard let real = realPath(folder), real.hasPrefix("/proc/") else { return nil }
    let descriptor: Int32
    if real == "/proc/\(getpid())/fd", let own = Int32(name) {
      descriptor = fcntl(own, F_DUPFD_CLOEXEC, 0)
    } else {
      // A process's descriptors are no names of files, whatever the link says.
      guard real.hasSuffix("/fd") else { return nil }
      descriptor = Platform.open(link, O_WRONLY | O_CLOEXEC | O_NOCTTY)
    }
    guard descriptor >= 0 else { throw Failure.system(path, doing: "open") }
    return descriptor
  }
}

/// Replaces the file at `path` by one with `bytes`, so that a reader sees the old content or the new, whole.
///
/// - Parameters:
///   - mode: the new file's.
///   - keepsMode: whether a file that is there gives the new one its mode.
///   - links: whether a link at the path is replaced itself, or the file behind it.
package func writeFileAtomically(
  _ path: String, _ bytes: [UInt8], mode: mode_t = privateFileMode, keepsMode: Bool = false,
  links: AtomicFile.Links = .replaced
) throws(Failure) {
  var file = try AtomicFile(path, mode: mode, keepsMode: keepsMode, links: links)
  try write(bytes, to: file.descriptor, path: path)
  try file.commit()
}

/// Writes a file that is not there yet, for places where nobody looks before it is whole.
package func writeNewFile(_ path: String, _ bytes: [UInt8]) throws(Failure) {
  try writeNewFile(path) { (write) throws(Failure) in
    let outcome: Result<Void, Failure> = bytes.withUnsafeBytes { buffer in
      do throws(Failure) { return .success(try write(buffer)) } catch { return .failure(error) }
    }
    try outcome.get()
  }
}

/// The same of what is written piece by piece.
///
/// - Parameter content: writes the pieces by what it is given.
package func writeNewFile(
  _ path: String, content: (_ write: (UnsafeRawBufferPointer) throws(Failure) -> Void) throws(Failure) -> Void
) throws(Failure) {
  let descriptor = try createFile(path)
  defer { close(descriptor) }
  do throws(Failure) {
    try content { (bytes) throws(Failure) in try writeAll(descriptor, bytes, path: path) }
    guard fsync(descriptor) == 0 else { throw Failure.system(path, doing: "write") }
  } catch {
    WriteGate.pass { _ in _ = unlink(path) }
    throw error
  }
}

private func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(Failure) {
  let outcome: Result<Void, Failure> = bytes.withUnsafeBytes { buffer in
    do throws(Failure) { return .success(try writeAll(descriptor, buffer, path: path)) } catch {
      return .failure(error)
    }
  }
  try outcome.get()
}

/// Makes sure that the names in a directory are on disk, where the file system can.
func synchronizeDirectory(_ path: String) {
  let descriptor = Platform.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard descriptor >= 0 else { return }
  fsync(descriptor)
  close(descriptor)
}

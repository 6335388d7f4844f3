// What is found below a folder that somebody named is reached from that folder's descriptor, one name after the other,
// and never through a link: whoever swaps a file or folder for a link between a look and an opening gets nothing. Paths
// may be longer than the system takes in one call.

import CSystem

/// A folder that is open: what is in it is reached through it.
package final class OpenFolder: Sendable {
  package let descriptor: Int32

  private init(descriptor: Int32) { self.descriptor = descriptor }

  /// Opens a folder that was named; links in its path are followed.
  package convenience init(_ path: String) throws(Failure) {
    let descriptor = Platform.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Failure.system(path, doing: "open") }
    self.init(descriptor: descriptor)
  }

  /// The folder at a path below this one, without a slash at either end; empty for this one itself.
  ///
  /// - Throws: `Failure` also where a part of the path is a link, or leads up.
  package func folder(_ relativePath: some Collection<UInt8>) throws(Failure) -> OpenFolder {
    let first = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard first >= 0 else { throw Failure.system(String(systemPathBytes: relativePath), doing: "open") }
    var folder = OpenFolder(descriptor: first)
    for part in relativePath.split(separator: UInt8(ascii: "/")) {
      let next = folder.open(Array(part), O_RDONLY | O_DIRECTORY | O_NONBLOCK)
      guard next >= 0 else { throw Failure.system(String(systemPathBytes: relativePath), doing: "open") }
      folder = OpenFolder(descriptor: next)
    }
    return folder
  }

  /// What is in the folder, without `.` and `..`, sorted by bytes.
  ///
  /// - Parameter limit: reading stops behind so many; which ones are found then is the system's choice.
  package func entries(limit: Int = .max) -> [[UInt8]] {
    let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard copy >= 0 else { return [] }
    guard let stream = fdopendir(copy) else {
      close(copy)
      return []
    }
    defer { closedir(stream) }
    var names: [[UInt8]] = []
    while names.count < limit, let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) {
          Array(UnsafeRawBufferPointer(start: $0, count: strlen($0)))
        }
      }
      if name != Array(".".utf8) && name != Array("..".utf8) { names.append(name) }
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// What kind of file system the folder lies in, as in linux/magic.h; 0 where the system does not say.
  package var fileSystemType: UInt32 { inkling_file_system_type(descriptor) }

  /// The status of an entry, a link's own; nil where there is none.
  package func status(of name: [UInt8]) -> stat? {
    var result = stat()
    guard Self.isName(name),
      Self.withCString(name, { fstatat(descriptor, $0, &result, AT_SYMLINK_NOFOLLOW) }) == 0
    else { return nil }
    return result
  }

  /// Opens a regular file in the folder for reading, without waiting for what is none.
  ///
  /// - Returns: the descriptor, to be closed, and the file's status; nil for a link and for all that is no regular file.
  package func openRegularFile(_ name: [UInt8]) -> (descriptor: Int32, status: stat)? {
    // A device is not even opened: some do something when they are.
    guard let found = status(of: name), found.st_mode & S_IFMT == S_IFREG else { return nil }
    let file = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY)
    guard file >= 0 else { return nil }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(file)
      return nil
    }
    return (file, status)
  }

  /// The first bytes of a regular file in the folder; nil where there is none.
  package func firstBytes(of name: [UInt8], count: Int) -> [UInt8]? {
    guard let (file, _) = openRegularFile(name) else { return nil }
    defer { close(file) }
    var buffer = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let size = buffer.withUnsafeMutableBytes {
        pread(file, $0.baseAddress! + filled, count - filled, off_t(filled))
      }
      if size < 0 && errno == EINTR { continue }
      if size <= 0 { break }
      filled += size
    }
    return Array(buffer.prefix(filled))
  }

  deinit { close(descriptor) }

  private func open(_ name: [UInt8], _ flags: Int32) -> Int32 {
    guard Self.isName(name) else {
      errno = EINVAL
      return -1
    }
    return Self.withCString(name) { openat(descriptor, $0, flags | O_NOFOLLOW | O_CLOEXEC) }
  }

  private static func isName(_ name: [UInt8]) -> Bool {
    !name.isEmpty && name != Array("..".utf8) && !name.contains(UInt8(ascii: "/")) && !name.contains(0)
  }

  private static func withCString(_ name: [UInt8], _ body: (UnsafePointer<CChar>) -> Int32) -> Int32 {
    (name + [0]).withUnsafeBufferPointer { buffer in
      buffer.withMemoryRebound(to: CChar.self) { body($0.baseAddress!) }
    }
  }
}

/// The whole content of a regular file below a folder that was named, no part of the way a link.
///
/// - Parameters:
///   - relativePath: from the folder, without a slash at either end.
///   - limit: of the bytes.
/// - Throws: `Failure` naming the path; also where a link is on the way, and for what is no regular file or longer.
package func readFile(
  _ relativePath: [UInt8], below folder: String, limit: Int = .max
) throws(Failure) -> [UInt8] {
  let path = folder + "/" + String(systemPathBytes: relativePath)
  let slash = relativePath.lastIndex(of: UInt8(ascii: "/"))
  let parent = try OpenFolder(folder).folder(relativePath[..<(slash ?? 0)])
  let name = Array(relativePath[(slash.map { $0 + 1 } ?? 0)...])
  guard let (descriptor, _) = parent.openRegularFile(name) else {
    throw Failure(path, why: "is no regular file any more", remedy: "name it itself")
  }
  defer { close(descriptor) }
  return try readAll(descriptor, path: path, limit: limit)
}

/// Whether a path is a folder itself or lies below it, byte by byte. Neither ends in a slash but the root itself.
package func isPath(_ path: String, atOrBelow folder: String) -> Bool {
  let (path, folder) = (path.utf8, folder.utf8)
  guard path.starts(with: folder) else { return false }
  if path.count == folder.count || folder.elementsEqual("/".utf8) { return true }
  return path[path.index(path.startIndex, offsetBy: folder.count)] == UInt8(ascii: "/")
}

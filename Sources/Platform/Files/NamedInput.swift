/// The bytes of something that a person named to be read: a regular file is mapped, anything else (a pipe, a terminal,
/// standard input) is read to its end.
package final class NamedInput: Sendable {
  /// All of it, valid while this object lives.
  package nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
  private let file: MappedFile?
  private nonisolated(unsafe) let copy: UnsafeMutableRawBufferPointer?

  /// - Parameters:
  ///   - path: nil for standard input.
  ///   - limit: the most bytes that are kept of what cannot be mapped.
  /// - Throws: `Failure` naming the path.
  package init(_ path: String?, limit: Int = .max) throws(Failure) {
    var status = stat()
    if let path, stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG {
      let file = try MappedFile(path)
      self.file = file
      copy = nil
      bytes = file.bytes
      return
    }
    let read =
      if let path { try readNamedInput(path, limit: limit) } else {
        try readAll(STDIN_FILENO, path: "<stdin>", limit: limit)
      }
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: read.count, alignment: 1)
    copy.copyBytes(from: read)
    file = nil
    self.copy = copy
    bytes = UnsafeRawBufferPointer(copy)
  }

  /// Calls `body` with all of it, which stays readable until `body` returns.
  package func withBytes<Result, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> Result
  ) throws(E) -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(bytes)
  }

  deinit { copy?.deallocate() }
}

/// A pipe, terminal or standard input that somebody named, copied into a file without a name, so that it can be read more
/// than once, from any place. The copy is gone when this object is.
package final class SpooledInput: Sendable {
  /// What was named.
  package let name: String
  /// Where the copy can be opened while this object lives.
  package let path: String
  private let descriptor: Int32

  /// - Parameter name: `-` for standard input.
  /// - Returns: nil where there is nothing to copy: a regular file, a folder, or nothing at all.
  package init?(_ name: String, temporaryDirectory: String) throws(Failure) {
    if name != "-" {
      var status = stat()
      guard stat(name, &status) == 0 else { return nil }
      let kind = status.st_mode & S_IFMT
      guard kind == S_IFIFO || kind == S_IFCHR || kind == S_IFSOCK else { return nil }
    }
    let input = name == "-" ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY)
    guard input >= 0 else { throw Failure.system(name, doing: "open") }
    defer { if name != "-" { close(input) } }
    var template = Array((temporaryDirectory + "/inkling-XXXXXX").utf8CString)
    let copy = mkstemp(&template)
    guard copy >= 0 else { throw Failure.system(temporaryDirectory, doing: "create a temporary file in") }
    unlink(template)
    _ = fcntl(copy, F_SETFD, FD_CLOEXEC)
    self.name = name
    descriptor = copy
    #if os(Linux)
      path = "/proc/self/fd/\(copy)"
    #else
      path = "/dev/fd/\(copy)"
    #endif
    var status = stat()
    let isDevice = fstat(input, &status) == 0 && status.st_mode & S_IFMT == S_IFCHR
    try Self.copyAll(
      from: input, named: name, to: copy, in: temporaryDirectory,
      limit: isDevice ? Self.mostOfDevice : .max)
    lseek(copy, 0, SEEK_SET)
  }

  deinit { close(descriptor) }

  /// The most bytes that are read of a device: some, such as `/dev/zero`, have no end, and would fill the disk.
  private static let mostOfDevice = 1 << 30

  private static func copyAll(
    from input: Int32, named name: String, to copy: Int32, in directory: String, limit: Int
  ) throws(Failure) {
    var chunk = [UInt8](repeating: 0, count: 1 << 17)
    var total = 0
    while true {
      let count = chunk.withUnsafeMutableBytes { read(input, $0.baseAddress, $0.count) }
      if count == 0 { return }
      if count < 0 {
        if errno == EINTR { continue }
        throw Failure.system(name, doing: "read")
      }
      total += count
      guard total <= limit else {
        throw Failure(name, why: "is a device with more than \(limit) bytes", remedy: "name a file")
      }
      let written: Result<Void, Failure> = chunk.withUnsafeBytes { bytes in
        do throws(Failure) {
          return .success(
            try writeAll(
              copy, UnsafeRawBufferPointer(rebasing: bytes[..<count]),
              path: "a temporary file in \(directory)"))
        } catch { return .failure(error) }
      }
      try written.get()
    }
  }
}

extension Collection<UInt8> {
  /// Whether UTF-8's byte order mark stands in front, which is no part of what follows.
  package var hasByteOrderMark: Bool { starts(with: [0xEF, 0xBB, 0xBF]) }
}

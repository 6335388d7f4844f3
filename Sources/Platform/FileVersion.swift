/// A file as it is on disk now: another value once it was written again or replaced.
public struct FileVersion: Hashable, Sendable {
  public var inode: UInt64
  public var byteCount: Int64
  /// Since 1970.
  public var modifiedSeconds: Int64
  public var modifiedNanoseconds: Int64

  /// Nil where there is no file (links followed).
  public init?(_ path: String) {
    var status = stat()
    guard fileStatus(path, &status) == 0 else { return nil }
    inode = UInt64(status.st_ino)
    byteCount = Int64(status.st_size)
    #if canImport(Darwin)
      let time = status.st_mtimespec
    #else
      let time = status.st_mtim
    #endif
    modifiedSeconds = Int64(time.tv_sec)
    modifiedNanoseconds = Int64(time.tv_nsec)
  }
}

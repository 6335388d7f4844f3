/// A file as it is on disk now: another value once it was written again or replaced.
package struct FileVersion: Hashable, Sendable {
  package var inode: UInt64
  package var byteCount: Int64
  /// Since 1970.
  package var modifiedSeconds: Int64
  package var modifiedNanoseconds: Int64
  /// When anything about the file changed last, its modification time set back by hand included; since 1970.
  package var changedSeconds: Int64
  package var changedNanoseconds: Int64

  /// Nil where there is no file (links followed).
  package init?(_ path: String) {
    var status = stat()
    guard fileStatus(path, &status) == 0 else { return nil }
    self.init(status)
  }

  init(_ status: stat) {
    inode = UInt64(status.st_ino)
    byteCount = Int64(status.st_size)
    #if canImport(Darwin)
      let (modified, changed) = (status.st_mtimespec, status.st_ctimespec)
    #else
      let (modified, changed) = (status.st_mtim, status.st_ctim)
    #endif
    modifiedSeconds = Int64(modified.tv_sec)
    modifiedNanoseconds = Int64(modified.tv_nsec)
    changedSeconds = Int64(changed.tv_sec)
    changedNanoseconds = Int64(changed.tv_nsec)
  }
}

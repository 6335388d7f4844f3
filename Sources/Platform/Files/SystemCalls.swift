// The system's calls on paths, for paths as strings: names that are no UTF-8 come through whole (SystemPath.swift).
// They have the C library's names, so that whoever passes a string gets these. As there, -1 and errno say what failed.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

package func open(_ path: String, _ flags: Int32, _ mode: mode_t = 0) -> Int32 {
  #if canImport(Glibc)
    path.withSystemPath { Glibc.open($0, flags, mode) } ?? -1
  #elseif canImport(Musl)
    path.withSystemPath { Musl.open($0, flags, mode) } ?? -1
  #else
    path.withSystemPath { Darwin.open($0, flags, mode) } ?? -1
  #endif
}

/// `stat(2)`, under a name of its own: an overload of `stat` loses against the C library's, which takes UTF-8 only.
package func fileStatus(_ path: String, _ status: inout stat) -> Int32 {
  path.withSystemPath { fstatat(AT_FDCWD, $0, &status, 0) } ?? -1
}

package func lstat(_ path: String, _ status: inout stat) -> Int32 {
  path.withSystemPath { fstatat(AT_FDCWD, $0, &status, AT_SYMLINK_NOFOLLOW) } ?? -1
}

@discardableResult
package func unlink(_ path: String) -> Int32 { path.withSystemPath { unlinkat(AT_FDCWD, $0, 0) } ?? -1 }

@discardableResult
package func rmdir(_ path: String) -> Int32 {
  path.withSystemPath { unlinkat(AT_FDCWD, $0, AT_REMOVEDIR) } ?? -1
}

package func mkdir(_ path: String, _ mode: mode_t) -> Int32 {
  path.withSystemPath { mkdirat(AT_FDCWD, $0, mode) } ?? -1
}

@discardableResult
package func rename(_ old: String, _ new: String) -> Int32 {
  old.withSystemPath { old in new.withSystemPath { renameat(AT_FDCWD, old, AT_FDCWD, $0) } ?? -1 } ?? -1
}

@discardableResult
package func chmod(_ path: String, _ mode: mode_t) -> Int32 {
  path.withSystemPath { fchmodat(AT_FDCWD, $0, mode, 0) } ?? -1
}

/// Where a link leads, as it stands in the link; nil if `path` is none.
package func linkTarget(_ path: String) -> String? {
  var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
  let count =
    path.withSystemPath { path in
      buffer.withUnsafeMutableBytes { readlink(path, $0.baseAddress!, $0.count) }
    } ?? -1
  return count >= 0 ? String(systemPathBytes: buffer[..<count]) : nil
}

/// The absolute path of what is at `path`, links resolved; nil if there is nothing.
package func realPath(_ path: String) -> String? {
  guard let resolved = path.withSystemPath({ realpath($0, nil) }) ?? nil else { return nil }
  defer { free(resolved) }
  return String(systemPath: resolved)
}

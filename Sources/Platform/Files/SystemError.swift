extension Failure {
  /// A failure from `errno`, with the way out that usually helps.
  ///
  /// - Parameters:
  ///   - path: the file concerned.
  ///   - doing: the verb, as in "open" or "write".
  package static func system(_ path: String, doing: String, errno code: Int32 = errno) -> Failure {
    let why: String
    let remedy: String
    switch code {
    case ENOENT: (why, remedy) = ("no such file or directory", "check the path")
    case EACCES, EPERM: (why, remedy) = ("permission denied", "check who may \(doing) it")
    case ENOSPC: (why, remedy) = ("the disk is full", "free some space; what was there before is untouched")
    case EROFS: (why, remedy) = ("the file system is read-only", "choose another place")
    case EISDIR: (why, remedy) = ("is a directory", "name a file")
    case ENOTDIR: (why, remedy) = ("a part of the path is not a directory", "check the path")
    case EMFILE, ENFILE: (why, remedy) = ("too many open files", "raise the limit with ulimit -n")
    case ENOMEM: (why, remedy) = ("out of memory", "close other programs or use a smaller model")
    default: (why, remedy) = ("cannot \(doing): " + String(cString: strerror(code)), "")
    }
    return Failure(path, why: why, remedy: remedy)
  }
}

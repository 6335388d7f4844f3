/// Where the running program is; nil where the system does not say.
public func executablePath() -> String? {
  #if os(Linux)
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = buffer.withUnsafeMutableBytes { readlink("/proc/self/exe", $0.baseAddress!, $0.count) }
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
  #else
    guard let path = realpath(CommandLine.arguments.first ?? "", nil) else { return nil }
    defer { free(path) }
    return String(cString: path)
  #endif
}

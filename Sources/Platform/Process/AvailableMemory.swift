/// The memory that a program can take without others being swapped out: what the system calls available, within the
/// control group's limit where there is one. Nil where the system does not say.
package func availableMemoryByteCount() -> Int? {
  #if os(Linux)
    guard let info = try? readFile("/proc/meminfo", limit: 1 << 20) else { return nil }
    var available: Int?
    for line in info.split(separator: UInt8(ascii: "\n")) where line.starts(with: "MemAvailable:".utf8) {
      let digits = line.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      available = Int(String(decoding: digits, as: UTF8.self)).map { $0 * 1024 }
    }
    guard let system = available else { return nil }
    guard let limit = number(in: "/sys/fs/cgroup/memory.max") else { return system }
    let used = number(in: "/sys/fs/cgroup/memory.current") ?? 0
    return min(system, max(0, limit - used))
  #else
    let pages = sysconf(_SC_PHYS_PAGES)
    let pageSize = sysconf(_SC_PAGESIZE)
    return pages > 0 && pageSize > 0 ? pages * pageSize / 2 : nil
  #endif
}

/// The number that a file of the control groups holds; nil for "max", or where there is no such file.
private func number(in path: String) -> Int? {
  guard let bytes = try? readFile(path, limit: 64) else { return nil }
  return Int(String(decoding: bytes.prefix { $0 > 0x20 }, as: UTF8.self))
}

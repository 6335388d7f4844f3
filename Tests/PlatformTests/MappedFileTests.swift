import Platform
import Testing

@Suite struct MappedFileTests {
  private let path = "/tmp/inkling-mapped-\(getpid())-\(UInt64.random(in: 0 ... .max))"

  @Test func whatAFileLosesReadsAsZeros() throws {
    defer { unlink(path) }
    try writeFileAtomically(path, [UInt8](repeating: 7, count: 300_000))
    let file = try MappedFile(path)
    let other = try MappedFile(path)
    #expect(file.bytes[299_999] == 7 && !file.isDamaged)
    #expect(truncate(path, 10_000) == 0)
    #expect(file.bytes[5_000] == 7)
    #expect(!file.isDamaged)
    #expect(file.bytes[299_999] == 0)
    #expect(file.isDamaged && !other.isDamaged)
    #expect(throws: Failure.self) { try file.checkIsWhole() }
    #expect(MappedFile.damage() != nil)
    // What was not lost is still there, and giving pages back does not bring the fault again.
    file.releasePages(upTo: file.count)
    #expect(file.bytes[5_000] == 7 && file.bytes[150_000] == 0)
    #expect(other.bytes.reduce(0) { $0 + Int($1) } == 70_000)
    #expect(other.isDamaged)
  }

  @Test func manyThreadsMeetTheSameFault() throws {
    defer { unlink(path) }
    try writeFileAtomically(path, [UInt8](repeating: 1, count: 4 << 20))
    for _ in 0..<20 {
      #expect(truncate(path, 4 << 20) == 0)
      let file = try MappedFile(path)
      #expect(truncate(path, 0) == 0)
      let done = Counter()
      for thread in 0..<4 {
        try startThread {
          var sum = 0
          for place in stride(from: thread, to: file.count, by: 4096) { sum += Int(file.bytes[place]) }
          done.add(sum)
        }
      }
      while done.count < 4 { usleep(200) }
      #expect(done.sum == 0 && file.isDamaged)
    }
  }

  #if os(Linux)
    /// However much was written at once, a touch brings in what the system reads around it in any file.
    @Test func aTouchBringsLittleIn() throws {
      defer { unlink(path) }
      try writeNewFile(path, [UInt8](repeating: 7, count: 8 << 20))
      let file = try MappedFile(path)
      #expect(file.bytes[5 << 20] == 7)
      let mappings = String(decoding: try readFile("/proc/self/smaps", limit: 1 << 26), as: UTF8.self)
      let own = mappings.split(separator: "\n").drop { !$0.hasSuffix(path) }
      let resident = own.first { $0.hasPrefix("Rss:") }?.split(separator: " ").dropFirst().first
      #expect(try #require(resident.flatMap { Int($0) }) <= 256)
    }
  #endif

  @Test func aFileOfHolesIsRefused() throws {
    defer { unlink(path) }
    try writeFileAtomically(path, [1, 2, 3])
    #expect(truncate(path, 1 << 40) == 0)
    #expect(throws: Failure.self) { try MappedFile(path) }
    #expect(throws: Failure.self) { try MappedFile(path, byteCount: 3) }
    #expect(truncate(path, 3) == 0)
    #expect(try MappedFile(path, byteCount: 3).count == 3)
  }

  @Test func whatIsNoFileIsNotWaitedFor() throws {
    defer { unlink(path) }
    #expect(mkfifo(path, 0o600) == 0)
    #expect(throws: Failure.self) { try MappedFile(path) }
    #expect(throws: Failure.self) { try readFile(path) }
    #expect(throws: Failure.self) { try MappedFile("/dev/ptmx") }
    #expect(throws: Failure.self) { try MappedFile("/tmp") }
  }
}

private final class Counter: @unchecked Sendable {
  private var lock = pthread_mutex_t()
  private var values: [Int] = []

  init() { pthread_mutex_init(&lock, nil) }

  func add(_ value: Int) {
    pthread_mutex_lock(&lock)
    values.append(value)
    pthread_mutex_unlock(&lock)
  }

  var count: Int {
    pthread_mutex_lock(&lock)
    defer { pthread_mutex_unlock(&lock) }
    return values.count
  }
  var sum: Int { values.reduce(0, +) }
}

@Suite struct FileLockTests {
  @Test func oneAtATime() throws {
    let path = "/tmp/inkling-lock-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    defer { unlink(path) }
    var lock = try FileLock.take(path)
    #expect(lock != nil)
    #expect(try FileLock.take(path) == nil)
    // A program that was started with the lock keeps it.
    let child = try ChildProcess("/bin/cat", arguments: [], lock: lock)
    lock = nil
    #expect(try FileLock.take(path) == nil)
    child.terminate()
    #expect(child.run { _ in } == nil)
    #expect(try FileLock.take(path) != nil)
    #expect(symlink("/tmp/nowhere-\(getpid())", path + ".link") == 0)
    defer { unlink(path + ".link") }
    #expect(throws: Failure.self) { try FileLock.take(path + ".link") }
  }
}

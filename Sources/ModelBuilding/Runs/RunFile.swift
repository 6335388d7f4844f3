import LanguageModeling
import Platform

/// A run on disk, opened: its description is checked, its blocks are as they are read.
final class RunFile: Sendable {
  let path: String
  let description: RunDescription
  private let descriptor: Int32

  /// - Throws: `Failure` for what is no run, is cut short, or is of another version.
  init(_ path: String) throws(Failure) {
    let (descriptor, status) = try openRegularFile(path)
    self.path = path
    self.descriptor = descriptor
    do throws(Failure) {
      description = try Self.readDescription(descriptor, byteCount: Int(status.st_size), path: path)
    } catch {
      close(descriptor)
      throw error
    }
  }

  deinit { close(descriptor) }

  /// A run that is gone with the value, however the process ends.
  ///
  /// - Parameters:
  ///   - output: the run is made in the same folder.
  ///   - make: writes the run at a path.
  static func unnamed(
    beside output: String, _ make: (String) throws(Failure) -> Void
  ) throws(Failure) -> RunFile {
    let path = "\(output).part-\(getpid())-\(String(UInt64.random(in: 0 ... .max), radix: 16))"
    try make(path)
    defer { unlink(path) }
    return try RunFile(path)
  }

  private static func readDescription(
    _ descriptor: Int32, byteCount: Int, path: String
  ) throws(Failure) -> RunDescription {
    let magic = try read(descriptor, path, at: 0, count: min(byteCount, RunFormat.magic.count))
    guard magic == RunFormat.magic else {
      throw Failure(path, why: "is no run", remedy: "name what inkling-train count or merge has written")
    }
    let least = RunFormat.magic.count + RunFormat.blockHeaderByteCount + RunFormat.trailerByteCount
    guard byteCount >= least else { throw RunFormat.damaged(path, "it is cut short") }
    let trailerStart = byteCount - RunFormat.trailerByteCount
    let trailer = try read(descriptor, path, at: trailerStart, count: RunFormat.trailerByteCount)
    let (start, hash) = trailer.withUnsafeBytes {
      (
        UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)),
        UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      )
    }
    let hashed = trailer.withUnsafeBytes { XXH64.hash(UnsafeRawBufferPointer(rebasing: $0[..<8])) }
    guard trailer.suffix(8).elementsEqual(RunFormat.endMagic), hash == hashed else {
      throw RunFormat.damaged(path, "it is cut short")
    }
    guard start >= UInt64(RunFormat.magic.count),
      start <= UInt64(trailerStart - RunFormat.blockHeaderByteCount)
    else { throw RunFormat.damaged(path, "its description is missing") }
    var block: [UInt8] = []
    let end = try readBlock(
      descriptor, path, .description, at: Int(start), sectionEnd: trailerStart, into: &block)
    guard end == trailerStart else { throw RunFormat.damaged(path, "its description is not at its end") }
    return try RunDescription(block, path: path, end: Int(start))
  }

  private static func read(
    _ descriptor: Int32, _ path: String, at byteOffset: Int, count: Int
  ) throws(Failure) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try fill(&bytes, descriptor, path, at: byteOffset)
    return bytes
  }

  private static func fill(
    _ bytes: inout [UInt8], _ descriptor: Int32, _ path: String, at byteOffset: Int
  ) throws(Failure) {
    let count = bytes.count
    let code: Int32 = bytes.withUnsafeMutableBytes { buffer in
      var done = 0
      while done < count {
        let here = pread(descriptor, buffer.baseAddress! + done, count - done, off_t(byteOffset + done))
        if here < 0 && errno == EINTR { continue }
        if here < 0 { return errno }
        if here == 0 { return -1 }
        done += here
      }
      return 0
    }
    if code > 0 { throw Failure.system(path, doing: "read", errno: code) }
    if code < 0 { throw RunFormat.damaged(path, "it is cut short") }
  }

  /// Reads the block at a byte offset of a section and checks it.
  ///
  /// - Returns: the byte offset behind it.
  func readBlock(
    _ section: RunSection, at byteOffset: Int, into block: inout [UInt8]
  ) throws(Failure) -> Int {
    try Self.readBlock(
      descriptor, path, section, at: byteOffset, sectionEnd: description.sections[section]?.upperBound ?? 0,
      into: &block)
  }

  private static func readBlock(
    _ descriptor: Int32, _ path: String, _ section: RunSection, at byteOffset: Int, sectionEnd: Int,
    into block: inout [UInt8]
  ) throws(Failure) -> Int {
    let contentStart = byteOffset + RunFormat.blockHeaderByteCount
    guard contentStart <= sectionEnd else { throw RunFormat.damaged(path, "a block is cut short") }
    let header = try read(descriptor, path, at: byteOffset, count: RunFormat.blockHeaderByteCount)
    let (count, mark, hash) = header.withUnsafeBytes {
      (
        Int(UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self))),
        UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self)),
        UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      )
    }
    guard mark == section.rawValue, count > 0, count <= sectionEnd - contentStart else {
      throw RunFormat.damaged(path, "a block of \(section.name) is not where it should be")
    }
    if block.count > count {
      block.removeLast(block.count - count)
    } else if block.count < count {
      block.append(contentsOf: repeatElement(0, count: count - block.count))
    }
    try fill(&block, descriptor, path, at: contentStart)
    guard block.withUnsafeBytes({ XXH64.hash($0) }) == hash else {
      throw RunFormat.damaged(path, "a block of \(section.name) is not what was written")
    }
    return contentStart + count
  }
}

/// Reads the entries of one section, block after block.
struct RunSectionReader {
  let run: RunFile
  private let section: RunSection
  private var block: [UInt8] = []
  private var position = 0
  private var nextBlock: Int
  private let end: Int
  /// Whether the entry that comes next is the first of its block.
  private(set) var isAtBlockStart = false

  init(_ run: RunFile, _ section: RunSection) {
    self.run = run
    self.section = section
    let range = run.description.sections[section] ?? 0..<0
    nextBlock = range.lowerBound
    end = range.upperBound
  }

  /// Goes to the block at a byte offset, the first entry of which is read next.
  mutating func seek(toBlockAt byteOffset: Int) {
    nextBlock = byteOffset
    block.removeAll(keepingCapacity: true)
    position = 0
  }

  /// Whether there is another entry.
  @inline(__always)
  mutating func hasNext() throws(Failure) -> Bool {
    if position < block.count {
      isAtBlockStart = false
      return true
    }
    return try loadBlock()
  }

  @inline(never)
  private mutating func loadBlock() throws(Failure) -> Bool {
    guard nextBlock < end else { return false }
    nextBlock = try run.readBlock(section, at: nextBlock, into: &block)
    position = 0
    isAtBlockStart = true
    return true
  }

  @inline(__always)
  mutating func byte() throws(Failure) -> UInt8 {
    guard position < block.count else { throw damaged }
    position += 1
    return block[position - 1]
  }

  /// A number of variable length below 2⁶³.
  @inline(__always)
  mutating func number() throws(Failure) -> Int {
    let first = try byte()
    if first < 0x80 { return Int(first) }
    var result = Int(first & 0x7F)
    var shift = 7
    while true {
      let next = try byte()
      guard shift < 63, shift < 56 || next < 0x80 else { throw damaged }
      result |= Int(next & 0x7F) << shift
      if next < 0x80 { return result }
      shift += 7
    }
  }

  mutating func number(below limit: Int) throws(Failure) -> Int {
    let number = try number()
    guard number < limit else { throw damaged }
    return number
  }

  /// A 64-bit number of eight bytes.
  mutating func wideNumber() throws(Failure) -> UInt64 {
    var result: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 8) { result |= UInt64(try byte()) << shift }
    return result
  }

  mutating func bytes(_ count: Int) throws(Failure) -> ArraySlice<UInt8> {
    guard count <= block.count - position else { throw damaged }
    position += count
    return block[position - count..<position]
  }

  mutating func string() throws(Failure) -> String {
    String(systemPathBytes: try bytes(try number()))
  }

  var damaged: Failure { RunFormat.damaged(run.path, "an entry of \(section.name) makes no sense") }
}

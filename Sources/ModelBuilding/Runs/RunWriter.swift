import LanguageModeling
import Platform

/// Writes a run beside its place and puts it there when it is whole.
struct RunWriter: ~Copyable {
  private var file: AtomicFile
  private var byteOffset: Int
  private var block: [UInt8] = []
  private var section = RunSection.types
  private var sectionStart = 0
  private(set) var sections: [RunSection: Range<Int>] = [:]
  /// Of all blocks so far.
  private var contentHash: UInt64 = 0

  /// - Parameter path: where the run goes; what is there is replaced once the run is whole.
  init(_ path: String) throws(Failure) {
    let file = try AtomicFile(path, links: .followed)
    try Self.write(RunFormat.magic, to: file)
    self.file = file
    byteOffset = RunFormat.magic.count
    sectionStart = byteOffset
    block.reserveCapacity(RunFormat.blockByteCount + 256)
  }

  /// What two runs of the same content have in common, and no others.
  var identity: String {
    let digits = String(contentHash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Where the next block begins.
  var nextBlockOffset: Int { byteOffset }
  /// Whether the next entry is the first of its block.
  var isAtBlockStart: Bool { block.isEmpty }

  /// Begins a section; those before are ended.
  mutating func begin(_ section: RunSection) {
    self.section = section
    sectionStart = byteOffset
  }

  @inline(__always)
  mutating func append(_ number: Int) { append(UInt64(truncatingIfNeeded: number)) }

  @inline(__always)
  mutating func append(_ number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      block.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    block.append(UInt8(truncatingIfNeeded: rest))
  }

  @inline(__always)
  mutating func append(byte: UInt8) { block.append(byte) }

  mutating func append(bytes: some Collection<UInt8>) { block.append(contentsOf: bytes) }

  mutating func append(string: String) {
    let bytes = string.systemPathBytes
    append(bytes.count)
    append(bytes: bytes)
  }

  /// Ends an entry, and the block if it is full.
  @inline(__always)
  mutating func endEntry() throws(Failure) {
    if block.count >= RunFormat.blockByteCount { try endBlock() }
  }

  /// Ends the section.
  mutating func end() throws(Failure) {
    if !block.isEmpty { try endBlock() }
    sections[section] = sectionStart..<byteOffset
  }

  @inline(never)
  private mutating func endBlock() throws(Failure) {
    guard block.count <= Int(UInt32.max) else {
      throw Failure(file.path, why: "an entry is longer than 4 GiB", remedy: "leave out the file that has it")
    }
    let hash = block.withUnsafeBytes { XXH64.hash($0) }
    contentHash = (contentHash ^ hash) &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(section.rawValue)
    var header: [UInt8] = []
    withUnsafeBytes(of: UInt32(block.count).littleEndian) { header.append(contentsOf: $0) }
    withUnsafeBytes(of: section.rawValue.littleEndian) { header.append(contentsOf: $0) }
    withUnsafeBytes(of: hash.littleEndian) { header.append(contentsOf: $0) }
    try write(header)
    try write(block)
    byteOffset += header.count + block.count
    block.removeAll(keepingCapacity: true)
  }

  private func write(_ bytes: [UInt8]) throws(Failure) { try Self.write(bytes, to: file) }

  private static func write(_ bytes: [UInt8], to file: borrowing AtomicFile) throws(Failure) {
    let outcome: Result<Void, Failure> = bytes.withUnsafeBytes { bytes in
      do throws(Failure) { return .success(try file.write(bytes)) } catch { return .failure(error) }
    }
    try outcome.get()
  }

  /// Writes the description and puts the run in its place.
  mutating func commit(_ description: RunDescription) throws(Failure) {
    let start = byteOffset
    begin(.description)
    append(bytes: description.serialized(sections: sections))
    try end()
    var trailer: [UInt8] = []
    withUnsafeBytes(of: UInt64(start).littleEndian) { trailer.append(contentsOf: $0) }
    let hash = trailer.withUnsafeBytes { XXH64.hash($0) }
    withUnsafeBytes(of: hash.littleEndian) { trailer.append(contentsOf: $0) }
    try write(trailer + RunFormat.endMagic)
    try file.commit()
  }
}

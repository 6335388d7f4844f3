import Platform

/// Numbers and arrays one after the other in little-endian bytes: what a tagger's file is made of.
struct TaggerFileWriter {
  private(set) var bytes: [UInt8] = Array(TaggerFile.magic.utf8)

  mutating func append(_ number: Int) { append([UInt64(number)]) }

  /// An array behind its length, at a multiple of 8 bytes.
  mutating func append<Element: BitwiseCopyable>(array: [Element]) {
    append(array.count)
    append(array)
  }

  private mutating func append<Element: BitwiseCopyable>(_ array: [Element]) {
    array.withUnsafeBytes { bytes.append(contentsOf: $0) }
    while bytes.count % 8 != 0 { bytes.append(0) }
  }
}

/// Reads what `TaggerFileWriter` writes. The bytes are untrusted.
struct TaggerFile {
  static let magic = "INKLTAG1"
  private let bytes: UnsafeRawBufferPointer
  private var position = 8

  /// - Throws: `Failure` if the bytes are no tagger's.
  init(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    guard bytes.count >= 8, bytes.prefix(8).elementsEqual(Self.magic.utf8) else {
      throw Self.damaged("it does not begin as a tagger")
    }
    self.bytes = bytes
  }

  static func damaged(_ why: String) -> Failure {
    Failure("tagger.bin", why: "is damaged: \(why)", remedy: "train the tagger again")
  }

  mutating func number(in range: ClosedRange<Int>) throws(Failure) -> Int {
    guard bytes.count - position >= 8 else { throw Self.damaged("it ends too early") }
    let value = Int(bitPattern: UInt(bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)))
    guard range.contains(value) else { throw Self.damaged("a number in it is out of range") }
    position += 8
    return value
  }

  /// An array of as many elements as it says, whatever their bytes.
  mutating func array<Element: BitwiseCopyable>(
    of type: Element.Type, count expected: Int? = nil
  ) throws(Failure) -> [Element] {
    let size = MemoryLayout<Element>.stride
    let count = try number(in: 0...Int.max / 64)
    let byteCount = count * size
    guard byteCount <= bytes.count - position, expected ?? count == count else {
      throw Self.damaged("an array in it does not have the length that it should")
    }
    let source = UnsafeRawBufferPointer(rebasing: bytes[position..<position + byteCount])
    position = min(bytes.count, position + (byteCount + 7) / 8 * 8)
    return [Element](unsafeUninitializedCapacity: count) { target, filled in
      UnsafeMutableRawBufferPointer(target).copyMemory(from: source)
      filled = count
    }
  }

  /// - Throws: `Failure` if something is left.
  func end() throws(Failure) {
    guard position == bytes.count else { throw Self.damaged("it is longer than what it holds") }
  }
}

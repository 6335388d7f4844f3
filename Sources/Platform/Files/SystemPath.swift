// File names are bytes; Swift's strings are Unicode. A name that is no UTF-8 becomes a string in which each byte that
// belongs to no character is one private-use scalar, and the same bytes again where the system is asked. (Python's
// "surrogateescape", PEP 383, with scalars that a Swift string can hold.)

/// The scalar that stands for the byte `0x80 + n` of a name is `firstEscape + n`.
private let firstEscape: UInt32 = 0x10FE80
private let lastEscape: UInt32 = 0x10FEFF

extension String {
  /// A path as the system gives it: any bytes but NUL.
  ///
  /// `systemPathBytes` of the result are the same bytes again.
  package init(systemPathBytes bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    if let text = String(validating: bytes, as: UTF8.self),
      !text.unicodeScalars.contains(where: { (firstEscape...lastEscape).contains($0.value) })
    {
      self = text
      return
    }
    var scalars = String.UnicodeScalarView()
    var rest = bytes[...]
    while let first = rest.first {
      let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
      if let scalar = String(validating: rest.prefix(length), as: UTF8.self)?.unicodeScalars.first,
        !(firstEscape...lastEscape).contains(scalar.value)
      {
        scalars.append(scalar)
        rest = rest.dropFirst(length)
      } else {
        scalars.append(Unicode.Scalar(firstEscape + UInt32(first) - 0x80)!)
        rest = rest.dropFirst()
      }
    }
    self = String(scalars)
  }

  /// A path as the system gives it, ended by NUL.
  package init(systemPath path: UnsafePointer<CChar>) {
    let bytes = UnsafeRawBufferPointer(start: path, count: strlen(path))
    self.init(systemPathBytes: bytes)
  }

  /// The bytes that the system knows a path by.
  package var systemPathBytes: [UInt8] {
    guard unicodeScalars.contains(where: { (firstEscape...lastEscape).contains($0.value) }) else {
      return Array(utf8)
    }
    var bytes: [UInt8] = []
    for scalar in unicodeScalars {
      if (firstEscape...lastEscape).contains(scalar.value) {
        bytes.append(UInt8(0x80 + scalar.value - firstEscape))
      } else {
        bytes += Array(String(scalar).utf8)
      }
    }
    return bytes
  }

  /// Calls `body` with the path as the system wants it; nil if it holds NUL, which no path can.
  func withSystemPath<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result? {
    let bytes = systemPathBytes
    guard !bytes.contains(0) else {
      errno = EINVAL
      return nil
    }
    return (bytes + [0]).withUnsafeBufferPointer { buffer in
      buffer.withMemoryRebound(to: CChar.self) { body($0.baseAddress!) }
    }
  }
}

/// The process's arguments without the program's own name, bytes that are no UTF-8 kept as in paths.
package func systemArguments() -> [String] {
  (1..<max(1, Int(CommandLine.argc))).compactMap { index in
    CommandLine.unsafeArgv[index].map { String(systemPath: $0) }
  }
}

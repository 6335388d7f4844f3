/// The path that a `file:` URI names (RFC 8089), its percent escapes undone; nil for any other URI.
public func filePath(ofURI uri: String) -> String? {
  guard uri.lowercased().hasPrefix("file:") else { return nil }
  var rest = uri.dropFirst(5)
  if rest.hasPrefix("//") {
    // The authority, empty or a host's name, ends where the path begins.
    guard let slash = rest.dropFirst(2).firstIndex(of: "/") else { return nil }
    rest = rest[slash...]
  }
  guard rest.hasPrefix("/") else { return nil }
  var bytes: [UInt8] = []
  var pending = Array(rest.utf8)[...]
  while let byte = pending.popFirst() {
    if byte == UInt8(ascii: "%"), pending.count >= 2,
      let value = UInt8(String(decoding: pending.prefix(2), as: UTF8.self), radix: 16)
    {
      bytes.append(value)
      pending = pending.dropFirst(2)
    } else {
      bytes.append(byte)
    }
  }
  guard !bytes.contains(0) else { return nil }
  return String(validating: bytes, as: UTF8.self)
}

/// The path that a `file:` URI names (RFC 8089), its percent escapes undone; nil for any other URI, and for files of
/// another host.
package func filePath(ofURI uri: String) -> String? {
  guard uri.lowercased().hasPrefix("file:") else { return nil }
  var rest = uri.dropFirst(5)
  if rest.hasPrefix("//") {
    // The authority, empty or a host's name, ends where the path begins.
    rest = rest.dropFirst(2)
    guard let slash = rest.firstIndex(of: "/") else { return nil }
    let host = rest[..<slash]
    guard host.isEmpty || host.lowercased() == "localhost" else { return nil }
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

/// The `file:` URI of an absolute path: everything but unreserved characters and slashes is escaped (RFC 3986, 2.3).
package func fileURI(ofPath path: String) -> String {
  var uri = "file://"
  for byte in path.utf8 {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "~"):
      uri.unicodeScalars.append(Unicode.Scalar(byte))
    default:
      let digits = String(byte, radix: 16, uppercase: true)
      uri += (byte < 16 ? "%0" : "%") + digits
    }
  }
  return uri
}

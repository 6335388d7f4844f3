/// Why a text is not JSON, or a JSON value is not what was asked for.
package enum JSONError: Error, Hashable, Sendable {
  /// The text is not JSON, or goes beyond a limit. Line and column count from 1, the column in Unicode scalars
  /// (a byte that is not UTF-8 counts as one).
  case syntax(reason: String, line: Int, column: Int, byteOffset: Int)
  /// The value at `path` is not the kind wanted: `contentChanges[0].range.start`.
  case mismatch(path: String, expected: String, found: String)
}

extension JSONError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .syntax(let reason, let line, let column, _):
      "line \(line), column \(column): \(reason)"
    case .mismatch(let path, let expected, let found):
      "\(path.isEmpty ? "the value" : path): expected \(expected), found \(found)"
    }
  }

  /// A syntax error at a byte offset, its line and column counted in `bytes`.
  static func at(_ byteOffset: Int, _ bytes: UnsafeRawBufferPointer, _ reason: String) -> JSONError {
    let offset = min(max(byteOffset, 0), bytes.count)
    var line = 1
    var column = 1
    for byte in bytes[..<offset] {
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    return .syntax(reason: reason, line: line, column: column, byteOffset: offset)
  }
}

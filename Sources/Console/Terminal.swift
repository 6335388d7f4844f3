import Platform

/// What is behind an output: a terminal that understands colour and cursor movement, or a pipe or file.
package struct Terminal: Sendable {
  package let descriptor: Int32
  /// Whether a person is looking: a terminal, and not `TERM=dumb`.
  package let isInteractive: Bool
  /// Whether to colour: interactive and `NO_COLOR` unset or empty (no-color.org).
  package let usesColor: Bool

  package static let output = Terminal(STDOUT_FILENO)
  package static let error = Terminal(STDERR_FILENO)

  package init(_ descriptor: Int32) {
    self.descriptor = descriptor
    isInteractive = isatty(descriptor) == 1 && environmentValue("TERM") != "dumb"
    usesColor = isInteractive && (environmentValue("NO_COLOR") ?? "").isEmpty
  }

  /// Columns now; 80 where the system does not say.
  package var width: Int {
    var size = winsize()
    if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
    return 80
  }

  /// `text` in an SGR style ("1" bold, "2" faint, "31" red, …), or as it is where colour is not wanted.
  package func styled(_ text: String, _ style: String) -> String {
    usesColor ? "\u{1B}[\(style)m\(text)\u{1B}[0m" : text
  }
}

/// `text` with control characters made visible and at most `width` characters, for one line of a terminal or report.
package func singleLine(_ text: String, width: Int = .max) -> String {
  var result = ""
  var count = 0
  for character in text {
    if count >= width { return result + "…" }
    count += 1
    switch character {
    case "\n", "\r\n": result += "⏎"
    case "\t": result += "⇥"
    default:
      let isControl = character.unicodeScalars.allSatisfy {
        $0.value < 0x20 || (0x7F..<0xA0).contains($0.value)
      }
      if isControl { result += "·" } else { result.append(character) }
    }
  }
  return result
}

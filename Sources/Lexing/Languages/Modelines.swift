import Platform

/// What a text says itself about its language, for editors and other programs.
enum Modelines {
  /// The name of the language, as the editor that it is for has it: `c++` of `-*- mode: C++ -*-`, `python` of `vim: set ft=python :`.
  static func languageName(_ text: UnsafeRawBufferPointer) -> String? {
    let head = lines(text.prefix(512), limit: 5)
    for line in head.prefix(2) { if let name = emacs(line) { return name } }
    let tail = text.count > 512 ? lines(text.suffix(512), limit: .max).suffix(5) : []
    for line in head + tail { if let name = vim(line) { return name } }
    return nil
  }

  private static func lines(_ text: Slice<UnsafeRawBufferPointer>, limit: Int) -> [Substring] {
    // Each invalid byte is one character: names of languages have none.
    text.split(separator: 0x0A, maxSplits: limit == .max ? .max : limit, omittingEmptySubsequences: false)
      .prefix(limit).map { Substring(String(decoding: $0, as: UTF8.self)) }
  }

  /// `-*- Python -*-`, or `-*- coding: utf-8; mode: python -*-`
  private static func emacs(_ line: Substring) -> String? {
    let parts = pieces(of: line, at: "-*-")
    guard parts.count >= 3 else { return nil }
    let content = parts[1]
    guard content.contains(":") else { return name(content) }
    for variable in content.split(separator: ";") {
      let (key, value) = divided(variable, at: ":")
      if key.lowercased().trimmed == "mode", let value { return name(value) }
    }
    return nil
  }

  /// `vim: ft=python`, `vi:set filetype=sh sw=2:`
  private static func vim(_ line: Substring) -> String? {
    guard line.contains("vim:") || line.contains("vi:") || line.contains("ex:") else { return nil }
    for word in line.split(whereSeparator: { $0 == " " || $0 == ":" || $0 == "\t" }) {
      let (key, value) = divided(word, at: "=")
      if ["ft", "filetype", "syntax", "syn"].contains(key), let value { return name(value) }
    }
    return nil
  }

  private static func divided(_ text: Substring, at mark: Character) -> (key: Substring, value: Substring?) {
    guard let place = text.firstIndex(of: mark) else { return (text, nil) }
    return (text[..<place], text[text.index(after: place)...])
  }

  private static func pieces(of text: Substring, at mark: String) -> [Substring] {
    var pieces: [Substring] = []
    var rest = text
    while let range = rest.utf8Range(of: mark) {
      pieces.append(rest[..<range.lowerBound])
      rest = rest[range.upperBound...]
    }
    return pieces + [rest]
  }

  private static func name(_ text: Substring) -> String? {
    let name = text.trimmed.lowercased()
    return name.isEmpty || name.count > 32 ? nil : editorNames[name] ?? name
  }

  /// Names that editors have and grammars do not.
  private static let editorNames = [
    "sh": "shellscript", "bash": "shellscript", "zsh": "shellscript", "shell-script": "shellscript",
    "cperl": "perl",
    "emacs-lisp": "lisp", "lisp-interaction": "lisp", "scheme": "lisp", "make": "makefile",
    "makefile-gmake": "makefile", "tex": "latex",
    "plaintex": "latex", "objc": "objective-c", "objcpp": "objective-cpp", "rst": "restructuredtext",
    "conf": "ini", "dosini": "ini",
    "js": "javascript", "text": "plaintext", "nxml": "xml", "caml": "ocaml", "tuareg": "ocaml",
    "fundamental": "plaintext",
  ]
}

extension Substring {
  fileprivate var trimmed: Substring {
    var rest = self
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return rest
  }

  fileprivate func utf8Range(of mark: String) -> Range<Index>? {
    var start = startIndex
    while let first = self[start...].firstIndex(of: mark.first!) {
      if self[first...].hasPrefix(mark) { return first..<index(first, offsetBy: mark.count) }
      start = index(after: first)
    }
    return nil
  }
}

extension String {
  fileprivate var trimmed: Substring { Substring(self).trimmed }
}

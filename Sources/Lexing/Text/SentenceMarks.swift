/// The marks that end sentences of running text.
package enum SentenceMarks {
  /// Whether a mark, or a run of one, ends a sentence.
  package static func ends(_ mark: UnsafeRawBufferPointer) -> Bool {
    mark.allSatisfy { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "!") || $0 == UInt8(ascii: "?") }
      || mark.elementsEqual("…".utf8) || mark.elementsEqual("。".utf8)
  }

  /// Whether a mark behind the end of a sentence still belongs to it.
  package static func closes(_ mark: UnsafeRawBufferPointer) -> Bool {
    [")", "]", "\"", "'", "”", "’", "»"].contains { mark.elementsEqual($0.utf8) } || ends(mark)
  }
}

import Prediction

/// A text as HTML: a block a line, numbered by the style sheet so that numbers are not copied with the text, tokens
/// coloured by their step, marks as links to what is said of them.
struct HeatText {
  private let file: HighlightedFile
  private let scale: HeatScale?
  /// What the identifiers of the file's marks begin with.
  private let prefix: String
  private var html = ""
  private var isInLine = false

  init(_ file: HighlightedFile, scale: HeatScale?, prefix: String) {
    self.file = file
    self.scale = scale
    self.prefix = prefix
  }

  /// The inside of `<pre>`.
  mutating func rendered() -> String {
    var offset = 0
    var marks = Array(file.marks.enumerated())[...]
    var tokens = file.surprisals[...]
    while offset < file.text.count {
      while let token = tokens.first, token.byteRange.upperBound <= offset { tokens.removeFirst() }
      while let mark = marks.first, mark.element.byteRange.upperBound <= offset { marks.removeFirst() }
      // To where the next token or mark begins or ends.
      var end = file.text.count
      var step = 0
      if let token = tokens.first {
        let isInside = token.byteRange.lowerBound <= offset
        if isInside { step = scale?.step(ofBits: token.surprisalBits) ?? 0 }
        end = min(end, isInside ? token.byteRange.upperBound : token.byteRange.lowerBound)
      }
      if let (index, mark) = marks.first, mark.byteRange.lowerBound <= offset {
        writeMark(index, mark, from: offset)
        offset = mark.byteRange.upperBound
        continue
      } else if let mark = marks.first?.element {
        end = min(end, mark.byteRange.lowerBound)
      }
      write(
        offset..<end, opening: step > 0 ? "<span class=\"h\(step)\">" : "", closing: step > 0 ? "</span>" : ""
      )
      offset = end
    }
    endLine()
    return html
  }

  private mutating func writeMark(_ index: Int, _ mark: Mark, from offset: Int) {
    let step = mark.surprisal.flatMap { surprisal in scale?.step(ofBits: surprisal.surprisalBits) } ?? 0
    let place = file.positions.position(of: mark.byteRange.lowerBound)
    let title = HTMLPrinter.escaped("\(place.line):\(place.column): \(file.message(mark))")
    let link = "<a class=\"m h\(step)\" href=\"#\(prefix)n\(index + 1)\" title=\"\(title)\""
    write(
      offset..<mark.byteRange.upperBound, opening: link + " id=\"\(prefix)m\(index + 1)\">",
      again: link + ">", closing: "</a>")
  }

  /// Writes a part of the text, of each line for itself.
  ///
  /// - Parameter again: the opening tag on further lines, where identifiers must not come twice.
  private mutating func write(
    _ range: Range<Int>, opening: String, again: String? = nil, closing: String
  ) {
    var offset = range.lowerBound
    var tag = opening
    while offset < range.upperBound {
      let line = file.positions.position(of: offset).line
      let inside = file.positions.range(ofLine: line)
      let end = min(range.upperBound, max(offset, inside.upperBound))
      if !isInLine {
        html += "<span class=\"l\">"
        isInLine = true
      }
      if offset < end {
        html += tag + HTMLPrinter.escaped(file.string(offset..<end)) + closing
        tag = again ?? opening
      }
      offset = end
      guard offset < range.upperBound else { return }
      // The line's end.
      html += "\n"
      endLine()
      offset = file.positions.start(ofLineAfter: line)
    }
  }

  private mutating func endLine() {
    if isInLine { html += "</span>" }
    isInLine = false
  }
}

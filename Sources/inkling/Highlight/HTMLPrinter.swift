import Console
import Platform

/// One page, nothing loaded from anywhere and no scripts: the texts as heat maps, with a list of their marks. A mark is a
/// link to what is said of it, which then stands at the foot of the window: a finger and a keyboard reach it as a mouse
/// does.
struct HTMLPrinter: HighlightPrinter {
  let measure: TextHighlighter.Measure
  /// What was printed so far: the number of marks comes first on the page.
  private var sections = ""
  private var contents = ""
  private var fileCount = 0

  init(measure: TextHighlighter.Measure) { self.measure = measure }

  mutating func print(_ file: HighlightedFile) throws(Failure) {
    fileCount += 1
    let prefix = "f\(fileCount)"
    let name = Self.escaped(String(decoding: file.name.systemPathBytes, as: UTF8.self))
    contents += "<li><a href=\"#\(prefix)\">\(name)</a> \(Self.count(file.marks.count, "mark"))</li>\n"
    let scale = HeatScale(file.surprisals)
    sections += """
      <section id="\(prefix)">
      <h2>\(name)</h2>
      <p class="about">\(Self.escaped(file.languageID)), \(Self.count(file.tokenCount, "token")), \
      \(Self.count(file.marks.count, "mark"))</p>

      """
    if let scale { sections += Self.legend(scale) }
    if !file.marks.isEmpty {
      sections += "<ol class=\"marks\">\n"
      for index in file.marks.indices { sections += Self.note(index, of: file, prefix: prefix) }
      sections += "</ol>\n"
    }
    var text = HeatText(file, scale: scale, prefix: prefix)
    sections += "<pre>\(text.rendered())</pre>\n</section>\n"
  }

  mutating func end(_ summary: HighlightSummary) throws(Failure) {
    try Console.write(HTMLStyle.head)
    try Console.write(
      """
      <body>
      <header>
      <h1>Highlighted by Inkling</h1>
      <p class="about">\(summary.text); \(what)</p>
      <details>
      <summary>How to read this</summary>
      <p>The background of a word says how surprising it is after what stands before it, in bits (−log₂ of its \
      probability): the darker or redder, the more surprising. The steps are those of each text itself; half of its \
      words have no colour. \(explanation) A mark leads to what is said of it, and that leads back.</p>
      </details>

      """)
    if fileCount > 1 { try Console.write("<nav aria-label=\"Files\"><ul>\n\(contents)</ul></nav>\n") }
    try Console.write("</header>\n<main>\n")
    try Console.write(sections)
    try Console.write("</main>\n</body>\n</html>\n")
  }

  private var what: String {
    switch measure {
    case .slips(let rate): "about \(Self.short(rate)) false marks per 1,000 tokens are taken"
    case .bits(let bits): "every token of at least \(Self.short(bits)) bits is marked"
    }
  }

  private var explanation: String {
    switch measure {
    case .slips: "Underlined is where something else was probably meant: a rare word is no mark."
    case .bits: "Underlined are the tokens from the threshold on."
    }
  }

  // MARK: Parts of a section

  private static func legend(_ scale: HeatScale) -> String {
    var html = "<ul class=\"scale\" aria-label=\"Colours, in bits\">\n"
    for step in 0..<HeatScale.stepCount {
      let lower = step == 0 ? 0 : scale.bounds[step - 1]
      let upper = step < scale.bounds.count ? scale.bounds[step] : scale.maximumBits
      // Where many tokens are alike a step may have none.
      if step > 0 && upper <= lower { continue }
      html +=
        "<li class=\"h\(step)\">\(NumberText.fixed(lower, digits: 1))–\(NumberText.fixed(upper, digits: 1))</li>\n"
    }
    return html + "<li>bits</li>\n</ul>\n"
  }

  private static func note(_ index: Int, of file: HighlightedFile, prefix: String) -> String {
    let mark = file.marks[index]
    let place = file.positions.position(of: mark.byteRange.lowerBound)
    let target = "#\(prefix)m\(index + 1)"
    var html = """
      <li class="mark"><div class="note" id="\(prefix)n\(index + 1)"><a href="\(target)" aria-label="line \(place.line), column \(place.column)">\
      \(place.line):\(place.column)</a> \(escaped(file.message(mark)))
      """
    if mark.corrections.count > 1 {
      html += "<ul class=\"fixes\">"
      for correction in mark.corrections {
        let gain = correction.gainBits.isFinite ? NumberText.fixed(correction.gainBits, digits: 1) : "many"
        html += "<li><ins>\(escaped(singleLine(correction.text, width: 80)))</ins> \(gain) bits better</li>"
      }
      html += "</ul>"
    }
    return html + "<a class=\"back\" href=\"\(target)\">Back to the text</a></div></li>\n"
  }

  private static func count(_ value: Int, _ name: String) -> String {
    "\(NumberText.grouped(value)) \(name)\(value == 1 ? "" : "s")"
  }

  /// `0.5`, `12`.
  private static func short(_ value: Double) -> String {
    var text = NumberText.fixed(value, digits: 3)
    while text.contains("."), text.hasSuffix("0") || text.hasSuffix(".") { text.removeLast() }
    return text == "0" && value > 0 ? "\(value)" : text
  }

  /// Text safe between tags and in quoted attributes; characters that HTML forbids become U+FFFD.
  static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "&": result += "&amp;"
      case "\"": result += "&quot;"
      case "\n", "\t", "\r": result.unicodeScalars.append(scalar)
      default:
        let isControl = scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
        result.unicodeScalars.append(isControl ? "\u{FFFD}" : scalar)
      }
    }
    return result
  }
}

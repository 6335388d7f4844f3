import Lexing
import Timing

/// How fast files are lexed, and how long edits of one long document of them take.
///
///     swift run -c release lexing-speed c FILE...
///
/// Prints one JSON object: bytes, tokens, megabytes a second of one core (the best of five), and microseconds an
/// edit (median and 99th percentile) while typing and while jumping between the ends of a 10 MB document.
@main
struct LexingSpeed {
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard let language = arguments.first, arguments.count > 1 else {
      stop("usage: lexing-speed LANGUAGE FILE...", status: 2)
    }
    let clock = ContinuousClock()
    let start = clock.now
    let library = try GrammarLibrary.standard()
    guard let grammar = try library.grammar(languageID: language) else {
      stop("no grammar for \(language)", status: 1)
    }
    let loading = microseconds(clock.now - start)
    let texts = arguments.dropFirst().compactMap { contents($0) }
    let lexer = Lexer(grammar)
    let byteCount = texts.reduce(0) { $0 + $1.count }
    var best = Double.infinity
    var tokenCount = 0
    for _ in 0..<5 {
      let start = clock.now
      tokenCount = texts.reduce(0) { $0 + lexer.tokens(of: $1).count }
      best = min(best, microseconds(clock.now - start))
    }
    var document: [UInt8] = []
    while document.count < 10 << 20 {
      let before = document.count
      for text in texts where document.count < 10 << 20 { document += text }
      if document.count == before { break }
    }
    let opened = clock.now
    var open = LexedDocument(text: document, grammar: grammar)
    let opening = microseconds(clock.now - opened)
    let typing = (0..<2000).map { i in
      microseconds { open.replace(document.count / 2 + i..<document.count / 2 + i, with: [0x61]) }
    }
    let jumping = (0..<50).map { i in
      let place = i % 2 == 0 ? 0 : open.byteCount
      return microseconds { open.replace(place..<place, with: [0x61]) }
    }
    let comment = microseconds { open.replace(0..<0, with: Array("/*".utf8)) }
    print(
      "{\"bytes\": \(byteCount), \"tokens\": \(tokenCount), \"megabytesPerSecond\": \(Int(Double(byteCount) / best)),",
      "\"loadingMicroseconds\": \(Int(loading)), \"openingMicroseconds\": \(Int(opening)),",
      "\"typing\": \(percentiles(typing)), \"jumping\": \(percentiles(jumping)),",
      "\"openingACommentAtTheTopMicroseconds\": \(Int(comment))}")
  }
}

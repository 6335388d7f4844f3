import Lexing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

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
      print("usage: lexing-speed LANGUAGE FILE...")
      exit(2)
    }
    let clock = ContinuousClock()
    let start = clock.now
    let library = try GrammarLibrary.standard()
    guard let grammar = try library.grammar(languageID: language) else {
      print("no grammar for \(language)")
      exit(1)
    }
    let loading = microseconds(clock.now - start)
    let texts = arguments.dropFirst().compactMap { readAll($0) }
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
      time(clock) { open.replace(document.count / 2 + i..<document.count / 2 + i, with: [0x61]) }
    }
    let jumping = (0..<50).map { i in
      let place = i % 2 == 0 ? 0 : open.byteCount
      return time(clock) { open.replace(place..<place, with: [0x61]) }
    }
    let comment = time(clock) { open.replace(0..<0, with: Array("/*".utf8)) }
    print(
      "{\"bytes\": \(byteCount), \"tokens\": \(tokenCount), \"megabytesPerSecond\": \(Int(Double(byteCount) / best)),",
      "\"loadingMicroseconds\": \(Int(loading)), \"openingMicroseconds\": \(Int(opening)),",
      "\"typing\": \(percentiles(typing)), \"jumping\": \(percentiles(jumping)),",
      "\"openingACommentAtTheTopMicroseconds\": \(Int(comment))}")
  }

  private static func time<Result>(_ clock: ContinuousClock, _ body: () -> Result) -> Double {
    let start = clock.now
    _ = body()
    return microseconds(clock.now - start)
  }

  private static func microseconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) * 1e6 + Double(duration.components.attoseconds) / 1e12
  }

  private static func percentiles(_ times: [Double]) -> String {
    let sorted = times.sorted()
    guard !sorted.isEmpty else { return "null" }
    let (median, late) = (sorted[sorted.count / 2], sorted[min(sorted.count - 1, sorted.count * 99 / 100)])
    return "{\"median\": \((median * 10).rounded() / 10), \"p99\": \((late * 10).rounded() / 10)}"
  }

  private static func readAll(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { return bytes }
      bytes += chunk[..<count]
    }
  }
}

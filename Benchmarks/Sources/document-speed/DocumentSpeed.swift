import Lexing
import Prediction
import Timing

/// How long an open document's answers take: added to the caches, edited, asked for the ten most probable successors.
///
///     swift run -c release --package-path Benchmarks document-speed MODEL|- LANGUAGE FILE...
///
/// The files, one after the other, are one document of at least 10,000 lines; half of them are neighbours too. `-` is
/// no model. Prints one JSON object, times in microseconds: `adding` (lexing and counting the document afresh, nine
/// times), `closing` (taking it back), `edit` (2,000 single characters at random places), `successors` (the ten most
/// probable tokens at 3,000 random places, mixed over all components), `untyped` (completions there, ready to be
/// inserted), `typed` (the same with one to three characters of the word typed), `slips` (those of the 4,000 bytes around
/// a character that was just typed, at 200 places).
@main
struct DocumentSpeed {
  static func main() throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard arguments.count >= 3 else { stop("usage: document-speed MODEL|- LANGUAGE FILE...", status: 2) }
    guard let grammar = try GrammarLibrary.standard().grammar(languageID: arguments[1]) else {
      stop("no grammar for \(arguments[1])", status: 1)
    }
    let texts = arguments.dropFirst(2).compactMap { contents($0) }
    let text = document(of: texts)
    guard !text.isEmpty else { stop("the files are empty or cannot be read", status: 1) }
    let model = arguments[0] == "-" ? nil : try Model(path: arguments[0])
    let neighbours = NeighbourCache(model: model)
    for (index, text) in texts.enumerated() where index % 2 == 0 {
      neighbours.add(key: "\(index)", text: text, grammar: grammar)
    }
    var numbers = SeededNumbers(seed: 7)
    var adding: [Double] = []
    var closing: [Double] = []
    for _ in 0..<9 {
      var opened: DocumentPredictor?
      adding.append(
        microseconds {
          opened = DocumentPredictor(text: text, grammar: grammar, model: model, neighbours: neighbours)
        })
      closing.append(microseconds { opened = nil })
      withExtendedLifetime(opened) {}
    }
    let open = DocumentPredictor(text: text, grammar: grammar, model: model, neighbours: neighbours)
    let edits = (0..<2000).map { _ in
      let place = Int.random(in: 0...open.byteCount, using: &numbers)
      let letter = UInt8.random(in: UInt8(ascii: "a")...UInt8(ascii: "z"), using: &numbers)
      return microseconds { open.replace(place..<place, with: [letter]) }
    }
    // The text as it was, so that the places are those of words.
    open.replace(0..<open.byteCount, with: text)
    while !open.advanceStates(maximumTokenCount: 4096) {}
    let starts = open.withDocument { lexed in (0..<lexed.tokenCount).map { lexed.token(at: $0).byteRange } }
    let before = (0..<3000).map { _ in starts.randomElement(using: &numbers)!.lowerBound }
    let typedEnds = starts.filter { $0.count >= 4 && $0.count < 40 }
    let within = (0..<3000).map { _ in
      (typedEnds.randomElement(using: &numbers) ?? 0..<1).lowerBound + Int.random(in: 1...3, using: &numbers)
    }
    let successors = before.map { place in microseconds { open.successors(at: place, limit: 10) } }
    let untyped = before.map { place in microseconds { open.completions(at: place, limit: 10) } }
    let typed = within.map { place in microseconds { open.completions(at: place, limit: 10) } }
    let slips = (0..<200).map { _ in
      let place = Int.random(in: 0...open.byteCount, using: &numbers)
      open.replace(place..<place, with: [UInt8(ascii: "e")])
      return microseconds { open.slips(in: max(0, place - 2000)..<place + 2000) }
    }
    print(
      "{\"bytes\": \(text.count), \"lines\": \(text.count { $0 == 10 }), \"tokens\": \(starts.count),",
      "\"adding\": \(percentiles(adding)), \"closing\": \(percentiles(closing)), \"edit\": \(percentiles(edits)),",
      "\"successors\": \(percentiles(successors)), \"untyped\": \(percentiles(untyped)),",
      "\"typed\": \(percentiles(typed)), \"slips\": \(percentiles(slips))}")
  }

  /// Files one after the other until there are 10,000 lines.
  private static func document(of texts: [[UInt8]]) -> [UInt8] {
    var result: [UInt8] = []
    var lines = 0
    while lines < 10_000 {
      let before = lines
      for text in texts where lines < 10_000 {
        result += text
        lines += text.count { $0 == 10 }
      }
      if lines == before { break }
    }
    return result
  }
}

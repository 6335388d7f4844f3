import ArgumentParser
import Console
import LanguageModeling
import NGrams
import Neural
import Platform
import Prediction
import Privacy

/// Samples text from a model, printing as it goes.
struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Write text as a model would.",
    discussion: """
      Samples from the recurrent network, or from the n-grams where the model has no network. The same seed gives \
      the same text.

      Example: inkling generate --prompt "It is a truth" --length 50 --temperature 0.8
      """)

  @Option(help: "What the text starts with: words divided by spaces.") var prompt = ""
  @Option(help: "Tokens to write, 1 to 1000000.") var length = 100
  @Option(help: "Below 1 keeps to the probable, above 1 strays from it; 0 always takes the most probable.")
  var temperature = 1.0
  @Option(help: "Only the most probable tokens, so many of them (0, the default: all).") var topK: Int?
  @Option(help: "Only the most probable tokens that together have this probability (default: 1).")
  var topP: Double?
  @Option(help: "The seed of the random numbers.") var seed: UInt64 = 1
  @OptionGroup var model: ModelOptions

  func validate() throws {
    guard (1...1_000_000).contains(length) else {
      throw ValidationError("--length is \(length), not 1 to 1000000")
    }
    guard (0...100).contains(temperature) else {
      throw ValidationError("--temperature is \(temperature), not 0 to 100")
    }
    if let topK, topK < 0 { throw ValidationError("--top-k is \(topK), below 0") }
    if let topP, !(topP > 0 && topP <= 1) {
      throw ValidationError("--top-p is \(topP), not above 0 and at most 1")
    }
    if temperature == 0, let option = topK != nil ? "--top-k" : topP != nil ? "--top-p" : nil {
      throw ValidationError("\(option) has no say with --temperature 0, which takes the most probable token")
    }
  }

  func run() throws {
    let opened = try model.openRequired(near: nil)
    let topK = topK ?? 0
    var sampler = TokenSampler(temperature: temperature, topK: topK, topP: topP ?? 1, seed: seed)
    let path = opened.path + "/" + ModelDirectory.recurrentName
    if fileExists(path) {
      let network = try RecurrentModel(path: path)
      var state = network.sentenceStartState
      try write(
        opened.model.vocabulary, isCharacters: network.architecture.units == .character, sampler: &sampler,
        advance: { network.step($0, &state) },
        candidates: { network.topSuccessors(after: state, limit: topK > 0 ? topK : network.vocabularyCount) })
    } else if let ngrams = opened.model.ngramModel {
      var state = ngrams.sentenceStartState
      try write(
        opened.model.vocabulary, isCharacters: false, sampler: &sampler,
        advance: { token in
          var next = state
          _ = ngrams.logProbability(of: token, after: state, next: &next)
          state = token == .sentenceEnd ? ngrams.sentenceStartState : next
        },
        candidates: {
          ngrams.successors(of: state, limit: topK > 0 ? topK : 4096).map {
            Neural.Successor(token: $0.token, logProbability: $0.logProbability)
          }
        })
    } else {
      throw Failure(
        opened.path, why: "holds no model to sample from", remedy: "train it again with inkling-train")
    }
  }

  /// Prints the prompt and then what is sampled, token by token.
  private func write(
    _ vocabulary: Vocabulary, isCharacters: Bool, sampler: inout TokenSampler, advance: (TokenID) -> Void,
    candidates: () -> [Neural.Successor]
  ) throws {
    var printer = TokenPrinter(isCharacters: isCharacters)
    let start =
      isCharacters
      ? prompt.unicodeScalars.map { String($0) } : prompt.split(separator: " ").map { String($0) }
    for word in start {
      try Console.write(Array(printer.text(Array(word.utf8))))
      advance(vocabulary.id(of: word) ?? .unknown)
    }
    // Nothing that begins with the byte of these marks could be typed either.
    let withheld = vocabulary.ids(withPrefix: Tokenization.redacted)
    for _ in 0..<length {
      let list = candidates().filter {
        $0.token != .sentenceStart && $0.token != .unknown && !withheld.contains($0.token.rawValue)
      }
      guard let token = sampler.sample(list) else { break }
      advance(token)
      let bytes = token == .sentenceEnd ? [0x0A] : vocabulary.bytes(of: token)
      // A text may have held characters that drive a terminal.
      try Console.write(
        printer.text(bytes).filter { $0 >= 0x20 && $0 != 0x7F || $0 == 0x0A || $0 == 0x09 || $0 == 0x0D })
    }
    try Console.write([0x0A])
  }
}

/// Puts tokens one after the other with the spaces that a reader expects.
struct TokenPrinter {
  let isCharacters: Bool
  private var isLineStart = true
  private var joinsNext = false
  /// After a full stop: a small letter goes on with a name (`list.append`), anything else begins a sentence.
  private var joinsSmallLetter = false
  private var depth = 0

  init(isCharacters: Bool) { self.isCharacters = isCharacters }

  /// What to print for a token.
  mutating func text(_ token: [UInt8]) -> [UInt8] {
    if isCharacters { return token }
    switch token {
    case [0x0A]:
      isLineStart = true
      return token
    case [0x0E]:
      depth += 1
      return []
    case [0x0F]:
      depth = max(depth - 1, 0)
      return []
    default: break
    }
    let joinsBefore = token.first.map { Array(".,;:!?)]}".utf8).contains($0) } ?? false
    let isSmall = token.first.map { (0x61...0x7A).contains($0) || $0 == 0x5F } ?? false
    let joins = joinsBefore || joinsNext || (joinsSmallLetter && isSmall)
    var result: [UInt8] = []
    if isLineStart {
      result = [UInt8](repeating: 0x20, count: 2 * min(depth, 40))
    } else if !joins {
      result = [0x20]
    }
    isLineStart = false
    joinsNext = token.count == 1 && Array("([@#".utf8).contains(token[0])
    joinsSmallLetter = token == [0x2E]
    return result + token
  }
}

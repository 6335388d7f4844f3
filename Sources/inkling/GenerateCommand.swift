import ArgumentParser
import Console
import JSON
import LanguageModeling
import Lexing
import Neural
import Platform
import Prediction

/// Samples text from a model, printing as it goes.
struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Write text as a model would.",
    discussion: """
      Draws one token after the other from the mixture that completes words: the n-grams, the contexts, the network \
      where there is one, and the text so far. The same seed gives the same text. Nothing is printed that looks like a \
      secret or was forgotten.

      Example: inkling generate --prompt "It is a truth" --length 50 --temperature 0.8
      Example: inkling generate --language c --prompt 'int main(' --top-p 0.9
      """)

  @Option(help: "What the text starts with, as a person writes it.") var prompt = ""
  @Option(help: "Tokens to write, 1 to 1000000; characters where the model is one of characters.")
  var length = 100
  @Option(help: "Below 1 keeps to the probable, above 1 strays from it; 0 always takes the most probable.")
  var temperature = 1.0
  @Option(
    help: """
      Only the most probable tokens, so many of them (0, the default: the \(TextGenerator.candidateLimit) most probable).
      """)
  var topK: Int?
  @Option(help: "Only the most probable tokens that together have this probability (default: 1).")
  var topP: Double?
  @Option(help: "The seed of the random numbers.") var seed: UInt64 = 1
  @Option(help: "What to draw from: ngram, recurrent or mixture (default: mixture).")
  var component: TextGenerator.Source?
  @Option(help: "The language (default: the one that the model has read most of).") var language: String?
  @OptionGroup var model: ModelOptions

  func validate() throws {
    if model.layers != nil { throw ValidationError("--layers has no say here: one model is sampled") }
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
    let sampler = TokenSampler(temperature: temperature, topK: topK, topP: topP ?? 1, seed: seed)
    let characters = try characterNetwork(opened)
    if characters != nil || opened.model.directory?["units"]?.stringValue == "character" {
      let network = component == .ngram ? nil : characters
      guard component != .recurrent || network != nil,
        let generator = CharacterGenerator(
          model: opened.model, network: network, prompt: prompt, sampler: sampler, topK: topK)
      else { throw lacking(opened.path) }
      return try write(generator.next)
    }
    switch component {
    case .ngram where opened.model.ngramModel == nil, .recurrent where opened.model.network == nil:
      throw lacking(opened.path)
    default: break
    }
    let generator = TextGenerator(
      model: opened.model, grammar: try grammar(opened), prompt: Array(prompt.utf8),
      source: component ?? .mixture, sampler: sampler, topK: topK)
    try write(generator.next)
  }

  private func lacking(_ path: String) -> Failure {
    Failure(
      path,
      why: component.map { "has no component \($0.rawValue) to sample from" }
        ?? "holds no model to sample from",
      remedy: component == nil ? "train it again with inkling-train" : "leave --component out")
  }

  /// The model's network if it is one of characters, which the mixture knows nothing of.
  private func characterNetwork(_ opened: OpenedModel) throws(Failure) -> RecurrentModel? {
    let path = opened.path + "/" + ModelDirectory.recurrentName
    guard opened.model.network == nil, fileExists(path) else { return nil }
    let network = try RecurrentModel(path: path)
    return network.architecture.units == .character ? network : nil
  }

  /// The grammar that is named, or that of the language that the model has read most of.
  private func grammar(_ opened: OpenedModel) throws(Failure) -> Grammar {
    let library = try TextInput.standardLibrary()
    if let language {
      return try TextInput.grammar(languageID: language, path: nil, bytes: [], library: library)
    }
    let languages = opened.model.directory?["corpus"]?["languages"]?.arrayValue ?? []
    func tokens(_ language: JSON) -> Int { language["tokens"]?.integerValue ?? 0 }
    let most = languages.max { tokens($0) < tokens($1) }
    guard let id = most?["language"]?.stringValue, let grammar = try library.grammar(languageID: id) else {
      return GrammarLibrary.plainText
    }
    return grammar
  }

  /// Prints the prompt and then what comes, piece by piece.
  private func write(_ next: () -> [UInt8]?) throws(Failure) {
    try Console.write(prompt)
    for _ in 0..<length {
      guard let bytes = next() else { break }
      try Console.write(bytes)
      try Console.flush()
    }
    try Console.write([0x0A])
  }
}

extension TextGenerator.Source: ExpressibleByArgument {}

import ArgumentParser
import Console
import JSON
import LanguageModeling
import Lexing
import Platform
import Tagging

/// The tag of every word of texts.
struct TagCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tag", abstract: "Tag the words of texts: parts of speech, or what a tagger has learned.",
    discussion: """
      Prints a word, a tab and its tag a line, and an empty line between sentences: what `inkling-train tag` reads. Of \
      code the comments and strings are tagged. With --words the texts are split already: a word a line, empty lines \
      between sentences; further columns and the extra lines of CoNLL-U are passed over.

      Example: inkling tag --model .inkling/tagger letter.txt
      Example: echo '{"words": ["Time", "flies"]}' | inkling tag --jsonl --probabilities
      """)

  @Argument(help: "The texts (default or -: standard input).", completion: .file())
  var files: [String] = []

  @Option(
    help: """
      The tagger (default: .inkling/tagger in the first file's folder or the nearest parent, else the user's own, \
      $XDG_DATA_HOME/inkling/models/tagger).
      """,
    completion: .directory)
  var model: String?

  @Option(help: "The language (default: by each file's name, else plain text).") var language: String?
  @Flag(help: "The texts are words a line, as tagged text is, with or without tags.") var words = false
  @Flag(help: "Give the probabilities of each word's tags, with all words known (smoothed).")
  var probabilities = false
  @Flag(help: "Know only the words up to each when its tag is told (hmm, rnn and lstm).") var filter = false
  @Option(help: "With probabilities: how many tags of each word are given (default: all).") var top: Int?
  @Flag(help: "Print one JSON object (docs/json-output.md).") var json = false
  @Flag(help: "Read a JSON request a line from standard input, and print an answer a line.") var jsonl = false

  func validate() throws {
    if let top {
      guard probabilities else { throw ValidationError("--top needs --probabilities") }
      guard (1...1024).contains(top) else { throw ValidationError("--top is \(top), not 1 to 1024") }
    }
    if words && language != nil { throw ValidationError("--language is of texts: --words are split already") }
    if jsonl && (json || words || language != nil || !files.isEmpty) {
      throw ValidationError("--jsonl reads requests from standard input, and takes no files")
    }
    if probabilities && !json && !jsonl {
      throw ValidationError("--probabilities needs --json or --jsonl")
    }
  }

  func run() throws {
    let answerer = TagAnswerer(
      model: try open(), givesProbabilities: probabilities, filters: filter, top: top)
    try answerer.check()
    if jsonl {
      var requests = TagRequests(answerer: answerer)
      return try requests.answerAll()
    }
    var texts: [JSON] = []
    for (place, name) in (files.isEmpty ? ["-"] : files).enumerated() {
      let text = try read(name)
      let answers = try text.sentences.map { sentence throws(Failure) in
        try answerer.answer(sentence.map(\.word))
      }
      if json {
        texts.append(text.json(answers, answerer.model.tagger.tags))
      } else {
        if place > 0 { try Console.print("") }
        try print(text, answers, answerer.model.tagger.tags)
      }
    }
    if json {
      let object: JSON = [
        "model": JSON(answerer.model.path), "tagger": .string(answerer.model.kind.rawValue),
        "tags": .array(answerer.model.tagger.tags.map { .string($0) }), "texts": .array(texts),
      ]
      try Console.write(object.serialized() + [10])
    }
  }

  private func open() throws(Failure) -> TaggerModel {
    let near = files.first.flatMap { $0 == "-" ? nil : $0 }
    let path = if let model { model } else { try TaggerLocator.required(near: near) }
    return try TaggerModel(ModelDirectory(path))
  }

  private func read(_ name: String) throws(Failure) -> SplitText {
    if words { return try SplitText(words: name == "-" ? nil : name) }
    return SplitText(
      try TextInput(path: name, languageID: language, library: try TextInput.standardLibrary()))
  }

  private func print(_ text: SplitText, _ answers: [TagAnswer], _ tags: [String]) throws(Failure) {
    for (place, (sentence, answer)) in zip(text.sentences, answers).enumerated() {
      if place > 0 { try Console.print("") }
      for (word, tag) in zip(sentence, answer.tags) {
        try Console.write(word.word + [UInt8(ascii: "\t")] + Array(tags[tag].utf8) + [10])
      }
    }
  }
}

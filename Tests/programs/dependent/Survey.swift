import Corpora
import LanguageModeling
import Lexing
import NGrams
import Platform

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a program outside this repository does with three of its products: walks FOLDER, splits its files into tokens
/// with the grammars in GRAMMARS, estimates a model of their words in MODELFILE, and asks it what follows `return`.
@main
struct Survey {
  static func main() throws {
    let arguments = CommandLine.arguments
    let (folder, grammars, modelFile) = (arguments[1], arguments[2], arguments[3])
    let library = try GrammarLibrary(directories: [grammars])
    var options = EstimationOptions()
    options.order = 3
    let estimator = try NGramEstimator(options)
    var words = estimator.makeCorpus()

    var report = CorpusReport()
    var walker = try CorpusWalker(paths: [folder], grammars: library)
    while let file = walker.next(&report) {
      let text = try file.contents(limit: 1 << 20)
      let grammar = try library.grammar(forPath: file.path) ?? GrammarLibrary.plainText
      let tokens = Lexer(grammar).tokens(of: text)
      print("file", file.relativePath, grammar.languageID, tokens.count)
      for token in tokens { try words.append(type: text[token.byteRange]) }
      try words.endSequence()
    }
    for (reason, what) in report.leftOut { print("left out", reason.rawValue, what.count) }

    let estimated = try estimator.estimate(words)
    try NGramModelWriter.write(estimated.table, to: modelFile)
    let model = try NGramModel(path: modelFile)
    let vocabulary = estimated.vocabulary
    let state = model.state(after: ["return"].compactMap { vocabulary.id(of: $0) })
    for successor in model.successors(of: state, limit: 1) {
      print("after return:", vocabulary.string(of: successor.token))
    }
    var next = model.emptyState
    var sum = 0.0
    for id in 0..<vocabulary.count where TokenID(id) != .sentenceStart {
      sum += exp(Double(model.logProbability(of: TokenID(id), after: state, next: &next)))
    }
    print("sum", (sum * 1000).rounded() / 1000)

    do {
      _ = try CorpusWalker(paths: [folder + "/none"], grammars: library)
    } catch {
      let failure: Failure = error
      print("failure:", failure.why)
    }
  }
}

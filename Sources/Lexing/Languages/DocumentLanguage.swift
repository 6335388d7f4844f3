import Platform

/// The language that a document was found to be in.
public struct DocumentLanguage: Hashable, Sendable {
  public enum Evidence: String, Hashable, Sendable {
    /// The file's name, or its extension.
    case name
    /// What the text says itself: the interpreter of its first line, a line for editors, how its format begins.
    case firstLines
    /// What it is made of.
    case content
  }

  /// The language server protocol's identifier of the language. There need be no grammar for it.
  public var languageID: String
  public var evidence: Evidence
  /// Of an answer by content; else 1.
  public var probability: Float

  init(_ languageID: String, _ evidence: Evidence, probability: Float = 1) {
    self.languageID = languageID
    self.evidence = evidence
    self.probability = probability
  }
}

extension GrammarLibrary {
  /// Texts shorter than this say too little.
  private static let leastByteCount = 48
  /// What the language that a name may also mean must have of the probability of all that it may mean.
  private static let convincingShare: Float = 0.8

  /// What extensions may mean besides what the grammars say.
  private static let otherMeanings: [String: [String]] = [
    "h": ["cpp", "objective-c"], "m": ["matlab"], "pl": ["prolog"], "pp": ["puppet"], "ts": ["xml"],
    "fs": ["forth"],
    "cls": ["visualbasic"], "t": ["shellscript", "php"],
    "inc": ["c", "cpp", "asm", "pascal", "sql", "html", "makefile", "shellscript", "perl"],
  ]

  /// The language of a document: by its name where that says it, else by what its first lines say, else by its content.
  ///
  /// - Parameters:
  ///   - path: nil where the text has no name.
  ///   - text: in UTF-8, well-formed or not; only its beginning is read, and the end for lines for editors.
  /// - Returns: nil where nothing says it, and where its content may be of several.
  public func language(ofDocument path: String?, text: UnsafeRawBufferPointer) -> DocumentLanguage? {
    if let path, let named = languageID(forPath: path) {
      return language(named: named, path: path, text: text) ?? DocumentLanguage(named, .name)
    }
    return languageByFirstLines(text).map { DocumentLanguage($0, .firstLines) } ?? languageByContent(text)
  }

  public func language(ofDocument path: String?, text: [UInt8]) -> DocumentLanguage? {
    text.withUnsafeBytes { language(ofDocument: path, text: $0) }
  }

  /// The grammar of a document in the language that it was found to be in; nil where there is none.
  public func grammar(ofDocument path: String?, text: [UInt8]) throws(Failure) -> Grammar? {
    guard let language = language(ofDocument: path, text: text) else { return nil }
    return try grammar(languageID: language.languageID)
  }

  /// Whether a file's name may mean several languages, so that its text is to be looked at.
  package func isAmbiguous(_ path: String) -> Bool { Self.otherMeanings[Self.fileExtension(path)] != nil }

  private static func fileExtension(_ path: String) -> String {
    let name = path.split(separator: "/").last ?? ""
    return name.lastIndex(of: ".").map { String(name[name.index(after: $0)...]) } ?? ""
  }

  /// Another language that the name may mean, where the content says so.
  private func language(
    named usual: String, path: String, text: UnsafeRawBufferPointer
  ) -> DocumentLanguage? {
    guard let others = Self.otherMeanings[Self.fileExtension(path)], text.count >= Self.leastByteCount,
      let classifier = contentClassifiers.classifier(.files)
    else { return nil }
    let probabilities = classifier.probabilities(of: text)
    let meant = classifier.labels.indices.filter {
      classifier.labels[$0] == usual || others.contains(classifier.labels[$0])
    }
    let sum = meant.reduce(0) { $0 + probabilities[$1] }
    guard sum > 0, let best = meant.max(by: { probabilities[$0] < probabilities[$1] }),
      classifier.labels[best] != usual, probabilities[best] >= Self.convincingShare * sum
    else { return nil }
    return DocumentLanguage(classifier.labels[best], .content, probability: probabilities[best] / sum)
  }

  // MARK: First lines

  /// How formats begin that nothing else begins so; compared without regard to case, behind a byte order mark and white space.
  private static let beginnings: [(start: String, languageID: String)] = [
    ("<!doctype html", "html"), ("<html", "html"), ("<?php", "php"), ("<?xml", "xml"), ("%!ps", "postscript"),
    ("diff --git ", "diff"), ("\\documentclass", "latex"),
  ]

  private func languageByFirstLines(_ text: UnsafeRawBufferPointer) -> String? {
    let line = Array(text.prefix(256).prefix { $0 != 0x0A && $0 != 0x0D })
    if let id = languageID(ofInterpreter: line) { return id }
    if let name = Modelines.languageName(text), let id = languageID(named: name) { return id }
    var start = text.hasByteOrderMark ? text.dropFirst(3) : text[...]
    start = start.prefix(256).drop { $0 == 0x20 || (0x09...0x0D).contains($0) }
    let lowercased = start.prefix(32).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    guard let found = Self.beginnings.first(where: { lowercased.starts(with: $0.start.utf8) }) else {
      return nil
    }
    // Pages are written as XML, too.
    if found.languageID == "xml", contains(text.prefix(512), "<html") { return "html" }
    return found.languageID
  }

  private func contains(_ text: Slice<UnsafeRawBufferPointer>, _ word: String) -> Bool {
    var rest = text
    while let start = rest.firstIndex(of: word.utf8.first!) {
      if rest[start...].starts(with: word.utf8) { return true }
      rest = rest[(start + 1)...]
    }
    return false
  }

  // MARK: Content

  private func languageByContent(_ text: UnsafeRawBufferPointer) -> DocumentLanguage? {
    guard text.count >= Self.leastByteCount, let best = ranked(text, .files).first else { return nil }
    let least = contentClassifiers.classifier(.files)?.leastProbability ?? 1
    return best.probability >= least
      ? DocumentLanguage(best.label, .content, probability: best.probability) : nil
  }

  /// The natural language that a text is written in, by its ISO 639 code (with a country or script where two differ).
  ///
  /// - Returns: nil where it is too short to say, or may be in several.
  public func naturalLanguage(of text: UnsafeRawBufferPointer) -> DocumentLanguage? {
    guard let best = ranked(text, .paragraphs).first,
      let least = contentClassifiers.classifier(.paragraphs)?.leastProbability, best.probability >= least
    else { return nil }
    return DocumentLanguage(best.label, .content, probability: best.probability)
  }

  /// All languages that there are, the most probable first; empty where no classifier is there.
  package func ranked(
    _ text: UnsafeRawBufferPointer, _ kind: LanguageFeatures
  ) -> [(label: String, probability: Float)] {
    guard let classifier = contentClassifiers.classifier(kind) else { return [] }
    let probabilities = classifier.probabilities(of: text)
    return probabilities.indices.sorted { (-probabilities[$0], $0) < (-probabilities[$1], $1) }
      .map { (classifier.labels[$0], probabilities[$0]) }
  }
}

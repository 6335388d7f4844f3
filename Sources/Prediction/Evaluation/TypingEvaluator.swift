import Lexing

/// Types held-out text into documents as a person would who takes whatever helps, and counts the keys.
///
/// At each place the list of five is looked at. An item that, inserted as it says, leaves a longer prefix of the original by
/// two characters or more is accepted with one key, the one that gains most; else one character is typed. What is
/// accepted is therefore never wrong, and the text that comes out is the original. The same is done with ghost text
/// in place of lists: one key where it is shown and right.
public final class TypingEvaluator {
  /// The length of the lists.
  public static let listCount = 5
  /// How many characters before the first that is typed are in the document.
  public static var lookBack: Int { TypingSample.lookBack }
  /// How many characters are typed of all texts together where nobody says how many of each: some ten seconds.
  public static let standardCharacterCount = 2_400
  /// No text has fewer of these.
  private static let leastCharacterCount = 60

  private let model: Model?
  /// What the documents know beside themselves; nil for nothing.
  private let neighbours: NeighbourCache?
  private let caches: Evaluator.Caches

  /// - Parameter switchedOff: components that are left out.
  public init(model: Model?, caches: Evaluator.Caches, switchedOff: Set<Component> = []) {
    self.model = model
    self.caches = caches
    var switchedOff = switchedOff
    if caches == .none { switchedOff.insert(.document) }
    if switchedOff.isEmpty && caches == .document {
      neighbours = nil
      return
    }
    if caches != .history { switchedOff.insert(.neighbours) }
    let neighbours = NeighbourCache(model: model)
    neighbours.engines.switchOff(switchedOff)
    self.neighbours = neighbours
  }

  /// How many characters are typed of each document: `perDocument`, or a standard total spread evenly over them; nothing of
  /// those that are no texts.
  public static func characterCounts(_ documents: [EvaluationDocument], perDocument: Int?) -> [Int] {
    let texts = documents.indices.filter { documents[$0].source != nil }
    var counts = [Int](repeating: 0, count: documents.count)
    let spread =
      perDocument.map { [Int](repeating: $0, count: texts.count) }
      ?? TypingSample.spread(standardCharacterCount, over: texts.count, leastCount: leastCharacterCount)
    for (index, count) in zip(texts, spread) { counts[index] = count }
    return counts
  }

  /// Types a part of a document, from its middle on, and learns it if the caches are those of all history.
  ///
  /// - Returns: nil if nothing of it was typed.
  public func type(_ document: EvaluationDocument, characterCount: Int) -> TypingResult? {
    guard let source = document.source else { return nil }
    defer {
      if caches == .history, let neighbours {
        neighbours.add(key: "\(neighbours.keys.count)", text: source.text, grammar: source.grammar)
      }
    }
    guard characterCount > 0 else { return nil }
    let sample = TypingSample(source, characterCount: characterCount)
    if sample.range.isEmpty { return nil }
    var result = TypingResult()
    var typist = typist(sample)
    while let place = typist.nextPlace { typist.typeWithList(at: place, &result) }
    typist.finish(&result.lists)
    typist = self.typist(sample)
    while let place = typist.nextPlace { typist.typeWithGhostText(at: place, &result.ghostText) }
    typist.finish(&result.ghostText)
    return result
  }

  private func typist(_ sample: TypingSample) -> Typist {
    let start = Array(sample.text[sample.documentStart..<sample.range.lowerBound])
    return Typist(
      sample: sample,
      predictor: DocumentPredictor(
        text: start, grammar: sample.grammar, model: model, neighbours: neighbours))
  }
}

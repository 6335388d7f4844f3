import LanguageModeling
import Lexing
import NGrams
import Platform
import Privacy

/// What is known of a word, and by whom.
public struct WordKnowledge: Hashable, Sendable {
  /// Whether it was forgotten on request, or looks like a secret: then it is neither learned nor offered.
  public var isWithheld = false
  /// Whether the vocabulary of the model, or of a layer below it, has it.
  public var isInVocabulary = false
  /// P of the word by the n-gram model without any context; nil without a model, or where the word is unknown to it.
  public var unigramProbability: Double?
  /// How often it occurs in the document.
  public var documentCount = 0
  /// How often it occurs in all documents and files that are counted together, this one included.
  public var sharedCount = 0
  /// How often it occurs in each counted file nearby that has it, most first.
  public var files: [FileCount] = []
  /// What each component adds to its probability at the place.
  public var shares: [Share] = []

  public struct FileCount: Hashable, Sendable {
    public var key: String
    public var count: Int
  }

  public struct Share: Hashable, Sendable {
    public var component: Component
    /// The name of the layer, where the component is one.
    public var layer: String?
    public var probability: Double
  }

  /// P of the word at the place.
  public var probability: Double { shares.reduce(0) { $0 + $1.probability } }
}

extension DocumentState {
  mutating func knowledge(of word: String, at byteOffset: Int?) -> WordKnowledge {
    var result = WordKnowledge()
    let bytes = Array(word.utf8)
    result.isWithheld =
      bytes.withUnsafeBytes { lexicon.forgotten.contains($0) } || SecretDetector.isSecret(bytes)
    guard let id = lexicon.knownID(of: bytes), !result.isWithheld else { return result }
    if lexicon.isKnown(id) {
      result.isInVocabulary = true
      if let ngrams = model?.ngrams {
        let empty = NGramContext(state: ngrams.model.emptyState)
        let probability = Double(ngrams.probability(of: id, after: empty))
        if probability > 0 { result.unigramProbability = probability }
      }
    }
    // From the tokens, not the counts: they are there as soon as the document is open.
    result.documentCount = sequence.ids.dropFirst(TokenSequence.reach).count { $0 == id }
    if let neighbours {
      result.sharedCount = max(result.documentCount, Int(neighbours.read { $0.count(of: id) }))
      result.files = neighbours.files(with: id)
    }
    if let byteOffset {
      let place = DocumentPlace(lexed, at: byteOffset)
      let view = networkView(before: place.tokenIndex, isCursor: false, while: { true })
      result.shares = ask(
        sequence, at: place.tokenIndex, leavesOutToken: true, recurrent: view, adapted: true
      ) { engine in
        let found = engine.componentProbabilities(of: id)
        var shares: [WordKnowledge.Share] = Component.allCases.compactMap { component in
          ModelLayer.Kind(component) == nil
            ? found[component].map { .init(component: component, probability: Double($0)) } : nil
        }
        shares += engine.layerProbabilities(of: id).map { layer, probability in
          .init(component: layer.kind.component, layer: layer.name, probability: Double(probability))
        }
        return shares.filter { $0.probability > 0 }
      }
    }
    return result
  }
}

extension NeighbourCache {
  /// The counted files that have a word, and how often.
  func files(with id: UInt32) -> [WordKnowledge.FileCount] {
    let files = countedFiles
    var found: [WordKnowledge.FileCount] = []
    for (key, sequence) in files {
      var count = 0
      for other in sequence.ids.dropFirst(TokenSequence.reach) where other == id { count += 1 }
      if count > 0 { found.append(.init(key: key, count: count)) }
    }
    return found.sorted { ($1.count, $0.key) < ($0.count, $1.key) }
  }
}

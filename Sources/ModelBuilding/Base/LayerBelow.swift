import LanguageModeling
import Lexing
import Neural
import NeuralTraining
import Platform
import Prediction

/// A finished model below the one that is built: what is learned begins from what it knows.
struct LayerBelow {
  /// What people call it.
  let name: String
  let model: Model

  /// So many words that are spelled alike a new one its rows begin as the mean of.
  private static let neighbourCount = 6

  /// The model that was named to begin from; nil where none was.
  ///
  /// - Throws: `Failure` where it is not there, or is damaged.
  static func named(_ wanted: ModelBuildingOptions.Beginning) throws(Failure) -> LayerBelow? {
    guard case .model(let path) = wanted else { return nil }
    return LayerBelow(name: path, model: try Model(path: path))
  }

  /// - Parameters:
  ///   - documents: what the model that is built learns from.
  ///   - output: where that will be; it is no layer of itself.
  /// - Returns: nil where there is none, or none is wanted.
  static func find(
    _ wanted: ModelBuildingOptions.Beginning, documents: [DocumentStore.Document], output: String,
    reporter: BuildReporter
  ) throws(Failure) -> LayerBelow? {
    switch wanted {
    case .nothing, .model: return nil
    case .base:
      guard let place = try base(of: documents), !isSame(place.path, output) else { return nil }
      do throws(Failure) { return LayerBelow(name: place.name, model: try Model(path: place.path)) } catch {
        reporter.warn(error)
        return nil
      }
    }
  }

  /// The base model of the language that most of the text is in.
  ///
  /// Not the person's own models: those may have learned the very documents that are held out here, and would then be
  /// trusted more than they are worth.
  private static func base(of documents: [DocumentStore.Document]) throws(Failure) -> LayerLocator.Place? {
    var sizes: [String: Int] = [:]
    for document in documents { sizes[document.languageID, default: 0] += document.byteCount }
    guard let language = sizes.max(by: { ($0.value, $1.key) < ($1.value, $0.key) })?.key else { return nil }
    let isProse = try GrammarLibrary.standard().grammar(languageID: language)?.isProse ?? true
    let found = LayerLocator.locate(
      LayerLocator.Request(languageID: language, isProse: isProse), modelPath: nil)
    return ([found.first].compactMap { $0 } + found.layers).first { $0.kind == .base }
  }

  private static func isSame(_ path: String, _ other: String) -> Bool {
    path == other || realPath(path) != nil && realPath(path) == realPath(other)
  }

  // MARK: The network

  /// Its network of some units, its vocabulary its own; nil where it has none.
  ///
  /// - Throws: `Failure` if its file is damaged, or it is of a kind that no other can begin as.
  private func network(of units: RecurrentArchitecture.Units) throws(Failure) -> InitialNetwork? {
    guard let file = model.directory?.file(ModelDirectory.recurrentName) else { return nil }
    let network = try InitialNetwork(Safetensors(file: file))
    try file.checkIsWhole()
    return network.architecture.units == units ? network : nil
  }

  /// Refuses a model that was named for a network to begin as, and has none that it could.
  func checkNetwork(of units: RecurrentArchitecture.Units) throws(Failure) {
    guard try network(of: units) == nil else { return }
    throw Failure(
      name, why: "has no network of \(units.rawValue)s to begin as",
      remedy: "name a model that has one, or train with --from none")
  }

  /// Its network as one to begin as, over another vocabulary; nil where it has none of these units.
  ///
  /// - Throws: `Failure` if its file is damaged, or it is of a kind that no other can begin as.
  func network(
    for vocabulary: Vocabulary, units: RecurrentArchitecture.Units
  ) throws(Failure) -> (network: InitialNetwork, knownCount: Int, similarCount: Int)? {
    guard var network = try network(of: units) else { return nil }
    var rows: [TokenID: Int32] = [:]
    for (row, token) in network.tokens.enumerated() { rows[token] = Int32(row) }
    let neighbours = SpellingNeighbours(
      network.tokens.map { token in
        let isWord = token.index >= Vocabulary.specials.count && token.index < model.vocabulary.count
        return isWord ? model.vocabulary.bytes(of: token) : []
      })
    var (knownCount, similarCount) = (0, 0)
    network.origins = (0..<UInt32(vocabulary.count)).map { id in
      if id < UInt32(Vocabulary.specials.count) { return rows[TokenID(rawValue: id)].map { [$0] } ?? [] }
      let word = vocabulary.bytes(of: TokenID(rawValue: id))
      if let row = model.vocabulary.id(of: word).flatMap({ rows[$0] }) {
        knownCount += 1
        return [row]
      }
      let alike = neighbours.nearest(to: word, limit: Self.neighbourCount)
      if !alike.isEmpty { similarCount += 1 }
      return alike
    }
    return (network, knownCount, similarCount)
  }
}

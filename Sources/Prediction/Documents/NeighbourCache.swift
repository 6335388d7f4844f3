import LanguageModeling
import Lexing
import Platform
import Privacy

/// What other documents say: the counts of open documents and of files nearby, shared by all documents of a workspace.
///
/// An open document's own counts are part of it, and are taken off where that document is predicted, so that one set
/// of counts serves all. Documents are asked in parallel, each under the lock for reading; what changes the counts holds it
/// alone, for one file at most. The lexicon's lock may be taken while this one is held, never this one under the lexicon's.
public final class NeighbourCache: Sendable {
  public let model: Model?
  public let lexicon: Lexicon
  /// Files are refused when more tokens than this are counted.
  public let maximumTokenCount: Int
  /// What asks the mixture for all documents.
  let engines: MixtureEnginePool
  private let state: ReadWriteLock<State>

  struct State {
    let counts = DocumentCounts()
    fileprivate var files: [String: TokenSequence] = [:]
  }

  /// - Parameter forgotten: words forgotten on request, where there is no model to know of them.
  public init(
    model: Model?, forgotten: ForgottenWords = ForgottenWords(), maximumTokenCount: Int = 2_000_000
  ) {
    self.model = model
    lexicon = model?.makeLexicon() ?? Lexicon(vocabulary: nil, forgotten: forgotten)
    self.maximumTokenCount = maximumTokenCount
    engines = MixtureEnginePool(lexicon: lexicon, model: model)
    state = ReadWriteLock(State())
  }

  /// The number of tokens counted.
  public var tokenCount: Int { state.withReading { $0.counts.tokenCount } }

  /// Counts a file, in place of what was counted under the same key.
  ///
  /// - Parameter key: the file's path, or what else identifies it.
  /// - Returns: whether there was room.
  @discardableResult
  public func add(key: String, text: [UInt8], grammar: Grammar) -> Bool {
    add(key: key, lexicon.sequence(of: LexedDocument(text: text, grammar: grammar)))
  }

  @discardableResult
  func add(key: String, _ sequence: TokenSequence) -> Bool {
    state.withWriting { state in
      remove(key, &state)
      guard state.counts.tokenCount + sequence.count <= maximumTokenCount else {
        lexicon.release(sequence)
        return false
      }
      state.counts.add(sequence, 0..<sequence.count)
      state.files[key] = sequence
      return true
    }
  }

  /// A file that is being counted a piece at a time.
  public struct Addition: Sendable {
    let key: String
    let sequence: TokenSequence
    var countedCount = 0
    public var tokenCount: Int { sequence.count }
  }

  /// Begins to count a file in pieces, so that nobody waits long for the lock; what was counted under the key is taken
  /// back first.
  ///
  /// - Returns: nil if there is no room.
  public func beginAdding(key: String, text: [UInt8], grammar: Grammar) -> Addition? {
    remove(key: key)
    let sequence = lexicon.sequence(of: LexedDocument(text: text, grammar: grammar))
    guard tokenCount + sequence.count <= maximumTokenCount else {
      lexicon.release(sequence)
      return nil
    }
    return Addition(key: key, sequence: sequence)
  }

  /// Counts some more of a file.
  ///
  /// - Returns: whether all of it is counted; only then the key is known.
  public func advance(_ addition: inout Addition, maximumTokenCount count: Int) -> Bool {
    let start = addition.countedCount
    let end = start + min(count, addition.sequence.count - start)
    addition.countedCount = end
    let isWhole = end == addition.sequence.count
    state.withWriting { state in
      state.counts.add(addition.sequence, start..<end)
      if isWhole { state.files[addition.key] = addition.sequence }
    }
    return isWhole
  }

  /// Takes back what was counted of a file that is not whole.
  public func cancel(_ addition: Addition) {
    state.withWriting { $0.counts.subtract(addition.sequence, 0..<addition.countedCount) }
    lexicon.release(addition.sequence)
  }

  /// The keys of the counted files.
  public var keys: [String] { state.withReading { Array($0.files.keys) } }

  /// Takes a file's counts back.
  public func remove(key: String) { state.withWriting { remove(key, &$0) } }

  private func remove(_ key: String, _ state: inout State) {
    guard let old = state.files.removeValue(forKey: key) else { return }
    state.counts.subtract(old, 0..<old.count)
    lexicon.release(old)
  }

  /// Whether a file is counted under the key.
  public func contains(key: String) -> Bool { state.withReading { $0.files[key] != nil } }

  /// The files and their words.
  var countedFiles: [String: TokenSequence] { state.withReading { $0.files } }

  /// Exact changes by an open document that keeps its tokens itself.
  func change<Result>(_ body: (DocumentCounts) -> Result) -> Result {
    state.withWriting { body($0.counts) }
  }

  /// Reads the counts, as others may at the same time.
  func read<Result>(_ body: (DocumentCounts) -> Result) -> Result {
    state.withReading { body($0.counts) }
  }
}

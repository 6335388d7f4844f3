import LanguageModeling
import Platform
import Synchronization
import Transduction

/// What a word was meant to be, by a model of characters that learned slips made of a person's own text (`inkling-train pairs
/// --slips-from`): the channel of Kernighan, Church and Gale 1990 and its prior in one, p(meant | written).
///
/// Immutable but for the answers that it remembers.
public final class SlipCorrections: Sendable {
  /// The part of such a model's description that tells it from other transducers.
  package static let descriptionKey = "corrections"
  private static let suffix = ".corrections"
  /// Longer words are not asked about, each letter costs a step.
  static let longestByteCount = 64
  private static let beamWidth = 5
  /// Answers that are remembered at the most.
  private static let rememberedCount = 4_096

  /// What a word may have been meant to be.
  struct Candidate: Hashable, Sendable {
    var bytes: [UInt8]
    /// log2 p(it | what is written).
    var bits: Double
  }

  struct Answer: Hashable, Sendable {
    /// Words of the texts that were learned, the most probable first.
    var candidates: [Candidate]
    /// log2 p(what is written is what was meant), whether the texts have it or not.
    var keptBits: Double

    /// By how much a candidate is less probable than the best one or what is written, in bits: 0 or less.
    func channelBits(of candidate: Candidate) -> Double {
      candidate.bits - max(candidates[0].bits, keptBits)
    }
  }

  private let model: TransducerModel
  private let remembered = Mutex<[[UInt8]: Answer]>([:])

  /// Where what corrects a language model's slips lies.
  package static func path(besideModel path: String) -> String {
    var path = path
    while path.count > 1 && path.hasSuffix("/") { path.removeLast() }
    return path + suffix
  }

  /// Opens the one beside a language model; nil where there is none.
  ///
  /// - Parameter root: a folder that no link among its files may lead out of; nil for none.
  /// - Throws: `Failure` if it is damaged, or of another kind.
  package convenience init?(besideModel path: String, within root: String?) throws(Failure) {
    let path = Self.path(besideModel: path)
    guard fileExists(path + "/" + ModelDirectory.descriptionName) else { return nil }
    try self.init(ModelDirectory(path, within: root))
  }

  /// - Throws: `Failure` if it is damaged, or of another kind.
  package init(_ directory: ModelDirectory) throws(Failure) {
    model = try TransducerModel(directory)
    guard directory[Self.descriptionKey] != nil, model.units == .character else {
      throw Failure(
        directory.path, why: "turns texts into others, but has not learned slips",
        remedy: "remove it, or train it with `inkling-train pairs --slips-from`")
    }
  }

  /// What a word may have been meant to be. Takes a few milliseconds where it has not been asked before.
  func answer(to word: [UInt8]) -> Answer {
    if let known = remembered.withLock({ $0[word] }) { return known }
    // Texts are never an error: what cannot be read has no candidates.
    let outputs =
      (try? model.transform(word, beamWidth: Self.beamWidth, limit: Self.beamWidth))?.outputs ?? []
    let kept = (try? model.logProbability(of: word, from: word)) ?? -.infinity
    let answer = Answer(
      candidates: outputs.map { Candidate(bytes: $0.text, bits: $0.logProbability / log(2)) },
      keptBits: kept / log(2))
    remembered.withLock { remembered in
      if remembered.count >= Self.rememberedCount { remembered.removeAll(keepingCapacity: true) }
      remembered[word] = answer
    }
    return answer
  }
}

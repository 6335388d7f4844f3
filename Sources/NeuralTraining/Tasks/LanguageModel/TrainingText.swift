import LanguageModeling
import Neural
import Platform

/// What a network is trained and measured on: ids of the model's vocabulary, each sequence ended by `</s>`.
public struct TrainingText: Sendable {
  public var training: [UInt32]
  /// Nil holds out the training text's end.
  public var heldOut: [UInt32]?
  public var vocabularyCount: Int

  public init(training: [UInt32], heldOut: [UInt32]?, vocabularyCount: Int) {
    self.training = training
    self.heldOut = heldOut
    self.vocabularyCount = vocabularyCount
  }

  /// - Parameter sequences: without `<s>` and `</s>`.
  public init(
    training sequences: some Sequence<[TokenID]>, heldOut: (some Sequence<[TokenID]>)?, vocabularyCount: Int
  ) {
    training = Self.join(sequences)
    self.heldOut = heldOut.map { Self.join($0) }
    self.vocabularyCount = vocabularyCount
  }

  private static func join(_ sequences: some Sequence<[TokenID]>) -> [UInt32] {
    var result: [UInt32] = []
    for sequence in sequences {
      for token in sequence { result.append(token.rawValue) }
      result.append(TokenID.sentenceEnd.rawValue)
    }
    return result
  }
}

/// Which row of the network stands for which token, by frequency where the network wants that.
struct NetworkRows: Sendable {
  /// Of every row, the id in the model's vocabulary.
  let tokens: [UInt32]
  /// Of every id its row; the row of `<unk>` for types that the network leaves out.
  let rows: [Int32]
  /// How often each row is in the training text.
  let counts: [Int]
  let isIdentity: Bool
  var unknown: Int32 { rows[0] }

  /// - Parameters:
  ///   - limit: the most rows; the most frequent types are kept. The special types always are.
  ///   - byFrequency: whether rows are ordered by falling count, as an adaptive softmax needs.
  init(_ text: TrainingText, limit: Int?, byFrequency: Bool) throws(Failure) {
    let count = text.vocabularyCount
    guard count >= 3 else {
      throw Failure("vocabulary", why: "has \(count) types, without <unk>, <s> and </s>")
    }
    var counts = [Int](repeating: 0, count: count)
    for token in text.training {
      guard token < count else {
        throw Failure("training text", why: "holds the id \(token), beyond the vocabulary's \(count) types")
      }
      counts[Int(token)] += 1
    }
    let limit = min(max(limit ?? count, 3), count)
    var order = Array(0..<count)
    isIdentity = limit == count && !byFrequency
    if !isIdentity {
      order.sort { (-counts[$0], $0) < (-counts[$1], $1) }
      var kept = Array(order.prefix(limit))
      // The special types take the places of the rarest.
      for special in 0..<3 where !kept.contains(special) {
        let place = kept.lastIndex { $0 >= 3 }!
        kept.remove(at: place)
        kept.append(special)
      }
      order = byFrequency ? kept : kept.sorted()
    }
    tokens = order.map { UInt32($0) }
    let unknown = Int32(order.firstIndex(of: 0)!)
    var rows = [Int32](repeating: unknown, count: count)
    var rowCounts = [Int](repeating: 0, count: order.count)
    for (row, token) in order.enumerated() {
      rows[token] = Int32(row)
      rowCounts[row] = counts[token]
    }
    for token in 0..<count where rows[token] == unknown && token != 0 {
      rowCounts[Int(unknown)] += counts[token]
    }
    self.rows = rows
    self.counts = rowCounts
  }

  /// The rows of a text behind the `</s>` that every text begins after.
  func stream(_ tokens: [UInt32]) -> [Int32] {
    var result: [Int32] = []
    result.reserveCapacity(tokens.count + 1)
    result.append(rows[TokenID.sentenceEnd.index])
    for token in tokens { result.append(Int(token) < rows.count ? rows[Int(token)] : unknown) }
    return result
  }
}

/// Streams of a text side by side, cut into segments: where a run is in the text.
struct SegmentSource: Sendable {
  /// The text's rows behind a first `</s>`.
  let stream: [Int32]
  /// Of all processes.
  let totalStreamCount: Int
  /// Those of this process.
  let streams: Range<Int>
  let stepCount: Int
  /// Predictions a stream makes in an epoch.
  let length: Int
  let isSingleton: [Bool]
  let unknown: Int32
  let options: RecurrentTrainingOptions

  var segmentsPerEpoch: Int { (length + stepCount - 1) / stepCount }
  var streamCount: Int { streams.count }
  /// Those of all processes.
  var allStreams: Range<Int> { 0..<totalStreamCount }

  /// - Parameter processes: those that share the streams; nil for one.
  init(
    _ stream: [Int32], rows: NetworkRows, options: RecurrentTrainingOptions,
    processes: (any ProcessGroup)? = nil
  ) {
    self.stream = stream
    self.options = options
    let total = Self.streamCount(tokenCount: stream.count - 1, options)
    totalStreamCount = total
    streams =
      processes.map { total * $0.index / $0.count..<total * ($0.index + 1) / $0.count } ?? 0..<total
    length = (stream.count - 1) / total
    stepCount = max(1, min(options.stepCount, length))
    unknown = rows.unknown
    let unknownRow = Int(rows.unknown)
    isSingleton = rows.counts.indices.map { rows.counts[$0] == 1 && $0 != unknownRow }
  }

  /// Texts side by side, in all processes. Short texts have fewer: each should be a few steps long.
  static func streamCount(tokenCount: Int, _ options: RecurrentTrainingOptions) -> Int {
    max(1, min(options.chosenStreamCount, tokenCount / 8))
  }

  /// The tokens read and predicted by segment `index` of `epoch`: by step, then stream.
  ///
  /// - Parameter streams: nil for those of this process.
  func segment(
    _ index: Int, epoch: Int, streams: Range<Int>? = nil
  ) -> (tokens: [Int32], targets: [Int32]) {
    let streams = streams ?? self.streams
    let streamCount = streams.count
    let first = index * stepCount
    let steps = min(stepCount, length - first)
    let pass = Pass(self, epoch: epoch)
    var tokens = [Int32](repeating: 0, count: steps * streamCount)
    var targets = tokens
    for step in 0..<steps {
      for stream in 0..<streamCount {
        let position = (streams.lowerBound + stream) * length + first + step
        tokens[step * streamCount + stream] = pass.row(position, replaces: true)
        targets[step * streamCount + stream] = pass.row(position + 1, replaces: options.predictsUnknown)
      }
    }
    return (tokens, targets)
  }

  /// What is read and predicted of the same segment by a network that comes from its end.
  ///
  /// - Parameter streams: nil for those of this process.
  func backwardSegment(_ index: Int, epoch: Int, streams: Range<Int>? = nil) -> BackwardSegment {
    let streams = streams ?? self.streams
    let first = index * stepCount
    let pass = Pass(self, epoch: epoch)
    return BackwardSegment(
      streamCount: streams.count, stepCount: min(stepCount, length - first),
      token: { stream, place in
        pass.row((streams.lowerBound + stream) * length + first + place, replaces: true)
      },
      target: { stream, place in
        pass.row((streams.lowerBound + stream) * length + first + place, replaces: options.predictsUnknown)
      })
  }

  /// The text as one epoch reads it: cut at its own place, some of what occurs once replaced.
  private struct Pass {
    let source: SegmentSource
    let key: UInt64
    let shift: Int

    init(_ source: SegmentSource, epoch: Int) {
      self.source = source
      key = SplitMix64.mix(source.options.seed &* 31 &+ UInt64(epoch) &+ 1)
      // A rotation leaves the first token out: it stands for no place in the text.
      shift =
        source.options.rotatesText && epoch > 0 ? Int(key % UInt64(source.stream.count - 1)) : 0
    }

    func row(_ position: Int, replaces: Bool) -> Int32 {
      if position + shift == 0 { return source.stream[0] }
      let place = (position + shift - 1) % (source.stream.count - 1) + 1
      let row = source.stream[place]
      guard replaces, source.isSingleton[Int(row)] else { return row }
      let chance = Double(SplitMix64.mix(key &+ UInt64(place)) >> 11) * 0x1p-53
      return chance < source.options.unknownProbability ? source.unknown : row
    }
  }
}

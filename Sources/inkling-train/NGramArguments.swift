import ArgumentParser
import Console
import ModelBuilding
import NGrams

/// What is counted and how it is smoothed.
struct NGramArguments: ParsableArguments {
  @OptionGroup var order: OrderArguments
  @OptionGroup var smoothing: SmoothingArguments
  @OptionGroup var memory: MemoryArguments

  func check() throws {
    try order.check()
    try smoothing.check()
    try memory.check()
    if smoothing.prune != nil { _ = try smoothing.pruneThresholds(order: order.order) }
  }

  func options() throws -> ModelBuildingOptions.NGrams {
    var options = ModelBuildingOptions.NGrams()
    options.order = order.order
    options.memoryByteCount = memory.byteCount
    try smoothing.set(&options)
    return options
  }
}

/// How long the n-grams are that are counted.
struct OrderArguments: ParsableArguments {
  @Option(help: "The longest n-grams, 1 to 8.") var order = 5

  func check() throws {
    guard (1...8).contains(order) else { throw ValidationError("--order is \(order), not 1 to 8") }
  }
}

/// How much memory is used.
struct MemoryArguments: ParsableArguments {
  @Option(help: "How much memory to use, such as 200M or 2G (default: half of what is free).")
  var memory: String?

  func check() throws {
    if let memory, NumberText.byteCount(memory) ?? 0 < 1 << 20 {
      throw ValidationError("--memory is \(memory), not a size from 1M on such as 200M or 2G")
    }
  }

  /// Nil is half of what is free.
  var byteCount: Int? { memory.flatMap(NumberText.byteCount) }
}

/// How counts become probabilities.
struct SmoothingArguments: ParsableArguments {
  @Option(help: "How unseen n-grams get probability: maximum-likelihood, add-delta, backoff or kneser-ney.")
  var smoothing: SmoothingName = .kneserNey

  @Option(help: "What add-delta adds to each count (default: 1).") var delta: Double?

  @Option(
    help: """
      Leave out n-grams seen at most this often, a number an order from 1 on, the last for all above, as lmplz: \
      "0 0 1".
      """)
  var prune: String?

  @Flag(
    name: [.customLong("quantize"), .customLong("quantise")],
    help: "Store probabilities and backoff weights in 8 bits: half the file; the loss is reported.")
  var quantize = false

  func check() throws {
    if let delta {
      guard smoothing == .addDelta else { throw ValidationError("--delta needs --smoothing add-delta") }
      guard delta > 0, delta.isFinite else { throw ValidationError("--delta is \(delta), not above 0") }
    }
  }

  private var smoothingOptions: Smoothing {
    switch smoothing {
    case .maximumLikelihood: .maximumLikelihood
    case .addDelta: .addDelta(delta ?? 1)
    case .backoff: .backoff
    case .kneserNey: .kneserNey
    }
  }

  /// Takes over what was asked for, for n-grams of the options' order.
  func set(_ options: inout ModelBuildingOptions.NGrams) throws {
    options.smoothing = smoothingOptions
    options.prune = try pruneThresholds(order: options.order)
    options.isQuantized = quantize
  }

  /// The thresholds, one an order; empty without `--prune`.
  func pruneThresholds(order: Int) throws -> [Int] {
    guard let prune else { return [] }
    let parts = prune.split { $0 == " " || $0 == "," }
    var thresholds: [Int] = []
    for part in parts {
      guard let value = Int(part), value >= 0, value >= thresholds.last ?? 0 else {
        throw ValidationError("--prune is \"\(prune)\", not rising counts such as \"0 0 1\"")
      }
      thresholds.append(value)
    }
    guard let last = thresholds.last, thresholds.count <= order else {
      throw ValidationError("--prune is \"\(prune)\", not one to \(order) counts such as \"0 0 1\"")
    }
    while thresholds.count < order { thresholds.append(last) }
    return thresholds
  }
}

/// The estimators, as the command line names them.
enum SmoothingName: String, CaseIterable, ExpressibleByArgument {
  case maximumLikelihood = "maximum-likelihood"
  case addDelta = "add-delta"
  case backoff
  case kneserNey = "kneser-ney"
}

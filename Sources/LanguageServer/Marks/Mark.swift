import Prediction

/// Something that is marked in a document.
enum Mark: Sendable {
  case slip(DetectedSlip)
  /// Where a threshold is set: a token that is more surprising.
  case improbable(Surprisal)

  var byteRange: Range<Int> {
    switch self {
    case .slip(let slip): slip.byteRange
    case .improbable(let surprisal): surprisal.byteRange
    }
  }

  /// What is kept first where there are too many: the likeliest slips, the most surprising tokens.
  var weight: Double {
    switch self {
    case .slip(let slip): -(slip.falseMarksPerThousandTokens ?? .infinity)
    case .improbable(let surprisal): surprisal.bits
    }
  }

  /// A diagnostic's `code`.
  var code: String {
    switch self {
    case .slip(let slip): slip.kind.rawValue
    case .improbable: "improbable"
    }
  }

  /// What may stand there instead, best first.
  var corrections: [String] {
    switch self {
    case .slip(let slip): slip.corrections.map(\.text)
    case .improbable(let surprisal): surprisal.expected.map(\.text)
    }
  }

  /// Whether the first correction is what everybody would want.
  var hasPreferredCorrection: Bool {
    switch self {
    case .slip(let slip): slip.isNearSpelling
    case .improbable: false
    }
  }
}

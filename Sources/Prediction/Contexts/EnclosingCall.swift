/// The innermost bracket that is open at a position, within reach. All zero if there is none.
struct EnclosingCall: Hashable, BitwiseCopyable {
  var bracket: UInt32 = 0
  /// The token before the bracket.
  var before: UInt32 = 0
  /// How many separators stand between the bracket and the position, at most 5.
  var place: UInt32 = 0

  static let greatestPlace: UInt32 = 5

  init() {}

  /// Looks back from a position. The pointers are as for `ContextKeys`.
  init(_ ids: UnsafePointer<UInt32>, _ classes: UnsafePointer<UInt32>) {
    var depth = 0
    var separators: UInt32 = 0
    for distance in 1..<TokenSequence.reach {
      switch TokenClass(rawValue: classes[-distance]).role {
      case .opens:
        if depth == 0 {
          bracket = ids[-distance]
          before = ids[-distance - 1]
          place = min(separators, Self.greatestPlace)
          return
        }
        depth -= 1
      case .closes: depth += 1
      case .separates: if depth == 0 { separators += 1 }
      case .none: break
      }
    }
  }
}

/// The enclosing calls of one position after the other, each in the time of one token.
struct EnclosingCalls {
  private struct Bracket {
    var index = 0
    var separators: UInt32 = 0
  }

  /// A power of two at least as great as the reach, so that a bracket whose place is taken is out of reach.
  private static let capacity = 32

  private let ids: UnsafePointer<UInt32>
  private let classes: UnsafePointer<UInt32>
  /// The open brackets, the innermost at `top − 1`; places are modulo the capacity.
  private var brackets = [Bracket](repeating: Bracket(), count: capacity)
  private var top = 0
  /// How many of them are still there.
  private var depth = 0
  private var index: Int

  /// Begins at a position. The pointers are as for `ContextKeys`; indices count from them.
  init(_ ids: UnsafePointer<UInt32>, _ classes: UnsafePointer<UInt32>) {
    precondition(TokenSequence.reach <= Self.capacity)
    self.ids = ids
    self.classes = classes
    index = 1 - TokenSequence.reach
    while index < 0 { takeIn() }
  }

  /// The enclosing call of the present position; the next one is then the present one.
  mutating func next() -> EnclosingCall {
    var call = EnclosingCall()
    if depth > 0 {
      let bracket = brackets[(top - 1) & (Self.capacity - 1)]
      if index - bracket.index < TokenSequence.reach {
        call.bracket = ids[bracket.index]
        call.before = ids[bracket.index - 1]
        call.place = min(bracket.separators, EnclosingCall.greatestPlace)
      }
    }
    takeIn()
    return call
  }

  private mutating func takeIn() {
    switch TokenClass(rawValue: classes[index]).role {
    case .opens:
      brackets[top & (Self.capacity - 1)] = Bracket(index: index)
      top += 1
      depth = min(depth + 1, Self.capacity)
    case .closes:
      if depth > 0 {
        top -= 1
        depth -= 1
      }
    case .separates: if depth > 0 { brackets[(top - 1) & (Self.capacity - 1)].separators += 1 }
    case .none: break
    }
    index += 1
  }
}

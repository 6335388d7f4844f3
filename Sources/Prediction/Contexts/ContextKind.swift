/// The functions of the preceding tokens under which successors are counted.
///
/// Each is a pure function of the last `TokenSequence.reach` tokens, so that an edit changes the contexts of the few
/// tokens after it and of no others.
enum ContextKind: Int, CaseIterable, Sendable {
  /// The last 0, 1, 2, 3, 4, 6 and 8 tokens.
  case order0, order1, order2, order3, order4, order6, order8
  /// The classes of the last 5 and 8 tokens.
  case shape5, shape8
  /// The token before the innermost open bracket, the place in its list, and the class of the last token.
  case call
  /// The class of the last token, and the two tokens before it.
  case skip2
  /// The last token, the class of the one before it, and the third last token.
  case skip3

  /// Those counted in documents.
  static let dynamic: [ContextKind] = [
    .order0, .order1, .order2, .order3, .order4, .order6, .order8, .shape5, .shape8, .call,
  ]
  /// Places in `dynamic` of the last tokens themselves, the longer the later.
  static let orders = 1..<7
  /// Those counted in the training text, beside the n-grams.
  static let trained: [ContextKind] = [.shape5, .shape8, .call, .skip2, .skip3]
}

/// The keys of all contexts of one position.
struct ContextKeys {
  private var keys: InlineArray12 = InlineArray12()

  /// - Parameters:
  ///   - ids: points at the token that is predicted; `TokenSequence.reach` elements before it can be read. The
  ///     token itself is not.
  ///   - classes: the same for classes.
  @inline(__always)
  init(ids: UnsafePointer<UInt32>, classes: UnsafePointer<UInt32>) {
    self.init(ids: ids, classes: classes, call: EnclosingCall(ids, classes))
  }

  /// - Parameter call: that of the same position.
  @inline(__always)
  init(ids: UnsafePointer<UInt32>, classes: UnsafePointer<UInt32>, call: EnclosingCall) {
    keys.withPointer { keys in
      keys[ContextKind.order0.rawValue] = 0
      var hash: UInt64 = 1
      for distance in 1...8 {
        hash = mix(hash, ids[-distance])
        switch distance {
        case 1: keys[ContextKind.order1.rawValue] = fold(hash)
        case 2: keys[ContextKind.order2.rawValue] = fold(hash)
        case 3: keys[ContextKind.order3.rawValue] = fold(hash)
        case 4: keys[ContextKind.order4.rawValue] = fold(hash)
        case 6: keys[ContextKind.order6.rawValue] = fold(hash)
        case 8: keys[ContextKind.order8.rawValue] = fold(hash)
        default: break
        }
      }
      hash = Self.shapeSeed
      for distance in 1...8 {
        hash = mix(hash, classes[-distance])
        if distance == 5 { keys[ContextKind.shape5.rawValue] = fold(hash) }
      }
      keys[ContextKind.shape8.rawValue] = fold(hash)
      keys[ContextKind.skip2.rawValue] = Self.skip2(ids, classes)
      keys[ContextKind.skip3.rawValue] = Self.skip3(ids, classes)
      keys[ContextKind.call.rawValue] = Self.call(call, classes)
    }
  }

  /// One of the keys of a position alone. The pointers are as for `init`.
  ///
  /// - Parameter call: that of the position, for `.call`.
  @inline(__always)
  static func key(
    _ kind: ContextKind, ids: UnsafePointer<UInt32>, classes: UnsafePointer<UInt32>, call: EnclosingCall
  ) -> UInt32 {
    switch kind {
    case .shape5: shape(classes, tokenCount: 5)
    case .shape8: shape(classes, tokenCount: 8)
    case .call: Self.call(call, classes)
    case .skip2: skip2(ids, classes)
    case .skip3: skip3(ids, classes)
    case .order0, .order1, .order2, .order3, .order4, .order6, .order8:
      ContextKeys(ids: ids, classes: classes, call: call)[kind]
    }
  }

  private static let shapeSeed: UInt64 = 77

  @inline(__always)
  private static func shape(_ classes: UnsafePointer<UInt32>, tokenCount: Int) -> UInt32 {
    var hash = shapeSeed
    for distance in 1...tokenCount { hash = mix(hash, classes[-distance]) }
    return fold(hash)
  }

  @inline(__always)
  private static func skip2(_ ids: UnsafePointer<UInt32>, _ classes: UnsafePointer<UInt32>) -> UInt32 {
    fold(mix(mix(mix(5, classes[-1]), ids[-2]), ids[-3]))
  }

  @inline(__always)
  private static func skip3(_ ids: UnsafePointer<UInt32>, _ classes: UnsafePointer<UInt32>) -> UInt32 {
    fold(mix(mix(mix(6, ids[-1]), classes[-2]), ids[-3]))
  }

  @inline(__always)
  private static func call(_ call: EnclosingCall, _ classes: UnsafePointer<UInt32>) -> UInt32 {
    fold(mix(mix(mix(mix(9, call.bracket), call.before), call.place), classes[-1]))
  }

  subscript(_ kind: ContextKind) -> UInt32 {
    @inline(__always) get { keys[kind.rawValue] }
  }
}

/// The keys of the last tokens of a position, one after the other: those of `.order1` to `.order6`, in the time of as many as are
/// asked for.
struct OrderKeys {
  private let ids: UnsafePointer<UInt32>
  private var hash: UInt64 = 1
  private var tokenCount = 0

  /// - Parameter ids: points at the token that is predicted; as many elements as are asked for before it can be read.
  @inline(__always)
  init(_ ids: UnsafePointer<UInt32>) { self.ids = ids }

  /// The key of the last `count` tokens, no fewer than in the last call.
  @inline(__always)
  mutating func next(tokenCount count: Int) -> UInt32 {
    while tokenCount < count {
      tokenCount &+= 1
      hash = mix(hash, ids[-tokenCount])
    }
    return fold(hash)
  }
}

/// Room for the keys without an allocation.
private struct InlineArray12 {
  private var values: (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0, 0, 0)
  private var more: (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0, 0, 0)

  @inline(__always)
  mutating func withPointer(_ body: (UnsafeMutablePointer<UInt32>) -> Void) {
    withUnsafeMutableBytes(of: &self) { body($0.baseAddress!.assumingMemoryBound(to: UInt32.self)) }
  }

  subscript(_ index: Int) -> UInt32 {
    @inline(__always) get {
      withUnsafeBytes(of: self) { $0.load(fromByteOffset: index * 4, as: UInt32.self) }
    }
  }
}

@inline(__always)
private func mix(_ hash: UInt64, _ value: UInt32) -> UInt64 {
  var hash = hash ^ (UInt64(value) &+ 0x9E37_79B9_7F4A_7C15)
  hash = hash &* 0xFF51_AFD7_ED55_8CCD
  return hash ^ hash >> 32
}

@inline(__always)
private func fold(_ hash: UInt64) -> UInt32 {
  UInt32(truncatingIfNeeded: (hash &* 0x9E37_79B9_7F4A_7C15) >> 32)
}

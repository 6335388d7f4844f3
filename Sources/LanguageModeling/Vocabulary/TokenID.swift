/// The number of a type in a vocabulary: its line in `vocabulary.txt`, from 0.
public struct TokenID: RawRepresentable, Hashable, Comparable, Sendable, BitwiseCopyable {
  public var rawValue: UInt32

  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
  @inlinable public init(_ index: Int) { rawValue = UInt32(index) }

  /// Every word outside the vocabulary.
  @inlinable public static var unknown: TokenID { TokenID(rawValue: 0) }
  /// `<s>`: context only, never predicted.
  @inlinable public static var sentenceStart: TokenID { TokenID(rawValue: 1) }
  /// `</s>`.
  @inlinable public static var sentenceEnd: TokenID { TokenID(rawValue: 2) }

  @inlinable public var index: Int { Int(rawValue) }

  @inlinable public static func < (a: TokenID, b: TokenID) -> Bool { a.rawValue < b.rawValue }
}

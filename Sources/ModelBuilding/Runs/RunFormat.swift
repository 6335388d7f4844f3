import Corpora
import Platform

/// The form of a run: counted n-grams of highest order, sorted, with the types and documents that they are of.
///
/// A run is one file, all numbers little-endian: 8 bytes `INKRUN01`; blocks; a trailer of 24 bytes: the byte offset of the
/// last block (64 bits), the XXH64 of the first 8 bytes of the trailer (64 bits), `INKRUNOK`. A block is the number of bytes
/// of its content (32 bits), its section (32 bits), the XXH64 of its content (64 bits), its content. The blocks of a section
/// stand in a row, the sections in the order of `RunSection`, the last a single block of JSON (`RunDescription`). Numbers
/// within blocks have variable length: seven bits a byte, the lowest first, the highest bit set on all but the last. An entry
/// never goes over the end of a block, and needs no other block to be read:
/// - types, in ascending order of their bytes: how many bytes are those of the type before, how many follow, these, the
///   occurrences. Types are numbered from 3 on in this order; 1 is `<s>`, 2 `</s>`.
/// - documents (`RunDocument`), in ascending order of their keys.
/// - tokens: the numbers of all documents in a row, each sequence ended by 2.
/// - n-grams, in ascending order of the context read backwards, then of the last word: a byte whose low three bits say how
///   many numbers are those of the n-gram before, and whose bit 3 that it occurs once; by how much the next number is
///   greater; the numbers behind it as far as `<s>`, and the last word; the occurrences, if more than one.
/// - places, one a block of n-grams: by how much its byte offset, and the first number of its first n-gram, are greater than
///   those of the block before.
///
/// No block depends on how the run came about: equal content is equal bytes.
enum RunFormat {
  static let magic = Array("INKRUN01".utf8)
  static let endMagic = Array("INKRUNOK".utf8)
  /// The version that descriptions name.
  static let version = 1
  static let blockHeaderByteCount = 16
  /// From how many bytes on a block is ended.
  static let blockByteCount = 1 << 16
  static let trailerByteCount = 24
  static let largestOrder = 8

  static func damaged(_ path: String, _ why: String) -> Failure {
    Failure(path, why: "is damaged: \(why)", remedy: "count or merge it again")
  }
}

/// The sections of a run, in their order.
enum RunSection: UInt32, CaseIterable, Sendable {
  case types = 1
  case documents, tokens, ngrams, places, description

  var name: String {
    switch self {
    case .types: "types"
    case .documents: "documents"
    case .tokens: "tokens"
    case .ngrams: "ngrams"
    case .places: "places"
    case .description: "description"
    }
  }
}

/// One document of a run: a file that was read.
struct RunDocument: Hashable, Sendable {
  /// What comes first is read first, whatever run it is in (`RunDocument.key`).
  var key: [UInt8]
  /// The path that was named, and what lies behind it; empty where the file was named itself.
  var root: String
  var relativePath: String
  var languageID: String
  /// Of the file's own bytes; nil for token files, of which none is left out for being like another.
  var identity: ContentIdentity?
  /// Of the text in UTF-8.
  var byteCount: Int
  var sequenceCount: Int
  /// Numbers in the section of tokens, the ends of sequences among them.
  var numberCount: Int
  /// Tokens spelled like `<unk>`, `<s>` and `</s>`, which n-grams pass over: how many numbers come before each, and which.
  var specials: [Special]

  struct Special: Hashable, Sendable {
    var place: Int
    var id: UInt32
  }

  var path: String {
    if relativePath.isEmpty { return root }
    return root.hasSuffix("/") ? root + relativePath : root + "/" + relativePath
  }
}

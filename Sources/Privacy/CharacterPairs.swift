/// How surprising a word's characters are to somebody who knows words and names, in bits.
///
/// The probabilities of pairs were counted in the identifiers of Swift packages and in English novels, each word once
/// for every doubling of its count.
enum CharacterPairs {
  /// −log2 P(letter | letter before it), rounded, rows and columns from a to z, without regard to case.
  private static let letterBits: [UInt8] = Array(
    """
    74449659596353958343667769\
    37683888468278377546388948\
    39583993594598288573599979\
    35542677398476469446567869\
    47436667699453756334766579\
    48763388298588389455498969\
    46672754488565578345477968\
    26672788398767368464487979\
    56455559998452368543959796\
    46563666665666666356646366\
    57671676387664666636676878\
    47652788398388379755478949\
    35672899398856339758488979\
    47433538496785578843668979\
    66547678696442549355355889\
    37673776598388364349579979\
    56665767676377676767166767\
    37552768397756379544667959\
    58582784497677447732487969\
    37572694399677469445597959\
    55563569599443749333899899\
    28881888398878488888899878\
    37663784287674478357877888\
    46363676378666627762667578\
    54554676485553437533766887\
    36661666466666676666665655
    """.utf8
  ).map { $0 - UInt8(ascii: "0") }

  /// −log2 P(class | class before it) for lower case, upper case and digits.
  private static let classBits: [Float] = [0.13, 3.72, 7.08, 0.55, 1.79, 5.1, 1.98, 2.03, 1.0]

  /// The bits of a character drawn blindly from `count`.
  static func uniformBits(_ count: Int) -> Float {
    switch count {
    case 10: 3.32
    case 26: 4.7
    case 36: 5.17
    case 52: 5.7
    default: 5.95
    }
  }

  /// The mean over the pairs of neighbours; pairs with anything but letters and digits count nothing.
  ///
  /// - Parameter foldsCase: whether capitals are read as small letters, as in constants that have no others.
  static func bitsPerPair(_ bytes: UnsafeRawBufferPointer, foldsCase: Bool) -> Float {
    var sum: Float = 0
    var count: Float = 0
    for index in 1..<max(1, bytes.count) {
      let (a, b) = (bytes[index - 1], bytes[index])
      guard isAlphanumeric(a), isAlphanumeric(b) else { continue }
      count += 1
      sum += classBits[3 * characterClass(a, foldsCase) + characterClass(b, foldsCase)]
      if isDigit(b) {
        sum += 3.32
      } else if isLetter(a) {
        sum += Float(letterBits[26 * letterIndex(a) + letterIndex(b)])
      } else {
        sum += 4.2
      }
    }
    return count > 0 ? sum / count : 0
  }

  private static func letterIndex(_ byte: UInt8) -> Int { Int(byte | 0x20) - Int(UInt8(ascii: "a")) }

  private static func characterClass(_ byte: UInt8, _ foldsCase: Bool) -> Int {
    isDigit(byte) ? 2 : byte >= UInt8(ascii: "a") || foldsCase ? 0 : 1
  }
}

/// Finds what looks like a secret in text: keys and tokens of known forms, long strings that no person would read as
/// a name, values assigned to names such as `password`, and passwords in URLs.
///
/// What is found is neither learned nor offered. Every verdict depends on one line only, so that an edit changes no
/// verdict outside its line. Hashes and base64 data are found too: nobody completes them either.
public enum SecretDetector {
  /// The ranges of bytes that look like secrets, ascending and apart. Line ends are `\n` and `\r`.
  public static func ranges(in text: UnsafeRawBufferPointer) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var offset = 0
    while offset < text.count {
      let byte = text[offset]
      if isRunByte(byte) {
        var end = offset + 1
        while end < text.count && isRunByte(text[end]) { end += 1 }
        if end - offset >= shortestRun, isSecretRun(text, offset..<end) {
          // The padding of base64 belongs to it.
          while end < text.count && text[end] == UInt8(ascii: "=") { end += 1 }
          append(offset..<end, to: &found)
        } else if let value = SecretContext.value(after: offset..<end, in: text) {
          append(value, to: &found)
        }
        offset = end
      } else {
        if byte == UInt8(ascii: ":"), let password = SecretContext.urlPassword(afterScheme: offset, in: text)
        {
          append(password, to: &found)
        }
        offset += 1
      }
    }
    return found
  }

  /// The same for a text of its own.
  public static func ranges(in text: [UInt8]) -> [Range<Int>] { text.withUnsafeBytes { ranges(in: $0) } }

  /// Whether a word by itself looks like a secret.
  public static func isSecret(_ word: [UInt8]) -> Bool { !ranges(in: word).isEmpty }

  private static func append(_ range: Range<Int>, to found: inout [Range<Int>]) {
    if let last = found.last, range.lowerBound <= last.upperBound {
      found[found.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
    } else {
      found.append(range)
    }
  }

  // MARK: Runs

  /// The shortest run worth a look: the random part of the shortest known form.
  private static let shortestRun = 16
  /// Shorter strings without a known form are too like names.
  private static let shortestRandom = 20
  /// Shorter hexadecimal numbers are constants of programs.
  private static let shortestHexadecimal = 32

  /// Letters, digits and what base64 has beside them.
  @inline(__always) static func isRunByte(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
      || byte == UInt8(ascii: "+")
      || byte == UInt8(ascii: "/")
  }

  @inline(__always) static func isAlphanumeric(_ byte: UInt8) -> Bool {
    isLetter(byte) || isDigit(byte)
  }
  @inline(__always) static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }
  @inline(__always) static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isSecretRun(_ text: UnsafeRawBufferPointer, _ run: Range<Int>) -> Bool {
    let bytes = UnsafeRawBufferPointer(rebasing: text[run])
    if SecretForms.matches(bytes) { return true }
    guard bytes.count >= shortestRandom else { return false }
    // Parts between separators, and the whole where separators are as rare as they are in base64.
    var start = 0
    var separatorCount = 0
    for offset in 0...bytes.count where offset == bytes.count || !isAlphanumeric(bytes[offset]) {
      if offset < bytes.count { separatorCount += 1 }
      if isRandom(UnsafeRawBufferPointer(rebasing: bytes[start..<offset])) { return true }
      start = offset + 1
    }
    return separatorCount > 0 && separatorCount * 12 <= bytes.count && isRandom(bytes)
  }

  /// Whether characters drawn blindly are a better guess than those of a name or a word, by `CharacterPairs`.
  private static func isRandom(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count >= shortestRandom else { return false }
    var lower = 0
    var upper = 0
    var digits = 0
    var hexadecimal = 0
    var ascending = 0
    var distinct: UInt64 = 0
    var previous: UInt8 = 0
    for byte in bytes {
      if isDigit(byte) { digits += 1 } else if byte >= UInt8(ascii: "a") { lower += 1 } else { upper += 1 }
      if isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20) { hexadecimal += 1 }
      if byte == previous &+ 1 { ascending += 1 }
      distinct |= 1 << UInt64(byte & 63)
      previous = byte
    }
    // Numbers, alphabets and patterns that repeat themselves.
    guard digits < bytes.count, ascending * 2 < bytes.count, distinct.nonzeroBitCount >= 8 else {
      return false
    }
    if hexadecimal == bytes.count && (lower == 0 || upper == 0) {
      return bytes.count >= shortestHexadecimal && digits * 4 >= bytes.count && digits * 8 <= bytes.count * 7
    }
    let alphabet = (lower > 0 ? 26 : 0) + (upper > 0 ? 26 : 0) + (digits > 0 ? 10 : 0)
    return CharacterPairs.bitsPerPair(bytes) > CharacterPairs.uniformBits(alphabet) + 0.3
  }
}

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
  static func bitsPerPair(_ bytes: UnsafeRawBufferPointer) -> Float {
    var sum: Float = 0
    var count: Float = 0
    for index in 1..<max(1, bytes.count) {
      let (a, b) = (bytes[index - 1], bytes[index])
      guard SecretDetector.isAlphanumeric(a), SecretDetector.isAlphanumeric(b) else { continue }
      count += 1
      sum += classBits[3 * characterClass(a) + characterClass(b)]
      if SecretDetector.isDigit(b) {
        sum += 3.32
      } else if SecretDetector.isLetter(a) {
        sum += Float(letterBits[26 * letterIndex(a) + letterIndex(b)])
      } else {
        sum += 4.2
      }
    }
    return count > 0 ? sum / count : 0
  }

  private static func letterIndex(_ byte: UInt8) -> Int { Int(byte | 0x20) - Int(UInt8(ascii: "a")) }

  private static func characterClass(_ byte: UInt8) -> Int {
    SecretDetector.isDigit(byte) ? 2 : byte >= UInt8(ascii: "a") ? 0 : 1
  }
}

import Platform

/// What a conditional random field asks of a word and of those around it: hashes of its features.
///
/// The templates are those of the literature on tagging English (Ratnaparkhi 1996, table 1; Toutanova et al. 2003): the word,
/// its beginnings and endings, what it is written with, and the words beside it, by themselves and in pairs.
struct TokenFeatures {
  private let forms: [WordForm]
  /// Beyond either end of a sentence.
  private static let edge = SplitMix64.mix(0xED6E)

  init(_ words: [[UInt8]]) { forms = words.map { WordForm($0) } }

  /// Features of a word at the most.
  static let limit = 40

  /// Calls `body` with every feature of the word at `place`.
  @inline(__always)
  func forEach(at place: Int, _ body: (UInt64) -> Void) {
    let word = forms[place]
    var template: UInt64 = 0
    func give(_ first: UInt64, _ second: UInt64 = 0) {
      template += 1
      body(SplitMix64.mix(first ^ template &* 0x9E37_79B9_7F4A_7C15 &+ second &* 0xD6E8_FEB8_6659_FD93))
    }
    func lower(_ offset: Int) -> UInt64 { form(place + offset)?.lower ?? Self.edge }
    func shape(_ offset: Int) -> UInt64 { form(place + offset)?.shape.runs ?? Self.edge }
    func ending(_ offset: Int, _ letters: Int) -> UInt64 {
      guard let form = form(place + offset) else { return Self.edge }
      return form.suffixes.isEmpty ? 0 : form.suffixes[min(letters, form.suffixes.count) - 1]
    }
    give(1)
    give(word.exact)
    give(word.lower)
    give(word.shape.runs)
    give(word.shape.suffixClass(isFirst: place == 0))
    give(lower(-1))
    give(lower(1))
    give(lower(-2))
    give(lower(2))
    give(lower(-1), word.lower)
    give(word.lower, lower(1))
    give(lower(-1), lower(1))
    give(lower(-2), lower(-1))
    give(lower(1), lower(2))
    give(shape(-1), word.shape.runs)
    give(word.shape.runs, shape(1))
    give(shape(-1))
    give(shape(1))
    give(ending(-1, 3))
    give(ending(1, 3))
    give(ending(-1, 2), ending(0, 2))
    give(ending(0, 2), ending(1, 2))
    give(ending(0, 3), word.shape.runs)
    give(ending(0, 3), lower(-1))
    give(ending(0, 3), lower(1))
    template = 100
    for prefix in word.prefixes { give(prefix) }
    template = 200
    for suffix in word.suffixes { give(suffix) }
  }

  @inline(__always)
  private func form(_ place: Int) -> WordForm? { forms.indices.contains(place) ? forms[place] : nil }
}

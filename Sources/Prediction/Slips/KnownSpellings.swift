/// The words of a model and of documents, and those of a language where they are asked for.
struct KnownSpellings: SpellingFilter {
  let vocabulary: WordFilter
  let document: WordFilter
  let list: SpelledWords?

  @inline(__always)
  func mayContain(_ hash: UInt64) -> Bool {
    if vocabulary.mayContain(hash) || document.mayContain(hash) { return true }
    return list.map { $0.contains(hash) } ?? false
  }
}

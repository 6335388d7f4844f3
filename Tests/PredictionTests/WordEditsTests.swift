import Testing

@testable import Prediction

/// The spellings that are an edit away from a word.
@Suite struct WordEditsTests {
  private func isFound(_ written: String, _ meant: String, isName: Bool = false) -> Bool {
    var filter = WordFilter(capacity: 4)
    Array(meant.utf8).withUnsafeBytes { filter.insert($0) }
    let letters = "äöüßïéабвгдежзийклмнопрстуфхцчшщъыьэюя".unicodeScalars.map { ($0.value, 9) }
    let edits = WordEdits(letters: Dictionary(letters) { a, _ in a }, wordCount: 10)
    var found: [[UInt8]] = []
    edits.forEach(of: written.unicodeScalars.map(\.value), isName: isName, filter) {
      found.append(WordEdits.bytes($0))
    }
    return found.contains(Array(meant.utf8))
  }

  @Test func spellingsAnEditAwayAreFoundInAnyScript() {
    for (written, meant) in [
      ("storgae", "storage"), ("strage", "storage"), ("storrage", "storage"), ("stprage", "storage"),
      ("größte", "größe"), ("Пивет", "Привет"), ("привте", "привет"), ("naïv", "naïve"), ("lenght", "length"),
      ("read__lock", "read_lock"), ("readxlock_bh", "read_lock_bh"), ("rea_dlock", "read_lock"),
      ("readlock_bh", "read_lock_bh"), ("re_ad_lock", "read_lock"),
    ] {
      #expect(isFound(written, meant), "\(written)")
    }
  }

  /// The underscores of a name may be missing, or wrong at its ends; but with one more or less at its ends it is another name.
  @Test func underscoresOfNamesAreEdited() {
    for (written, meant) in [
      ("___all__", "__all__"), ("__all___", "__all__"), ("_isb", "i_sb"), ("ssizet_", "ssize_t"),
      ("thisbh", "this_bh"), ("cputters", "_putters"), ("read__lock", "read_lock"), ("__allg_", "__all__"),
    ] {
      #expect(isFound(written, meant, isName: true), "\(written)")
    }
    for (written, meant) in [
      ("_count", "count"), ("count", "_count"), ("__count", "_count"), ("count", "count_"),
    ] {
      #expect(!isFound(written, meant, isName: true), "\(written)")
    }
    // Words of prose have none that could be missing.
    #expect(!isFound("thisbh", "this_bh"))
  }
}

/// What is remembered of words by their numbers.
@Suite struct NumberTableTests {
  @Test func valuesAreFoundByNumbers() {
    var table = NumberTable<Int>()
    var numbers: [UInt32] = [0, .max, .max - 1, 1 << 31]
    for number in 1..<UInt32(5000) { numbers.append(number &* 2_654_435_769) }
    for (value, number) in numbers.enumerated() {
      #expect(table[number] == nil)
      table.insert(value, for: number)
    }
    for (value, number) in numbers.enumerated() { #expect(table[number] == value) }
    #expect(table[77] == nil)
  }
}

/// Spellings that sound alike, or that a keyboard without accents has, in languages of Latin and Cyrillic script: each may be
/// written for the other.
enum SoundConfusions {
  static let pairs: [(first: [UInt32], second: [UInt32])] = [
    // Consonants.
    ("ph", "f"), ("ck", "k"), ("c", "k"), ("c", "s"), ("ss", "ß"), ("s", "ß"), ("s", "z"), ("tz", "z"),
    ("v", "f"),
    ("v", "w"), ("dt", "t"), ("d", "t"), ("b", "p"), ("g", "k"), ("th", "t"), ("sch", "sh"), ("chs", "x"),
    ("qu", "k"),
    ("ç", "c"), ("sc", "s"), ("g", "j"), ("rh", "r"), ("wh", "w"), ("ñ", "n"),
    // Vowels.
    ("ie", "ei"), ("ie", "i"), ("ea", "ee"), ("ei", "ai"), ("a", "e"), ("e", "i"), ("i", "y"), ("o", "u"),
    ("a", "o"), ("ou", "u"), ("eau", "o"), ("au", "o"), ("ä", "e"), ("äu", "eu"), ("ä", "ae"), ("ö", "oe"),
    ("ü", "ue"),
    ("ä", "a"), ("ö", "o"), ("ü", "u"), ("ah", "a"), ("eh", "e"), ("oh", "o"), ("uh", "u"), ("ih", "ie"),
    ("é", "e"), ("è", "e"),
    ("ê", "e"), ("é", "è"), ("à", "a"), ("â", "a"), ("î", "i"), ("ô", "o"), ("û", "u"), ("ë", "e"),
    ("ï", "i"),
    ("á", "a"), ("í", "i"),
    ("ó", "o"), ("ú", "u"), ("œ", "oe"),
    // Endings.
    ("ance", "ence"), ("ant", "ent"), ("able", "ible"), ("tion", "sion"), ("er", "or"), ("ar", "er"),
    ("er", "é"),
    // Cyrillic.
    ("о", "а"), ("е", "и"), ("ё", "е"), ("й", "и"), ("тся", "ться"), ("б", "п"), ("в", "ф"), ("г", "к"),
    ("д", "т"),
    ("ж", "ш"), ("з", "с"), ("щ", "ш"), ("ъ", "ь"),
  ].map { (scalars($0), scalars($1)) }

  private static func scalars(_ text: String) -> [UInt32] { text.unicodeScalars.map(\.value) }
}

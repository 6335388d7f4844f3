import Lexing
import Testing

@testable import Prediction

@Suite struct SpelledWordsTests {
  private func scalars(_ word: String) -> [UInt32] { word.unicodeScalars.map(\.value) }
  private func list(_ words: [String]) -> SpelledWords {
    SpelledWords(Array(words.joined(separator: "\n").utf8))
  }

  @Test func knowsWordsAndTheirRanks() {
    let words = (0..<5000).map { "word\($0 &* 7919 % 5000)é" }
    let spelled = list(words)
    #expect(spelled.count == 5000)
    for (place, word) in words.enumerated() {
      #expect(spelled.rank(scalars(word)) == Int.bitWidth - (place + 1).leadingZeroBitCount)
    }
    #expect((5000..<20000).allSatisfy { spelled.rank(scalars("word\($0)é")) == nil })
  }

  /// Damaged lists are lists of fewer words.
  @Test func takesWhateverAFileHas() {
    var text: [UInt8] = [0xFF, 0xFE, 10, 10, 0x61, 10, 0x61, 10, 0xC3, 10]
    text += [UInt8](repeating: 0x62, count: 4000) + Array("\nthe\n# tha\n".utf8)
    let spelled = SpelledWords(text)
    #expect(spelled.count == 2 && spelled.rank(scalars("the")) == 2 && spelled.rank(scalars("tha")) == nil)
    #expect(list([]).rank(scalars("the")) == nil)
    // Many words of one letter: more than there are places for, of which some are left out.
    let short = SpelledWords((0x4E00..<0x4E00 + 3000).flatMap { Array("\(Unicode.Scalar($0)!)\n".utf8) })
    #expect(short.count > 100 && short.rank(scalars("the")) == nil)
  }

  @Test func knowsWordsInOtherCasesAndInParts() {
    let spelled = list(["well", "known", "Debian", "NATO", "don't"])
    for word in ["Well", "WELL", "debian", "DEBIAN", "nato", "well-known", "Don't", "known's"] {
      #expect(spelled.spells(scalars(word)), "\(word)")
    }
    #expect(!spelled.spells(scalars("wellknown")) && !spelled.spells(scalars("well-knwn")))
  }

  @Test func knowsWordsBehindPrefixes() {
    let spelled = list(["training", "directory", "matched", "ten", "sting", "ceded", "singed", "grated"])
    for word in ["retraining", "Subdirectory", "unmatched"] {
      #expect(spelled.spells(scalars(word)), "\(word)")
    }
    for word in [
      "retraning", "trainingre", "unten", "redirectroy", "intersting", "superceded", "unsinged",
      "intergrated",
    ] {
      #expect(!spelled.spells(scalars(word)), "\(word)")
    }
  }

  /// No list has the plural of each noun.
  @Test func knowsPluralsOfWords() {
    let spelled = list(["pinnacle", "class", "happy", "pin", "approach", "child"])
    for word in ["pinnacles", "Pinnacles"] { #expect(spelled.spells(scalars(word)), "\(word)") }
    for word in ["pinnaclse", "classs", "happys", "pins", "pinnacless", "approachs", "childs"] {
      #expect(!spelled.spells(scalars(word)), "\(word)")
    }
    // Those of other languages have other endings.
    let german = SpelledWords(Array("Fenster\nwerkzeug".utf8), language: "de")
    #expect(!german.spells(scalars("werkzeugs")))
  }

  /// British spellings and letters that are no keys of English are no slips; other letters are.
  @Test func tellsVariantsFromSlips() {
    for (written, meant) in [
      ("vectorised", "vectorized"), ("analyze", "analyse"), ("naïve", "naive"), ("nai\u{308}ve", "naive"),
      ("Normalise", "Normalize"), ("organisations", "organizations"), ("удален", "удалён"), ("ещё", "еще"),
    ] {
      #expect(SpelledWords.areVariants(written: scalars(written), meant: scalars(meant)), "\(written)")
    }
    for (written, meant) in [
      ("vectorixed", "vectorized"), ("naive", "naïve"), ("zecond", "second"), ("documnet", "document"),
      ("stor", "store"), ("vectorisde", "vectorized"), ("same", "same"), ("decizion", "decision"),
      ("otherwize", "otherwise"), ("vizible", "visible"), ("noize", "noise"), ("precize", "precise"),
      ("öar", "bar"), ("cаn", "can"),
    ] {
      #expect(!SpelledWords.areVariants(written: scalars(written), meant: scalars(meant)), "\(written)")
    }
  }

  /// Where the language is not known, an accent is a letter of its own.
  @Test func accentsCountInEnglishOnly() {
    let (written, meant) = (scalars("trés"), scalars("tres"))
    #expect(SpelledWords.areVariants(written: written, meant: meant))
    #expect(!SpelledWords.areVariants(written: written, meant: meant, countsAccents: false))
    #expect(
      SpelledWords.areVariants(
        written: scalars("organize"), meant: scalars("organise"), countsAccents: false))
  }

  @Test func formsOfRussianWordsAreTold() {
    for (a, b) in [
      ("зависящие", "зависящий"), ("новый", "новых"), ("системами", "система"), ("относиться", "относится"),
    ] {
      #expect(Inflection.areForms(scalars(a), scalars(b)), "\(a)")
    }
    #expect(!Inflection.areForms(scalars("система"), scalars("систеса")))
  }

  @Test func namesThatDifferInAFormOnlyAreTold() {
    for (a, b) in [
      ("alignedBytesOnStack", "alignedByteOnStack"), ("file_named", "files_named"), ("row", "rows"),
    ] {
      #expect(Inflection.differInForm(scalars(a), scalars(b)), "\(a)")
    }
    for (a, b) in [("commnadLine", "commandLine"), ("alignedBtyes", "alignedBytes"), ("recieve", "receive")] {
      #expect(!Inflection.differInForm(scalars(a), scalars(b)), "\(a)")
    }
  }

  // MARK: Languages

  private static let english = """
    The program reads each line of the file and shows what it has found on the screen as soon as somebody asks for it, but \
    it keeps nothing until the whole folder has been looked at, which may take some time on an old machine.
    """
  private static let others = [
    """
    Programmet læser hver linje i filen og viser resultatet på skærmen, når brugeren beder om det, men det gemmer ikke noget, \
    før hele mappen er set igennem, og det kan tage lidt tid på en gammel maskine.
    """,
    """
    Programmet läser varje rad i filen och visar resultatet på skärmen när användaren ber om det, men det sparar ingenting \
    innan hela mappen har gåtts igenom, och det kan ta en stund på en gammal maskin.
    """,
    """
    Het programma leest elke regel van het bestand en toont het resultaat op het scherm zodra iemand erom vraagt, maar het \
    bewaart niets voordat de hele map is bekeken, en dat kan op een oude machine even duren.
    """,
    """
    Program czyta każdy wiersz pliku i pokazuje wynik na ekranie, gdy ktoś o to poprosi, ale niczego nie zapisuje, zanim nie \
    przejrzy całego katalogu, a to może trochę potrwać na starej maszynie.
    """,
    """
    Liber primus incipit ubi auctor narrat quomodo homines in silva vixerint et quibus armis contra feras pugnaverint, donec \
    urbem novam iuxta flumen condiderunt, in qua nemo sine labore vivere poterat.
    """,
    """
    Kono puroguramu wa fairu no subete no gyou wo yonde, hito ga tanomu to kekka wo gamen ni dasu ga, foruda zenbu wo miru made \
    wa nani mo hozon shinai node, furui kikai de wa jikan ga kakaru koto mo aru.
    """,
  ]

  /// How many of a text's words are taken for English, and how many are not.
  private func words(
    _ text: String, in range: Range<String.Index>? = nil, languageID: String = "plaintext"
  ) throws -> (english: Int, others: Int) {
    let grammar = try GrammarLibrary.standard().grammar(languageID: languageID) ?? .plainText
    let predictor = DocumentPredictor(text: Array(text.utf8), grammar: grammar, model: nil)
    let range = range ?? text.startIndex..<text.endIndex
    let first = text.utf8.distance(from: text.startIndex, to: range.lowerBound)
    let last = text.utf8.distance(from: text.startIndex, to: range.upperBound)
    return predictor.withState { state in
      let scorer = SlipScorer(
        lexicon: state.lexicon, model: nil, document: state.counts, neighboursIncludeDocument: false,
        lists: SpelledWords.all)
      var documentWords: SlipWords.DocumentWords?
      let words = SlipWords(
        lexicon: state.lexicon, scorer: scorer, vocabularyFilter: nil, documentWords: &documentWords,
        memory: SlipMemory())
      let tokens = 0..<state.sequence.count
      let windows = LanguageWindows(state.lexed, state.sequence, tokens, words)
      let inRange = tokens.filter {
        let token = state.lexed.token(at: $0)
        return token.kind == .word && token.byteOffset >= first && token.endOffset <= last
      }
      let english = inRange.filter { windows.list(at: $0) != nil }.count
      return (english, inRange.count - english)
    }
  }

  @Test func tellsEnglishFromOtherLanguages() throws {
    #expect(try words(Self.english).others == 0)
    for other in Self.others {
      let found = try words(other)
      #expect(found.english == 0 && found.others > 20, "\(other)")
    }
  }

  /// Paragraph for paragraph, but for some words where one ends.
  @Test func tellsWhichParagraphsAreEnglish() throws {
    let long = Self.english + " " + Self.english
    for other in Self.others {
      let text = long + "\n\n" + other + " " + other + "\n\n" + long + "\n"
      let middle = text.firstRange(of: other + " " + other)!
      let found = try words(text, in: middle)
      #expect(found.english <= found.others / 6, "\(other)")
      for part in [text.startIndex..<middle.lowerBound, middle.upperBound..<text.endIndex] {
        let found = try words(text, in: part)
        #expect(found.others <= found.english / 4, "\(other)")
      }
    }
  }

  /// A comment of few words is English unless they say otherwise.
  @Test func tellsTheLanguageOfComments() throws {
    let code = (0..<30).map { "let value\($0) = compute(\($0))\n" }.joined()
    func found(_ comment: String) throws -> (english: Int, others: Int) {
      try words(code + "// " + comment + "\n" + code, languageID: "swift")
    }
    #expect(try found("Parse header fields, skip padding").others == 0)
    #expect(try found("reads the lnie").others == 0)
    #expect(try found("læser hver linje i filen og viser resultatet").english == 0)
  }
}

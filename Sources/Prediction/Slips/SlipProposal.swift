import Lexing

/// A reading beside the one that is written, and what speaks for it.
struct SlipProposal {
  var kind: DetectedSlip.Kind
  /// The tokens that are replaced.
  var span: Range<Int>
  var replacement: [UInt32]
  /// By how many bits the reading is more probable, over the tokens themselves and the next three.
  var gainBits: Double
  /// −log2 P of the first token that is replaced, after what stands before it.
  var surprisalBits = 0.0
  /// What edit of one word makes it of another; nil for what is no edit of a word.
  var edit: WordEdits.Slip?
  /// Whether two letters that stand beside each other have changed places.
  var isExchange = false
  var context: TokenContext
  /// Letters of the word that is replaced.
  var letterCount = 0
  var startsUpper = false
  var hasKnownParts = false
  /// Whether what is written and what may be meant look like forms of one word.
  var areForms = false
  /// Whether the words are listed of the language that the text around it is in, and whether the list has what is written, and
  /// what may be meant in its place.
  var hasWordList = false
  var isSpelled = false
  var meantIsSpelled = false
  /// Whether what may be meant is one word in the place of one, and none of the list.
  var meantIsUnspelled = false
  /// Whether it stands as words do in sentences, in prose, comments and strings; in code always.
  var isFree = true
  /// Of text that was learned: whether it is no word with digits or capitals inside, and not all of a string.
  var isPlain = true
  /// Whether a new word is in capitals only, as abbreviations are.
  var isAbbreviation = false
  /// Whether names of code differ in the ending of one of their words: `byteCount` and `bytesCount`.
  var differInForm = false
  /// Whether it looks like a name: with a capital amid a sentence.
  var isName = false
  /// Of a word that stands twice: whether it is none of grammar, and whether it often does rightly ("had had").
  var isContentWord = false
  var isDoubledByHabit = false
  /// Whether the model was trained on the text.
  var isLearned = false
  /// How surprising the tokens around it are, in bits.
  var surroundingBits = 0.0
  /// How often what is written occurs in the document elsewhere, and in its neighbours.
  var occurrences = 0
  /// By how many bits a network in both directions finds the reading more probable; nil where none was asked.
  var gainBitsBetweenBothSides: Double?
  var logOdds = 0.0

  /// Whether one token stands for one.
  var isOneForOne: Bool { span.count == 1 && replacement.count == 1 }

  /// What is shown to the logistic function, in the order of `SlipWeights`.
  var features: [Double] {
    let gain = min(max(gainBits, -10), 40)
    return [
      1, gain, min(surprisalBits, 80), edit?.isLikely == true ? 1 : 0, Double(min(letterCount, 12)),
      startsUpper ? 1 : 0,
      hasKnownParts ? 1 : 0, Double(min(occurrences, 15)).squareRoot(), areForms ? 1 : 0,
      isSpelled ? 1 : 0, meantIsSpelled && !isSpelled ? 1 : 0, meantIsUnspelled ? 1 : 0,
      isFree ? 0 : 1, isAbbreviation || isDoubledByHabit ? 1 : 0,
    ]
  }
}

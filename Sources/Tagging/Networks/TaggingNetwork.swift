import JSON
import LanguageModeling
import Neural
import Platform

/// The words of a sentence as a network of tags reads them: an id a word, and the bytes of each word for filters to slide
/// over.
public struct TaggingInput: Sendable {
  public static let wordsName = "words"
  public static let lettersName = "letters"
  /// Bytes, and marks around each word.
  public static let letterCount = 258
  /// Of a longer word the beginning and the end are read.
  private static let wordByteLimit = 32

  /// What the network knows of words: small letters.
  public let vocabulary: Vocabulary

  public init(vocabulary: Vocabulary) { self.vocabulary = vocabulary }

  /// The type that stands for a word.
  public static func type(of word: [UInt8]) -> [UInt8] { WordForm.lowercased(word) }

  public func id(of word: [UInt8]) -> Int32 {
    Int32(vocabulary.id(of: Self.type(of: word))?.index ?? TokenID.unknown.index)
  }

  /// A word's bytes between two marks.
  public static func letters(of word: [UInt8]) -> [Int32] {
    let bytes =
      word.count <= wordByteLimit
      ? word[...] : word.prefix(wordByteLimit / 2) + word.suffix(wordByteLimit / 2)
    return [256] + bytes.map { Int32($0) } + [257]
  }
}

/// The kinds of network that tag.
public enum TaggingEncoder: String, Hashable, Sendable, CaseIterable {
  case rnn, lstm, bilstm

  /// Whether a word's tag depends on words behind it.
  public var looksAhead: Bool { self == .bilstm }
}

/// Sizes of a tagging network.
public struct TaggingNetworkSizes: Hashable, Sendable {
  public var word = 100
  public var letter = 24
  public var filters = 48
  /// Letters that a filter sees at once.
  public var width = 5
  public var hidden = 96
  public var dropout = 0.5

  public init() {}
}

extension NetworkDescription {
  /// Words by vectors and by filters over their letters, a recurrent layer, and a score a tag for every word (Ma and Hovy
  /// 2016; Lample et al. 2016).
  public static func tagging(
    _ encoder: TaggingEncoder, sizes: TaggingNetworkSizes, typeCount: Int, tagCount: Int
  ) throws(Failure) -> NetworkDescription {
    func layer(_ kind: String, _ name: String, _ inputs: [JSON], _ options: JSONObject) -> JSON {
      var object: JSONObject = ["kind": .string(kind), "name": .string(name), "inputs": .array(inputs)]
      for (key, value) in options { object[key] = value }
      return .object(object)
    }
    let (words, letters) = (JSON.string(TaggingInput.wordsName), JSON.string(TaggingInput.lettersName))
    let recurrent: JSON =
      encoder == .bilstm
      ? layer("bidirectional", "encoder", ["dropped"], ["cell": "lstm", "size": JSON(sizes.hidden)])
      : layer(
        "recurrent", "encoder", ["dropped"],
        ["cell": .string(encoder.rawValue), "size": JSON(sizes.hidden), "direction": "forward"])
    let json: JSON = [
      "inputs": [
        ["name": words, "levels": [words]], ["name": letters, "levels": [words, letters]],
      ],
      "layers": [
        layer("embedding", "embedding", [words], ["count": JSON(typeCount), "size": JSON(sizes.word)]),
        layer(
          "embedding", "spelling", [letters],
          ["count": JSON(TaggingInput.letterCount), "size": JSON(sizes.letter)]),
        layer(
          "convolution1D", "filters", ["spelling"],
          [
            "filters": JSON(sizes.filters), "width": JSON(sizes.width), "stride": 1, "padding": "same",
            "activation": "relu",
          ]),
        layer("pooling", "shape", ["filters"], ["reduction": "maximum", "window": "sequence"]),
        layer("combining", "word", ["embedding", "shape"], ["rule": "concatenation"]),
        layer("dropout", "dropped", ["word"], ["rate": JSON(sizes.dropout)]),
        recurrent,
        layer("dropout", "encoded", ["encoder"], ["rate": JSON(sizes.dropout)]),
        layer("linear", "output", ["encoded"], ["size": JSON(tagCount)]),
      ], "outputs": ["output"],
    ]
    do throws(JSONError) { return try NetworkDescription(JSONDecoding(json, name: "network")) } catch {
      throw Failure("network", why: "\(error)", remedy: "choose other sizes")
    }
  }
}

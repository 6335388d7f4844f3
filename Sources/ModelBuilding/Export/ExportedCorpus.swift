import JSON
import LanguageModeling
import Platform

/// A corpus that is in place, for programs elsewhere to train on.
public struct ExportedCorpus: Hashable, Sendable {
  /// Its folder, as it was named.
  public var path: String
  /// Since the export began.
  public var seconds: Double
  /// To learn from, and to measure on; each sequence's `</s>` among them.
  public var tokenCount: Int
  public var heldOutTokenCount: Int
  /// Types, `<unk>`, `<s>` and `</s>` included.
  public var vocabularyCount: Int

  static let formatName = "inkling-corpus"
  static let formatVersion = 1
  static let descriptionName = "corpus.json"
  /// The texts: 32-bit little-endian rows of the network.
  static let trainingName = "training.i32"
  static let heldOutName = "held-out.i32"
  /// What a run begins with.
  static let weightsName = "initial.safetensors"

  /// What tells an exported corpus from other folders, so that nothing else is ever replaced by one.
  static let kind = DirectoryKind(
    name: "an exported corpus", descriptionName: descriptionName, knownNames: names,
    ownNames: { folder in
      let bytes = try? readFile(folder + "/" + descriptionName, limit: 1 << 22)
      let format = bytes.flatMap { try? JSON.parse($0) }?["format"]?.stringValue
      return format == formatName ? names : nil
    })

  private static let names: Set<String> = [
    descriptionName, ModelDirectory.vocabularyName, trainingName, heldOutName, weightsName,
  ]

  var members: JSONObject {
    [
      "corpus": JSON(path), "seconds": JSON(seconds), "tokens": JSON(tokenCount),
      "heldOutTokens": JSON(heldOutTokenCount), "types": JSON(vocabularyCount),
    ]
  }
}

import JSON
import Platform

/// What a model is for, as its description's `kind` says.
public enum ModelKind: String, Hashable, Sendable, CaseIterable {
  /// The next word; what a description without a kind is.
  case language
  /// A label for a sequence.
  case classifier
  /// A tag for every word of a sentence.
  case tagger
  /// Another text for a text.
  case transducer

  /// The version of the format that descriptions of the kind have.
  var formatVersion: Int { self == .language ? 1 : 2 }
}

/// A model directory, opened: its description, and its files mapped.
///
/// What is on disk is untrusted. Before anything is used, the format's name and version, every file's size and, by
/// default, every file's hash are checked. See docs/model-directory.md.
public final class ModelDirectory: Sendable {
  /// The newest version of the format that this program reads. Language models are written as version 1; the other kinds
  /// came with version 2, so that programs which know language models alone say that they are too old.
  public static let formatVersion = 2
  static let formatName = "inkling-model"
  /// The description's file name.
  public static let descriptionName = "model.json"
  public static let vocabularyName = "vocabulary.txt"
  /// Where the types of a large vocabulary lie in its file; models may lack it.
  public static let placesName = "vocabulary.places"
  public static let ngramsName = "ngrams.bin"
  public static let recurrentName = "recurrent.safetensors"
  /// What reads backwards beside that network, in a model of both directions.
  public static let backwardName = "backward.safetensors"
  /// The weights of a network that the description lists layer by layer.
  public static let networkName = "network.safetensors"
  public static let trainingLogName = "training.jsonl"
  public static let reportName = "report.html"
  /// Keys of the description that the directory itself keeps; all others belong to whoever wrote them.
  static let reservedKeys = ["format", "version", "files", "checksum"]

  /// How much of the files is checked on opening.
  public enum Verification: Sendable {
    /// Every byte of every file.
    case complete
    /// The description and the sizes; `verify()` does the rest when there is time.
    case sizes
  }

  public let path: String
  /// The whole of model.json.
  package let description: JSONObject
  /// The files that the description lists, by name.
  public let files: [String: MappedFile]
  private let digests: [String: String]

  /// Opens and checks the directory at `path`.
  ///
  /// A directory that is replaced meanwhile is read again, so that all files are of one model.
  ///
  /// - Parameter root: a folder that no link among the files may lead out of; nil for none.
  public init(
    _ path: String, verification: Verification = .complete, within root: String? = nil
  ) throws(Failure) {
    self.path = path
    var attempts = 0
    while true {
      let bytes = try ModelDescriptionFile.read(path, within: root)
      do throws(Failure) {
        let parsed = try ModelDescriptionFile(bytes, path: path + "/" + Self.descriptionName)
        let files = try parsed.mapFiles(in: path, within: root)
        if verification == .complete { try Self.check(files, parsed.entries) }
        description = parsed.object
        self.files = files
        digests = parsed.entries.mapValues(\.digest)
        return
      } catch {
        attempts += 1
        // Only a description that has changed meanwhile makes another attempt worthwhile.
        guard attempts < 4, let again = try? ModelDescriptionFile.read(path, within: root), again != bytes
        else {
          throw error
        }
      }
    }
  }

  private static func check(
    _ files: [String: MappedFile], _ entries: [String: ModelDescriptionFile.Entry]
  ) throws(Failure) {
    for (name, file) in files {
      guard let entry = entries[name], XXH64.digest(file.bytes) == entry.digest else {
        throw damaged(file.path)
      }
    }
  }

  static func damaged(_ path: String) -> Failure {
    Failure(path, why: "is damaged: its content is not what was written", remedy: "train the model again")
  }

  /// What is hashed at once (`XXH64.hash`).
  private static let verifiedByteCount = 1 << 23

  /// Compares every file with its hash. Pages that were read for that do not stay in memory.
  ///
  /// - Parameter isWanted: asked every few megabytes; once it says no the rest is not looked at.
  public func verify(while isWanted: () -> Bool = { true }) throws(Failure) {
    for (name, file) in files {
      var isComplete = true
      // A file that is read at random places is not read ahead by itself.
      file.willRead(0..<2 * Self.verifiedByteCount)
      let digest = XXH64.digest(file.bytes) {
        file.willRead($0 + Self.verifiedByteCount..<$0 + 2 * Self.verifiedByteCount)
        file.releasePages(upTo: $0)
        isComplete = isWanted()
        return isComplete
      }
      file.releasePages(upTo: file.count)
      guard isComplete else { return }
      guard digest == digests[name] else { throw Self.damaged(file.path) }
    }
  }

  /// How many bytes all files have.
  public var byteCount: Int { files.values.reduce(0) { $0 + $1.count } }

  /// Whether a file was cut short while it was in use.
  public var isDamaged: Bool { files.values.contains { $0.isDamaged } }

  /// Gives the pages of all files back to the system; what is used again is read again, from its cache as a rule.
  public func releasePages() {
    for file in files.values { file.releasePages(upTo: file.count) }
  }

  /// The mapped file called `name`, or nil if the model has none.
  public func file(_ name: String) -> MappedFile? { files[name] }

  /// The XXH64 of a file as the description has it, 16 hexadecimal digits; nil if the model has none of this name.
  package func digest(of name: String) -> String? { digests[name] }

  /// What the model is for.
  ///
  /// - Throws: `Failure` for a kind that is not known here.
  public func kind() throws(Failure) -> ModelKind {
    guard let value = description["kind"] else { return .language }
    guard let kind = value.stringValue.flatMap({ ModelKind(rawValue: $0) }) else {
      throw Failure(
        path, why: "is a model of a kind that is not known here", remedy: "update inkling")
    }
    return kind
  }

  /// A part of the description, such as "corpus" or "metrics".
  package subscript(key: String) -> JSON? { description[key] }

  /// The vocabulary, which every model has.
  public func vocabulary() throws(Failure) -> Vocabulary {
    guard let file = files[Self.vocabularyName] else {
      throw Failure(path, why: "has no \(Self.vocabularyName)", remedy: "train the model again")
    }
    guard let places = files[Self.placesName], let digest = digests[Self.vocabularyName] else {
      return try Vocabulary(file: file)
    }
    return try Vocabulary(file: file, places: places, digest: digest)
  }
}

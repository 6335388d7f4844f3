import JSON
import LanguageModeling
import LanguageServerProtocol
import Lexing
import ModelBuilding
import NGrams
import Neural
import NeuralTraining
import Platform
import Prediction

/// A reader of bytes from outside.
struct FuzzTarget: Sendable {
  let name: String
  let read: @Sendable (UnsafeRawBufferPointer) -> Void
}

/// One a kind of input that somebody else may have written: messages, values, grammars, and every file of a model.
let targets: [FuzzTarget] = [
  FuzzTarget(name: "framer", read: readFrames),
  FuzzTarget(name: "json", read: readJSON),
  FuzzTarget(name: "grammar", read: readGrammar),
  FuzzTarget(name: "languages", read: readLanguages),
  FuzzTarget(name: "vocabulary", read: readVocabulary),
  FuzzTarget(name: "ngrams", read: readNGrams),
  FuzzTarget(name: "contexts", read: readContexts),
  FuzzTarget(name: "mixture", read: readMixture),
  FuzzTarget(name: "safetensors", read: readSafetensors),
  FuzzTarget(name: "model", read: readModelDescription),
  FuzzTarget(name: "checkpoint", read: readCheckpoint),
  FuzzTarget(name: "run", read: readRun),
]

/// The bytes in two parts, as a pipe may bring them; every message is decoded as one.
@Sendable private func readFrames(_ bytes: UnsafeRawBufferPointer) {
  guard let first = bytes.first else { return }
  let rest = bytes.dropFirst()
  let cut = rest.index(rest.startIndex, offsetBy: min(rest.count, Int(first)))
  var framer = MessageFramer(contentLimit: 1 << 20)
  for part in [rest[..<cut], rest[cut...]] {
    framer.append(Array(part))
    while let frame = framer.next() { _ = frame }
  }
}

/// What is parsed is printed and parsed again, to the same.
@Sendable private func readJSON(_ bytes: UnsafeRawBufferPointer) {
  guard let value = try? JSON.parse(Array(bytes)) else { return }
  guard let again = try? JSON.parse(value.serialized()) else { fatalError("does not read what it wrote") }
  precondition(again == value, "reads something else than it wrote")
}

/// A grammar, and a text in it: what follows the first NUL. Tokens lie in the text, in order, and
/// not in each other; the end of an indented block has no bytes.
@Sendable private func readGrammar(_ bytes: UnsafeRawBufferPointer) {
  let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
  guard let first = parts.first.map({ Array($0) }),
    let definition = try? GrammarDefinition.decode(first, path: "fuzz.json")
  else { return }
  let text = parts.count > 1 ? Array(parts[1]) : first
  var end = 0
  for token in Lexer(Grammar(definition)).tokens(of: text) {
    precondition(token.byteOffset >= end && token.byteCount >= 0 && token.endOffset <= text.count)
    end = token.endOffset
  }
}

@Sendable private func readVocabulary(_ bytes: UnsafeRawBufferPointer) {
  withFile(of: bytes) { path in
    guard let vocabulary = try? Vocabulary(path: path) else { return }
    for index in 0..<min(vocabulary.count, 100) {
      precondition(vocabulary.id(of: vocabulary.bytes(of: TokenID(index))) == TokenID(index))
    }
    _ = vocabulary.ids(withPrefix: Array(bytes.prefix(1)))
  }
}

/// A model that opens scores and lists whatever ids it is asked for.
@Sendable private func readNGrams(_ bytes: UnsafeRawBufferPointer) {
  withFile(of: bytes) { path in
    guard let model = try? NGramModel(path: path) else { return }
    var state = model.sentenceStartState
    for index in 0..<64 {
      let token = TokenID(Int(bytes[index % bytes.count]) % max(1, model.vocabularyCount))
      _ = model.score(token, after: state, next: &state)
      if index % 8 == 0 { _ = model.successors(of: state, limit: 5) }
    }
  }
}

@Sendable private func readContexts(_ bytes: UnsafeRawBufferPointer) {
  withFile(of: bytes) { path in
    guard let file = try? MappedFile(path) else { return }
    _ = try? TrainedContexts(file: file)
  }
}

@Sendable private func readMixture(_ bytes: UnsafeRawBufferPointer) {
  withFile(of: bytes) { path in
    guard let file = try? MappedFile(path) else { return }
    _ = try? MixtureWeights(file: file)
  }
}

@Sendable private func readSafetensors(_ bytes: UnsafeRawBufferPointer) {
  withFile(of: bytes) { path in
    guard let file = try? Safetensors(path) else { return }
    for (name, tensor) in file.tensors where tensor.count < 1 << 16 { _ = try? file.floats(name) }
  }
}

/// A description, and what the networks read of it: the other files are not there.
@Sendable private func readModelDescription(_ bytes: UnsafeRawBufferPointer) {
  withFolder(holding: ModelDirectory.descriptionName, bytes) { folder in
    guard let directory = try? ModelDirectory(folder, verification: .sizes) else { return }
    _ = try? directory.vocabulary()
  }
}

/// A run that is read to its end is written again.
@Sendable private func readRun(_ bytes: UnsafeRawBufferPointer) {
  withFile(of: bytes) { path in
    try? RunMerge([path], output: path + ".sum").run()
    unlink(path + ".sum")
  }
}

@Sendable private func readCheckpoint(_ bytes: UnsafeRawBufferPointer) {
  withFile(of: bytes) { path in
    guard let checkpoint = try? Checkpoint(path) else { return }
    _ = try? TrainingPosition(checkpoint, batchesPerEpoch: 100)
    if let architecture = try? RecurrentArchitecture(metadata: checkpoint.file.metadata) {
      _ = architecture.parameters
    }
  }
}

// MARK: Bytes as files

/// Calls `body` with the path of a file that holds `bytes`; the same one each time.
private func withFile(of bytes: UnsafeRawBufferPointer, _ body: (String) -> Void) {
  let path = scratchFolder + "/file"
  overwrite(path, bytes)
  body(path)
}

private func withFolder(holding name: String, _ bytes: UnsafeRawBufferPointer, _ body: (String) -> Void) {
  overwrite(scratchFolder + "/" + name, bytes)
  body(scratchFolder)
}

/// A new file, so that what a former input mapped is whole.
private func overwrite(_ path: String, _ bytes: UnsafeRawBufferPointer) {
  _ = unlink(path)
  guard let descriptor = try? createFile(path) else { fatalError("\(path) cannot be written") }
  defer { close(descriptor) }
  guard (try? writeAll(descriptor, bytes, path: path)) != nil else { fatalError("\(path) cannot be written") }
}

/// In memory where there is such a folder.
private let scratchFolder: String = {
  let path = (isDirectory("/dev/shm") ? "/dev/shm" : "/tmp") + "/inkling-fuzz-\(getpid())"
  guard (try? createDirectories(path)) != nil else { fatalError("\(path) cannot be made") }
  return path
}()

/// A classifier of languages that opens answers for any features.
@Sendable private func readLanguages(_ bytes: UnsafeRawBufferPointer) {
  guard let classifier = try? HashedClassifier(Array(bytes), path: "fuzz.languages") else { return }
  let probabilities = classifier.probabilities(of: bytes)
  precondition(probabilities.count == classifier.labels.count)
}

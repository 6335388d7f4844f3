import JSON
import LanguageModeling
import Neural
import NeuralTraining
import Platform
import Privacy

/// Puts a network that was trained elsewhere into a model directory, beside the n-grams that are there.
struct RecurrentImport {
  /// The weights: a safetensors file.
  let file: String
  /// What the person called it.
  let name: String
  /// The model that takes them.
  let output: String
  /// The network's types, one a line in the order of its rows; nil when they are the model's.
  let vocabularyPath: String?
  let reporter: BuildReporter

  func run() throws(Failure) {
    guard fileExists(output + "/" + ModelDirectory.descriptionName) else {
      throw Failure(
        output, why: "is no model to take the network", remedy: "train the n-grams of the same text first")
    }
    let model = try ModelDirectory(output)
    guard try model.kind() == .language else {
      throw Failure(
        output, why: "is no language model, which alone has a network of words to come",
        remedy: "name the model of the same text")
    }
    let weights = try ImportedWeights(file)
    let vocabulary = try model.vocabulary()
    guard vocabulary.count(ofForgotten: try ForgottenList.read(besideModel: output)) == 0 else {
      throw Failure(
        output, why: "its vocabulary has words that were forgotten since it was trained",
        remedy: "train the n-grams and the network again, without them")
    }
    if let digest = weights.vocabularyDigest, vocabularyPath == nil,
      digest != model.file(ModelDirectory.vocabularyName).map({ XXH64.digest($0.bytes) })
    {
      throw Failure(
        name, why: "was trained with another vocabulary than that of \(output)",
        remedy: "train the model on the same files as the network, or name the rows' types with --vocabulary")
    }
    let tokens = try vocabularyPath.map { path throws(Failure) in try rows(path, vocabulary) }
    var writer = try ModelOutput(output, reporter: reporter)
    for (key, value) in model.description where !["format", "version", "files", "checksum"].contains(key) {
      writer[key] = value
    }
    // What reads backwards joins its vectors with those of the network that goes.
    let replaced = [ModelDirectory.recurrentName, ModelDirectory.backwardName]
    for (name, mapped) in model.files where !replaced.contains(name) {
      try writer.write(name, Array(mapped.bytes))
      try mapped.checkIsWhole()
    }
    do throws(Failure) {
      try weights.write(
        to: writer.path(of: ModelDirectory.recurrentName), tokens: tokens, vocabularyCount: vocabulary.count)
    } catch { throw writer.explained(error) }
    try writer.add(ModelDirectory.recurrentName)
    let architecture = weights.architecture
    let network = ImportedNetwork(
      importedFrom: name, output: output, architecture: architecture, absentBiases: weights.absentBiases,
      unusedTensors: weights.unusedTensors)
    writer["recurrent"] = .object(network.description)
    try writer.commit(log: nil)
    reporter.report(.imported(network))
  }

  /// The model's id of each row of the network.
  private func rows(_ path: String, _ vocabulary: Vocabulary) throws(Failure) -> [UInt32] {
    var bytes = try readNamedInput(path, limit: 1 << 30)[...]
    if bytes.hasByteOrderMark { bytes.removeFirst(3) }
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    // A type may hold a carriage return itself, so that only a file that has one before every line feed is of Windows.
    let endsInReturns = !lines.isEmpty && lines.allSatisfy { $0.last == 0x0D }
    var result: [UInt32] = []
    for (index, whole) in lines.enumerated() {
      let line = endsInReturns ? whole.dropLast() : whole
      // PyTorch programs often write <eos> where others write </s>.
      let type = line.elementsEqual("<eos>".utf8) ? Array("</s>".utf8)[...] : line
      guard let id = vocabulary.id(of: type) else {
        throw Failure(
          "\(path):\(index + 1)",
          why: "the model's vocabulary lacks \"\(String(decoding: line, as: UTF8.self))\"",
          remedy: "train the n-grams on the text that the network was trained on")
      }
      result.append(id.rawValue)
    }
    return result
  }
}

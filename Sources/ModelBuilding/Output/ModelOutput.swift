import JSON
import LanguageModeling
import Platform
import Prediction

/// A model directory being made: removed if a signal or an error ends the run, put in its place when it is whole.
struct ModelOutput: ~Copyable {
  private var writer: ModelDirectoryWriter
  private let reporter: BuildReporter
  /// As it was given.
  let path: String

  /// - Throws: `Failure` where something is that is neither empty nor a model.
  init(_ path: String, reporter: BuildReporter) throws(Failure) {
    writer = try ModelDirectoryWriter(path)
    self.path = path
    self.reporter = reporter
  }

  /// Looks whether a model may be put at `path`, before anything is read for it.
  static func check(_ path: String) throws(Failure) {
    var writer = try ModelDirectoryWriter(path)
    writer.cancel()
  }

  /// Where to write the file `name`.
  func path(of name: String) -> String { writer.path(of: name) }

  subscript(key: String) -> JSON? {
    get { writer[key] }
    set { writer[key] = newValue }
  }

  mutating func add(_ name: String) throws(Failure) {
    do throws(Failure) { try writer.add(name) } catch { throw explained(error) }
  }

  mutating func write(_ name: String, _ bytes: [UInt8]) throws(Failure) {
    do throws(Failure) { try writer.write(name, bytes) } catch { throw explained(error) }
  }

  /// Writes a file piece by piece.
  mutating func write(
    _ name: String,
    content: (_ write: (UnsafeRawBufferPointer) throws(Failure) -> Void) throws(Failure) -> Void
  ) throws(Failure) {
    do throws(Failure) { try writer.write(name, content: content) } catch { throw explained(error) }
  }

  /// From so many types on reading a vocabulary through takes longer than a key may.
  private static let leastIndexedTypeCount = 1 << 17

  /// Writes the vocabulary and, if it is large, what saves whoever opens it making indexes of it each time.
  mutating func writeVocabulary(_ vocabulary: Vocabulary) throws(Failure) {
    try write(ModelDirectory.vocabularyName, vocabulary.serialized())
    guard vocabulary.count >= Self.leastIndexedTypeCount else { return }
    do throws(Failure) {
      let file = try MappedFile(path(of: ModelDirectory.vocabularyName))
      writeOptional(ModelDirectory.placesName, try Vocabulary.places(of: file))
      let digest = XXH64.hash(file.bytes)
      file.releasePages(upTo: file.count)
      writeOptional(
        NameIndexFile.name,
        NameIndexFile.content(for: vocabulary, digest: digest, threadCount: NGramTraining.threadCount))
    } catch { throw explained(error) }
  }

  /// Writes a file that the model can do without, and warns if that fails.
  mutating func writeOptional(_ name: String, _ bytes: [UInt8]) {
    if let problem = writer.writeOptional(name, bytes) { warnWithout(problem) }
  }

  /// Takes files out again.
  mutating func remove(_ names: [String]) {
    for name in names { writer.removeFile(name) }
  }

  /// A failure in words that a person can do something with: of the file's own place, and with what the model's state is.
  func explained(_ failure: Failure) -> Failure {
    var result = failure.said(of: writer.place, insteadOf: writer.temporaryPath)
    guard result.what != failure.what else { return failure }
    let state = writer.replaces ? "the old model is untouched" : "nothing was written"
    result.remedy = result.remedy.isEmpty ? state : "\(result.remedy); \(state)"
    return result
  }

  private func warnWithout(_ problem: Failure) {
    let warning = problem.said(of: writer.place, insteadOf: writer.temporaryPath)
    reporter.warn(
      Failure(
        warning.what, why: "left out of the model, which does without: \(problem.why)",
        remedy: "free some space and train again if you want it"))
  }

  /// Writes what was logged, if there is something, and puts the directory in its place.
  mutating func commit(log: [UInt8]?) throws(Failure) {
    if let log { writeOptional(ModelDirectory.trainingLogName, log) }
    let problems: [Failure]
    do throws(Failure) { problems = try writer.commit() } catch { throw explained(error) }
    for problem in problems {
      if problem.what.hasSuffix("/" + ModelDirectory.trainingLogName)
        || problem.what.hasSuffix("/" + ModelDirectory.reportName)
      {
        warnWithout(problem)
      } else {
        reporter.warn(problem)
      }
    }
    guard OutputChecks.defaultOutputs.contains(path), let slash = path.lastIndex(of: "/") else { return }
    let ignoreFile = path[..<slash] + "/.gitignore"
    guard !fileExists(String(ignoreFile)) else { return }
    do throws(Failure) { try writeFileAtomically(String(ignoreFile), Array("*\n".utf8), mode: 0o644) } catch {
      reporter.warn(error)
    }
  }

  /// Removes what was written so far.
  mutating func cancel() { writer.cancel() }
}

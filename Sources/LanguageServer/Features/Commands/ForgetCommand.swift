import Corpora
import JSON
import LanguageModeling
import LanguageServerProtocol
import Lexing
import Platform
import Prediction
import Privacy

/// `inkling.forget`: keeps a word, a file or a folder out of every answer from now on, and out of the next training.
/// The argument is the word, or an object of `word` or of `uri`.
enum ForgetCommand: ServerCommand {
  static let name = "inkling.forget"

  static func begin(
    _ params: ExecuteCommandParams, _ context: RequestContext, _ answer: @escaping Answer<JSON>
  ) throws(JSONError) {
    let argument = params.arguments[0]
    let isObject = argument.value?.objectValue != nil
    let named = try isObject ? argument["word"].optional?.string() : argument.string()
    // Who gives a file's URI alone means the file: no word has a scheme.
    let isURI = !isObject && named?.hasPrefix("file:") == true
    let word = isURI ? nil : named
    let uri = try isURI ? named : isObject ? argument["uri"].optional?.string() : nil
    let path = uri.flatMap { folderPath(ofURI: $0) }
    guard word?.isEmpty == false || path != nil else {
      throw argument.mismatch(expected: "a word, or an object with word or with the uri of a file")
    }
    // Off the lanes: a large workspace is read.
    do throws(Failure) {
      let forgetting = Forgetting(context.services)
      try startThread {
        do throws(Failure) {
          answer(.success(try forgetting.forget(word: word, path: path)))
        } catch { answer(.failure(ResponseError(.requestFailed, error.description))) }
      }
    } catch { answer(.failure(ResponseError(.requestFailed, error.description))) }
  }
}

/// Forgetting in every model that is in use, and in those of workspace folders.
struct Forgetting: Sendable {
  private let services: Services

  init(_ services: Services) { self.services = services }

  func forget(word: String?, path: String?) throws(Failure) -> JSON {
    let homes = modelHomes()
    guard !homes.isEmpty else {
      throw Failure(
        "nothing to forget it in", why: "there is no model and no workspace folder",
        remedy: "closing the document forgets its words")
    }
    let real = path.map { realPath($0) ?? $0 }
    var words: Set<String> = []
    if let real {
      guard !real.contains(where: \.isNewline) else {
        throw Failure(real, why: "has a line end in its name", remedy: "rename it, or name the folder")
      }
      try checkLeavesSomething(real)
      words = wordsOfFiles(below: real)
    }
    if let word { try checkIsWord(word) }
    try change(homes) { list in
      if let word { list.forget(word: word) }
      if let real { list.forget(path: real) }
      if real != nil { list.forgetUntilTrainedAgain(words) }
    }
    if let real, !words.isEmpty {
      // At once all of its words were withheld; those that others have as well come back.
      let lasting = wordsOnlyIn(words, path: real)
      try change(homes) { $0.keepOfLatest(lasting) }
      words = lasting
    }
    let trained = retrain(homes)
    let networks = homes.filter { fileExists($0 + "/" + ModelDirectory.recurrentName) }
    var message = "“\(word ?? path ?? "")” is kept out of every answer from now on. "
    if word == nil && words.isEmpty {
      message =
        "“\(path ?? "")” will not be learned. No word is withheld: none was found that stands there alone. "
    }
    message +=
      trained.count == homes.filter { fileExists($0 + "/model.json") }.count
      ? "Its counts leave the n-gram models with the training that begins now."
      : "Its counts leave the n-gram models when they are trained again: inkling-train leaves it out."
    if !networks.isEmpty {
      message += " What a network has learned of it only training the network again can remove."
    }
    services.connection.show(.info, message)
    return [
      "message": .string(message), "withheldWords": JSON(words.count + (word == nil ? 0 : 1)),
      "models": .array(homes.map(JSON.string)), "training": .array(trained.map(JSON.string)),
      "needRetraining": .array(networks.map(JSON.string)),
    ]
  }

  /// - Throws: `Failure` where a path holds a whole workspace folder: nothing of it could be learned any more.
  private func checkLeavesSomething(_ path: String) throws(Failure) {
    for folder in services.settings.folders.compactMap({ folderPath(ofURI: $0.uri) }) {
      let folder = realPath(folder) ?? folder
      guard folder != path, isPath(folder, atOrBelow: path) else { continue }
      throw Failure(
        path, why: "holds the whole of \(folder), of which nothing could be learned any more",
        remedy: "name a file or a folder in it")
    }
  }

  /// - Throws: `Failure` where a text is no token of any language: what is withheld are tokens.
  private func checkIsWord(_ word: String) throws(Failure) {
    guard word.contains(where: \.isWhitespace) else { return }
    throw Failure(
      "“\(word)”", why: "is not one word", remedy: "name each word that is to be forgotten, one at a time")
  }

  /// The model directories that a list of what was forgotten belongs to: those in use, and those of workspace folders.
  private func modelHomes() -> [String] {
    let settings = services.settings
    let trust = settings.current.trust
    var homes = Set(
      services.documents.all.map(\.identity).compactMap {
        ModelEngines.home(of: $0, modelPath: settings.settings(for: $0.uri).model, trust: trust)
      })
    for folder in settings.folders.compactMap({ folderPath(ofURI: $0.uri) }) {
      if let home = ModelLocator.locate(documentPath: folder, environment: { _ in nil }, trust: trust)
        ?? WorkspaceModels.modelPath(forFolder: folder)
      {
        homes.insert(home)
      }
    }
    // What is below them and the person's own says it too; what others keep is silenced by the lists of the others.
    for model in services.documents.engines.status() {
      homes.formUnion(model.layers.filter { $0.kind == .person }.compactMap(\.path))
    }
    return homes.sorted()
  }

  private func change(_ homes: [String], _ body: (inout ForgottenList) -> Void) throws(Failure) {
    let trust = services.settings.current.trust
    for home in homes {
      let file = ForgottenList.path(besideModel: home)
      if let root = trust.projectRoot(atOrAbove: home), let refusal = trust.refusal(of: file, inProject: root)
      {
        throw refusal
      }
      var list = try ForgottenList.read(besideModel: home)
      if list.isEmpty { list = ForgottenList(salt: (0..<16).map { _ in UInt8.random(in: 0 ... .max) }) }
      body(&list)
      try list.write(besideModel: home)
    }
    services.models.reopenEngines()
    services.publisher.refreshMarks()
  }

  /// Trains the workspaces' own models again, where that is wanted or going on; the user's and the projects' are theirs
  /// to train.
  ///
  /// - Returns: the models.
  private func retrain(_ homes: [String]) -> [String] {
    var started: [String] = []
    let trainer = services.trainer
    for folder in services.settings.folders {
      guard let path = folderPath(ofURI: folder.uri),
        let home = WorkspaceModels.modelPath(forFolder: path), homes.contains(home)
      else { continue }
      // A training that is going on has read already what must not be learned any more.
      if trainer.queue.beginAnew(folder: path) {
        started.append(home)
      } else if services.settings.settings(ofFolderAndProject: folder.uri).trainsWorkspaces,
        fileExists(home + "/model.json"),
        !fileExists(home + "/" + ModelDirectory.recurrentName)
      {
        trainer.train(TrainingQueue.Job(folder: path, output: home, isExplicit: false))
        started.append(home)
      }
    }
    return started
  }

  /// The words of the files at or below a path.
  private func wordsOfFiles(below path: String) -> Set<String> {
    var words: Set<String> = []
    forEachFile(below: [path], forgotten: []) { tokens in
      words.formUnion(tokens)
      return true
    }
    return words
  }

  /// Those of the words that neither open documents nor other files of the workspace have.
  private func wordsOnlyIn(_ words: Set<String>, path: String) -> Set<String> {
    var rest = words
    for document in services.documents.all {
      guard let file = document.identity.path, !isPath(file, atOrBelow: path) else { continue }
      if let bytes = document.withContent({ $0.text.buffer.allBytes }) {
        rest.subtract(Self.words(of: bytes, .plainText))
      }
    }
    let roots = services.settings.folders.compactMap { folderPath(ofURI: $0.uri) }.filter(isDirectory)
    if !roots.isEmpty {
      forEachFile(below: roots, forgotten: [path]) { tokens in
        rest.subtract(tokens)
        return !rest.isEmpty
      }
    }
    return rest
  }

  /// Calls `body` with the words of files below paths until it says false, or until more was read than a person waits for.
  private func forEachFile(below paths: [String], forgotten: [String], _ body: (Set<String>) -> Bool) {
    // A home folder or the whole disk is forgotten by its path alone.
    let paths = paths.filter { !isDirectory($0) || !WorkspaceModels.isTooLarge($0) }
    guard !paths.isEmpty, let grammars = try? GrammarLibrary.standard() else { return }
    var options = CorpusOptions()
    options.forgottenPaths = forgotten
    options.heldOutShare = 0
    options.entryLimit = 100_000
    options.ignoreStepLimit = 1 << 25
    guard var walker = try? CorpusWalker(paths: paths, options: options, grammars: grammars) else { return }
    var report = CorpusReport()
    var room = 256 << 20
    while room > 0, let file = walker.next(&report) {
      guard let bytes = try? file.contents(limit: options.fileByteLimit) else { continue }
      room -= bytes.count
      let grammar = (try? grammars.grammar(languageID: file.languageID)) ?? .plainText
      if !body(Self.words(of: TextDecoding.text(bytes), grammar)) { return }
    }
  }

  /// Names and words, not punctuation or numbers.
  private static func words(of bytes: [UInt8], _ grammar: Grammar) -> Set<String> {
    var words: Set<String> = []
    for token in Lexer(grammar).tokens(of: bytes) where token.kind == .identifier || token.kind == .word {
      words.insert(String(decoding: bytes[token.byteRange], as: UTF8.self))
    }
    return words
  }
}

import Corpora
import JSON
import LanguageModeling
import Lexing
import Platform
import Prediction
import Privacy

extension Session {
  /// The commands of `workspace/executeCommand`.
  static let commands = ["inkling.train", "inkling.explain", "inkling.forget", "inkling.accept"]

  /// `inkling.accept`: puts a word into the dictionary of a document's project, or into the user's.
  func accept(_ arguments: JSONDecoding, _ answer: @escaping Answer) {
    do throws(JSONError) {
      let word = try arguments[0].string()
      let uri = arguments[1].stringIfAny ?? ""
      guard Self.isSingleLine(word) else { throw arguments[0].mismatch(expected: "a word") }
      let root =
        state.withLock { $0.scopes[uri]?.projectRoot }
        ?? (uri.isEmpty ? nil : workspaceFolder(of: uri)?.path)
      guard
        let path = root.map({ $0 + "/" + ProjectFiles.dictionaryPath }) ?? ProjectFiles.userDictionaryPath()
      else { return answer(.failure(ResponseError(.requestFailed, "there is no place for a dictionary"))) }
      do throws(Failure) {
        let trust = state.withLock { $0.settings.trust }
        if let root, let refusal = trust.refusal(ofProject: root) ?? trust.refusal(of: path, inProject: root)
        {
          throw refusal
        }
        try ProjectFiles.add(word, to: path)
        checkProjects()
        answer(.success(["word": .string(word), "dictionary": .string(path)]))
      } catch { answer(.failure(ResponseError(.requestFailed, error.description))) }
    } catch { answer(.failure(.invalidParams(error))) }
  }

  // MARK: Explaining

  /// `inkling.explain`: what was learned of a word, and by whom. The argument is the word, or an object of `word` and,
  /// to learn how probable it is at a place, `textDocument` and `position`.
  func explain(_ arguments: JSONDecoding, _ context: RequestContext, _ answer: @escaping Answer) {
    do throws(JSONError) {
      let argument = arguments[0]
      let isObject = argument.value?.objectValue != nil
      let word = try isObject ? argument["word"].string() : argument.string()
      let place = isObject ? try? argument["position"].position() : nil
      let uri = isObject ? argument["textDocument"]["uri"].value?.stringValue : nil
      let documents = state.withLock { $0.documents }.sorted { $0.key < $1.key }.map(\.value)
      scheduler.submit(.background, in: modelCheck.lane) { [self] in
        // Documents that were opened just before are read first.
        let areOpen = documents.allSatisfy { $0.isClosed.isRaised || $0.withContent { _ in true } != nil }
        guard areOpen else { return .unfinished }
        answer(.success(explanation(of: word, documents, at: uri, place, context.encoding)))
        return .done
      }
    } catch { answer(.failure(.invalidParams(error))) }
  }

  private func explanation(
    of word: String, _ documents: [OpenDocument], at uri: String?, _ position: Position?,
    _ encoding: PositionEncoding
  ) -> JSON {
    var open: [JSON] = []
    var files: [String: Int] = [:]
    var components: [JSON] = []
    var isWithheld = SecretDetector.isSecret(Array(word.utf8))
    var isInVocabulary = false
    var unigram: Double?
    for document in documents {
      let isPlace = document.identity.uri == uri
      let found = document.withContent { content in
        let offset = isPlace ? position.map { content.text.byteOffset(of: $0, encoding) } : nil
        return (content.engine.knowledge(of: word, at: offset), Self.lines(with: word, in: content.text))
      }
      guard let (knowledge, lines) = found, let knowledge else { continue }
      isWithheld = isWithheld || knowledge.isWithheld
      isInVocabulary = isInVocabulary || knowledge.isInVocabulary
      unigram = unigram ?? knowledge.unigramProbability
      for file in knowledge.files { files[file.key] = file.count }
      if knowledge.documentCount > 0 {
        open.append([
          "uri": .string(document.identity.uri), "count": JSON(knowledge.documentCount),
          "lines": .array(lines),
        ])
      }
      if isPlace {
        components = knowledge.shares.map {
          ["component": .string($0.component.rawValue), "probability": JSON($0.probability)]
        }
      }
    }
    let models = engines.status().compactMap { $0.problem == nil ? $0.path : nil }
    return [
      "word": .string(word), "isWithheld": .bool(isWithheld), "isInVocabulary": .bool(isInVocabulary),
      "unigramProbability": unigram.map { JSON($0) } ?? .null, "models": .array(models.map(JSON.string)),
      "components": .array(components), "documents": .array(open),
      "files": .array(
        files.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
          ["path": .string($0.key), "count": JSON($0.value)]
        }),
    ]
  }

  /// The first few lines that hold a word: the contexts that it was learned in.
  private static func lines(with word: String, in text: SourceText) -> [JSON] {
    let needle = Array(word.utf8)
    guard !needle.isEmpty else { return [] }
    let bytes = text.buffer.allBytes
    var found: [JSON] = []
    func isPart(_ offset: Int) -> Bool {
      guard bytes.indices.contains(offset) else { return false }
      let byte = bytes[offset]
      return byte >= 0x80 || byte == 0x5F || (0x30...0x39).contains(byte)
        || (0x61...0x7A).contains(byte | 0x20)
    }
    for line in 0..<text.lines.lineCount where found.count < 5 {
      let content = text.contentRange(ofLine: line)
      var offset = content.lowerBound
      while offset + needle.count <= content.upperBound {
        if bytes[offset] == needle[0], bytes[offset..<offset + needle.count].elementsEqual(needle),
          !isPart(offset - 1), !isPart(offset + needle.count)
        {
          let shown = String(decoding: bytes[content].prefix(200), as: UTF8.self)
          found.append(["line": JSON(line), "text": .string(shown)])
          break
        }
        offset += 1
      }
    }
    return found
  }

  // MARK: Forgetting

  /// `inkling.forget`: keeps a word, a file or a folder out of every answer from now on, and out of the next training.
  /// The argument is the word, or an object of `word` or of `uri`.
  func forget(_ arguments: JSONDecoding, _ answer: @escaping Answer) {
    do throws(JSONError) {
      let argument = arguments[0]
      let isObject = argument.value?.objectValue != nil
      let word = try isObject ? argument["word"].optional?.string() : argument.string()
      let uri = try isObject ? argument["uri"].optional?.string() : nil
      let path = Self.trimmed(uri.flatMap { filePath(ofURI: $0) })
      guard word?.isEmpty == false || path != nil else {
        throw argument.mismatch(expected: "a word, or an object with word or with the uri of a file")
      }
      // Off the lanes: a large workspace is read.
      do throws(Failure) {
        try startThread { [self] in
          do throws(Failure) {
            answer(.success(try forget(word: word, path: path)))
          } catch { answer(.failure(ResponseError(.requestFailed, error.description))) }
        }
      } catch { answer(.failure(ResponseError(.requestFailed, error.description))) }
    } catch { answer(.failure(.invalidParams(error))) }
  }

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
      words = wordsOfFiles(below: real)
    }
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
    message +=
      trained.count == homes.filter { fileExists($0 + "/model.json") }.count
      ? "Its counts leave the n-gram models with the training that begins now."
      : "Its counts leave the n-gram models when they are trained again: inkling-train leaves it out."
    if !networks.isEmpty {
      message += " What a network has learned of it only training the network again can remove."
    }
    show(.info, message)
    return [
      "message": .string(message), "withheldWords": JSON(words.count + (word == nil ? 0 : 1)),
      "models": .array(homes.map(JSON.string)), "training": .array(trained.map(JSON.string)),
      "needRetraining": .array(networks.map(JSON.string)),
    ]
  }

  /// The model directories that a list of what was forgotten belongs to: those in use, and those of workspace folders.
  private func modelHomes() -> [String] {
    let (documents, folders, trust) = state.withLock {
      ($0.documents.values.map(\.identity), $0.folders, $0.settings.trust)
    }
    var homes = Set(
      documents.compactMap {
        ModelEngines.home(of: $0, modelPath: settings(for: $0.uri).model, trust: trust)
      })
    for folder in folders.compactMap({ Self.trimmed(filePath(ofURI: $0.uri)) }) {
      if let home = ModelLocator.locate(documentPath: folder, environment: { _ in nil }, trust: trust)
        ?? WorkspaceModels.modelPath(forFolder: folder)
      {
        homes.insert(home)
      }
    }
    return homes.sorted()
  }

  private func change(_ homes: [String], _ body: (inout ForgottenList) -> Void) throws(Failure) {
    let trust = state.withLock { $0.settings.trust }
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
    reopenEngines()
    refreshDiagnostics()
  }

  /// Trains the workspaces' own models again, where that is wanted or going on; the user's and the projects' are theirs
  /// to train.
  ///
  /// - Returns: the models.
  private func retrain(_ homes: [String]) -> [String] {
    var started: [String] = []
    for folder in state.withLock({ $0.folders }) {
      guard let path = Self.trimmed(filePath(ofURI: folder.uri)),
        let home = WorkspaceModels.modelPath(forFolder: path), homes.contains(home)
      else { continue }
      // A training that is going on has read already what must not be learned any more.
      if training.beginAnew(folder: path) {
        started.append(home)
      } else if folderSettings(folder.uri).trainsWorkspaces, fileExists(home + "/model.json"),
        !fileExists(home + "/" + ModelDirectory.recurrentName)
      {
        train(WorkspaceTraining.Job(folder: path, output: home, isExplicit: false))
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
    let (documents, folders) = state.withLock { (Array($0.documents.values), $0.folders) }
    for document in documents {
      guard let file = document.identity.path, !isPath(file, atOrBelow: path) else { continue }
      if let bytes = document.withContent({ $0.text.buffer.allBytes }) {
        rest.subtract(Self.words(of: bytes, .plainText))
      }
    }
    let roots = folders.compactMap { Self.trimmed(filePath(ofURI: $0.uri)) }.filter(isDirectory)
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

import JSON

extension Session {
  /// `textDocument/diagnostic`: improbable text, computed in the background and answered when whole.
  func pullDiagnostics(_ params: JSONDecoding, _ context: RequestContext, _ answer: @escaping Answer) {
    do throws(ResponseError) {
      let document = try document(of: params)
      let settings = context.settings.diagnostics
      guard settings.isEnabled else { return answer(.success(["kind": "full", "items": []])) }
      let previous = params["previousResultId"].value?.stringValue
      learnSurprisals(
        of: document, unless: { context.isCancelled.isRaised }, abandoned: { answer(.failure(.cancelled)) },
        finished: { content in
          let items = Self.diagnostics(
            Self.marked(content, settings), content, settings, context.encoding)
          let result = Self.resultID(items)
          if result == previous {
            answer(.success(["kind": "unchanged", "resultId": .string(result)]))
          } else {
            answer(.success(["kind": "full", "resultId": .string(result), "items": .array(items)]))
          }
        })
    } catch { answer(.failure(error)) }
  }

  /// Equal marks have equal names, whatever happened in between.
  private static func resultID(_ items: [JSON]) -> String {
    // FNV-1a (Fowler, Noll, Vo), 64 bits.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in JSON.array(items).serialized() { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return String(hash, radix: 16)
  }

  /// Pushes marks to a client that cannot pull, once nothing was typed for a while.
  func schedulePush(_ document: OpenDocument) {
    let (client, settings, encoding) = state.withLock {
      ($0.client, $0.settings(for: document.identity.uri).diagnostics, $0.encoding)
    }
    guard !client.pullsDiagnostics, settings.isEnabled,
      let revision = document.withContent({ $0.revision })
    else { return }
    scheduler.schedule(afterMilliseconds: settings.delayMilliseconds) { [self] in
      // A later edit has scheduled a push of its own.
      let isStale: @Sendable () -> Bool = { document.isClosed.isRaised }
      scheduler.submit(
        .background, in: document.lane,
        once: { [self] in
          guard document.withContent({ $0.revision }) == revision else { return }
          learnSurprisals(
            of: document, unless: isStale, abandoned: {},
            finished: { content in
              guard content.revision == revision else { return }
              self.push(
                Self.diagnostics(Self.marked(content, settings), content, settings, encoding),
                for: document, version: content.version)
            })
        })
    }
  }

  func push(_ diagnostics: [JSON], for document: OpenDocument, version: Int?) {
    var params: JSONObject = ["uri": .string(document.identity.uri)]
    params["version"] = version.map { JSON($0) }
    params["diagnostics"] = .array(diagnostics)
    notify("textDocument/publishDiagnostics", .object(params))
  }

  /// What was shown is out of date: pulling clients are asked to pull, the others are pushed to.
  func refreshDiagnostics() {
    let (client, documents, phase) = state.withLock { ($0.client, Array($0.documents.values), $0.phase) }
    guard phase == .initialized else { return }
    if client.pullsDiagnostics {
      if client.refreshesDiagnostics && !documents.isEmpty { request("workspace/diagnostic/refresh", nil) }
    } else {
      for document in documents {
        if settings(for: document.identity.uri).diagnostics.isEnabled {
          scheduler.submit(.background, in: document.lane, once: { [self] in schedulePush(document) })
        } else {
          push([], for: document, version: nil)
        }
      }
    }
  }

  /// Whether a token is to be marked.
  static func isMarked(
    _ surprisal: Surprisal, _ content: DocumentContent, _ settings: Settings.Diagnostics
  ) -> Bool {
    settings.marks(surprisal)
      && !(settings.acceptedWords.count > 0 && settings.accepts(content.string(in: surprisal.byteRange)))
  }

  /// What is to be marked of what is known: the most surprising tokens, in the order of the text.
  private static func marked(_ content: DocumentContent, _ settings: Settings.Diagnostics) -> [Surprisal] {
    var chosen = content.surprisals.known { isMarked($0, content, settings) }
    if chosen.count > settings.limit {
      chosen.sort { $0.bits > $1.bits }
      chosen.removeLast(chosen.count - settings.limit)
      chosen.sort { $0.byteRange.lowerBound < $1.byteRange.lowerBound }
    }
    return chosen
  }

  /// A diagnostic for each token.
  ///
  /// - Parameter tokens: in the order of the text.
  static func diagnostics(
    _ tokens: [Surprisal], _ content: DocumentContent, _ settings: Settings.Diagnostics,
    _ encoding: PositionEncoding
  ) -> [JSON] {
    var positions = PositionReader(content.text, encoding)
    return tokens.map { surprisal in
      [
        "range": positions.range(surprisal.byteRange),
        "severity": JSON(settings.severity.number),
        "code": "improbable", "source": "inkling", "message": .string(message(surprisal, content)),
      ]
    }
  }

  static func message(_ surprisal: Surprisal, _ content: DocumentContent) -> String {
    let token = content.string(in: surprisal.byteRange)
    let start = "“\(token)” is improbable here (\(bits(surprisal.bits)) bits)"
    let expected = surprisal.expected.filter { isSingleLine($0.text) }.prefix(3)
      .map { "“\($0.text)” \(percentage($0.probability))" }
    return expected.isEmpty ? start : start + "; more probable: " + expected.joined(separator: ", ")
  }
}

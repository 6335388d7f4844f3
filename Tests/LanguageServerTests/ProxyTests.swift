import JSON
import LanguageServerProtocol
import Platform
import Testing

@testable import LanguageServer

@Suite struct ProxyTests {
  @Test func passesEveryByteOfWhatItDoesNotKnow() {
    let proxy = ProxyFixture()
    var random = SplitMix64(seed: 5)
    let pieces: [[UInt8]] = [
      MessageFramer.frame(Array(#"{"jsonrpc":"2.0","id":"é","method":"x/y","params":[1.0,1e400]}"#.utf8)),
      Array("content-length:5\nX-Other: 1\n\n{\"a\":".utf8), Array("Content-Length: 99\r\n\r\n{".utf8),
      Array("Content-Length: x\r\n\r\n".utf8), [0xFF, 0xFE, 0x00],
      Array("Content-Type: a\r\nContent-Length: 2\r\n\r\n[]".utf8),
      Array("junk\r\n\r\n".utf8),
      MessageFramer.frame(Array("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":null}".utf8)),
    ]
    for _ in 0..<repetitions(usually: 300, thoroughly: 20_000) {
      var stream: [UInt8] = []
      for _ in 0..<8 { stream += pieces[Int(random.next() % UInt64(pieces.count))] }
      if random.next() % 2 == 0 {
        stream[Int(random.next() % UInt64(stream.count))] = UInt8(random.next() % 256)
      }
      var splitter = FrameSplitter()
      var rest = stream[...]
      var passed: [UInt8] = []
      while !rest.isEmpty {
        let count = min(rest.count, 1 + Int(random.next() % 64))
        splitter.append(Array(rest.prefix(count)))
        rest = rest.dropFirst(count)
        while let piece = splitter.next() { passed += piece.bytes }
      }
      #expect(passed + splitter.rest() == stream)
    }
    for piece in pieces {
      proxy.session.receive(fromServer: piece)
      proxy.session.receive(fromEditor: piece)
    }
    proxy.session.endOfEditor()
    proxy.session.serverEnded("ended")
    #expect(proxy.serverBytes == pieces.flatMap { $0 })
    #expect(proxy.editorBytes.starts(with: pieces.flatMap { $0 }))
  }

  @Test func putsTheServersItemsInOrder() throws {
    let proxy = ProxyFixture()
    proxy.start(text: "pear apple pear plum pear plum\n")
    _ = (proxy.editorBytes, proxy.serverBytes)
    proxy.complete()
    #expect(ProxyFixture.messages(proxy.serverBytes).first?["method"] == "textDocument/completion")
    proxy.server(
      #"{"jsonrpc":"2.0","id":2,"result":{"isIncomplete":false,"itemDefaults":{"data":1},"items":[ {"label":"apple","preselect":true,"data":12345678901234567890,"sortText":"a"}, {"label":"pear","kind":3,"insertText":"pear($1)","insertTextFormat":2,"commitCharacters":["("]},{"label":"plum","sortText":"c","data":{"x":[1.50]}} , {"label":"zebra"}]}}"#
    )
    let bytes = proxy.editorBytes
    let text = String(decoding: bytes, as: UTF8.self)
    // What is not about order is there byte for byte.
    #expect(text.contains("\"data\":12345678901234567890") && text.contains("[1.50]"))
    let result = try #require(ProxyFixture.messages(bytes).first?["result"])
    let items = result["items"]?.arrayValue ?? []
    #expect(items.map { $0["label"] } == ["pear", "plum", "apple", "zebra"])
    let sortTexts = items.compactMap { $0["sortText"]?.stringValue }
    #expect(sortTexts == sortTexts.sorted() && Set(sortTexts).count == 4)
    #expect(items.map { $0["preselect"]?.boolValue ?? false } == [true, false, false, false])
    #expect(items[0]["insertText"] == "pear($1)" && items[0]["commitCharacters"] == ["("])
    #expect(result["itemDefaults"]?["data"]?.doubleValue == 1 && result["isIncomplete"] == false)
  }

  /// While the server works on its list, what the ranking needs is made ready behind the edits before.
  @Test func expectsTheServersList() {
    let proxy = ProxyFixture()
    proxy.start(text: "one two\n")
    proxy.edit(to: "one two three\n")
    proxy.complete(character: 8)
    let places = proxy.engines.expectations.places.withLock { $0 }
    #expect(places.map(\.text) == ["one two three\n"] && places.map(\.byteOffset) == [8])
  }

  /// A long text keeps neither the next message from the server nor an answer from being right: Inkling reads it when there is time,
  /// or when it is asked.
  @Test func readsNothingOnTheWayToTheServer() throws {
    let scheduler = HeldScheduler()
    let proxy = ProxyFixture(combining: Settings.Combination(), scheduler: scheduler)
    proxy.start(text: "one two two\n")
    scheduler.runAll()
    _ = (proxy.serverBytes, proxy.editorBytes)
    proxy.edit(to: "one one one two two\n")
    #expect(ProxyFixture.messages(proxy.serverBytes).map { $0["method"] } == ["textDocument/didChange"])
    #expect(proxy.session.companion.untoldCount == 1)
    proxy.complete(id: "\"a\"")
    proxy.server(#"{"jsonrpc":"2.0","id":"a","result":[{"label":"two"},{"label":"one"}]}"#)
    #expect(proxy.session.companion.untoldCount == 0)
    let items = proxy.editorMessages.first?["result"]?.arrayValue ?? []
    #expect(items.map { $0["label"] } == ["one", "two"])
  }

  @Test func followsEdits() {
    let proxy = ProxyFixture()
    proxy.start(text: "one two two\n")
    proxy.edit(to: "one one one two two\n")
    _ = proxy.editorBytes
    proxy.complete(id: "\"a\"")
    proxy.server(#"{"jsonrpc":"2.0","id":"a","result":[{"label":"two"},{"label":"one"}]}"#)
    let items = proxy.editorMessages.first?["result"]?.arrayValue ?? []
    #expect(items.map { $0["label"] } == ["one", "two"])
  }

  @Test(arguments: ["null", "[]", #"{"isIncomplete":true,"items":[]}"#])
  func standsInWhereTheServerHasNothing(result: String) {
    for ownItems in ProxyOptions.OwnItems.allCases {
      let proxy = ProxyFixture { $0.ownItems = ownItems }
      proxy.start(text: "pear apple p\n")
      _ = proxy.editorBytes
      proxy.complete(character: 12)
      proxy.server(#"{"jsonrpc":"2.0","id":2,"result":\#(result)}"#)
      let answer = proxy.editorMessages.first?["result"]
      let items = answer?["items"]?.arrayValue ?? answer?.arrayValue ?? []
      #expect(items.map { $0["label"] } == (ownItems == .never ? [] : ["pear"]))
      guard let item = items.first else { continue }
      _ = proxy.serverBytes
      proxy.editor(#"{"jsonrpc":"2.0","id":3,"method":"completionItem/resolve","params":\#(item)}"#)
      #expect(proxy.serverBytes.isEmpty)
      #expect(proxy.editorMessages.first?["result"] == item)
    }
  }

  @Test func completesForAServerThatDoesNot() {
    let proxy = ProxyFixture()
    proxy.start(text: "pear apple p\n", capabilities: "{}")
    let capabilities = proxy.editorMessages.first?["result"]?["capabilities"]
    #expect(capabilities?["completionProvider"] != nil)
    _ = proxy.serverBytes
    proxy.complete(character: 12)
    #expect(proxy.serverBytes.isEmpty)
    #expect(proxy.editorMessages.first?["result"]?["items"]?[0]?["label"] == "pear")
  }

  @Test func combinesDiagnosticsWhereAsked() {
    let proxy = ProxyFixture(combining: Settings.Combination(diagnostics: true))
    proxy.start(text: "a quirk\n")
    proxy.scheduler.runTimers()
    let own = proxy.editorMessages.last { $0["method"] == "textDocument/publishDiagnostics" }
    #expect(own?["params"]?["diagnostics"]?.arrayValue?.count == 1)
    proxy.server(
      #"{"jsonrpc":"2.0","method":"textDocument/publishDiagnostics","params":{"uri":"\#(ProxyFixture.uri)","diagnostics":[{"message":"m"}]}}"#
    )
    let combined = proxy.editorMessages.last?["params"]?["diagnostics"]?.arrayValue ?? []
    #expect(combined.count == 2 && combined.first?["message"] == "m")
  }

  @Test func saysThatTheServerHasEnded() {
    let proxy = ProxyFixture { $0.outlivesServer = true }
    proxy.start(text: "pear apple p\n")
    proxy.editor(#"{"jsonrpc":"2.0","id":"h","method":"textDocument/hover","params":{}}"#)
    _ = proxy.editorBytes
    proxy.session.serverEnded("was ended by signal 9")
    let messages = proxy.editorMessages
    #expect(messages.contains { $0["id"] == "h" && $0["error"]?["code"] == -32603 })
    #expect(messages.contains { $0["method"] == "window/logMessage" })
    proxy.complete(id: "9", character: 12)
    #expect(proxy.editorMessages.first?["result"]?["items"]?[0]?["label"] == "pear")
    proxy.editor(#"{"jsonrpc":"2.0","id":10,"method":"textDocument/hover","params":{}}"#)
    #expect(proxy.editorMessages.first?["error"] != nil)
    proxy.editor(#"{"jsonrpc":"2.0","id":11,"method":"shutdown"}"#)
    #expect(proxy.editorMessages.first?["result"] == .null)
  }
}

@Suite struct JSONSpansTests {
  @Test func findsWhatAParserFinds() throws {
    let text = #" { "a" : [ 1 , "]\"}" , {"b":{}} , [] ] ,"c":null,"a":"\u00e9", "d" : -1.5e3 } "#
    let spans = JSONSpans(Array(text.utf8))
    let root = try #require(spans.root)
    let parsed = try JSON.parse(Array(text.utf8), limits: IncomingMessage.limits)
    #expect(spans.string(spans.member("a", of: root)) == "é")
    #expect(spans.json(spans.member("d", of: root)) == parsed["d"])
    let array = try #require(spans.members(of: root)?.first?.value)
    #expect(spans.elements(of: array)?.count == 4)
    #expect(spans.isLiteral(spans.member("c", of: root), "null"))
  }

  /// Long strings are passed over in pieces.
  @Test func findsTheEndsOfLongStrings() throws {
    for length in 0..<70 {
      for place in stride(from: 0, through: length, by: 3) {
        let filler = String(repeating: "x", count: place)
        let text = "[\"\(filler)\\\"]\(String(repeating: "y", count: length - place))\\\\\",{\"k\":\"\"}]"
        let spans = JSONSpans(Array(text.utf8))
        let root = try #require(spans.root)
        let elements = try #require(spans.elements(of: root))
        #expect(elements.count == 2)
        let parsed = try JSON.parse(text)
        #expect(spans.string(elements.first) == parsed[0]?.stringValue)
      }
    }
  }

  /// Whatever it is given, it ends and stays within the bytes.
  @Test func takesAnyBytes() {
    var random = SplitMix64(seed: 9)
    let alphabet = Array("{}[]\",:\\ 1tn\"{[".utf8)
    for _ in 0..<repetitions(usually: 20_000, thoroughly: 1_000_000) {
      let bytes = (0..<Int(random.next() % 24)).map { _ in
        alphabet[Int(random.next() % UInt64(alphabet.count))]
      }
      let spans = JSONSpans(bytes)
      guard let root = spans.root else { continue }
      for member in spans.members(of: root) ?? [] {
        _ = (spans.json(member.value), spans.string(member.value))
      }
      for element in spans.elements(of: root) ?? [] { _ = spans.members(of: element) }
      _ = ProxiedMessage(bytes)
      _ = ProxiedCompletions(spans, result: root)
    }
  }
}

import JSON
import LanguageServerProtocol
import Testing

@testable import LanguageServer

/// What of Inkling's stands beside another server's.
@Suite struct ProxyCombinationTests {
  private static let all = Settings.Combination(
    diagnostics: true, hover: true, codeActions: true, semanticTokens: true)
  private static let editor =
    #"{"capabilities":{"workspace":{"semanticTokens":{"refreshSupport":true}},"textDocument":{"completion":{},"hover":{"contentFormat":["markdown"]},"codeAction":{"codeActionLiteralSupport":{}},"semanticTokens":{}}}}"#
  private static let server =
    #"{"completionProvider":{},"hoverProvider":true,"codeActionProvider":{"codeActionKinds":["refactor"]},"executeCommandProvider":{"commands":["x.y"]},"semanticTokensProvider":{"legend":{"tokenTypes":["a","b"],"tokenModifiers":["m"]},"full":{"delta":true},"range":true}}"#

  private func started(
    _ combination: Settings.Combination = all, text: String = "a quirk b\n", capabilities: String = server,
    params: String = editor
  ) -> ProxyFixture {
    let proxy = ProxyFixture(combining: combination)
    proxy.start(text: text, capabilities: capabilities, params: params)
    return proxy
  }

  /// What the editor gets for the server's answer to a request.
  private func answer(
    _ proxy: ProxyFixture, _ method: String, character: Int? = nil, result: String
  ) -> JSON? {
    _ = (proxy.editorBytes, proxy.serverBytes)
    proxy.ask(method, id: 7, character: character)
    #expect(ProxyFixture.messages(proxy.serverBytes).last?["method"] == .string(method))
    proxy.server(#"{"jsonrpc":"2.0","id":7,"result":\#(result)}"#)
    return proxy.editorMessages.last { $0["id"] == 7 }?["result"]
  }

  /// What the session asks for while it is being told something is acknowledged without waiting for it.
  @Test func settingsMayChange() {
    let proxy = started()
    for settings in [
      #"{"inkling":{"heatMap":{"enabled":false}}}"#, #"{"inkling":{"heatMap":{"enabled":true}}}"#,
    ] {
      proxy.editor(
        #"{"jsonrpc":"2.0","method":"workspace/didChangeConfiguration","params":{"settings":\#(settings)}}"#)
    }
    #expect(proxy.editorMessages.contains { $0["method"] == "workspace/semanticTokens/refresh" })
    let hover = answer(proxy, "textDocument/hover", character: 3, result: "null")
    #expect(hover?["contents"] != nil)
  }

  /// Numbers whose meaning nobody has said are not mixed with others.
  @Test func tokensWithoutALegendAreTheServers() {
    let proxy = started(
      capabilities: #"{"semanticTokensProvider":{"full":true},"completionProvider":{}}"#)
    let tokens = answer(proxy, "textDocument/semanticTokens/full", result: #"{"data":[0,0,1,4,0]}"#)
    #expect(tokens?["data"] == [0, 0, 1, 4, 0])
  }

  @Test func commandsThatAreNoJSONAreRefused() {
    let proxy = started()
    _ = proxy.editorBytes
    proxy.editor(
      #"{"jsonrpc":"2.0","id":8,"method":"workspace/executeCommand","params":{"command":"inkling.accept","arguments":[tru]}}"#
    )
    #expect(proxy.editorMessages.last { $0["id"] == 8 }?["error"] != nil)
  }

  @Test func whatIsOffered() {
    let messages = started().editorMessages
    let capabilities = messages.first?["result"]?["capabilities"]
    #expect(capabilities?["hoverProvider"] == true)
    #expect(capabilities?["codeActionProvider"]?["codeActionKinds"] == ["refactor", "quickfix"])
    let commands = capabilities?["executeCommandProvider"]?["commands"]?.arrayValue ?? []
    #expect(commands.first == "x.y" && commands.contains("inkling.accept"))
    let tokens = capabilities?["semanticTokensProvider"]
    #expect(tokens?["legend"]?["tokenTypes"]?.arrayValue?.count == 7)
    #expect(tokens?["legend"]?["tokenTypes"]?[2] == "inklingHeat1")
    #expect(tokens?["full"] == true && tokens?["range"] == true)
  }

  @Test func nothingIsAddedUnasked() {
    let proxy = ProxyFixture()
    proxy.start(text: "a quirk b\n", capabilities: Self.server, params: Self.editor)
    let sent = #"{"jsonrpc":"2.0","id":1,"result":{"capabilities":\#(Self.server)}}"#
    #expect(proxy.editorBytes.starts(with: MessageFramer.frame(Array(sent.utf8))))
    for (method, result) in [
      ("textDocument/hover", #"{"contents":"h"}"#), ("textDocument/codeAction", "[]"),
      ("textDocument/semanticTokens/full", #"{"data":[0,0,1,1,0]}"#),
    ] {
      proxy.ask(method, id: 7, character: 3)
      let message = #"{"jsonrpc":"2.0","id":7,"result":\#(result)}"#
      proxy.server(message)
      #expect(proxy.editorBytes == MessageFramer.frame(Array(message.utf8)))
    }
    proxy.scheduler.runTimers()
    #expect(proxy.editorBytes.isEmpty)
  }

  @Test(arguments: [
    ("null", "`quirk`: 20.0 bits"), (#"{"contents":"h"}"#, "h\n\n---\n\n`quirk`"),
    (#"{"contents":{"kind":"markdown","value":"*h*"}}"#, "*h*\n\n---\n\n`quirk`"),
    (#"{"contents":{"kind":"plaintext","value":"h"}}"#, "h\n\n`quirk`"),
    (#"{"contents":{"kind":"markdown","value":""}}"#, "`quirk`"), (#"{"contents":""}"#, "`quirk`"),
  ])
  func hoversAreJoined(result: String, beginning: String) {
    let hover = answer(started(), "textDocument/hover", character: 3, result: result)
    let contents = hover?["contents"]
    let text = contents?.stringValue ?? contents?["value"]?.stringValue ?? ""
    #expect(text.hasPrefix(beginning), "\(text)")
  }

  @Test func hoversOfSeveralStrings() {
    let marked = answer(
      started(), "textDocument/hover", character: 3,
      result: #"{"contents":{"language":"c","value":"int"},"range":null}"#)
    #expect(marked?["contents"]?[0]?["value"] == "int")
    #expect(marked?["contents"]?[1]?.stringValue?.hasPrefix("`quirk`") == true)
    let several = answer(
      started(), "textDocument/hover", character: 3,
      result: #"{"contents":["a",{"language":"c","value":"b"}]}"#)
    #expect(several?["contents"]?.arrayValue?.count == 3)
  }

  @Test func actionsAreJoined() throws {
    let proxy = started()
    let actions = answer(
      proxy, "textDocument/codeAction", character: 4, result: #"[{"title":"theirs","kind":"refactor"}]"#)
    let titles = actions?.arrayValue?.compactMap { $0["title"]?.stringValue } ?? []
    #expect(titles.first == "theirs" && titles.contains { $0.contains("usual") })
    let own = try #require(actions?.arrayValue?.last)
    // Its command and its resolution are Inkling's; the server hears of neither.
    proxy.editor(#"{"jsonrpc":"2.0","id":8,"method":"codeAction/resolve","params":\#(own)}"#)
    #expect(proxy.editorMessages.last?["result"] == own)
    proxy.editor(
      #"{"jsonrpc":"2.0","id":9,"method":"workspace/executeCommand","params":{"command":"inkling.accept","arguments":[5]}}"#
    )
    #expect(proxy.editorMessages.last { $0["id"] == 9 }?["error"]?["code"] == -32602)
    #expect(proxy.serverBytes.isEmpty)
    proxy.editor(#"{"jsonrpc":"2.0","id":10,"method":"workspace/executeCommand","params":{"command":"x.y"}}"#)
    #expect(!proxy.serverBytes.isEmpty)
    #expect(
      answer(proxy, "textDocument/codeAction", character: 4, result: "null")?.arrayValue?.isEmpty == false)
  }

  /// The heat of "quirk" at 2..<7 in the place of what it covers.
  @Test(arguments: [
    ("[]", [0, 2, 5, 6, 0]), ("[0,2,5,1,1]", [0, 2, 5, 6, 0]),
    ("[0,0,9,0,3]", [0, 0, 2, 0, 3, 0, 2, 5, 6, 0, 0, 5, 2, 0, 3]),
    ("[0,0,4,0,0, 0,4,5,1,0]", [0, 0, 2, 0, 0, 0, 2, 5, 6, 0, 0, 5, 2, 1, 0]),
    ("[ 0,0,1,0,0 ,1,3,1,1,0]", [0, 0, 1, 0, 0, 0, 2, 5, 6, 0, 1, 3, 1, 1, 0]),
    ("[0,8,1,0,0]", [0, 2, 5, 6, 0, 0, 6, 1, 0, 0]),
  ])
  func tokensAreDivided(server: String, expected: [Int]) {
    let tokens = answer(started(), "textDocument/semanticTokens/full", result: #"{"data":\#(server)}"#)
    #expect(tokens?["data"]?.arrayValue?.compactMap(\.integerValue) == expected)
  }

  @Test func tokensMayLieOverEachOther() {
    let params = Self.editor.replacing(
      #""semanticTokens":{}}"#, with: #""semanticTokens":{"overlappingTokenSupport":true}}"#)
    let tokens = answer(
      started(params: params), "textDocument/semanticTokens/full", result: #"{"data":[0,0,9,0,3]}"#)
    #expect(tokens?["data"] == [0, 0, 9, 0, 3, 0, 2, 5, 6, 0])
    for odd in ["[1]", #"["a",0,0,0,0]"#, "[0,0,1,0,-1]", "7"] {
      let same = answer(started(), "textDocument/semanticTokens/full", result: #"{"data":\#(odd)}"#)
      #expect(same?["data"]?.serializedString() == odd)
    }
  }

  @Test func answersWhatTheServerDoesNotOffer() {
    let proxy = started(capabilities: #"{"completionProvider":{},"hoverProvider":false}"#)
    let capabilities = proxy.editorMessages.first?["result"]?["capabilities"]
    #expect(capabilities?["hoverProvider"] == true)
    #expect(capabilities?["semanticTokensProvider"]?["legend"]?["tokenTypes"]?.arrayValue?.count == 5)
    _ = proxy.serverBytes
    proxy.ask("textDocument/hover", id: 3, character: 3)
    #expect(proxy.editorMessages.last?["result"]?["contents"] != nil)
    proxy.ask("textDocument/semanticTokens/full", id: 4)
    #expect(proxy.editorMessages.last?["result"]?["data"] == [0, 2, 5, 4, 0])
    #expect(proxy.serverBytes.isEmpty)
  }

  @Test func aServerMayRegisterItsTokensLater() {
    let params = Self.editor.replacing(
      #""semanticTokens":{}}"#, with: #""semanticTokens":{"dynamicRegistration":true}}"#)
    let proxy = started(capabilities: #"{"completionProvider":{}}"#, params: params)
    #expect(proxy.editorMessages.first?["result"]?["capabilities"]?["semanticTokensProvider"] == nil)
    proxy.server(
      #"{"jsonrpc":"2.0","id":"r","method":"client/registerCapability","params":{"registrations":[{"id":"1","method":"textDocument/semanticTokens","registerOptions":{"legend":{"tokenTypes":["a","b","c"],"tokenModifiers":[]},"full":true}}]}}"#
    )
    let options = proxy.editorMessages.first?["params"]?["registrations"]?[0]?["registerOptions"]
    #expect(options?["legend"]?["tokenTypes"]?.arrayValue?.count == 8)
    let tokens = answer(proxy, "textDocument/semanticTokens/full", result: #"{"data":[]}"#)
    #expect(tokens?["data"] == [0, 2, 5, 7, 0])
  }

  /// An editor that goes by a late server's kinds would never ask for Inkling's corrections.
  @Test func kindsOfActionsThatComeLateAreJoined() {
    let params = Self.editor.replacing(
      #""codeAction":{"#, with: #""codeAction":{"dynamicRegistration":true,"#)
    let proxy = started(capabilities: #"{"completionProvider":{}}"#, params: params)
    proxy.server(
      #"{"jsonrpc":"2.0","id":"r","method":"client/registerCapability","params":{"registrations":[{"id":"1","method":"textDocument/codeAction","registerOptions":{"codeActionKinds":["source"]}}]}}"#
    )
    let options = proxy.editorMessages.last?["params"]?["registrations"]?[0]?["registerOptions"]
    #expect(options?["codeActionKinds"] == ["source", "quickfix"])
  }

  @Test func optionsSayWhatStandsBeside() {
    let params = Self.editor.replacing(
      #"{"capabilities""#,
      with:
        #"{"initializationOptions":{"inkling":{"proxy":{"hover":true,"codeActions":false}}},"capabilities""#)
    let proxy = ProxyFixture(combining: Settings.Combination(codeActions: true))
    proxy.start(text: "a quirk b\n", capabilities: Self.server, params: params)
    let hover = answer(proxy, "textDocument/hover", character: 3, result: "null")
    #expect(hover?["contents"] != nil)
    #expect(answer(proxy, "textDocument/codeAction", character: 4, result: "[]") == [])
    let tokens = answer(proxy, "textDocument/semanticTokens/full", result: #"{"data":[]}"#)
    #expect(tokens?["data"] == [])
  }

  /// A server that answers while Inkling is busy is not kept waiting beyond the deadline, and overtaken meanwhile.
  @Test func anAnswerDoesNotWaitForLong() {
    let joint = JointAnswer()
    let message = ProxiedMessage(Array(#"{"id":1,"result":null}"#.utf8))!
    #expect(joint.take(other: JointAnswer.Other(bytes: [1], message: message)) == nil)
    #expect(joint.expire()?.bytes == [1])
    #expect(joint.expire() == nil)
    let late = joint.take(own: 5)
    #expect(late.other == nil && late.isLate)
    let second = JointAnswer()
    #expect(!second.take(own: 5).isLate)
    #expect(second.expire() == nil)
    #expect(second.take(other: JointAnswer.Other(bytes: [1], message: message)) == 5)
  }

  /// A late answer asks for the tokens again once an edit, so that it cannot go on for ever.
  @Test func refreshesEnd() {
    var refreshes = HeatMapRefreshes()
    #expect(refreshes.next(isLate: false) == nil)
    refreshes.areSupported = true
    #expect(refreshes.next(isLate: true) == 1)
    #expect(refreshes.next(isLate: true) == nil)
    #expect(refreshes.next(isLate: false) == 2)
    refreshes.noteEdit()
    #expect(refreshes.next(isLate: true) == 3)
    let proxy = started()
    proxy.session.refreshHeatMap()
    let request = proxy.editorMessages.last { $0["method"] == "workspace/semanticTokens/refresh" }
    _ = proxy.serverBytes
    proxy.editor(#"{"jsonrpc":"2.0","id":\#(request?["id"] ?? .null),"result":null}"#)
    #expect(request != nil && proxy.serverBytes.isEmpty)
  }
}

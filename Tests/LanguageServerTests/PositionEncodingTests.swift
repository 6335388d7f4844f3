import JSON
import LanguageServerProtocol
import Testing

@testable import LanguageServer

/// Clients that count otherwise than they say.
@Suite struct ForcedPositionEncodingTests {
  /// What each encoding counts in a text.
  private static func units(_ text: String, _ encoding: String) -> Int {
    switch encoding {
    case "utf-8": text.utf8.count
    case "utf-16": text.utf16.count
    default: text.unicodeScalars.count
    }
  }

  private static let before = "😀 漢字 e\u{301} 👨‍👩‍👧 "

  /// Whatever is negotiated, a word behind an emoji, ideographs and combining characters is found, and replaced where it is.
  @Test(
    arguments: ["utf-8", "utf-16", "utf-32"],
    [[], ["utf-16"], ["utf-8", "utf-16"], ["utf-32", "utf-8", "utf-16"]] as [[String]])
  func theOptionCounts(forced: String, offered: [String]) {
    let client = TestClient()
    let answer = client.request(
      "initialize",
      [
        "capabilities": ["general": ["positionEncodings": .array(offered.map(JSON.string))]],
        "initializationOptions": ["positionEncoding": .string(forced)],
      ])
    #expect(answer["result"]?["capabilities"]?["positionEncoding"] == .string(forced))
    client.notify("initialized")
    client.open("f", "alpha\n" + Self.before + "al")
    let start = Self.units(Self.before, forced)
    let item = client.list(1, start + 2)?["items"]?[0]
    #expect(item?["label"] == "alpha")
    #expect(
      item?["textEdit"]?["range"] == [
        "start": ["line": 1, "character": JSON(start)], "end": ["line": 1, "character": JSON(start + 2)],
      ])
    client.type("pi", 1, start + 2)
    #expect(client.text(of: "f")?.server == Array(("alpha\n" + Self.before + "alpi").utf8))
    #expect(client.request("inkling/status")["result"]?["positionEncoding"] == .string(forced))
  }

  @Test func theCommandLineCounts() {
    var settings = Settings()
    settings.positionEncoding = .utf8
    let client = TestClient(settings: settings)
    let answer = client.request("initialize", ["capabilities": [:]])
    #expect(answer["result"]?["capabilities"]?["positionEncoding"] == "utf-8")
  }

  @Test func aWrongNameIsNamedAndIgnored() {
    for wrong: JSON in ["utf-7", 8, ["utf-8"], ""] {
      let client = TestClient()
      client.send([
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": ["capabilities": [:], "initializationOptions": ["positionEncoding": wrong]],
      ])
      let messages = client.received()
      let shown = messages.first { $0["method"] == "window/showMessage" }?["params"]?["message"]?.stringValue
      #expect(
        shown?.contains("positionEncoding: expected one of \"utf-8\", \"utf-16\", \"utf-32\", found") == true)
      let answer = messages.first { $0["id"] == 1 }
      #expect(answer?["result"]?["capabilities"]?["positionEncoding"] == "utf-16")
    }
  }

  /// A session keeps what it began with.
  @Test func laterConfigurationsChangeNothing() {
    let client = TestClient()
    client.initialize()
    client.notify(
      "workspace/didChangeConfiguration", ["settings": ["inkling": ["positionEncoding": "utf-8"]]])
    #expect(client.request("inkling/status")["result"]?["positionEncoding"] == "utf-16")
  }

  @Test func aProjectMayNotSay() {
    let json: JSON = ["positionEncoding": "utf-8"]
    let (settings, problems) = Settings().changed(by: json, author: .project(said: []))
    #expect(settings.positionEncoding == nil)
    #expect(problems == ["positionEncoding: a project may not say how an editor counts"])
  }
}

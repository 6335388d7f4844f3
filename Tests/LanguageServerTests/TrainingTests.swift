import JSON
import LanguageServerProtocol
import Platform
import Testing

@testable import LanguageServer

/// Training of workspaces' models, with a trainer that does what a test tells it: it notes its arguments, reports
/// progress until there is a file `go`, and then leaves a model.
@Suite struct TrainingTests {
  let root = "/tmp/inkling-training-\(getpid())-\(UInt64.random(in: 0 ... .max))"
  let workspace: String
  let model: String
  let client: TestClient
  let inbox = Inbox()

  /// What the server has said so far.
  final class Inbox { var messages: [JSON] = [] }

  init() throws {
    workspace = root + "/workspace"
    model = try #require(WorkspaceModels.modelPath(forFolder: workspace))
    try createDirectories(workspace)
    let script = """
      #!/bin/sh
      echo "$@" >> '\(root)/starts'
      output=$3
      until [ -e '\(root)/go' ]; do
        echo '{"event": "progress", "stage": "counting", "fraction": 0.5}'
        sleep 0.02
      done
      mkdir -p "$output"
      echo '{}' > "$output/model.json"
      case "$*" in *--time*) echo > "$output/recurrent.safetensors";; esac
      echo '{"event": "progress", "stage": "writing", "fraction": 0.9}'
      """
    try writeFileAtomically(root + "/trainer", Array(script.utf8))
    chmod(root + "/trainer", 0o755)
    client = TestClient(trainerPath: root + "/trainer")
  }

  private func cleanUp() {
    client.session.stop()
    wait("the trainer to end") { !isTraining }
    removeTree(root)
    removeTree(String(model.dropLast("/model".count)))
  }

  // MARK: Watching

  private var isTraining: Bool { client.session.services.trainer.queue.state.withLock { $0.hasThread } }

  /// The arguments of each start of the trainer.
  private var starts: [String] {
    let bytes = (try? readFile(root + "/starts")) ?? []
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private func wait(_ what: String, until condition: () -> Bool) {
    for _ in 0..<10_000 {
      if condition() { return }
      usleep(2000)
    }
    Issue.record("waited in vain for \(what)")
  }

  private func message(_ what: String, _ condition: (JSON) -> Bool) -> JSON {
    wait(what) {
      inbox.messages += client.received()
      return inbox.messages.contains(where: condition)
    }
    return inbox.messages.first(where: condition) ?? nil
  }

  private func answer(_ id: JSON) -> JSON {
    message("answer \(id)") { $0["id"] == id && $0["method"] == nil }
  }

  /// The kinds of progress under a token, in their order.
  private func progress(_ token: JSON) -> [String] {
    inbox.messages += client.received()
    return inbox.messages.filter { $0["method"] == "$/progress" && $0["params"]?["token"] == token }
      .compactMap { $0["params"]?["value"]?["kind"]?.stringValue }
  }

  private func command(_ id: JSON, _ name: String, _ arguments: [JSON] = [], token: JSON? = nil) {
    var params: JSONObject = ["command": .string(name), "arguments": .array(arguments)]
    params["workDoneToken"] = token
    client.send(["jsonrpc": "2.0", "id": id, "method": "workspace/executeCommand", "params": .object(params)])
  }

  private func letTrainerEnd() throws { try writeFileAtomically(root + "/go", []) }

  private func initialize(capabilities: JSON = [:], options: JSON = nil) {
    client.initialize(capabilities: capabilities, options: options, folders: [workspace])
  }

  // MARK: The command

  @Test func aNetworkIsTrainedOnCommand() throws {
    defer { cleanUp() }
    initialize(options: ["train": ["recurrentMinutes": 3]])
    command(70, "inkling.train", token: "mine")
    wait("the trainer") { !starts.isEmpty }
    #expect(starts == ["\(workspace) --output \(model) --json --memory 512M --time 3m"])
    _ = message("progress") { $0["params"]?["value"]?["kind"] == "report" }
    #expect(client.request("inkling/status")["result"]?["training"] == .string(workspace))
    try letTrainerEnd()
    #expect(answer(70)["result"]?["training"]?[0]?["model"] == .string(model))
    #expect(progress("mine") == ["begin", "report", "report", "end"])
    // One without a network does not take the place of one with one.
    client.session.services.trainer.trainWorkspaces([WorkspaceFolder(uri: "file://" + workspace, name: "x")])
    #expect(!isTraining || starts.count == 1)
  }

  @Test func theClientsTokenCancels() throws {
    defer { cleanUp() }
    initialize()
    command(70, "inkling.train", token: 5)
    wait("the trainer") { !starts.isEmpty }
    client.notify("window/workDoneProgress/cancel", ["token": "another"])
    client.notify("window/workDoneProgress/cancel", ["token": 5])
    let error = answer(70)["error"]
    #expect(error?["code"] == -32803 && error?["message"] == "cancelled")
    #expect(progress(5).last == "end")
    #expect(!fileExists(model + "/model.json"))
  }

  @Test func cancellingTheRequestEndsIt() throws {
    defer { cleanUp() }
    initialize()
    command(70, "inkling.train", token: 5)
    wait("the trainer") { !starts.isEmpty }
    client.notify("$/cancelRequest", ["id": 70])
    #expect(answer(70)["error"]?["code"] == -32800)
    #expect(!fileExists(model + "/model.json"))
  }

  @Test func whatIsAskedForTakesThePlaceOfWhatIsNot() throws {
    defer { cleanUp() }
    initialize()
    client.scheduler.runTimers()
    wait("the trainer") { starts.count == 1 }
    #expect(!starts[0].contains("--time"))
    command(70, "inkling.train", token: 5)
    wait("the second start") { starts.count == 2 }
    #expect(starts[1].contains("--time 10m"))
    // Asked for twice it goes on.
    command(71, "inkling.train", token: 6)
    #expect(answer(71)["error"]?["message"] == "the folder's model is being trained already")
    try letTrainerEnd()
    #expect(answer(70)["result"] != nil)
    #expect(starts.count == 2)
  }

  // MARK: Progress of the server's

  @Test(arguments: [false, true]) func progressWaitsForTheClient(refuses: Bool) throws {
    defer { cleanUp() }
    initialize(capabilities: ["window": ["workDoneProgress": true]])
    client.scheduler.runTimers()
    let asked = message("create") { $0["method"] == "window/workDoneProgress/create" }
    let token = try #require(asked["params"]?["token"])
    wait("the trainer") { !starts.isEmpty }
    #expect(progress(token) == [])
    var response: JSONObject = ["jsonrpc": "2.0", "id": asked["id"] ?? nil]
    let error: JSON = ["code": -32600, "message": "no"]
    response[refuses ? "error" : "result"] = refuses ? error : JSON.null
    client.send(.object(response))
    if !refuses { _ = message("progress") { $0["params"]?["value"]?["kind"] == "begin" } }
    try letTrainerEnd()
    wait("the end") { !isTraining }
    #expect(
      refuses ? progress(token) == [] : progress(token).first == "begin" && progress(token).last == "end")
  }

  // MARK: Unasked

  @Test func networksAreTrainedWhenIdle() throws {
    defer { cleanUp() }
    try createDirectories(model)
    try writeFileAtomically(model + "/model.json", [])
    try letTrainerEnd()
    initialize()
    client.notify(
      "workspace/didChangeConfiguration", ["settings": ["inkling": ["train": ["recurrent": "idle"]]]])
    client.scheduler.runTimers()
    #expect(!isTraining && starts.isEmpty)
    client.session.services.connection.lastMessage = .now - .seconds(301)
    client.scheduler.runTimers()
    wait("the end") { !isTraining && starts.count == 1 }
    #expect(starts[0].contains("--time 10m"))
    // Nothing has changed since.
    client.session.services.connection.lastMessage = .now - .seconds(301)
    client.scheduler.runTimers()
    #expect(!isTraining && starts.count == 1)
    client.notify("workspace/didChangeConfiguration", ["settings": ["inkling": [:]]])
    client.scheduler.runTimers()
    #expect(!client.session.services.trainer.queue.state.withLock { $0.watchesIdleness })
  }

  @Test func settingsStopItAndBeginIt() throws {
    defer { cleanUp() }
    initialize()
    client.scheduler.runTimers()
    wait("the trainer") { starts.count == 1 }
    client.notify(
      "workspace/didChangeConfiguration", ["settings": ["inkling": ["train": ["workspace": false]]]])
    wait("its end") { !isTraining }
    #expect(!fileExists(model + "/model.json"))
    client.notify("workspace/didChangeConfiguration", ["settings": ["inkling": [:]]])
    wait("the second start") { starts.count == 2 }
    let folder: JSON = ["uri": .string("file://" + workspace), "name": "x"]
    client.notify("workspace/didChangeWorkspaceFolders", ["event": ["added": [], "removed": [folder]]])
    wait("its end") { !isTraining }
    #expect(starts.count == 2)
  }

  @Test func changedFilesMakeItAnewUnlessTheyAreIgnored() throws {
    defer { cleanUp() }
    try createDirectories(model)
    try createDirectories(workspace + "/build")
    try writeFileAtomically(model + "/model.json", [])
    try writeFileAtomically(workspace + "/.gitignore", Array("build/\n".utf8))
    try createDirectories(workspace + "/.git")
    try letTrainerEnd()
    initialize()
    func change(_ folder: String) {
      let changes = (0..<TrainingQueue.savesBeforeRefresh).map { number -> JSON in
        ["uri": .string("file://\(workspace)/\(folder)\(number).txt"), "type": 2]
      }
      client.notify("workspace/didChangeWatchedFiles", ["changes": .array(changes)])
    }
    change("build/")
    #expect(!isTraining && starts.isEmpty)
    change("")
    wait("the trainer") { starts.count == 1 }
  }

  // MARK: Forgetting

  @Test func aWordThatIsForgottenMeanwhileIsNotLearned() throws {
    defer { cleanUp() }
    initialize()
    client.scheduler.runTimers()
    wait("the trainer") { starts.count == 1 }
    // There is no model yet, and what trains has read the word.
    command(70, "inkling.forget", ["walnut"])
    let result = answer(70)["result"]
    #expect(result?["training"] == [.string(model)])
    #expect(fileExists(model + ".forgotten"))
    wait("the second start") { starts.count == 2 }
    #expect(!fileExists(model + "/model.json"))
    try letTrainerEnd()
    wait("the end") { !isTraining }
    #expect(starts.count == 2 && fileExists(model + "/model.json"))
  }
}

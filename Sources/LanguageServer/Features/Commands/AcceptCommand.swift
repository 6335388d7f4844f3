import JSON
import LanguageServerProtocol
import Platform

/// `inkling.accept`: puts a word into the dictionary of a document's project, or into the user's.
enum AcceptCommand: ServerCommand {
  static let name = "inkling.accept"

  static func begin(
    _ params: ExecuteCommandParams, _ context: RequestContext, _ answer: @escaping Answer<JSON>
  ) throws(JSONError) {
    let word = try params.arguments[0].string()
    guard isSingleLine(word) else { throw params.arguments[0].mismatch(expected: "a word") }
    do throws(Failure) {
      let path = try accept(word, inDocument: params.arguments[1].stringIfAny ?? "", context.services)
      answer(.success(["word": .string(word), "dictionary": .string(path)]))
    } catch { answer(.failure(ResponseError(.requestFailed, error.description))) }
  }

  /// - Returns: the path of the dictionary.
  private static func accept(
    _ word: String, inDocument uri: String, _ services: Services
  ) throws(Failure) -> String {
    let settings = services.settings
    let root =
      settings.projectRoot(of: uri) ?? (uri.isEmpty ? nil : settings.workspaceFolder(of: uri)?.path)
    guard
      let path = root.map({ $0 + "/" + ProjectFiles.dictionaryPath }) ?? ProjectFiles.userDictionaryPath()
    else { throw Failure(word, why: "there is no place for a dictionary", remedy: "set HOME") }
    let trust = settings.current.trust
    if let root, let refusal = trust.refusal(ofProject: root) ?? trust.refusal(of: path, inProject: root) {
      throw refusal
    }
    try ProjectFiles.add(word, to: path)
    settings.checkProjects()
    return path
  }
}

import JSON
import LanguageServerProtocol

/// A command of `workspace/executeCommand`. A new one is a type that conforms, and a line of `ExecuteCommandRequest.commands`.
protocol ServerCommand: SendableMetatype {
  static var name: String { get }
  /// Begins the command; called apart from the reading thread. What is wrong with its arguments is thrown.
  static func begin(
    _ params: ExecuteCommandParams, _ context: RequestContext, _ answer: @escaping Answer<JSON>
  ) throws(JSONError)
}

/// `workspace/executeCommand`.
enum ExecuteCommandRequest: AsideRequest {
  static let method = "workspace/executeCommand"
  static let commands: [any ServerCommand.Type] = [
    TrainCommand.self, ExplainCommand.self, ForgetCommand.self, AcceptCommand.self,
  ]

  static func begin(
    _ params: ExecuteCommandParams, _ context: RequestContext, _ answer: @escaping Answer<JSON>
  ) {
    guard let command = commands.first(where: { $0.name == params.command }) else {
      return answer(
        .failure(ResponseError(.invalidParams, "command: there is no command \(params.command)")))
    }
    context.services.aside {
      do throws(JSONError) { try command.begin(params, context, answer) } catch {
        answer(.failure(.invalidParams(error)))
      }
    }
  }
}

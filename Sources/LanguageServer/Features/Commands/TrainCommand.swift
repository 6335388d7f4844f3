import JSON
import LanguageServerProtocol
import Platform

/// `inkling.train`: trains the models of folders, or of every workspace folder, the network with them. Arguments are
/// folders' URIs, or objects of `folder` and `recurrent`.
enum TrainCommand: ServerCommand {
  static let name = "inkling.train"

  static func begin(
    _ params: ExecuteCommandParams, _ context: RequestContext, _ answer: @escaping Answer<JSON>
  ) throws(JSONError) {
    let services = context.services
    var wanted: [(uri: String, isRecurrent: Bool)] = []
    for argument in try params.arguments.optional?.elements() ?? [] {
      if argument.value?.objectValue != nil {
        wanted.append((try argument["folder"].string(), try argument["recurrent"].optional?.bool() ?? true))
      } else {
        wanted.append((try argument.string(), true))
      }
    }
    if wanted.isEmpty { wanted = services.settings.folders.map { ($0.uri, true) } }
    var jobs: [TrainingQueue.Job] = []
    for (uri, isRecurrent) in wanted {
      guard let folder = folderPath(ofURI: uri), isDirectory(folder),
        let output = WorkspaceModels.modelPath(forFolder: folder)
      else { continue }
      let settings = services.settings.settings(ofFolderAndProject: uri)
      jobs.append(
        TrainingQueue.Job(
          folder: folder, output: output, isExplicit: true,
          networkMinutes: isRecurrent ? settings.recurrentMinutes : nil))
    }
    let started: JSON = [
      "training": .array(jobs.map { ["folder": .string($0.folder), "model": .string($0.output)] })
    ]
    // A token of the client's lives as long as its request: the answer comes with the end of the training.
    if let token = params.workDoneToken, jobs.count == 1 {
      jobs[0].token = token
      jobs[0].isCancelled = context.isCancelled
      jobs[0].finished = { problem in
        answer(problem.map { .failure(ResponseError(.requestFailed, $0)) } ?? .success(started))
      }
      services.trainer.train(jobs[0])
    } else {
      for job in jobs { services.trainer.train(job) }
      answer(.success(started))
    }
  }
}

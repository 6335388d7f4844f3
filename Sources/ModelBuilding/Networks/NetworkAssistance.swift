import NeuralTraining
import Platform
import Privacy

extension ModelBuilder {
  /// Learns with the process that builds the model, in each of the others of a group (`ModelBuilder.sharing`): the same
  /// files and options, other streams of the text. Counts nothing and writes nothing.
  ///
  /// - Throws: `Failure` as `build()`, and where the processes have not read the same.
  public func assist() throws(Failure) {
    try checkSharing()
    var inputs = options
    try inputs.check()
    guard let sharing, case .trained(let network, let resumes) = options.network else { return }
    let checkpointPath = RecurrentTraining.checkpointPath(besideModel: output)
    if resumes { try OutputChecks.checkCheckpoint(checkpointPath, resumes: true) }
    var named = NamedInputs()
    let paths = try named.readable(paths)
    inputs.text = try named.readable(inputs.text)
    let forgotten = try ForgottenList.read(besideModel: output)
    let read = try named.naming { () throws(Failure) in
      try NetworkText(paths, options: inputs, forgotten: forgotten, reporter: reporter)
    }
    reporter.begin(.networkPlan)
    let trainer = try NeuralTrainer(
      read.text, options: options.completed(network), checkpointPath: checkpointPath, resumes: resumes,
      sharing: sharing)
    reporter.end()
    reporter.begin(.network)
    _ = try trainer.run(report: { _ in }, shouldStop: shouldStop)
    reporter.end()
    sharing.group.end()
  }
}

import ArgumentParser
import ModelBuilding

/// What is read for a model that is made elsewhere, or of several such readings.
struct PieceInputArguments: ParsableArguments {
  @Argument(
    help: "Files and folders to read (default: the current folder); pipes too, and - for standard input.",
    completion: .file())
  var paths: [String] = []

  @Option(
    help: """
      The model directory that this is for: what was forgotten there is left out. \
      (default: \(ModelBuilder.defaultOutput))
      """,
    completion: .directory)
  var model: String?

  /// The paths, or the current folder.
  var named: [String] { paths.isEmpty ? ["."] : paths }
}

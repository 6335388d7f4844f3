import Platform

/// Files that a person named, each readable as often as a run needs it: pipes and standard input are copied once.
struct NamedInputs {
  private var spooled: [SpooledInput] = []

  /// Where what was named can be read while this value lives: the same path, or that of a copy.
  ///
  /// - Parameter name: `-` for standard input.
  mutating func readable(_ name: String) throws(Failure) -> String {
    // Standard input ends once: whoever names it twice means the same text.
    if let copy = spooled.first(where: { $0.name == name }) { return copy.path }
    guard let copy = try SpooledInput(name, temporaryDirectory: Self.temporaryDirectory) else { return name }
    spooled.append(copy)
    return copy.path
  }

  mutating func readable(_ names: [String]) throws(Failure) -> [String] {
    var paths: [String] = []
    for name in names { paths.append(try readable(name)) }
    return paths
  }

  /// The same of the files that a text is measured on.
  mutating func readable(
    _ text: ModelBuildingOptions.Text
  ) throws(Failure) -> ModelBuildingOptions.Text {
    var text = text
    text.validationPaths = try readable(text.validationPaths)
    text.testPaths = try readable(text.testPaths)
    return text
  }

  /// Runs `body`; what it throws names what the person named and no copy.
  func naming<Result>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    do throws(Failure) { return try body() } catch {
      let failure = error
      guard let copy = spooled.first(where: { failure.what.hasPrefix($0.path) }) else { throw failure }
      throw Failure(
        copy.name + failure.what.dropFirst(copy.path.count), why: failure.why, remedy: failure.remedy)
    }
  }

  /// `$TMPDIR`, else `/tmp`.
  static var temporaryDirectory: String {
    environmentValue("TMPDIR").flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
  }
}

/// What every layer reports to a person: what failed, why, and what to do about it.
///
/// Printed as `inkling: what: why (what to do)`.
public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
  /// The thing concerned: a path, an option, a place in a file.
  public var what: String
  /// The cause, in a person's words.
  public var why: String
  /// The way out; empty only where there is none.
  public var remedy: String

  public init(_ what: String, why: String, remedy: String = "") {
    self.what = what
    self.why = why
    self.remedy = remedy
  }

  public var description: String {
    remedy.isEmpty ? "\(what): \(why)" : "\(what): \(why) (\(remedy))"
  }

  /// The same of the place that a person knows, where what failed was written aside.
  package func said(of place: String, insteadOf temporaryPath: String) -> Failure {
    guard what.hasPrefix(temporaryPath) else { return self }
    var moved = self
    moved.what = place + what.dropFirst(temporaryPath.count)
    return moved
  }
}

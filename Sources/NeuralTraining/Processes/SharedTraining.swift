/// How several processes learn one network together.
public enum SharedTraining: Sendable {
  /// Each has a part of every batch, and the gradients are added up before a step: the network of one process, but for
  /// rounding, however many there are.
  case gradients(any ProcessGroup)
  /// Each learns by itself for some steps, and then the weights are averaged.
  case weights(OuterAveraging)

  public var group: any ProcessGroup {
    switch self {
    case .gradients(let group): group
    case .weights(let averaging): averaging.group
    }
  }

  /// Nil where every step is one of all processes.
  var averaging: OuterAveraging? {
    if case .weights(let averaging) = self { averaging } else { nil }
  }

  /// What asks for it, as refusals call it.
  var name: String { averaging == nil ? "mpirun" : "--outer-every" }

  /// What two runs must have in common for one to go on where the other stopped, beside what one process needs.
  var fingerprint: String { averaging.map { " \($0.fingerprint)" } ?? "" }
}

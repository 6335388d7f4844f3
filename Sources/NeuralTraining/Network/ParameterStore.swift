import Neural
import Platform

/// All parameters of a network side by side, those that training moves first, and their gradients in the same order.
final class ParameterStore<Scalar: TrainingScalar> {
  struct Entry: Sendable {
    var name: String
    var shape: [Int]
    var offset: Int
    var count: Int { shape.reduce(1, *) }
  }

  let entries: [Entry]
  let values: Buffer<Scalar>
  let gradients: Buffer<Scalar>
  private let declarations: [ParameterDeclaration]
  private let indices: [String: Int]
  var count: Int { values.count }
  /// The values that training moves are those below it.
  let tunedCount: Int

  /// - Parameter declarations: in the order of the file; every name once.
  init(_ declarations: [ParameterDeclaration]) {
    var entries = declarations.map { Entry(name: $0.name, shape: $0.shape, offset: 0) }
    var offset = 0
    func place(tuned: Bool) {
      for (index, parameter) in declarations.enumerated() where parameter.isTuned == tuned {
        entries[index].offset = offset
        // Every parameter starts on a cache line.
        offset += (parameter.count + 15) / 16 * 16
      }
    }
    place(tuned: true)
    tunedCount = offset
    place(tuned: false)
    self.declarations = declarations
    self.entries = entries
    indices = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
    values = Buffer(offset)
    gradients = Buffer(offset)
  }

  func contains(_ name: String) -> Bool { indices[name] != nil }

  /// The parameters whose names begin with `prefix`, under the rest of their names. Values and gradients are the other
  /// store's.
  init(_ prefix: String, of whole: ParameterStore) {
    let members = whole.entries.indices.filter { whole.entries[$0].name.hasPrefix(prefix) }
    entries = members.map {
      var entry = whole.entries[$0]
      entry.name.removeFirst(prefix.count)
      return entry
    }
    declarations = members.map { whole.declarations[$0] }
    indices = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
    values = whole.values
    gradients = whole.gradients
    tunedCount = whole.tunedCount
  }

  /// A parameter's place; the name must be one of those declared.
  func parameter(_ name: String) -> Parameter<Scalar> {
    let index = indices[name]!
    let entry = entries[index]
    return Parameter(
      name: name, shape: entry.shape, values: values.pointer + entry.offset,
      gradient: gradients.pointer + entry.offset,
      isTuned: declarations[index].isTuned)
  }

  /// Replaces whole parameters by values from elsewhere, by name.
  ///
  /// - Throws: `Failure` for a name that is no parameter's, and for values that are too few, too many or not finite.
  func take(_ given: [String: [Scalar]]) throws(Failure) {
    for (name, values) in given {
      guard contains(name), parameter(name).count == values.count, values.allSatisfy(\.isFinite) else {
        throw Failure(
          "initial values of \(name)", why: "are not those of a parameter of the network",
          remedy: "give as many finite numbers as the parameter has")
      }
      parameter(name).values.update(from: values, count: values.count)
    }
  }

  /// Starting values, as declared; the same seed gives the same.
  func initialize(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    func uniform(_ limit: Double) -> Scalar { Scalar((2 * random.uniform() - 1) * limit) }
    for (entry, declaration) in zip(entries, declarations) {
      let target = values.pointer + entry.offset
      switch declaration.initial {
      case .zero: target.clear(count: entry.count)
      case .uniform(let limit): for index in 0..<entry.count { target[index] = uniform(limit) }
      case .uniformWith(let limit, let added, let range):
        for index in 0..<entry.count { target[index] = uniform(limit) }
        for index in range { target[index] += Scalar(added) }
      case .given(let given, let limit):
        for index in 0..<entry.count {
          target[index] = index < given.count ? Scalar(given[index]) : uniform(limit)
        }
      }
    }
  }
}

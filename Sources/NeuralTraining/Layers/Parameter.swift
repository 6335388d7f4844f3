/// How a parameter's values begin.
enum InitialValues: Hashable, Sendable {
  case zero
  /// Between −limit and limit, evenly.
  case uniform(limit: Double)
  /// The same, with `added` on top in a range of elements: an LSTM's forget gates.
  case uniformWith(limit: Double, added: Double, range: Range<Int>)
  /// Values that are given, such as vectors learned elsewhere; short ones are followed by uniform ones.
  case given([Float], limit: Double)
}

/// A tensor that a layer learns, before it has a place in memory. Shapes are row-major, names PyTorch's.
struct ParameterDeclaration: Hashable, Sendable {
  var name: String
  var shape: [Int]
  var initial: InitialValues
  /// Whether training moves it.
  var isTuned = true

  var count: Int { shape.reduce(1, *) }
}

/// A tensor in its store: where its values and their gradients are.
struct Parameter<Scalar: TrainingScalar> {
  let name: String
  let shape: [Int]
  let values: UnsafeMutablePointer<Scalar>
  let gradient: UnsafeMutablePointer<Scalar>
  let isTuned: Bool

  var count: Int { shape.reduce(1, *) }
}

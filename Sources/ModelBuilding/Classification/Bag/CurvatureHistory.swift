import Platform

/// The last steps of a search and how the gradient changed over them, from which L-BFGS makes its next direction (Nocedal
/// and Wright 2006, algorithm 7.4).
struct CurvatureHistory {
  private let size: Int
  private let memory: Int
  private var steps: [Numbers<Float>] = []
  private var changes: [Numbers<Float>] = []
  private var products: [Double] = []

  init(size: Int, memory: Int) {
    self.size = size
    self.memory = memory
  }

  /// Takes up a step along a direction; one over which the gradient did not grow teaches nothing.
  mutating func add(
    _ length: Double, _ direction: Numbers<Float>, _ before: Numbers<Float>, _ after: Numbers<Float>
  ) {
    let isFull = steps.count == memory
    let step = isFull ? steps.removeFirst() : Numbers(size, Float(0))
    let change = isFull ? changes.removeFirst() : Numbers(size, Float(0))
    if isFull { products.removeFirst() }
    let factor = Float(length)
    let (s, d, y, a, b) = (step.base, direction.base, change.base, after.base, before.base)
    for index in 0..<size {
      s[index] = factor * d[index]
      y[index] = a[index] - b[index]
    }
    let product = Vectors.dot(step, change)
    guard product > 1e-12 else { return }
    steps.append(step)
    changes.append(change)
    products.append(product)
  }

  /// −H · gradient, H being the inverse curvature as far as it is known.
  func direction(of gradient: Numbers<Float>, into result: Numbers<Float>) {
    let (target, source) = (result.base, gradient.base)
    for index in 0..<size { target[index] = -source[index] }
    var factors = [Double](repeating: 0, count: steps.count)
    for index in steps.indices.reversed() {
      factors[index] = Vectors.dot(steps[index], result) / products[index]
      Vectors.add(-factors[index], changes[index], to: result)
    }
    if let last = changes.last, let product = products.last {
      let factor = Float(product / Vectors.dot(last, last))
      for index in 0..<size { target[index] *= factor }
    }
    for index in steps.indices {
      let factor = factors[index] - Vectors.dot(changes[index], result) / products[index]
      Vectors.add(factor, steps[index], to: result)
    }
  }
}

enum Vectors {
  /// In eight sums side by side, and every few thousand elements in double precision.
  static func dot(_ a: Numbers<Float>, _ b: Numbers<Float>) -> Double {
    var sum = 0.0
    let (x, y) = (a.base, b.base)
    var start = 0
    while start < a.count {
      let end = min(start + 4_096, a.count)
      var lanes = SIMD8<Float>(repeating: 0)
      var index = start
      while index + 8 <= end {
        lanes +=
          UnsafeRawPointer(x + index).loadUnaligned(as: SIMD8<Float>.self)
          * UnsafeRawPointer(y + index).loadUnaligned(as: SIMD8<Float>.self)
        index += 8
      }
      var rest: Float = 0
      while index < end {
        rest += x[index] * y[index]
        index += 1
      }
      sum += Double(lanes.sum() + rest)
      start = end
    }
    return sum
  }

  static func norm(_ a: Numbers<Float>) -> Double { dot(a, a).squareRoot() }

  /// target + factor · source
  static func add(_ factor: Double, _ source: Numbers<Float>, to target: Numbers<Float>) {
    let factor = Float(factor)
    let (x, y) = (source.base, target.base)
    for index in 0..<source.count { y[index] += factor * x[index] }
  }

  /// start + factor · direction
  static func combine(
    _ start: Numbers<Float>, _ factor: Double, _ direction: Numbers<Float>, into target: Numbers<Float>
  ) {
    let factor = Float(factor)
    let (x, d, y) = (start.base, direction.base, target.base)
    for index in 0..<start.count { y[index] = x[index] + factor * d[index] }
  }
}

/// Several processes that train one network together, each on streams of its own.
///
/// All of them make the same calls in the same order; a call returns when all have made it.
public protocol ProcessGroup: AnyObject, Sendable {
  /// The place of this process among `count`, from 0; the first one writes files.
  var index: Int { get }
  var count: Int { get }
  /// Replaces the values by their sums over all processes.
  func sum(_ values: UnsafeMutableBufferPointer<Float>)
  func sum(_ values: UnsafeMutableBufferPointer<Double>)
  /// Leaves the others; no more calls after it.
  func end()
}

extension ProcessGroup {
  /// The sums of some numbers over all processes.
  func sum(of values: [Double]) -> [Double] {
    var values = values
    values.withUnsafeMutableBufferPointer { sum($0) }
    return values
  }

  func sum(_ values: Buffer<Float>) {
    sum(UnsafeMutableBufferPointer(start: values.pointer, count: values.count))
  }
}

/// How the processes of a group come to the same weights: each learns by itself for some steps, and what the weights have
/// moved by on average is the gradient of an outer step, by Nesterov's momentum (DiLoCo: Douillard et al. 2023, algorithm 1).
public struct OuterAveraging: Sendable {
  public var group: any ProcessGroup
  /// Steps of each process from one outer step to the next.
  public var stepCount: Int
  /// The outer steps' rate η and momentum μ; 1 and 0 take the plain mean of the weights.
  public var rate: Double
  public var momentum: Double

  /// - Parameter momentum: nil takes 1 − η / √n for n processes. Each has an nth of a batch, whose noise makes Adam's steps shorter
  ///   by √n, and outer steps are longer by η / (1 − μ) than the mean movement in the long run. The paper's 0.7 and 0.9 are of runs with
  ///   many outer steps: after a few, two processes are behind one with them.
  public init(_ group: any ProcessGroup, stepCount: Int, rate: Double = 1, momentum: Double? = nil) {
    self.group = group
    self.stepCount = stepCount
    self.rate = rate
    self.momentum = momentum ?? max(0, 1 - rate / Double(group.count).squareRoot())
  }

  /// What two runs must have in common for one to go on where the other stopped; not how many processes there are, nor what
  /// follows from that.
  var fingerprint: String { "outer steps every \(stepCount) at \(rate)" }
}

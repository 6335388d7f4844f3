import Platform

/// 256 or fewer values that stand for many: the quantiser of least squared error over a histogram (Lloyd, "Least
/// squares quantization in PCM", 1982).
struct Codebook {
  /// Ascending; never empty.
  private(set) var values: [Float]
  static let capacity = 256

  /// - Parameter keepsZero: whether 0 keeps a code of its own, because it means something.
  init(_ histogram: ValueHistogram, keepsZero: Bool) {
    var centers = histogram.equallyFilledCenters(Self.capacity - (keepsZero ? 1 : 0))
    for _ in 0..<24 {
      let improved = histogram.means(around: centers)
      if improved == centers { break }
      centers = improved
    }
    var values = centers.map { Float($0) }
    if keepsZero { values.append(0) }
    self.values = Array(Set(values)).sorted()
    if self.values.isEmpty { self.values = [0] }
  }

  /// The code of the value nearest to `value`.
  func code(_ value: Float) -> Int {
    var low = 0
    var high = values.count
    while low < high {
      let middle = (low + high) / 2
      if values[middle] < value { low = middle + 1 } else { high = middle }
    }
    if low == values.count { return low - 1 }
    if low > 0 && value - values[low - 1] < values[low] - value { return low - 1 }
    return low
  }
}

/// How often values fall into each of 65,536 equal intervals.
struct ValueHistogram {
  private let minimum: Double
  private let width: Double
  private var counts = [UInt32](repeating: 0, count: 1 << 16)

  init(minimum: Float, maximum: Float) {
    self.minimum = Double(minimum)
    width = max(Double(maximum) - Double(minimum), 1e-9) / Double(1 << 16)
  }

  mutating func add(_ value: Float) {
    let place = Int(((Double(value) - minimum) / width).clamped(to: 0...65_535))
    counts[place] = counts[place] &+ 1
  }

  private func center(_ place: Int) -> Double { minimum + (Double(place) + 0.5) * width }

  /// The middles of `count` groups of neighbouring values with as equal numbers as possible, ascending.
  func equallyFilledCenters(_ count: Int) -> [Double] {
    let total = counts.reduce(0.0) { $0 + Double($1) }
    guard total > 0 else { return [] }
    var centers: [Double] = []
    var passed = 0.0
    for (place, number) in counts.enumerated() where number > 0 {
      let target = (Double(centers.count) + 0.5) / Double(count) * total
      passed += Double(number)
      if passed > target && centers.count < count { centers.append(center(place)) }
    }
    return centers
  }

  /// The mean of the values that are nearest to each center, which stays where it is if there are none.
  func means(around centers: [Double]) -> [Double] {
    guard centers.count > 1 else { return centers }
    var result = centers
    var place = 0
    for index in centers.indices {
      let bound = index + 1 < centers.count ? (centers[index] + centers[index + 1]) / 2 : .infinity
      var sum = 0.0
      var number = 0.0
      while place < counts.count && center(place) < bound {
        sum += Double(counts[place]) * center(place)
        number += Double(counts[place])
        place += 1
      }
      if number > 0 { result[index] = sum / number }
    }
    return result
  }
}

extension Comparable {
  fileprivate func clamped(to range: ClosedRange<Self>) -> Self {
    min(max(self, range.lowerBound), range.upperBound)
  }
}

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Microseconds that `body` takes.
public func microseconds<Result>(of body: () throws -> Result) rethrows -> Double {
  let start = ContinuousClock.now
  _ = try body()
  return microseconds(ContinuousClock.now - start)
}

public func microseconds(_ duration: Duration) -> Double {
  Double(duration.components.seconds) * 1e6 + Double(duration.components.attoseconds) / 1e12
}

/// `{"median": …, "p99": …, "max": …}` of times, rounded to tenths; `null` of none.
public func percentiles(_ times: [Double]) -> String {
  let sorted = times.sorted()
  guard let last = sorted.last else { return "null" }
  func tenths(_ value: Double) -> Double { (value * 10).rounded() / 10 }
  let median = tenths(sorted[sorted.count / 2])
  let late = tenths(sorted[min(sorted.count - 1, sorted.count * 99 / 100)])
  return "{\"median\": \(median), \"p99\": \(late), \"max\": \(tenths(last))}"
}

/// The bytes of a file; nil if it cannot be read.
public func contents(_ path: String) -> [UInt8]? {
  guard let file = fopen(path, "rb") else { return nil }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = fread(&chunk, 1, chunk.count, file)
    if count == 0 { return bytes }
    bytes += chunk[..<count]
  }
}

/// Numbers that look random and are the same each time (Steele, Lea and Flood 2014).
public struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64
  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}

/// Ends the program with what went wrong.
public func stop(_ message: String, status: Int32) -> Never {
  let line = Array((message + "\n").utf8)
  _ = write(2, line, line.count)
  exit(status)
}

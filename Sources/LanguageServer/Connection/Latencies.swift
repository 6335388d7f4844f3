import JSON
import Synchronization

/// How long the last requests of each method took, from their arrival to their answer.
final class Latencies: Sendable {
  private struct Ring: Sendable {
    var microseconds: [Int32] = []
    var count = 0
    static let capacity = 256

    mutating func add(_ value: Int32) {
      if microseconds.count < Self.capacity {
        microseconds.append(value)
      } else {
        microseconds[count % Self.capacity] = value
      }
      count += 1
    }
  }

  private let rings = Mutex<[String: Ring]>([:])

  func add(_ method: String, _ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    let microseconds = Double(seconds) * 1e6 + Double(attoseconds) / 1e12
    rings.withLock { $0[method, default: Ring()].add(Int32(min(max(microseconds, 0), 1e9))) }
  }

  /// Requests so far, and median and 99th percentile in milliseconds of the last 256, by method.
  var json: JSON {
    let rings = rings.withLock { $0 }
    let members = rings.sorted { $0.key < $1.key }.map { method, ring -> (String, JSON) in
      let sorted = ring.microseconds.sorted()
      func quantile(_ share: Double) -> JSON {
        JSON(Double(sorted[Int(Double(sorted.count - 1) * share)]) / 1000)
      }
      return (
        method,
        ["count": JSON(ring.count), "medianMilliseconds": quantile(0.5), "p99Milliseconds": quantile(0.99)]
      )
    }
    return .object(JSONObject(members))
  }
}

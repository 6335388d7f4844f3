/// Now, as ISO 8601 in UTC, to the second: `2026-01-31T12:00:00Z`.
package func utcTimestamp() -> String {
  var now = time(nil)
  var parts = tm()
  guard gmtime_r(&now, &parts) != nil else { return "" }
  func digits(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
  return "\(parts.tm_year + 1900)-\(digits(parts.tm_mon + 1))-\(digits(parts.tm_mday))T"
    + "\(digits(parts.tm_hour)):\(digits(parts.tm_min)):\(digits(parts.tm_sec))Z"
}

/// Seconds on a clock that never goes back.
package func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

import Platform

/// Numbers as people read them. Nothing here depends on the locale.
package enum NumberText {
  /// `1234567` as `1,234,567`.
  package static func grouped(_ value: Int) -> String {
    let digits = Array(String(value.magnitude))
    var text = value < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return text
  }

  /// Beyond it a number says nothing to a person but that it is large.
  private static let largest = 1e12

  /// A real with a fixed number of digits after the point, up to 10^12; "-" for what is not a number.
  ///
  /// - Parameter digits: at most 6.
  package static func fixed(_ value: Double, digits: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "-" : (value < 0 ? "-∞" : "∞") }
    guard value.magnitude <= largest else { return value < 0 ? "< -10^12" : "> 10^12" }
    let digits = min(max(digits, 0), 6)
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let scaled = (value.magnitude * scale).rounded()
    let units = UInt64(scaled)
    let whole = units / UInt64(scale)
    let sign = value < 0 && units > 0 ? "-" : ""
    guard digits > 0 else { return sign + String(whole) }
    let fraction = String(units % UInt64(scale))
    return sign + String(whole) + "." + String(repeating: "0", count: digits - fraction.count) + fraction
  }

  /// The same with the digits before the point in groups: `12,345.67`.
  package static func grouped(_ value: Double, digits: Int) -> String {
    let text = fixed(value, digits: digits)
    let end = text.firstIndex(of: ".") ?? text.endIndex
    guard let whole = Int(text[..<end]) else { return text }
    let sign = text.hasPrefix("-") && whole == 0 ? "-" : ""
    return sign + grouped(whole) + text[end...]
  }

  /// A share of one as a percentage.
  package static func percent(_ share: Double, digits: Int = 1) -> String {
    fixed(share * 100, digits: digits) + "%"
  }

  /// Bytes as B, kB, MB or GB (powers of ten).
  package static func bytes(_ count: Int) -> String {
    switch count {
    case ..<1000: "\(count) B"
    case ..<1_000_000: fixed(Double(count) / 1e3, digits: 1) + " kB"
    case ..<1_000_000_000: fixed(Double(count) / 1e6, digits: 1) + " MB"
    default: fixed(Double(count) / 1e9, digits: 2) + " GB"
    }
  }

  /// A count as 950, 12.3 k, 4.5 M.
  package static func short(_ value: Double) -> String {
    switch value {
    case ..<999.5: fixed(value, digits: 0)
    case ..<1e6: fixed(value / 1e3, digits: 1) + " k"
    case ..<1e9: fixed(value / 1e6, digits: 1) + " M"
    default: fixed(value / 1e9, digits: 1) + " G"
    }
  }

  /// Seconds as `0:07`, `3:25` or `1:02:03`.
  package static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "-:--" }
    let total = Int(seconds.rounded())
    let (hours, minutes, rest) = (total / 3600, total / 60 % 60, total % 60)
    let tail = (rest < 10 ? "0" : "") + String(rest)
    guard hours > 0 else { return "\(minutes):\(tail)" }
    return "\(hours):" + (minutes < 10 ? "0" : "") + "\(minutes):\(tail)"
  }

  /// The number of bytes that `12M`, `1.5G`, `300k` or a plain number names; nil if it names none.
  package static func byteCount(_ text: String) -> Int? {
    var digits = Substring(text)
    if digits.last == "B" || digits.last == "b" { digits.removeLast() }
    if digits.last == "i" { digits.removeLast() }
    var factor = 1.0
    switch digits.last {
    case "k", "K": factor = 1024
    case "m", "M": factor = 1024 * 1024
    case "g", "G": factor = 1024 * 1024 * 1024
    default: break
    }
    if factor > 1 { digits.removeLast() }
    guard let value = Double(digits), value >= 0, value * factor < 9e18 else { return nil }
    return Int(value * factor)
  }
}

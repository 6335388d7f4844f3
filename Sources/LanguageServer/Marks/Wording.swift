import Platform

/// A probability for people: `42 %`, `0.3 %`, `< 0.1 %`.
func percentage(_ probability: Double) -> String {
  guard probability.isFinite else { return "?" }
  let percent = min(max(probability, 0), 1) * 100
  if percent >= 10 { return "\(Int(percent.rounded())) %" }
  let tenths = Int((percent * 10).rounded())
  return tenths == 0 ? "< 0.1 %" : "\(tenths / 10).\(tenths % 10) %"
}

/// The same of a surprisal.
func percentage(ofBits bits: Double) -> String { percentage(exp2(-bits)) }

/// A surprisal for people: one decimal, whatever the number is.
func decimal(ofBits bits: Double) -> String {
  guard bits.isFinite else { return "many" }
  let tenths = Int(min(max(bits, 0), 9999) * 10 + 0.5)
  return "\(tenths / 10).\(tenths % 10)"
}

/// Line ends and indentation are tokens to the models, but nothing to be shown or inserted.
func isSingleLine(_ text: String) -> Bool {
  !text.isEmpty && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
}

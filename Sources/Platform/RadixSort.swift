/// Sorts numbers eleven bits at a time, the lowest first: for many that are spread evenly. Bits that no number has cost no pass.
///
/// Takes as much room again as the numbers.
@inlinable
package func radixSort<Number: FixedWidthInteger & UnsignedInteger>(_ numbers: inout [Number]) {
  radixSort(&numbers) { $0 }
}

/// Sorts elements by a number of each, and those of equal numbers as `precedes` says: for many whose numbers differ nearly always.
@inlinable
package func radixSort<Element, Number: FixedWidthInteger & UnsignedInteger>(
  _ elements: inout [Element], by number: (Element) -> Number, then precedes: (Element, Element) -> Bool
) {
  radixSort(&elements, by: number)
  var start = 0
  while start < elements.count {
    let first = number(elements[start])
    var end = start + 1
    while end < elements.count && number(elements[end]) == first { end += 1 }
    if end - start > 1 { elements[start..<end].sort(by: precedes) }
    start = end
  }
}

@inlinable
func radixSort<Element, Number: FixedWidthInteger & UnsignedInteger>(
  _ elements: inout [Element], by number: (Element) -> Number
) {
  let (digitBits, digitCount) = (11, 1 << 11)
  // Below this the tables of the digits take longer than comparisons.
  guard elements.count > 4_096 else { return elements.sort { number($0) < number($1) } }
  var other = elements
  let all = elements.reduce(0) { $0 | number($1) }
  var shift = 0
  while shift < Number.bitWidth && all >> shift != 0 {
    if Int(truncatingIfNeeded: all >> shift) & (digitCount - 1) != 0 {
      var starts = [Int](repeating: 0, count: digitCount + 1)
      for element in elements {
        starts[Int(truncatingIfNeeded: number(element) &>> shift) & (digitCount - 1) + 1] += 1
      }
      for digit in 1...digitCount { starts[digit] += starts[digit - 1] }
      for element in elements {
        let digit = Int(truncatingIfNeeded: number(element) &>> shift) & (digitCount - 1)
        other[starts[digit]] = element
        starts[digit] += 1
      }
      swap(&elements, &other)
    }
    shift += digitBits
  }
}

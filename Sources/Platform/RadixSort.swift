/// Sorts numbers eleven bits at a time, the lowest first: for many that are spread evenly. Bits that no number has cost no pass.
///
/// Takes as much room again as the numbers.
@inlinable
package func radixSort<Number: FixedWidthInteger & UnsignedInteger>(_ numbers: inout [Number]) {
  let (digitBits, digitCount) = (11, 1 << 11)
  // Below this the tables of the digits take longer than comparisons.
  guard numbers.count > 4_096 else { return numbers.sort() }
  var other = numbers
  let all = numbers.reduce(0, |)
  var shift = 0
  while shift < Number.bitWidth && all >> shift != 0 {
    if Int(truncatingIfNeeded: all >> shift) & (digitCount - 1) != 0 {
      var starts = [Int](repeating: 0, count: digitCount + 1)
      for number in numbers { starts[Int(truncatingIfNeeded: number &>> shift) & (digitCount - 1) + 1] += 1 }
      for digit in 1...digitCount { starts[digit] += starts[digit - 1] }
      for number in numbers {
        let digit = Int(truncatingIfNeeded: number &>> shift) & (digitCount - 1)
        other[starts[digit]] = number
        starts[digit] += 1
      }
      swap(&numbers, &other)
    }
    shift += digitBits
  }
}

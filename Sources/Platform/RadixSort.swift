/// Sorts numbers eleven bits at a time, the lowest first: for many that are spread evenly. Bits that no number has cost no pass.
///
/// Takes as much room again as the numbers.
@inlinable
package func radixSort<Number: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
  _ numbers: inout [Number]
) {
  radixSort(&numbers) { $0 }
}

/// Sorts elements by a number of each, and those of equal numbers as `precedes` says: for many whose numbers differ nearly always.
/// With several threads those that begin with the same eleven bits are a group of one thread.
///
/// Takes as much room again as the elements.
@inlinable
package func radixSort<
  Element: BitwiseCopyable & Sendable, Number: FixedWidthInteger & UnsignedInteger & SendableMetatype
>(
  _ elements: inout [Element], threadCount: Int = 1, by number: @Sendable (Element) -> Number,
  then precedes: @Sendable (Element, Element) -> Bool
) {
  var other = elements
  var groups = [0..<elements.count]
  if threadCount > 1 && elements.count > 1 << 16 {
    groups = RadixSorting.group(elements, into: &other, by: number)
    swap(&elements, &other)
  }
  elements.withUnsafeMutableBufferPointer { elements in
    other.withUnsafeMutableBufferPointer { other in
      nonisolated(unsafe) let (elements, other) = (elements, other)
      let groups = groups
      // Nothing throws.
      try? forEachTask(groups.count, threadCount: threadCount) { _, task in
        let group = UnsafeMutableBufferPointer(rebasing: elements[groups[task]])
        RadixSorting.sort(group, UnsafeMutableBufferPointer(rebasing: other[groups[task]]), by: number)
        RadixSorting.sortEqual(group, by: number, then: precedes)
      }
    }
  }
}

@inlinable
func radixSort<Element: BitwiseCopyable, Number: FixedWidthInteger & UnsignedInteger>(
  _ elements: inout [Element], by number: (Element) -> Number
) {
  // Below this the tables of the digits take longer than comparisons, and no room is needed.
  guard elements.count > RadixSorting.leastCount else { return elements.sort { number($0) < number($1) } }
  var other = elements
  elements.withUnsafeMutableBufferPointer { elements in
    other.withUnsafeMutableBufferPointer { RadixSorting.sort(elements, $0, by: number) }
  }
}

@usableFromInline
enum RadixSorting {
  @usableFromInline static let leastCount = 4_096
  @usableFromInline static let (digitBits, digitCount) = (11, 1 << 11)

  /// Where the elements of each digit begin, and behind the last one where they end.
  @inlinable
  static func starts<Element, Number: FixedWidthInteger & UnsignedInteger>(
    _ elements: UnsafeBufferPointer<Element>, shift: Int, by number: (Element) -> Number
  ) -> [Int] {
    var starts = [Int](repeating: 0, count: digitCount + 1)
    for element in elements {
      starts[Int(truncatingIfNeeded: number(element) &>> shift) & (digitCount - 1) + 1] += 1
    }
    for digit in 1...digitCount { starts[digit] += starts[digit - 1] }
    return starts
  }

  /// Puts those together that begin with the same bits, in the order of these.
  ///
  /// - Returns: where each group lies in `other`.
  @inlinable
  static func group<Element: BitwiseCopyable, Number: FixedWidthInteger & UnsignedInteger>(
    _ elements: [Element], into other: inout [Element], by number: (Element) -> Number
  ) -> [Range<Int>] {
    let all = elements.reduce(0) { $0 | number($1) }
    let shift = max(0, Number.bitWidth - all.leadingZeroBitCount - digitBits)
    let starts = elements.withUnsafeBufferPointer { self.starts($0, shift: shift, by: number) }
    var next = starts
    for element in elements {
      let digit = Int(truncatingIfNeeded: number(element) &>> shift) & (digitCount - 1)
      other[next[digit]] = element
      next[digit] += 1
    }
    return (0..<digitCount).map { starts[$0]..<starts[$0 + 1] }.filter { $0.count > 1 }
  }

  /// Sorts `elements`, with `other` for room.
  @inlinable
  static func sort<Element: BitwiseCopyable, Number: FixedWidthInteger & UnsignedInteger>(
    _ elements: UnsafeMutableBufferPointer<Element>, _ other: UnsafeMutableBufferPointer<Element>,
    by number: (Element) -> Number
  ) {
    var (from, to) = (elements, other)
    guard elements.count > leastCount else { return from.sort { number($0) < number($1) } }
    let (all, common) = elements.reduce((0, Number.max)) { ($0.0 | number($1), $0.1 & number($1)) }
    let differing = all & ~common
    for shift in stride(from: 0, to: Number.bitWidth, by: digitBits)
    where Int(truncatingIfNeeded: differing >> shift) & (digitCount - 1) != 0 {
      var next = starts(UnsafeBufferPointer(from), shift: shift, by: number)
      for element in from {
        let digit = Int(truncatingIfNeeded: number(element) &>> shift) & (digitCount - 1)
        to[next[digit]] = element
        next[digit] += 1
      }
      swap(&from, &to)
    }
    if from.baseAddress != elements.baseAddress { _ = elements.update(fromContentsOf: from) }
  }

  /// Sorts those whose numbers are equal, which stand side by side.
  @inlinable
  static func sortEqual<Element, Number: FixedWidthInteger & UnsignedInteger>(
    _ elements: UnsafeMutableBufferPointer<Element>, by number: (Element) -> Number,
    then precedes: (Element, Element) -> Bool
  ) {
    var start = 0
    while start < elements.count {
      let first = number(elements[start])
      var end = start + 1
      while end < elements.count && number(elements[end]) == first { end += 1 }
      if end - start > 1 { elements[start..<end].sort(by: precedes) }
      start = end
    }
  }
}

/// Sorts keys of which only the lowest `bits` bits differ from zero, with `scratch` as room of the same size.
///
/// Least significant digit first, eight bits at a time; digits that are the same in all keys cost no pass. O(n) for
/// a given key length, the same time whatever the keys.
func radixSort<Key: PackedKey>(
  _ keys: UnsafeMutableBufferPointer<Key>, scratch: UnsafeMutableBufferPointer<Key>, bits: Int
) {
  if keys.count < 48 { return insertionSort(keys) }
  precondition(scratch.count >= keys.count)
  let digitCount = (bits + 7) / 8
  withHistograms(keys, digitCount: digitCount) { histograms in
    var source = keys
    var target = scratch
    for digit in 0..<digitCount {
      let shift = digit * 8
      let offsets = histograms + digit * 256
      if !startOffsets(offsets, first: Int(source[0].word(shift: shift) & 0xFF), count: keys.count) {
        continue
      }
      for index in 0..<keys.count {
        let key = source[index]
        let place = Int(key.word(shift: shift) & 0xFF)
        target[Int(offsets[place])] = key
        offsets[place] &+= 1
      }
      swap(&source, &target)
    }
    if source.baseAddress != keys.baseAddress {
      keys.baseAddress!.update(from: source.baseAddress!, count: keys.count)
    }
  }
}

/// Like `radixSort(_:scratch:bits:)`, and moves `values` along with their keys.
func radixSort<Key: PackedKey>(
  _ keys: UnsafeMutableBufferPointer<Key>, scratch: UnsafeMutableBufferPointer<Key>,
  values: UnsafeMutableBufferPointer<UInt64>, valueScratch: UnsafeMutableBufferPointer<UInt64>, bits: Int
) {
  if keys.count < 2 { return }
  precondition(scratch.count >= keys.count && values.count >= keys.count && valueScratch.count >= keys.count)
  let digitCount = (bits + 7) / 8
  withHistograms(keys, digitCount: digitCount) { histograms in
    var source = keys
    var target = scratch
    var sourceValues = values
    var targetValues = valueScratch
    for digit in 0..<digitCount {
      let shift = digit * 8
      let offsets = histograms + digit * 256
      if !startOffsets(offsets, first: Int(source[0].word(shift: shift) & 0xFF), count: keys.count) {
        continue
      }
      for index in 0..<keys.count {
        let key = source[index]
        let place = Int(key.word(shift: shift) & 0xFF)
        let offset = Int(offsets[place])
        target[offset] = key
        targetValues[offset] = sourceValues[index]
        offsets[place] &+= 1
      }
      swap(&source, &target)
      swap(&sourceValues, &targetValues)
    }
    if source.baseAddress != keys.baseAddress {
      keys.baseAddress!.update(from: source.baseAddress!, count: keys.count)
      values.baseAddress!.update(from: sourceValues.baseAddress!, count: keys.count)
    }
  }
}

/// Counts every digit of every key in one pass over them.
private func withHistograms<Key: PackedKey>(
  _ keys: UnsafeMutableBufferPointer<Key>, digitCount: Int, _ body: (UnsafeMutablePointer<UInt32>) -> Void
) {
  let base = UnsafeMutablePointer<UInt32>.allocate(capacity: digitCount * 256)
  defer { base.deallocate() }
  base.initialize(repeating: 0, count: digitCount * 256)
  for key in keys {
    var digit = 0
    while digit < digitCount {
      let word = key.word(shift: digit * 8)
      base[digit * 256 + Int(word & 0xFF)] &+= 1
      if digit + 1 < digitCount { base[(digit + 1) * 256 + Int(word >> 8 & 0xFF)] &+= 1 }
      if digit + 2 < digitCount { base[(digit + 2) * 256 + Int(word >> 16 & 0xFF)] &+= 1 }
      if digit + 3 < digitCount { base[(digit + 3) * 256 + Int(word >> 24)] &+= 1 }
      digit += 4
    }
  }
  body(base)
}

/// Turns counts into the offsets where each digit's keys begin.
///
/// - Returns: false if all keys have the digit `first`.
@inline(__always)
private func startOffsets(_ counts: UnsafeMutablePointer<UInt32>, first: Int, count: Int) -> Bool {
  if Int(counts[first]) == count { return false }
  var sum: UInt32 = 0
  for place in 0..<256 {
    let here = counts[place]
    counts[place] = sum
    sum &+= here
  }
  return true
}

private func insertionSort<Key: PackedKey>(_ keys: UnsafeMutableBufferPointer<Key>) {
  var index = 1
  while index < keys.count {
    let key = keys[index]
    var hole = index
    while hole > 0 && key < keys[hole - 1] {
      keys[hole] = keys[hole - 1]
      hole -= 1
    }
    keys[hole] = key
    index += 1
  }
}

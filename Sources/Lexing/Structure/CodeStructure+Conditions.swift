/// What conditions of a preprocessor enclose: the code of each branch, the branch with its line, all branches, and the whole.
extension CodeStructure {
  mutating func conditions() {
    // Of each condition that is open, the places of its lines among the directives.
    var open: [[Int]] = []
    for (place, directive) in source.directives.enumerated() {
      switch source.directiveWord(directive) {
      case "if", "ifdef", "ifndef": open.append([place])
      case "else", "elseif", "elif": if !open.isEmpty { open[open.count - 1].append(place) }
      case "endif": if let lines = open.popLast() { emitCondition(lines, end: place) }
      default: break
      }
    }
    // All of the text's code, lines at its beginning and end included.
    guard let first = source.directives.first, let last = source.directives.last else { return }
    emit(
      min(first.lowerBound, items.first?.start ?? .max)..<max(last.upperBound, items.last?.end ?? 0))
  }

  private mutating func emitCondition(_ lines: [Int], end: Int) {
    let start = source.directives[lines[0]].lowerBound
    guard start <= focus.lowerBound, source.directives[end].upperBound >= focus.upperBound else { return }
    var last = source.directives[lines[0]].upperBound
    for (place, next) in zip(lines, lines.dropFirst() + [end]) {
      let line = source.directives[place]
      let inside = items(between: line.upperBound, source.directives[next].lowerBound)
      last = line.upperBound
      if !inside.isEmpty {
        last = max(last, bytes(inside).upperBound)
        emit(items: inside)
      }
      emit(line.lowerBound..<last)
    }
    emit(start..<last)
    emit(start..<source.directives[end].upperBound)
  }

  /// The items between two byte offsets.
  private func items(between lower: Int, _ upper: Int) -> Range<Int> {
    let first = firstItem(from: lower)
    return first..<max(first, firstItem(from: upper))
  }

  /// The first item that begins at a byte offset or behind it.
  private func firstItem(from byteOffset: Int) -> Int {
    var (low, high) = (0, items.count)
    while low < high {
      let middle = (low + high) / 2
      if items[middle].start < byteOffset { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

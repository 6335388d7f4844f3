import Synchronization

/// Goes through a whole document at background priority, a slice at a time, so that edits and completions get in
/// between; starts again where an edit came in between.
final class Sweep: Sendable {
  private struct State: Sendable {
    var revision = -1
    var byteOffset = 0
    var found: [Surprisal] = []
  }

  private let state = Mutex(State())
  private let sliceByteCount: Int
  /// What is gone through: all lines, or some.
  private let lines: Range<Int>?

  init(lines: Range<Int>? = nil, sliceByteCount: Int = 2048) {
    self.lines = lines
    self.sliceByteCount = sliceByteCount
  }

  private func byteRange(_ text: SourceText) -> Range<Int> {
    guard let lines else { return 0..<text.byteCount }
    let start = text.contentRange(ofLine: lines.lowerBound).lowerBound
    return start..<max(start, text.contentRange(ofLine: lines.upperBound).lowerBound)
  }

  /// Works on the next slice.
  ///
  /// - Returns: all surprisals once the end is reached, nil before.
  func advance(_ content: inout DocumentContent, keeping isWanted: (Surprisal) -> Bool) -> [Surprisal]? {
    let range = byteRange(content.text)
    return state.withLock { state in
      if state.revision != content.revision {
        state = State()
        state.revision = content.revision
        state.byteOffset = range.lowerBound
      }
      let end = min(state.byteOffset + sliceByteCount, range.upperBound)
      let slice = state.byteOffset..<end
      // A token that reaches over the slice's edge belongs to the slice in which it begins.
      for surprisal in content.engine.surprisals(in: slice)
      where slice.contains(surprisal.byteRange.lowerBound)
        && surprisal.byteRange.upperBound <= content.text.byteCount
        && isWanted(surprisal)
      {
        state.found.append(surprisal)
      }
      state.byteOffset = end
      return end == range.upperBound ? state.found : nil
    }
  }
}

extension Session {
  /// Computes the surprisals of a document, or of some of its lines, in the background.
  ///
  /// - Parameters:
  ///   - isUnwanted: looked at before each slice; the sweep then ends with `abandoned`.
  ///   - finished: is given the document's content as it was when the last slice was done.
  func sweep(
    _ document: OpenDocument, lines: Range<Int>? = nil,
    keeping isWanted: @escaping @Sendable (Surprisal) -> Bool,
    unless isUnwanted: @escaping @Sendable () -> Bool, abandoned: @escaping @Sendable () -> Void,
    finished: @escaping @Sendable (DocumentContent, [Surprisal]) -> Void
  ) {
    let sweep = Sweep(lines: lines)
    scheduler.submit(.background, in: document.lane) {
      if isUnwanted() || document.isClosed.isRaised {
        abandoned()
        return .done
      }
      let outcome = document.withContent { content in
        guard let found = sweep.advance(&content, keeping: isWanted) else { return false }
        finished(content, found)
        return true
      }
      if outcome == nil { abandoned() }
      return outcome == false ? .unfinished : .done
    }
  }
}

import CSystem
import NGrams
import Platform
import Prediction
import Synchronization

/// Some texts that follow each other, looked at by as many threads as there are processors.
struct HighlightBatch {
  /// So much is read before any of it is printed.
  private static let fileLimit = 16
  private static let byteLimit = 1 << 20
  private static let threadLimit = 16

  /// Whether it is to be looked at before more is read.
  var isFull: Bool {
    works.count >= fileLimit || works.reduce(0) { $0 + $1.input.bytes.count } >= Self.byteLimit
  }

  private(set) var works: [(input: TextInput, model: Model?)] = []
  private let fileLimit: Int

  /// - Parameter isSingle: whether each text is to be done with before the next one is read.
  init(isSingle: Bool) { fileLimit = isSingle ? 1 : Self.fileLimit }

  mutating func add(_ input: TextInput, model: Model?) { works.append((input, model)) }

  /// The texts with their marks, in their order.
  func highlighted(by highlighter: TextHighlighter) throws(Failure) -> [HighlightedFile] {
    let threadCount = min(Self.threadLimit, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    let works = works
    let files = Mutex([HighlightedFile?](repeating: nil, count: works.count))
    try forEachTask(works.count, threadCount: threadCount) { (_, task) throws(Failure) in
      let file = highlighter.highlight(works[task].input, model: works[task].model)
      files.withLock { $0[task] = file }
    }
    return files.withLock { $0.compactMap { $0 } }
  }
}

/// A value that many threads read at once and one at a time changes.
///
/// Phase-fair (Brandenburg and Anderson 2010, "Spin-based reader-writer synchronization for multiprocessor real-time
/// systems"): a reader waits for at most one writer, and a writer for the readers that came before it. So neither
/// a thread that writes over and over nor one that reads over and over keeps others out, as it would with the C
/// library's lock, which prefers one side.
///
/// Never to be taken by a thread that holds it already, not even twice for reading.
public final class ReadWriteLock<Value>: @unchecked Sendable {
  /// What the mutex guards.
  private struct Phase {
    var readerCount = 0
    var isWriting = false
    var waitingReaderCount = 0
    var waitingWriterCount = 0
    /// How many writers have come and left, modulo 2⁶⁴.
    var writeCount: UInt64 = 0
    /// Readers that go before the writers that wait: those who waited when the last writer left, and have not woken yet.
    var admittedReaderCount = 0
  }

  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let readersMayGo: UnsafeMutablePointer<pthread_cond_t>
  private let writerMayGo: UnsafeMutablePointer<pthread_cond_t>
  private let phase: UnsafeMutablePointer<Phase>
  private let value: UnsafeMutablePointer<Value>

  public init(_ initial: sending Value) {
    mutex = .allocate(capacity: 1)
    readersMayGo = .allocate(capacity: 1)
    writerMayGo = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(readersMayGo, nil)
    pthread_cond_init(writerMayGo, nil)
    phase = .allocate(capacity: 1)
    phase.initialize(to: Phase())
    value = .allocate(capacity: 1)
    value.initialize(to: initial)
  }

  deinit {
    pthread_cond_destroy(writerMayGo)
    pthread_cond_destroy(readersMayGo)
    pthread_mutex_destroy(mutex)
    writerMayGo.deallocate()
    readersMayGo.deallocate()
    mutex.deallocate()
    phase.deallocate()
    value.deinitialize(count: 1)
    value.deallocate()
  }

  /// Runs `body` while nobody writes; others may read meanwhile, so that it must change nothing.
  public func withReading<Result>(_ body: (borrowing Value) -> Result) -> Result {
    beginReading()
    defer { endReading() }
    return body(value.pointee)
  }

  /// Runs `body` while nobody else reads or writes.
  public func withWriting<Result>(_ body: (inout Value) -> Result) -> Result {
    beginWriting()
    defer { endWriting() }
    return body(&value.pointee)
  }

  private func beginReading() {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    if phase.pointee.isWriting || phase.pointee.waitingWriterCount > 0 {
      phase.pointee.waitingReaderCount += 1
      let writeCount = phase.pointee.writeCount
      while phase.pointee.writeCount == writeCount { pthread_cond_wait(readersMayGo, mutex) }
      phase.pointee.waitingReaderCount -= 1
      phase.pointee.admittedReaderCount -= 1
    }
    phase.pointee.readerCount += 1
  }

  private func endReading() {
    pthread_mutex_lock(mutex)
    phase.pointee.readerCount -= 1
    letWriterGo()
    pthread_mutex_unlock(mutex)
  }

  private func beginWriting() {
    pthread_mutex_lock(mutex)
    phase.pointee.waitingWriterCount += 1
    while phase.pointee.isWriting || phase.pointee.readerCount > 0 || phase.pointee.admittedReaderCount > 0 {
      pthread_cond_wait(writerMayGo, mutex)
    }
    phase.pointee.waitingWriterCount -= 1
    phase.pointee.isWriting = true
    pthread_mutex_unlock(mutex)
  }

  private func endWriting() {
    pthread_mutex_lock(mutex)
    phase.pointee.isWriting = false
    phase.pointee.writeCount &+= 1
    phase.pointee.admittedReaderCount = phase.pointee.waitingReaderCount
    if phase.pointee.admittedReaderCount > 0 { pthread_cond_broadcast(readersMayGo) }
    letWriterGo()
    pthread_mutex_unlock(mutex)
  }

  private func letWriterGo() {
    if phase.pointee.readerCount == 0 && phase.pointee.admittedReaderCount == 0
      && phase.pointee.waitingWriterCount > 0
    {
      pthread_cond_signal(writerMayGo)
    }
  }
}

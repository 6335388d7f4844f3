/// Memory for the scratch work of one thread, freed with it.
final class Scratch<Element: BitwiseCopyable>: @unchecked Sendable {
  private(set) var buffer: UnsafeMutableBufferPointer<Element>

  init(count: Int = 0) { buffer = .allocate(capacity: count) }
  deinit { buffer.deallocate() }

  /// At least `count` elements, with undefined content.
  func ensure(_ count: Int) -> UnsafeMutableBufferPointer<Element> {
    if buffer.count < count {
      buffer.deallocate()
      buffer = .allocate(capacity: count)
    }
    return buffer
  }

  /// Frees the memory until it is needed again.
  func release() {
    buffer.deallocate()
    buffer = .allocate(capacity: 0)
  }
}

/// A value of one thread, reached through a pointer: the hot loops then cost no checks of exclusive access and no
/// reference counting, as properties of classes would.
final class Box<Value>: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Value>

  init(_ value: Value) {
    pointer = .allocate(capacity: 1)
    pointer.initialize(to: value)
  }

  deinit {
    pointer.deinitialize(count: 1)
    pointer.deallocate()
  }
}

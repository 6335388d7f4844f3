import Platform
import Testing

@Test func someMemoryIsAvailable() throws {
  let count = try #require(availableMemoryByteCount())
  #expect(count > 1 << 20)
  #expect(count < 1 << 50)
}

import Testing

@testable import NGrams

@Suite struct ValueCodingTests {
  /// The bits of a code that is too wide would change the field after it.
  @Test(arguments: [0.001, 1, 100.6, 228, 2000] as [Float])
  func codesStayWithinTheirWidth(range: Float) {
    let coding = ValueCoding(minimum: -range, maximum: 0)
    for value in [-range, -range / 2, -1e-6, 0, 1, .infinity, -.infinity] {
      #expect(coding.code(value) < 1 << UInt64(coding.width))
    }
    #expect(abs(coding.value(coding.code(0))) <= max(Float(ValueCoding.resolution), range * 2e-7))
  }
}

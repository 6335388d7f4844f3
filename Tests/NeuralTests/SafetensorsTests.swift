import Neural
import Platform
import Testing

/// A directory that is gone when the test is.
final class TemporaryDirectory {
  let path: String
  init() throws {
    var template = Array("/tmp/inkling-neural-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) }
    path = String(cString: try #require(made))
  }
  deinit { removeTree(path) }
}

/// The same numbers on every run.
typealias SeededGenerator = SplitMix64

extension SplitMix64 {
  init(_ seed: UInt64) { self.init(seed: seed) }
}

@Suite struct SafetensorsTests {
  let directory: TemporaryDirectory
  var path: String { directory.path + "/weights.safetensors" }

  init() throws { directory = try TemporaryDirectory() }

  private func sample() -> SafetensorsWriter {
    var writer = SafetensorsWriter(metadata: ["b": "2", "a": "quote \" and \u{1F600}"])
    writer.add("bytes", shape: [3], [1, 2, 255] as [UInt8])
    writer.add("matrix", shape: [2, 3], [1, -2, 3.5, 0, .pi, -0.25] as [Float])
    writer.add("ids", shape: [2], [-1, .max] as [Int32])
    writer.add("wide", shape: [], [2.5] as [Double])
    writer.add("none", shape: [0, 7], [] as [Float])
    return writer
  }

  @Test func whatIsWrittenIsRead() throws {
    try sample().write(to: path)
    let file = try Safetensors(path)
    #expect(file.metadata == ["b": "2", "a": "quote \" and \u{1F600}"])
    #expect(try file.floats("matrix", shape: [2, 3]) == [1, -2, 3.5, 0, .pi, -0.25])
    #expect(try file.integers("ids") == [-1, .max])
    #expect(try file.floats("wide", shape: []) == [2.5])
    #expect(try file.floats("none") == [])
    #expect(file.withBytes(of: try file.tensor("bytes")) { Array($0) } == [1, 2, 255])
    #expect(throws: Failure.self) { try file.floats("matrix", shape: [3, 2]) }
    #expect(throws: Failure.self) { try file.floats("missing") }
    #expect(throws: Failure.self) { try file.floats("ids") }
    #expect(throws: Failure.self) { try file.integers("matrix") }
  }

  @Test func wideElementsAreAligned() throws {
    try sample().write(to: path)
    let file = try Safetensors(path)
    for tensor in file.tensors.values {
      #expect(tensor.byteRange.lowerBound % tensor.type.byteCount == 0, "\(tensor.name)")
    }
  }

  private func open(header: String, data: Int, length: UInt64? = nil) throws -> Safetensors {
    var bytes = withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) { Array($0) }
    bytes += Array(header.utf8) + [UInt8](repeating: 7, count: data)
    try writeFileAtomically(path, bytes)
    return try Safetensors(path)
  }

  @Test(arguments: [
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 4, true),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}   "#, 4, true),
    (#"{}"#, 0, true),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 3, false),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 5, false),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4, false),
    (#"{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}"#, 4, false),
    (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4, false),
    (#"{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}"#, 4, false),
    (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}}"#, 4, false),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4, false),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#, 4, false),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}"#, 8, false),
    (#"{"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}"#, 4, false),
    (
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}"#,
      6, false
    ),
    (
      #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[4,6]}}"#,
      6, false
    ),
    (
      #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#,
      4, false
    ),
    (#"{"__metadata__":{"a":1}}"#, 0, false),
    (#"{"__metadata__":[]}"#, 0, false),
    (#"[]"#, 0, false),
    (#"{"a":"#, 0, false),
  ])
  func headersAreChecked(header: String, data: Int, isValid: Bool) throws {
    if isValid {
      _ = try open(header: header, data: data)
    } else {
      #expect(throws: Failure.self) { try open(header: header, data: data) }
    }
  }

  @Test(arguments: [0, 3, 1 << 40, UInt64.max, UInt64.max - 7])
  func headerLengthsAreChecked(length: UInt64) {
    #expect(throws: Failure.self) { try open(header: "{}", data: 4, length: length) }
  }

  /// Every single damaged byte and every cut is either refused or reads as some well-formed file.
  @Test func damageNeverCrashes() throws {
    let whole = sample().serialized()
    var generator = SeededGenerator(5)
    var refusals = 0
    for trial in 0..<600 {
      var bytes = whole
      if trial % 3 == 0 {
        bytes.removeLast(Int.random(in: 1...whole.count, using: &generator))
      } else {
        for _ in 0...trial % 4 {
          bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(
            in: 0...255, using: &generator)
        }
      }
      try writeFileAtomically(path, bytes)
      do {
        let file = try Safetensors(path)
        for tensor in file.tensors.values {
          _ = try? file.floats(tensor.name)
          _ = try? file.integers(tensor.name)
        }
      } catch { refusals += 1 }
    }
    #expect(refusals > 300)
  }

  @Test func narrowFloatsAreExact() throws {
    let header =
      #"{"b":{"dtype":"BF16","shape":[2],"data_offsets":[10,14]},"h":{"dtype":"F16","shape":[5],"data_offsets":[0,10]}}"#
    var bytes = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8)
    for half: UInt16 in [0x3C00, 0xC000, 0x0001, 0x7C00, 0x3555, 0x3F80, 0xC2F7] {
      bytes += withUnsafeBytes(of: half.littleEndian) { Array($0) }
    }
    try writeFileAtomically(path, bytes)
    let file = try Safetensors(path)
    #expect(try file.floats("h") == [1, -2, 0x1p-24, .infinity, 0.333251953125])
    #expect(try file.floats("b") == [1, -123.5])
  }

  @Test func floatsAreRoundedToBfloat16() throws {
    let values: [Float] = [
      1, -123.5, 0x1.01p0, 0x1.010002p0, 0x1.03p0, -0x1.fep10, 0x1.fffffep10, 0x1p-140, 0, .infinity,
      -.infinity, .greatestFiniteMagnitude,
    ]
    var writer = SafetensorsWriter()
    writer.add(roundingToBfloat16: "x", shape: [3, 4], values)
    writer.add(roundingToBfloat16: "nan", shape: [1], [.nan])
    try writer.write(to: path)
    let file = try Safetensors(path)
    #expect(file.tensors["x"]?.type == .bfloat16)
    #expect(
      try file.floats("x", shape: [3, 4]) == [
        1, -123.5, 1, 0x1.02p0, 0x1.04p0, -0x1.fep10, 0x1p11, 0, 0, .infinity, -.infinity, .infinity,
      ])
    #expect(try file.floats("nan")[0].isNaN)
  }
}

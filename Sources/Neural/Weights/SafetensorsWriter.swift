import JSON
import Platform

/// Builds a safetensors file in memory and writes it in one step, so that no reader meets half of one.
public struct SafetensorsWriter {
  /// Goes into the header's `__metadata__`.
  public var metadata: [String: String]
  private var tensors: [(name: String, type: Safetensors.ElementType, shape: [Int], bytes: [UInt8])] = []

  public init(metadata: [String: String] = [:]) { self.metadata = metadata }

  public mutating func add(_ name: String, shape: [Int], _ values: [Float]) {
    add(name, .float32, shape, values.withUnsafeBytes { [UInt8]($0) })
  }

  /// Rounded to bfloat16, to the nearest and of two to the even one.
  public mutating func add(roundingToBfloat16 name: String, shape: [Int], _ values: [Float]) {
    var bytes = [UInt8](repeating: 0, count: 2 * values.count)
    for (index, value) in values.enumerated() {
      let bits = value.bitPattern
      // What is not finite has no neighbours to be rounded to, and stays what it is.
      let rounded = value.isFinite ? bits + 0x7fff + (bits >> 16 & 1) : bits | (value.isNaN ? 1 << 22 : 0)
      bytes[2 * index] = UInt8(truncatingIfNeeded: rounded >> 16)
      bytes[2 * index + 1] = UInt8(truncatingIfNeeded: rounded >> 24)
    }
    add(name, .bfloat16, shape, bytes)
  }

  public mutating func add(_ name: String, shape: [Int], _ values: [Double]) {
    add(name, .float64, shape, values.withUnsafeBytes { [UInt8]($0) })
  }

  public mutating func add(_ name: String, shape: [Int], _ values: [Int32]) {
    add(name, .int32, shape, values.withUnsafeBytes { [UInt8]($0) })
  }

  public mutating func add(_ name: String, shape: [Int], _ values: [Int64]) {
    add(name, .int64, shape, values.withUnsafeBytes { [UInt8]($0) })
  }

  public mutating func add(_ name: String, shape: [Int], _ values: [UInt8]) {
    add(name, .uint8, shape, values)
  }

  private mutating func add(_ name: String, _ type: Safetensors.ElementType, _ shape: [Int], _ bytes: [UInt8])
  {
    precondition(name != "__metadata__" && bytes.count == shape.reduce(type.byteCount, *), "\(name) \(shape)")
    precondition(!tensors.contains { $0.name == name }, "\(name) is there already")
    tensors.append((name, type, shape, bytes))
  }

  /// The whole file.
  ///
  /// Tensors of wider elements come first and the header is padded with spaces to a multiple of 8, so that every
  /// element is aligned for readers that map the file.
  public func serialized() -> [UInt8] {
    var header = JSONObject()
    if !metadata.isEmpty {
      let sorted = metadata.sorted { $0.key < $1.key }
      header["__metadata__"] = .object(JSONObject(sorted.map { ($0.key, JSON.string($0.value)) }))
    }
    let order = tensors.indices.sorted {
      (-tensors[$0].type.byteCount, $0) < (-tensors[$1].type.byteCount, $1)
    }
    var offset = 0
    for index in order {
      let tensor = tensors[index]
      header[tensor.name] = [
        "dtype": .string(tensor.type.rawValue),
        "shape": .array(tensor.shape.map { .integer(Int64($0)) }),
        "data_offsets": [.integer(Int64(offset)), .integer(Int64(offset + tensor.bytes.count))],
      ]
      offset += tensor.bytes.count
    }
    var text = JSON.object(header).serialized()
    while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(8 + text.count + offset)
    withUnsafeBytes(of: UInt64(text.count).littleEndian) { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: text)
    for index in order { bytes.append(contentsOf: tensors[index].bytes) }
    return bytes
  }

  /// Writes the file at `path`; what was there before stays whole until this one is.
  /// A link at the path is followed.
  public func write(to path: String) throws(Failure) {
    try writeFileAtomically(path, serialized(), links: .followed)
  }
}

import JSON
import Platform

/// The checked header of a safetensors file: 8 bytes of its length, little-endian, then that much JSON.
struct SafetensorsHeader {
  var metadata: [String: String] = [:]
  var tensors: [String: Safetensors.Tensor] = [:]
  /// Where the tensors' bytes start.
  let dataOffset: Int

  private let path: String

  init(_ bytes: UnsafeRawBufferPointer, path: String) throws(Failure) {
    self.path = path
    guard bytes.count >= 8 else { throw Self.failure(path, "is shorter than a safetensors header") }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(Safetensors.headerByteLimit), length <= UInt64(bytes.count - 8) else {
      throw Self.failure(path, "is cut short or no safetensors file: its header would be \(length) bytes")
    }
    dataOffset = 8 + Int(length)
    let header: JSON
    do throws(JSONError) {
      // Out of a copy: the file may become another one while it is read.
      header = try JSON.parse(Array(bytes[8..<dataOffset]), limits: JSONLimits(depth: 4))
    } catch {
      throw Self.failure(path, "its header is not JSON: \(error)")
    }
    guard let members = header.objectValue else { throw Self.failure(path, "its header is no JSON object") }
    for (name, value) in members {
      if name == "__metadata__" {
        metadata = try strings(value)
      } else {
        tensors[name] = try tensor(name, value, dataByteCount: bytes.count - dataOffset)
      }
    }
    try checkCoverage(dataByteCount: bytes.count - dataOffset)
  }

  private func strings(_ value: JSON) throws(Failure) -> [String: String] {
    guard let members = value.objectValue else {
      throw Self.failure(path, "its __metadata__ is no JSON object")
    }
    var result: [String: String] = [:]
    for (key, value) in members {
      guard let text = value.stringValue else {
        throw Self.failure(path, "its __metadata__ \(key) is no string")
      }
      result[key] = text
    }
    return result
  }

  private func tensor(_ name: String, _ value: JSON, dataByteCount: Int) throws(Failure) -> Safetensors.Tensor
  {
    guard let code = value["dtype"]?.stringValue, let type = Safetensors.ElementType(rawValue: code) else {
      throw Self.failure(path, "the element type of \(name) is missing or unknown")
    }
    guard let sizes = value["shape"]?.arrayValue, sizes.count <= 8 else {
      throw Self.failure(path, "the shape of \(name) is missing or has too many dimensions")
    }
    var shape: [Int] = []
    var byteCount = type.byteCount
    for size in sizes {
      guard let size = size.integerValue, size >= 0 else {
        throw Self.failure(path, "the shape of \(name) is not made of whole numbers")
      }
      let (product, overflows) = byteCount.multipliedReportingOverflow(by: size)
      guard !overflows else { throw Self.failure(path, "the shape of \(name) is too large") }
      shape.append(size)
      byteCount = product
    }
    guard let offsets = value["data_offsets"]?.arrayValue, offsets.count == 2,
      let start = offsets[0].integerValue, let end = offsets[1].integerValue,
      start >= 0, end >= start, end <= dataByteCount
    else {
      throw Self.failure(
        path, "the offsets of \(name) are missing or outside the file's \(dataByteCount) bytes")
    }
    guard end - start == byteCount else {
      throw Self.failure(path, "\(name) has \(end - start) bytes where its shape takes \(byteCount)")
    }
    return Safetensors.Tensor(
      name: name, type: type, shape: shape, byteRange: dataOffset + start..<dataOffset + end)
  }

  /// The tensors must lie side by side from the data's start to its end.
  private func checkCoverage(dataByteCount: Int) throws(Failure) {
    var end = dataOffset
    let ordered = tensors.values.sorted {
      ($0.byteRange.lowerBound, $0.byteRange.upperBound) < ($1.byteRange.lowerBound, $1.byteRange.upperBound)
    }
    for tensor in ordered {
      guard tensor.byteRange.lowerBound == end else {
        throw Self.failure(path, "\(tensor.name) overlaps another tensor or leaves a hole before it")
      }
      end = tensor.byteRange.upperBound
    }
    guard end == dataOffset + dataByteCount else {
      throw Self.failure(path, "\(dataOffset + dataByteCount - end) bytes at its end belong to no tensor")
    }
  }

  private static func failure(_ path: String, _ why: String) -> Failure {
    Failure(path, why: why, remedy: "the file is damaged or of another kind; train or import it again")
  }
}

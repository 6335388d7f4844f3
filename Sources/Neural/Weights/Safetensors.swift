import JSON
import Platform

/// A safetensors file, mapped: named tensors behind a JSON header (huggingface/safetensors, "Format").
///
/// The file is untrusted. Opening checks the header whole: sizes, types, shapes, that the tensors lie side by side
/// without holes or overlaps and that they end where the file ends.
public struct Safetensors: Sendable {
  /// How an element is stored, little-endian.
  public enum ElementType: String, Hashable, Sendable, CaseIterable {
    case boolean = "BOOL"
    case uint8 = "U8"
    case int8 = "I8"
    case uint16 = "U16"
    case int16 = "I16"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case uint32 = "U32"
    case int32 = "I32"
    case float32 = "F32"
    case uint64 = "U64"
    case int64 = "I64"
    case float64 = "F64"

    public var byteCount: Int {
      switch self {
      case .boolean, .uint8, .int8: 1
      case .uint16, .int16, .float16, .bfloat16: 2
      case .uint32, .int32, .float32: 4
      case .uint64, .int64, .float64: 8
      }
    }
  }

  /// Where a tensor is and what it holds.
  public struct Tensor: Hashable, Sendable {
    public var name: String
    public var type: ElementType
    /// Row-major; empty for a scalar.
    public var shape: [Int]
    /// In the file.
    public var byteRange: Range<Int>
    public var count: Int { byteRange.count / type.byteCount }
  }

  /// The longest header that is read, as in the reference implementation.
  public static let headerByteLimit = 100_000_000

  public let path: String
  /// The header's `__metadata__`.
  public let metadata: [String: String]
  /// By name.
  public let tensors: [String: Tensor]
  private let file: MappedFile

  /// Maps the file and checks its header.
  public init(_ path: String) throws(Failure) { try self.init(file: MappedFile(path)) }

  /// Checks the header of a file that is mapped already.
  public init(file: MappedFile) throws(Failure) {
    self.file = file
    path = file.path
    let header = try SafetensorsHeader(file.bytes, path: path)
    metadata = header.metadata
    tensors = header.tensors
  }

  /// The tensor called `name`.
  ///
  /// - Parameter shape: what it must be; nil allows any.
  public func tensor(_ name: String, shape: [Int]? = nil) throws(Failure) -> Tensor {
    guard let tensor = tensors[name] else {
      throw failure("holds no tensor \(name)")
    }
    if let shape, tensor.shape != shape {
      throw failure("\(name) has the shape \(tensor.shape), not \(shape)")
    }
    return tensor
  }

  /// The bytes of a tensor of this file. They need not be aligned.
  public func withBytes<R>(of tensor: Tensor, _ body: (UnsafeRawBufferPointer) -> R) -> R {
    precondition(file.bytes.indices.contains(tensor.byteRange.lowerBound) || tensor.byteRange.isEmpty)
    return body(UnsafeRawBufferPointer(rebasing: file.bytes[tensor.byteRange]))
  }

  /// All elements of a floating-point tensor.
  public func floats(_ name: String, shape: [Int]? = nil) throws(Failure) -> [Float] {
    let tensor = try tensor(name, shape: shape)
    var result: Result<Void, Failure> = .success(())
    let values = [Float](unsafeUninitializedCapacity: tensor.count) { buffer, count in
      count = tensor.count
      do throws(Failure) { try read(tensor, 0..<tensor.count, into: buffer) } catch {
        count = 0
        result = .failure(error)
      }
    }
    try result.get()
    return values
  }

  /// All elements of an integer tensor (I32 or I64) that must fit 32 bits.
  public func integers(_ name: String, shape: [Int]? = nil) throws(Failure) -> [Int32] {
    let tensor = try tensor(name, shape: shape)
    let values: [Int32]? = withBytes(of: tensor) { bytes in
      switch tensor.type {
      case .int32:
        return (0..<tensor.count).map {
          Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self))
        }
      case .int64:
        // Each is read once: the file may become another one meanwhile.
        var narrow: [Int32] = []
        narrow.reserveCapacity(tensor.count)
        for index in 0..<tensor.count {
          let wide = Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: Int64.self))
          guard let value = Int32(exactly: wide) else { return nil }
          narrow.append(value)
        }
        return narrow
      default: return nil
      }
    }
    guard let values else { throw failure("\(name) does not hold 32-bit whole numbers") }
    return values
  }

  /// Elements of a floating-point tensor of any width as single precision.
  ///
  /// - Parameter elements: which, counted row-major; `buffer` holds as many.
  public func read(
    _ tensor: Tensor, _ elements: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>
  ) throws(Failure) {
    precondition(
      elements.lowerBound >= 0 && elements.upperBound <= tensor.count && buffer.count >= elements.count)
    let isRead = withBytes(of: tensor) { bytes in
      let source = UnsafeRawBufferPointer(
        rebasing: bytes[
          elements.lowerBound * tensor.type.byteCount..<elements.upperBound * tensor.type.byteCount])
      switch tensor.type {
      case .float32: UnsafeMutableRawBufferPointer(buffer).copyMemory(from: source)
      case .float64:
        for index in 0..<elements.count {
          let bits = UInt64(littleEndian: source.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
          buffer[index] = Float(Double(bitPattern: bits))
        }
      case .bfloat16:
        for index in 0..<elements.count {
          let bits = UInt16(littleEndian: source.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self))
          buffer[index] = Float(bitPattern: UInt32(bits) << 16)
        }
      case .float16:
        for index in 0..<elements.count {
          buffer[index] = Self.half(
            UInt16(littleEndian: source.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)))
        }
      default: return false
      }
      return true
    }
    guard isRead else {
      throw failure("\(tensor.name) holds \(tensor.type.rawValue), not floating-point numbers")
    }
  }

  /// Tells the system that the pages of `tensor` are not needed soon, so that they do not count as memory used.
  public func release(_ tensor: Tensor) {
    guard let base = file.bytes.baseAddress, !tensor.byteRange.isEmpty else { return }
    let page = Int(getpagesize())
    let start = tensor.byteRange.lowerBound / page * page
    madvise(
      UnsafeMutableRawPointer(mutating: base + start), tensor.byteRange.upperBound - start, MADV_DONTNEED)
  }

  /// IEEE 754 binary16 to binary32, exact.
  static func half(_ bits: UInt16) -> Float {
    let sign: Float = bits & 0x8000 == 0 ? 1 : -1
    let exponent = Int(bits >> 10 & 0x1F)
    let fraction = Float(bits & 0x3FF)
    switch exponent {
    case 0: return sign * fraction * 0x1p-24
    case 31: return fraction == 0 ? sign * .infinity : .nan
    default:
      return sign * (1 + fraction * 0x1p-10) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
    }
  }

  func failure(_ why: String) -> Failure {
    Failure(path, why: why, remedy: "the file is damaged or of another kind; train or import it again")
  }
}

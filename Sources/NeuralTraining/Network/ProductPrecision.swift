import CTrainingKernels

/// In what numbers training multiplies matrices. Weights, gradients, sums inside a product and all that is no product are in
/// single precision in either.
public enum ProductPrecision: String, Hashable, Sendable, CaseIterable {
  case float32
  /// Factors are rounded to 8 bits of mantissa (Kalamkar et al. 2019). Their exponents are those of single precision, so that
  /// no loss has to be scaled.
  case bfloat16

  /// Whether this processor and system have such products; single precision is everywhere.
  public var isHere: Bool { self == .float32 || tk_operations_bf16() != nil }

  /// The one in which this processor trains fastest.
  public static var fastest: ProductPrecision { bfloat16.isHere ? .bfloat16 : .float32 }
}

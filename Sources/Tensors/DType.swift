// The element types of a tensor, and how two of them meet.
import CPlatform
import Platform

/// The element type of a tensor. Whole numbers and truth values are held exactly in doubles
/// (|n| ≤ 2^53): they index, count and select, and are never differentiated.
package enum DType: UInt8, Sendable, Comparable, CaseIterable {
  case bool, int64, float32, float64

  package static func < (a: DType, b: DType) -> Bool { a.rawValue < b.rawValue }

  /// The name PyTorch gives it.
  package var name: String {
    switch self {
    case .bool: "bool"
    case .int64: "int64"
    case .float32: "float32"
    case .float64: "float64"
    }
  }

  package init?(name: String) {
    guard let match = DType.allCases.first(where: { $0.name == name }) else { return nil }
    self = match
  }

  package var isFloat: Bool { self >= .float32 }

  /// The type that holds its elements in memory: floats for `.float32`, doubles for all others.
  var stored: DType { self == .float32 ? .float32 : .float64 }

  /// The type in which a smooth function of such elements is computed.
  package var floating: DType { isFloat ? self : .float64 }

  /// The value as this type stores it; whole numbers are cut towards zero, as in PyTorch.
  package func rounded(_ x: Double) -> Double {
    switch self {
    case .float32: Double(Float(x))
    case .float64: x
    case .int64: x.rounded(.towardZero)
    case .bool: x != 0 ? 1 : 0
    }
  }

  private var category: UInt8 { isFloat ? 2 : rawValue }

  /// The type of an elementwise result. As in PyTorch, a tensor with axes decides over one of rank 0
  /// unless the latter is of a higher kind (truth value, whole number, float).
  package static func promote(_ a: DType, rank aRank: Int, _ b: DType, rank bRank: Int) -> DType {
    if (aRank == 0) != (bRank == 0) {
      let (wide, lone) = aRank > 0 ? (a, b) : (b, a)
      return lone.category > wide.category ? lone : wide
    }
    return max(a, b)
  }
}

/// The two types that kernels are specialised for.
package protocol Element: BinaryFloatingPoint, SIMDScalar, Coded, Sendable {
  static var stored: DType { get }
  /// The same for CPlatform's loops.
  static var layout: nnrepl_type { get }
  static func exp(_ x: Self) -> Self
  static func expm1(_ x: Self) -> Self
  static func log(_ x: Self) -> Self
  static func log1p(_ x: Self) -> Self
  static func sin(_ x: Self) -> Self
  static func cos(_ x: Self) -> Self
  static func tanh(_ x: Self) -> Self
  static func erf(_ x: Self) -> Self
  /// `MatrixProduct.run`, which has one for each type.
  static func multiply(
    _ a: UnsafePointer<Self>, _ width: Int?, _ b: UnsafePointer<Self>, _ isTransposed: Bool,
    _ c: UnsafeMutablePointer<Self>, from start: UnsafePointer<Self>?, _ m: Int, _ k: Int, _ n: Int)
}

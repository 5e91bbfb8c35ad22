// The elementwise functions: most are loops of CPlatform, as wide as the processor's vectors.
import CPlatform

/// A function of one number that CPlatform has a loop for.
package struct Mapped: UnaryKernel, Equatable {
  let function: nnrepl_map_function
  var a = 0.0
  var b = 0.0

  /// Itself as an instruction.
  package var loop: Loop? { .one(self) }

  package func callAsFunction<E: Element>(_ x: E) -> E {
    var z = x
    withUnsafePointer(to: x) { x in _ = row(1, &z, x) }
    return z
  }

  package func row<E: Element>(_ count: Int, _ out: UnsafeMutablePointer<E>, _ x: UnsafePointer<E>)
    -> Bool
  {
    nnrepl_map(E.layout, function, count, out, x, a, b) != 0
  }
}

/// A function of two numbers that CPlatform has a loop for.
package struct Zipped: BinaryKernel, Equatable {
  let function: nnrepl_zip_function

  /// Itself as an instruction.
  package var loop: Loop? { .two(self) }

  package func callAsFunction<E: Element>(_ x: E, _ y: E) -> E {
    var z = x
    withUnsafePointer(to: x) { x in withUnsafePointer(to: y) { y in _ = row(1, &z, x, 0, y, 0) } }
    return z
  }

  package func row<E: Element>(
    _ count: Int, _ out: UnsafeMutablePointer<E>, _ x: UnsafePointer<E>, _ xStep: Int,
    _ y: UnsafePointer<E>, _ yStep: Int
  ) -> Bool { nnrepl_zip(E.layout, function, count, out, x, xStep, y, yStep) != 0 }
}

/// Kernels whose name is the function's; `kernels.h` says what each does.
package enum Kernel {
  package static let copy = Mapped(function: NNREPL_COPY)
  package static let negate = Mapped(function: NNREPL_NEGATE)
  package static let abs = Mapped(function: NNREPL_ABS)
  package static let exp = Mapped(function: NNREPL_EXP)
  package static let expm1 = Mapped(function: NNREPL_EXPM1)
  package static let log = Mapped(function: NNREPL_LOG)
  package static let log1p = Mapped(function: NNREPL_LOG1P)
  package static let sqrt = Mapped(function: NNREPL_SQRT)
  package static let rsqrt = Mapped(function: NNREPL_RSQRT)
  package static let reciprocal = Mapped(function: NNREPL_RECIPROCAL)
  package static let square = Mapped(function: NNREPL_SQUARE)
  package static let sin = Mapped(function: NNREPL_SIN)
  package static let cos = Mapped(function: NNREPL_COS)
  package static let erf = Mapped(function: NNREPL_ERF)
  package static let sign = Mapped(function: NNREPL_SIGN)
  package static let floor = Mapped(function: NNREPL_FLOOR)
  package static let truncate = Mapped(function: NNREPL_TRUNCATE)
  package static let notEqual = Zipped(function: NNREPL_NOT_EQUAL)
  package static let round = Mapped(function: NNREPL_ROUND)
  package static let sigmoid = Mapped(function: NNREPL_SIGMOID)
  package static let tanh = Mapped(function: NNREPL_TANH)
  package static let relu = Mapped(function: NNREPL_RELU)
  package static let hardswish = Mapped(function: NNREPL_HARDSWISH)
  package static let gelu = Mapped(function: NNREPL_GELU)
  package static let geluTanh = Mapped(function: NNREPL_GELU_TANH)
  package static let silu = Mapped(function: NNREPL_SILU)
  package static let logSigmoid = Mapped(function: NNREPL_LOG_SIGMOID)
  /// Held between two numbers.
  package static func clamp(_ low: Double, _ high: Double) -> Mapped {
    Mapped(function: NNREPL_CLAMP, a: low, b: high)
  }
  /// Half the square, straight from `delta` on.
  package static func huber(_ delta: Double) -> Mapped {
    Mapped(function: NNREPL_HUBER, a: delta)
  }
  /// A rectifier that lets a little through below 0.
  package static func leakyRelu(_ slope: Double) -> Mapped {
    Mapped(function: NNREPL_LEAKY_RELU, a: slope)
  }
  /// A rectifier that levels off at -alpha.
  package static func elu(_ alpha: Double) -> Mapped { Mapped(function: NNREPL_ELU, a: alpha) }
  /// A smooth rectifier, the identity where `beta*x` passes the threshold.
  package static func softplus(_ beta: Double, _ threshold: Double) -> Mapped {
    Mapped(function: NNREPL_SOFTPLUS, a: beta, b: threshold)
  }

  package static let add = Zipped(function: NNREPL_ADD)
  package static let subtract = Zipped(function: NNREPL_SUBTRACT)
  package static let multiply = Zipped(function: NNREPL_MULTIPLY)
  package static let divide = Zipped(function: NNREPL_DIVIDE)
  package static let maximum = Zipped(function: NNREPL_MAXIMUM)
  package static let minimum = Zipped(function: NNREPL_MINIMUM)
  /// `x^y`; as in PyTorch, some powers are products, quotients or roots.
  package static let power = Zipped(function: NNREPL_POWER)
  /// The angle of a point, y first.
  package static let atan2 = Zipped(function: NNREPL_ATAN2)
  package static let reluSlope = Zipped(function: NNREPL_RELU_SLOPE)
  package static let sigmoidSlope = Zipped(function: NNREPL_SIGMOID_SLOPE)
  package static let tanhSlope = Zipped(function: NNREPL_TANH_SLOPE)
  package static let hardswishSlope = Zipped(function: NNREPL_HARDSWISH_SLOPE)
  package static let geluSlope = Zipped(function: NNREPL_GELU_SLOPE)
  package static let siluSlope = Zipped(function: NNREPL_SILU_SLOPE)

  /// Any function of doubles; in single precision it is rounded once.
  package struct Through: UnaryKernel {
    let f: @Sendable (Double) -> Double
    package init(_ f: @escaping @Sendable (Double) -> Double) { self.f = f }
    @inline(__always) package func callAsFunction<E: Element>(_ x: E) -> E { E(f(Double(x))) }
  }
  /// Any function of two doubles; in single precision it is rounded once.
  package struct ThroughPair: BinaryKernel {
    let f: @Sendable (Double, Double) -> Double
    package init(_ f: @escaping @Sendable (Double, Double) -> Double) { self.f = f }
    @inline(__always) package func callAsFunction<E: Element>(_ x: E, _ y: E) -> E {
      E(f(Double(x), Double(y)))
    }
  }

  /// The quotient rounded down, as in Python.
  package struct FloorDivide: BinaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E, _ y: E) -> E {
      // As Python and PyTorch do, from the remainder: `3 // -0.3` is -11, although 3/-0.3 rounds to -10.
      if y == 0 { return x / y }
      let rest = x.truncatingRemainder(dividingBy: y)
      var quotient = (x - rest) / y
      if rest != 0, (y < 0) != (rest < 0) { quotient -= 1 }
      let whole = quotient.rounded(.down)
      return quotient - whole > 0.5 ? whole + 1 : whole
    }
  }
  /// The remainder with the divisor's sign, as in Python.
  package struct Modulo: BinaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E, _ y: E) -> E {
      let r = x.truncatingRemainder(dividingBy: y)
      return r != 0 && (r < 0) != (y < 0) ? r + y : r
    }
  }
  /// The relations between two numbers; a comparison gives 1 or 0.
  package enum Relation: String, Sendable, CaseIterable {
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case equal = "=="
    case notEqual = "!="
    case close = "~="

    /// Whether it is true of two numbers; of nan only `!=` is.
    @inline(__always)
    package func holds<E: Element>(_ x: E, _ y: E) -> Bool {
      switch self {
      case .less: x < y
      case .lessOrEqual: x <= y
      case .greater: x > y
      case .greaterOrEqual: x >= y
      case .equal: x == y
      case .notEqual: x != y
      case .close: x == y || Swift.abs(x - y) <= max(1e-6 * max(Swift.abs(x), Swift.abs(y)), 1e-9)
      }
    }

    /// Its loop, where it is one of IEEE 754's.
    package var loop: Zipped? {
      switch self {
      case .less: Zipped(function: NNREPL_LESS)
      case .lessOrEqual: Zipped(function: NNREPL_LESS_OR_EQUAL)
      case .greater: Zipped(function: NNREPL_GREATER)
      case .greaterOrEqual: Zipped(function: NNREPL_GREATER_OR_EQUAL)
      case .equal: Zipped(function: NNREPL_EQUAL)
      case .notEqual: Zipped(function: NNREPL_NOT_EQUAL)
      case .close: nil
      }
    }
  }
  struct Close: BinaryKernel {
    @inline(__always) func callAsFunction<E: Element>(_ x: E, _ y: E) -> E {
      Relation.close.holds(x, y) ? 1 : 0
    }
  }
}

extension Tensor {
  package static func + (a: Tensor, b: Tensor) throws(TensorError) -> Tensor {
    try a.zip(b, Kernel.add)
  }
  package static func - (a: Tensor, b: Tensor) throws(TensorError) -> Tensor {
    try a.zip(b, Kernel.subtract)
  }
  package static func * (a: Tensor, b: Tensor) throws(TensorError) -> Tensor {
    try a.zip(b, Kernel.multiply)
  }
  /// True division: whole numbers give floats.
  package static func / (a: Tensor, b: Tensor) throws(TensorError) -> Tensor {
    let x = a.dtype.isFloat || b.dtype.isFloat ? a : try a.converted(to: .float64)
    return try x.zip(b, Kernel.divide)
  }
  package static prefix func - (a: Tensor) throws(TensorError) -> Tensor {
    try a.map(Kernel.negate, keepsWhole: true)
  }
  /// 1 where the relation holds, else 0, with broadcasting; of the type bool.
  package func compared(_ relation: Kernel.Relation, to other: Tensor) throws(TensorError)
    -> Tensor
  {
    if let loop = relation.loop { return try zip(other, loop, result: .bool) }
    return try zip(other, Kernel.Close(), result: .bool)
  }
}

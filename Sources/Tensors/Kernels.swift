// The elementwise functions. Each is one line of arithmetic that both element types share.

/// Kernels whose name is the function's.
package enum Kernel {
  package struct Negate: UnaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E) -> E { -x }
  }
  package struct Abs: UnaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E) -> E { Swift.abs(x) }
  }
  package struct Exp: UnaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E) -> E { E.exp(x) }
  }
  package struct Expm1: UnaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E) -> E { E.expm1(x) }
  }
  package struct Log: UnaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E) -> E { E.log(x) }
  }
  package struct Log1p: UnaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E) -> E { E.log1p(x) }
  }
  package struct Sqrt: UnaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E) -> E { x.squareRoot() }
  }
  package struct Rsqrt: UnaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E) -> E { 1 / x.squareRoot() }
  }
  package struct Square: UnaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E) -> E { x * x }
  }
  package struct Sin: UnaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E) -> E { E.sin(x) }
  }
  package struct Cos: UnaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E) -> E { E.cos(x) }
  }
  package struct Erf: UnaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E) -> E { E.erf(x) }
  }
  package struct Sign: UnaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E) -> E {
      x > 0 ? 1 : x < 0 ? -1 : 0
    }
  }
  package struct Floor: UnaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E) -> E { x.rounded(.down) }
  }
  /// Halves go to the even neighbour, as in PyTorch.
  package struct Round: UnaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E) -> E {
      x.rounded(.toNearestOrEven)
    }
  }
  package struct Clamp: UnaryKernel {
    let low: Double
    let high: Double
    package init(_ low: Double, _ high: Double) { (self.low, self.high) = (low, high) }
    @inline(__always) package func callAsFunction<E: Element>(_ x: E) -> E {
      x > E(high) ? E(high) : x < E(low) ? min(E(low), E(high)) : x
    }
  }
  package struct Sigmoid: UnaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E) -> E { 1 / (1 + E.exp(-x)) }
  }
  package struct Tanh: UnaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E) -> E { E.tanh(x) }
  }
  package struct Relu: UnaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E) -> E { x < 0 ? 0 : x }
  }
  package struct LeakyRelu: UnaryKernel {
    let slope: Double
    package init(_ slope: Double) { self.slope = slope }
    @inline(__always) package func callAsFunction<E: Element>(_ x: E) -> E {
      x > 0 ? x : x * E(slope)
    }
  }
  package struct Elu: UnaryKernel {
    let alpha: Double
    package init(_ alpha: Double) { self.alpha = alpha }
    @inline(__always) package func callAsFunction<E: Element>(_ x: E) -> E {
      x > 0 ? x : E(alpha) * E.expm1(x)
    }
  }
  package struct Gelu: UnaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E) -> E {
      0.5 * x * (1 + E.erf(x * 0.7071067811865476))
    }
  }
  package struct GeluTanh: UnaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E) -> E {
      0.5 * x * (1 + E.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)))
    }
  }
  package struct Silu: UnaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E) -> E { x / (1 + E.exp(-x)) }
  }
  package struct Softplus: UnaryKernel {
    let (beta, threshold): (Double, Double)
    package init(_ beta: Double, _ threshold: Double) {
      (self.beta, self.threshold) = (beta, threshold)
    }
    @inline(__always) package func callAsFunction<E: Element>(_ x: E) -> E {
      x * E(beta) > E(threshold) ? x : E.log1p(E.exp(x * E(beta))) / E(beta)
    }
  }
  /// `-log(1 + exp(-x))`, arranged so that neither tail overflows.
  package struct LogSigmoid: UnaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E) -> E {
      (x < 0 ? x : 0) - E.log1p(E.exp(-Swift.abs(x)))
    }
  }

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

  package struct Add: BinaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E, _ y: E) -> E { x + y }
  }
  package struct Subtract: BinaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E, _ y: E) -> E { x - y }
  }
  package struct Multiply: BinaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E, _ y: E) -> E { x * y }
  }
  package struct Divide: BinaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E, _ y: E) -> E { x / y }
  }
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
  package struct Power: BinaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E, _ y: E) -> E { E.pow(x, y) }
  }
  /// nan wins, as in PyTorch.
  package struct Maximum: BinaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E, _ y: E) -> E {
      x != x ? x : y != y ? y : x > y ? x : y
    }
  }
  package struct Minimum: BinaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E, _ y: E) -> E {
      x != x ? x : y != y ? y : x < y ? x : y
    }
  }

  /// What a rectifier, a sigmoid and a tanh hand back: `dz` times their slope, from x or z.
  package struct ReluSlope: BinaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ x: E, _ dz: E) -> E {
      x <= 0 ? 0 : dz
    }
  }
  package struct SigmoidSlope: BinaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ z: E, _ dz: E) -> E {
      dz * (z * (1 - z))
    }
  }
  package struct TanhSlope: BinaryKernel {
    package init() {}
    @inline(__always) package func callAsFunction<E: Element>(_ z: E, _ dz: E) -> E {
      dz * (1 - z * z)
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
  }
  package struct Compare: BinaryKernel {
    let relation: Relation
    package init(_ relation: Relation) { self.relation = relation }
    @inline(__always) package func callAsFunction<E: Element>(_ x: E, _ y: E) -> E {
      relation.holds(x, y) ? 1 : 0
    }
  }
}

extension Tensor {
  package static func + (a: Tensor, b: Tensor) throws(TensorError) -> Tensor {
    try a.zip(b, Kernel.Add())
  }
  package static func - (a: Tensor, b: Tensor) throws(TensorError) -> Tensor {
    try a.zip(b, Kernel.Subtract())
  }
  package static func * (a: Tensor, b: Tensor) throws(TensorError) -> Tensor {
    try a.zip(b, Kernel.Multiply())
  }
  /// True division: whole numbers give floats.
  package static func / (a: Tensor, b: Tensor) throws(TensorError) -> Tensor {
    let x = a.dtype.isFloat || b.dtype.isFloat ? a : try a.converted(to: .float64)
    return try x.zip(b, Kernel.Divide())
  }
  package static prefix func - (a: Tensor) throws(TensorError) -> Tensor {
    try a.map(Kernel.Negate(), keepsWhole: true)
  }
  /// 1 where the relation holds, else 0, with broadcasting; of the type bool.
  package func compared(_ relation: Kernel.Relation, to other: Tensor) throws(TensorError)
    -> Tensor
  {
    try zip(other, Kernel.Compare(relation), result: .bool)
  }
}

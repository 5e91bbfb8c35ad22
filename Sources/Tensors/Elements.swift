// The elementary functions and the matrix product, by element type.
import CPlatform
import Platform

extension Double: Element {
  package static var stored: DType { .float64 }
  package static var layout: nnrepl_type { NNREPL_F64 }
  @inline(__always) package static func exp(_ x: Double) -> Double { Elementary.exp(x) }
  @inline(__always) package static func expm1(_ x: Double) -> Double { Elementary.expm1(x) }
  @inline(__always) package static func log(_ x: Double) -> Double { Elementary.log(x) }
  @inline(__always) package static func log1p(_ x: Double) -> Double { Elementary.log1p(x) }
  @inline(__always) package static func sin(_ x: Double) -> Double { Elementary.sin(x) }
  @inline(__always) package static func cos(_ x: Double) -> Double { Elementary.cos(x) }
  @inline(__always) package static func tanh(_ x: Double) -> Double { Elementary.tanh(x) }
  @inline(__always) package static func erf(_ x: Double) -> Double { Elementary.erf(x) }
  /// `x^y`; as in PyTorch, some powers are products, quotients or roots.
  @inline(__always) package static func pow(_ x: Double, _ y: Double) -> Double {
    if y == 1 { return x }
    if y == 2 { return x * x }
    if y == 3 { return x * x * x }
    if y == 0.5 { return x.squareRoot() }
    if y == -1 { return 1 / x }
    return y == -2 ? 1 / (x * x) : Elementary.pow(x, y)
  }

  /// The product of this type.
  package static func multiply(
    _ a: UnsafePointer<Double>, _ width: Int?, _ b: UnsafePointer<Double>, _ isTransposed: Bool,
    _ c: UnsafeMutablePointer<Double>, from start: UnsafePointer<Double>?, _ m: Int, _ k: Int,
    _ n: Int
  ) { MatrixProduct.run(a, width, b, isTransposed, c, from: start, m, k, n) }
}

extension Element {
  /// Whether none of `count` numbers is nan or inf: a number times 0 is 0 unless it is one of these.
  @inline(__always)
  package static func areFinite(_ x: UnsafePointer<Self>, _ count: Int) -> Bool {
    nnrepl_fold(layout, NNREPL_SUM_OF_ZEROS, count, x, 0) == 0
  }

  /// `c = a @ b` for row-major matrices `a: [m, k]` and `b: [k, n]`, each of which may be stored transposed.
  /// - Parameter start: what is added to: `c`, or a row of n numbers; nil for nothing.
  static func gemm(
    _ a: UnsafePointer<Self>, transposed ta: Bool, _ b: UnsafePointer<Self>, transposed tb: Bool,
    _ c: UnsafeMutablePointer<Self>, from start: UnsafePointer<Self>? = nil, _ m: Int, _ k: Int,
    _ n: Int
  ) {
    let isAdding = start == UnsafePointer(c)
    Work.productInParts(m, k, n) { row, rows in
      let part = c + row * n
      multiply(
        a + row * (ta ? 1 : k), ta ? m : nil, b, tb, part,
        from: isAdding ? UnsafePointer(part) : start, rows, k, n)
    }
  }
}

/// In single precision some have algorithms of their own; the others are those of double precision, rounded once.
extension Float: Element {
  package static var stored: DType { .float32 }
  package static var layout: nnrepl_type { NNREPL_F32 }
  @inline(__always) private static func once(_ x: Float, _ f: (Double) -> Double) -> Float {
    Float(f(Double(x)))
  }
  @inline(__always) package static func exp(_ x: Float) -> Float { nnrepl_expf(x) }
  @inline(__always) package static func expm1(_ x: Float) -> Float { nnrepl_expm1f(x) }
  @inline(__always) package static func log(_ x: Float) -> Float { nnrepl_logf(x) }
  @inline(__always) package static func log1p(_ x: Float) -> Float { nnrepl_log1pf(x) }
  @inline(__always) package static func sin(_ x: Float) -> Float { once(x, Elementary.sin) }
  @inline(__always) package static func cos(_ x: Float) -> Float { once(x, Elementary.cos) }
  @inline(__always) package static func tanh(_ x: Float) -> Float { nnrepl_tanhf(x) }
  @inline(__always) package static func erf(_ x: Float) -> Float { nnrepl_erff(x) }

  /// The product of this type.
  package static func multiply(
    _ a: UnsafePointer<Float>, _ width: Int?, _ b: UnsafePointer<Float>, _ isTransposed: Bool,
    _ c: UnsafeMutablePointer<Float>, from start: UnsafePointer<Float>?, _ m: Int, _ k: Int,
    _ n: Int
  ) { MatrixProduct.run(a, width, b, isTransposed, c, from: start, m, k, n) }
}

extension Work {
  /// Multiplications of one call: a few hundredths of a second.
  private static let productPart: Int64 = 1 << 29

  /// Takes the fuel for a product, of which sixteen multiplications cost what one number of another op does.
  /// - Returns: how many multiplications it has.
  @inline(__always) @discardableResult
  static func chargeProduct(_ m: Int, _ k: Int, _ n: Int) -> Int64 {
    let work = Int64(m) * Int64(k) * Int64(n)
    nnrepl_charge(Int(clamping: work >> 4))
    return work
  }

  /// Calls `body` for rows of a product: all at once, or in parts if that takes long, until the run is to be
  /// broken off.
  @inline(__always)
  fileprivate static func productInParts(
    _ m: Int, _ k: Int, _ n: Int, _ body: (_ start: Int, _ rows: Int) -> Void
  ) {
    let work = chargeProduct(m, k, n)
    guard work > productPart else { return body(0, m) }
    let rows = max(1, Int(clamping: Work.productPart / max(1, Int64(k) * Int64(n))))
    inParts(m, of: rows) { body($0.lowerBound, $0.count) }
  }
}

// The C library's functions and OpenBLAS's matrix product, by element type.
import CBLAS
import CMeter
import Glibc

extension Double: Element {
  package static var stored: DType { .float64 }
  @inline(__always) package static func exp(_ x: Double) -> Double { Glibc.exp(x) }
  @inline(__always) package static func expm1(_ x: Double) -> Double { Glibc.expm1(x) }
  @inline(__always) package static func log(_ x: Double) -> Double { Glibc.log(x) }
  @inline(__always) package static func log1p(_ x: Double) -> Double { Glibc.log1p(x) }
  @inline(__always) package static func sin(_ x: Double) -> Double { Glibc.sin(x) }
  @inline(__always) package static func cos(_ x: Double) -> Double { Glibc.cos(x) }
  @inline(__always) package static func tanh(_ x: Double) -> Double { Glibc.tanh(x) }
  @inline(__always) package static func erf(_ x: Double) -> Double { Glibc.erf(x) }
  @inline(__always) package static func pow(_ x: Double, _ y: Double) -> Double {
    y == 2 ? x * x : Glibc.pow(x, y)
  }

  package static func areFinite(_ x: UnsafePointer<Double>, _ count: Int) -> Bool {
    sumOfZerosIsZero(x, count)
  }

  package static func gemm(
    _ a: UnsafePointer<Double>, transposed ta: Bool, _ b: UnsafePointer<Double>,
    transposed tb: Bool,
    _ c: UnsafeMutablePointer<Double>, beta: Double, _ m: Int, _ k: Int, _ n: Int
  ) {
    BLAS.inParts(m, k, n) { start, rows in
      cblas_dgemm(
        CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans,
        blasint(rows), blasint(n), blasint(k), 1, a + start * (ta ? 1 : k), blasint(ta ? m : k), b,
        blasint(tb ? k : n), beta, c + start * n, blasint(n))
    }
  }
}

extension Float: Element {
  package static var stored: DType { .float32 }
  @inline(__always) package static func exp(_ x: Float) -> Float { expf(x) }
  @inline(__always) package static func expm1(_ x: Float) -> Float { expm1f(x) }
  @inline(__always) package static func log(_ x: Float) -> Float { logf(x) }
  @inline(__always) package static func log1p(_ x: Float) -> Float { log1pf(x) }
  @inline(__always) package static func sin(_ x: Float) -> Float { sinf(x) }
  @inline(__always) package static func cos(_ x: Float) -> Float { cosf(x) }
  @inline(__always) package static func tanh(_ x: Float) -> Float { tanhf(x) }
  @inline(__always) package static func erf(_ x: Float) -> Float { erff(x) }
  @inline(__always) package static func pow(_ x: Float, _ y: Float) -> Float {
    y == 2 ? x * x : powf(x, y)
  }

  package static func areFinite(_ x: UnsafePointer<Float>, _ count: Int) -> Bool {
    sumOfZerosIsZero(x, count)
  }

  package static func gemm(
    _ a: UnsafePointer<Float>, transposed ta: Bool, _ b: UnsafePointer<Float>, transposed tb: Bool,
    _ c: UnsafeMutablePointer<Float>, beta: Float, _ m: Int, _ k: Int, _ n: Int
  ) {
    BLAS.inParts(m, k, n) { start, rows in
      cblas_sgemm(
        CblasRowMajor, ta ? CblasTrans : CblasNoTrans, tb ? CblasTrans : CblasNoTrans,
        blasint(rows), blasint(n), blasint(k), 1, a + start * (ta ? 1 : k), blasint(ta ? m : k), b,
        blasint(tb ? k : n), beta, c + start * n, blasint(n))
    }
  }
}

/// How OpenBLAS is used.
enum BLAS {
  private static let threads = Int(openblas_get_num_threads())
  /// Below this many multiplications, waking a second thread costs more than it brings.
  private static let worthThreads = 1 << 22

  /// Multiplications of one call: a few hundredths of a second.
  private static let part = 1 << 29

  /// Calls `body` for rows of the result: all at once, or in parts if that takes long, until the run is to be
  /// broken off. Sixteen multiplications cost what one number of another op does.
  @inline(__always)
  static func inParts(_ m: Int, _ k: Int, _ n: Int, _ body: (_ start: Int, _ rows: Int) -> Void) {
    let work = m * k * n
    if threads > 1 { openblas_set_num_threads(work < worthThreads ? 1 : Int32(threads)) }
    nnrepl_charge(work >> 4)
    guard work > part else { return body(0, m) }
    Work.inParts(m, of: max(1, part / (k * n))) { body($0.lowerBound, $0.count) }
  }
}

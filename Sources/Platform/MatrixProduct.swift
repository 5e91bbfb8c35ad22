// Matrix products: our own, whose bits are the same everywhere, and OpenBLAS's for large ones where it is.
import CPlatform

/// C = op(A) · op(B), all row-major; sums may begin with something else than 0.
package enum MatrixProduct {
  /// - Parameters:
  ///   - width: how long the stored rows of A are if it is stored as its transpose, `[k, width]`; nil if not.
  ///   - isTransposed: whether B is stored as its transpose, `[n, k]`.
  ///   - start: what sums begin with: C, for what it holds, or a row of n numbers; nil for 0.
  @inline(__always)
  package static func run(
    _ a: UnsafePointer<Double>, _ width: Int?, _ b: UnsafePointer<Double>, _ isTransposed: Bool,
    _ c: UnsafeMutablePointer<Double>, from start: UnsafePointer<Double>?, _ m: Int, _ k: Int,
    _ n: Int
  ) {
    let (width, isTransposed) = (width ?? 0, Int32(isTransposed ? 1 : 0))
    if n == 1, k > longRow, width < 2 {
      for i in 0..<m {
        let first = start.map { $0 == UnsafePointer(c) ? c[i] : $0[0] } ?? 0
        c[i] = first + nnrepl_dot(NNREPL_F64, k, a + i * k, b)
      }
      return
    }
    #if !arch(wasm32)
      if isLarge(m, k, n),
        nnrepl_large_product_f64(a, width, b, isTransposed, c, start, m, k, n) != 0
      {
        return
      }
    #endif
    nnrepl_product_f64(a, width, b, isTransposed, c, start, m, k, n)
  }

  /// The same for single precision.
  @inline(__always)
  package static func run(
    _ a: UnsafePointer<Float>, _ width: Int?, _ b: UnsafePointer<Float>, _ isTransposed: Bool,
    _ c: UnsafeMutablePointer<Float>, from start: UnsafePointer<Float>?, _ m: Int, _ k: Int,
    _ n: Int
  ) {
    let (width, isTransposed) = (width ?? 0, Int32(isTransposed ? 1 : 0))
    if n == 1, k > longRow, width < 2 {
      for i in 0..<m {
        let first = start.map { $0 == UnsafePointer(c) ? c[i] : $0[0] } ?? 0
        c[i] = first + Float(nnrepl_dot(NNREPL_F32, k, a + i * k, b))
      }
      return
    }
    #if !arch(wasm32)
      if isLarge(m, k, n),
        nnrepl_large_product_f32(a, width, b, isTransposed, c, start, m, k, n) != 0
      {
        return
      }
    #endif
    nnrepl_product_f32(a, width, b, isTransposed, c, start, m, k, n)
  }

  /// Longer rows times one column are summed in lanes, everywhere: one sum would wait for itself at each step.
  private static let longRow = 1 << 8

  #if !arch(wasm32)
    /// Makes ready for large products what a process that is closed off later could not read any more.
    package static func prepare() { nnrepl_large_products_open() }

    /// Whether other threads, or OpenBLAS, could be faster. Its sums go in an order that depends on the processor.
    @inline(__always)
    private static func isLarge(_ m: Int, _ k: Int, _ n: Int) -> Bool { m * k * n > 1 << 14 }
  #endif
}

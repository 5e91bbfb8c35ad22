// Matrix products: our own, whose bits are the same everywhere, and OpenBLAS's for large ones where it is.
import CPlatform

#if canImport(CBLAS)
  import CBLAS
#endif

/// C = op(A) · op(B), or added to what C holds; all row-major.
package enum MatrixProduct {
  /// - Parameters:
  ///   - width: how long the stored rows of A are if it is stored as its transpose, `[k, width]`; nil if not.
  ///   - isTransposed: whether B is stored as its transpose, `[n, k]`.
  @inline(__always)
  package static func run(
    _ a: UnsafePointer<Double>, _ width: Int?, _ b: UnsafePointer<Double>, _ isTransposed: Bool,
    _ c: UnsafeMutablePointer<Double>, adding: Bool, _ m: Int, _ k: Int, _ n: Int
  ) {
    #if canImport(CBLAS)
      if Large.isOne(m, k, n) {
        return cblas_dgemm(
          CblasRowMajor, width == nil ? CblasNoTrans : CblasTrans,
          isTransposed ? CblasTrans : CblasNoTrans, blasint(m), blasint(n), blasint(k), 1, a,
          blasint(width ?? k), b, blasint(isTransposed ? k : n), adding ? 1 : 0, c, blasint(n))
      }
    #endif
    nnrepl_product_f64(a, width ?? 0, b, isTransposed ? 1 : 0, c, adding ? 1 : 0, m, k, n)
  }

  /// The same for single precision.
  @inline(__always)
  package static func run(
    _ a: UnsafePointer<Float>, _ width: Int?, _ b: UnsafePointer<Float>, _ isTransposed: Bool,
    _ c: UnsafeMutablePointer<Float>, adding: Bool, _ m: Int, _ k: Int, _ n: Int
  ) {
    #if canImport(CBLAS)
      if Large.isOne(m, k, n) {
        return cblas_sgemm(
          CblasRowMajor, width == nil ? CblasNoTrans : CblasTrans,
          isTransposed ? CblasTrans : CblasNoTrans, blasint(m), blasint(n), blasint(k), 1, a,
          blasint(width ?? k), b, blasint(isTransposed ? k : n), adding ? 1 : 0, c, blasint(n))
      }
    #endif
    nnrepl_product_f32(a, width ?? 0, b, isTransposed ? 1 : 0, c, adding ? 1 : 0, m, k, n)
  }

  #if canImport(CBLAS)
    /// Products that OpenBLAS is faster for. Its sums go in an order that depends on the processor.
    private enum Large {
      private static let threads = Int(openblas_get_num_threads())
      /// Below this many multiplications, waking a second thread costs more than it brings.
      private static let worthThreads = 1 << 22
      /// Up to so many multiplications our own is as fast; for any number where OpenBLAS does not know the processor
      /// and falls back to its oldest kernels.
      private static let own: Int = {
        let kernels = String(cString: openblas_get_corename())
        return kernels == "Prescott" || kernels == "Core2" ? .max : 1 << 14
      }()

      @inline(__always)
      static func isOne(_ m: Int, _ k: Int, _ n: Int) -> Bool {
        let work = m * k * n
        guard work > own else { return false }
        if threads > 1 { openblas_set_num_threads(work < worthThreads ? 1 : Int32(threads)) }
        return true
      }
    }
  #endif
}

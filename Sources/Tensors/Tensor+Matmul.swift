// Matrix products through OpenBLAS.
import CBLAS

extension Tensor {
  /// The matrix product with NumPy's rules: vectors of rank 1 lend themselves an axis and lose it again;
  /// axes before the last two are broadcast as batches.
  package func matmul(_ other: Tensor) throws(TensorError) -> Tensor {
    guard rank > 0, other.rank > 0 else { throw .scalarProduct(shape, other.shape) }
    let common = DType.promote(dtype, rank: 1, other.dtype, rank: 1)
    let left = rank == 1 ? try reshaped(to: Shape([1, shape[0]])) : self
    let right = other.rank == 1 ? try other.reshaped(to: Shape([other.shape[0], 1])) : other
    let (m, k) = (left.shape[left.rank - 2], left.shape[left.rank - 1])
    let n = right.shape[right.rank - 1]
    guard right.shape[right.rank - 2] == k else { throw .notMultipliable(shape, other.shape) }

    let (leftBatch, rightBatch) = try (
      Shape(Array(left.shape.dims.dropLast(2))), Shape(Array(right.shape.dims.dropLast(2)))
    )
    let batch = try leftBatch.broadcast(with: rightBatch)
    let target = try Shape(batch.dims + [m, n])
    let (x, y) = (try left.converted(to: common), try right.converted(to: common))
    let starts = (
      leftBatch.strides(stretchedTo: batch), rightBatch.strides(stretchedTo: batch)
    )
    func multiply<E: Element>(
      _ out: UnsafeMutablePointer<E>,
      _ gemm: (UnsafePointer<E>, UnsafePointer<E>, UnsafeMutablePointer<E>) -> Void
    ) {
      x.read(E.self) { x in
        y.read(E.self) { y in
          Tensor.walk(batch, starts.0, starts.1) { base, length, a, aStep, b, bStep in
            for i in 0..<length {
              gemm(
                x + (a + i * aStep) * m * k, y + (b + i * bStep) * k * n, out + (base + i) * m * n)
            }
          }
        }
      }
    }
    let product = try Tensor.make(target, common) { out in
      multiply(out) { Tensor.gemm($0, $1, $2, m, k, n) }
    } float: { out in
      multiply(out) { Tensor.gemm($0, $1, $2, m, k, n) }
    }
    var dims = batch.dims
    if rank > 1 { dims.append(m) }
    if other.rank > 1 { dims.append(n) }
    return try product.reshaped(to: Shape(dims))
  }

  /// OpenBLAS leaves the result untouched when the inner axis is empty, so zeros come first.
  private static func gemm(
    _ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>,
    _ m: Int, _ k: Int, _ n: Int
  ) {
    guard m > 0, n > 0, k > 0 else { return out.initialize(repeating: 0, count: m * n) }
    cblas_dgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(m), blasint(n), blasint(k), 1, x,
      blasint(k), y, blasint(n), 0, out, blasint(n))
  }

  private static func gemm(
    _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>,
    _ m: Int, _ k: Int, _ n: Int
  ) {
    guard m > 0, n > 0, k > 0 else { return out.initialize(repeating: 0, count: m * n) }
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(m), blasint(n), blasint(k), 1, x,
      blasint(k), y, blasint(n), 0, out, blasint(n))
  }
}

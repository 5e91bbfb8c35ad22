// Matrix products through OpenBLAS.

extension Tensor {
  /// The matrix product with NumPy's rules: vectors of rank 1 lend themselves an axis and lose it again;
  /// axes before the last two are broadcast as batches.
  /// - Parameter transposed: which of the two is read with its last two axes exchanged; of vectors none.
  package func matmul(
    _ other: Tensor, transposed: (left: Bool, right: Bool) = (false, false)
  ) throws(TensorError) -> Tensor {
    guard rank > 0, other.rank > 0 else { throw .scalarProduct(shape, other.shape) }
    let common = DType.promote(dtype, rank: 1, other.dtype, rank: 1)
    if rank == 2, other.rank == 2 {
      return try Tensor.product(
        converted(to: common), other.converted(to: common), transposed: transposed)
    }
    let left = rank == 1 ? try reshaped(to: Shape([1, shape[0]])) : self
    let right = other.rank == 1 ? try other.reshaped(to: Shape([other.shape[0], 1])) : other
    let (ta, tb) = transposed
    let m = left.shape[left.rank - (ta ? 1 : 2)]
    let k = left.shape[left.rank - (ta ? 2 : 1)]
    let n = right.shape[right.rank - (tb ? 2 : 1)]
    guard right.shape[right.rank - (tb ? 1 : 2)] == k else {
      throw .notMultipliable(shape, other.shape)
    }

    let (leftBatch, rightBatch) = try (
      Shape(Array(left.shape.dims.dropLast(2))), Shape(Array(right.shape.dims.dropLast(2)))
    )
    let batch = try leftBatch.broadcast(with: rightBatch)
    let target = try Shape(batch.dims + [m, n])
    let (x, y) = (try left.converted(to: common), try right.converted(to: common))
    func multiply<E: Element>(_ out: UnsafeMutablePointer<E>) {
      // OpenBLAS leaves the result untouched when the inner axis is empty, so zeros come first.
      guard m > 0, n > 0, k > 0 else { return out.initialize(repeating: 0, count: target.count) }
      x.read(E.self) { x in
        y.read(E.self) { y in
          Tensor.walk(batch, leftBatch, rightBatch) { base, length, a, aStep, b, bStep in
            for i in 0..<length {
              E.gemm(
                x + (a + i * aStep) * m * k, transposed: ta, y + (b + i * bStep) * k * n,
                transposed: tb, out + (base + i) * m * n, m, k, n)
            }
          }
        }
      }
    }
    let product = try Tensor.make(target, common) {
      multiply($0)
    } float: {
      multiply($0)
    }
    var dims = batch.dims
    if rank > 1 { dims.append(m) }
    if other.rank > 1 { dims.append(n) }
    return try product.reshaped(to: Shape(dims))
  }

  /// The product of two matrices, either of them transposed as it is read, plus a row; its dtype is that of
  /// `a`.
  /// - Throws: `TensorError.notMultipliable`, `.rankNeeded`, `.notReshapable` for a row of another length.
  package static func product(
    _ a: Tensor, _ b: Tensor, transposed: (left: Bool, right: Bool) = (false, false),
    plus row: Tensor? = nil
  ) throws(TensorError) -> Tensor {
    let (ta, tb) = transposed
    guard a.rank == 2, b.rank == 2 else {
      throw .rankNeeded("matmul", 2, a.rank == 2 ? b.shape : a.shape)
    }
    let (m, k) = ta ? (a.shape[1], a.shape[0]) : (a.shape[0], a.shape[1])
    let (inner, n) = tb ? (b.shape[1], b.shape[0]) : (b.shape[0], b.shape[1])
    guard k == inner else { throw .notMultipliable(a.shape, b.shape) }
    try row?.mustHold(n)
    func multiply<E: Element>(_ out: UnsafeMutablePointer<E>, _ row: UnsafePointer<E>?) {
      guard m > 0, n > 0, k > 0 else {
        guard let row else { return out.initialize(repeating: 0, count: m * n) }
        for i in 0..<m { (out + i * n).update(from: row, count: n) }
        return
      }
      a.read(E.self) { a in
        b.read(E.self) { b in
          E.gemm(a, transposed: ta, b, transposed: tb, out, from: row, m, k, n)
        }
      }
    }
    func start<E: Element>(_ out: UnsafeMutablePointer<E>) {
      if let row { row.read(E.self) { multiply(out, $0) } } else { multiply(out, nil) }
    }
    return try make(.matrix(m, n), a.dtype) {
      start($0)
    } float: {
      start($0)
    }
  }

  /// `self += a @ b`, either of them transposed as it is read, in place while nobody else holds these numbers.
  /// - Throws: `TensorError.notReshapable` where the product has another shape.
  package mutating func addProduct(
    _ a: Tensor, _ b: Tensor, transposed: (left: Bool, right: Bool)
  ) throws(TensorError) {
    let (m, k) = transposed.left ? (a.shape[1], a.shape[0]) : (a.shape[0], a.shape[1])
    let n = transposed.right ? b.shape[0] : b.shape[1]
    try mustHold(m * n)
    guard k == (transposed.right ? b.shape[1] : b.shape[0]) else {
      throw .notMultipliable(a.shape, b.shape)
    }
    guard m > 0, n > 0, k > 0 else { return }
    func add<E: Element>(_: E.Type) throws(TensorError) {
      guard let sum = try pointer(E.self) else { return }
      a.read(E.self) { a in
        b.read(E.self) { b in
          E.gemm(
            a, transposed: transposed.left, b, transposed: transposed.right, sum, from: sum, m, k, n
          )
        }
      }
    }
    if dtype == .float32 { try add(Float.self) } else { try add(Double.self) }
  }
}

// Folding axes: each reduction sees rows, the reduced axes brought together at the end.
import CPlatform

extension Tensor {
  /// The axes that `dims` names, in rising order; all of them when there are none.
  package func axes(_ dims: [Int]) throws(TensorError) -> [Int] {
    if dims.isEmpty { return Array(0..<rank) }
    var axes: [Int] = []
    for dim in dims {
      let axis = try shape.axis(dim)
      if axes.contains(axis) { throw .repeatedAxis(dim) }
      axes.append(axis)
    }
    return rank == 0 ? [] : axes.sorted()
  }

  /// The shape left after folding `axes`.
  package func reducedShape(_ axes: [Int], keepdim: Bool) -> Shape {
    if keepdim { return Shape(rank: rank) { axes.contains($0) ? 1 : shape[$0] } }
    if axes.count == rank { return .scalar }
    let kept = (0..<rank).filter { !axes.contains($0) }
    return Shape(rank: kept.count) { shape[kept[$0]] }
  }

  /// This tensor as `[rows, n]`, where the `n` elements of a row are folded together.
  func rows(_ axes: [Int]) throws(TensorError) -> (tensor: Tensor, rows: Int, n: Int) {
    let n = axes.reduce(1) { $0 * shape[$1] }
    let kept = (0..<rank).filter { !axes.contains($0) }
    let rows = kept.reduce(1) { $0 * shape[$1] }
    let order = kept + axes
    let inOrder = order == Array(0..<rank) ? self : try permuted(order)
    return (inOrder, rows, n)
  }

  /// One number for each row of the folded axes, from the row's numbers and how many they are.
  @inline(__always)
  func reduce(
    _ axes: [Int], keepdim: Bool, result: DType? = nil, _ fold: some RowFold
  ) throws(TensorError) -> Tensor {
    let (x, rows, n) = try rows(axes)
    let target = reducedShape(axes, keepdim: keepdim)
    func run<E: Element, R: Element>(_: E.Type, _ out: UnsafeMutablePointer<R>) {
      x.read(E.self) { p in for row in 0..<rows { out[row] = R(fold(p + row * n, n)) } }
    }
    return try Tensor.make(target, result ?? dtype.floating) { out in
      if x.dtype == .float32 { run(Float.self, out) } else { run(Double.self, out) }
    } float: { out in
      run(Float.self, out)
    }
  }

  /// The sum along axes, over all for none; of truth values an int64, as in torch.
  package func sum(_ axes: [Int], keepdim: Bool = false) throws(TensorError) -> Tensor {
    let target = reducedShape(axes, keepdim: keepdim)
    let result: DType = dtype == .bool ? .int64 : dtype
    return dtype == .float32
      ? try sum(axes, target, Float.self, result) : try sum(axes, target, Double.self, result)
  }

  /// Neighbouring axes with others behind them are added row by row, which reads memory in order; others run along each
  /// row.
  private func sum<E: Element>(_ axes: [Int], _ target: Shape, _: E.Type, _ result: DType)
    throws(TensorError) -> Tensor
  {
    if let (n, inner) = neighbours(axes) {
      return try Tensor.fill(target, result) { (out: UnsafeMutablePointer<E>) in
        out.initialize(repeating: 0, count: target.count)
        guard count > 0 else { return }
        read(E.self) { x in
          for outer in 0..<target.count / inner {
            nnrepl_add_rows(E.layout, n, inner, out + outer * inner, x + outer * n * inner)
          }
        }
      }
    }
    let (x, rows, n) = try rows(axes)
    return try Tensor.fill(target, result) { (out: UnsafeMutablePointer<E>) in
      x.read(E.self) { p in
        for row in 0..<rows {
          out[row] = E(nnrepl_fold(E.layout, NNREPL_SUM, n, p + row * n, 0))
        }
      }
    }
  }

  /// How many numbers are folded, and how many lie behind them, where the axes are neighbours with others behind.
  private func neighbours(_ axes: [Int]) -> (n: Int, inner: Int)? {
    guard let first = axes.first, let last = axes.last, last < rank - 1, last - first < axes.count
    else { return nil }
    return (shape.extent(first..<last + 1), shape.extent(last + 1..<rank))
  }

  /// The product along axes, over all for none.
  package func product(_ axes: [Int], keepdim: Bool = false) throws(TensorError) -> Tensor {
    try reduce(
      axes, keepdim: keepdim, result: dtype == .bool ? .int64 : dtype,
      Fold.Plain(function: NNREPL_PRODUCT))
  }

  /// The place, in each row, of the largest element (or the smallest); nan wins for good.
  package func place(_ axes: [Int], keepdim: Bool, operation: String, largest: Bool)
    throws(TensorError) -> Tensor
  {
    guard axes.allSatisfy({ shape[$0] > 0 }) else { throw .emptyReduction(operation) }
    return try reduce(axes, keepdim: keepdim, result: .int64, Fold.Place(largest: largest))
  }

  /// The largest element of each row, or the smallest; nan wins.
  package func extreme(_ axes: [Int], keepdim: Bool, operation: String, largest: Bool)
    throws(TensorError) -> Tensor
  {
    guard axes.allSatisfy({ shape[$0] > 0 }) else { throw .emptyReduction(operation) }
    if let cut = neighbours(axes), count > 0 {
      // Row by row, which reads memory in order.
      let width = layout == NNREPL_F32 ? 4 : 8
      return try Tensor.made(reducedShape(axes, keepdim: keepdim), dtype) { out in
        read { x in
          for outer in 0..<count / (cut.n * cut.inner) {
            let (best, x) = (out + outer * cut.inner * width, x + outer * cut.n * cut.inner * width)
            best.copyMemory(from: x, byteCount: cut.inner * width)
            for row in 1..<cut.n {
              _ = nnrepl_zip(
                layout, largest ? NNREPL_MAXIMUM : NNREPL_MINIMUM, cut.inner, best, best, 1,
                x + row * cut.inner * width, 1)
            }
          }
        }
      }
    }
    return try reduce(
      axes, keepdim: keepdim, result: dtype,
      Fold.Plain(function: largest ? NNREPL_LARGEST : NNREPL_SMALLEST))
  }

  /// `log(sum(exp(x)))`, shifted by the largest element so that nothing overflows.
  package func logSumExp(_ axes: [Int], keepdim: Bool = false) throws(TensorError) -> Tensor {
    try reduce(axes, keepdim: keepdim, Fold.LogSumExp())
  }

  /// The largest of all elements, -inf of none; nan wins.
  package var largest: Double { largest(ofFirst: count) }

  /// The largest of the first so many elements.
  package func largest(ofFirst some: Int) -> Double {
    read { nnrepl_fold(layout, NNREPL_LARGEST, min(some, count), $0, 0) }
  }

  /// The smallest, inf of none; nan wins.
  package var smallest: Double {
    read { nnrepl_fold(layout, NNREPL_SMALLEST, count, $0, 0) }
  }

  /// The sum of squared deviations from the mean over `n - correction`.
  /// - Parameter root: gives its root, the standard deviation, which may be a float where the variance is too large.
  package func variance(
    _ axes: [Int], correction: Double, keepdim: Bool = false, root: Bool = false
  ) throws(TensorError) -> Tensor {
    try reduce(axes, keepdim: keepdim, Fold.Variance(correction: correction, isRoot: root))
  }

  /// `(Σ|x|^p)^(1/p)`; the largest magnitude for `p = inf`.
  package func norm(_ axes: [Int], p: Double, keepdim: Bool = false) throws(TensorError) -> Tensor {
    try reduce(axes, keepdim: keepdim, Fold.Norm(p: p))
  }

  /// The places of the elements in rising (or falling) order along an axis, or the first few of them; equal ones keep their
  /// order, and nan counts as the largest, as in PyTorch.
  package func order(along axis: Int, falling: Bool, first: Int? = nil) throws(TensorError)
    -> Tensor
  {
    if rank == 0 { return Tensor(0, dtype: .int64) }
    let (outer, length, inner) = shape.cut(axis)
    // More than these are sorted sooner than they are kept in order.
    if let first, first <= length, first > 64 {
      let some = IndexItem.slice(start: 0, stop: first, step: 1)
      let whole = IndexItem.slice(start: nil, stop: nil, step: 1)
      let all = try order(along: axis, falling: falling)
      return try all.picked(
        shape.selection([IndexItem](repeating: whole, count: axis) + [some]))
    }
    var dims = shape.dims
    dims[axis] = first ?? length
    let target = try Shape(dims)
    if target.count == 0 { return try Tensor(filling: target, with: 0, dtype: .int64) }
    // Room for each number of a row twice, beside its place.
    let room = try Shape.fitting(
      [length, 32 / MemoryLayout<Int>.size], stride: MemoryLayout<Int>.size)
    let scratch = Places(count: room.count)
    let order = try Tensor.made(target, .int64) { out in
      guard let scratch = scratch.memory.baseAddress else { return }
      let out = out.assumingMemoryBound(to: Double.self)
      read { x in
        for row in 0..<outer {
          for i in 0..<inner where !Work.mustStop {
            let x = x + (row * length * inner + i) * (dtype == .float32 ? 4 : 8)
            let places = out + row * dims[axis] * inner + i
            if let first {
              nnrepl_top(layout, length, inner, falling ? 1 : 0, first, places, x, scratch)
            } else {
              nnrepl_order(layout, length, inner, falling ? 1 : 0, places, x, scratch)
            }
          }
        }
      }
    }
    // One that was broken off is none, however short.
    try Work.look()
    return order
  }

  /// Running sums along one axis.
  package func cumulativeSum(_ axis: Int, reversed: Bool = false) throws(TensorError) -> Tensor {
    if rank == 0 { return self }
    let length = shape[axis]
    let inner = shape.extent(axis + 1..<rank)
    let result: DType = dtype == .bool ? .int64 : dtype
    // Sums that go on side by side, so that none waits for itself: of lines behind the axis, or of rows.
    let outer = count == 0 ? 0 : count / (length * inner)
    func run<E: Element>(_ out: UnsafeMutablePointer<E>) {
      read(E.self) { x in
        func add(_ start: Int, lines: Int, apart: Int) {
          withUnsafeTemporaryAllocation(of: Double.self, capacity: max(1, lines)) { totals in
            totals.initialize(repeating: 0)
            for step in 0..<length {
              let line = start + (reversed ? length - 1 - step : step) * inner
              for i in 0..<lines {
                totals[i] += Double(x[line + i * apart])
                out[line + i * apart] = E(totals[i])
              }
            }
          }
        }
        if inner > 1 {
          for row in 0..<outer { add(row * length * inner, lines: inner, apart: 1) }
        } else {
          for row in stride(from: 0, to: outer, by: 8) {
            add(row * length, lines: min(8, outer - row), apart: length)
          }
        }
      }
    }
    return try Tensor.make(shape, result) {
      run($0)
    } float: {
      run($0)
    }
  }

  /// `exp(x) / Σ exp(x)` along `axis`, or its logarithm. With inf, or nothing but -inf, there is no distribution; inf - inf
  /// is nan, PyTorch's answer.
  package func softmax(_ axis: Int, log: Bool) throws(TensorError) -> Tensor {
    let (outer, n, inner) = rank == 0 ? (1, 1, 1) : shape.cut(axis)
    return try Tensor.made(shape, dtype) { z in
      read { x in
        if count > 0 { nnrepl_softmax(layout, outer, n, inner, z, x, log ? 1 : 0) }
      }
    }
  }

  /// What `softmax` hands back along `axis`, from its result, which this is, and from what reached that.
  package func softmaxSlope(_ axis: Int, log: Bool, _ dz: Tensor) throws(TensorError) -> Tensor {
    let dz = try dz.converted(to: dtype)
    try dz.mustHold(count)
    let (outer, n, inner) = rank == 0 ? (1, 1, 1) : shape.cut(axis)
    return try Tensor.made(shape, dtype) { dx in
      read { z in
        dz.read { dz in
          if count > 0 { nnrepl_softmax_slope(layout, outer, n, inner, dx, z, dz, log ? 1 : 0) }
        }
      }
    }
  }
}

extension Tensor {
  /// `log(sum(exp(x)))` of each row of so many numbers in two parts: the largest of each row, then what is to be added to
  /// each. In one number a large score would leave no room for the other.
  package func logSums(ofRows n: Int) -> [Double] {
    let rows = n == 0 ? 0 : count / n
    return [Double](unsafeUninitializedCapacity: 2 * rows) { out, filled in
      if let out = out.baseAddress {
        read { nnrepl_log_sums(layout, rows, n, out, out + rows, $0) }
      }
      filled = 2 * rows
    }
  }

  /// Calls `body` for each row of so many numbers, with a way to read it.
  package func eachRow(_ n: Int, _ body: (_ row: Int, _ number: (Int) -> Double) -> Void) {
    func run<E: Element>(_: E.Type) {
      read(E.self) { x in
        for row in 0..<(n == 0 ? 0 : count / n) { body(row) { Double(x[row * n + $0]) } }
      }
    }
    if dtype == .float32 { run(Float.self) } else { run(Double.self) }
  }

  /// `scale*exp(x - sum)` of each row of so many numbers, with its `logSums` and a scale; 0 where the scale is. Then
  /// `correct` may add to entries of a row.
  package func powersOfRows(
    _ n: Int, less sums: [Double], times scales: [Double],
    _ correct: (_ row: Int, _ add: (Int, Double) -> Void) -> Void
  ) throws(TensorError) -> Tensor {
    func run<E: Element>(_ out: UnsafeMutablePointer<E>) {
      read(E.self) { x in
        for row in 0..<scales.count {
          let out = out + row * n
          if scales[row] == 0 {
            // 0 times what is no number is none.
            let isNumber = sums.isEmpty || (sums[row] + sums[row + scales.count]).isFinite
            out.initialize(repeating: isNumber ? 0 : .nan, count: n)
          } else {
            let (most, log) = (sums[row], sums[row + scales.count])
            nnrepl_powers(E.layout, n, out, x + row * n, most, log, scales[row])
          }
          correct(row) { k, number in out[k] = E(Double(out[k]) + number) }
        }
      }
    }
    return try Tensor.make(shape, dtype) {
      run($0)
    } float: {
      run($0)
    }
  }
}

/// How a row of numbers becomes one, computed in doubles.
protocol RowFold: Sendable {
  func callAsFunction<E: Element>(_ x: UnsafePointer<E>, _ n: Int) -> Double
}

enum Fold {
  /// What CPlatform has a loop for.
  struct Plain: RowFold {
    let function: nnrepl_fold_function
    @inline(__always) func callAsFunction<E: Element>(_ x: UnsafePointer<E>, _ n: Int) -> Double {
      nnrepl_fold(E.layout, function, n, x, 0)
    }
  }

  struct Place: RowFold {
    let largest: Bool
    @inline(__always) func callAsFunction<E: Element>(_ x: UnsafePointer<E>, _ n: Int) -> Double {
      let best = nnrepl_fold(E.layout, largest ? NNREPL_LARGEST : NNREPL_SMALLEST, n, x, 0)
      return Double(nnrepl_find(E.layout, n, x, best))
    }
  }

  struct LogSumExp: RowFold {
    @inline(__always) func callAsFunction<E: Element>(_ x: UnsafePointer<E>, _ n: Int) -> Double {
      var sum = 0.0
      nnrepl_log_sum_exp(E.layout, 1, n, &sum, x)
      return sum
    }
  }

  struct Variance: RowFold {
    let correction: Double
    let isRoot: Bool
    @inline(__always) func callAsFunction<E: Element>(_ x: UnsafePointer<E>, _ n: Int) -> Double {
      let mean = nnrepl_fold(E.layout, NNREPL_SUM_IN_DOUBLES, n, x, 0) / Double(n)
      let variance =
        nnrepl_fold(E.layout, NNREPL_SUM_OF_SQUARED_DIFFERENCES, n, x, mean)
        / max(0, Double(n) - correction)
      return isRoot ? variance.squareRoot() : variance
    }
  }

  struct Norm: RowFold {
    let p: Double
    @inline(__always) func callAsFunction<E: Element>(_ x: UnsafePointer<E>, _ n: Int) -> Double {
      func fold(_ function: nnrepl_fold_function) -> Double {
        nnrepl_fold(E.layout, function, n, x, 0)
      }
      switch p {
      case 2: return fold(NNREPL_SUM_OF_SQUARES).squareRoot()
      case 1: return fold(NNREPL_SUM_OF_MAGNITUDES)
      case .infinity: return n == 0 ? 0 : max(fold(NNREPL_LARGEST), -fold(NNREPL_SMALLEST))
      case -.infinity:
        return (0..<n).reduce(.infinity) { least, i in
          let size = Double(Swift.abs(x[i]))
          return size < least || size.isNaN ? size : least
        }
      case 0: return (0..<n).reduce(0) { $0 + (x[$1] == 0 ? 0 : 1) }
      default:
        return Double.pow((0..<n).reduce(0) { $0 + Double.pow(Double(Swift.abs(x[$1])), p) }, 1 / p)
      }
    }
  }
}

// Folding axes: each reduction sees rows, the reduced axes brought together at the end.

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
    Shape(
      trusted: shape.dims.enumerated().compactMap { axis, length in
        axes.contains(axis) ? (keepdim ? 1 : nil) : length
      })
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

  /// One number for each row of the folded axes.
  @inline(__always)
  func reduce<K: RowKernel>(
    _ axes: [Int], keepdim: Bool, result: DType? = nil, _ fold: K
  ) throws(TensorError) -> Tensor {
    let (x, rows, n) = try rows(axes)
    let target = reducedShape(axes, keepdim: keepdim)
    let dtype = result ?? dtype.floating
    return try Tensor.make(target, dtype) { out in
      if x.dtype == .float32 {
        x.read(Float.self) { p in for row in 0..<rows { out[row] = fold(p + row * n, n) } }
      } else {
        x.read(Double.self) { p in for row in 0..<rows { out[row] = fold(p + row * n, n) } }
      }
    } float: { out in
      x.read(Float.self) { p in for row in 0..<rows { out[row] = Float(fold(p + row * n, n)) } }
    }
  }

  /// The sum along axes, over all for none; of truth values an int64, as in torch.
  package func sum(_ axes: [Int], keepdim: Bool = false) throws(TensorError) -> Tensor {
    let target = reducedShape(axes, keepdim: keepdim)
    let result: DType = dtype == .bool ? .int64 : dtype
    return dtype == .float32
      ? try sum(axes, target, Float.self, result) : try sum(axes, target, Double.self, result)
  }

  /// Sums over leading axes add whole rows, which reads memory in order; others run along each row.
  private func sum<E: Element>(_ axes: [Int], _ target: Shape, _: E.Type, _ result: DType)
    throws(TensorError) -> Tensor
  {
    if axes == Array(0..<axes.count), axes.count < rank {
      let inner = target.count
      let outer = inner == 0 ? 0 : count / inner
      return try Tensor.fill(target, result) { (out: UnsafeMutablePointer<E>) in
        out.initialize(repeating: 0, count: inner)
        read(E.self) { x in
          for row in 0..<outer {
            let x = x + row * inner
            for i in 0..<inner { out[i] += x[i] }
          }
        }
      }
    }
    let (x, rows, n) = try rows(axes)
    return try Tensor.fill(target, result) { (out: UnsafeMutablePointer<E>) in
      x.read(E.self) { p in
        for row in 0..<rows { out[row] = Tensor.sum(p + row * n, n) }
      }
    }
  }

  /// Sixteen partial sums: as fast as the memory, and closer to the true sum than one.
  private static func sum<E: Element>(_ x: UnsafePointer<E>, _ n: Int) -> E {
    var lanes = SIMD16<E>(repeating: 0)
    var i = 0
    while i + 16 <= n {
      var block = SIMD16<E>(repeating: 0)
      for lane in 0..<16 { block[lane] = x[i + lane] }
      lanes += block
      i += 16
    }
    var total = lanes.sum()
    while i < n {
      total += x[i]
      i += 1
    }
    return total
  }

  /// The product along axes, over all for none.
  package func product(_ axes: [Int], keepdim: Bool = false) throws(TensorError) -> Tensor {
    try reduce(
      axes, keepdim: keepdim, result: dtype == .bool ? .int64 : dtype, Fold.Product())
  }

  /// The place, in each row, of the largest element (or the smallest); nan wins for good.
  package func place(_ axes: [Int], keepdim: Bool, operation: String, largest: Bool)
    throws(TensorError) -> Tensor
  {
    guard axes.allSatisfy({ shape[$0] > 0 }) else { throw .emptyReduction(operation) }
    return try reduce(axes, keepdim: keepdim, result: .int64, Fold.Place(largest: largest))
  }

  /// The largest (or by `Minimum` the smallest) element of each row.
  package func extreme<K: BinaryKernel>(
    _ axes: [Int], keepdim: Bool, operation: String, _ kernel: K
  ) throws(TensorError) -> Tensor {
    guard axes.allSatisfy({ shape[$0] > 0 }) else { throw .emptyReduction(operation) }
    return try reduce(axes, keepdim: keepdim, result: dtype, Fold.Extreme(kernel))
  }

  /// `log(sum(exp(x)))`, shifted by the largest element so that nothing overflows.
  package func logSumExp(_ axes: [Int], keepdim: Bool = false) throws(TensorError) -> Tensor {
    try reduce(axes, keepdim: keepdim, Fold.LogSumExp())
  }

  /// The sum of squared deviations from the mean over `n - correction`.
  package func variance(_ axes: [Int], correction: Double, keepdim: Bool = false)
    throws(TensorError) -> Tensor
  {
    try reduce(axes, keepdim: keepdim, Fold.Variance(correction: correction))
  }

  /// `(Σ|x|^p)^(1/p)`; the largest magnitude for `p = inf`.
  package func norm(_ axes: [Int], p: Double, keepdim: Bool = false) throws(TensorError) -> Tensor {
    try reduce(axes, keepdim: keepdim, Fold.Norm(p: p))
  }

  /// The places of the elements in rising (or falling) order along an axis; equal ones keep their order.
  package func order(along axis: Int, falling: Bool) throws(TensorError) -> Tensor {
    if rank == 0 { return Tensor(0, dtype: .int64) }
    let (length, inner) = (shape[axis], shape.dims[(axis + 1)...].reduce(1, *))
    let values = self.values
    var places = [Double](repeating: 0, count: count)
    for start in 0..<count where (start / inner) % max(length, 1) == 0 {
      var comparisons = 0
      let order = try Tensor.sorted(length) { a, b throws(TensorError) in
        comparisons += 1
        if comparisons % Work.many == 0 { try Work.look() }
        let (x, y) = (values[start + a * inner], values[start + b * inner])
        // nan counts as the largest, as in PyTorch.
        if x.isNaN || y.isNaN { return falling ? x.isNaN && !y.isNaN : y.isNaN && !x.isNaN }
        return x == y ? a < b : falling ? x > y : x < y
      }
      for (i, place) in order.enumerated() { places[start + i * inner] = Double(place) }
    }
    return try Tensor(places, shape: shape, dtype: .int64)
  }

  /// The numbers below `count` in an order of their own, by merging; the standard library forgets of what type
  /// a comparison's error is.
  private static func sorted(
    _ count: Int, _ precedes: (Int, Int) throws(TensorError) -> Bool
  ) throws(TensorError) -> [Int] {
    var order = Array(0..<count)
    // Short runs by insertion.
    let short = 8
    for start in stride(from: 0, to: count, by: short) {
      for i in start..<min(start + short, count) {
        var place = i
        while place > start, try precedes(order[place], order[place - 1]) {
          order.swapAt(place, place - 1)
          place -= 1
        }
      }
    }
    var next = order
    var width = short
    while width < count {
      for start in stride(from: 0, to: count, by: 2 * width) {
        let (middle, end) = (min(start + width, count), min(start + 2 * width, count))
        var (left, right) = (start, middle)
        for place in start..<end {
          let takesRight: Bool
          if left == middle {
            takesRight = true
          } else if right == end {
            takesRight = false
          } else {
            takesRight = try precedes(order[right], order[left])
          }
          next[place] = order[takesRight ? right : left]
          if takesRight { right += 1 } else { left += 1 }
        }
      }
      swap(&order, &next)
      width *= 2
    }
    return order
  }

  /// Running sums along one axis.
  package func cumulativeSum(_ axis: Int, reversed: Bool = false) throws(TensorError) -> Tensor {
    if rank == 0 { return self }
    let length = shape[axis]
    let inner = shape.dims[(axis + 1)...].reduce(1, *)
    let result: DType = dtype == .bool ? .int64 : dtype
    var sums = values
    for start in 0..<count where (start / inner) % max(length, 1) == 0 {
      var total = 0.0
      for step in 0..<length {
        let i = start + (reversed ? length - 1 - step : step) * inner
        total += sums[i]
        sums[i] = total
      }
    }
    return try Tensor(sums, shape: shape, dtype: result)
  }

  /// Rows of `exp(x) / Σ exp(x)` along `axis`, or their logarithms.
  package func softmax(_ axis: Int, log: Bool) throws(TensorError) -> Tensor {
    guard count > 0 else { return self }
    let axes = rank == 0 ? [] : [axis]
    // The largest is taken off first: large scores keep their digits. A row with inf, or of nothing but -inf,
    // has no distribution; inf - inf is nan, PyTorch's answer.
    let largest = try extreme(axes, keepdim: true, operation: "softmax", Kernel.Maximum())
    let shifted = try self - largest
    if log { return try shifted - shifted.logSumExp(axes, keepdim: true) }
    let powers = try shifted.map(Kernel.Exp())
    return try powers / powers.sum(axes, keepdim: true)
  }
}

/// How a row of numbers becomes one, computed in doubles.
protocol RowKernel: Sendable {
  func callAsFunction<E: Element>(_ x: UnsafePointer<E>, _ n: Int) -> Double
}

enum Fold {
  struct Product: RowKernel {
    @inline(__always) func callAsFunction<E: Element>(_ x: UnsafePointer<E>, _ n: Int) -> Double {
      var product = 1.0
      for i in 0..<n { product *= Double(x[i]) }
      return product
    }
  }

  struct Place: RowKernel {
    let largest: Bool
    @inline(__always) func callAsFunction<E: Element>(_ x: UnsafePointer<E>, _ n: Int) -> Double {
      var best = 0
      for i in 1..<max(n, 1) {
        if x[best].isNaN { break }
        if x[i].isNaN || (largest ? x[i] > x[best] : x[i] < x[best]) { best = i }
      }
      return Double(best)
    }
  }

  struct Extreme<K: BinaryKernel>: RowKernel {
    let kernel: K
    init(_ kernel: K) { self.kernel = kernel }
    @inline(__always) func callAsFunction<E: Element>(_ x: UnsafePointer<E>, _ n: Int) -> Double {
      var best = x[0]
      for i in 1..<max(n, 1) { best = kernel(best, x[i]) }
      return Double(best)
    }
  }

  struct LogSumExp: RowKernel {
    @inline(__always) func callAsFunction<E: Element>(_ x: UnsafePointer<E>, _ n: Int) -> Double {
      var largest = -E.infinity
      for i in 0..<n { largest = Swift.max(largest, x[i]) }
      if largest.isInfinite {
        if largest > 0 { return .infinity }
        largest = 0
      }
      var sum = 0.0
      for i in 0..<n { sum += Double.exp(Double(x[i]) - Double(largest)) }
      return Double(largest) + Double.log(sum)
    }
  }

  struct Variance: RowKernel {
    let correction: Double
    @inline(__always) func callAsFunction<E: Element>(_ x: UnsafePointer<E>, _ n: Int) -> Double {
      var mean = 0.0
      for i in 0..<n { mean += Double(x[i]) }
      mean /= Double(n)
      var sum = 0.0
      for i in 0..<n { sum += (Double(x[i]) - mean) * (Double(x[i]) - mean) }
      return sum / max(0, Double(n) - correction)
    }
  }

  struct Norm: RowKernel {
    let p: Double
    @inline(__always) func callAsFunction<E: Element>(_ x: UnsafePointer<E>, _ n: Int) -> Double {
      var total = 0.0
      if p == 2 {
        for i in 0..<n { total += Double(x[i]) * Double(x[i]) }
        return total.squareRoot()
      }
      for i in 0..<n {
        let size = Double(Swift.abs(x[i]))
        switch p {
        case 1: total += size
        case .infinity: total = Swift.max(total, size)
        case 0: total += size == 0 ? 0 : 1
        default: total += Double.pow(size, p)
        }
      }
      switch p {
      case 1, .infinity, 0: return total
      default: return Double.pow(total, 1 / p)
      }
    }
  }
}

// What runs along an axis: entries by number, running products, extremes so far and the first in order.
import CPlatform

extension Shape {
  /// How many entries lie before an axis, along it and behind it.
  func cut(_ axis: Int) -> (outer: Int, length: Int, inner: Int) {
    (extent(0..<axis), self[axis], extent(axis + 1..<rank))
  }
}

extension Tensor {
  /// Entries along an axis by a tensor of places, of this shape but along the axis; nil for other shapes and places that
  /// are none.
  package func gathered(_ index: Tensor, along axis: Int) throws(TensorError) -> Tensor? {
    guard let cut = along(axis, index) else { return nil }
    var isDone = false
    let gathered = try Tensor.made(index.shape, dtype) { out in
      read { x in
        index.read(Double.self) { isDone = nnrepl_gather(layout, cut, out, x, $0) != 0 }
      }
    }
    guard isDone else { return nil }
    if isFinite(inCopyOf: gathered.count) { gathered.noteFinite() }
    return gathered
  }

  /// The inverse: adds entries at such places; false where it cannot.
  package mutating func add(_ part: Tensor, at index: Tensor, along axis: Int) throws(TensorError)
    -> Bool
  {
    guard let cut = along(axis, index), part.dtype == dtype, part.shape == index.shape,
      let own = try mutablePointer()
    else { return false }
    try Work.charge(part.count)
    let layout = layout
    return part.read { part in
      index.read(Double.self) { nnrepl_scatter_add(layout, cut, own, part, $0) != 0 }
    }
  }

  private func along(_ axis: Int, _ index: Tensor) -> nnrepl_along? {
    guard rank > 0, index.rank == rank, !index.dtype.isFloat else { return nil }
    var dims = shape.dims
    dims[axis] = index.shape[axis]
    guard dims == index.shape.dims else { return nil }
    let (outer, length, inner) = shape.cut(axis)
    return nnrepl_along(outer: outer, length: length, count: dims[axis], inner: inner)
  }

  /// Running products along one axis.
  package func cumulativeProduct(_ axis: Int) throws(TensorError) -> Tensor {
    if dtype == .bool { return try converted(to: .int64).cumulativeProduct(axis) }
    if rank == 0 { return self }
    let (outer, length, inner) = shape.cut(axis)
    return try Tensor.made(shape, dtype) { out in
      read { nnrepl_running_product(layout, outer, length, inner, out, $0) }
    }
  }

  /// What they hand back.
  package func cumulativeProductSlope(_ axis: Int, _ dz: Tensor) throws(TensorError) -> Tensor {
    if rank == 0 { return dz }
    try dz.mustHold(count)
    let dz = try dz.converted(to: dtype)
    let (outer, length, inner) = shape.cut(axis)
    return try Tensor.made(shape, dtype) { dx in
      read { x in
        dz.read { nnrepl_running_product_slope(layout, outer, length, inner, dx, x, $0) }
      }
    }
  }

  /// For each number the product of all others in its row of so many.
  package func productOfOthers(rowsOf n: Int) throws(TensorError) -> Tensor {
    try Tensor.made(shape, dtype) { out in
      read { if n > 0 { nnrepl_product_of_others(layout, count / n, n, out, $0) } }
    }
  }

  /// What the largest along neighbouring axes hands back, or the smallest: `dz` in equal parts to where z was found in this
  /// tensor; nil for other axes.
  /// - Parameter takesNaN: whether nan is found, too.
  package func shared(_ axes: [Int], _ z: Tensor, _ dz: Tensor, takesNaN: Bool)
    throws(TensorError) -> Tensor?
  {
    guard let first = axes.first, let last = axes.last, last - first < axes.count, z.dtype == dtype,
      dz.dtype == dtype
    else { return nil }
    let n = axes.reduce(1) { $0 * shape[$1] }
    let (outer, inner) = (shape.cut(first).outer, shape.cut(last).inner)
    try z.mustHold(outer * inner)
    try dz.mustHold(outer * inner)
    return try Tensor.made(shape, dtype) { out in
      read { x in
        z.read { z in
          dz.read { nnrepl_share(layout, outer, n, inner, takesNaN ? 1 : 0, out, x, z, $0) }
        }
      }
    }
  }

  /// For each number along an axis the largest so far, or the smallest, and its place: that of the last of equal ones; nan
  /// wins.
  package func runningExtremes(_ axis: Int, largest: Bool) throws(TensorError)
    -> (values: Tensor, places: Tensor)
  {
    if rank == 0 { return (self, Tensor(0, dtype: .int64)) }
    let (outer, length, inner) = shape.cut(axis)
    let places = try Draft<Double>(shape)
    let values = try Tensor.made(shape, dtype) { out in
      read {
        nnrepl_running_extremes(
          layout, outer, length, inner, largest ? 1 : 0, out, places.elements, $0)
      }
    }
    if isFinite(inCopyOf: count) { values.noteFinite() }
    return (values, try places.finished(.int64))
  }

  /// Where it is not 0: for each such entry a row of places.
  package func nonzero() throws(TensorError) -> Tensor {
    if rank == 0 {
      return try Tensor(filling: Shape([self[0] == 0 ? 0 : 1, 0]), with: 0, dtype: .int64)
    }
    let found = read { nnrepl_count_nonzero(layout, count, $0) }
    var (dims, row) = (shape.dims, [Double](repeating: 0, count: rank))
    return try Tensor.made(Shape.fitting([found, rank]), .int64) { out in
      read { x in
        nnrepl_nonzero(
          layout, Int32(rank), &dims, found, out.assumingMemoryBound(to: Double.self), &row, x)
      }
    }
  }

  /// Numbers one step apart.
  package init(from start: Double, by step: Double, count: Int, dtype: DType) throws(TensorError) {
    self = try Tensor.make(Shape([count]), dtype) { out in
      for i in 0..<count { out[i] = start + Double(i) * step }
    } float: { out in
      for i in 0..<count { out[i] = Float(start + Double(i) * step) }
    }
  }
}

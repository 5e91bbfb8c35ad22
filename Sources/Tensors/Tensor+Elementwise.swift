// Applying a function to each element, with broadcasting for functions of two.
import CPlatform

/// A function of one number, the same for both element types.
package protocol UnaryKernel: Sendable {
  func callAsFunction<E: Element>(_ x: E) -> E
  /// The function of each element. A requirement, so that every kernel has loops of its own however it is
  /// called: from another module a generic loop would call the kernel through a table for each element.
  func mapped(_ x: Tensor, result: DType) throws(TensorError) -> Tensor
  /// What it is in a program, if CPlatform has a loop for it.
  var loop: Loop? { get }
  /// One row of it; true where it has seen that all results are finite.
  func row<E: Element>(_ count: Int, _ out: UnsafeMutablePointer<E>, _ x: UnsafePointer<E>) -> Bool
}

/// A function of two numbers, the same for both element types.
package protocol BinaryKernel: Sendable {
  func callAsFunction<E: Element>(_ x: E, _ y: E) -> E
  func zipped(_ x: Tensor, _ y: Tensor, result: DType?) throws(TensorError) -> Tensor
  /// What it is in a program, if CPlatform has a loop for it.
  var loop: Loop? { get }
  /// One row of it; true where it has seen that all results are finite.
  func row<E: Element>(
    _ count: Int, _ out: UnsafeMutablePointer<E>, _ x: UnsafePointer<E>, _ xStep: Int,
    _ y: UnsafePointer<E>, _ yStep: Int
  ) -> Bool
}

// A kernel's own code is a row of each type; what is around it is there once.

extension UnaryKernel {
  /// Most have none.
  package var loop: Loop? { nil }

  /// Applies the kernel to each element.
  package func mapped(_ x: Tensor, result: DType) throws(TensorError) -> Tensor {
    // Closures that are written out lie on the stack; a method's name would be one on the heap.
    x.dtype == .float32
      ? try x.mapped(Float.self, result) { row($0, $1, $2) }
      : try x.mapped(Double.self, result) { row($0, $1, $2) }
  }

  /// Fills `count` numbers from as many.
  package func row<E: Element>(
    _ count: Int, _ out: UnsafeMutablePointer<E>, _ x: UnsafePointer<E>
  ) -> Bool {
    for i in 0..<count { out[i] = self(x[i]) }
    return false
  }
}

extension BinaryKernel {
  /// Most have none.
  package var loop: Loop? { nil }

  /// Applies the kernel to each pair, with broadcasting.
  package func zipped(_ x: Tensor, _ y: Tensor, result: DType?) throws(TensorError) -> Tensor {
    let common = DType.promote(x.dtype, rank: x.rank, y.dtype, rank: y.rank)
    if x.dtype != common { return try zipped(x.converted(to: common), y, result: result) }
    if y.dtype != common { return try zipped(x, y.converted(to: common), result: result) }
    let result = result ?? common
    if common != .float32 {
      return try x.zipped(y, Double.self, Double.self, result) { row($0, $1, $2, $3, $4, $5) }
    }
    if result == .float32 {
      return try x.zipped(y, Float.self, Float.self, result) { row($0, $1, $2, $3, $4, $5) }
    }
    return try x.zipped(y, Float.self, Double.self, result) { widened($0, $1, $2, $3, $4, $5) }
  }

  /// A row of floats as doubles, which truth values are stored as: by way of a few at a time.
  private func widened(
    _ count: Int, _ out: UnsafeMutablePointer<Double>, _ x: UnsafePointer<Float>, _ xStep: Int,
    _ y: UnsafePointer<Float>, _ yStep: Int
  ) -> Bool {
    let some = 1024
    return withUnsafeTemporaryAllocation(of: Float.self, capacity: some) { scratch in
      guard let few = scratch.baseAddress else { return false }
      var areFinite = true
      for start in stride(from: 0, to: count, by: some) {
        let n = min(some, count - start)
        if !row(n, few, x + start * xStep, xStep, y + start * yStep, yStep) { areFinite = false }
        nnrepl_convert(NNREPL_F64, n, out + start, few)
      }
      return areFinite
    }
  }

  /// Fills `count` numbers from two operands that are read by steps, 0 or 1.
  package func row<E: Element>(
    _ count: Int, _ out: UnsafeMutablePointer<E>, _ x: UnsafePointer<E>, _ xStep: Int,
    _ y: UnsafePointer<E>, _ yStep: Int
  ) -> Bool {
    switch (xStep, yStep) {
    case (1, 1): for i in 0..<count { out[i] = self(x[i], y[i]) }
    case (1, 0):
      let constant = y[0]
      for i in 0..<count { out[i] = self(x[i], constant) }
    case (0, 1):
      let constant = x[0]
      for i in 0..<count { out[i] = self(constant, y[i]) }
    default: for i in 0..<count { out[i] = self(x[i * xStep], y[i * yStep]) }
    }
    return false
  }
}

extension Tensor {
  /// `z[i] = kernel(x[i])`; whole numbers become doubles unless `keepsWhole`.
  package func map<K: UnaryKernel>(_ kernel: K, keepsWhole: Bool = false) throws(TensorError)
    -> Tensor
  {
    try kernel.mapped(self, result: keepsWhole ? dtype : dtype.floating)
  }

  /// The same with a result of a type that is stored as this one.
  func map<K: UnaryKernel>(_ kernel: K, result: DType) throws(TensorError) -> Tensor {
    try kernel.mapped(self, result: result)
  }

  fileprivate func mapped<E: Element>(
    _: E.Type, _ result: DType,
    _ row: (Int, UnsafeMutablePointer<E>, UnsafePointer<E>) -> Bool
  ) throws(TensorError) -> Tensor {
    let count = shape.count
    var areFinite = true
    let made = try Tensor.fill(shape, result) { (out: UnsafeMutablePointer<E>) in
      if let axes = origin?.axes {
        lying(E.self) { x, layout in
          Tensor.walk(axes, layout, .number) { base, length, from, _, _, _ in
            if !row(length, out + base, x + from) { areFinite = false }
          }
        }
        return
      }
      read(E.self) { x in
        Work.inParts(count) {
          if !row($0.count, out + $0.lowerBound, x + $0.lowerBound) { areFinite = false }
        }
      }
    }
    if areFinite { made.noteFinite() }
    return made
  }

  /// `z[i] = kernel(x[i], y[i])` over the broadcast shape.
  package func zip<K: BinaryKernel>(_ other: Tensor, _ kernel: K, result: DType? = nil)
    throws(TensorError) -> Tensor
  {
    try kernel.zipped(self, other, result: result)
  }

  /// `E` is the type both sides store, `R` that of the result; truth values and whole numbers are stored as doubles.
  fileprivate func zipped<E: Element, R: Element>(
    _ other: Tensor, _: E.Type, _: R.Type, _ result: DType,
    _ row: (
      Int, UnsafeMutablePointer<R>, UnsafePointer<E>, Int, UnsafePointer<E>, Int
    ) -> Bool
  ) throws(TensorError) -> Tensor {
    // The usual case needs no strides: the same shape, or a number on one side.
    let steps =
      shape == other.shape
      ? (x: 1, y: 1) : other.rank == 0 ? (x: 1, y: 0) : rank == 0 ? (x: 0, y: 1) : nil
    let target =
      if let steps {
        steps.x == 1 ? shape : other.shape
      } else {
        try shape.broadcast(with: other.shape)
      }
    var areFinite = true
    let made = try Tensor.fill(target, result) { (out: UnsafeMutablePointer<R>) in
      if steps != nil, let axes = Tensor.commonAxes(self, other, E.self) {
        lying(E.self) { x, xLayout in
          other.lying(E.self) { y, yLayout in
            Tensor.walk(axes, xLayout, yLayout) {
              if !row($1, out + $0, x + $2, $3, y + $4, $5) { areFinite = false }
            }
          }
        }
        return
      }
      read(E.self) { x in
        other.read(E.self) { y in
          if let steps {
            Work.inParts(target.count) {
              let start = $0.lowerBound
              let isFinite = row(
                $0.count, out + start, x + start * steps.x, steps.x, y + start * steps.y, steps.y)
              if !isFinite { areFinite = false }
            }
          } else {
            Tensor.walk(target, shape, other.shape) {
              if !row($1, out + $0, x + $2, $3, y + $4, $5) { areFinite = false }
            }
          }
        }
      }
    }
    if areFinite { made.noteFinite() }
    return made
  }

  /// How the elements of an operand lie along the axes of a result.
  fileprivate enum Layout {
    case origin(Origin)
    case sideBySide
    /// One for all.
    case number

    /// - Parameter behind: how many elements the axes behind it have.
    func step(_ axis: Int, _ behind: Int) -> Int {
      switch self {
      case .origin(let origin): origin.axes[axis].step
      case .sideBySide: behind
      case .number: 0
      }
    }
  }

  /// The axes along which two operands, of one shape or one a number, can be read where they lie, if one of them is a copy
  /// that is not made yet.
  private static func commonAxes<E: Element>(_ x: Tensor, _ y: Tensor, _: E.Type)
    -> [nnrepl_axis]?
  {
    guard let axes = (x.origin ?? y.origin)?.axes else { return nil }
    for origin in [x.origin, y.origin] {
      guard let origin else { continue }
      guard origin.source.stored == E.stored, origin.axes.count == axes.count,
        axes.indices.allSatisfy({ origin.axes[$0].count == axes[$0].count })
      else { return nil }
    }
    return axes
  }

  /// The elements where they lie.
  @inline(__always)
  private func lying<E: Element>(_: E.Type, _ body: (UnsafePointer<E>, Layout) -> Void) {
    if let origin, let start = origin.start(E.self) {
      withExtendedLifetime(origin) { body(start, .origin(origin)) }
    } else {
      read(E.self) { body($0, rank == 0 ? .number : .sideBySide) }
    }
  }

  /// Visits the rows (runs along the last axis) of `shape`, with where each row starts in two operands of shapes that
  /// stretch to it.
  @inline(__always)
  static func walk(
    _ shape: Shape, _ x: Shape, _ y: Shape,
    _ row: (_ base: Int, _ length: Int, _ x: Int, _ xStep: Int, _ y: Int, _ yStep: Int) -> Void
  ) {
    guard shape.count > 0, shape.rank > 0 else {
      if shape.rank == 0 { row(0, 1, 0, 0, 0, 0) }
      return
    }
    let rank = shape.rank
    withUnsafeTemporaryAllocation(of: Int.self, capacity: 4 * rank) { numbers in
      guard let lengths = numbers.baseAddress else { return }
      for axis in 0..<rank { lengths[axis] = shape[axis] }
      x.writeStrides(stretchedTo: shape, to: lengths + rank)
      y.writeStrides(stretchedTo: shape, to: lengths + 2 * rank)
      walk(rank, lengths, row)
    }
  }

  /// The same of axes that are not empty.
  @inline(__always)
  fileprivate static func walk(
    _ axes: [nnrepl_axis], _ x: Layout, _ y: Layout,
    _ row: (_ base: Int, _ length: Int, _ x: Int, _ xStep: Int, _ y: Int, _ yStep: Int) -> Void
  ) {
    let rank = axes.count
    withUnsafeTemporaryAllocation(of: Int.self, capacity: 4 * rank) { numbers in
      guard let lengths = numbers.baseAddress else { return }
      var behind = 1
      for axis in (0..<rank).reversed() {
        lengths[axis] = axes[axis].count
        lengths[rank + axis] = x.step(axis, behind)
        lengths[2 * rank + axis] = y.step(axis, behind)
        behind *= axes[axis].count
      }
      walk(rank, lengths, row)
    }
  }

  /// - Parameter numbers: the lengths of the axes, the steps along them in both operands, and room for a position.
  @inline(__always)
  private static func walk(
    _ rank: Int, _ numbers: UnsafeMutablePointer<Int>,
    _ row: (_ base: Int, _ length: Int, _ x: Int, _ xStep: Int, _ y: Int, _ yStep: Int) -> Void
  ) {
    let (lengths, outer) = (numbers, rank - 1)
    let (xSteps, ySteps, position) = (numbers + rank, numbers + 2 * rank, numbers + 3 * rank)
    position.initialize(repeating: 0, count: rank)
    var (x, y, base, seen) = (0, 0, 0, 0)
    while true {
      row(base, lengths[outer], x, xSteps[outer], y, ySteps[outer])
      base += lengths[outer]
      seen += lengths[outer]
      // Whoever asked for them looks afterwards whether the run is to be broken off.
      if seen >= 4 * Work.many {
        if Work.mustStop { return }
        seen = 0
      }
      var axis = outer - 1
      while axis >= 0 {
        position[axis] += 1
        x += xSteps[axis]
        y += ySteps[axis]
        if position[axis] < lengths[axis] { break }
        x -= xSteps[axis] * position[axis]
        y -= ySteps[axis] * position[axis]
        position[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }

  /// `condition ? a : b`, elementwise over the broadcast shape of the three.
  package static func select(_ condition: Tensor, _ a: Tensor, _ b: Tensor) throws(TensorError)
    -> Tensor
  {
    let common = DType.promote(a.dtype, rank: a.rank, b.dtype, rank: b.rank)
    let stored: DType = common == .float32 ? .float32 : .float64
    return try select(
      where: condition.converted(to: stored), .notEqual, Tensor(0, dtype: stored), a, b)
  }

  /// `x relation y ? a : b`, elementwise, without truth values on the way.
  package static func select(
    where x: Tensor, _ relation: Kernel.Relation, _ y: Tensor, _ a: Tensor, _ b: Tensor
  ) throws(TensorError) -> Tensor {
    let common = DType.promote(a.dtype, rank: a.rank, b.dtype, rank: b.rank)
    let layout = common == .float32 ? NNREPL_F32 : NNREPL_F64
    guard x.dtype == y.dtype, x.layout == layout, let loop = relation.loop else {
      return try select(x.compared(relation, to: y), a, b)
    }
    let target = try x.shape.broadcast(with: y.shape).broadcast(with: a.shape).broadcast(
      with: b.shape)
    // What is one number for all is read in place.
    func stretched(_ t: Tensor) throws(TensorError) -> (Tensor, step: Int) {
      t.count == 1 ? (t, 0) : (try t.expanded(to: target), 1)
    }
    let ((x, xStep), (y, yStep)) = (try stretched(x), try stretched(y))
    let (a, aStep) = try stretched(a.converted(to: common))
    let (b, bStep) = try stretched(b.converted(to: common))
    var areFinite = false
    let chosen = try made(target, common) { out in
      areFinite = x.read { x in
        y.read { y in
          a.read { a in
            b.read { b in
              nnrepl_choose(
                layout, loop.function, target.count, out, x, xStep, y, yStep, a, aStep, b, bStep)
                != 0
            }
          }
        }
      }
    }
    if areFinite { chosen.noteFinite() }
    return chosen
  }
}

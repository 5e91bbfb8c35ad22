// Which entries of a tensor a result takes, and in which order: one form for slices, lists, transposes and repetitions.
import CPlatform

/// Numbers that say where, kept as they are while a selection lives.
package final class Places: @unchecked Sendable {
  let memory: UnsafeMutableBufferPointer<Int>

  package init(_ places: [Int]) {
    memory = .allocate(capacity: places.count)
    _ = memory.initialize(from: places)
  }

  /// Zeros, for their maker to write before anybody reads.
  init(count: Int) {
    memory = .allocate(capacity: count)
    memory.initialize(repeating: 0)
  }

  deinit { memory.deallocate() }
}

/// One axis of a selection: where its entries come from, counted from where the axis begins.
package enum Steps: Sendable {
  case even(count: Int, by: Int)
  case places(Places)

  package static func places(_ list: [Int]) -> Steps { .places(Places(list)) }

  /// How many entries it has.
  package var count: Int {
    switch self {
    case .even(let count, _): count
    case .places(let places): places.memory.count
    }
  }

  func place(_ i: Int) -> Int {
    switch self {
    case .even(_, let step): i * step
    case .places(let places): places.memory[i]
    }
  }
}

/// The picked elements: where each lies in the source, and the shape they form.
package struct Selection: Sendable {
  /// Where the first axis begins, and the axes of the result; neighbours that are one row of even steps are joined.
  let base: Int
  package let axes: [Steps]
  package let shape: Shape
  /// How many elements the source has.
  let source: Int

  /// - Parameters:
  ///   - axes: whose places all lie in the source.
  ///   - shape: of as many entries as the axes have.
  package init(_ axes: [Steps], from base: Int = 0, of source: Shape, shape: Shape) {
    self.base = base
    self.axes = Selection.joined(axes)
    self.shape = shape
    self.source = source.count
  }

  /// Entries by their offsets.
  /// - Throws: `TensorError.indexOutOfRange` for an offset past the end, `.notReshapable` where they are not as many as
  ///   the shape has.
  package init(offsets: [Int], of source: Shape, shape: Shape) throws(TensorError) {
    guard offsets.count == shape.count else { throw .notReshapable([offsets.count], shape.dims) }
    // A sign bit says that one is out of range; which one is looked for then.
    var signs = 0
    for offset in offsets { signs |= offset | (source.count - 1 &- offset) }
    if signs < 0, let offset = offsets.first(where: { $0 < 0 || $0 >= source.count }) {
      throw .indexOutOfRange(offset, axis: 0, length: source.count)
    }
    self.init([.places(offsets)], of: source, shape: shape)
  }

  /// Entries that reading by `strides` visits.
  package init(_ shape: Shape, strides: [Int], from base: Int = 0, of source: Shape) {
    self.init(
      zip(shape.dims, strides).map { .even(count: $0, by: $1) }, from: base, of: source,
      shape: shape)
  }

  /// Axes that together are one row of even steps, as one; a block of memory is a single such row.
  private static func joined(_ axes: [Steps]) -> [Steps] {
    var result: [Steps] = []
    for axis in axes {
      if case .even(1, _) = axis { continue }
      if case .even(let n, let step) = axis, case .even(let m, let stride)? = result.last,
        stride == n * step
      {
        result[result.count - 1] = .even(count: m * n, by: step)
      } else {
        result.append(axis)
      }
    }
    return result
  }

  /// Where each entry lies in the source, in row-major order.
  package var offsets: [Int] {
    guard shape.count > 0 else { return [] }
    return axes.reduce([base]) { starts, axis in
      let count = axis.count
      return [Int](unsafeUninitializedCapacity: starts.count * count) { sums, filled in
        for (row, start) in starts.enumerated() {
          for i in 0..<count { sums[row * count + i] = start + axis.place(i) }
        }
        filled = starts.count * count
      }
    }
  }

  /// The axes as CPlatform reads them, while `body` runs.
  fileprivate func withAxes(_ body: (Int32, UnsafePointer<nnrepl_axis>) -> Void) {
    withUnsafeTemporaryAllocation(of: nnrepl_axis.self, capacity: max(1, axes.count)) { buffer in
      for (k, axis) in axes.enumerated() {
        switch axis {
        case .even(let count, let step):
          buffer[k] = nnrepl_axis(count: count, step: step, places: nil)
        case .places(let places):
          buffer[k] = nnrepl_axis(
            count: places.memory.count, step: 0, places: places.memory.baseAddress)
        }
      }
      guard let start = buffer.baseAddress else { return }
      withExtendedLifetime(axes) { body(Int32(axes.count), start) }
    }
  }
}

extension Tensor {
  /// Adds each of its numbers, a place along an axis, times `stride` to an offset.
  /// - Parameter fromEnd: whether -1 is the last place.
  /// - Throws: `TensorError.wholeNumbersNeeded` for a fraction, `.indexOutOfRange` for one that is no place.
  package func addPlaces(
    to offsets: inout [Int], _ what: String, along axis: Int, of length: Int, stride: Int,
    fromEnd: Bool = false
  ) throws(TensorError) {
    guard offsets.count == count else { throw .notReshapable(shape, [offsets.count]) }
    let bad = addPlaces(to: &offsets, of: length, stride: stride, fromEnd: fromEnd)
    guard bad < count else { return }
    guard let place = Int(whole: self[bad]) else { throw .wholeNumbersNeeded(what) }
    throw .indexOutOfRange(place, axis: axis, length: length)
  }

  /// The same up to the first that is no place.
  /// - Returns: how many have been added.
  package func addPlaces(
    to offsets: inout [Int], of length: Int, stride: Int = 1, fromEnd: Bool = false
  ) -> Int {
    guard offsets.count == count else { return 0 }
    return read(Double.self) {
      nnrepl_add_places(count, &offsets, $0, fromEnd ? -length : 0, length, stride)
    }
  }

  /// The entries that a selection takes.
  package func picked(_ selection: Selection) throws(TensorError) -> Tensor {
    try mustHold(selection.source)
    if let part = try part(selection) { return part }
    let picked: Tensor
    if let later = try later(selection) { picked = later } else { picked = try copy(selection) }
    if isFinite(inCopyOf: picked.count) { picked.noteFinite() }
    return picked
  }

  /// The entries of a selection where they lie side by side in order and are too many to be worth a copy: they stay where
  /// they are. A small part would keep much more than itself in memory.
  private func part(_ selection: Selection) throws(TensorError) -> Tensor? {
    let count = selection.shape.count
    guard count >= Work.many, count >= self.count / 4, selection.axes.count == 1,
      case .even(count, 1) = selection.axes[0], let buffer
    else { return nil }
    return Tensor(try Buffer(part: buffer, from: selection.base, selection.shape), dtype)
  }

  private func copy(_ selection: Selection) throws(TensorError) -> Tensor {
    try Tensor.made(selection.shape, dtype) { out in
      guard selection.shape.count > 0 else { return }
      read { x in
        selection.withAxes { rank, axes in nnrepl_pick(layout, rank, axes, selection.base, out, x) }
      }
    }
  }

  /// A copy that is made when it is needed, of what is most of its source and has long rows.
  private func later(_ selection: Selection) throws(TensorError) -> Tensor? {
    let count = selection.shape.count
    guard count >= Work.few, count >= self.count / 4, let source = buffer,
      (2...Origin.mostAxes).contains(selection.axes.count),
      case .even(let row, 1)? = selection.axes.last, row >= Origin.shortestRow
    else { return nil }
    var axes: [nnrepl_axis] = []
    for axis in selection.axes {
      guard case .even(let count, let step) = axis else { return nil }
      axes.append(nnrepl_axis(count: count, step: step, places: nil))
    }
    // An origin that is such a copy itself is made now: a chain of them could be of any length.
    _ = source.memory
    guard let origin = Origin(source, from: selection.base, axes: axes) else { return nil }
    return Tensor(try Buffer(shape: selection.shape, from: origin), dtype)
  }

  /// Makes it now, if it is a copy that is not made yet.
  package func settle() {
    _ = buffer?.memory
  }

  /// Where a copy that is not made yet has its elements from.
  var origin: Origin? { lent { $0?.origin } }

  /// The inverse: zeros, to which these entries are added where a selection would have taken them from.
  package func spread(by selection: Selection, into target: Shape) throws(TensorError) -> Tensor {
    var result = try Tensor(filling: target, with: 0, dtype: dtype)
    try result.add(self, at: selection)
    return result
  }

  /// Puts `part` where a selection would take it from, in place while nobody else holds these numbers.
  package mutating func set(_ part: Tensor, at selection: Selection) throws(TensorError) {
    try put(part, selection, adds: false)
  }

  /// Adds it there.
  package mutating func add(_ part: Tensor, at selection: Selection) throws(TensorError) {
    try put(part, selection, adds: true)
  }

  private mutating func put(_ part: Tensor, _ selection: Selection, adds: Bool) throws(TensorError)
  {
    try mustHold(selection.source)
    try part.mustHold(selection.shape.count)
    try Work.charge(part.count)
    guard part.count > 0 else { return }
    let part = try part.converted(to: dtype)
    let areFinite = !adds && isKnownFinite && part.isKnownFinite
    guard let own = try mutablePointer() else {
      // A single number: the last that was put, or the sum.
      let numbers = part.values
      let sum = adds ? numbers.reduce(self[0], +) : numbers[numbers.count - 1]
      self = Tensor(sum, dtype: dtype)
      return
    }
    let layout = layout
    part.read { x in
      selection.withAxes { rank, axes in
        nnrepl_put(layout, rank, axes, selection.base, adds ? 1 : 0, own, x)
      }
    }
    if areFinite { noteFinite() }
  }
}

// `x[…]`: from what stands between the brackets to the elements it picks.
import Platform

/// One entry of an index, as in NumPy.
package enum IndexItem: Sendable {
  case at(Int)
  case slice(start: Int?, stop: Int?, step: Int)
  case ellipsis
  case newAxis
  /// Whole numbers along one axis.
  case list(Tensor)
  /// Truth values over one or more axes.
  case mask(Tensor)
}

extension Shape {
  /// The elements that `items` pick, with PyTorch's rules: slices clamp, single places must exist, lists
  /// broadcast against each other. Their axes take the place of the first list, or come first of all where
  /// an axis of the result (a slice or a new axis) stands between two lists. Single places drop their axis
  /// before that is looked at; NumPy counts them as lists, and so orders `x[0, :, [0, 1]]` differently.
  package func selection(_ items: [IndexItem]) throws(TensorError) -> Selection {
    if let entry = try leading(items) { return entry }
    var plain: [IndexItem] = []
    for item in items {
      if case .list(let place) = item, place.rank == 0 {
        guard let index = Int(whole: place[0]) else { throw .wholeNumbersNeeded("an index") }
        plain.append(.at(index))
        continue
      }
      plain.append(item)
    }
    let consumed = plain.reduce(0) { $0 + $1.consumed }
    guard consumed <= rank else { throw .tooManyIndices(consumed, self) }
    let rest = [IndexItem](
      repeating: .slice(start: nil, stop: nil, step: 1), count: rank - consumed)
    let gap = plain.firstIndex { if case .ellipsis = $0 { true } else { false } }
    if let gap {
      plain.replaceSubrange(gap...gap, with: rest)
    } else {
      plain += rest
    }
    return try pick(plain)
  }

  /// What numbers alone pick, as in `x[t]`: a block of memory.
  private func leading(_ items: [IndexItem]) throws(TensorError) -> Selection? {
    guard items.count <= rank else { return nil }
    var (base, block) = (0, count)
    for (axis, item) in items.enumerated() {
      guard case .at(let index) = item else { return nil }
      let place = try place0(index, axis)
      block /= self[axis]
      base += place * block
    }
    return Selection(
      [.even(count: block, by: 1)], from: base, of: self,
      shape: Shape(rank: rank - items.count) { self[items.count + $0] })
  }

  private func pick(_ items: [IndexItem]) throws(TensorError) -> Selection {
    let strides = strides
    var axis = 0
    var base = 0
    /// Result axes that come from slices.
    var sliced: [Steps] = []
    /// Places counted in entries of the source, in the shape of their list.
    var lists: [(places: [Int], shape: Shape)] = []
    /// How many result axes come before the first list and before the last.
    var listsAt: (first: Int, last: Int)?
    for item in items {
      switch item {
      case .at(let index):
        base += try place0(index, axis) * strides[axis]
      case .slice(let start, let stop, let step):
        guard step > 0 else { throw .stepNotPositive(step) }
        let (first, end) = clamp(start, stop, self[axis])
        let count = end > first ? (end - first - 1) / step + 1 : 0
        if count > 0 { base += first * strides[axis] }
        // A step that is never taken may be longer than any tensor.
        sliced.append(.even(count: count, by: count > 1 ? step * strides[axis] : 0))
      case .newAxis:
        sliced.append(.even(count: 1, by: 0))
      case .list(let indices):
        listsAt = (listsAt?.first ?? sliced.count, sliced.count)
        var places = [Int](repeating: 0, count: indices.count)
        try indices.addPlaces(
          to: &places, "an index", along: axis, of: self[axis], stride: strides[axis],
          fromEnd: true)
        lists.append((places, indices.shape))
      case .mask(let mask):
        guard axis + mask.rank <= rank, Array(dims[axis..<axis + mask.rank]) == mask.shape.dims
        else { throw .maskShape(mask: mask.shape, self) }
        listsAt = (listsAt?.first ?? sliced.count, sliced.count)
        // Its axes lie side by side, and so they are one.
        let step = axis + mask.rank == 0 ? 1 : strides[axis + mask.rank - 1]
        var places: [Int] = []
        for (i, number) in mask.values.enumerated() where number != 0 { places.append(i * step) }
        lists.append((places, Shape(trusted: [places.count])))
      case .ellipsis:
        break
      }
      axis += item.consumed
    }
    guard let listsAt else {
      return Selection(
        sliced, from: base, of: self, shape: try Shape.fitting(sliced.map { $0.count }))
    }
    var common = Shape.scalar
    for list in lists { common = try common.broadcast(with: list.shape) }
    var picked = lists.count == 1 ? lists[0].places : [Int](repeating: 0, count: common.count)
    for list in lists where lists.count > 1 {
      if list.shape == common {
        for i in 0..<common.count { picked[i] += list.places[i] }
      } else {
        for (i, from) in list.shape.stretching(to: common).offsets.enumerated() {
          picked[i] += list.places[from]
        }
      }
    }
    let front = listsAt.first == listsAt.last ? listsAt.first : 0
    return Selection(
      sliced[..<front] + [.places(picked)] + sliced[front...], from: base, of: self,
      shape: try Shape.fitting(
        sliced[..<front].map { $0.count } + common.dims + sliced[front...].map { $0.count }))
  }

  private func place0(_ index: Int, _ axis: Int) throws(TensorError) -> Int {
    let length = self[axis]
    guard index >= -length, index < length else {
      throw .indexOutOfRange(index, axis: axis, length: length)
    }
    return index < 0 ? index + length : index
  }

  private func clamp(_ start: Int?, _ stop: Int?, _ length: Int) -> (Int, Int) {
    func place(_ i: Int) -> Int { min(max(i < 0 ? i + length : i, 0), length) }
    return (place(start ?? 0), place(stop ?? length))
  }
}

extension IndexItem {
  /// How many axes of the source this entry uses up.
  var consumed: Int {
    switch self {
    case .at, .slice, .list: 1
    case .ellipsis, .newAxis: 0
    case .mask(let mask): mask.rank
    }
  }
}

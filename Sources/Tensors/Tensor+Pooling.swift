// Pooling: windows over images pick an entry or average.
import CPlatform

/// The windows over one image, the same for every image of a batch.
package struct Pooling: Sendable {
  /// What one window covers of an axis: where it begins, how many entries it has, and how many a mean counts.
  package typealias Reach = (first: Int, count: Int, length: Int)

  let image: (height: Int, width: Int)
  let rows: [nnrepl_reach]
  let columns: [nnrepl_reach]
  /// Between neighbours under a window.
  let steps: (rows: Int, columns: Int)

  package init(
    over image: [Int], rows: [Reach], columns: [Reach], steps: [Int] = [1, 1]
  ) {
    self.image = (image[0], image[1])
    self.rows = rows.map { nnrepl_reach(first: $0.first, count: $0.count, length: $0.length) }
    self.columns = columns.map { nnrepl_reach(first: $0.first, count: $0.count, length: $0.length) }
    self.steps = (steps[0], steps[1])
  }

  /// How many entries an image has.
  package var size: Int { image.height * image.width }

  fileprivate func withWindows(_ count: Int, _ body: (UnsafePointer<nnrepl_windows>) -> Void) {
    rows.withUnsafeBufferPointer { rows in
      columns.withUnsafeBufferPointer { columns in
        guard let row = rows.baseAddress, let column = columns.baseAddress, size > 0 else { return }
        var windows = nnrepl_windows(
          images: count / size, height: image.height, width: image.width, rows: rows.count,
          columns: columns.count, row_step: steps.rows, column_step: steps.columns, row: row,
          column: column)
        body(&windows)
      }
    }
  }
}

extension Tensor {
  /// The offset of the largest entry under each window, the first at a tie; nan wins.
  package func largestPlaces(_ pooling: Pooling, shape target: Shape) throws(TensorError)
    -> Selection
  {
    let places = Places(count: target.count)
    if let memory = places.memory.baseAddress {
      read { x in
        pooling.withWindows(count) { nnrepl_largest_places(layout, $0, memory, x) }
      }
    }
    try Work.look()
    return Selection([.places(places)], of: shape, shape: target)
  }

  /// The mean under each window.
  package func averaged(_ pooling: Pooling, shape target: Shape) throws(TensorError) -> Tensor {
    let means = try Tensor.made(target, dtype) { out in
      read { x in pooling.withWindows(count) { nnrepl_means(layout, $0, out, x) } }
    }
    try Work.look()
    return means
  }

  /// What `averaged` hands back from this, the gradient of its result.
  package func sharedOut(_ pooling: Pooling, into target: Shape) throws(TensorError) -> Tensor {
    var result = try Tensor(filling: target, with: 0, dtype: dtype)
    let layout = layout
    guard let own = try result.mutablePointer() else { return result }
    read { dz in
      pooling.withWindows(target.count) { nnrepl_share_means(layout, $0, own, dz) }
    }
    try Work.look()
    return result
  }
}

// Windows that slide over images: convolution through matrix products.
import CPlatform

/// How a kernel slides over one image: `[height, width]` pairs throughout.
package struct Window: Sendable, Equatable {
  package var size: [Int]
  package var stride: [Int]
  package var padding: [Int]
  /// Padding at the end of each axis besides: what `same` needs for an even kernel.
  package var tail = [0, 0]
  package var dilation: [Int]
  package var ceilMode = false

  package init(size: [Int], stride: [Int], padding: [Int], dilation: [Int], ceilMode: Bool = false)
  {
    (self.size, self.stride, self.padding, self.dilation) = (size, stride, padding, dilation)
    self.ceilMode = ceilMode
  }

  /// How far a kernel reaches along an axis, gaps included. A page's whole numbers have 32 bits, as its settings.
  package func reach(_ axis: Int) -> Int64 { Int64(dilation[axis]) * Int64(size[axis] - 1) + 1 }

  /// The lengths of the result, PyTorch's formula: `(n + 2p - reach)/s + 1`, rounded down, or up as long as
  /// the last window starts inside the image or its left padding.
  /// - Throws: `TensorError.windowTooLarge`, also where places of the padded image could not be counted.
  package func outputs(of image: [Int]) throws(TensorError) -> [Int] {
    var lengths: [Int] = []
    for axis in 0..<2 {
      let stride = Int64(stride[axis])
      let padded = Int64(image[axis]) + 2 * Int64(padding[axis]) + Int64(tail[axis])
      // In ceil mode the last window may run past the image, and be the only one.
      let room = padded - reach(axis) + (ceilMode ? stride - 1 : 0)
      guard room >= 0, padded <= Int.max else {
        throw .windowTooLarge(size, image: image, padding: padding)
      }
      var length = room / stride + 1
      if ceilMode, (length - 1) * stride >= Int64(image[axis]) + Int64(padding[axis]) {
        length -= 1
      }
      lengths.append(Int(length))
    }
    return lengths
  }

  /// The places along an axis that window `i` of an image's `outputs` covers: the first, and how many there are.
  package func covered(_ axis: Int, _ i: Int, length: Int) -> (first: Int, count: Int) {
    let (start, step) = (Int64(i * stride[axis] - padding[axis]), Int64(dilation[axis]))
    let before = start >= 0 ? 0 : (-start - 1) / step + 1
    let first = start + before * step
    guard first < length else { return (0, 0) }
    let room = (Int64(length) - 1 - first) / step + 1
    let count = min(Int64(size[axis]) - before, room)
    return count > 0 ? (Int(first), Int(count)) : (0, 0)
  }
}

/// A convolution of images of one group: their kernel, the copies of an image that its taps read, and the results.
private struct Sliding {
  let kernel: nnrepl_kernel
  let rows: nnrepl_copies
  let columns: nnrepl_copies
  /// So many results along the rows have copies of their own.
  let band: Int
  let outputs: Int
  let taps: Int

  /// How many numbers the copies have, and 16 that vectors may read past them.
  let room: Int
  /// So many numbers stay in a near cache.
  static let near = 1 << 17

  /// - Parameters:
  ///   - hasColumns: whether the taps of a line have copies of their own, so that what one sees of all lines lies side by
  ///     side, results next to each other. If not, each place of the image is in one copy at most.
  ///   - beside: how many numbers for each result are wanted in the cache, too.
  init(
    _ window: Window, over shape: [Int], outputs: Int, groups: Int, hasColumns: Bool,
    beside: Int = 0
  ) throws(TensorError) {
    var (window, image) = (window, Array(shape.suffix(2)))
    // A line is read as a column, whose taps share its copy.
    if hasColumns, image[0] == 1, window.size[0] == 1, window.padding[0] == 0 {
      image.reverse()
      window.turn()
    }
    let out = try window.outputs(of: image)
    let channels = shape[1] / groups
    kernel = nnrepl_kernel(
      channels: channels, image_height: image[0], image_width: image[1], height: window.size[0],
      width: window.size[1], row_stride: window.stride[0], column_stride: window.stride[1],
      row_padding: window.padding[0], column_padding: window.padding[1],
      row_dilation: window.dilation[0], column_dilation: window.dilation[1],
      result_height: out[0], result_width: out[1])
    self.outputs = outputs / groups
    taps = channels * window.size[0] * window.size[1]
    columns = hasColumns ? window.ownCopies(1, of: out[1]) : window.sharedCopies(1, of: out[1])
    var rows = window.sharedCopies(0, of: out[0])
    var band = out[0]
    if hasColumns {
      let own = window.ownCopies(0, of: out[0])
      if own.numbers(window.size[0]) < rows.numbers(window.size[0]) { rows = own }
      let line =
        Double(channels) * columns.numbers(window.size[1])
        * Double(min(rows.period, window.size[0])) + Double(beside) * Double(out[1])
      let frame = rows.length - out[0]
      if line * Double(rows.length) > Double(Sliding.near) {
        let fitting = Int(Double(Sliding.near) / line) - frame
        band = min(out[0], max(fitting, frame, 8))
        rows.length = band + frame
      }
    }
    (self.rows, self.band) = (rows, band)
    let lines = [channels, min(rows.period, window.size[0]), rows.length]
    let all = try Shape.fitting(lines + [min(columns.period, window.size[1]), columns.length])
    room = try Shape.fitting([all.count + 16]).count
  }

  var places: Int { kernel.result_height * kernel.result_width }
  var imageSize: Int { kernel.channels * kernel.image_height * kernel.image_width }

  /// All of it for CPlatform, the work on it charged, and how many threads share it.
  /// - Throws: `TensorError.stopped` if the run is to be broken off.
  func plan(_ type: nnrepl_type, images: Int, groups: Int) throws(TensorError) -> nnrepl_convolution
  {
    for _ in 0..<images * groups { Work.chargeProduct(outputs, taps, places) }
    try Work.look()
    var plan = nnrepl_convolution(
      type: type, kernel: kernel, rows: rows, columns: columns, images: images, groups: groups,
      outputs: outputs, taps: taps, band: band, room: room, shares: 1)
    plan.shares = nnrepl_convolution_shares(&plan)
    return plan
  }

  /// Where each tap begins in the copies.
  func tapPlaces() -> [Int] {
    [Int](unsafeUninitializedCapacity: taps) { memory, count in
      count = taps
      guard let start = memory.baseAddress else { return }
      withCopies { nnrepl_tap_places($0, $1, $2, start) }
    }
  }

  /// Calls `body` with what CPlatform reads.
  func withCopies(
    _ body: (
      UnsafePointer<nnrepl_kernel>, UnsafePointer<nnrepl_copies>, UnsafePointer<nnrepl_copies>
    ) -> Void
  ) {
    withUnsafePointer(to: kernel) { kernel in
      withUnsafePointer(to: rows) { rows in
        withUnsafePointer(to: columns) { columns in body(kernel, rows, columns) }
      }
    }
  }

  /// Calls `body` for each band of results once its copies are made: its first result, and how many it has.
  func inBands<E: Element>(
    _ x: UnsafePointer<E>, _ copies: UnsafeMutablePointer<E>, _ body: (Int, Int) -> Void
  ) {
    Work.inParts(kernel.result_height, of: band) { band in
      withCopies { nnrepl_copy_image(E.layout, $0, $1, $2, band.lowerBound, copies, x) }
      body(band.lowerBound * kernel.result_width, band.count * kernel.result_width)
    }
  }
}

extension nnrepl_copies {
  /// How many numbers the copies for so many taps have along their axis.
  fileprivate func numbers(_ taps: Int) -> Double { Double(min(taps, period)) * Double(length) }
}

extension Window {
  /// Exchanges the axes.
  fileprivate mutating func turn() {
    size.reverse()
    stride.reverse()
    padding.reverse()
    tail.reverse()
    dilation.reverse()
  }

  /// A copy for each tap.
  fileprivate func ownCopies(_ axis: Int, of outputs: Int) -> nnrepl_copies {
    nnrepl_copies(period: size[axis], step: 0, length: outputs)
  }

  /// A copy for all taps that see the same places of the image at different results.
  fileprivate func sharedCopies(_ axis: Int, of outputs: Int) -> nnrepl_copies {
    var (common, rest) = (stride[axis], dilation[axis])
    while rest > 0 { (common, rest) = (rest, common % rest) }
    let (period, step) = (stride[axis] / common, dilation[axis] / common)
    return nnrepl_copies(
      period: period, step: step, length: outputs + (size[axis] - 1) / period * step)
  }
}

extension Tensor {
  /// Cross-correlation of images `[N, C, H, W]` with kernels `[O, C/groups, kh, kw]`.
  package func convolved(_ weight: Tensor, _ bias: Tensor?, _ window: Window, groups: Int)
    throws(TensorError) -> Tensor
  {
    let out = try window.outputs(of: [shape[2], shape[3]])
    let target = try Shape.fitting([shape[0], weight.shape[0]] + out)
    if target.count == 0 { return try Tensor(filling: target, with: 0, dtype: dtype) }
    let slide = try Sliding(
      window, over: shape.dims, outputs: weight.shape[0], groups: groups, hasColumns: true)
    try weight.mustHold(slide.outputs * groups * slide.taps)
    try bias?.mustHold(slide.outputs * groups)
    func run<E: Element>(_: E.Type) throws(TensorError) -> Tensor {
      let plan = try slide.plan(E.layout, images: shape[0], groups: groups)
      let result = try Draft<E>(target)
      let copies = try Draft<E>(Shape.fitting([plan.shares, slide.room]))
      let narrow = try Draft<E>(Shape.fitting([plan.shares, slide.outputs, 16]))
      let starts = slide.tapPlaces()
      func convolve(
        _ x: UnsafePointer<E>, _ w: UnsafePointer<E>, _ bias: UnsafePointer<E>?
      ) {
        withUnsafePointer(to: plan) {
          nnrepl_convolve(
            $0, starts, result.elements, w, x, bias, copies.elements, narrow.elements)
        }
      }
      read(E.self) { x in
        weight.read(E.self) { w in
          if let bias { bias.read(E.self) { convolve(x, w, $0) } } else { convolve(x, w, nil) }
        }
      }
      // What was broken off holds what nobody wrote.
      try Work.look()
      return try result.finished(dtype)
    }
    return dtype == .float32 ? try run(Float.self) : try run(Double.self)
  }

  /// From this, the gradient of a convolution's result, that of its images, which have shape `target`.
  package func convolvedBack(
    _ weight: Tensor, _ window: Window, groups: Int, into target: Shape
  ) throws(TensorError) -> Tensor {
    if count == 0 || target.count == 0 {
      return try Tensor(filling: target, with: 0, dtype: dtype)
    }
    let slide = try Sliding(
      window, over: target.dims, outputs: shape[1], groups: groups, hasColumns: false)
    let (outputs, taps, places) = (slide.outputs, slide.taps, slide.places)
    try weight.mustHold(outputs * groups * taps)
    try mustHold(target.dims[0] * groups * outputs * places)
    let (pitch, results) = (slide.columns.length, slide.kernel.result_width)
    let used = try Shape.fitting([slide.kernel.result_height - 1, pitch]).count + results
    let width = (used + 15) / 16 * 16
    let (channels, size) = (slide.kernel.channels, slide.kernel.height * slide.kernel.width)
    func run<E: Element>(_: E.Type) throws(TensorError) -> Tensor {
      let plan = try slide.plan(E.layout, images: target.dims[0], groups: groups)
      let result = try Draft<E>(target)
      let copies = try Draft<E>(Shape.fitting([plan.shares, slide.room]))
      let lines = try Draft<E>(Shape.fitting([plan.shares, outputs, width]))
      let inside = try Draft<E>(Shape.fitting([width]))
      let bits = UnsafeMutableRawPointer(inside.elements)
      for i in 0..<width {
        let isResult = i < used && i % pitch < results
        bits.advanced(by: i * MemoryLayout<E>.stride).initializeMemory(
          as: UInt8.self, repeating: isResult ? 0xff : 0, count: MemoryLayout<E>.stride)
      }
      let kernels = try Draft<E>(weight.shape)
      weight.read(E.self) { w in
        // The taps' matrices one after another, outputs by channels.
        let planes = (0..<channels).map { $0 * size }
        for output in 0..<outputs * groups {
          let to = kernels.elements + output / outputs * outputs * taps
          nnrepl_turn(
            E.layout, channels, size, to + output % outputs * channels, outputs * channels,
            w + output * taps, planes)
        }
      }
      read(E.self) { dz in
        withUnsafePointer(to: plan) {
          nnrepl_convolve_back(
            $0, result.elements, kernels.elements, dz, inside.elements, width, copies.elements,
            lines.elements)
        }
      }
      try Work.look()
      return try result.finished(dtype)
    }
    return dtype == .float32 ? try run(Float.self) : try run(Double.self)
  }

  /// From these images and the gradient of a convolution's result, that of its kernels, which have shape `target`.
  package func convolvedKernels(
    _ dz: Tensor, _ window: Window, groups: Int, into target: Shape
  ) throws(TensorError) -> Tensor {
    if dz.count == 0 || target.count == 0 {
      return try Tensor(filling: target, with: 0, dtype: dtype)
    }
    let outputs = dz.shape[1] / groups
    // The fewer of both, outputs or taps, are the columns of what is added up.
    let hasTaps = target.count / groups <= outputs * outputs
    let columns = hasTaps ? target.count / groups / outputs : outputs
    let width = max(columns, 16)
    let slide = try Sliding(
      window, over: shape.dims, outputs: dz.shape[1], groups: groups, hasColumns: true,
      beside: width)
    let (taps, places, count) = (slide.taps, slide.places, shape[0])
    guard target.count == outputs * groups * taps else {
      throw .notReshapable(target, [outputs * groups, taps])
    }
    try dz.mustHold(count * groups * outputs * places)
    // Sums of few places are read and written once for several images.
    let isWhole = slide.band == slide.kernel.result_height
    let images = isWhole ? max(1, min(count, 128 / places, 2 * Sliding.near / slide.room)) : 1
    func run<E: Element>(_: E.Type) throws(TensorError) -> Tensor {
      let result = try Draft<E>(target)
      let rows = hasTaps ? outputs : taps
      let sums = try Draft<E>(Shape.fitting([rows, width]))
      let copies = try Draft<E>(Shape.fitting([images, slide.room]))
      let results = images * slide.band * slide.kernel.result_width
      let turned = try Draft<E>(Shape.fitting([results, width]))
      let (starts, lines) = (slide.tapPlaces(), (0..<outputs).map { $0 * places })
      let sumRows = (0..<rows).map { $0 * width }
      func add(_ dz: UnsafePointer<E>, _ images: Int, _ count: Int) {
        let (room, step) = (slide.room, groups * outputs * places)
        if hasTaps {
          nnrepl_sum_rows(
            E.layout, count, images, outputs, lines, dz, step, taps, starts, copies.elements, room,
            sums.elements, width, turned.elements)
        } else {
          nnrepl_sum_rows(
            E.layout, count, images, taps, starts, copies.elements, room, outputs, lines, dz, step,
            sums.elements, width, turned.elements)
        }
      }
      read(E.self) { x in
        dz.read(E.self) { dz in
          for group in 0..<groups {
            sums.elements.initialize(repeating: 0, count: rows * width)
            Work.inParts(count, of: images) { range in
              let dz = dz + (range.lowerBound * groups + group) * outputs * places
              for (k, image) in range.enumerated() {
                Work.chargeProduct(outputs, places, taps)
                let x = x + (image * groups + group) * slide.imageSize
                slide.inBands(x, copies.elements + k * slide.room) { first, count in
                  if range.count == 1 { add(dz + first, 1, count) }
                }
              }
              if range.count > 1 { add(dz, range.count, places) }
            }
            let out = result.elements + group * outputs * taps
            if hasTaps {
              for row in 0..<rows {
                (out + row * taps).update(from: sums.elements + row * width, count: taps)
              }
            } else {
              nnrepl_turn(E.layout, taps, outputs, out, taps, sums.elements, sumRows)
            }
          }
        }
      }
      try Work.look()
      return try result.finished(dtype)
    }
    return dtype == .float32 ? try run(Float.self) : try run(Double.self)
  }
}

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
      let room = padded - reach(axis)
      guard room >= 0, padded <= Int.max else {
        throw .windowTooLarge(size, image: image, padding: padding)
      }
      var length = (ceilMode ? room + stride - 1 : room) / stride + 1
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

extension nnrepl_kernel {
  fileprivate init(_ window: Window, channels: Int, image: [Int], out: [Int]) {
    self.init(
      channels: channels, image_height: image[0], image_width: image[1], height: window.size[0],
      width: window.size[1], row_stride: window.stride[0], column_stride: window.stride[1],
      row_padding: window.padding[0], column_padding: window.padding[1],
      row_dilation: window.dilation[0], column_dilation: window.dilation[1],
      result_height: out[0], result_width: out[1])
  }
}

extension Tensor {
  /// Cross-correlation of images `[N, C, H, W]` with kernels `[O, C/groups, kh, kw]`.
  package func convolved(_ weight: Tensor, _ bias: Tensor?, _ window: Window, groups: Int)
    throws(TensorError) -> Tensor
  {
    let image = [shape[2], shape[3]]
    let out = try window.outputs(of: image)
    let (n, inputs, outputs) = (shape[0], shape[1] / groups, weight.shape[0] / groups)
    let taps = inputs * window.size[0] * window.size[1]
    let target = try Shape.fitting([n, outputs * groups, out[0], out[1]])
    let places = try Shape.fitting(out).count
    try weight.mustHold(outputs * groups * taps)
    try bias?.mustHold(outputs * groups)
    func run<E: Element>(_: E.Type) throws(TensorError) -> Tensor {
      let scratch = try Draft<E>(Shape.fitting([max(1, taps), max(1, places)]))
      defer { withExtendedLifetime(scratch) {} }
      let columns = scratch.elements
      var kernel = nnrepl_kernel(window, channels: inputs, image: image, out: out)
      let result = try Draft<E>(target)
      let z = result.elements
      read(E.self) { x in
        weight.read(E.self) { w in
          Work.inParts(target.count == 0 ? 0 : n * groups, of: 1) { range in
            let part = range.lowerBound
            nnrepl_unfold_columns(
              E.layout, &kernel, columns, x + part * inputs * image[0] * image[1])
            E.gemm(
              w + part % groups * outputs * taps, transposed: false, columns, transposed: false,
              z + part * outputs * places, adding: false, outputs, taps, places)
          }
        }
      }
      bias?.read(E.self) { bias in
        Work.inParts(target.count == 0 ? 0 : n * outputs * groups, of: 64) { lines in
          for line in lines {
            let (z, shift) = (z + line * places, bias[line % (outputs * groups)])
            for i in 0..<places { z[i] += shift }
          }
        }
      }
      // What was broken off holds what nobody wrote.
      try Work.look()
      return try result.finished(dtype)
    }
    return dtype == .float32 ? try run(Float.self) : try run(Double.self)
  }

  /// The gradients of a convolution's images and kernels from that of its result.
  package func convolutionGradients(
    _ weight: Tensor, _ dz: Tensor, _ window: Window, groups: Int, images: Bool, kernels: Bool
  ) throws(TensorError) -> (images: Tensor?, kernels: Tensor?) {
    let image = [shape[2], shape[3]]
    let out = [dz.shape[2], dz.shape[3]]
    let (n, inputs, outputs) = (shape[0], shape[1] / groups, weight.shape[0] / groups)
    let (taps, places) = (inputs * window.size[0] * window.size[1], out[0] * out[1])
    try weight.mustHold(outputs * groups * taps)
    let isEmpty = dz.count == 0
    try dz.mustHold(isEmpty ? 0 : n * groups * outputs * places)
    func run<E: Element>(_: E.Type) throws(TensorError) -> (images: Tensor?, kernels: Tensor?) {
      let scratch = try Draft<E>(Shape.fitting([max(1, taps), max(1, places)]))
      defer { withExtendedLifetime(scratch) {} }
      let columns = scratch.elements
      var kernel = nnrepl_kernel(window, channels: inputs, image: image, out: out)
      let dx = images ? try Draft<E>(zeros: shape) : nil
      let dw = kernels ? try Draft<E>(zeros: weight.shape) : nil
      read(E.self) { x in
        weight.read(E.self) { w in
          dz.read(E.self) { dz in
            Work.inParts(isEmpty ? 0 : n * groups, of: 1) { range in
              let part = range.lowerBound
              let group = part % groups
              let start = part * inputs * image[0] * image[1]
              let dz = dz + part * outputs * places
              if let dw = dw?.elements {
                nnrepl_unfold_columns(E.layout, &kernel, columns, x + start)
                E.gemm(
                  dz, transposed: false, columns, transposed: true, dw + group * outputs * taps,
                  adding: true, outputs, places, taps)
              }
              if let dx = dx?.elements {
                E.gemm(
                  w + group * outputs * taps, transposed: true, dz, transposed: false, columns,
                  adding: false, taps, outputs, places)
                nnrepl_fold_columns(E.layout, &kernel, dx + start, columns)
              }
            }
          }
        }
      }
      try Work.look()
      return (try dx?.finished(dtype), try dw?.finished(dtype))
    }
    return dtype == .float32 ? try run(Float.self) : try run(Double.self)
  }
}

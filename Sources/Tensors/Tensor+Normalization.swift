// Batch and layer normalisation: subtract a mean, divide by a spread, scale and shift.
import CPlatform

/// How a tensor is cut for normalisation: `outer × channels × inner`, in row-major order.
package struct Channels: Sendable {
  package let outer: Int
  package let channels: Int
  package let inner: Int

  /// `[N, C]` or `[N, C, …]`: channels are axis 1.
  package init(batch shape: Shape) {
    outer = shape[0]
    channels = shape[1]
    inner = shape.extent(2..<max(2, shape.rank))
  }

  /// The numbers that one channel's statistics are taken over.
  package var population: Int { outer * inner }
  /// All numbers.
  var count: Int { outer * channels * inner }

  fileprivate var cut: nnrepl_channels {
    nnrepl_channels(outer: outer, channels: channels, inner: inner)
  }
}

extension Tensor {
  /// Mean, biased variance and `1/√(variance + eps)` of each channel, `[C]` all.
  package func channelMoments(_ cut: Channels, eps: Double) throws(TensorError) -> (
    mean: Tensor, variance: Tensor, inverse: Tensor
  ) {
    try mustHold(cut.count)
    let shape = Shape(rank: 1) { _ in cut.channels }
    func run<E: Element>(_: E.Type) throws(TensorError) -> (Tensor, Tensor, Tensor) {
      let (mean, variance) = (try Draft<E>(zeros: shape), try Draft<E>(zeros: shape))
      let inverse = try Draft<E>(shape)
      let (share, eps) = (E(1 / Double(max(1, cut.population))), E(eps))
      read(E.self) { x in
        func sums(_ f: nnrepl_channel_function, _ out: UnsafeMutablePointer<E>) {
          if cut.count > 0 {
            nnrepl_channel_sums(E.layout, f, cut.cut, out, x, mean.elements, x)
          }
          for k in 0..<cut.channels { out[k] *= share }
        }
        sums(NNREPL_CHANNEL_SUM, mean.elements)
        sums(NNREPL_CHANNEL_SPREAD, variance.elements)
      }
      for k in 0..<cut.channels {
        inverse.elements[k] = 1 / (variance.elements[k] + eps).squareRoot()
      }
      return (
        try mean.finished(dtype), try variance.finished(dtype), try inverse.finished(dtype)
      )
    }
    return dtype == .float32 ? try run(Float.self) : try run(Double.self)
  }

  /// `(x - mean)*inverse*weight + shift`, one of each for each channel.
  package func channelScaled(
    _ cut: Channels, mean: Tensor, inverse: Tensor, weight: Tensor, shift: Tensor
  ) throws(TensorError) -> Tensor {
    try mustHold(cut.count)
    if cut.count == 0 { return self }
    for part in [mean, inverse, weight, shift] { try part.mustHold(cut.channels) }
    func run<E: Element>(_ out: UnsafeMutablePointer<E>) {
      withUnsafeTemporaryAllocation(of: E.self, capacity: cut.channels) { scale in
        guard let scale = scale.baseAddress else { return }
        inverse.read(E.self) { inverse in
          weight.read(E.self) { weight in
            for k in 0..<cut.channels { scale[k] = weight[k] * inverse[k] }
          }
        }
        read(E.self) { x in
          mean.read(E.self) { mean in
            shift.read(E.self) { shift in
              nnrepl_channel_scale(E.layout, cut.cut, out, x, mean, scale, shift)
            }
          }
        }
      }
    }
    return try Tensor.make(shape, dtype) {
      run($0)
    } float: {
      run($0)
    }
  }

  /// One number for each channel.
  private func channelSums(
    _ f: nnrepl_channel_function, _ cut: Channels, mean: Tensor?, dz: Tensor?
  ) throws(TensorError) -> Tensor {
    try mustHold(cut.count)
    try mean?.mustHold(cut.channels)
    try dz?.mustHold(cut.count)
    let (mean, dz) = (try mean?.converted(to: dtype), try dz?.converted(to: dtype))
    var sums = try Tensor(filling: Shape(rank: 1) { _ in cut.channels }, with: 0, dtype: dtype)
    guard cut.count > 0, let out = try sums.mutablePointer() else { return sums }
    read { x in
      // What a sum does not use is not read.
      (mean ?? self).read { mean in
        (dz ?? self).read { dz in nnrepl_channel_sums(layout, f, cut.cut, out, x, mean, dz) }
      }
    }
    return sums
  }

  /// For each channel `Σ dz` and `Σ dz*(x - mean)`, of dz, which this is.
  package func channelSums(_ cut: Channels, _ x: Tensor, mean: Tensor) throws(TensorError)
    -> (plain: Tensor, weighted: Tensor)
  {
    (
      try channelSums(NNREPL_CHANNEL_SUM, cut, mean: nil, dz: nil),
      try x.channelSums(NNREPL_CHANNEL_SLOPE, cut, mean: mean, dz: self)
    )
  }

  /// What a batch hands back through its own statistics, from dz, which this is: `dz*a + (x - mean)*b + c` with
  /// `a = weight*inverse`, `b = a*inverse*slope*share` and `c = a*plain*share` for each channel.
  /// - Parameters:
  ///   - plain: `Σ dz`.
  ///   - slope: `Σ dz*(x - mean)*inverse`.
  ///   - share: minus one over how many numbers a channel's statistics are of; 0 where they do not depend on x.
  package func channelSlope(
    _ cut: Channels, _ x: Tensor, mean: Tensor, inverse: Tensor, weight: Tensor, plain: Tensor,
    slope: Tensor, share: Double
  ) throws(TensorError) -> Tensor {
    try mustHold(cut.count)
    try x.mustHold(cut.count)
    if cut.count == 0 { return self }
    for part in [mean, inverse, weight, plain, slope] { try part.mustHold(cut.channels) }
    func run<E: Element>(_ out: UnsafeMutablePointer<E>) {
      let (n, share) = (cut.channels, E(share))
      withUnsafeTemporaryAllocation(of: E.self, capacity: 3 * n) { parts in
        guard let a = parts.baseAddress else { return }
        let (b, c) = (a + n, a + 2 * n)
        inverse.read(E.self) { inverse in
          weight.read(E.self) { weight in
            plain.read(E.self) { plain in
              slope.read(E.self) { slope in
                for k in 0..<n {
                  a[k] = weight[k] * inverse[k]
                  b[k] = a[k] * inverse[k] * slope[k] * share
                  c[k] = a[k] * plain[k] * share
                }
              }
            }
          }
        }
        read(E.self) { dz in
          x.read(E.self) { x in
            mean.read(E.self) { mean in
              nnrepl_channel_combine(E.layout, cut.cut, out, dz, a, x, mean, b, c)
            }
          }
        }
      }
    }
    return try Tensor.make(shape, dtype) {
      run($0)
    } float: {
      run($0)
    }
  }

  /// `own*self + share*other`, in place while nobody else holds these numbers.
  /// - Throws: `TensorError.notExpandable` unless both have one shape.
  package mutating func blend(_ own: Double, _ other: Tensor, _ share: Double) throws(TensorError) {
    guard shape == other.shape else { throw .notExpandable(other.shape, shape.dims) }
    guard dtype == other.dtype, let memory = try mutablePointer() else {
      let kept = try self * Tensor(own, dtype: dtype)
      self = try (kept + other * Tensor(share, dtype: other.dtype)).converted(to: dtype)
      return
    }
    try Work.charge(count)
    let (layout, count) = (layout, count)
    let areFinite = other.read { nnrepl_blend(layout, count, memory, memory, own, $0, share) != 0 }
    if areFinite { noteFinite() }
  }
}

extension Tensor {
  /// Each row of `[rows, n]` with its mean taken off, over the root of its biased variance plus `eps`; and
  /// one over that root for each row.
  package func rowsNormalized(_ n: Int, eps: Double) throws(TensorError)
    -> (normalized: Tensor, inverse: Tensor)
  {
    let rows = n == 0 ? 0 : count / n
    func run<E: Element>(_: E.Type) throws(TensorError) -> (Tensor, Tensor) {
      let (normalized, inverse) = (try Draft<E>(shape), try Draft<E>(Shape([rows])))
      read(E.self) { x in
        nnrepl_normalize(E.layout, rows, n, eps, normalized.elements, inverse.elements, x)
      }
      return (try normalized.finished(dtype), try inverse.finished(dtype))
    }
    return dtype == .float32 ? try run(Float.self) : try run(Double.self)
  }

  /// What `rowsNormalized` hands back, from its results (`normalized` is this) and from what reached them.
  package func rowsNormalizedSlope(_ n: Int, inverse: Tensor, _ dz: Tensor) throws(TensorError)
    -> Tensor
  {
    try dz.mustHold(count)
    let dz = try dz.converted(to: dtype)
    return try Tensor.made(shape, dtype) { dx in
      read { normalized in
        inverse.read { inverse in
          dz.read { dz in
            if n > 0 { nnrepl_normalize_slope(layout, count / n, n, dx, normalized, inverse, dz) }
          }
        }
      }
    }
  }

  /// What rows of this that were normalized, times a row `weight` plus a bias, hand back to them, to the weight and to the
  /// bias; nil where their types differ.
  package func rowsNormalizedBack(_ n: Int, eps: Double, _ weight: Tensor, _ dz: Tensor)
    throws(TensorError) -> (x: Tensor, weight: Tensor, bias: Tensor)?
  {
    guard weight.count == n, n > 0, weight.dtype == dtype, dz.dtype == dtype else { return nil }
    try dz.mustHold(count)
    func run<E: Element>(_: E.Type) throws(TensorError) -> (Tensor, Tensor, Tensor) {
      let dx = try Draft<E>(shape)
      let (dweight, dbias) = (try Draft<E>(weight.shape), try Draft<E>(weight.shape))
      let (parts, scratch) = (
        try Draft<E>(zeros: Shape.fitting([2, n])), try Draft<E>(Shape.fitting([2, n]))
      )
      read(E.self) { x in
        dz.read(E.self) { dz in
          weight.read(E.self) { weight in
            nnrepl_normalize_back(
              E.layout, count / n, n, eps, dx.elements, parts.elements, x, dz, weight,
              scratch.elements)
          }
        }
      }
      dweight.elements.update(from: parts.elements, count: n)
      dbias.elements.update(from: parts.elements + n, count: n)
      return (
        try dx.finished(dtype), try dweight.finished(dtype), try dbias.finished(dtype)
      )
    }
    return dtype == .float32 ? try run(Float.self) : try run(Double.self)
  }

  /// Each row times `scale` plus `shift`: rows as well, or numbers.
  package consuming func rowsScaled(_ scale: Tensor, _ shift: Tensor) throws(TensorError) -> Tensor
  {
    guard scale.dtype == dtype, shift.dtype == dtype, scale.shape == shift.shape, scale.rank > 0,
      scale.count > 0
    else { return try self * scale + shift }
    let (n, layout, rows) = (scale.count, layout, count / scale.count)
    guard let own = try mutablePointer() else { return self }
    scale.read { scale in
      shift.read { shift in nnrepl_scale_rows(layout, rows, n, own, scale, shift) }
    }
    return self
  }
}

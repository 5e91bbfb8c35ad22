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
    inner = shape.dims[2...].reduce(1, *)
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
  /// Mean and biased variance of each channel, `[C]` both.
  package func channelMoments(_ cut: Channels) throws(TensorError) -> (
    mean: Tensor, variance: Tensor
  ) {
    let share = Tensor(1 / Double(max(1, cut.population)), dtype: dtype)
    let mean = try channelSums(NNREPL_CHANNEL_SUM, cut, mean: nil, dz: nil) * share
    return (mean, try channelSums(NNREPL_CHANNEL_SPREAD, cut, mean: mean, dz: nil) * share)
  }

  /// One number for each channel.
  private func channelSums(
    _ f: nnrepl_channel_function, _ cut: Channels, mean: Tensor?, dz: Tensor?
  ) throws(TensorError) -> Tensor {
    try mustHold(cut.count)
    try mean?.mustHold(cut.channels)
    try dz?.mustHold(cut.count)
    let (mean, dz) = (try mean?.converted(to: dtype), try dz?.converted(to: dtype))
    var sums = try Tensor(filling: Shape(trusted: [cut.channels]), with: 0, dtype: dtype)
    guard cut.count > 0, let out = try sums.mutablePointer() else { return sums }
    read { x in
      // What a sum does not use is not read.
      (mean ?? self).read { mean in
        (dz ?? self).read { dz in nnrepl_channel_sums(layout, f, cut.cut, out, x, mean, dz) }
      }
    }
    return sums
  }

  /// `(x - mean)*scale + shift`, one of each for each channel.
  package func channelScaled(_ cut: Channels, mean: Tensor, _ scale: Tensor, _ shift: Tensor)
    throws(TensorError) -> Tensor
  {
    try mustHold(cut.count)
    if cut.count == 0 { return self }
    for part in [mean, scale, shift] { try part.mustHold(cut.channels) }
    let (mean, scale, shift) = (
      try mean.converted(to: dtype), try scale.converted(to: dtype), try shift.converted(to: dtype)
    )
    return try Tensor.made(shape, dtype) { out in
      read { x in
        mean.read { mean in
          scale.read { scale in
            shift.read { shift in
              nnrepl_channel_scale(layout, cut.cut, out, x, mean, scale, shift)
            }
          }
        }
      }
    }
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

  /// `dz*a + (x - mean)*b + c`, with a, b, c for each channel: what a batch hands back through its own
  /// statistics, from dz, which this is.
  package func channelCombined(
    _ cut: Channels, _ a: Tensor, _ x: Tensor, mean: Tensor, _ b: Tensor, _ c: Tensor
  ) throws(TensorError) -> Tensor {
    try mustHold(cut.count)
    try x.mustHold(cut.count)
    if cut.count == 0 { return self }
    for part in [mean, a, b, c] { try part.mustHold(cut.channels) }
    let (x, mean) = (try x.converted(to: dtype), try mean.converted(to: dtype))
    let (a, b, c) = (
      try a.converted(to: dtype), try b.converted(to: dtype), try c.converted(to: dtype)
    )
    return try Tensor.made(shape, dtype) { out in
      read { dz in
        x.read { x in
          mean.read { mean in
            a.read { a in
              b.read { b in
                c.read { c in
                  nnrepl_channel_combine(layout, cut.cut, out, dz, a, x, mean, b, c)
                }
              }
            }
          }
        }
      }
    }
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
      let (dweight, dbias) = (try Draft<E>(zeros: weight.shape), try Draft<E>(zeros: weight.shape))
      let scratch = try Draft<E>(Shape.fitting([2, n]))
      read(E.self) { x in
        dz.read(E.self) { dz in
          weight.read(E.self) { weight in
            nnrepl_normalize_back(
              E.layout, count / n, n, eps, dx.elements, dweight.elements, dbias.elements, x, dz,
              weight, scratch.elements)
          }
        }
      }
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

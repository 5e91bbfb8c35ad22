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
}

extension Tensor {
  /// Mean and biased variance of each channel, `[C]` both.
  package func channelMoments(_ cut: Channels) throws(TensorError) -> (
    mean: Tensor, variance: Tensor
  ) {
    let shape = Shape(trusted: [cut.channels])
    try mustHold(cut.count)
    func mean<E: Element>(_ out: UnsafeMutablePointer<E>) {
      out.initialize(repeating: 0, count: cut.channels)
      read(E.self) { x in
        Channels.each(cut, x) { c, x, n, step in
          if step == 0 {
            for i in 0..<n { out[c + i] += x[i] }
          } else {
            var sum: E = 0
            for i in 0..<n { sum += x[i] }
            out[c] += sum
          }
        }
      }
      let share = 1 / E(max(1, cut.population))
      for c in 0..<cut.channels { out[c] *= share }
    }
    let mean = try Tensor.make(shape, dtype) {
      mean($0)
    } float: {
      mean($0)
    }
    func variance<E: Element>(_ out: UnsafeMutablePointer<E>) {
      out.initialize(repeating: 0, count: cut.channels)
      read(E.self) { x in
        mean.read(E.self) { mean in
          Channels.each(cut, x) { c, x, n, step in
            if step == 0 {
              for i in 0..<n {
                let d = x[i] - mean[c + i]
                out[c + i] += d * d
              }
            } else {
              var sum: E = 0
              for i in 0..<n { sum += (x[i] - mean[c]) * (x[i] - mean[c]) }
              out[c] += sum
            }
          }
        }
      }
      let share = 1 / E(max(1, cut.population))
      for c in 0..<cut.channels { out[c] *= share }
    }
    return (
      mean,
      try Tensor.make(shape, dtype) {
        variance($0)
      } float: {
        variance($0)
      }
    )
  }

  /// `(x - mean)*scale + shift`, one of each for each channel.
  package func channelScaled(_ cut: Channels, mean: Tensor, _ scale: Tensor, _ shift: Tensor)
    throws(TensorError) -> Tensor
  {
    try mustHold(cut.count)
    for part in [mean, scale, shift] { try part.mustHold(cut.channels) }
    func scaled<E: Element>(_ out: UnsafeMutablePointer<E>) {
      read(E.self) { x in
        mean.read(E.self) { mean in
          scale.read(E.self) { scale in
            shift.read(E.self) { shift in
              Channels.each(cut, x) { c, row, n, step in
                let out = out + (row - x)
                if step == 0 {
                  for i in 0..<n {
                    out[i] = (row[i] - mean[c + i]) * scale[c + i] + shift[c + i]
                  }
                } else {
                  for i in 0..<n { out[i] = (row[i] - mean[c]) * scale[c] + shift[c] }
                }
              }
            }
          }
        }
      }
    }
    return try Tensor.make(shape, dtype) {
      scaled($0)
    } float: {
      scaled($0)
    }
  }

  /// For each channel `Σ dz` and `Σ dz*(x - mean)`.
  package func channelSums(_ cut: Channels, _ x: Tensor, mean: Tensor) throws(TensorError)
    -> (plain: Tensor, weighted: Tensor)
  {
    let shape = Shape(trusted: [cut.channels])
    try mustHold(cut.count)
    try x.mustHold(cut.count)
    try mean.mustHold(cut.channels)
    func sums<E: Element>(_ out: UnsafeMutablePointer<E>, _ weighted: Bool) {
      out.initialize(repeating: 0, count: cut.channels)
      read(E.self) { dz in
        x.read(E.self) { x in
          mean.read(E.self) { mean in
            Channels.each(cut, dz) { c, row, n, step in
              let x = x + (row - dz)
              if step == 0 {
                if weighted {
                  for i in 0..<n { out[c + i] += row[i] * (x[i] - mean[c + i]) }
                } else {
                  for i in 0..<n { out[c + i] += row[i] }
                }
              } else {
                var sum: E = 0
                for i in 0..<n { sum += weighted ? row[i] * (x[i] - mean[c]) : row[i] }
                out[c] += sum
              }
            }
          }
        }
      }
    }
    return (
      try Tensor.make(shape, dtype) {
        sums($0, false)
      } float: {
        sums($0, false)
      },
      try Tensor.make(shape, dtype) {
        sums($0, true)
      } float: {
        sums($0, true)
      }
    )
  }

  /// `dz*a + (x - mean)*b + c`, with a, b, c for each channel: what a batch hands back through its own
  /// statistics.
  package func channelCombined(
    _ cut: Channels, _ a: Tensor, _ x: Tensor, mean: Tensor, _ b: Tensor, _ c: Tensor
  ) throws(TensorError) -> Tensor {
    try mustHold(cut.count)
    try x.mustHold(cut.count)
    for part in [mean, a, b, c] { try part.mustHold(cut.channels) }
    func combined<E: Element>(_ out: UnsafeMutablePointer<E>) {
      read(E.self) { dz in
        x.read(E.self) { x in
          mean.read(E.self) { mean in
            a.read(E.self) { a in
              b.read(E.self) { b in
                c.read(E.self) { shift in
                  Channels.each(cut, dz) { c, row, n, step in
                    let (x, out) = (x + (row - dz), out + (row - dz))
                    if step == 0 {
                      for i in 0..<n {
                        out[i] = row[i] * a[c + i] + (x[i] - mean[c + i]) * b[c + i] + shift[c + i]
                      }
                    } else {
                      for i in 0..<n {
                        out[i] = row[i] * a[c] + (x[i] - mean[c]) * b[c] + shift[c]
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
    return try Tensor.make(shape, dtype) {
      combined($0)
    } float: {
      combined($0)
    }
  }
}

extension Channels {
  /// Visits runs of elements. With single numbers per channel a run is a whole row, whose i-th element
  /// belongs to channel `c + i` (`step` 0); else it lies within channel `c` (`step` 1).
  @inline(__always)
  static func each<E: Element>(
    _ cut: Channels, _ x: UnsafePointer<E>,
    _ run: (_ channel: Int, _ x: UnsafePointer<E>, _ count: Int, _ step: Int) -> Void
  ) {
    if cut.inner == 1 {
      for row in 0..<cut.outer { run(0, x + row * cut.channels, cut.channels, 0) }
      return
    }
    for row in 0..<cut.outer {
      for channel in 0..<cut.channels {
        run(channel, x + (row * cut.channels + channel) * cut.inner, cut.inner, 1)
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
}

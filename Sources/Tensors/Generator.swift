// PyTorch's CPU random stream: the same seed gives the same numbers.
import CPlatform
import Platform

/// The Mersenne Twister MT19937 (Matsumoto and Nishimura 1998) with PyTorch's ways of drawing from it.
package struct Generator: Sendable {
  private var state = [UInt32](repeating: 0, count: 624)
  private var next = 624
  /// Below 16 draws, normals come in pairs and the second waits here.
  private var spare: Double?

  package init(seed: UInt64) {
    state[0] = UInt32(truncatingIfNeeded: seed)
    for i in 1..<624 {
      state[i] = 1_812_433_253 &* (state[i - 1] ^ (state[i - 1] >> 30)) &+ UInt32(i)
    }
  }

  /// A number that changes with every draw.
  package var mark: UInt64 {
    UInt64(next) << 32 ^ UInt64(state[0]) ^ (spare?.bitPattern ?? 0)
  }

  /// 32 random bits.
  @inline(__always)
  package mutating func bits() -> UInt32 {
    if next == 624 { twist() }
    let y = state.withUnsafeBufferPointer { $0[next] }
    next += 1
    return Generator.tempered(y)
  }

  @inline(__always)
  private static func tempered(_ y: UInt32) -> UInt32 {
    var y = y
    y ^= y >> 11
    y ^= (y << 7) & 0x9d2c_5680
    y ^= (y << 15) & 0xefc6_0000
    return y ^ (y >> 18)
  }

  private mutating func twist() {
    state.withUnsafeMutableBufferPointer { if let words = $0.baseAddress { nnrepl_twist(words) } }
    next = 0
  }

  /// The next 64 bits of the stream, as torch's `random64`: two draws, the first the upper half.
  package mutating func bits64() -> UInt64 {
    let high = UInt64(bits())
    return high << 32 | UInt64(bits())
  }

  /// Uniform in [0, 1): 24 random bits, or 53 for doubles.
  package mutating func uniform(_ stream: DType) -> Double {
    stream == .float32
      ? Double(bits() & 0xff_ffff) * 0x1p-24 : Double(bits64() & (1 << 53 - 1)) * 0x1p-53
  }

  /// Uniform in `[low, high)` in the arithmetic of `stream`.
  package mutating func uniform(_ low: Double, _ high: Double, _ stream: DType) -> Double {
    let u = uniform(stream)
    // PyTorch's compiler fuses this multiplication and addition into one rounding.
    if stream == .float32 {
      return Double(Float(low).addingProduct(Float(u), Float(high) - Float(low)))
    }
    return u * (high - low) + low
  }

  /// Many of them; zeros once the run is to be broken off, for who asked for them looks afterwards.
  package mutating func uniforms(_ count: Int, _ low: Double, _ high: Double, _ stream: DType)
    -> [Double]
  {
    var x = [Double](repeating: 0, count: count)
    if stream == .float32, low == 0, high == 1 {
      // The same numbers from many draws at once.
      draw(count, each: 1) { part, words in
        for i in part { x[i] = Double(words[i - part.lowerBound] & 0xff_ffff) * 0x1p-24 }
      }
    } else {
      Work.inParts(count) { part in for i in part { x[i] = uniform(low, high, stream) } }
    }
    return x
  }

  /// A whole number in `0..<range`. As in PyTorch, wide ranges draw 64 bits.
  package mutating func below(_ range: UInt64) -> UInt64 {
    range >= 1 << 32 ? bits64() % range : UInt64(bits()) % range
  }

  /// `count` normals. From 16 on, PyTorch transforms uniforms in blocks of 16 and draws the last 16 anew when
  /// the count is no multiple of 16; below, it draws pairs. The float stream has PyTorch's bits on x86-64.
  package mutating func normals(
    _ count: Int, _ stream: DType, mean: Double = 0, deviation: Double = 1
  ) -> [Double] {
    guard count >= 16 else {
      return (0..<count).map { _ in stream.rounded(normal() * deviation + mean) }
    }
    var x = block(count, stream, mean, deviation)
    if count % 16 != 0 { x[(count - 16)...] = block(16, stream, mean, deviation)[...] }
    return x
  }

  /// Draws for whole blocks of 16, made normal, and uniform ones for what is left over.
  private mutating func block(_ count: Int, _ stream: DType, _ mean: Double, _ deviation: Double)
    -> [Double]
  {
    guard stream == .float32 else {
      var x = uniforms(count, 0, 1, stream)
      for start in stride(from: 0, through: count - 16, by: 16) {
        for i in start..<start + 8 {
          let radius = (-2 * Elementary.log(1 - x[i])).squareRoot()
          let angle = 2 * Double.pi * x[i + 8]
          x[i] = radius * Elementary.cos(angle) * deviation + mean
          x[i + 8] = radius * Elementary.sin(angle) * deviation + mean
        }
      }
      return x
    }
    var x = [Float](repeating: 0, count: count)
    draw(count, each: 1) { part, words in
      for i in part { x[i] = Float(words[i - part.lowerBound] & 0xff_ffff) * 0x1p-24 }
    }
    normals_from_uniforms(&x, count, Float(mean), Float(deviation))
    var wide = [Double](repeating: 0, count: count)
    nnrepl_convert(NNREPL_F64, count, &wide, x)
    return wide
  }

  /// One normal of a pair (Box and Muller 1958), in double precision whatever the stream, as in PyTorch.
  private mutating func normal() -> Double {
    if let spare {
      self.spare = nil
      return spare
    }
    let (u1, u2) = (uniform(.float64), uniform(.float64))
    let radius = (-2 * Elementary.log1p(-u2)).squareRoot()
    let angle = 2 * Double.pi * u1
    spare = radius * Elementary.sin(angle)
    return radius * Elementary.cos(angle)
  }

  /// The numbers `0..<count` in random order.
  package mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    Work.inParts(max(0, count - 1)) { part in
      for i in part {
        let j = i + Int(below(UInt64(count - i)))
        order.swapAt(i, j)
      }
    }
    return order
  }
}

extension Generator {
  /// A dropout mask: 1/keep with probability `keep`, else 0, each from one double of the stream.
  package mutating func mask(_ shape: Shape, keep: Double, dtype: DType) throws(TensorError)
    -> Tensor
  {
    let scale = keep == 0 ? 0 : 1 / keep
    // `u < keep` for a double u of 53 bits, decided on the bits themselves.
    let limit = UInt64((keep * 0x1p53).rounded(.up))
    let (layout, stride) = dtype == .float32 ? (NNREPL_F32, 4) : (NNREPL_F64, 8)
    return try Tensor.made(shape, dtype) { out in
      draw(shape.count, each: 2) { part, words in
        nnrepl_mask(layout, part.count, out + part.lowerBound * stride, words, limit, scale)
      }
    }
  }

  /// Many draws of 32 bits at once, `each` for every one of `count`: `body` gets them part by part.
  private mutating func draw(
    _ count: Int, each: Int, _ body: (Range<Int>, UnsafePointer<UInt32>) -> Void
  ) {
    let size = 2048
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: each * size) { words in
      guard let words = words.baseAddress else { return }
      Work.inParts(count, of: size) { part in
        var filled = 0
        while filled < each * part.count {
          if next == 624 { twist() }
          let n = min(624 - next, each * part.count - filled)
          state.withUnsafeBufferPointer { state in
            if let from = state.baseAddress { nnrepl_temper(n, words + filled, from + next) }
          }
          next += n
          filled += n
        }
        body(part, words)
      }
    }
  }
}

extension Generator {
  /// Draws from an exponential distribution, each from one double of the stream, as torch's `exponential_`.
  private mutating func exponential(_ dtype: DType) -> Double {
    dtype.rounded(-Elementary.log1p(-uniform(.float64)))
  }

  /// Places drawn by weights, none twice: those where weight over an exponential draw is largest, as torch's
  /// `multinomial` without replacement.
  package mutating func drawnOnce(_ weights: [Double], rows: Int, samples: Int, _ dtype: DType)
    -> [Double]
  {
    let n = rows == 0 ? 0 : weights.count / rows
    let scores = weights.map { dtype.rounded($0 / exponential(dtype)) }
    return (0..<rows).flatMap { row in
      (0..<n).sorted { a, b in
        let (x, y) = (scores[row * n + a], scores[row * n + b])
        return x == y ? a < b : x > y
      }.prefix(samples).map(Double.init)
    }
  }

  /// Places drawn by weights, each time from all: a double of the stream is looked up among the sums of weights.
  package mutating func drawn(_ weights: [Double], rows: Int, samples: Int, _ dtype: DType)
    -> [Double]
  {
    let n = rows == 0 ? 0 : weights.count / rows
    var places: [Double] = []
    for row in 0..<rows {
      var sums: [Double] = []
      var sum = 0.0
      for weight in weights[row * n..<(row + 1) * n] {
        sum = dtype.rounded(sum + weight)
        sums.append(sum)
      }
      let total = sum
      sums = sums.map { dtype.rounded($0 / total) }
      for _ in 0..<samples {
        let u = uniform(.float64)
        places.append(Double(sums.firstIndex { $0 >= u } ?? n - 1))
      }
    }
    return places
  }

  /// Normals, those outside two bounds drawn anew, as torch's `trunc_normal_`: all are drawn again each time. Where
  /// little of the bell lies between the bounds, uniform draws are kept with the bell's height.
  package mutating func truncatedNormals(
    _ count: Int, mean: Double, deviation: Double, _ low: Double, _ high: Double
  ) -> [Double] {
    func share(_ x: Double) -> Double {
      (1 + Elementary.erf((x - mean) / deviation / 2.0.squareRoot())) / 2
    }
    if share(high) - share(low) > 0.3 {
      let (a, b) = (DType.float32.rounded(low), DType.float32.rounded(high))
      var x = normals(count, .float32, mean: mean, deviation: deviation)
      while x.contains(where: { $0 < a || $0 > b }), Generator.goesOn(count) {
        let fresh = normals(count, .float32, mean: mean, deviation: deviation)
        for i in 0..<count where x[i] < a || x[i] > b { x[i] = fresh[i] }
      }
      return x
    }
    let mode = max(low, min(mean, high))
    let peak = -0.5 * ((mode - mean) / deviation) * ((mode - mean) / deviation)
    func height(_ x: Double) -> Double {
      let f = { (n: Double) in DType.float32.rounded(n) }
      let z = f(f(x - mean) / deviation)
      return f(f(f(z * z) * -0.5) - peak)
    }
    var x = uniforms(count, low, high, .float32)
    var candidates = x
    var isOpen = [Bool](repeating: true, count: count)
    while true {
      let chances = uniforms(count, 0, 1, .float32)
      for i in 0..<count where isOpen[i] {
        isOpen[i] = DType.float32.rounded(Elementary.log(chances[i])) > height(candidates[i])
      }
      guard isOpen.contains(true), Generator.goesOn(count) else { return x }
      candidates = uniforms(count, low, high, .float32)
      for i in 0..<count where isOpen[i] { x[i] = candidates[i] }
    }
  }

  /// Counts a round of draws; false once the run is to be broken off.
  private static func goesOn(_ count: Int) -> Bool {
    (try? Work.charge(max(count, 16))) != nil && !Work.mustStop
  }
}

// Elementary functions from one source for every platform. They use what IEEE 754 rounds the same everywhere, sums,
// products, quotients and roots, and no fused operation, so the same bits come out on every processor and in a page.

/// Functions of numbers in double precision. `exp`, `log`, `log1p`, `sin` and `cos` are within one unit in the last place
/// of the true value, `expm1`, `tanh`, `log10`, `erf` and `pow` within 2.1; `Tests/PlatformTests` holds that.
package enum Elementary {
  private static let log2e = 0x1.71547652b82fep+0
  /// ln 2 in two parts: the first is short, so that its product with a whole number is exact.
  private static let ln2 = (high: 0x1.62e42fefa2000p-1, low: 0x1.9ef35793c7673p-41)
  /// Adding it rounds to a whole number, which then stands in the last bits.
  private static let rounder = 0x1.8p52

  // MARK: Exponentials

  /// eˣ
  @inline(__always)
  package static func exp(_ x: Double) -> Double {
    guard x < 709, x > -708 else { return hugeExp(x) }
    let (less, power) = reduced(x)
    return (1 + less) * twoTo(power)
  }

  /// eˣ = (1 + less) · 2ᵖᵒʷᵉʳ, for |x| < 2²⁰.
  @inline(__always)
  private static func reduced(_ x: Double) -> (less: Double, power: Int64) {
    let shifted = x * log2e + rounder
    let whole = shifted - rounder
    let power = Int64(bitPattern: shifted.bitPattern &- rounder.bitPattern)
    let rest = x - whole * ln2.high
    let r = rest - whole * ln2.low
    // What r has lost.
    let tail = (rest - r) - whole * ln2.low
    return (r + (tail + r * r * Polynomials.exponential(r)), power)
  }

  /// 2ⁿ where that is a normal number.
  @inline(__always)
  private static func twoTo(_ n: Int64) -> Double {
    Double(bitPattern: UInt64(bitPattern: (n + 1023) << 52))
  }

  @inline(never)
  private static func hugeExp(_ x: Double) -> Double {
    if x.isNaN { return x }
    if x > 709.79 { return .infinity }
    if x < -745.14 { return 0 }
    let (less, power) = reduced(x)
    // In two halves, as 2ᵖᵒʷᵉʳ may be no normal number.
    let half = power / 2
    return (1 + less) * twoTo(half) * twoTo(power - half)
  }

  /// eˣ - 1
  package static func expm1(_ x: Double) -> Double {
    guard x < 709, x > -40 else { return x.isNaN || x > 0 ? hugeExp(x) : -1 }
    // ±0 stays as it is.
    if Swift.abs(x) < 0x1p-54 { return x }
    let (less, power) = reduced(x)
    if power == 0 { return less }
    let scale = twoTo(power)
    return power < 53 ? scale * less + (scale - 1) : scale * (1 + less) - 1
  }

  /// Hyperbolic tangent.
  package static func tanh(_ x: Double) -> Double {
    let size = Swift.abs(x)
    guard size < 20 else { return x.isNaN ? x : x < 0 ? -1 : 1 }
    // Of both, the one whose difference from 1 is no rest of a subtraction.
    let t = expm1(size < 0.5 ? -2 * size : 2 * size)
    let tanh = size < 0.5 ? -t / (t + 2) : 1 - 2 / (t + 2)
    return x.sign == .minus ? -tanh : tanh
  }

  // MARK: Logarithms

  /// Natural logarithm.
  @inline(__always)
  package static func log(_ x: Double) -> Double {
    guard x >= 0x1p-1022, x < .infinity else { return oddLog(x) }
    return log(x, 0)
  }

  @inline(never)
  private static func oddLog(_ x: Double) -> Double {
    if x.isNaN || x == .infinity { return x }
    if x == 0 { return -.infinity }
    return x < 0 ? .nan : log(x * 0x1p54, -54)
  }

  /// Parts of a normal number: x = 2ⁿ · (1 + f) with 1 + f from √½ to √2.
  @inline(__always)
  static func parts(_ x: Double) -> (power: Double, f: Double) {
    let offset = x.bitPattern &- 0x3fe6_a09e_667f_3bcd
    let power = Int64(bitPattern: offset) >> 52
    let one = Double(bitPattern: x.bitPattern &- (offset & 0xfff0_0000_0000_0000))
    return (Double(Int32(truncatingIfNeeded: power)), one - 1)
  }

  /// ln (x · 2ᵐ)
  @inline(__always)
  private static func log(_ x: Double, _ more: Double) -> Double {
    let (n, f) = parts(x)
    return log(n + more, f, 0)
  }

  /// n · ln 2 + ln (1 + f) + tail. With s = f/(2 + f) that logarithm is 2 artanh s = f - (f²/2 - s(f²/2 + R)), where R is
  /// what follows 2s in its series.
  @inline(__always)
  private static func log(_ n: Double, _ f: Double, _ tail: Double) -> Double {
    let s = f / (2 + f)
    let half = 0.5 * f * f
    let z = s * s
    let rest = s * (half + z * Polynomials.logarithm(z)) + (n * ln2.low + tail)
    return n * ln2.high - ((half - rest) - f)
  }

  /// ln (1 + x)
  package static func log1p(_ x: Double) -> Double {
    guard x > -1, x < 0x1p60 else { return x == -1 ? -.infinity : x < -1 ? .nan : log(x) }
    if Swift.abs(x) < 0x1p-54 { return x }
    if x > -0.29, x < 0.41 { return log(0, x, 0) }
    let sum = 1 + x
    // What the sum has lost.
    let lost = x >= 1 ? 1 - (sum - x) : x - (sum - 1)
    let (n, f) = parts(sum)
    return log(n, f, lost / sum)
  }

  /// Logarithm by 10; of powers of ten exact.
  package static func log10(_ x: Double) -> Double {
    let about = log(x) * 0x1.bcb7b1526e50ep-2
    let whole = about.rounded()
    guard Swift.abs(whole) <= 22, whole != about else { return about }
    var power = 1.0
    for _ in 0..<Int(Swift.abs(whole)) { power *= 10 }
    return x == (whole < 0 ? 1 / power : power) ? whole : about
  }

  // MARK: Error function

  /// Gauss's error function.
  package static func erf(_ x: Double) -> Double {
    let size = Swift.abs(x)
    if size < 0.85 { return x * Polynomials.errorNear(x * x) }
    guard size < 6 else { return x.isNaN ? x : x < 0 ? -1 : 1 }
    return x < 0 ? rest(size) - 1 : 1 - rest(size)
  }

  /// What the error function lacks to 1, for x from 0.85 to 6.
  static func rest(_ x: Double) -> Double {
    let t = (x - 2) / (x + 2)
    return exp(-x * x) * (x < 2.25 ? Polynomials.errorMiddle(t) : Polynomials.errorFar(t))
  }
}

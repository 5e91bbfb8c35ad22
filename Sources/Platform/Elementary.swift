// Elementary functions from one source for every platform. They use what IEEE 754 rounds the same everywhere, sums,
// products, quotients and roots, and no fused operation, so the same bits come out on every processor and in a page.
// Those that loops over many numbers call too are in C.
import CPlatform

/// Functions of numbers in double precision. `exp`, `log`, `log1p`, `sin` and `cos` are within one unit in the last place
/// of the true value, `expm1`, `tanh`, `log10`, `erf` and `pow` within 2.1; `Tests/PlatformTests` holds that.
package enum Elementary {
  /// eˣ
  @inline(__always) package static func exp(_ x: Double) -> Double { nnrepl_exp(x) }
  /// eˣ - 1
  @inline(__always) package static func expm1(_ x: Double) -> Double { nnrepl_expm1(x) }
  /// Hyperbolic tangent.
  @inline(__always) package static func tanh(_ x: Double) -> Double { nnrepl_tanh(x) }
  /// Natural logarithm.
  @inline(__always) package static func log(_ x: Double) -> Double { nnrepl_log(x) }
  /// ln (1 + x)
  @inline(__always) package static func log1p(_ x: Double) -> Double { nnrepl_log1p(x) }
  /// Gauss's error function.
  @inline(__always) package static func erf(_ x: Double) -> Double { nnrepl_erf(x) }
  /// Sine and cosine of angles in radians.
  @inline(__always) package static func sin(_ x: Double) -> Double { nnrepl_sin(x) }
  @inline(__always) package static func cos(_ x: Double) -> Double { nnrepl_cos(x) }
  /// xʸ, with the special cases of IEEE 754.
  @inline(__always) package static func pow(_ x: Double, _ y: Double) -> Double { nnrepl_pow(x, y) }

  /// Logarithm by 10; of powers of ten exact.
  package static func log10(_ x: Double) -> Double {
    let about = log(x) * 0x1.bcb7b1526e50ep-2
    let whole = about.rounded()
    guard Swift.abs(whole) <= 22, whole != about else { return about }
    var power = 1.0
    for _ in 0..<Int(Swift.abs(whole)) { power *= 10 }
    return x == (whole < 0 ? 1 / power : power) ? whole : about
  }

  /// Parts of a normal number: x = 2ⁿ · (1 + f) with 1 + f from √½ to √2.
  @inline(__always)
  static func parts(_ x: Double) -> (power: Double, f: Double) {
    let offset = x.bitPattern &- 0x3fe6_a09e_667f_3bcd
    let power = Int64(bitPattern: offset) >> 52
    let one = Double(bitPattern: x.bitPattern &- (offset & 0xfff0_0000_0000_0000))
    return (Double(Int32(truncatingIfNeeded: power)), one - 1)
  }
}

// Tangent and what undoes sine, cosine and tangent; the hyperbolic functions and what undoes them.
import CPlatform

extension Elementary {
  // MARK: Angles

  /// Tangent of an angle in radians.
  package static func tan(_ x: Double) -> Double {
    Swift.abs(x) > 0x1p-27 ? sin(x) / cos(x) : x
  }

  /// The angle whose tangent is x, from -π/2 to π/2.
  package static func atan(_ x: Double) -> Double { nnrepl_atan(x) }

  /// The angle of the point (x, y), from -π to π.
  package static func atan2(_ y: Double, _ x: Double) -> Double { nnrepl_atan2(y, x) }

  /// The angle whose sine is x, from -π/2 to π/2; nan outside -1 to 1.
  package static func asin(_ x: Double) -> Double {
    Swift.abs(x) > 0x1p-27 ? atan2(x, ((1 - x) * (1 + x)).squareRoot()) : x
  }

  /// The angle whose cosine is x, from 0 to π; nan outside -1 to 1.
  package static func acos(_ x: Double) -> Double {
    2 * atan2((1 - x).squareRoot(), (1 + x).squareRoot())
  }

  // MARK: Hyperbolic functions

  /// (eˣ - e⁻ˣ)/2
  package static func sinh(_ x: Double) -> Double {
    let size = Swift.abs(x)
    guard size < 40 else {
      let half = exp(0.5 * size)
      return x.isNaN ? x : (x < 0 ? -0.5 : 0.5) * half * half
    }
    let t = expm1(size)
    let sinh = 0.5 * (t + t / (t + 1))
    return x.sign == .minus ? -sinh : sinh
  }

  /// (eˣ + e⁻ˣ)/2
  package static func cosh(_ x: Double) -> Double {
    let half = exp(0.5 * Swift.abs(x))
    if Swift.abs(x) > 40 { return 0.5 * half * half }
    let t = exp(Swift.abs(x))
    return 0.5 * t + 0.5 / t
  }

  /// The number whose hyperbolic sine is x.
  package static func asinh(_ x: Double) -> Double {
    let size = Swift.abs(x)
    let asinh =
      size < 0x1p28
      ? log1p(size + size * size / (1 + (1 + size * size).squareRoot()))
      : log(size) + 0x1.62e42fefa39efp-1
    return x.sign == .minus ? -asinh : asinh
  }

  /// The number from 0 on whose hyperbolic cosine is x; nan below 1.
  package static func acosh(_ x: Double) -> Double {
    guard x >= 1 else { return .nan }
    if x >= 0x1p28 { return log(x) + 0x1.62e42fefa39efp-1 }
    let more = x - 1
    return log1p(more + (2 * more + more * more).squareRoot())
  }

  /// The number whose hyperbolic tangent is x; nan outside -1 to 1.
  package static func atanh(_ x: Double) -> Double {
    let size = Swift.abs(x)
    let atanh = 0.5 * log1p(2 * size / (1 - size))
    return x.sign == .minus ? -atanh : atanh
  }

  // MARK: Others

  /// Logarithm by 2; of powers of two exact.
  package static func log2(_ x: Double) -> Double {
    guard x > 0, x < .infinity else { return log(x) }
    if x < 0x1p-1022 { return log2(x * 0x1p54) - 54 }
    let (power, f) = parts(x)
    return power + log1p(f) * 0x1.71547652b82fep+0
  }

  /// The number whose error function is x: a start (Giles 2010), and two steps of Newton's.
  package static func erfinv(_ x: Double) -> Double {
    guard Swift.abs(x) < 1 else { return Swift.abs(x) == 1 ? x * .infinity : .nan }
    let w = -log((1 - x) * (1 + x))
    let near = [
      1.501_409_41, 0.246_640_727, -0.004_177_681_64, -0.001_253_725_03, 0.000_218_580_87,
      -4.391_506_54e-6, -3.523_387_7e-6, 3.432_739_39e-7, 2.810_226_36e-8,
    ]
    let far = [
      2.832_976_82, 1.001_674_06, 0.009_438_870_47, -0.007_622_461_3, 0.005_739_507_73,
      -0.003_676_846_11, 0.001_349_343_22, 0.000_100_950_558, -0.000_200_214_257,
    ]
    let t = w < 5 ? w - 2.5 : w.squareRoot() - 3
    var y = x * (w < 5 ? near : far).reversed().reduce(0) { $0 * t + $1 }
    for _ in 0..<2 {
      let size = Swift.abs(y)
      // Near ±1, where the function is flat, what is lacking to them is known more exactly.
      let off =
        size < 0.85 || size > 5.9
        ? erf(size) - Swift.abs(x) : 1 - Swift.abs(x) - nnrepl_erf_rest(size)
      y -= (y < 0 ? -off : off) * 0x1.c5bf891b4ef6ap-1 * exp(y * y)
    }
    return y
  }
}

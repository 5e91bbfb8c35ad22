// Powers, by way of a logarithm in twice the precision.

/// A number as the sum of two, the second within the first's rounding (Dekker 1971).
struct Pair {
  let high: Double
  let low: Double

  init(_ high: Double, _ low: Double) { (self.high, self.low) = (high, low) }

  /// The exact sum of two numbers, the first the larger.
  init(sum a: Double, _ b: Double) {
    high = a + b
    low = b - (high - a)
  }

  /// The exact product of two numbers below 2⁹⁹⁶.
  init(product a: Double, _ b: Double) {
    func split(_ x: Double) -> (Double, Double) {
      let wide = x * 0x1.0000002p27
      let high = wide - (wide - x)
      return (high, x - high)
    }
    let ((a1, a2), (b1, b2)) = (split(a), split(b))
    high = a * b
    low = ((a1 * b1 - high) + a1 * b2 + a2 * b1) + a2 * b2
  }

  static func * (a: Pair, b: Pair) -> Pair {
    let product = Pair(product: a.high, b.high)
    return Pair(sum: product.high, product.low + (a.high * b.low + a.low * b.high))
  }

  /// The first is the larger.
  static func + (a: Pair, b: Pair) -> Pair {
    let sum = Pair(sum: a.high, b.high)
    return Pair(sum: sum.high, sum.low + (a.low + b.low))
  }

  static prefix func - (a: Pair) -> Pair { Pair(-a.high, -a.low) }
}

extension Elementary {
  /// xʸ, with the special cases of IEEE 754.
  package static func pow(_ x: Double, _ y: Double) -> Double {
    if y == 0 || x == 1 { return 1 }
    if x.isNaN || y.isNaN { return .nan }
    let isWhole = y == y.rounded(.towardZero)
    let isOdd = isWhole && Swift.abs(y) < 0x1p53 && (y / 2).rounded(.towardZero) * 2 != y
    let size = Swift.abs(x)
    if y.isInfinite {
      return size == 1 ? 1 : (size > 1) == (y > 0) ? .infinity : 0
    }
    if size == 0 || size == .infinity {
      let result: Double = (size == 0) == (y > 0) ? 0 : .infinity
      return x.sign == .minus && isOdd ? -result : result
    }
    if x < 0, !isWhole { return .nan }
    let result = power(size, y)
    return x < 0 && isOdd ? -result : result
  }

  private static func power(_ x: Double, _ y: Double) -> Double {
    if x == 1 { return 1 }
    // Past this every result is 0, 1 or infinite.
    if Swift.abs(y) > 0x1p64 { return (x > 1) == (y > 0) ? .infinity : 0 }
    let log = logarithm(x)
    let about = y * log.high
    if about > 710 { return .infinity }
    if about < -746 { return 0 }
    let product = Pair(product: y, log.high)
    let exponent = Pair(sum: product.high, product.low + y * log.low)
    return exp(exponent)
  }

  /// ln x in twice the precision, but for its last bits.
  private static func logarithm(_ x: Double) -> Pair {
    let isTiny = x < 0x1p-1022
    let (scaled, f) = parts(isTiny ? x * 0x1p54 : x)
    let power = scaled - (isTiny ? 54 : 0)
    // s = f/(2 + f), and ln (1 + f) = 2s + ⅔s³ + …
    let below = 2 + f
    let lost = f - (below - 2)
    let high = f / below
    let back = Pair(product: high, below)
    let s = Pair(sum: high, (((f - back.high) - back.low) - high * lost) / below)
    let square = s * s
    let third = s * square * Pair(0x1.5555555555555p-1, 0x1.5555555555555p-55)
    let z = square.high
    let rest = s.high * z * z * Polynomials.logarithmRest(z)
    let series = Pair(sum: 2 * s.high, 2 * s.low) + Pair(sum: third.high, third.low + rest)
    if power == 0 { return series }
    return Pair(sum: power * 0x1.62e42fefa2000p-1, 0)
      + Pair(sum: series.high, series.low + power * 0x1.9ef35793c7673p-41)
  }

  /// e to a number in twice the precision.
  private static func exp(_ x: Pair) -> Double {
    let result = exp(x.high)
    return result == .infinity || result == 0 ? result : result + result * x.low
  }
}

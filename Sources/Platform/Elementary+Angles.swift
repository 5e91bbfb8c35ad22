// Sine and cosine.

extension Elementary {
  /// Sine of an angle in radians.
  package static func sin(_ x: Double) -> Double {
    guard Swift.abs(x) > 0x1p-27 else { return x }
    let (quarter, angle) = angle(x)
    let value = quarter & 1 == 0 ? sine(angle) : cosine(angle)
    return quarter & 2 == 0 ? value : -value
  }

  /// Cosine of an angle in radians.
  package static func cos(_ x: Double) -> Double {
    let (quarter, angle) = angle(x)
    let value = quarter & 1 == 0 ? cosine(angle) : sine(angle)
    return (quarter + 1) & 2 == 0 ? value : -value
  }

  private static func sine(_ angle: Pair) -> Double {
    let (x, tail) = (angle.high, angle.low)
    let z = x * x
    return x + (x * z * Polynomials.sine(z) + tail * (1 - 0.5 * z))
  }

  private static func cosine(_ angle: Pair) -> Double {
    let (x, tail) = (angle.high, angle.low)
    let z = x * x
    let half = 0.5 * z
    let most = 1 - half
    // What the difference has lost comes back.
    return most + (((1 - most) - half) + (z * z * Polynomials.cosine(z) - x * tail))
  }

  /// x = n · π/2 + angle: n from 0 to 3, and an angle of at most π/4.
  private static func angle(_ x: Double) -> (Int64, Pair) {
    let size = Swift.abs(x)
    if size <= 0x1.921fb54442d18p-1 { return (0, Pair(x, 0)) }
    guard size < 0x1p20 else { return wide(x) }
    let rounder = 0x1.8p52
    let shifted = x * 0x1.45f306dc9c883p-1 + rounder
    let n = shifted - rounder
    // π/2 in three parts, of which two are short.
    let first = x - n * 0x1.921fb54400000p+0
    let second = n * 0x1.0b4611a600000p-34
    let rest = first - second
    let third = n * 0x1.3198a2e037073p-69 - ((first - rest) - second)
    let high = rest - third
    return (
      Int64(bitPattern: shifted.bitPattern) & 3, Pair(high, (rest - high) - third)
    )
  }

  /// The same for large angles (Payne and Hanek 1983): of 2/π only those bits are multiplied that do not give whole
  /// turns.
  private static func wide(_ x: Double) -> (Int64, Pair) {
    guard x.isFinite else { return (0, Pair(.nan, 0)) }
    let exponent = Int(x.bitPattern >> 52 & 0x7ff) - 1075
    let whole = x.bitPattern & 0xf_ffff_ffff_ffff | 0x10_0000_0000_0000
    let skipped = Swift.max(0, exponent - 2)
    // 192 bits of 2/π, times 53: the product's lowest word first.
    var product: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    let low = whole.multipliedFullWidth(by: bits(skipped + 128))
    let middle = whole.multipliedFullWidth(by: bits(skipped + 64))
    let high = whole.multipliedFullWidth(by: bits(skipped))
    product.0 = low.low
    let second = low.high.addingReportingOverflow(middle.low)
    product.1 = second.partialValue
    let third = middle.high.addingReportingOverflow(high.low)
    let carried = third.partialValue.addingReportingOverflow(second.overflow ? 1 : 0)
    product.2 = carried.partialValue
    product.3 = high.high &+ (third.overflow ? 1 : 0) &+ (carried.overflow ? 1 : 0)
    // Quarter turns stand before bit `place`, their fraction after it.
    let place = 192 - (exponent - skipped)
    func word(_ from: Int) -> UInt64 {
      let words = [product.0, product.1, product.2, product.3, 0]
      let (k, shift) = (from / 64, UInt64(from % 64))
      return shift == 0 ? words[k] : words[k] >> shift | words[k + 1] << (64 - shift)
    }
    var quarter = Int64(truncatingIfNeeded: word(place) & 3)
    var (top, rest) = (word(place - 64), word(place - 128))
    let isOver = top >> 63 == 1
    if isOver {
      quarter += 1
      rest = ~rest &+ 1
      top = ~top &+ (rest == 0 ? 1 : 0)
    }
    let (a, b) = (Double(top >> 32) * 0x1p-32, Double(top & 0xffff_ffff) * 0x1p-64)
    let fraction = Pair(sum: a, b + Double(rest) * 0x1p-128)
    var angle = fraction * Pair(0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54)
    if isOver { angle = -angle }
    return x < 0 ? (-quarter & 3, -angle) : (quarter & 3, angle)
  }

  /// 64 bits of 2/π from a place after its point on.
  private static func bits(_ place: Int) -> UInt64 {
    let (k, shift) = (place / 64, UInt64(place % 64))
    return shift == 0 ? twoOverPi[k] : twoOverPi[k] << shift | twoOverPi[k + 1] >> (64 - shift)
  }

  private static let twoOverPi: [UInt64] = [
    0xa2f9_836e_4e44_1529, 0xfc27_57d1_f534_ddc0, 0xdb62_9599_3c43_9041,
    0xfe51_63ab_debb_c561, 0xb724_6e3a_424d_d2e0, 0x0649_2eea_09d1_921c,
    0xfe1d_eb1c_b129_a73e, 0xe882_35f5_2ebb_4484, 0xe99c_7026_b45f_7e41,
    0x3991_d639_8353_39f4, 0x9c84_5f8b_bdf9_283b, 0x1ff8_97ff_de05_980f,
    0xef2f_118b_5a0a_6d1f, 0x6d36_7ecf_27cb_09b7, 0x4f46_3f66_9e5f_ea2d,
    0x7527_bac7_ebe5_f17b, 0x3d07_39f7_8a52_92ea, 0x6bfb_5fb1_1f8d_5d08,
    0x5603_3046_fc7b_6bab, 0xf0cf_bc20_9af4_361d,
  ]
}

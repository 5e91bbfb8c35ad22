// Polynomials that elementary functions rest on: Chebyshev's interpolation in 240 bits, rounded to doubles. Even and odd
// powers are summed apart, so that two sums go on at once.

/// Polynomials, by what they stand for.
enum Polynomials {
  /// `(2 artanh s - 2s - ⅔s³)/s⁵` of z = s², s from 0 to 3 - 2√2.
  @inline(__always)
  static func logarithmRest(_ z: Double) -> Double {
    let y = z * z
    var even = 0x1.b95e5debc9477p-4
    even = even * y + 0x1.e1f8aa608e4ecp-4
    even = even * y + 0x1.3b13b1c327111p-3
    even = even * y + 0x1.c71c71c71d07cp-3
    even = even * y + 0x1.999999999999ap-2
    var odd = 0x1.ac3b374b048f0p-4
    odd = odd * y + 0x1.1110dda1ec271p-3
    odd = odd * y + 0x1.745d17450787dp-3
    odd = odd * y + 0x1.2492492492491p-2
    return even + z * odd
  }

  /// `(atan t - t)/t³` of z = t², |t| ≤ 7/16.
  @inline(__always)
  static func angle(_ z: Double) -> Double {
    let y = z * z
    var even = -0x1.0f54730d6c30ep-5
    even = even * y + -0x1.ab582fd05ec97p-5
    even = even * y + -0x1.110c9a0c8644ap-4
    even = even * y + -0x1.745d154ac3da3p-4
    even = even * y + -0x1.2492492485417p-3
    even = even * y + -0x1.5555555555555p-2
    var odd = 0x1.e3ddb8d3850abp-7
    odd = odd * y + 0x1.6ffb4e901f5dbp-5
    odd = odd * y + 0x1.e1704532a7e28p-5
    odd = odd * y + 0x1.3b1375a0eb258p-4
    odd = odd * y + 0x1.c71c71bd21787p-4
    odd = odd * y + 0x1.99999999998c4p-3
    return even + z * odd
  }
}

// Polynomials that elementary functions rest on: Chebyshev's interpolation in 240 bits, rounded to doubles. Even and odd
// powers are summed apart, so that two sums go on at once.

/// Polynomials, by what they stand for.
enum Polynomials {
  /// `(eʳ - 1 - r)/r²` for |r| ≤ ln 2 / 2.
  @inline(__always)
  static func exponential(_ r: Double) -> Double {
    let y = r * r
    var even = 0x1.1f7340dbc337ep-29
    even = even * y + 0x1.27e4db46cddd1p-22
    even = even * y + 0x1.a01a01a6e1e2ap-16
    even = even * y + 0x1.6c16c16c162c3p-10
    even = even * y + 0x1.5555555555556p-5
    even = even * y + 0x1.0000000000000p-1
    var odd = 0x1.af4e554377204p-26
    odd = odd * y + 0x1.71de01fdbf9cap-19
    odd = odd * y + 0x1.a01a01abf85abp-13
    odd = odd * y + 0x1.11111111100bep-7
    odd = odd * y + 0x1.5555555555557p-3
    return even + r * odd
  }

  /// `(2 artanh s - 2s)/s³` of z = s², s from 0 to 3 - 2√2.
  @inline(__always)
  static func logarithm(_ z: Double) -> Double {
    let y = z * z
    var even = 0x1.0fb77bcdefa76p-3
    even = even * y + 0x1.745cf7c1d5dafp-3
    even = even * y + 0x1.249249247513dp-2
    even = even * y + 0x1.5555555555555p-1
    var odd = 0x1.0c4d8297b1431p-3
    odd = odd * y + 0x1.3b1c79943fca2p-3
    odd = odd * y + 0x1.c71c7204621fep-3
    odd = odd * y + 0x1.9999999999a43p-2
    return even + z * odd
  }

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

  /// `(sin x - x)/x³` of z = x², |x| ≤ π/4.
  @inline(__always)
  static func sine(_ z: Double) -> Double {
    let y = z * z
    var even = -0x1.ab161790d481ep-41
    even = even * y + -0x1.ae64540f0c1bcp-26
    even = even * y + -0x1.a01a01a019926p-13
    even = even * y + -0x1.5555555555555p-3
    var odd = 0x1.61217c18c5ad8p-33
    odd = odd * y + 0x1.71de3a545e704p-19
    odd = odd * y + 0x1.1111111111110p-7
    return even + z * odd
  }

  /// `(cos x - 1 + x²/2)/x⁴` of z = x², |x| ≤ π/4.
  @inline(__always)
  static func cosine(_ z: Double) -> Double {
    let y = z * z
    var even = 0x1.ab76cfa136b4ap-45
    even = even * y + 0x1.1eed8de9efaa4p-29
    even = even * y + 0x1.a01a01a019d02p-16
    even = even * y + 0x1.5555555555555p-5
    var odd = -0x1.9394b76d752bfp-37
    odd = odd * y + -0x1.27e4fb7711e1fp-22
    odd = odd * y + -0x1.6c16c16c16c16p-10
    return even + z * odd
  }

  /// `erf(x)/x` of z = x², |x| < 0.85.
  @inline(__always)
  static func errorNear(_ z: Double) -> Double {
    let y = z * z
    var even = 0x1.e78ce74511f33p-27
    even = even * y + 0x1.b9c84aad92c94p-20
    even = even * y + 0x1.f9a31658993bep-14
    even = even * y + 0x1.565bcd0cbcf76p-8
    even = even * y + 0x1.ce2f21a042aa4p-4
    even = even * y + 0x1.20dd750429b6dp+0
    var odd = -0x1.e5d4a2f4facb1p-31
    odd = odd * y + -0x1.5e0ceca83a2b8p-23
    odd = odd * y + -0x1.f4d0a3d978b80p-17
    odd = odd * y + -0x1.c02db3963408fp-11
    odd = odd * y + -0x1.b82ce31280af9p-6
    odd = odd * y + -0x1.812746b0379e6p-2
    return even + z * odd
  }

  /// `(1 - erf x) eˣ²` of t = (x - 2)/(x + 2), x from 0.84 to 2.25.
  @inline(__always)
  static func errorMiddle(_ t: Double) -> Double {
    let y = t * t
    var even = -0x1.26fe5803777a1p-16
    even = even * y + 0x1.c4b0867bcb59cp-16
    even = even * y + 0x1.6d439b644a6f5p-15
    even = even * y + -0x1.bc25a2defdb7fp-11
    even = even * y + 0x1.e9471597d9235p-9
    even = even * y + 0x1.eeea7dc8a78a7p-3
    even = even * y + 0x1.058671b52c776p-2
    var odd = -0x1.ccd93ca491d7ep-19
    odd = odd * y + -0x1.ebcca993dfbacp-16
    odd = odd * y + 0x1.6d6f0139fb2f4p-13
    odd = odd * y + -0x1.016b669059d74p-10
    odd = odd * y + 0x1.ca95ed5a4e759p-8
    odd = odd * y + -0x1.437f0b68c0fe6p-4
    odd = odd * y + -0x1.b57034efd3f72p-2
    return even + t * odd
  }

  /// `(1 - erf x) eˣ²` of t = (x - 2)/(x + 2), x from 2.25 to 6.
  @inline(__always)
  static func errorFar(_ t: Double) -> Double {
    let y = t * t
    var even = -0x1.b67a92ee26881p-16
    even = even * y + 0x1.a8001d4106ce9p-16
    even = even * y + 0x1.6fb7d03e4d55cp-15
    even = even * y + -0x1.bc20c03b74f86p-11
    even = even * y + 0x1.e9471c06fc3efp-9
    even = even * y + 0x1.eeea7dc8c1e8ap-3
    even = even * y + 0x1.058671b52c78ap-2
    var odd = 0x1.a008ef174efd5p-17
    odd = odd * y + -0x1.54c83fff3511ep-16
    odd = odd * y + 0x1.6dc3ef29817e2p-13
    odd = odd * y + -0x1.017484e0d6068p-10
    odd = odd * y + 0x1.ca95d20b2bbbbp-8
    odd = odd * y + -0x1.437f0b6cd299bp-4
    odd = odd * y + -0x1.b57034efd4599p-2
    return even + t * odd
  }
}

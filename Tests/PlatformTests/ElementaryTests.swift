// Elementary functions beside values of 300 bits, rounded.
import Foundation
import Platform
import Testing

struct ElementaryTests {
  /// Name, argument, the nearest double to the true value, and a power's exponent; all as bits.
  private static let table: [[Substring]] = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "elementary.txt")
    let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").map { $0.split(separator: " ") }
  }()

  private static let functions: [String: @Sendable (Double) -> Double] = [
    "exp": { Elementary.exp($0) }, "expm1": { Elementary.expm1($0) },
    "tanh": { Elementary.tanh($0) }, "log": { Elementary.log($0) },
    "log1p": { Elementary.log1p($0) }, "log10": { Elementary.log10($0) },
    "sin": { Elementary.sin($0) }, "cos": { Elementary.cos($0) }, "erf": { Elementary.erf($0) },
    "tan": { Elementary.tan($0) }, "atan": { Elementary.atan($0) },
    "asin": { Elementary.asin($0) }, "acos": { Elementary.acos($0) },
    "sinh": { Elementary.sinh($0) }, "cosh": { Elementary.cosh($0) },
    "asinh": { Elementary.asinh($0) }, "acosh": { Elementary.acosh($0) },
    "atanh": { Elementary.atanh($0) }, "log2": { Elementary.log2($0) },
    "erfinv": { Elementary.erfinv($0) },
  ]

  private static func number(_ bits: Substring) throws -> Double {
    Double(bitPattern: try #require(UInt64(bits, radix: 16)))
  }

  @Test func withinTheirUnitsInTheLastPlace() throws {
    #expect(Self.table.count > 300)
    for row in Self.table {
      let name = String(row[0])
      let (x, wanted) = (try Self.number(row[1]), try Self.number(row[2]))
      let found: Double
      if name == "pow" {
        found = Elementary.pow(x, try Self.number(row[3]))
      } else {
        let function = try #require(Self.functions[name])
        found = function(x)
      }
      // The nearest double is within half a unit of the truth.
      let isFine = ["exp", "log", "log1p", "sin", "cos"].contains(name)
      #expect(abs(found - wanted) <= (isFine ? 1 : 2) * wanted.ulp, "\(name)(\(x))")
    }
  }

  @Test func valuesAtTheEdges() {
    let (inf, nan, zero) = (Double.infinity, Double.nan, -0.0)
    #expect(Elementary.exp(710) == inf && Elementary.exp(-746) == 0 && Elementary.exp(nan).isNaN)
    #expect(Elementary.exp(-745) == 0x1p-1074 && Elementary.exp(0) == 1)
    #expect(Elementary.expm1(zero).sign == .minus && Elementary.expm1(-50) == -1)
    #expect(Elementary.expm1(inf) == inf && Elementary.expm1(-inf) == -1)
    #expect(Elementary.log(0) == -inf && Elementary.log(-1).isNaN && Elementary.log(1) == 0)
    #expect(
      Elementary.log(inf) == inf && abs(Elementary.log(0x1p-1074) + 744.4400719213812) < 1e-12)
    #expect(Elementary.log1p(-1) == -inf && Elementary.log1p(-2).isNaN)
    #expect(Elementary.tanh(50) == 1 && Elementary.tanh(-inf) == -1 && Elementary.tanh(nan).isNaN)
    #expect(Elementary.tanh(zero).sign == .minus && Elementary.sin(zero).sign == .minus)
    #expect(Elementary.erf(7) == 1 && Elementary.erf(-inf) == -1 && Elementary.erf(0) == 0)
    #expect(Elementary.sin(inf).isNaN && Elementary.cos(nan).isNaN && Elementary.cos(0) == 1)
    for k in -22...22 {
      let power = Double("1e\(k)") ?? 0
      #expect(Elementary.log10(power) == Double(k))
    }
  }

  @Test func powersAtTheEdges() {
    // Of C99: base, exponent, what comes out.
    let (inf, nan) = (Double.infinity, Double.nan)
    let cases: [(Double, Double, Double)] = [
      (nan, 0, 1), (1, nan, 1), (nan, 1, nan), (2, nan, nan), (-2, 3, -8), (-2, 2, 4),
      (-2, 0.5, nan),
      (0, 3, 0), (0, -3, inf), (0, -2, inf), (inf, 2, inf), (inf, -2, 0), (-inf, 3, -inf),
      (-inf, -3, 0), (0.5, inf, 0), (0.5, -inf, inf), (2, inf, inf), (-1, inf, 1), (2, 1024, inf),
      (2, -1075, 0), (2, -1074, 0x1p-1074), (10, 3, 1000), (4, 0.5, 2), (1e300, 1e300, inf),
    ]
    for (x, y, wanted) in cases {
      let found = Elementary.pow(x, y)
      #expect(found == wanted || found.isNaN && wanted.isNaN, "\(x)^\(y): \(found)")
    }
    #expect(Elementary.pow(-0.0, 3).sign == .minus && Elementary.pow(-0.0, -3) == -inf)
  }
}

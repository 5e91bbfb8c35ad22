// Matrix products beside three loops: the same bits.
import Platform
import Testing

struct ProductTests {
  private static func draw(_ count: Int, _ state: inout UInt64) -> [Double] {
    (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(Int64(bitPattern: state) >> 11) * 0x1p-50
    }
  }

  /// What is asked of a product: each sum in the order of k, from what C holds or from 0.
  private static func plain(
    _ a: [Double], _ turnsA: Bool, _ b: [Double], _ turnsB: Bool, _ c: [Double], _ adding: Bool,
    _ m: Int, _ k: Int, _ n: Int
  ) -> [Double] {
    var c = c
    for i in 0..<m {
      for j in 0..<n {
        var sum = adding ? c[i * n + j] : 0
        for p in 0..<k {
          sum += a[turnsA ? p * m + i : i * k + p] * b[turnsB ? j * k + p : p * n + j]
        }
        c[i * n + j] = sum
      }
    }
    return c
  }

  @Test(arguments: [false, true], [false, true]) func sameBitsAsThreeLoops(
    _ turnsA: Bool, _ turnsB: Bool
  ) {
    var state: UInt64 = 7
    let shapes =
      (0..<6).flatMap { m in (0..<6).flatMap { k in (0..<6).map { n in (m, k, n) } } }
      + [(1, 2, 16), (32, 2, 16), (17, 33, 9), (64, 10, 3), (1, 40, 70), (70, 40, 1), (20, 23, 25)]
    for (m, k, n) in shapes {
      let (a, b) = (Self.draw(m * k, &state), Self.draw(k * n, &state))
      let before = Self.draw(m * n, &state)
      for adding in [false, true] {
        let wanted = Self.plain(a, turnsA, b, turnsB, before, adding, m, k, n)
        // One more, as an empty array has no address.
        var (c, x, y) = (before + [0], a + [0], b + [0])
        MatrixProduct.run(&x, turnsA ? m : nil, &y, turnsB, &c, adding: adding, m, k, n)
        #expect(Array(c.dropLast()) == wanted, "\(m)×\(k)×\(n) \(turnsA) \(turnsB) \(adding)")
      }
    }
  }

  @Test func whatIsNoNumberGoesThrough() {
    var (a, b, c): ([Double], [Double], [Double]) = ([0, .infinity, 1, .nan], [1, 2], [0, 0])
    MatrixProduct.run(&a, nil, &b, true, &c, adding: false, 2, 2, 1)
    #expect(c[0] == .infinity && c[1].isNaN)
  }
}

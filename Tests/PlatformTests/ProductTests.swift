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

  /// What sums begin with.
  enum Start: CaseIterable { case zero, held, row }

  /// What is asked of a product: each sum in the order of k.
  private static func plain<T: FloatingPoint>(
    _ a: [T], _ turnsA: Bool, _ b: [T], _ turnsB: Bool, _ first: (_ i: Int, _ j: Int) -> T,
    _ m: Int, _ k: Int, _ n: Int
  ) -> [T] {
    var c: [T] = []
    for i in 0..<m {
      for j in 0..<n {
        var sum = first(i, j)
        for p in 0..<k {
          sum += a[turnsA ? p * m + i : i * k + p] * b[turnsB ? j * k + p : p * n + j]
        }
        c.append(sum)
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
      // Several panels, of which only the first begins with what was given.
      + [(9, 130, 40), (40, 130, 70), (33, 260, 35)]
    for (m, k, n) in shapes {
      let (a, b) = (Self.draw(m * k, &state), Self.draw(k * n, &state))
      let (held, row) = (Self.draw(m * n, &state), Self.draw(n, &state))
      for start in Start.allCases {
        let label = "\(m)×\(k)×\(n) \(turnsA) \(turnsB) \(start)"
        check(label, start, a, turnsA, b, turnsB, held, row, m, k, n) {
          MatrixProduct.run($0, turnsA ? m : nil, $1, turnsB, $2, from: $3, m, k, n)
        }
        let singles = [a, b, held, row].map { $0.map(Float.init) }
        check(
          label, start, singles[0], turnsA, singles[1], turnsB, singles[2], singles[3], m, k, n
        ) { MatrixProduct.run($0, turnsA ? m : nil, $1, turnsB, $2, from: $3, m, k, n) }
      }
    }
  }

  /// Holds a product beside three loops.
  /// - Parameters:
  ///   - held: what C holds before.
  ///   - row: what rows may begin with.
  private func check<T: FloatingPoint>(
    _ label: String, _ start: Start, _ a: [T], _ turnsA: Bool, _ b: [T], _ turnsB: Bool,
    _ held: [T],
    _ row: [T], _ m: Int, _ k: Int, _ n: Int,
    _ multiply: (UnsafePointer<T>, UnsafePointer<T>, UnsafeMutablePointer<T>, UnsafePointer<T>?) ->
      Void
  ) {
    // One more, as an empty array has no address.
    var (c, a, b, row) = (held + [0], a + [0], b + [0], row + [0])
    c.withUnsafeMutableBufferPointer { c in
      guard let c = c.baseAddress else { return }
      row.withUnsafeMutableBufferPointer { row in
        let rowStart = row.baseAddress.map { UnsafePointer($0) }
        multiply(&a, &b, c, start == .zero ? nil : start == .held ? UnsafePointer(c) : rowStart)
      }
    }
    let wanted = Self.plain(
      a, turnsA, b, turnsB,
      { i, j in start == .zero ? 0 : start == .held ? held[i * n + j] : row[j] }, m, k, n)
    #expect(Array(c.dropLast()) == wanted, "\(label)")
  }

  @Test func whatIsNoNumberGoesThrough() {
    var (a, b, c): ([Double], [Double], [Double]) = ([0, .infinity, 1, .nan], [1, 2], [0, 0])
    MatrixProduct.run(&a, nil, &b, true, &c, from: nil, 2, 2, 1)
    #expect(c[0] == .infinity && c[1].isNaN)
  }
}

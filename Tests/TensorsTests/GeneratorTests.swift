import Glibc
import Tensors
import Testing

/// Normal numbers are PyTorch's. The sums are of torch 2.13 on x86-64, the count for a seed; they were made
/// by `torch.empty(count).normal_(mean, deviation)` and FNV-1a over the bits of each number.
@Suite struct GeneratorTests {
  private static func sum(_ bits: [UInt64]) -> UInt64 {
    bits.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ $1) &* 0x100_0000_01b3 }
  }

  #if arch(x86_64)
    @Test(
      arguments: [
        (15, 0, 1, 0x8ed8_904f_46d1_ecb1),
        (15, 10, 2, 0x1e9e_b233_21e9_779b),
        (15, 0.3, 0.7, 0x40f0_c615_edd5_3f3f),
        (16, 0, 1, 0x2727_0ede_c476_b97e),
        (16, 10, 2, 0xf31a_5875_4cf2_382b),
        (16, 0.3, 0.7, 0xa4cf_25f0_b521_37d5),
        (17, 0, 1, 0xb135_1fc2_f730_aaca),
        (17, 10, 2, 0xd052_a700_c854_7f4a),
        (17, 0.3, 0.7, 0xdc3f_7735_2518_4a5a),
        (31, 0, 1, 0xeb3d_4fe9_7957_d822),
        (31, 10, 2, 0x7e1b_dc52_740a_e266),
        (31, 0.3, 0.7, 0xcebe_af19_4d1a_57b6),
        (1000, 0, 1, 0x759f_c8c8_eaa2_ece6),
        (1000, 10, 2, 0xdeaf_f69b_91c9_9929),
        (1000, 0.3, 0.7, 0x70b6_524d_c408_d80c),
        (20001, 0, 1, 0x2180_ba36_98e8_4ea6),
        (20001, 10, 2, 0x1d38_3443_e2ae_fb61),
        (20001, 0.3, 0.7, 0xa636_ff75_196f_8f23),
      ] as [(Int, Double, Double, UInt64)])
    func floatsHavePyTorchsBits(_ count: Int, _ mean: Double, _ deviation: Double, _ sum: UInt64) {
      var generator = Generator(seed: UInt64(count))
      let numbers = generator.normals(count, .float32, mean: mean, deviation: deviation)
      #expect(Self.sum(numbers.map { UInt64(Float($0).bitPattern) }) == sum)
    }
  #endif

  @Test(
    arguments: [
      (5, 0x47cf_63fd_b643_7cb4),
      (16, 0x87e9_2166_5bd9_9116),
      (1000, 0x7dfc_9bd9_6075_d168),
    ] as [(Int, UInt64)])
  func doublesArePyTorchsButForTheLastBits(_ count: Int, _ sum: UInt64) {
    // PyTorch takes logarithm, sine and cosine of doubles from the C library; a page has no such thing, and its
    // numbers are to be the program's.
    var uniform = Generator(seed: UInt64(count))
    let theirs = Self.normalsOfTheCLibrary(count, &uniform)
    #expect(Self.sum(theirs.map(\.bitPattern)) == sum)
    var generator = Generator(seed: UInt64(count))
    for (x, y) in zip(generator.normals(count, .float64), theirs) {
      #expect(abs(x - y) <= 3 * y.ulp)
    }
  }

  /// Box and Muller's transform as PyTorch has it: in blocks of 16, the last 16 drawn anew, or in pairs.
  private static func normalsOfTheCLibrary(_ count: Int, _ generator: inout Generator) -> [Double] {
    func pair(_ u: Double, _ angle: Double) -> (Double, Double) {
      let radius = (-2 * (count < 16 ? log1p(-u) : log(1 - u))).squareRoot()
      return (radius * cos(2 * .pi * angle), radius * sin(2 * .pi * angle))
    }
    guard count >= 16 else {
      let pairs = (0..<(count + 1) / 2).map { _ in
        let (angle, u) = (generator.uniform(.float64), generator.uniform(.float64))
        return pair(u, angle)
      }
      return Array(pairs.flatMap { [$0.0, $0.1] }.prefix(count))
    }
    func blocks(_ count: Int) -> [Double] {
      var x = (0..<count).map { _ in generator.uniform(.float64) }
      for start in stride(from: 0, through: count - 16, by: 16) {
        for i in start..<start + 8 { (x[i], x[i + 8]) = pair(x[i], x[i + 8]) }
      }
      return x
    }
    var x = blocks(count)
    if count % 16 != 0 { x[(count - 16)...] = blocks(16)[...] }
    return x
  }

  /// After a draw both streams stand at the same place.
  @Test(arguments: [15, 16, 17, 33]) func aDrawTakesAsMuchAsPyTorchs(_ count: Int) {
    var generator = Generator(seed: 3)
    _ = generator.normals(count, .float32)
    let next =
      [
        15: 0.13936209678649902, 16: 0.17560523748397827, 17: 0.051551878452301025,
        33: 0.9623028635978699,
      ] as [Int: Double]
    #expect(generator.uniform(.float32) == next[count])
  }
}

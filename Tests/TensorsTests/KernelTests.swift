// Loops in C: the same bits at every width of vectors, and the functions that they are said to be.
import CPlatform
import Platform
import Testing

@testable import Tensors

@Suite struct KernelTests {
  /// Every size of number, both signs, and what is no number; the length is no multiple of any vector's.
  private static let numbers: [Double] = {
    var random = SystemlikeRandom(state: 7)
    let special: [Double] = [
      0, -0.0, 1, -1, .infinity, -.infinity, .nan, 0x1p-1074, -0x1p-1030, 0x1p-149, 1e-30, 88.7, 89,
      -87.4, -103.9, 709.8, -745.2, 0x1p19, 0x1p21, 1e22, -1e300, 20, -20, 0.41, -0.29, 0.625, 3.92,
    ]
    let plain = (0..<150).map { _ in (random.unit() - 0.5) * 12 }
    let wide = (0..<150).map { _ in Double(bitPattern: random.next()) }
    return special + plain + wide
  }()

  private struct SystemlikeRandom {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ (state >> 29)
    }
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
  }

  private static func bits<E: Element>(_ x: [E]) -> [UInt64] {
    // A nan is a nan, whatever else its bits say.
    x.map { $0.isNaN ? .max : Double($0).bitPattern }
  }

  /// What `body` gives with vectors of 64, 32 and 16 bytes, as far as the processor has them.
  private static func atEachWidth<Result>(_ body: () -> Result) -> [Result] {
    defer { nnrepl_use_vectors(64) }
    return [64, 32, 16].map { bytes in
      nnrepl_use_vectors(bytes)
      return body()
    }
  }

  private static func same<E: Element>(_: E.Type, _ name: String, _ run: ([E]) -> [E]) {
    let x: [E] = numbers.map { (number: Double) in E(number) }
    let results = atEachWidth { bits(run(x)) }
    #expect(results[1] == results[0], "\(name) with vectors of 32 bytes, \(E.self)")
    #expect(results[2] == results[0], "\(name) with vectors of 16 bytes, \(E.self)")
  }

  @Test func functionsOfOneNumberHaveTheSameBitsAtEveryWidth() {
    for f in NNREPL_NEGATE.rawValue...NNREPL_COPY.rawValue {
      func run<E: Element>(_ x: [E]) -> [E] {
        var z = x
        nnrepl_map(E.layout, nnrepl_map_function(rawValue: f), x.count, &z, x, 0.5, 20)
        return z
      }
      Self.same(Double.self, "function \(f)") { run($0) }
      Self.same(Float.self, "function \(f)") { run($0) }
    }
  }

  @Test(arguments: [(1, 1), (1, 0), (0, 1)])
  func functionsOfTwoNumbersHaveTheSameBitsAtEveryWidth(_ xStep: Int, _ yStep: Int) {
    for f in NNREPL_ADD.rawValue...NNREPL_HARDSWISH_SLOPE.rawValue {
      func run<E: Element>(_ x: [E]) -> [E] {
        var z = x
        nnrepl_zip(
          E.layout, nnrepl_zip_function(rawValue: f), x.count, &z, x, xStep,
          Array(x.reversed()), yStep)
        return z
      }
      Self.same(Double.self, "function \(f)") { run($0) }
      Self.same(Float.self, "function \(f)") { run($0) }
    }
  }

  /// Loops that threads share have the bits of short ones, and tell of the same numbers that are not finite.
  @Test func sharedLoopsHaveTheBitsOfShortOnes() {
    let (count, part) = (1_200_011, 100_000)
    func check<E: Element>(_: E.Type) {
      var random = SystemlikeRandom(state: 11)
      let x = (0..<count).map { _ in E((random.unit() - 0.5) * 12) }
      let y = Array(x.reversed())
      var odd = x
      odd[1_050_000] = .infinity
      for f in [NNREPL_EXP, NNREPL_TANH, NNREPL_RELU, NNREPL_NEGATE, NNREPL_GELU] {
        for x in [x, odd] {
          var (whole, parts) = (x, x)
          let isFinite = nnrepl_map(E.layout, f, count, &whole, x, 0.5, 20)
          var areFinite: Int32 = 1
          for start in stride(from: 0, to: count, by: part) {
            let some = Array(x[start..<min(start + part, count)])
            var z = some
            if nnrepl_map(E.layout, f, some.count, &z, some, 0.5, 20) == 0 { areFinite = 0 }
            parts.replaceSubrange(start..<start + some.count, with: z)
          }
          #expect(Self.bits(whole) == Self.bits(parts), "function \(f), \(E.self)")
          #expect((isFinite != 0) == (areFinite != 0), "function \(f), \(E.self)")
        }
      }
      for (xStep, yStep) in [(1, 1), (1, 0), (0, 1)] {
        for f in [NNREPL_ADD, NNREPL_DIVIDE, NNREPL_LESS, NNREPL_TANH_SLOPE] {
          var (whole, parts) = (x, x)
          nnrepl_zip(E.layout, f, count, &whole, x, xStep, y, yStep)
          for start in stride(from: 0, to: count, by: part) {
            let range = start..<min(start + part, count)
            var z = Array(x[range])
            nnrepl_zip(
              E.layout, f, z.count, &z, xStep == 1 ? Array(x[range]) : x, xStep,
              yStep == 1 ? Array(y[range]) : y, yStep)
            parts.replaceSubrange(range, with: z)
          }
          #expect(Self.bits(whole) == Self.bits(parts), "function \(f), \(E.self)")
        }
      }
    }
    check(Double.self)
    check(Float.self)
  }

  /// Each piece is worked on once, also of what a piece asks for itself.
  @Test func piecesAreWorkedOnOnce() {
    let (pieces, within) = (200, 20)
    var counts = [Int32](repeating: 0, count: pieces * within)
    counts.withUnsafeMutableBufferPointer { counts in
      guard let start = counts.baseAddress else { return }
      for _ in 0..<50 {
        nnrepl_in_pieces(
          pieces,
          { context, piece in
            // A row of counts for each piece; one after another within it.
            let row = context.assumingMemoryBound(to: Int32.self) + piece * 20
            nnrepl_in_pieces(
              20, { $0.assumingMemoryBound(to: Int32.self)[$1] += 1 }, UnsafeMutableRawPointer(row))
          }, UnsafeMutableRawPointer(start))
      }
    }
    #expect(counts.allSatisfy { $0 == 50 })
  }

  @Test func choicesHaveTheSameBitsAtEveryWidth() {
    for f in NNREPL_LESS.rawValue...NNREPL_NOT_EQUAL.rawValue {
      func run<E: Element>(_ x: [E]) -> [E] {
        let y = Array(x.reversed())
        return [(1, 1, 1, 1), (1, 0, 0, 1), (0, 1, 1, 0)].flatMap { steps -> [E] in
          var z = x
          nnrepl_choose(
            E.layout, nnrepl_zip_function(rawValue: f), x.count, &z, x, steps.0, y, steps.1, y,
            steps.2, x, steps.3)
          return z
        }
      }
      Self.same(Double.self, "relation \(f)") { run($0) }
      Self.same(Float.self, "relation \(f)") { run($0) }
    }
  }

  /// Columns have the bits that the same numbers have as rows.
  @Test(arguments: [1, 15, 16, 33]) func softmaxOfColumnsIsThatOfRows(_ n: Int) throws {
    let x = try Tensor(
      (0..<n * 600).map { Double($0 * 7919 % 1000) / 70 - 6 }, shape: [n, 600], dtype: .float32)
    for (isLog, x) in [(false, x), (true, x), (false, try x.converted(to: .float64))] {
      let (columns, rows) = (
        try x.softmax(0, log: isLog), try x.transposed().softmax(1, log: isLog)
      )
      #expect(try columns.transposed().values == rows.values)
      let back = try columns.softmaxSlope(0, log: isLog, x)
      let slope = try rows.softmaxSlope(1, log: isLog, x.transposed())
      #expect(try back.transposed().values == slope.values)
    }
  }

  /// A part shares its memory until one of both is written.
  @Test func partsAreNotWrittenWithTheWhole() throws {
    var whole = try Tensor(filling: [4, 65_536], with: 2)
    let part = try whole.picked(whole.shape.selection([.at(1)]))
    var own = part
    try own.add(try Tensor(filling: [65_536], with: 1))
    #expect(own[7] == 3 && part[7] == 2 && whole[65_543] == 2)
    try whole.add(try Tensor(filling: [4, 65_536], with: 1))
    #expect(part[7] == 2 && whole[65_543] == 3 && own[7] == 3)
  }

  /// What was reshaped shares its memory with what it was made from until one of both is written, and none is told finite
  /// that is not.
  @Test func reshapedOnesAreNotWrittenTogether() throws {
    var whole = try Tensor(filling: [2, 3], with: 2)
    var other = try whole.reshaped(to: [6]).reshaped(to: [3, 2])
    #expect(whole.isFinite && other.isFinite)
    try other.add(try Tensor(filling: [3, 2], with: .infinity))
    #expect(other[0] == .infinity && whole[0] == 2 && whole.isFinite && !other.isFinite)
    let third = try other.reshaped(to: [6])
    try whole.add(try Tensor(filling: [2, 3], with: 1))
    #expect(whole[5] == 3 && other[5] == .infinity && !third.isFinite)
    other = try Tensor(filling: [1, 2], with: 1).reshaped(to: [2])
    try other.add(try Tensor(filling: [2], with: 1))
    #expect(other.values == [2, 2] && third[0] == .infinity)
  }

  /// A program's sum has the bits of the sum of what it makes, whatever is left over at the end.
  @Test(arguments: [4096, 5000, 70_013]) func aProgramsSumIsTheSum(_ count: Int) throws {
    for dtype in [DType.float32, .float64] {
      let x = try Tensor(
        (0..<count).map { Double($0 * 31 % 97) / 13 - 3 }, shape: Shape([count]), dtype: dtype)
      var program = BlockProgram()
      let (square, half) = (program.temporary(), program.temporary())
      program.add(.one(Kernel.square), [.vector(1)], to: square)
      program.add(.two(Kernel.multiply), [square, .number(0)], to: half)
      let sum = try Tensor.total(program.sharingBlocks(), [x], [Tensor(0.3)], like: x)
      let made = try x.map(Kernel.square) * Tensor(0.3, dtype: dtype)
      #expect(try sum[0] == made.sum([0])[0])
      program.add(.one(Kernel.copy), [half], to: .vector(0))
      program.fold()
      let computed = try Tensor.computed(program.sharingBlocks(), [x], [Tensor(0.3)], like: x)
      #expect(computed.values == made.values)
    }
  }

  /// Floats are summed in blocks, whose sums are added in double precision: a million of them lose no digits on the way.
  @Test func sumsOfManyFloatsDoNotDrift() throws {
    let (n, tenth) = (1 << 20, Double(Float(0.1)))
    let x = try Tensor(filling: [n], with: 0.1, dtype: .float32)
    let columns = try x.reshaped(to: [n / 2, 2])
    let ones = try Tensor(filling: [2], with: 1, dtype: .float32)
    let ramp = try Tensor(
      (0..<n).map { Double($0 % 2) }, shape: columns.shape, dtype: .float32)
    let cut = Channels(batch: [n / 4, 2, 2])
    let zero = try Tensor(filling: [2], with: 0, dtype: .float32)
    let back = try ramp.rowsNormalizedBack(2, eps: 0, ones, columns)
    var program = BlockProgram()
    program.add(.two(Kernel.multiply), [.vector(1), .number(0)], to: program.temporary())
    let dot = x.read { nnrepl_dot(NNREPL_F32, n, $0, $0) }
    let sums: [(String, Double, Double)] = try [
      ("sum", x.sum([0])[0], Double(n) * tenth),
      ("rows", x.reshaped(to: [2, n / 2]).sum([1])[1], Double(n / 2) * tenth),
      ("columns", columns.sum([0])[1], Double(n / 2) * tenth),
      ("middle", x.reshaped(to: [2, n / 4, 2]).sum([1])[3], Double(n / 4) * tenth),
      ("program", Tensor.total(program, [x], [Tensor(1)], like: x)[0], Double(n) * tenth),
      ("dot", dot, Double(n) * tenth * tenth),
      ("mean of channels", x.channelMoments(cut, eps: 0).mean[1], tenth),
      ("channels", x.channelSums(cut, x, mean: zero).plain[1], Double(n / 2) * tenth),
      (
        "slope of channels", x.channelSums(cut, x, mean: zero).weighted[0],
        Double(n / 2) * tenth * tenth
      ),
      ("bias of rows", #require(back).bias[1], Double(n / 2) * tenth),
      ("weight of rows", #require(back).weight[1], Double(n / 2) * tenth),
      ("log of sum", x.logSumExp([0])[0], tenth + Double.log(Double(n))),
      ("softmax", x.softmax(0, log: false)[5] * Double(n), 1),
      ("softmax of columns", columns.softmax(0, log: false)[5] * Double(n / 2), 1),
      (
        "softmax slope", x.softmaxSlope(0, log: true, x)[0], tenth - 1.105_170_9 * Double(n) * tenth
      ),
    ]
    for (name, sum, exact) in sums {
      #expect(Swift.abs(sum / exact - 1) < 1e-5, "\(name): \(sum), not \(exact)")
    }
  }

  @Test func floatsOfTwoAreWithinTheStatedUnits() {
    let numbers = Self.numbers.map { Float($0) }
    for x in numbers {
      for y in numbers {
        let found = (Kernel.power(x, y), Kernel.atan2(x, y))
        let truth = (
          Double.pow(Double(x), Double(y)), Elementary.atan2(Double(x), Double(y))
        )
        for (z, truth, units) in [(found.0, truth.0, 1.0), (found.1, truth.1, 2.0)] {
          if truth.isNaN || z.isNaN || Float(truth).isInfinite || z.isInfinite {
            // The plain powers overflow on the way to a quotient, as PyTorch's do.
            #expect(z.isNaN == truth.isNaN, "\(x), \(y): \(z), \(truth)")
          } else {
            let unit = Double(max(Swift.abs(Float(truth)).ulp, 0x1p-149))
            let isPlain = y == -2
            #expect(
              isPlain || Swift.abs(Double(z) - truth) <= units * unit,
              "\(x), \(y): \(z), not \(truth)")
          }
        }
      }
    }
  }

  @Test func foldsAndRowsHaveTheSameBitsAtEveryWidth() {
    let finite: ([Double]) -> [Double] = { $0.filter { abs($0) < 1e4 } }
    for f in NNREPL_SUM.rawValue...NNREPL_SUM_OF_POWERS.rawValue {
      func run<E: Element>(_ x: [E]) -> [E] {
        let tame: [E] = finite(x.map { Double($0) }).map { (number: Double) in E(number) }
        return [x, tame].map { (x: [E]) -> E in
          let folded: Double = nnrepl_fold(
            E.layout, nnrepl_fold_function(rawValue: f), x.count, x, 0.25)
          return E(folded)
        }
      }
      Self.same(Double.self, "fold \(f)") { run($0) }
      Self.same(Float.self, "fold \(f)") { run($0) }
    }
    func blocks<E: Element>(_ x: [E]) -> [E] {
      let tame: [E] = finite(x.map { Double($0) }).map { (number: Double) in E(number) }
      let many = (0..<3 * Int(NNREPL_BLOCK) + 5).map { tame[$0 % tame.count] }
      var sums = [E](repeating: 0, count: 7)
      nnrepl_add_rows(E.layout, many.count / 7, 7, &sums, many)
      return sums + [E(nnrepl_fold(E.layout, NNREPL_SUM, many.count, many, 0))]
        + [E(nnrepl_dot(E.layout, many.count, many, many))]
    }
    Self.same(Double.self, "blocks") { blocks($0) }
    Self.same(Float.self, "blocks") { blocks($0) }
    func rows<E: Element>(_ x: [E]) -> [E] {
      let x: [E] = finite(x.map { Double($0) }).map { (number: Double) in E(number) }
      let (rows, n) = (3, x.count / 3)
      var all: [E] = []
      for isLog: Int32 in [0, 1] {
        var (z, dx) = (x, x)
        for (outer, length, inner) in [(rows, n, 1), (1, n, rows), (1, rows, n)] {
          nnrepl_softmax(E.layout, outer, length, inner, &z, x, isLog)
          nnrepl_softmax_slope(E.layout, outer, length, inner, &dx, z, x, isLog)
          all += z + dx
        }
      }
      var (z, inverse, dx, sums) = (x, x, x, x)
      nnrepl_normalize(E.layout, rows, n, 1e-5, &z, &inverse, x)
      nnrepl_normalize_slope(E.layout, rows, n, &dx, z, inverse, x)
      nnrepl_add_rows(E.layout, rows, n, &sums, x)
      var product = x
      nnrepl_running_product(E.layout, 1, rows, n, &product, x)
      all += product
      nnrepl_running_product_slope(E.layout, rows, n, 1, &product, x, z)
      all += product
      nnrepl_product_of_others(E.layout, rows, n, &product, x)
      all += product
      nnrepl_share(E.layout, 1, rows, n, 1, &product, x, x, z)
      all += product
      nnrepl_normalize_back(E.layout, rows, n, 1e-5, &product, &sums, x, z, x, &dx)
      all += product + sums
      let cut = nnrepl_channels(outer: 1, channels: rows, inner: n)
      nnrepl_channel_sums(E.layout, NNREPL_CHANNEL_SLOPE, cut, &sums, x, inverse, dx)
      return all + z + dx + sums
    }
    Self.same(Double.self, "rows") { rows($0) }
    Self.same(Float.self, "rows") { rows($0) }
  }

  /// The elementary functions of doubles are held by PlatformTests; here those of floats against them.
  @Test func floatsAreWithinTheStatedUnits() {
    let functions: [(String, Double, (Float) -> Float, (Double) -> Double)] = [
      ("expm1", 1.5, { Float.expm1($0) }, { Elementary.expm1($0) }),
      ("exp", 1, { Float.exp($0) }, { Elementary.exp($0) }),
      ("log", 1, { Float.log($0) }, { Elementary.log($0) }),
      ("log1p", 1, { Float.log1p($0) }, { Elementary.log1p($0) }),
      ("tanh", 1.3, { Float.tanh($0) }, { Elementary.tanh($0) }),
      ("erf", 6, { Float.erf($0) }, { Elementary.erf($0) }),
    ]
    // One of every 2 million floats, and around the places where one formula follows on another.
    let walked = stride(from: UInt32(0), to: .max - 65_521, by: 65_521).map {
      Float(bitPattern: $0)
    }
    let seams: [Float] = [
      0.625, 0.41, -0.29, 3.92, 88.72, -103.97, -87.34, 1.414_213_5, 0.707_106_8,
    ]
    let near = seams.flatMap { seam in (-50...50).map { seam + Float($0) * seam.ulp } }
    for (name, units, float, double) in functions {
      for x in walked + near + Self.numbers.map({ Float($0) }) {
        let (z, truth) = (float(x), double(Double(x)))
        if truth.isNaN {
          #expect(z.isNaN, "\(name)(\(x))")
        } else if Swift.abs(truth) >= 0x1.ffffffp127 {
          #expect(Double(z) == (truth < 0 ? -.infinity : .infinity), "\(name)(\(x))")
        } else {
          let unit = Double(max(Swift.abs(Float(truth)).ulp, 0x1p-149))
          #expect(
            Swift.abs(Double(z) - truth) <= units * unit, "\(name)(\(x)) is \(z), not \(truth)")
        }
      }
    }
  }

  /// Places by a selection against the list of all its offsets, for axes of every kind and order.
  @Test func selectionsTakeWhatTheirOffsetsSay() throws {
    let shape: Shape = [3, 4, 5, 2]
    let x = try Tensor((0..<120).map(Double.init), shape: shape, dtype: .float32)
    var selections = [
      try shape.selection([.at(1), .slice(start: 1, stop: nil, step: 2)]),
      try shape.selection([.ellipsis, .newAxis, .at(-1)]),
      try shape.selection(rows: [2, 0, 2], shape: [3]),
      try shape.selection([.slice(start: 2, stop: 2, step: 1)]),
    ]
    for order in [
      [3, 2, 1, 0], [0, 2, 1, 3], [1, 0, 3, 2], [0, 1, 3, 2], [2, 3, 0, 1], [0, 1, 2, 3],
    ] {
      selections.append(shape.permutation(order))
    }
    for selection in selections {
      let picked = try x.picked(selection)
      #expect(picked.values == selection.offsets.map(Double.init))
      var back = [Double](repeating: 0, count: 120)
      for offset in selection.offsets { back[offset] += Double(offset) }
      #expect(try picked.spread(by: selection, into: shape).values == back)
    }
  }

  /// Convolutions and what they hand back against sums over all places, of whole numbers, which have no roundings; and of
  /// fractions the same bits at every width.
  @Test(arguments: [
    // Image, kernel, stride, padding, dilation.
    ([9, 14], [3, 3], [1, 1], [1, 1], [1, 1]), ([1, 40], [1, 3], [1, 1], [0, 1], [1, 1]),
    ([1, 41], [1, 4], [1, 3], [0, 2], [1, 2]), ([8, 8], [2, 2], [2, 2], [0, 0], [1, 1]),
    ([12, 11], [3, 2], [2, 3], [2, 1], [3, 2]), ([5, 5], [5, 5], [1, 1], [0, 0], [1, 1]),
    ([3, 4], [2, 3], [4, 6], [4, 3], [2, 4]), ([2, 2], [3, 3], [1, 1], [6, 5], [4, 5]),
    ([6, 7], [1, 1], [1, 1], [0, 0], [1, 1]), ([400, 40], [3, 3], [1, 1], [1, 1], [1, 1]),
  ])
  func convolutionsAreTheSumsThatTheySay(
    _ image: [Int], _ kernel: [Int], _ stride: [Int], _ padding: [Int], _ dilation: [Int]
  ) throws {
    let window = Window(size: kernel, stride: stride, padding: padding, dilation: dilation)
    let out = try window.outputs(of: image)
    // A large image goes in bands, whatever the channels.
    let kinds = image[0] > 100 ? [(1, 3, 2)] : [(1, 3, 19), (2, 2, 5), (3, 9, 1)]
    for (groups, channels, outputs) in kinds {
      let shapes = try [
        Shape([2, groups * channels] + image), Shape([groups * outputs, channels] + kernel),
        Shape([2, groups * outputs] + out),
      ]
      func made(_ dtype: DType, _ divisor: Double) throws -> [Tensor] {
        let whole = try shapes.map { shape in
          try Tensor(
            (0..<shape.count).map { Double($0 * 37 % 11 - 5) / divisor }, shape: shape, dtype: dtype
          )
        }
        return [
          try whole[0].convolved(whole[1], nil, window, groups: groups),
          try whole[2].convolvedBack(whole[1], window, groups: groups, into: shapes[0]),
          try whole[0].convolvedKernels(whole[2], window, groups: groups, into: shapes[1]),
        ]
      }
      let operands = shapes.map { (0..<$0.count).map { $0 * 37 % 11 - 5 } }
      var sums = [2, 0, 1].map { [Int](repeating: 0, count: shapes[$0].count) }
      for z in 0..<shapes[2].count {
        let at = shapes[2].indices(at: z)
        for c in 0..<channels {
          for i in 0..<kernel[0] {
            for j in 0..<kernel[1] {
              let y = at[2] * stride[0] - padding[0] + i * dilation[0]
              let x = at[3] * stride[1] - padding[1] + j * dilation[1]
              guard y >= 0, x >= 0, y < image[0], x < image[1] else { continue }
              let place = shapes[0].offset(of: [at[0], at[1] / outputs * channels + c, y, x])
              let tap = shapes[1].offset(of: [at[1], c, i, j])
              sums[0][z] += operands[0][place] * operands[1][tap]
              sums[1][place] += operands[2][z] * operands[1][tap]
              sums[2][tap] += operands[2][z] * operands[0][place]
            }
          }
        }
      }
      for dtype in [DType.float32, .float64] {
        let results = try made(dtype, 1).map { $0.values }
        #expect(results == sums.map { $0.map(Double.init) }, "\(groups) groups, \(dtype)")
        let widths = try [64, 32, 16].map { bytes in
          nnrepl_use_vectors(bytes)
          defer { nnrepl_use_vectors(64) }
          return try made(dtype, 7).map { $0.values }
        }
        #expect(widths[1] == widths[0] && widths[2] == widths[0], "\(groups) groups, \(dtype)")
      }
    }
  }

  /// A mask belongs to the axes that it stands for, also behind `...`.
  @Test func masksAreHeldAgainstTheirOwnAxes() throws {
    let columns = try Tensor([1, 0, 1], shape: [3], dtype: .bool)
    let wide: Shape = [2, 3]
    #expect(try wide.selection([.ellipsis, .mask(columns)]).offsets == [0, 2, 3, 5])
    let tall: Shape = [3, 2]
    #expect(throws: TensorError.self) { try tall.selection([.ellipsis, .mask(columns)]) }
    #expect(try tall.selection([.mask(columns), .ellipsis]).offsets == [0, 1, 4, 5])
  }

  /// A shift has more digits than a float: what it loses counts in the exponent.
  @Test func powersKeepTheDigitsOfTheirShift() {
    let x: [Float] = [1e8, 1e8]
    var z = x
    nnrepl_powers(NNREPL_F32, 2, &z, x, 1e8, Double.log(2), 1)
    #expect(z.allSatisfy { Swift.abs($0 - 0.5) < 1e-6 })
  }

  /// Sorting by digits against the standard library, with equal numbers, nan and both zeros.
  @Test(arguments: [1, 7, 32, 33, 400])
  func orderIsStableAndCountsNanAsLargest(_ count: Int) throws {
    let x = (0..<count).map { i in Self.numbers[(i * 31) % Self.numbers.count].rounded() }
    let zeros = x.map { $0 == 0 ? 0 : $0 }
    for isFalling in [false, true] {
      for dtype in [DType.float32, .float64] {
        let numbers = try Tensor(zeros, shape: [count], dtype: dtype)
        let order = try numbers.order(along: 0, falling: isFalling).values.map { Int($0) }
        let values = numbers.values
        let expected = (0..<count).sorted { a, b in
          let (p, q) = (values[a], values[b])
          if p.isNaN || q.isNaN {
            if p.isNaN, q.isNaN { return a < b }
            return isFalling ? p.isNaN : q.isNaN
          }
          return p == q ? a < b : isFalling ? p > q : p < q
        }
        #expect(order == expected)
      }
    }
  }
}

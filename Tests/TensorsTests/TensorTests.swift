import Tensors
import Testing

@Suite struct ShapeTests {
  @Test func broadcastingMatchesAxesFromTheLast() throws {
    #expect(try Shape([2, 3]).broadcast(with: [3]) == [2, 3])
    #expect(try Shape([4, 1]).broadcast(with: [3]) == [4, 3])
    #expect(throws: TensorError.notBroadcastable([2, 3], [2])) {
      try Shape([2, 3]).broadcast(with: [2])
    }
  }

  @Test func sizesThatOverflowAreRefused() {
    #expect(throws: TensorError.self) { try Shape([1 << 40, 1 << 40]) }
    #expect(throws: TensorError.negativeAxis([2, -1])) { try Shape([2, -1]) }
  }

  @Test(arguments: [
    [], [0], [7], [3, 4], [2, 3, 4], [1, 2, 3, 4], [2, 1, 3, 1, 2], [1, 1, 1, 1, 1, 1, 1, 2],
    [1 << 33, 0], [0, 1, 2, 3, 4, 5],
  ])
  func lengthsOfAnyNumberAreHeld(_ dims: [Int]) throws {
    let shape = try Shape(dims)
    #expect(shape.dims == dims && shape.rank == dims.count && shape.last == dims.last)
    #expect(shape.count == dims.reduce(1, *))
    for (axis, length) in dims.enumerated() { #expect(shape[axis] == length) }
    // Equal lists are one shape, others are not.
    #expect(try Shape(dims) == shape && Set([shape, Shape(dims)]).count == 1)
    #expect(try Shape(dims + [1]) != shape && Shape([1] + dims) != shape)
    #expect(Shape(rank: dims.count) { dims[$0] } == shape)
  }

  @Test func indicesAndOffsetsAreInverse() {
    let shape: Shape = [3, 4, 5]
    for offset in 0..<60 { #expect(shape.offset(of: shape.indices(at: offset)) == offset) }
  }
}

@Suite struct TensorTests {
  static func ramp(_ shape: Shape, _ dtype: DType = .float64) throws -> Tensor {
    try Tensor((0..<shape.count).map(Double.init), shape: shape, dtype: dtype)
  }

  @Test(arguments: [DType.float64, .float32])
  func elementwiseSumStretchesAxesOfLengthOne(_ dtype: DType) throws {
    let column = try Self.ramp([3, 1], dtype)
    let row = try Self.ramp([4], dtype)
    let sum = try column + row
    #expect(sum.shape == [3, 4])
    #expect(sum.values == [0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5])
    #expect(sum.dtype == dtype)
  }

  @Test func scalarsNeedNoBuffer() throws {
    let a = Tensor(2)
    #expect(a.rank == 0)
    #expect(try (a * Tensor(3)).item == 6)
  }

  @Test func permutingTwiceWithTheInverseGivesTheTensorBack() throws {
    let x = try Self.ramp([2, 3, 4])
    #expect(try x.permuted([2, 0, 1]).permuted([1, 2, 0]).values == x.values)
  }

  @Test func scatteringUndoesGatheringAndAddsRepeats() throws {
    let x = try Self.ramp([4])
    let places = try Selection(offsets: [3, 3, 1], of: x.shape, shape: [3])
    let picked = try x.picked(places)
    #expect(picked.values == [3, 3, 1])
    #expect(try picked.spread(by: places, into: [4]).values == [0, 1, 0, 6])
  }

  @Test func sumOverLeadingAndTrailingAxesAgree() throws {
    let x = try Self.ramp([3, 4])
    #expect(try x.sum([0]).values == [12, 15, 18, 21])
    #expect(try x.sum([1]).values == [6, 22, 38])
    #expect(try x.sum([0, 1]).item == 66)
  }

  @Test func productOfMatricesFollowsTheDefinition() throws {
    let (a, b) = (try Self.ramp([2, 3]), try Self.ramp([3, 2]))
    #expect(try a.matmul(b).values == [10, 13, 28, 40])
    #expect(throws: TensorError.notMultipliable([2, 3], [2, 3])) { try a.matmul(a) }
  }

  @Test func hugeTensorsAreRefusedBeforeAllocation() {
    #expect(throws: TensorError.self) { try Tensor(filling: Shape([1_000_000_000]), with: 0) }
  }

  @Test func masksAndListsPickInOrder() throws {
    let shape: Shape = [2, 3]
    let rows = try Tensor([1, 0], shape: [2], dtype: .int64)
    #expect(try shape.selection([.list(rows), .at(2)]).offsets == [5, 2])
    #expect(throws: TensorError.indexOutOfRange(3, axis: 1, length: 3)) {
      try shape.selection([.at(0), .at(3)])
    }
  }
}

@Suite struct NumberFormatTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let number: Double
    let text: String
    var testDescription: String { text }
  }

  static let cases: [Case] = [
    Case(number: -0.0, text: "0"), Case(number: 0.13010847436299, text: "0.1301"),
    Case(number: -1.7397830512740, text: "-1.74"), Case(number: 1.52e-11, text: "1.52e-11"),
    Case(number: 138.8338, text: "138.8"), Case(number: 24705.53, text: "24705.5"),
    Case(number: 1e20, text: "1e20"), Case(number: 3, text: "3"),
    Case(number: 0.00012345, text: "0.0001234"), Case(number: .nan, text: "nan"),
    Case(number: -.infinity, text: "-inf"), Case(number: 0.99999, text: "1.0000"),
    Case(number: 0.1 * 3, text: "0.3"),
  ]

  @Test(arguments: cases) func showsFourSignificantDigits(_ sample: Case) {
    #expect(NumberFormat()(sample.number) == sample.text)
  }

  @Test func foldsTheMiddleOfWideTensors() throws {
    let wide = try Tensor(filling: [100, 100], with: 1).text()
    #expect(wide.contains("…"))
    #expect(wide.count < 400)
  }
}

/// Copies that are made when they are needed: whoever reads them where they lie gets what they hold.
@Suite struct LaterCopyTests {
  /// Columns, rows by steps, another order of axes, a row for each of many: with long rows, all of them.
  private static let copies: [@Sendable (Tensor) throws -> Tensor] = [
    {
      try $0.picked(
        $0.shape.selection([
          .slice(start: nil, stop: nil, step: 1), .slice(start: 20, stop: 90, step: 1),
        ]))
    },
    { try $0.picked($0.shape.selection([.slice(start: 1, stop: nil, step: 3)])) },
    { try $0.reshaped(to: [4, 60, 100]).permuted([1, 0, 2]) },
    { try $0.picked($0.shape.selection([.at(7)])).expanded(to: [60, 100]) },
  ]

  @Test(arguments: [DType.float64, .float32], copies.indices)
  func readWhereTheyLieTheyAreTheSame(_ dtype: DType, _ kind: Int) throws {
    let x = try TensorTests.ramp([240, 100], dtype)
    let make = Self.copies[kind]
    let made = try make(x)
    // Whoever asks for the numbers has them made.
    let whole = try Tensor(make(x).values, shape: made.shape, dtype: dtype)
    let other = try TensorTests.ramp(made.shape, dtype)
    let uses: [(Tensor) throws -> Tensor] = [
      { try $0 * Tensor(3, dtype: dtype) }, { try Tensor(3, dtype: dtype) - $0 },
      { try $0 - other }, { try other - $0 }, { try $0 * make(x) },
      { try $0.compared(.less, to: other) },
      {
        try $0
          + Tensor(
            Array(other.values.suffix(other.shape.last ?? 0)), shape: [other.shape.last ?? 0],
            dtype: dtype)
      },
      { try $0.map(Kernel.negate) }, { try $0.sum([0]) }, { try $0.reshaped(to: [made.count]) },
      { try $0.permuted(Array((0..<made.rank).reversed())) * Tensor(2, dtype: dtype) },
    ]
    for use in uses {
      let (a, b) = (try use(make(x)), try use(whole))
      #expect(a.shape == b.shape && a.dtype == b.dtype && a.values == b.values)
    }
  }

  @Test func whatComesAfterDoesNotReachThem() throws {
    var x = try TensorTests.ramp([240, 100])
    let copies = try Self.copies.map { try $0(x) }
    let expected = try Self.copies.map { try $0(TensorTests.ramp([240, 100])).values }
    try x.set(Tensor(filling: [240, 100], with: -1), at: x.shape.selection([]))
    #expect(x.values.allSatisfy { $0 == -1 })
    #expect(copies.map(\.values) == expected)
    // One that is changed itself before anybody has read it.
    var part = try Self.copies[0](TensorTests.ramp([240, 100]))
    try part.set(Tensor(filling: [70], with: 5), at: part.shape.selection([.at(0)]))
    #expect(Array(part.values.prefix(71)) == [Double](repeating: 5, count: 70) + [120])
  }

  @Test func chainsOfThemHaveNoDepth() throws {
    var x = try TensorTests.ramp([2, 32, 64])
    for _ in 0..<20_000 { x = try x.permuted([1, 0, 2]).reshaped(to: [2, 32, 64]) }
    #expect(Set(x.values).count == 4096)
  }
}

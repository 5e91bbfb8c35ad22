// Where ops are smooth: operands and settings for gradient checks, for help and for the sweeps of the tests.
import Tensors

/// Operands on which an op is smooth, and the settings to try it with.
package struct Sample: Sendable {
  package let inputs: [Tensor]
  package let attributes: Attributes

  package init(_ inputs: [Tensor], _ attributes: (String, Attribute)...) {
    self.inputs = inputs
    self.attributes = Attributes(attributes)
  }

  package init(_ inputs: [Tensor], _ attributes: Attributes) {
    self.inputs = inputs
    self.attributes = attributes
  }

  /// The same with one more setting.
  func with(_ name: String, _ value: Attribute) -> Sample {
    var more = attributes
    more.set(name, value)
    return Sample(inputs, more)
  }

  // MARK: Numbers

  static func tensor(_ values: [Double], _ shape: Shape, _ dtype: DType = .float64) -> Tensor {
    (try? Tensor(values, shape: shape, dtype: dtype)) ?? Tensor(0)
  }

  /// Distinct numbers between `low` and `high`, in an order without pattern: off every kink, no ties.
  static func spread(_ shape: Shape, _ low: Double = -1.4, _ high: Double = 1.7) -> Tensor {
    let n = max(shape.count, 1)
    // 7 and 11 share no factor with most counts, so that every place is met once.
    let stride = n % 7 != 0 ? 7 : n % 11 != 0 ? 11 : 13
    let values = (0..<shape.count).map { i -> Double in
      let share = (Double((i * stride + 3) % n) + 0.37) / Double(n)
      return low + (high - low) * share
    }
    return tensor(values, shape)
  }

  static func positive(_ shape: Shape) -> Tensor { spread(shape, 0.31, 1.6) }
  static func chances(_ shape: Shape) -> Tensor { spread(shape, 0.12, 0.9) }
  static func whole(_ values: [Double], _ shape: Shape) -> Tensor { tensor(values, shape, .int64) }

  static let shapes: [Shape] = [[], [3], [2, 3], [2, 1, 3], [2, 2, 1, 3]]

  static let unary = shapes.map { Sample([spread($0)]) }
  static let unaryPositive = shapes.map { Sample([positive($0)]) }

  /// Two operands, equal in shape or stretched either way.
  static let binary = pairs { ($0, $1) }

  static func pairs(_ make: (Tensor, Tensor) -> (Tensor, Tensor)) -> [Sample] {
    let shapes: [(Shape, Shape)] = [
      ([], []), ([3], [3]), ([2, 3], [3]), ([3], [2, 3]), ([2, 3], []), ([], [2, 3]),
      ([2, 1, 3], [1, 2, 1]), ([2, 2, 1, 3], [2, 1, 1]),
    ]
    return shapes.map { a, b in
      let (x, y) = make(positive(a), spread(b, 0.42, 1.9))
      return Sample([x, y])
    }
  }

  /// Every rank, each axis, several axes, all of them; the axes kept or not.
  static func folds(_ make: (Shape) -> Tensor = { spread($0) }, several: Bool = true) -> [Sample] {
    shapes.flatMap { shape -> [Sample] in
      let x = make(shape)
      var found = [Sample([x])]
      for axis in 0..<shape.rank {
        found.append(Sample([x], ("dim", .ints([axis]))))
        found.append(Sample([x], ("dim", .ints([axis - shape.rank])), ("keepdim", .flag(true))))
      }
      if shape.rank > 1, several {
        found.append(Sample([x], ("dim", .ints([0, -1]))))
        found.append(Sample([x], ("dim", .ints([0, 1])), ("keepdim", .flag(true))))
      }
      return found
    }
  }

  /// Every rank and each axis, one at a time.
  static func alongAxes(_ make: (Shape) -> Tensor = { spread($0) }) -> [Sample] {
    shapes.flatMap { shape -> [Sample] in
      (0..<max(1, shape.rank)).map { Sample([make(shape)], ("dim", .ints([$0]))) }
    }
  }
}

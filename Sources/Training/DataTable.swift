// Tables of samples: read from CSV, or made up for practice.
import Platform
import Tensors

/// Samples as rows of features, each with a target.
package struct DataTable: Sendable {
  package var features: [String]
  /// Names of the classes, if the targets are classes; label k is the k-th.
  package var classes: [String]
  /// Row-major `[samples, features]`.
  package var values: [Double]
  package var targets: [Double]
  /// What stood between the fields of a file, where it was no comma.
  package private(set) var oddSeparator: String?

  package init(features: [String], classes: [String], values: [Double], targets: [Double]) {
    (self.features, self.classes) = (features, classes)
    (self.values, self.targets) = (values, targets)
  }

  package var samples: Int { targets.count }

  /// What is wrong with a table. Lines count from 1, the names' included.
  package enum ReadFault: Error, Equatable {
    case unreadable(String)
    case noRows
    case noColumn(String, known: [String])
    case missing(line: Int, column: String)
    case notNumber(String, line: Int, column: String)
    case fieldCount(Int, expected: Int, line: Int)
    /// Ctrl-C came, or the run's budget is used up.
    case stopped
  }

  /// Reads a table whose first line names the columns. Words in the target column become labels in the order
  /// in which they first appear. Fields are separated by what the first line has between its names.
  /// - Parameter target: the column of targets; the last one if nil.
  package init(csv text: String, target: String?) throws(ReadFault) {
    var rows = CSVRows(text)
    oddSeparator = rows.oddSeparator
    let header = try rows.next() ?? [""]
    let place = target.map { header.firstIndex(of: $0) } ?? header.count - 1
    guard let place, place >= 0 else { throw .noColumn(target ?? "", known: header) }
    features = header.enumerated().filter { $0.offset != place }.map { $0.element }
    (classes, values, targets) = ([], [], [])
    var words: [String] = []
    var line = 1
    while let row = try rows.next() {
      line += 1
      if line % 1024 == 0, Work.mustStop { throw .stopped }
      if row == [""], header.count > 1 { continue }
      guard row.count == header.count else {
        throw .fieldCount(row.count, expected: header.count, line: line)
      }
      for (k, field) in row.enumerated() {
        if field.isEmpty { throw .missing(line: line, column: header[k]) }
        let number = DataTable.number(field)
        // In a column of words "nan" is none of them.
        if number == nil, k != place || Double(field) != nil {
          throw .notNumber(field, line: line, column: header[k])
        }
        if k == place { words.append(field) } else if let number { values.append(number) }
      }
    }
    guard !words.isEmpty else { throw .noRows }
    let numbers = words.compactMap(DataTable.number)
    if numbers.count == words.count {
      targets = numbers
    } else {
      var labels: [String: Double] = [:]
      for word in words where labels[word] == nil {
        labels[word] = Double(labels.count)
        classes.append(word)
      }
      targets = words.map { labels[$0] ?? 0 }
    }
  }

  /// A finite number in decimal digits; what else the standard library reads as one is none in a table.
  private static func number(_ field: String) -> Double? {
    guard field.utf8.allSatisfy({ "+-.0123456789eE".utf8.contains($0) }),
      let number = Double(field),
      number.isFinite
    else { return nil }
    return number
  }
}

// MARK: - Practice data

extension DataTable {
  /// Points in a plane from a rule, each moved by normal noise.
  private init(
    _ points: [(x: Double, y: Double, label: Double)], noise: Double,
    _ generator: inout Generator
  ) {
    self.init(features: ["x1", "x2"], classes: [], values: [], targets: points.map { $0.label })
    let shifts = noise > 0 ? generator.normals(points.count * 2, .float32) : []
    for (i, point) in points.enumerated() {
      values.append(point.x + (noise > 0 ? noise * shifts[2 * i] : 0))
      values.append(point.y + (noise > 0 ? noise * shifts[2 * i + 1] : 0))
    }
  }

  /// The corners of a square; the label is whether the coordinates differ.
  package static func xor(_ n: Int, noise: Double, _ generator: inout Generator) -> DataTable {
    DataTable(
      (0..<n).map { i in
        let (a, b) = (Double(i / 2 % 2), Double(i % 2))
        return (a, b, a == b ? 0 : 1)
      }, noise: noise, &generator)
  }

  /// Two half circles that reach into each other.
  package static func moons(_ n: Int, noise: Double, _ generator: inout Generator) -> DataTable {
    let upper = (n + 1) / 2
    return DataTable(
      (0..<n).map { i in
        let isUpper = i < upper
        let share =
          Double(isUpper ? i : i - upper) / Double(max(1, (isUpper ? upper : n - upper) - 1))
        let angle = Double.pi * share
        return isUpper
          ? (Elementary.cos(angle), Elementary.sin(angle), 0)
          : (1 - Elementary.cos(angle), 0.5 - Elementary.sin(angle), 1)
      }, noise: noise, &generator)
  }

  /// A ring around a ring; `factor` is how large the inner one is.
  package static func circles(
    _ n: Int, noise: Double, factor: Double, _ generator: inout Generator
  ) -> DataTable {
    let outer = (n + 1) / 2
    return DataTable(
      (0..<n).map { i in
        let isOuter = i < outer
        let share = Double(isOuter ? i : i - outer) / Double(max(1, isOuter ? outer : n - outer))
        let (angle, radius) = (2 * Double.pi * share, isOuter ? 1 : factor)
        return (radius * Elementary.cos(angle), radius * Elementary.sin(angle), isOuter ? 0 : 1)
      }, noise: noise, &generator)
  }

  /// Spiral arms around one centre, an arm for each class.
  package static func spirals(
    _ n: Int, classes: Int, noise: Double, _ generator: inout Generator
  ) -> DataTable {
    let each = max(1, n / classes)
    return DataTable(
      (0..<each * classes).map { i in
        let (arm, share) = (i / each, Double(i % each) / Double(max(1, each - 1)))
        let angle = 2 * Double.pi * Double(arm) / Double(classes) + 4 * share
        return (share * Elementary.cos(angle), share * Elementary.sin(angle), Double(arm))
      }, noise: noise, &generator)
  }

  /// Normal clouds around random centres in [-10, 10].
  package static func blobs(
    _ n: Int, centers: Int, features: Int, spread: Double, _ generator: inout Generator
  ) -> DataTable {
    let middles = (0..<centers * features).map { _ in generator.uniform(-10, 10, .float32) }
    let shifts = generator.normals(n * features, .float32)
    var values: [Double] = []
    for i in 0..<n {
      let center = i % centers
      for k in 0..<features {
        values.append(middles[center * features + k] + spread * shifts[i * features + k])
      }
    }
    return DataTable(
      features: (1...max(1, features)).map { "x\($0)" }, classes: [], values: values,
      targets: (0..<n).map { Double($0 % centers) })
  }
}

// Data sets and loaders as values.
import Autograd
import Diagnostics
import Training
import Tensors

extension Value {
  /// A data set, if it is one.
  package var dataset: DatasetObject? {
    if case .host(let object) = self { object as? DatasetObject } else { nil }
  }
}

/// Samples `X: [n, …]` and their targets `y: [n, …]`.
package final class DatasetObject: HostObject {
  package let x: Node
  package let y: Node
  package let features: [String]
  package let classes: [String]

  package init(x: Node, y: Node, features: [String], classes: [String]) {
    (self.x, self.y, self.features, self.classes) = (x, y, features, classes)
  }

  package convenience init(_ table: DataTable, _ machine: Machine, _ span: Span) throws(Diagnostic)
  {
    let shape = [table.samples, table.features.count]
    let isWhole = table.targets.allSatisfy { $0 == $0.rounded() }
    let dtype = machine.dtype
    let x = try machine.make(span) { () throws(TensorError) in
      try Tensor(table.values, shape: Shape(shape), dtype: dtype)
    }
    let y = try machine.make(span) { () throws(TensorError) in
      try Tensor(
        table.targets, shape: Shape([table.samples]), dtype: isWhole ? .int64 : dtype)
    }
    self.init(x: x, y: y, features: table.features, classes: table.classes)
  }

  package override var kind: String { "a data set" }
  package override var fieldNames: [String] { ["X", "y", "features", "classes"] }
  package override var count: Int? { x.shape[0] }

  override func field(_ name: String, _ machine: Machine) -> Value? {
    switch name {
    case "X": .tensor(x)
    case "y": .tensor(y)
    case "features": .list(ListObject(features.map { Value($0) }))
    case "classes": .list(ListObject(classes.map { Value($0) }))
    default: nil
    }
  }

  override func element(_ i: Int, _ machine: Machine, _ span: Span) throws(Diagnostic) -> Value {
    let place = [IndexPart.value(.number(Double(i)))]
    return .list(
      ListObject([
        try machine.element(.tensor(x), place, span, 0),
        try machine.element(.tensor(y), place, span, 0),
      ]))
  }

  override func text(_ machine: Machine) -> String {
    var lines = ["data set of \(x.shape[0]) samples: X \(x.shape), y \(y.shape)"]
    if !features.isEmpty {
      // As many names as a line has room for.
      var shown: [String] = []
      for name in features.prefix(6) {
        guard shown.joined(separator: ", ").count + name.count < 52 || shown.isEmpty else { break }
        shown.append(name)
      }
      let rest = features.count - shown.count
      lines.append(
        "features  \(shown.joined(separator: ", "))\(rest > 0 ? ", … \(rest) more" : "")")
    }
    if !classes.isEmpty {
      let counts = classes.indices.map { k in y.value.values.filter { $0 == Double(k) }.count }
      lines.append(
        "classes   " + zip(classes, counts).map { "\($0) (\($1))" }.joined(separator: ", "))
    }
    return lines.joined(separator: "\n")
  }

  /// The samples at `places`, in that order.
  package func picked(_ places: [Int], _ machine: Machine, _ span: Span) throws(Diagnostic)
    -> DatasetObject
  {
    DatasetObject(
      x: try machine.make(span) { () throws(TensorError) in try x.value.rows(places) },
      y: try machine.make(span) { () throws(TensorError) in try y.value.rows(places) },
      features: features, classes: classes)
  }
}

/// A data set cut into batches, shuffled anew each time a loop starts. The draws are those of PyTorch's
/// DataLoader: one number it keeps for itself, one that seeds a generator of its own for the order.
package final class BatchesObject: HostObject {
  private let data: DatasetObject
  private let size: Int
  private let shuffles: Bool
  private let dropsLast: Bool
  private var order: [Int] = []

  package init(_ data: DatasetObject, size: Int, shuffles: Bool, dropsLast: Bool) {
    (self.data, self.size, self.shuffles, self.dropsLast) = (data, size, shuffles, dropsLast)
  }

  package override var kind: String { "batches" }
  package override var fieldNames: [String] { ["size"] }

  package override var count: Int? {
    let n = data.x.shape[0]
    return dropsLast ? n / size : (n + size - 1) / size
  }

  override func field(_ name: String, _ machine: Machine) -> Value? {
    name == "size" ? .number(Double(size)) : nil
  }

  override func element(_ i: Int, _ machine: Machine, _ span: Span) throws(Diagnostic) -> Value {
    let n = data.x.shape[0]
    if i == 0 {
      _ = machine.generator.bits64()
      if shuffles {
        var own = Generator(seed: machine.generator.bits64() & UInt64(Int64.max))
        order = own.permutation(n)
      } else {
        order = Array(0..<n)
      }
    }
    guard order.count == n else {
      throw RunFault.batchesInOrder.at(span)
    }
    let places = Array(order[(i * size)..<min(n, (i + 1) * size)])
    let part = try data.picked(places, machine, span)
    return .list(ListObject([.tensor(part.x), .tensor(part.y)]))
  }

  override func text(_ machine: Machine) -> String {
    "\(count ?? 0) batches of \(size)\(shuffles ? ", shuffled" : "") from \(data.x.shape[0]) samples"
  }
}

/// Reading and writing files, as far as a run may.
package struct FileAccess: Sendable {
  package let read: @Sendable (String) -> Result<[UInt8], FileFault>
  package let write: @Sendable (String, [UInt8]) -> Result<Void, FileFault>

  /// Why a file could not be read or written, in the system's words.
  package struct FileFault: Error {
    package let reason: String
    package init(reason: String) { self.reason = reason }
    /// In a check, a grade, a page.
    package static let closed = FileFault(reason: "files are closed to this run")
  }

  package init(
    read: @escaping @Sendable (String) -> Result<[UInt8], FileFault>,
    write: @escaping @Sendable (String, [UInt8]) -> Result<Void, FileFault>
  ) {
    self.read = read
    self.write = write
  }

  static let none = FileAccess(
    read: { _ in .failure(FileFault.closed) },
    write: { _, _ in .failure(FileFault.closed) })
}

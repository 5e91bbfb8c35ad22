// Built-ins for data: sets, files, loaders, saved weights.
import Platform
import Interpreter
import EmbeddedFiles
import Autograd
import Diagnostics
import Training
import Tensors

extension Builtin {
  static let data: [Builtin] = [
    Builtin(
      "dataset(X, y)", .data, "Samples `X: [n, …]` with their targets `y: [n, …]`.",
      example: "d = dataset([[1, 2], [3, 4]], [0, 1]); len(d)"
    ) { call throws(Diagnostic) in
      let (x, y) = (try call.node("X"), try call.node("y"))
      guard x.shape.rank > 0, y.shape.rank > 0, x.shape[0] == y.shape[0] else {
        throw BuiltinFault.samplesAndTargets(x: x.shape, y: y.shape).at(call.span)
      }
      for (name, part) in [("X", x), ("y", y)] {
        if let place = part.value.values.firstIndex(where: { !$0.isFinite }) {
          call.machine.warnSpoiled(part.value, at: place, name, call.span)
        }
      }
      return .host(DatasetObject(x: x, y: y, features: [], classes: []))
    },
    shipped("iris", "Fisher's iris flowers: 150 samples, 4 lengths in cm, 3 species.", "species"),
    shipped("wine", "Wines of three cultivars: 178 samples, 13 chemical measurements.", "cultivar"),
    shipped(
      "breast_cancer", "Breast cancer (Wisconsin): 569 samples, 30 measurements, 2 diagnoses.",
      "diagnosis"),
    Builtin(
      "digits(n=none)", .data,
      "Handwritten digits: 1797 images of 8×8 grey values from 0 to 16. With a number: how many significant digits results show (4 at the start).",
      example: "digits(8); 1/3"
    ) { call throws(Diagnostic) in
      guard call.has("n") else { return try call.shipped("digits", "digit") }
      let n = try call.int("n")
      guard (1...17).contains(n) else {
        throw BuiltinFault.digitCount(n).at(call.span)
      }
      call.machine.format.digits = n
      return .none
    },
    made("xor(n=4, noise=0)", "The corners of a square; the label says whether coordinates differ.")
    {
      call, n, generator throws(Diagnostic) in
      .xor(n, noise: try call.double("noise"), &generator)
    },
    made("moons(n=200, noise=0.1)", "Two half circles that reach into each other.") {
      call, n, generator throws(Diagnostic) in
      .moons(n, noise: try call.double("noise"), &generator)
    },
    made("circles(n=200, noise=0.05, factor=0.5)", "A ring around a ring.") {
      call, n, generator throws(Diagnostic) in
      .circles(
        n, noise: try call.double("noise"), factor: try call.double("factor"), &generator)
    },
    made("spirals(n=300, classes=3, noise=0.02)", "Spiral arms, one for each class.") {
      call, n, generator throws(Diagnostic) in
      let classes = try call.positive("classes")
      return .spirals(n, classes: classes, noise: try call.double("noise"), &generator)
    },
    made("blobs(n=150, centers=3, features=2, std=1)", "Clouds of points around random centres.") {
      call, n, generator throws(Diagnostic) in
      let (centers, features) = (try call.positive("centers"), try call.positive("features"))
      try call.tensors { () throws(TensorError) in
        for rows in [n, centers] { _ = try Shape.fitting([rows, features], stride: 64) }
      }
      return .blobs(
        n, centers: centers, features: features, spread: try call.double("std"), &generator)
    },
    Builtin(
      "load_csv(file, target=none)", .data,
      "A data set from a CSV file whose first line names the columns; the target is the last one unless named."
    ) { call throws(Diagnostic) in
      let path = try call.text("file")
      let bytes = try call.contents(of: path)
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw BuiltinFault.notText(path).at(call.span)
      }
      let target = call.has("target") ? try call.text("target") : nil
      return .host(try call.table(text, target: target, name: path))
    },
    Builtin(
      "batches(data, batch_size=1, shuffle=false, drop_last=false)", .data,
      "The samples in batches, for a loop; shuffled anew each time, in the order of PyTorch's DataLoader.",
      example: "seed(0); for xb, yb in batches(xor(), batch_size=2, shuffle=true) { print(yb) }"
    ) { call throws(Diagnostic) in
      .host(
        BatchesObject(
          try call.dataset("data"), size: try call.positive("batch_size"),
          shuffles: try call.flag("shuffle"),
          dropsLast: try call.flag("drop_last")))
    },
    Builtin(
      "standardize(data, *more)", .data,
      "Each feature with its mean taken off and over its standard deviation, `(X - mean)/std`; further sets by the numbers of the first.",
      example: "standardize([[1, 10], [3, 30]])"
    ) { call throws(Diagnostic) in
      try call.standardized()
    },
    Builtin(
      "save(x, file)", .data,
      "Writes the parameters and buffers of a layer, or a record of tensors, as .safetensors."
    ) { call throws(Diagnostic) in
      let path = try call.text("file")
      let tensors = try call.state("x")
      guard let bytes = try? Safetensors.encoded(tensors) else {
        throw BuiltinFault.unwritableTensors.at(call.span)
      }
      if case .failure(let fault) = call.machine.files.write(path, bytes) {
        throw BuiltinFault.cannotWrite(path: path, why: fault.reason).at(call.span)
      }
      return .none
    },
    Builtin(
      "load(x, file=none)", .data,
      "`load(model, \"file.safetensors\")` stores a file's tensors in a layer; `load(\"file.safetensors\")` gives them as a record."
    ) { call throws(Diagnostic) in
      let isRecord = !call.has("file")
      let path = try call.text(isRecord ? "x" : "file")
      let bytes = try call.contents(of: path)
      let tensors: [(name: String, tensor: Tensor)]
      do throws(Safetensors.FormatFault) { tensors = try Safetensors.decoded(bytes) } catch {
        throw BuiltinFault.notSafetensors(path: path, why: error.reason).at(call.span)
      }
      if isRecord {
        return .record(
          RecordObject(tensors.map { ($0.name, .tensor(call.graph.constant($0.tensor))) }))
      }
      try call.load(tensors, into: try call.layer("x"), path)
      return call.value("x")
    },
    Builtin(
      "state(layer)", .data,
      "Parameters and buffers of a layer by PyTorch's names, as a record.",
      example: "seed(0); state(linear(2, 1))"
    ) { call throws(Diagnostic) in
      let layer = try call.layer("layer")
      return .record(RecordObject(layer.state.map { ($0.name, .tensor($0.node)) }))
    },
  ]

  private static func shipped(_ name: String, _ summary: String, _ target: String) -> Builtin {
    Builtin("\(name)()", .data, summary, example: "\(name)()") { call throws(Diagnostic) in
      try call.shipped(name, target)
    }
  }

  private static func made(
    _ signature: String, _ summary: String,
    _ make: @escaping @Sendable (BuiltinCall, Int, inout Generator) throws(Diagnostic) -> DataTable
  ) -> Builtin {
    let name = signature.prefix { $0 != "(" }
    return Builtin(signature, .data, summary, example: "seed(0); \(name)(6)") {
      call throws(Diagnostic) in
      let n = try call.positive("n")
      // Some numbers and a list of them for each sample.
      try call.tensors { () throws(TensorError) in _ = try Shape.fitting([n, 2], stride: 64) }
      let table = try make(call, n, &call.machine.generator)
      return .host(try DatasetObject(table, call.machine, call.span))
    }
  }

  /// `split(data, 0.8)`: the first part's share or size; the samples are shuffled before.
  static func splitData(_ data: DatasetObject, _ call: BuiltinCall) throws(Diagnostic) -> Value {
    let n = data.x.shape[0]
    let asked = try call.double("size")
    let first = asked < 1 ? Int((asked * Double(n)).rounded()) : Int(whole: asked) ?? -1
    guard asked > 0, first > 0, first < n else {
      throw BuiltinFault.cannotSplit(samples: n, first: call.machine.format(asked)).at(call.span)
    }
    let order =
      try call.flag("shuffle") ? call.machine.generator.permutation(n) : Array(0..<n)
    return .list(
      ListObject([
        .host(try data.picked(Array(order[..<first]), call.machine, call.span)),
        .host(try data.picked(Array(order[first...]), call.machine, call.span)),
      ]))
  }
}

extension BuiltinCall {
  func positive(_ name: String) throws(Diagnostic) -> Int {
    let n = try int(name)
    guard n > 0 else {
      throw BuiltinFault.notPositive(name: name, n: n).at(span)
    }
    return n
  }

  func dataset(_ name: String) throws(Diagnostic) -> DatasetObject {
    if let data = value(name).dataset { return data }
    throw wrong(name, "a data set")
  }

  /// A data set that travels with the program.
  fileprivate func shipped(_ name: String, _ target: String) throws(Diagnostic) -> Value {
    guard let text = EmbeddedFiles.text("data/\(name).csv") else { return .none }
    // Reading a character takes as long as some eighty numbers.
    try tensors { () throws(TensorError) in try Work.charge(80 * text.utf8.count) }
    return .host(try table(text, target: target, name: name))
  }

  func contents(of path: String) throws(Diagnostic) -> [UInt8] {
    switch machine.files.read(path) {
    case .success(let bytes): return bytes
    case .failure(let fault):
      try tensors { () throws(TensorError) in try Work.look() }
      throw BuiltinFault.cannotRead(path: path, why: fault.reason).at(span)
    }
  }

  fileprivate func table(_ text: String, target: String?, name: String) throws(Diagnostic)
    -> DatasetObject
  {
    let table: DataTable
    do throws(DataTable.ReadFault) { table = try DataTable(csv: text, target: target) } catch {
      throw BuiltinFault.table(error, name: name).at(span)
    }
    if let separator = table.oddSeparator {
      try machine.emit(.text("`\(name)` has \(separator) between its fields\n"), at: span)
    }
    return try DatasetObject(table, machine, span)
  }

  /// Names and tensors of a layer or record.
  fileprivate func state(_ name: String) throws(Diagnostic) -> [(name: String, tensor: Tensor)] {
    switch value(name) {
    case .layer(let layer): return layer.savedState.map { ($0.name, $0.node.value) }
    case .record(let record):
      var tensors: [(name: String, tensor: Tensor)] = []
      for (name, value) in record.fields {
        switch value {
        case .tensor(let node): tensors.append((name, node.value))
        case .number(let n): tensors.append((name, Tensor(n)))
        default:
          throw BuiltinFault.notSavable(name: name, kind: value.kind).at(span)
        }
      }
      return tensors
    default: throw wrong(name, "a layer or a record of tensors")
    }
  }

  /// Stores a file's tensors in a layer. What the layer has under several names may come under one of them,
  /// or under each with the same numbers.
  fileprivate func load(
    _ tensors: [(name: String, tensor: Tensor)], into layer: LayerObject, _ path: String
  ) throws(Diagnostic) {
    let given = Dictionary(firstOf: tensors.map { ($0.name, $0.tensor) })
    let state = layer.state
    if let extra = tensors.first(where: { t in !state.contains { $0.name == t.name } }) {
      throw BuiltinFault.unknownTensor(path: path, name: extra.name).at(span)
    }
    // Everything is looked at before anything is changed.
    var found: [ObjectIdentifier: (name: String, tensor: Tensor)] = [:]
    for (name, node) in state {
      guard let tensor = given[name] else { continue }
      guard tensor.shape == node.shape else {
        throw BuiltinFault.savedShape(name: name, saved: tensor.shape, path: path, here: node.shape)
          .at(span)
      }
      if let first = found[ObjectIdentifier(node)] {
        guard
          zip(first.tensor.values, tensor.values).allSatisfy({ $0 == $1 || ($0.isNaN && $1.isNaN) })
        else {
          throw BuiltinFault.savedTwice(path: path, first: first.name, second: name).at(span)
        }
      } else {
        found[ObjectIdentifier(node)] = (name, tensor)
      }
    }
    let saved = layer.savedState
    if let missing = saved.first(where: { found[ObjectIdentifier($0.node)] == nil }) {
      throw BuiltinFault.missingTensor(path: path, name: missing.name, has: tensors.map { $0.name })
        .at(
          span)
    }
    for (_, node) in saved {
      guard let tensor = found[ObjectIdentifier(node)]?.tensor else { continue }
      try self.tensors { () throws(TensorError) in try graph.store(tensor, into: node) }
    }
  }

  fileprivate func standardized() throws(Diagnostic) -> Value {
    func features(_ value: Value) throws(Diagnostic) -> Tensor {
      if let data = value.dataset { return data.x.value }
      if case .tensor(let node) = value { return node.value }
      throw wrong("data", "data sets or tensors")
    }
    let first = try features(value("data"))
    guard first.rank > 0, first.shape[0] > 1 else {
      throw BuiltinFault.tooFewToScale(first.shape).at(span)
    }
    let (mean, scale) = try tensors { () throws(TensorError) in
      let x = try first.converted(to: first.dtype.floating)
      let mean = try x.sum([0], keepdim: true) / Tensor(Double(x.shape[0]), dtype: x.dtype)
      let std = try x.variance([0], correction: 1, keepdim: true).map(Kernel.sqrt)
      // A feature that never changes stays 0 instead of becoming nan.
      let zero = Tensor(0, dtype: std.dtype)
      return (
        mean, try Tensor.select(std.compared(.equal, to: zero), Tensor(1, dtype: std.dtype), std)
      )
    }
    var results: [Value] = []
    for value in [value("data")] + rest {
      let x = try features(value)
      let scaled = try machine.make(span) { () throws(TensorError) in try (x - mean) / scale }
      if let data = value.dataset {
        results.append(
          .host(
            DatasetObject(x: scaled, y: data.y, features: data.features, classes: data.classes)))
      } else {
        results.append(.tensor(scaled))
      }
    }
    return results.count == 1 ? results[0] : .list(ListObject(results))
  }
}

// What values can do: fields, entries, unpacking, becoming parameters.
import Platform
import Training
import Autograd
import Diagnostics
import Tensors

extension Machine {
  // MARK: Literals

  /// A bracket whose leaves are all single numbers, or all truth values, is a tensor, tracked if any of them
  /// is; any other bracket is a list.
  /// - Parameter isBracket: which elements are brackets themselves, so that their rows are leaves' rows.
  func bracket(_ values: [Value], _ isBracket: [Bool], _ span: Span, _ site: UInt32)
    throws(Diagnostic) -> Value
  {
    // Nothing in brackets is the beginning of a list.
    if values.isEmpty { return .list(ListObject([])) }
    let areTruths = values.allSatisfy({ $0.isTruth })
    var operands: [Node.Operand] = []
    for (value, isRow) in zip(values, isBracket) {
      switch value {
      case .bool(let on) where areTruths:
        operands.append(.node(graph.constant(Tensor(on ? 1 : 0, dtype: .bool))))
      case .number(let n): operands.append(.number(n))
      case .tensor(let node) where isRow || node.shape.rank == 0: operands.append(.node(node))
      default: return try Value.list(ListObject(values)).nested(span)
      }
    }
    var numbers: [Double] = []
    for case .number(let n) in operands { numbers.append(n) }
    do throws(TensorError) {
      if numbers.count == operands.count {
        return .tensor(
          graph.constant(try Tensor(numbers, shape: Shape([numbers.count]), dtype: dtype)))
      }
      let shapes = operands.map { operand -> Shape in
        if case .node(let node) = operand { node.shape } else { .scalar }
      }
      if let odd = shapes.first(where: { $0 != shapes[0] }) {
        throw .sizesDiffer(shapes[0], odd, axis: 0, operation: "[…]")
      }
      return .tensor(
        try graph.apply(
          .stack, operands, Attributes(("dim", .ints([0]))), site: site))
    } catch {
      throw TensorFault(error).at(span)
    }
  }

  /// The name of a record's entry.
  func recordName(_ value: Value, _ span: Span) throws(Diagnostic) -> String {
    if case .string(let name) = value { return name.text }
    throw RunFault.recordName(kind: value.kind, value: text(of: value)).at(span)
  }

  /// Adds to what the innermost comprehension gathers.
  func gather(_ value: Value, under name: String?, _ span: Span) throws(Diagnostic) {
    switch gathered.last {
    case .list(let list): list.items.append(try value.nested(in: list, span))
    case .record(let record): record[name ?? ""] = try value.nested(in: record, span)
    default: break
    }
  }

  func negate(_ value: Value, _ span: Span, _ site: UInt32) throws(Diagnostic) -> Value {
    guard let operand = operand(value) else {
      throw RunFault.cannotNegate(value.kind).at(span)
    }
    if case .number(let n) = operand { return .number(-n) }
    do throws(TensorError) {
      return Value(try graph.apply(.neg, [operand], site: site))
    } catch {
      throw TensorFault(error).at(span)
    }
  }

  func warnDivision(_ x: Double, _ symbol: String, _ result: Double, _ span: Span) {
    warn(
      RunFault.dividedByZero(left: format(x), symbol: symbol, result: format(result)).at(span),
      isBirth: true)
  }

  /// Tells that a function of a plain number is not finite.
  package func warnPlain(_ function: String, _ x: Double, _ result: Double, _ span: Span) {
    warn(
      RunFault.functionNotFinite(function: function, of: format(x), result: format(result)).at(
        span), isBirth: true)
  }

  // MARK: Parameters

  /// A new trainable leaf with the value's numbers.
  func makeParameter(_ value: Value, _ name: String, _ span: Span) throws(Diagnostic) -> Value {
    switch value {
    case .number(let n): return .tensor(graph.parameter(Tensor(n, dtype: dtype)))
    // As PyTorch's `register_parameter("bias", None)`: the place is kept, with nothing in it.
    case .none: return .none
    case .tensor(let node):
      if !node.value.isFinite, let place = node.value.values.firstIndex(where: { !$0.isFinite }),
        tellsFirst(span)
      {
        warnSpoiled(node.value, at: place, name, span)
      }
      let floats = try make(span) { () throws(TensorError) in
        node.dtype.isFloat ? node.value : try node.value.converted(to: dtype)
      }
      return .tensor(graph.parameter(floats.value))
    default:
      throw RunFault.parameterKind(value.kind).at(span)
    }
  }

  /// A leaf that no gradient reaches but `:=` can change.
  func makeBuffer(_ value: Value, _ span: Span) throws(Diagnostic) -> Value {
    switch value {
    case .number(let n): return .tensor(graph.buffer(Tensor(n, dtype: dtype)))
    case .tensor(let node): return .tensor(graph.buffer(node.value))
    case .none: return .none
    default: throw RunFault.bufferKind(value.kind).at(span)
    }
  }

  /// `target := value`
  func storeInPlace(_ value: Value, into target: Value, _ place: Span, _ valueSpan: Span)
    throws(Diagnostic)
  {
    guard case .tensor(let leaf) = target, leaf.isLeaf else {
      throw RunFault.notStored(target.kind).at(place)
    }
    guard leaf.isParameter || leaf.isBuffer || !leaf.flags.contains(.used) else {
      let name = graph.label(of: leaf) ?? "x"
      throw RunFault.usedData(name: name).at(place)
    }
    let new: Tensor
    switch value {
    case .number(let n): new = Tensor(n)
    case .tensor(let node): new = node.value
    default:
      throw RunFault.notStorable(value.kind).at(valueSpan)
    }
    if let lost = rounding(new, in: leaf) {
      let name = graph.label(of: leaf) ?? "x"
      throw RunFault.wouldRound(name: name, dtype: leaf.dtype.name, value: format(lost)).at(
        valueSpan)
    }
    do throws(TensorError) {
      try graph.store(new, into: leaf)
    } catch {
      let name = graph.label(of: leaf) ?? "the parameter"
      throw RunFault.keepsShape(name: name, shape: leaf.shape, new: new.shape).at(valueSpan)
    }
  }

  /// The first number that a leaf of whole numbers or truth values cannot hold.
  func rounding(_ new: Tensor, in leaf: Node) -> Double? {
    guard !leaf.dtype.isFloat else { return nil }
    if new.rank == 0 { return leaf.dtype.rounded(new[0]) == new[0] ? nil : new[0] }
    return new.values.first { leaf.dtype.rounded($0) != $0 }
  }

  func warnRebound(_ name: String, _ span: Span) {
    warn(
      RunFault.parameterRebound(name).at(span))
  }

  // MARK: Fields

  /// A field or method that the value itself carries.
  func ownField(_ value: Value, _ name: String) -> Value? {
    switch value {
    case .record(let record): return record[name]
    case .layer(let layer): return layer[name]
    case .optimizer(let optimizer):
      return optimizer[name].map { .number($0) }
    case .host(let object): return object.field(name, self)
    default: return nil
    }
  }

  /// A field by name, or nothing.
  package func part(_ name: String, of value: Value) -> Value? {
    try? field(value, name, Span(source: 0, start: 0, end: 0))
  }

  func field(_ value: Value, _ name: String, _ span: Span) throws(Diagnostic) -> Value {
    if let own = ownField(value, name) { return own }
    switch (value, name) {
    case (.tensor(let node), "grad"):
      guard let gradient = node.gradient else { return .none }
      return Value(graph.constant(gradient))
    case (.number, "grad"): return .none
    case (.tensor(let node), "T"):
      do throws(TensorError) {
        return Value(try graph.apply(.transpose, [.node(node)]))
      } catch {
        throw TensorFault(error).at(span)
      }
    case (.tensor(let node), "shape"):
      return .tensor(
        try make(span) { () throws(TensorError) in
          try Tensor(
            node.shape.dims.map(Double.init), shape: Shape([node.shape.rank]), dtype: .int64)
        })
    case (.number, "shape"):
      return .tensor(
        try make(span) { () throws(TensorError) in
          try Tensor([], shape: [0], dtype: .int64)
        })
    case (.tensor(let node), "rank"), (.tensor(let node), "ndim"):
      return .number(Double(node.shape.rank))
    case (.tensor(let node), "dtype"): return Value(node.dtype.name)
    case (.tensor(let node), "size"): return .number(Double(node.shape.count))
    case (.number, "rank"): return .number(0)
    case (.number, "size"): return .number(1)
    case (.number, "dtype"): return Value(DType.float64.name)
    case (.number, "T"): return value
    case (.tensor(let node), "requires_grad"): return .bool(node.isTracked)
    case (.optimizer(let optimizer), "parameters"):
      return .list(ListObject(optimizer.parameters.map { .tensor($0) }))
    default: throw noField(value, name, span)
    }
  }

  /// A tensor made from nothing that is recorded.
  package func make(_ span: Span, _ body: () throws(TensorError) -> Tensor) throws(Diagnostic)
    -> Node
  {
    do throws(TensorError) { return graph.constant(try body()) } catch {
      throw TensorFault(error).at(span)
    }
  }

  func noField(_ value: Value, _ name: String, _ span: Span) -> Diagnostic {
    RunFault.noField(kind: value.kind, name: name, meant: meant(by: name, in: value)).at(span)
  }

  /// What was probably meant by a field that a value does not have.
  private func meant(by name: String, in value: Value) -> String? {
    let tensorFields = ["grad", "shape", "T", "rank", "size", "dtype"]
    var known: [String] = vocabulary.names + tensorFields
    switch value {
    case .tensor:
      // What it does have was called as if it were a method.
      if tensorFields.contains(name) { return "write it without brackets: `.\(name)`" }
    case .list:
      if tensorFields.contains(name) { return "a list counts with `len(x)`; `tensor(x)` has it" }
    case .record(let record): known = record.fields.map({ $0.name })
    case .layer(let layer):
      known += layer.fields.map({ $0.name }) + layer.methods.map({ $0.name })
    case .host(let object): known = object.fieldNames
    default: break
    }
    if let ours = Suggest.elsewhere[name] { return "write `\(ours)`" }
    if vocabulary[name] != nil { return "call it: `.\(name)()`" }
    return Suggest.question(Suggest.close(to: name, among: known))
  }

  /// - Parameter place: the field as the source writes it.
  func setField(
    _ value: Value, _ name: String, _ new: Value, _ span: Span, place: String
  ) throws(Diagnostic) {
    switch value {
    case .record(let record): record[name] = try new.nested(in: record, span)
    case .layer(let layer):
      guard let field = layer.fields.first(where: { $0.name == name }) else {
        throw noField(value, name, span)
      }
      field.cell.value = try fitting(new.nested(in: layer, span), field, place, span)
    case .optimizer(let optimizer):
      guard case .number(let n) = new, optimizer[name] != nil else {
        throw noField(value, name, span)
      }
      optimizer[name] = n
    default:
      throw RunFault.fixedFields(value.kind, name: name).at(span)
    }
  }

  /// What a layer's field may become. As in PyTorch a parameter gives way to another parameter (that ties
  /// them) or to none, and a layer to what can be applied: else the model would go on without them unnoticed.
  private func fitting(
    _ new: Value, _ field: LayerObject.Field, _ place: String, _ span: Span
  ) throws(Diagnostic) -> Value {
    if case .none = new { return new }
    switch (field.value, new) {
    case (.tensor(let old), .tensor(let node)) where old.isParameter && node.isParameter:
      return new
    case (.tensor(let old), _) where old.isParameter:
      throw RunFault.keepsParameter(place: place, shape: old.shape, by: new.kind).at(span)
    case (.tensor, .number) where field.isBuffer, (.tensor, .tensor) where field.isBuffer:
      return try makeBuffer(new, span)
    case (.layer, .layer), (.layer, .function), (.layer, .builtin): return new
    case (.layer, _):
      throw RunFault.keepsLayer(place: place, kind: new.kind).at(span)
    default: return new
    }
  }

  // MARK: Sequences

  /// The i-th element of something that can be looped over, nil past its end.
  package func next(of sequence: Value, _ i: Int, _ span: Span) throws(Diagnostic) -> Value? {
    switch sequence {
    case .list(let list): return i < list.items.count ? list.items[i] : nil
    case .range(let range):
      return i < range.count ? .number(range.start + Double(i) * range.step) : nil
    case .string(let string):
      return i < string.characters.count ? Value(String(string.characters[i])) : nil
    case .tensor(let node) where node.shape.rank > 0:
      guard i < node.shape[0] else { return nil }
      return try element(sequence, [.value(.number(Double(i)))], span, 0)
    case .record(let record):
      return i < record.fields.count ? Value(record.fields[i].name) : nil
    case .host(let object) where object.count != nil:
      return i < object.count ?? 0 ? try object.element(i, self, span) : nil
    case .layer(let layer) where layer.isSequence:
      return i < layer.fields.count ? layer.fields[i].value : nil
    default:
      throw RunFault.cannotLoop(
        over: sequence.kind, isNumber: { if case .number = sequence { true } else { false } }()
      ).at(span)
    }
  }

  /// How many elements a loop over it visits.
  package func length(of sequence: Value, _ span: Span) throws(Diagnostic) -> Int {
    if let length = sequence.length { return length }
    throw RunFault.cannotLoop(
      over: sequence.kind, isNumber: { if case .number = sequence { true } else { false } }()
    ).at(span)
  }

  func unpack(_ value: Value, _ count: Int, _ span: Span) throws(Diagnostic) -> [Value] {
    var parts: [Value] = []
    if case .record(let record) = value {
      parts = record.fields.map { $0.value }
    } else {
      while parts.count <= count, let part = try next(of: value, parts.count, span) {
        parts.append(part)
      }
    }
    guard parts.count == count else {
      // A sequence may have no end; it is not counted.
      throw RunFault.nameCount(count, found: parts.count > count ? nil : parts.count).at(span)
    }
    return parts
  }

  /// A whole number that counts something.
  func count(_ value: Value, _ what: String, _ span: Span) throws(Diagnostic) -> Int {
    var number: Double?
    if case .number(let n) = value { number = n }
    // A length such as `X.shape[1]` is a tensor of rank 0.
    if case .tensor(let node) = value, node.shape.rank == 0 { number = node.value[0] }
    guard let n = number, n >= 0, n < 0x1p53, let count = Int(whole: n) else {
      throw RunFault.timesNotWhole(what: what, value: text(of: value)).at(span)
    }
    return count
  }
}

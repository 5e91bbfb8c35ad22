// What stands in brackets behind a value: reading and writing entries.
import Platform
import Autograd
import Diagnostics
import Tensors

extension Machine {
  func element(_ container: Value, _ parts: [IndexPart], _ span: Span, _ site: UInt32)
    throws(Diagnostic) -> Value
  {
    switch container {
    case .list(let list):
      guard parts.count == 1 else {
        throw RunFault.listAxes.at(span)
      }
      if case .slice(let a, let b, let c) = parts[0] {
        let places = try places(a, b, c, list.items.count, span, backward: true)
        return .list(ListObject(places.map { list.items[$0] }))
      }
      return list.items[try self.place(parts[0], list.items.count, span)]
    case .layer(let layer) where layer.isSequence:
      return layer.stages[try place(parts.first ?? .ellipsis, layer.stages.count, span)]
    case .host(let object):
      if let data = container.dataset, case .slice(let a, let b, let c)? = parts.first {
        let places = try places(a, b, c, data.x.shape[0], span)
        return .host(try data.picked(places, self, span))
      }
      if let count = object.count {
        return try object.element(try place(parts.first ?? .ellipsis, count, span), self, span)
      }
    case .range(let range):
      let i = try place(parts.first ?? .ellipsis, range.count, span)
      return .number(range.start + Double(i) * range.step)
    case .string(let string):
      let characters = string.characters
      guard parts.count == 1 else { throw RunFault.stringAxes.at(span) }
      if case .slice(let a, let b, let c) = parts[0] {
        let places = try places(a, b, c, characters.count, span, backward: true)
        return Value(String(places.map { characters[$0] }))
      }
      return Value(
        String(characters[try place(parts.first ?? .ellipsis, characters.count, span)]))
    case .record(let record):
      if case .value(.string(let name))? = parts.first {
        if let value = record[name.text] { return value }
        throw noField(container, name.text, span)
      }
    case .tensor(let node):
      let index = try index(parts, firstOperand: 1, span)
      do throws(TensorError) {
        return Value(
          try graph.apply(
            .index, [.node(node)] + index.operands, Attributes(("index", .index(index.entries))),
            site: site))
      } catch {
        throw TensorFault(error, name: graph.label(of: node)).at(span)
      }
    default: break
    }
    throw RunFault.noEntries(container.kind).at(span)
  }

  private func place(_ part: IndexPart, _ count: Int, _ span: Span) throws(Diagnostic) -> Int {
    if case .value(.tensor(let node)) = part, node.shape.rank == 0 {
      return try place(.value(.number(node.value[0])), count, span)
    }
    guard case .value(.number(let n)) = part, let i = Int(whole: n) else {
      throw RunFault.placeKind.at(span)
    }
    guard i >= -count, i < count else {
      throw TensorFault(.indexOutOfRange(i, axis: 0, length: count)).at(span)
    }
    return i < 0 ? i + count : i
  }

  /// The places among `count` that `a:b:c` names.
  /// - Parameter backward: whether the step may be below 0; PyTorch's tensors allow none.
  private func places(
    _ a: Value, _ b: Value, _ c: Value, _ count: Int, _ span: Span, backward: Bool = false
  ) throws(Diagnostic) -> [Int] {
    let step = try bound(c, span) ?? 1
    if backward, step < 0 {
      func place(_ i: Int) -> Int { min(max(i < 0 ? i + count : i, -1), count - 1) }
      let first = try bound(a, span).map(place) ?? count - 1
      return Array(stride(from: first, to: try bound(b, span).map(place) ?? -1, by: step))
    }
    guard step > 0 else { throw TensorFault(.stepNotPositive(step)).at(span) }
    func place(_ i: Int) -> Int { min(max(i < 0 ? i + count : i, 0), count) }
    return Array(
      stride(
        from: place(try bound(a, span) ?? 0), to: place(try bound(b, span) ?? count), by: step))
  }

  private func bound(_ value: Value, _ span: Span) throws(Diagnostic) -> Int? {
    switch value {
    case .none: return nil
    case .number(let n):
      guard n.isFinite, abs(n) < 0x1p53, let i = Int(whole: n) else { break }
      return i
    case .tensor(let node) where node.shape.rank == 0:
      return try bound(.number(node.value[0]), span)
    default: break
    }
    throw RunFault.boundKind.at(span)
  }

  /// What stands in brackets as the op takes it: tensors are operands of their own, so that a mask that
  /// changes is seen when the graph is replayed.
  /// - Parameter firstOperand: the number of the first of them.
  package func index(_ parts: [IndexPart], firstOperand: Int, _ span: Span) throws(Diagnostic)
    -> (entries: [IndexEntry], operands: [Node.Operand])
  {
    var entries: [IndexEntry] = []
    var operands: [Node.Operand] = []
    for part in parts {
      switch part {
      case .ellipsis: entries.append(.item(.ellipsis))
      case .slice(let a, let b, let c):
        let (start, stop, step) = (try bound(a, span), try bound(b, span), try bound(c, span))
        entries.append(.item(.slice(start: start, stop: stop, step: step ?? 1)))
      case .value(.none): entries.append(.item(.newAxis))
      case .value(.number(let n)):
        guard let i = Int(whole: n) else {
          throw RunFault.placeNotWhole(format(n)).at(span)
        }
        entries.append(.item(.at(i)))
      case .value(.tensor(let node)):
        entries.append(.operand(firstOperand + operands.count))
        operands.append(.node(node))
      case .value(.range(let range)):
        let places = (0..<range.count).map { range.start + Double($0) * range.step }
        let list = try make(span) { () throws(TensorError) in
          try Tensor(places, shape: Shape([places.count]), dtype: .int64)
        }
        entries.append(.operand(firstOperand + operands.count))
        operands.append(.node(list))
      case .value(.list(let list)):
        let places = try tensor(from: .list(list), .int64, span, explicit: true)
        guard case .tensor(let node) = places else { continue }
        entries.append(.operand(firstOperand + operands.count))
        operands.append(.node(node))
      case .value(let other):
        throw RunFault.indexKind(other.kind).at(span)
      }
    }
    return (entries, operands)
  }

  func setElement(
    _ container: Value, _ parts: [IndexPart], _ value: Value, _ span: Span, name: String
  ) throws(Diagnostic) {
    switch container {
    case .list(let list):
      guard let only = parts.first, parts.count == 1 else {
        throw RunFault.listAxes.at(span)
      }
      list.items[try place(only, list.items.count, span)] = try value.nested(in: list, span)
    case .record(let record):
      guard case .value(.string(let name))? = parts.first else {
        throw RunFault.noEntries(container.kind).at(span)
      }
      record[name.text] = try value.nested(in: record, span)
    case .tensor(let node):
      guard !node.isTracked else {
        throw RunFault.fixedEntries(name: name, isParameter: node.isParameter).at(span)
      }
      graph.settle(node)
      try setEntries(of: node, parts, value, span)
    default: throw RunFault.noEntries(container.kind).at(span)
    }
  }

  /// Stores numbers in some entries of a leaf, outside the graph; what was computed from it becomes stale.
  func setEntries(of node: Node, _ parts: [IndexPart], _ value: Value, _ span: Span)
    throws(Diagnostic)
  {
    guard let operand = operand(value) else { throw RunFault.notStorable(value.kind).at(span) }
    let new = operand.value
    if let lost = rounding(new, in: node) {
      throw RunFault.wouldRound(
        name: graph.label(of: node) ?? "x", dtype: node.dtype.name, value: format(lost)
      ).at(span)
    }
    let index = try index(parts, firstOperand: 0, span)
    let items = index.entries.map { entry -> IndexItem in
      switch entry {
      case .item(let item): return item
      case .operand(let k):
        let places = index.operands[k].value
        return places.dtype == .bool ? .mask(places) : .list(places)
      }
    }
    do throws(TensorError) {
      let picked = try node.shape.selection(items)
      let part = try new.converted(to: node.dtype).expanded(to: picked.shape)
      try graph.update(node) { value throws(TensorError) in
        try value.set(part, at: picked)
      }
    } catch {
      throw TensorFault(error, name: graph.label(of: node)).at(span)
    }
  }

  func contains(_ container: Value, _ value: Value, _ site: OperatorSite) throws(Diagnostic) -> Bool
  {
    switch container {
    case .list(let list):
      for item in list.items {
        if try truth(try compare(.equal, item, value, site), site.span) { return true }
      }
      return false
    case .string(let string):
      guard case .string(let part) = value else { break }
      return part.text.isEmpty || string.text.includes(part.text)
    case .record(let record):
      guard case .string(let name) = value else { break }
      return record[name.text] != nil
    case .tensor(let node):
      guard case .number(let n) = value else { break }
      return node.value.values.contains(n)
    case .range(let range):
      guard case .number(let n) = value else { break }
      return (0..<range.count).contains { range.start + Double($0) * range.step == n }
    default: break
    }
    throw RunFault.cannotLookFor(item: value.kind, container: container.kind).at(site.span)
  }
}

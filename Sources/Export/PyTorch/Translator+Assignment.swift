// Assignments in Python.
import Syntax

extension Translator {
  // MARK: Assignment

  func assign(
    _ targets: [Expression], _ operation: AssignOperator, _ value: Expression
  ) throws(Uncarried) {
    if targets.count > 1 { return try unpack(targets, value) }
    let target = targets[0]
    switch operation {
    case .assign:
      guard case .name(let name) = target.kind else {
        return emit("\(try place(target)) = \(try piece(value).text)")
      }
      try bind(name, value)
    case .inPlace: try store(target, value)
    default: try compound(target, operation, value)
    }
  }

  func bind(_ name: String, _ value: Expression) throws(Uncarried) {
    if let shared = try sharedLoss(name, value) {
      emit("\(names[name]) = \(shared)")
      return set(name, .tensor)
    }
    var inner = try piece(value)
    if case .field(_, "grad", _) = value.kind {
      inner = Piece(inner.bound(9) + ".clone()", .tensor)
    }
    if inner.kind == .parameter, case .name = value.kind {
    } else if inner.kind == .vector, value.isBracket {
    } else if inner.kind == .vector {
      inner = Piece(inner.text, .tensor, strength: inner.strength)
    }
    if scope.isInit {
      emit("self.\(attributes[name]) = \(fieldText(name, inner))")
      fieldKinds.add(name, inner.kind)
      return set(name, inner.kind)
    }
    let line = "\(names[name]) = \(inner.text)"
    emit(line)
    assignedLine = lines.count - 1
    set(name, inner.kind)
    if watched.contains(name), inner.kind.isTensor, inner.kind != .parameter, unrecorded == 0 {
      let keep = "if \(names[name]).requires_grad: \(names[name]).retain_grad()"
      emit(keep)
      note([name], [line, keep], value, inner.kind)
    } else {
      note([name], [line], value, inner.kind)
    }
  }

  /// Modules and parameters in a list must be known to the module that has them.
  func fieldText(_ name: String, _ inner: Piece) -> String {
    guard case .list(let element) = (fieldKinds[name] ?? .unset).joined(inner.kind) else {
      return inner.text
    }
    if element.isModule { return "nn.ModuleList(\(inner.text))" }
    return element == .parameter ? "nn.ParameterList(\(inner.text))" : inner.text
  }

  func unpack(_ targets: [Expression], _ value: Expression) throws(Uncarried) {
    let inner = try piece(value)
    var texts: [String] = []
    for target in targets {
      if case .name(let name) = target.kind {
        texts.append(scope.isInit ? "self." + attributes[name] : names[name])
      } else {
        texts.append(try place(target))
      }
    }
    var right = inner.text
    if value.isBracket || value.calledName == "list", right.hasPrefix("["), right.hasSuffix("]") {
      right = String(right.dropFirst().dropLast())
    }
    let line = "\(texts.joined(separator: ", ")) = \(right)"
    emit(line)
    var bound: [String] = []
    for (i, target) in targets.enumerated() {
      guard case .name(let name) = target.kind else { continue }
      var kind = inner.kind.element
      if case .call(let callee, _) = value.kind,
        case .module(let type, _)? = try? piece(callee).kind
      {
        kind = i == 0 || type != "lstm" ? .tensor : .any
      }
      if case .call(_, let items) = value.kind, value.calledName == "list",
        items.count == targets.count
      {
        kind = (try? piece(items[i].value).kind) ?? kind
      }
      set(name, kind)
      bound.append(name)
    }
    note(bound, [line], value, .any)
  }

  /// What can stand to the left of `=`.
  func place(_ target: Expression) throws(Uncarried) -> String {
    let text = try piece(target).text
    switch target.kind {
    case .name, .index: return text
    case .field where !text.hasSuffix(")"): return text
    default: throw Uncarried("nothing can be stored there")
    }
  }

  /// `w := value`
  func store(_ target: Expression, _ value: Expression) throws(Uncarried) {
    let (place, inner) = (try piece(target), try piece(value))
    var text = inner.text
    if text.contains("torch.autograd.grad(") {
      let name = names.own("new_value")
      emit("\(name) = \(text)")
      text = name
    }
    switch inner.kind {
    case .number, .truth: emitUnrecorded("\(place.text).fill_(\(text))")
    case let kind where kind.isTensor: emitUnrecorded("\(place.text).copy_(\(text))")
    default:
      need("as_tensor")
      emitUnrecorded("\(place.text).copy_(as_tensor(\(text)))")
    }
  }

  func compound(
    _ target: Expression, _ operation: AssignOperator, _ value: Expression
  ) throws(Uncarried) {
    guard let binary = operation.operation else { return }
    _ = try self.place(target)
    let (place, inner) = (try piece(target), try piece(value))
    let combined = try self.binary(binary, target, value)
    if place.kind == .parameter {
      let sign = operation == .power ? "**=" : operation.rawValue
      return emitUnrecorded("\(place.text) \(sign) \(inner.text)")
    }
    if place.kind.isNumber, inner.kind.isNumber {
      emit("\(place.text) \(operation.rawValue) \(inner.text)")
    } else {
      emit("\(place.text) = \(combined.text)")
    }
    if case .name(let name) = target.kind {
      learn(name, combined.kind)
      if scope.isTop {
        note(
          [name], [],
          Expression(
            kind: .binary(binary, target, value, operatorSpan: target.span), span: target.span),
          combined.kind)
      }
    }
  }

  func parameter(_ name: String, _ value: Expression) throws(Uncarried) {
    let inner = try piece(value)
    if scope.isInit {
      let place = attributes[name]
      if inner.kind == .none {
        emit("self.register_parameter(\(PythonText.literal(place)), None)")
        return set(name, .any)
      }
      emit(
        "self.\(place) = nn.Parameter(\(learnable(inner)))"
      )
      fieldKinds.add(name, .parameter)
      return set(name, .parameter)
    }
    guard inner.kind != .none else {
      emit("\(names[name]) = None")
      return set(name, .none)
    }
    let text = learnable(inner)
    let isFresh = Translator.makers.contains { text.hasPrefix($0) } && text.isOneCall
    let leaf =
      isFresh
      ? text.dropLast() + (text.hasSuffix("()") ? "" : ", ") + "requires_grad=True)"
      : (inner.strength < 9 && text == inner.text ? "(\(text))" : text)
        + ".detach().clone().requires_grad_()"
    emit("\(names[name]) = \(leaf)")
    set(name, .parameter)
    if scope.isTop { history.addLeaf(name, "\(names[name])") }
  }

  /// Only floating-point numbers learn.
  private func learnable(_ value: Piece) -> String {
    value.kind == .wholes ? value.bound(9) + toFloat : floats(value)
  }

  private static let makers = [
    "torch.tensor(", "torch.zeros(", "torch.ones(", "torch.randn(", "torch.rand(", "torch.full(",
    "torch.linspace(", "torch.eye(",
  ]
}

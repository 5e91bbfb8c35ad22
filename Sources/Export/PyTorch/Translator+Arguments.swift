// Arguments of built-ins, each in the form that PyTorch takes.
import Syntax

extension Translator {
  /// Arguments in order: first by place, as far as PyTorch has them in our order, then by name.
  func arguments(of call: BoundCall, from start: Int = 0) throws(Uncarried) -> [String] {
    var parts: [String] = []
    var byPlace = true
    for (i, parameter) in call.row.parameters.enumerated() where i >= start {
      let values = call.given[i]
      guard !values.isEmpty else {
        byPlace = false
        continue
      }
      if case .none = values[0].kind, i >= call.row.placed {
        // `none` leaves a setting as it is, but where it means something.
        parts.append("\(parameter.keyword)=None")
        continue
      }
      for value in values {
        let text = try argument(value, parameter.mode)
        let isPlaced = byPlace && (i < call.row.placed || parameter.isVariadic)
        parts.append(isPlaced ? text : "\(parameter.keyword)=\(text)")
      }
      if i + 1 >= call.row.placed || parameter.isVariadic { byPlace = false }
    }
    if call.row.name == "cross_entropy" || call.row.name == "nll_loss", parts.count > 1,
      let target = call["target"]
    {
      let text = try targets(target)
      if text.hasPrefix("*") {
        parts[0] = "*scored(\(parts[0]), \(text.dropFirst()))"
        parts.remove(at: 1)
      } else {
        parts[1] = text
      }
    }
    return parts
  }

  /// Class numbers as whole numbers; with a star where only the run tells them from probabilities.
  func targets(_ value: Expression) throws(Uncarried) -> String {
    if case .bracket(let elements) = value.kind, let list = places(elements) {
      return "torch.tensor(\(list))"
    }
    let target = try piece(value)
    switch target.kind {
    case .wholes: return target.text
    case .vector: return target.bound(9) + ".long()"
    case .number: return "torch.tensor(\(target.text))"
    default:
      need("scored")
      return "*" + floats(target)
    }
  }

  /// A value as a tensor of floating-point numbers, or as the tensor that it is.
  func floats(_ piece: Piece, least: Int = 0) -> String {
    switch piece.kind {
    case .number, .truth:
      if let n = Double(piece.text) {
        return "torch.tensor(\(PythonText.number(n, isFloat: true)))"
      }
      return piece.kind == .fraction
        ? "torch.tensor(\(piece.text))" : "torch.tensor(float(\(piece.text)))"
    case .shape, .range: return "torch.tensor(\(piece.text), dtype=torch.get_default_dtype())"
    case .list(.number): return "torch.tensor(\(piece.text))"
    case .list(let kind) where kind.isFloating: return "torch.stack(\(piece.text))"
    case .any, .list, .unset:
      need("as_tensor")
      return "as_tensor(\(piece.text))"
    default: return piece.bound(least)
    }
  }

  func whole(_ value: Expression) throws(Uncarried) -> String {
    let inner = try piece(value)
    let isWhole = !(inner.kind == .fraction || inner.kind == .mixed || inner.kind.isFloating)
    return !isWhole ? "int(\(inner.text))" : inner.text
  }

  func argument(_ value: Expression, _ mode: ArgumentMode) throws(Uncarried) -> String {
    if case .none = value.kind { return "None" }
    switch mode {
    case .floats:
      let inner = try piece(value)
      return inner.kind == .wholes ? inner.bound(9) + toFloat : floats(inner)
    case .tensor, .targets: return floats(try piece(value))
    case .tensors:
      let inner = try piece(value)
      guard case .list(let kind) = inner.kind, !kind.isTensor else { return inner.text }
      if case .call(let callee, let items) = value.kind, case .name("list") = callee.kind,
        items.count > 1
      {
        var texts: [String] = []
        for item in items { texts.append(floats(try piece(item.value))) }
        return "[" + texts.joined(separator: ", ") + "]"
      }
      need("as_tensor")
      return "[as_tensor(x) for x in \(inner.text)]"
    case .places:
      if case .bracket(let elements) = value.kind, let list = places(elements) {
        return "torch.tensor(\(list))"
      }
      let inner = try piece(value)
      if inner.kind == .wholes { return inner.text }
      if inner.kind == .whole { return "torch.tensor(\(inner.text))" }
      let text = floats(inner)
      return (text == inner.text ? inner.bound(9) : text) + ".long()"
    case .mask:
      let inner = try piece(value)
      if inner.kind == .wholes { return inner.text }
      if inner.kind.isFloating { return inner.bound(5) + " != 0" }
      return "torch.as_tensor(\(inner.text))"
    case .operand:
      let inner = try piece(value)
      if let n = value.constant { return PythonText.number(n, isFloat: true) }
      return inner.kind == .whole || inner.kind == .mixed ? "float(\(inner.text))" : inner.text
    case .whole: return try whole(value)
    case .sizes, .size:
      let inner = try piece(value)
      if case .bracket(let elements) = value.kind {
        var texts: [String] = []
        for element in elements { texts.append(try whole(element)) }
        return "(" + texts.joined(separator: ", ") + (texts.count == 1 ? ",)" : ")")
      }
      if case .list = inner.kind { return inner.text }
      if inner.kind == .shape { return inner.text }
      if inner.kind.isTensor { return "\(inner.bound(9)).long().tolist()" }
      let text = try whole(value)
      return mode == .size && inner.kind.isNumber ? "(\(text),)" : text
    case .numbers:
      if case .bracket(let elements) = value.kind {
        var texts: [String] = []
        for element in elements { texts.append(try piece(element).text) }
        return "(" + texts.joined(separator: ", ") + ")"
      }
      let inner = try piece(value)
      return inner.kind.isTensor ? "\(inner.bound(9)).tolist()" : inner.text
    case .dtype:
      if case .string(let parts) = value.kind, case .text(let word)? = parts.first,
        ["float32", "float64", "int64", "bool"].contains(word)
      {
        return "torch." + word
      }
      return "getattr(torch, \(try piece(value).text))"
    case .parameters: return try learned(value)
    case .number:
      let inner = try piece(value)
      return inner.text
    case .any: return try piece(value).text
    }
  }

  /// The parameters in a value.
  func learned(_ value: Expression) throws(Uncarried) -> String {
    let inner = try piece(value)
    switch inner.kind {
    case .module: return inner.bound(9) + ".parameters()"
    case .parameter: return "[\(inner.text)]"
    case .list(.parameter), .list(.tensor): return inner.text
    default:
      need("parameters_of")
      return "parameters_of(\(inner.text))"
    }
  }
}

// Tensors, choices and sequences that PyTorch makes in a way of its own.
import Syntax

extension Translator {
  func first(_ call: BoundCall) throws(Uncarried) -> Expression {
    guard let value = call.given.first?.first else {
      throw Uncarried("`\(call.row.name)` lacks an argument")
    }
    return value
  }

  /// Changes what a name stands for where it is bound.
  func learn(_ name: String, _ kind: ValueKind) {
    var place: PythonScope? = scope
    while let here = place {
      if here.kinds[name] != nil {
        here.kinds[name] = kind
        if here.isTop { globals.add(name, kind) }
        return
      }
      if here.fields.contains(name) {
        fieldKinds.add(name, kind)
        return
      }
      place = here.parent
    }
  }

  // MARK: Making

  func tensor(_ call: BoundCall) throws(Uncarried) -> Piece {
    let value = try first(call)
    let inner = try piece(value)
    let dtype = try call["dtype"].map { e throws(Uncarried) in try argument(e, .dtype) }
    let isWhole = dtype == "torch.int64" || dtype == "torch.bool"
    let kind: ValueKind =
      isWhole ? .wholes : inner.kind.isTensor && dtype == nil ? inner.kind : .tensor
    guard let dtype else { return Piece(floats(inner), kind) }
    let text = floats(inner)
    if text.hasPrefix("torch.tensor("), text == inner.text || inner.kind.isNumber,
      !text.contains("dtype="), text.hasSuffix(")")
    {
      return Piece(text.dropLast() + ", dtype=\(dtype))", kind)
    }
    return Piece("\(inner.strength < 9 ? "(\(text))" : text).to(\(dtype))", kind)
  }

  /// Our draws are those of PyTorch's float32 stream, whatever the type.
  func drawn(_ call: BoundCall) throws(Uncarried) -> Piece {
    var parts: [String] = []
    for value in call.given[0] { parts.append(try argument(value, .sizes)) }
    let dtype = try call["dtype"].map { e throws(Uncarried) in try argument(e, .dtype) }
    if dtype ?? defaultDType == "torch.float32" {
      if dtype != nil, !isFloat32 { parts.append("dtype=torch.float32") }
      return Piece("\(call.row.target)(\(parts.joined(separator: ", ")))", .tensor)
    }
    parts.append("dtype=torch.float32")
    return Piece("\(call.row.target)(\(parts.joined(separator: ", "))).double()", .tensor)
  }

  func randint(_ call: BoundCall) throws(Uncarried) -> Piece {
    var bounds: [Expression] = []
    var shape = call["shape"]
    if let low = call["low"] { bounds.append(low) }
    if let high = call["high"] {
      if shape == nil, !(try piece(high).kind.isNumber) {
        shape = high
      } else {
        bounds.append(high)
      }
    }
    var parts: [String] = []
    for bound in bounds { parts.append(try whole(bound)) }
    parts.append(try shape.map { e throws(Uncarried) in try argument(e, .size) } ?? "()")
    return Piece("torch.randint(\(parts.joined(separator: ", ")))", .wholes)
  }

  func initialised(_ call: BoundCall) throws(Uncarried) -> Piece {
    let shape = try argument(try first(call), .size)
    let rest = try arguments(of: call, from: 1)
    let widened = isFloat32 ? "" : ".double()"
    let isMethod = !call.row.target.hasPrefix("nn.")
    let empty = "torch.empty(\(shape), dtype=torch.float32)"
    if isMethod {
      var settings = rest
      if call.row.name == "uniform" {
        if !call.has("low") { settings.insert("0", at: 0) }
        if !call.has("high") { settings.append("1") }
        settings = settings.map { $0.replacing("from=", with: "").replacing("to=", with: "") }
      }
      return Piece(
        "\(empty).\(call.row.target)(\(settings.joined(separator: ", ")))\(widened)", .tensor)
    }
    return Piece(
      "\(call.row.target)(\(([empty] + rest).joined(separator: ", ")))\(widened)", .tensor)
  }

  // MARK: Choosing

  func split(_ call: BoundCall) throws(Uncarried) -> Piece {
    let x = try piece(try first(call))
    if x.kind.isTensor {
      let parts = try arguments(of: call)
      return Piece("torch.split(\(parts.joined(separator: ", ")))", .list(.tensor))
    }
    if x.kind == .string || call.isMethod && call.given.count < 2 {
      let parts = try arguments(of: call, from: 1)
      return Piece("\(x.bound(9)).split(\(parts.joined(separator: ", ")))", .list(.string))
    }
    need("split")
    var parts = [x.text]
    if let size = call["size"] { parts.append(try piece(size).text) }
    if let shuffle = call["shuffle"] { parts.append("shuffle=\(try piece(shuffle).text)") }
    return Piece("split(\(parts.joined(separator: ", ")))", .list(x.kind))
  }

  func everyOrSome(_ call: BoundCall) throws(Uncarried) -> Piece {
    let value = try first(call)
    if call.row.name == "all", !call.has("dim"), case .binary(.close, let a, let b, _) = value.kind
    {
      return try allClose(a, b)
    }
    let inner = try piece(value)
    if inner.kind == .truth { return inner }
    if case .list = inner.kind {
      return Piece("\(call.row.name)(\(inner.text))", .truth)
    }
    var parts = try arguments(of: call)
    if inner.kind == .any { parts[0] = "torch.as_tensor(\(inner.text))" }
    return Piece("torch.\(call.row.name)(\(parts.joined(separator: ", ")))", .wholes)
  }

  func extreme(_ call: BoundCall) throws(Uncarried) -> Piece {
    let name = call.row.name
    let x = try piece(try first(call))
    if let other = call["other"] {
      let y = try piece(other)
      if call.isMethod, y.kind.isNumber {
        return Piece("\(x.bound(9)).\(name)(dim=\(y.text))", .record)
      }
      if x.kind.isNumber, y.kind.isNumber {
        let kind: ValueKind = x.kind == .whole && y.kind == .whole ? .whole : .fraction
        return Piece("\(name)(\(x.text), \(y.text))", kind)
      }
      return Piece("torch.\(name)imum(\(floats(x)), \(floats(y)))", .tensor)
    }
    if case .list(let kind) = x.kind, !call.has("dim"), kind.isNumber || kind == .any {
      return Piece("\(name)(\(x.text))", kind)
    }
    let parts = try arguments(of: call)
    let kind: ValueKind = call.has("dim") ? .record : x.kind == .wholes ? .wholes : .tensor
    return Piece("torch.\(name)(\(parts.joined(separator: ", ")))", kind)
  }

  // MARK: Sequences

  func range(_ call: BoundCall) throws(Uncarried) -> Piece {
    let values = call.given.flatMap { $0 }
    let isFraction = values.contains { $0.constant.map { $0 != $0.rounded() } ?? false }
    var parts: [String] = []
    for value in values { parts.append(isFraction ? try piece(value).text : try whole(value)) }
    let list = parts.joined(separator: ", ")
    return isFraction
      ? Piece("torch.arange(\(list)).tolist()", .list(.fraction)) : Piece("range(\(list))", .range)
  }

  func list(_ call: BoundCall) throws(Uncarried) -> Piece {
    var parts: [Piece] = []
    for value in call.given.flatMap({ $0 }) { parts.append(try piece(value)) }
    let kind = parts.reduce(ValueKind.unset) { $0.joined($1.kind) }
    return Piece("[" + parts.map { $0.text }.joined(separator: ", ") + "]", .list(kind))
  }
}

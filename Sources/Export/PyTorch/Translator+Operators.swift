// Operators, entries and fields in Python.
import Syntax

extension Translator {
  // MARK: Operators

  func unary(_ sign: UnaryOperator, _ inner: Expression) throws(Uncarried) -> Piece {
    let operand = try piece(inner)
    switch sign {
    case .not: return Piece("not " + operand.bound(3), .truth, strength: 3)
    case .negate, .plus:
      let kind: ValueKind = operand.kind.isFloating ? .tensor : operand.kind
      return Piece(sign.rawValue + operand.bound(7), kind, strength: 7)
    }
  }

  func binary(
    _ operation: BinaryOperator, _ left: Expression, _ right: Expression
  ) throws(Uncarried) -> Piece {
    var (a, b) = (try piece(left), try piece(right))
    let own = operation.strength
    switch operation {
    case .close: return close(a, b)
    case .isIn: return Piece(a.bound(5) + " in " + b.bound(5), .truth, strength: 4)
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
      if operation.strength == 4, a.kind == .none || b.kind == .none {
        let word = operation == .equal ? " is " : " is not "
        return Piece(a.bound(5) + word + b.bound(5), .truth, strength: 4)
      }
      if a.kind == .shape || b.kind == .shape {
        (a, b) = (
          Piece(try argument(left, .size), .shape), Piece(try argument(right, .size), .shape)
        )
      }
      let kind: ValueKind =
        a.kind.isTensor || b.kind.isTensor
        ? .wholes : a.kind == .any || b.kind == .any ? .any : .truth
      return Piece(
        a.bound(5) + " \(operation.rawValue) " + b.bound(5), kind, strength: 4)
    case .matmul:
      let (x, y) = (floats(a, least: 6), floats(b, least: 7))
      return Piece("\(x) @ \(y)", .tensor, strength: 6)
    default: break
    }
    if a.kind == .shape { a = Piece("torch.tensor(\(a.text))", .wholes) }
    if b.kind == .shape { b = Piece("torch.tensor(\(b.text))", .wholes) }
    let sign = operation == .power ? "**" : operation.rawValue
    let isTight = [.multiply, .divide, .power].contains(operation)
    let text =
      a.bound(operation == .power ? 9 : own) + (isTight ? sign : " \(sign) ")
      + b.bound(operation == .power ? 7 : own + 1)
    return Piece(text, result(operation, a.kind, b.kind, right), strength: own)
  }

  func result(
    _ operation: BinaryOperator, _ a: ValueKind, _ b: ValueKind, _ right: Expression
  ) -> ValueKind {
    if a == .string || b == .string { return .string }
    if case .list(let x) = a, case .list(let y) = b { return .list(x.joined(y)) }
    if a.isNumber, b.isNumber {
      if operation == .divide || a == .fraction || b == .fraction { return .fraction }
      let keeps = operation != .power || (right.constant ?? -1) >= 0
      return a == .mixed || b == .mixed || !keeps ? .mixed : .whole
    }
    if a.isFloating || b.isFloating { return .tensor }
    if a.isTensor || b.isTensor {
      if operation == .divide { return .tensor }
      let isWhole = [a, b].allSatisfy { $0 == .wholes || $0 == .whole || $0 == .truth }
      return isWhole ? .wholes : [a, b].contains(.fraction) ? .tensor : .anyTensor
    }
    return .any
  }

  /// `a ~= b`
  func close(_ a: Piece, _ b: Piece) -> Piece {
    if a.kind.isNumber, b.kind.isNumber {
      imports.insert("import math")
      return Piece("math.isclose(\(a.text), \(b.text), \(Translator.closeness))", .truth)
    }
    if a.kind.isFloating, b.kind.isFloating {
      return Piece("torch.isclose(\(a.text), \(b.text), \(tolerance))", .wholes)
    }
    need("isclose")
    return Piece("isclose(\(a.text), \(b.text))", .wholes)
  }

  private static let closeness = "rel_tol=1e-6, abs_tol=1e-9"
  var tolerance: String { isFloat32 ? "rtol=1e-5, atol=1e-6" : "rtol=1e-6, atol=1e-9" }

  /// `a ~= b` where it must hold: of two tensors for every entry, else of two numbers.
  func scalarsClose(_ left: Expression, _ right: Expression) throws(Uncarried) -> Piece {
    let (a, b) = (try piece(left), try piece(right))
    guard a.kind.isNumber && b.kind.isFloating || a.kind.isFloating && b.kind.isNumber else {
      return try allClose(left, right)
    }
    imports.insert("import math")
    let sides = [a, b].map { $0.kind.isNumber ? $0.text : $0.bound(9) + ".item()" }
    return Piece("math.isclose(\(sides[0]), \(sides[1]), \(Translator.closeness))", .truth)
  }

  /// `all(a ~= b)`
  func allClose(_ left: Expression, _ right: Expression) throws(Uncarried) -> Piece {
    let (a, b) = (try piece(left), try piece(right))
    if a.kind.isFloating, b.kind.isFloating {
      return Piece("torch.allclose(\(a.text), \(b.text), \(tolerance))", .truth)
    }
    let inner = close(a, b)
    return inner.kind == .truth ? inner : Piece("\(inner.text).all()", .wholes)
  }

  // MARK: Entries and fields

  func index(_ base: Expression, _ entries: [Expression.IndexEntry]) throws(Uncarried)
    -> Piece
  {
    let object = try piece(base)
    if case .dataset = object.kind, entries.count == 1, case .slice = entries[0] {
      return Piece("\(object.bound(9))[\(try entry(entries[0], of: .tensor))]", object.kind)
    }
    if object.kind == .record, entries.count == 1, case .value(let key) = entries[0] {
      return Piece("\(object.bound(9))[\(try piece(key).text)]", .any)
    }
    var parts: [String] = []
    for item in entries { parts.append(try entry(item, of: object.kind)) }
    var isSlice = false
    if case .slice? = entries.first { isSlice = true }
    let kind: ValueKind
    switch object.kind {
    case .list(let element): kind = isSlice ? object.kind : element == .unset ? .any : element
    case .wholes, .anyTensor: kind = object.kind
    case .shape: kind = isSlice ? .shape : .whole
    case .module(_, let cuts):
      kind = .module(type: "", cutsRows: cuts)
    default: kind = object.kind.element
    }
    return Piece("\(object.bound(9))[\(parts.joined(separator: ", "))]", kind)
  }

  func entry(_ entry: Expression.IndexEntry, of kind: ValueKind) throws(Uncarried) -> String {
    switch entry {
    case .ellipsis: return "..."
    case .slice(let a, let b, let c):
      var bounds: [String] = []
      for bound in [a, b, c] {
        bounds.append(try bound.map { e throws(Uncarried) in try whole(e) } ?? "")
      }
      return bounds[0] + ":" + bounds[1] + (c == nil ? "" : ":" + bounds[2])
    case .value(let value):
      if case .bracket(let elements) = value.kind, let list = places(elements) { return list }
      let inner = try piece(value)
      if inner.kind == .fraction || inner.kind == .mixed { return "int(\(inner.text))" }
      guard inner.kind.isFloating else { return inner.text }
      return kind.isTensor ? "\(inner.bound(9)).long()" : "int(\(inner.text))"
    }
  }

  /// A bracket of whole numbers as a list.
  func places(_ elements: [Expression]) -> String? {
    var texts: [String] = []
    for element in elements {
      if case .bracket(let inner) = element.kind {
        guard let text = places(inner) else { return nil }
        texts.append(text)
      } else {
        guard let n = element.constant, n == n.rounded() else { return nil }
        texts.append(PythonText.number(n))
      }
    }
    return "[" + texts.joined(separator: ", ") + "]"
  }

  func field(_ base: Expression, _ name: String) throws(Uncarried) -> Piece {
    let object = try piece(base)
    let text = object.receiver
    switch object.kind {
    case .dataset(let targets):
      let kinds: [String: ValueKind] = [
        "X": .tensor, "y": targets, "features": .list(.string), "classes": .list(.string),
      ]
      return Piece("\(text).\(attributes[name])", kinds[name] ?? .any)
    case .optimizer:
      if name == "parameters" {
        return Piece("\(text).param_groups[0][\"params\"]", .list(.parameter))
      }
      if name == "beta1" || name == "beta2" {
        return Piece("\(text).param_groups[0][\"betas\"][\(name == "beta1" ? 0 : 1)]", .fraction)
      }
      return Piece("\(text).param_groups[0][\(PythonText.literal(name))]", .fraction)
    case .loader where name == "size": return Piece("\(text).batch_size", .whole)
    case .record, .module: break
    case .any where declaredFields.contains(name): break
    default:
      if let known = tensorField(object, name) { return known }
    }
    if name == "training" { return Piece("\(text).training", .truth) }
    let isWeight = ["weight", "bias"].contains(name) && object.kind.isModule
    let kind: ValueKind =
      isWeight && !declaredFields.contains(name)
      ? .parameter : object.kind.isModule ? fieldKinds[name] ?? .tensor : .any
    return Piece("\(text).\(attributes[name])", kind)
  }

  func tensorField(_ object: Piece, _ name: String) -> Piece? {
    let text = object.receiver
    switch name {
    case "grad": return Piece("\(text).grad", .tensor)
    case "T": return Piece("\(text).T", object.kind.isFloating ? .tensor : object.kind)
    case "shape": return Piece("\(text).shape", .shape)
    case "rank", "ndim": return Piece("\(text).dim()", .whole)
    case "size": return Piece("\(text).numel()", .whole)
    case "dtype": return Piece("str(\(object.text).dtype).removeprefix(\"torch.\")", .string)
    case "requires_grad": return Piece("\(text).requires_grad", .truth)
    default: return nil
    }
  }
}

// Built-ins that PyTorch says in a way of its own.
import Syntax

extension Translator {
  func special(_ call: BoundCall) throws(Uncarried) -> Piece {
    guard let say = Translator.specials[call.row.name] else {
      throw Uncarried("`\(call.row.name)` has no counterpart in PyTorch")
    }
    return try say(self, call)
  }

  private typealias Special = @Sendable (Translator, BoundCall) throws(Uncarried) -> Piece

  /// By our name; what is not here cannot be carried over as an expression.
  private static let specials: [String: Special] = [
    "tensor": { t, call throws(Uncarried) in try t.tensor(call) },
    "rand": { t, call throws(Uncarried) in try t.drawn(call) },
    "randn": { t, call throws(Uncarried) in try t.drawn(call) },
    "randint": { t, call throws(Uncarried) in try t.randint(call) },
    "uniform": { t, call throws(Uncarried) in try t.initialised(call) },
    "normal": { t, call throws(Uncarried) in try t.initialised(call) },
    "kaiming_uniform": { t, call throws(Uncarried) in try t.initialised(call) },
    "kaiming_normal": { t, call throws(Uncarried) in try t.initialised(call) },
    "xavier_uniform": { t, call throws(Uncarried) in try t.initialised(call) },
    "xavier_normal": { t, call throws(Uncarried) in try t.initialised(call) },
    "transpose": { t, call throws(Uncarried) in
      let parts = try t.arguments(of: call)
      let kind = try t.piece(try t.first(call)).kind
      let object = Piece(parts[0], kind, strength: try t.piece(try t.first(call)).strength).bound(9)
      return parts.count == 1
        ? Piece(object + ".T", kind)
        : Piece(
          "\(object).transpose(\(parts.dropFirst().joined(separator: ", ")))",
          kind.isFloating ? .tensor : kind)
    },
    "split": { t, call throws(Uncarried) in try t.split(call) },
    "logsumexp": { t, call throws(Uncarried) in
      let parts = try t.arguments(of: call)
      return call.has("dim")
        ? Piece("torch.logsumexp(\(parts.joined(separator: ", ")))", .tensor)
        : Piece("torch.logsumexp(\(parts[0]).flatten(), dim=0)", .tensor)
    },
    "cumsum": { t, call throws(Uncarried) in
      let parts = try t.arguments(of: call)
      return Piece("torch.cumsum(\(parts[0]), \(parts.count > 1 ? parts[1] : "dim=0"))", .tensor)
    },
    "all": { t, call throws(Uncarried) in try t.everyOrSome(call) },
    "any": { t, call throws(Uncarried) in try t.everyOrSome(call) },
    "max": { t, call throws(Uncarried) in try t.extreme(call) },
    "min": { t, call throws(Uncarried) in try t.extreme(call) },
    "grad": { t, call throws(Uncarried) in
      guard let y = call["y"], let x = call["x"] else {
        throw Uncarried("`grad` lacks an argument")
      }
      let found = try t.gradient(y, x)
      guard call.has("create_graph") else { return found }
      return Piece(t.recorded(found.text), found.kind)
    },
    "backward": { t, call throws(Uncarried) in try t.backward(call) },
    "detach": { t, call throws(Uncarried) in
      let x = try t.piece(try t.first(call))
      return x.kind.isNumber
        ? x : Piece("\(x.bound(9)).detach().clone()", x.kind.isFloating ? .tensor : x.kind)
    },
    "item": { t, call throws(Uncarried) in
      let x = try t.piece(try t.first(call))
      if x.kind.isNumber { return x }
      return x.kind.isTensor
        ? Piece("\(x.bound(9)).item()", .fraction) : Piece("float(\(x.text))", .fraction)
    },
    "parameters": { t, call throws(Uncarried) in
      let x = try t.piece(try t.first(call))
      if x.kind.isModule { return Piece("list(\(x.bound(9)).parameters())", .list(.parameter)) }
      return Piece(try t.learned(try t.first(call)), .list(.parameter))
    },
    "sequential": { t, call throws(Uncarried) in try t.sequential(call) },
    "mlp": { t, call throws(Uncarried) in try t.perceptron(call) },
    "batches": { t, call throws(Uncarried) in
      t.need("Data")
      let parts = try t.arguments(of: call)
      var targets = ValueKind.anyTensor
      if case .dataset(let kind) = try t.piece(try t.first(call)).kind { targets = kind }
      return Piece("DataLoader(\(parts.joined(separator: ", ")))", .loader(targets: targets))
    },
    "standardize": { t, call throws(Uncarried) in
      t.need("standardize")
      var parts: [Piece] = []
      for value in call.given.flatMap({ $0 }) { parts.append(try t.piece(value)) }
      let texts = parts.map { $0.text }
      let kind = parts.reduce(ValueKind.unset) { $0.joined($1.kind.isTensor ? .tensor : $1.kind) }
      return Piece(
        "standardize(\(texts.joined(separator: ", ")))", parts.count > 1 ? .list(kind) : kind)
    },
    "save": { t, call throws(Uncarried) in
      let model = try t.piece(try t.first(call))
      guard model.kind.isModule, let file = call["file"] else {
        throw Uncarried("`save` of what is no layer has no counterpart")
      }
      return Piece("torch.save(\(model.bound(9)).state_dict(), \(try t.piece(file).text))", .none)
    },
    "animate": { t, call throws(Uncarried) in try t.piece(try t.first(call)) },
    "print": { t, call throws(Uncarried) in
      var parts: [Piece] = []
      for value in call.given.first ?? [] { parts.append(try t.piece(value)) }
      if parts.count == 1, parts[0].kind == .figure { return parts[0] }
      var texts = parts.map { $0.text }
      for name in ["sep", "end"] {
        if let value = call[name] { texts.append("\(name)=\(try t.piece(value).text)") }
      }
      return Piece("print(\(texts.joined(separator: ", ")))", .none)
    },
    "range": { t, call throws(Uncarried) in try t.range(call) },
    "list": { t, call throws(Uncarried) in try t.list(call) },
    "record": { t, call throws(Uncarried) in
      t.need("Record")
      var parts: [String] = []
      for (name, value) in call.extra {
        parts.append("\(t.attributes[name])=\(try t.piece(value).text)")
      }
      return Piece("Record(\(parts.joined(separator: ", ")))", .record)
    },
    "set": { t, call throws(Uncarried) in
      guard let sequence = call["sequence"] else { return Piece("[]", .list(.unset)) }
      let items = try t.piece(sequence)
      return Piece("list(dict.fromkeys(\(items.text)))", .list(items.kind.element))
    },
    "corpus": { t, call throws(Uncarried) in
      guard case .string(let parts) = try t.first(call).kind, parts.count == 1,
        case .text(let name) = parts[0]
      else { throw Uncarried("`corpus` of a name that is not written out has no counterpart") }
      t.need("read_text")
      t.files.insert(name + ".txt")
      return Piece("read_text(\"\(name).txt\").rstrip()", .string)
    },
    "keys": { t, call throws(Uncarried) in try t.fields(call, "keys", .string) },
    "values": { t, call throws(Uncarried) in try t.fields(call, "values", .any) },
    "items": { t, call throws(Uncarried) in try t.fields(call, "items", .list(.any)) },
    "tolist": { t, call throws(Uncarried) in
      let x = try t.piece(try t.first(call))
      if x.kind == .shape || x.kind == .range { return Piece("list(\(x.text))", .list(.whole)) }
      return Piece("\(x.bound(9)).tolist()", .list(x.kind == .wholes ? .whole : .fraction))
    },
    "append": { t, call throws(Uncarried) in
      guard let value = call["value"] else { throw Uncarried("`append` lacks its value") }
      let (list, item) = (try t.piece(try t.first(call)), try t.piece(value))
      if case .name(let name) = try t.first(call).kind, case .list(let kind)? = t.kind(of: name) {
        t.learn(name, .list(kind.joined(item.kind == .list(.unset) ? .list(.unset) : item.kind)))
      }
      return Piece("\(list.bound(9)).append(\(item.text))", .none)
    },
    "set_default_dtype": { t, call throws(Uncarried) in
      let dtype = try t.argument(try t.first(call), .dtype)
      t.isFloat32 = dtype == "torch.float32"
      return Piece("torch.set_default_dtype(\(dtype))", .none)
    },
    "type": { t, call throws(Uncarried) in
      Piece("type(\(try t.piece(try t.first(call)).text)).__name__", .string)
    },
    "todo": { t, call throws(Uncarried) in throw Uncarried("a gap for the reader to fill") },
  ]

  /// What a record holds, as lists: Python's are views.
  private func fields(
    _ call: BoundCall, _ part: String, _ kind: ValueKind
  ) throws(Uncarried) -> Piece {
    Piece("list(\(try piece(try first(call)).bound(9)).\(part)())", .list(kind))
  }
}

// Sequences of layers in PyTorch.
import Syntax

extension Translator {
  // MARK: Models

  func sequential(_ call: BoundCall) throws(Uncarried) -> Piece {
    let outer = isStage
    isStage = true
    defer { isStage = outer }
    var texts: [String] = []
    var cuts = true
    var draws = false
    for value in call.given[0] {
      if call.given[0].count == 1, case .list = try piece(value).kind {
        need("as_module")
        let stages = try piece(value)
        return Piece(
          "nn.Sequential(*[as_module(s) for s in \(stages.text)])",
          .module(type: "sequential", cutsRows: false))
      }
      let (text, isCut) = try stage(value)
      draws = draws || text.contains("dtype=torch.float32")
      cuts = cuts && isCut
      texts.append(text)
    }
    return sequence(texts, cuts, widens: draws && !outer)
  }

  func sequence(_ texts: [String], _ cuts: Bool, widens: Bool) -> Piece {
    let kind = ValueKind.module(type: "sequential", cutsRows: cuts)
    let line = "nn.Sequential(\(texts.joined(separator: ", ")))"
    let isLong = line.count > 80
    let text =
      isLong
      ? "nn.Sequential(\n" + texts.map { "    \($0.replacing("\n", with: "\n    ")),\n" }.joined()
        + ")"
      : line
    return Piece(text + (widens ? ".double()" : ""), kind)
  }

  /// A stage as a module, and whether it treats the rows of a batch one by one.
  func stage(_ value: Expression) throws(Uncarried) -> (String, Bool) {
    if case .name(let name) = value.kind, let row = row(name), let module = row.stage {
      return (module + "()", true)
    }
    if case .call(let callee, let arguments) = value.kind, case .name(let name) = callee.kind,
      let row = row(name), let module = row.stage, NameRow.layerByName[name] == nil
    {
      var call = BoundCall(row, arguments, isMethod: false)
      // An activation with its settings: the first parameter is what it will be applied to.
      if let first = call.given[0].first, call.placed > 0, row.parameters.count > 1 {
        call.given[0] = []
        call.given[1] = [first]
      }
      let settings = try self.arguments(of: call, from: 1)
      return ("\(module)(\(settings.joined(separator: ", ")))", true)
    }
    let inner = try piece(value)
    if case .module(_, let cuts) = inner.kind { return (inner.text, cuts) }
    if case .callable = inner.kind {
      need("Apply")
      return ("Apply(\(inner.text))", false)
    }
    need("as_module")
    return ("as_module(\(inner.text))", false)
  }

  func perceptron(_ call: BoundCall) throws(Uncarried) -> Piece {
    if let known = try writtenOut(call) { return known }
    need("mlp")
    var parts = try arguments(of: call)
    if let activation = call["activation"],
      let i = parts.firstIndex(where: { $0.hasPrefix("activation=") })
    {
      parts[i] = "activation=" + (try piece(activation).text)
    }
    return Piece(
      "mlp(\(parts.joined(separator: ", ")))", .module(type: "sequential", cutsRows: true))
  }

  /// The layers one by one, where the plan is plain to see.
  func writtenOut(_ call: BoundCall) throws(Uncarried) -> Piece? {
    guard let inputs = call["inputs"], let outputs = call["outputs"], let hidden = call["hidden"]
    else { return nil }
    var sizes: [Expression] = [hidden]
    if case .bracket(let elements) = hidden.kind {
      sizes = elements
    } else if try !piece(hidden).kind.isNumber {
      return nil
    }
    var activation = ("nn.ReLU()", true)
    if let given = call["activation"] {
      guard case .name(let name) = given.kind, row(name)?.stage != nil else { return nil }
      activation = try stage(given)
    }
    var normalises = false
    if let given = call["batchnorm"] {
      guard case .boolean(let on) = given.kind else { return nil }
      normalises = on
    }
    let rate = call["dropout"]
    if let rate, rate.constant == nil { return nil }
    let dtype = isFloat32 ? "" : ", dtype=torch.float32"
    var texts: [String] = []
    var width = try whole(inputs)
    for size in sizes {
      let units = try whole(size)
      texts.append("nn.Linear(\(width), \(units)\(dtype))")
      if normalises {
        if isDistributed { need("SharedBatchNorm") }
        let name = isDistributed ? "SharedBatchNorm1d" : "nn.BatchNorm1d"
        texts.append("\(name)(\(units)\(dtype))")
      }
      texts.append(activation.0)
      if let p = rate?.constant, p > 0 {
        if isDistributed { need("SharedDropout") }
        texts.append("\(isDistributed ? "SharedDropout" : "nn.Dropout")(\(PythonText.number(p)))")
      }
      width = units
    }
    texts.append("nn.Linear(\(width), \(try whole(outputs))\(dtype))")
    return sequence(texts, true, widens: !isFloat32 && !isStage)
  }
}

// Functions and layers in Python.
import Interpreter
import Syntax

extension Translator {
  func declare(_ function: Function, _ statement: Statement) throws(Uncarried) {
    let name = function.name ?? "function"
    let place = "\(code.number):\(statement.span.start)"
    // It may call itself.
    set(name, .callable([.written(place)]))
    separate()
    try definition(function, names[name], place, opening: opening(statement))
    if indent == 0 { lines += ["", ""] }
  }

  /// A blank line at the margin.
  func separate() {
    flush()
    guard indent == 0, let last = lines.last, !last.isEmpty else { return }
    // Comments stay with what they stand before.
    let start = lines.lastIndex { !$0.hasPrefix("#") } ?? -1
    if start >= 0 { lines.insert(contentsOf: ["", ""], at: start + 1) }
  }

  func definition(
    _ function: Function, _ name: String, _ place: String, opening: Int? = nil,
    isMethod: Bool = false
  ) throws(Uncarried) {
    let list = try parameters(function)
    let own = isMethod ? "self" + (list.isEmpty ? "" : ", ") : ""
    emit("def \(name)(\(own)\(list)):")
    try enter(function, place, kinds: nil) { () throws(Uncarried) in
      try self.indented { () throws(Uncarried) in
        let outer = self.changedOutside(function)
        if !outer.isEmpty {
          self.emit("nonlocal \(outer.map { self.names[$0] }.joined(separator: ", "))")
        }
        self.translate(
          function.body, from: opening ?? Int(function.body.first?.span.start ?? 0),
          givesResult: true)
      }
    }
  }

  func parameters(_ function: Function) throws(Uncarried) -> String {
    var parts: [String] = []
    var hasFallback = false
    guard Set(function.parameters.map({ $0.name })).count == function.parameters.count else {
      throw Uncarried("two parameters have the same name")
    }
    for parameter in function.parameters {
      hasFallback = hasFallback || parameter.fallback != nil
      // Python wants a default after a default.
      if hasFallback, parameter.fallback == nil {
        parts.append(names[parameter.name] + "=None")
        continue
      }
      let fallback =
        try parameter.fallback.map { e throws(Uncarried) in "=" + (try piece(e).text) } ?? ""
      parts.append(names[parameter.name] + fallback)
    }
    return parts.joined(separator: ", ")
  }

  /// Runs `body` where a function's names are known.
  func enter<Result>(
    _ function: Function, _ place: String, kinds: [ValueKind]?,
    _ body: () throws(Uncarried) -> Result
  ) throws(Uncarried) -> Result {
    let facts = functionFacts(place)
    facts.names = function.parameters.map { $0.name }
    while facts.kinds.count < facts.names.count { facts.kinds.append(.unset) }
    for (i, parameter) in function.parameters.enumerated() {
      if let fallback = parameter.fallback, let kind = try? piece(fallback).kind {
        facts.kinds[i] = facts.kinds[i].joined(kind)
      }
    }
    var own = Set(facts.names)
    Names.assigned(in: function.body, &own)
    facts.uses = []
    Names.uses(of: function, &facts.uses)
    facts.isImpure = Effects.isImpure(function.body)
    let (outer, outerBlock, outerLoop, outerResult, outerStage) =
      (scope, block, loopDepth, resultOf, isStage)
    scope = PythonScope(outer, own: own)
    (block, loopDepth, resultOf, isStage) = (function.body, 0, facts, false)
    functionDepth += 1
    let outerPieces = pieces
    pieces = [:]
    defer {
      functionDepth -= 1
      pieces = outerPieces
      (scope, block, loopDepth, resultOf, isStage) =
        (outer, outerBlock, outerLoop, outerResult, outerStage)
    }
    for (i, name) in facts.names.enumerated() {
      let known = i < facts.known.count ? facts.known[i] : .unset
      scope.kinds[name] = known == .unset ? .any : known
    }
    return try body()
  }

  /// Names of an outer function that `+=` changes.
  private func changedOutside(_ function: Function) -> [String] {
    var changed: Set<String> = []
    Walk.statements(in: function.body) { statement in
      if case .assign(let targets, let operation, _) = statement.kind, operation.operation != nil,
        case .name(let name)? = targets.first?.kind, !scope.own.contains(name)
      {
        changed.insert(name)
      }
    }
    return changed.filter { name in
      var place = scope.parent
      while let here = place, !here.isTop {
        if here.own.contains(name), !here.isInit { return true }
        place = here.parent
      }
      return false
    }.sorted()
  }

  // MARK: Layers

  func declaration(_ layer: LayerDeclaration, _ statement: Statement) throws(Uncarried) {
    let place = "\(code.number):\(statement.span.start)"
    let facts = functionFacts(place)
    facts.type = layer.name
    facts.cutsRows = Effects.cutsRows(layer)
    set(layer.name, .callable([.written(place)]))
    separate()
    emit("class \(names[layer.name])(nn.Module):")
    var fields: Set<String> = []
    Names.assigned(in: layer.fields, &fields)
    let methods = Set(layer.methods.compactMap { $0.name })
    var used: Set<String> = []
    for method in layer.methods { Names.uses(of: method, &used) }
    // What a method needs of the layer's parameters is kept in a field.
    let kept = layer.parameters.map { $0.name }.filter { used.contains($0) && !fields.contains($0) }
    let (outer, tabs) = (scope, indent)
    defer { (scope, indent) = (outer, tabs) }
    indent += 1
    try initializer(layer, place, fields, kept)
    let inner = PythonScope(outer)
    inner.fields = fields.union(kept).union(methods).union(["training"])
    fieldKinds.add("training", .truth)
    scope = inner
    for method in layer.methods {
      emit("")
      let name = method.name ?? ""
      let key = place + "." + name
      fieldKinds.add(name, .callable([.written(key)]))
      if name == "forward" { learnInput(functionFacts(key), method) }
      try definition(method, attributes[name], key, isMethod: true)
      if name == "forward" { fieldKinds.add("layer " + layer.name, functionFacts(key).given) }
    }
    indent = tabs
    scope = outer
    if indent == 0 { lines += ["", ""] }
  }

  /// What a layer is applied to is most often a tensor.
  private func learnInput(_ facts: FunctionFacts, _ method: Function) {
    guard !method.parameters.isEmpty else { return }
    if facts.kinds.isEmpty { facts.kinds = [.tensor] }
    facts.kinds[0] = facts.kinds[0].joined(.tensor)
  }

  private func initializer(
    _ layer: LayerDeclaration, _ place: String, _ fields: Set<String>, _ kept: [String]
  ) throws(Uncarried) {
    let maker = Function(
      name: layer.name, parameters: layer.parameters, body: layer.fields, isShort: false)
    let list = try parameters(maker)
    emit("def __init__(self\(list.isEmpty ? "" : ", " + list)):")
    try enter(maker, place, kinds: nil) { () throws(Uncarried) in
      let inside = PythonScope(
        self.scope.parent, own: Set(layer.parameters.map { $0.name }), isInit: true)
      inside.kinds = self.scope.kinds
      inside.fields = fields.subtracting(layer.parameters.map { $0.name })
      self.scope = inside
      try self.indented { () throws(Uncarried) in
        self.emit("super().__init__()")
        for name in kept {
          self.emit("self.\(self.attributes[name]) = \(self.names[name])")
          let kind = inside.kinds[name] ?? .any
          self.fieldKinds.add(name, kind == .any ? .any : kind)
        }
        self.translate(
          layer.fields, from: Int(layer.fields.first?.span.start ?? 0), givesResult: false)
        for name in fields.sorted() {
          if let kind = inside.kinds[name] {
            self.fieldKinds.add(name, kind)
          }
        }
      }
    }
    functionFacts(place).result = .unset
  }
}

/// What a function does besides giving a value.
enum Effects {
  private static let changing: Set<String> = [
    "backward", "step", "zero_grad", "append", "train", "eval", "seed", "print",
  ]

  /// Whether calling it again would do more than compute the same.
  static func isImpure(_ body: [Statement]) -> Bool {
    var isImpure = false
    Walk.statements(in: body) { statement in
      switch statement.kind {
      case .verb, .expect: isImpure = true
      case .assign(_, .inPlace, _): isImpure = true
      default: break
      }
    }
    visit(body) { name in
      if changing.contains(name) || NameRow.byName[name]?.draws == true { isImpure = true }
      if NameRow.byName[name]?.form == .data || name == "mlp" { isImpure = true }
    }
    return isImpure
  }

  /// Whether a layer treats the rows of a batch one by one.
  static func cutsRows(_ layer: LayerDeclaration) -> Bool {
    var cuts = true
    for method in layer.methods {
      Walk.statements(in: method.body) { statement in
        if case .assign(_, .inPlace, _) = statement.kind { cuts = false }
      }
      visit(method.body) { name in
        if NameRow.byName[name]?.mixes == true || name == "training" { cuts = false }
      }
    }
    visit(layer.fields) { name in
      if NameRow.layerByName[name]?.mixes == true { cuts = false }
    }
    return cuts
  }

  /// Names that are mentioned or called, as functions or as methods.
  private static func visit(_ body: [Statement], _ visitor: (String) -> Void) {
    Walk.expressions(in: body) { expression in
      switch expression.kind {
      case .name(let name), .field(_, let name, _): visitor(name)
      default: if let inner = expression.innerFunction { visit(inner.body, visitor) }
      }
    } function: { inner in
      visit(inner.body, visitor)
    }
  }
}

// Layer declarations to closures.
import Diagnostics
import Syntax

extension Compiler {
  /// A layer declaration makes a function of its name: it runs the fields and ties the methods to them.
  func declaration(_ layer: LayerDeclaration) throws(Diagnostic) -> Code {
    // Every layer has a mode, which its methods read as `training`.
    let mode = Statement(
      kind: .assign(
        [Expression(kind: .name(Compiler.mode), span: layer.span)], .assign,
        Expression(kind: .boolean(true), span: layer.span)), span: layer.span)
    let body = [mode] + layer.fields
    let function = Function(
      name: layer.name, parameters: layer.parameters, body: body, isShort: false)
    let scope = Scope(
      parent: scope, parameters: layer.parameters.map(\.name), body: body, also: layer.methods)
    let inner = Compiler(machine, source, scope)
    let compiled = FunctionCode(function, span: layer.span)
    for parameter in layer.parameters {
      compiled.fallbacks.append(
        try parameter.fallback.map { e throws(Diagnostic) in try inner.code(e) })
    }
    let fields = try inner.block(body)
    var methods: [(String, Code)] = []
    for method in layer.methods {
      methods.append((method.name ?? "", try inner.closure(method, layer.span)))
    }
    let declared = body.flatMap(Compiler.declared)
    let readers = declared.map { ($0.name, $0.isBuffer, inner.scope.place($0.name)) }
    let given = layer.parameters.map { ($0.name, inner.scope.place($0.name)) }
    let methodStores = methods.map { ($0.0, inner.store($0.0), $0.1) }
    let isLibrary = isSealed
    compiled.body = Action { f throws(Diagnostic) in
      let arguments = given.map { (name: $0.0, value: Compiler.cell(f, $0.1).value) }
      let end = try fields.run(f)
      if case .returned = end { return end }
      var functions: [(name: String, function: FunctionObject)] = []
      for (name, store, code) in methodStores {
        guard case .function(let function) = try code.run(f) else { continue }
        store.run(f, .function(function))
        functions.append((name, function))
      }
      var mode = Cell(.bool(true))
      var cells: [LayerObject.Field] = []
      for (name, isBuffer, place) in readers {
        let cell = Compiler.cell(f, place)
        if name == Compiler.mode {
          mode = cell
        } else {
          cells.append(LayerObject.Field(name: name, cell: cell, isBuffer: isBuffer))
        }
      }
      return .returned(
        .layer(
          LayerObject(
            layer.name, arguments: arguments, fields: cells, methods: functions, mode: mode,
            isLibrary: isLibrary)))
    }
    inner.finish(compiled)
    let outer = scope.captured.map { self.scope.place($0) }
    return Code { f in
      .function(FunctionObject(compiled, outer.map { Compiler.cell(f, $0) }))
    }
  }

  private static let mode = "training"

  /// The cell that a name shares with inner functions, or a new one with its value.
  private static func cell(_ f: Frame, _ place: Scope.Place) -> Cell {
    switch place {
    case .boxed(let slot): if case .cell(let cell) = f.base[slot] { return cell }
    case .local(let slot): return Cell(f.base[slot])
    case .global: break
    }
    return Cell(.unset)
  }

  private static func declared(_ statement: Statement) -> [(name: String, isBuffer: Bool)] {
    switch statement.kind {
    case .parameter(let name, _, _): [(name, false)]
    case .buffer(let name, _, _): [(name, true)]
    case .assign(let targets, .assign, _):
      targets.compactMap { if case .name(let name) = $0.kind { (name, false) } else { nil } }
    default: []
    }
  }
}

// Layer declarations to closures.
import Autograd
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
      parent: scope, parameters: layer.parameters.map { $0.name }, body: body, also: layer.methods)
    let inner = Compiler(machine, source, scope)
    let compiled = FunctionCode(function, span: layer.span)
    machine.disposal.add(compiled)
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
    let names = Set(declared.map { $0.name })
    let make = Code { f throws(Diagnostic) in
      let arguments = given.map { (name: $0.0, value: Compiler.cell(f, $0.1).value) }
      let end = try fields.run(f)
      if case .returned(let value) = end { return value }
      var functions: [(name: String, function: FunctionObject)] = []
      for (name, store, code) in methodStores {
        guard case .function(let function) = try code.run(f) else { continue }
        store.run(f, .function(function))
        functions.append((name, function))
      }
      var mode = SharedVariable(.bool(true))
      var cells: [LayerObject.Field] = []
      for (name, isBuffer, place) in readers {
        let cell = Compiler.cell(f, place)
        if name == Compiler.mode {
          mode = cell
        } else {
          cells.append(LayerObject.Field(name: name, cell: cell, isBuffer: isBuffer))
        }
      }
      let parts =
        isLibrary ? [] : Compiler.parts(f, given.filter { !names.contains($0.0) }, beside: cells)
      return .layer(
        LayerObject(
          layer.name, arguments: arguments, fields: parts + cells, methods: functions, mode: mode,
          isLibrary: isLibrary))
    }
    inner.finish(compiled, make)
    let outer = scope.captured.map { self.scope.place($0) }
    return Code { f in
      .function(FunctionObject(compiled, outer.map { Compiler.cell(f, $0) }))
    }
  }

  /// Layers and parameters given as arguments are parts of the layer whose methods use them, as if it began
  /// with PyTorch's `self.inner = inner`; what a field holds already is a part by that field.
  private static func parts(
    _ f: Frame, _ given: [(String, Scope.Place)], beside fields: [LayerObject.Field]
  ) -> [LayerObject.Field] {
    func identities(in value: Value) -> [ObjectIdentifier] {
      switch value {
      case .layer(let layer): layer.allLayers.map { ObjectIdentifier($0) }
      case .list(let list): list.items.flatMap { identities(in: $0) }
      default: Value.parameters(in: value).map { ObjectIdentifier($0) }
      }
    }
    let known = Set(fields.flatMap { identities(in: $0.value) })
    return given.compactMap { name, place in
      // A method uses it: then it lies in a cell that they share.
      guard case .boxed = place else { return nil }
      let cell = cell(f, place)
      guard identities(in: cell.value).contains(where: { !known.contains($0) }) else { return nil }
      return LayerObject.Field(name: name, cell: cell, isBuffer: false)
    }
  }

  private static let mode = "training"

  /// The cell that a name shares with inner functions, or a new one with its value.
  private static func cell(_ f: Frame, _ place: Scope.Place) -> SharedVariable {
    switch place {
    case .boxed(let slot): if case .cell(let cell) = f.base[slot] { return cell }
    case .local(let slot): return SharedVariable(f.base[slot])
    case .global: break
    }
    return SharedVariable(.unset)
  }

  private static func declared(_ statement: Statement) -> [(name: String, isBuffer: Bool)] {
    switch statement.kind {
    case .parameter(let name, _, _): [(name, false)]
    case .buffer(let name, _, _): [(name, true)]
    case .assign(let targets, .assign, _):
      targets.flatMap { $0.assignedNames.map { ($0, false) } }
    default: []
    }
  }
}

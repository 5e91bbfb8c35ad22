// Recorded numbers: as comments, and as claims.
import Documents
import Interpreter
import Syntax

extension ProgramWriter {
  // MARK: Numbers

  /// The statement that gives each name the value that it has at the end.
  func lastAssignments(_ statements: [Statement]) -> [String: Int] {
    var latest: [String: Int] = [:]
    for (i, statement) in statements.enumerated() {
      var names: Set<String> = []
      Names.assigned(in: [statement], &names)
      Walk.statements(in: [statement]) { inner in
        if case .assign(let targets, let operation, _) = inner.kind, operation != .assign,
          case .name(let name)? = targets.first?.kind
        {
          names.insert(name)
        }
      }
      for name in names { latest[name] = i }
      // Another pass over the formulas gives names other values.
      if goesForward(statement) { latest = latest.mapValues { _ in i } }
    }
    return latest
  }

  func goesForward(_ statement: Statement) -> Bool {
    var goes = false
    Walk.statements(in: [statement]) { inner in
      if case .verb(.forward, _, _) = inner.kind { goes = true }
    }
    Walk.expressions(in: [statement]) {
      if $0.calledBuiltin?.name == "forward" { goes = true }
    } function: { _ in
    }
    return goes
  }

  func annotate(
    _ statement: Statement, _ place: Int, _ latest: [String: Int], _ code: Document.Code
  ) {
    let name: String
    switch statement.kind {
    case .assign(let targets, .assign, let value):
      guard targets.count == 1, case .name(let target) = targets[0].kind, value.constant == nil,
        !value.isBracket
      else { return }
      name = target
    default: return
    }
    guard latest[name] == place, !translator.lost.contains(name),
      let tensor = code.values.first(where: { $0.name == name })?.tensor
    else { return }
    translator.annotate("\(name) = \(NumberText.short(tensor))", at: translator.assignedLine)
  }

  func check(_ code: Document.Code) {
    let skipped = translator.lost.union(translator.unchecked)
    for (name, tensor) in code.values where !skipped.contains(name) {
      guard let kind = translator.kind(of: name), !isTimed(name) else { continue }
      switch kind {
      case .number, .truth, .any, .tensor, .vector, .parameter, .wholes, .anyTensor: break
      default: continue
      }
      let (own, title) = (translator.names[name], PythonText.literal(name))
      if tensor.count <= 20 {
        translator.emit("check(\(title), \(own), \(NumberText.exact(tensor)))")
      } else {
        let (sum, norm) = NumberText.measures(tensor)
        let dims = tensor.shape.dims.map(String.init).joined(separator: ", ")
        let shape = "(\(dims)\(tensor.rank == 1 ? "," : ""))"
        translator.emit(
          "check(\(title), \(own), shape=\(shape), total=\(sum), norm=\(norm))"
        )
      }
    }
  }

  /// Seconds are others each time.
  func isTimed(_ name: String) -> Bool {
    var isTimed = false
    Walk.statements(in: translator.program) { statement in
      guard case .assign(let targets, _, let value) = statement.kind else { return }
      guard targets.contains(where: { if case .name(name) = $0.kind { true } else { false } })
      else { return }
      Walk.visit(value) { if $0.calledName == "clock" { isTimed = true } }
    }
    return isTimed
  }
}

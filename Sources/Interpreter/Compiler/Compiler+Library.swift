// The library in nn, compiled when it is needed.
import Diagnostics
import Syntax

extension Compiler {
  /// A definition of the library as a value.
  /// - Parameter textbook: whether it says what a fused op does.
  package static func compiled(
    _ definition: Definition, textbook: Bool, in machine: Machine
  ) throws(Diagnostic) -> Value {
    let source = SourceText(
      id: textbook ? SourceID.textbook : SourceID.layers, name: "library", definition.text)
    let parsed = Parser.parse(source, in: 0..<source.bytes.count)
    guard let statement = parsed.statements.first, parsed.diagnostics.isEmpty else {
      throw RunFault.libraryUnreadable(
        name: definition.name, error: parsed.diagnostics.first?.headline
      ).at(nil)
    }
    let compiler = Compiler(machine, source, Scope(parent: nil, parameters: [], body: [statement]))
    let code: Code
    switch statement.kind {
    case .function(let function): code = try compiler.closure(function, statement.span)
    case .layer(let layer): code = try compiler.declaration(layer)
    default: throw RunFault.libraryDefinesNothing(definition.name).at(nil)
    }
    return try code.run(machine.frame)
  }
}

// The table of built-ins: every family in one list.
import Diagnostics
import Interpreter

extension Vocabulary {
  /// The language.
  package static let standard = Vocabulary(
    Builtin.all, methods: Builtin.methods, helpers: { Library.helpers },
    textbook: { Library.textbook },
    compile: { definition, isTextbook, machine throws(Diagnostic) in
      try Compiler.compiled(definition, textbook: isTextbook, in: machine)
    })
}

extension Builtin {
  static let layers: [Builtin] =
    Library.definitions.filter { !$0.name.hasPrefix("_") }
    .map { definition in
      let function = overloads.first { $0.name == definition.name }
      let topic = definition.notes[.topic].flatMap(Builtin.Topic.init) ?? .layers
      return Builtin(definition, topic, or: function)
    } + [sequential]

  package static let all: [Builtin] =
    making + drawing + initialisers + shaping + arranging + opFunctions + joining + layerFunctions
    + layers + optimizers
    + schedules + gradients + data + sequences + strings + looking + figures + general

  /// All that has a page.
  package static let documented = all + methods

  package static func named(_ name: String) -> Builtin? { Vocabulary.standard[name] }
  package static var names: [String] { Vocabulary.standard.names }
}

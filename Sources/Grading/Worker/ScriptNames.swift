// Which of a script's functions use which: what a check rests on.
import Diagnostics
import Interpreter
import Syntax

/// The functions and layers of a script, and the names that each mentions.
struct ScriptNames {
  /// Stands for what is at the top level outside of functions and layers.
  static let top = "fn"

  private var mentions: [String: Set<String>] = [:]
  /// Methods, by the layer that they belong to.
  private var layers: [String: [String]] = [:]
  private let order: [String]

  init(_ statements: [Statement]) {
    var names: [String] = []
    var loose: Set<String> = []
    var found: [String: Set<String>] = [:]
    var methods: [String: [String]] = [:]
    Walk.statements(in: statements) { statement in
      switch statement.kind {
      case .function(let function):
        let name = function.name ?? ScriptNames.top
        names.append(name)
        // What is declared again takes the place of the first.
        if name != ScriptNames.top { found[name] = [] }
        Names.uses(of: function, &found[name, default: []])
      case .layer(let layer):
        names.append(layer.name)
        found[layer.name] = []
        methods[layer.name] = layer.methods.compactMap({ $0.name })
        let whole = Function(
          name: layer.name, parameters: layer.parameters,
          body: layer.fields
            + layer.methods.map { Statement(kind: .function($0), span: layer.span) },
          isShort: false)
        Names.uses(of: whole, &found[layer.name, default: []])
      default: break
      }
    }
    // What is left of the top level: expressions, and the functions without a name in them.
    Walk.expressions(in: statements) { expression in
      if case .name(let name) = expression.kind { loose.insert(name) }
      if let inner = expression.innerFunction { Names.uses(of: inner, &loose) }
    } function: { _ in
    }
    found[ScriptNames.top, default: []].formUnion(loose)
    mentions = found
    layers = methods
    order = names
    var given: Set<String> = []
    Walk.statements(in: statements) { statement in
      switch statement.kind {
      case .assign(let targets, .assign, _):
        given.formUnion(targets.flatMap { $0.assignedNames })
      case .parameter(let name, _, _), .buffer(let name, _, _): given.insert(name)
      case .forLoop(let targets, _, _):
        given.formUnion(targets.flatMap { $0.names.map { $0.name } })
      default: break
      }
    }
    variables = given
  }

  /// Names that the top level gives a value to.
  private let variables: Set<String>

  /// What a declared function belongs to: itself, or the layer whose method it is.
  func owner(of function: Function) -> String {
    guard let name = function.name else { return ScriptNames.top }
    return layers.first { $0.key == name || $0.value.contains(name) && mentions[name] == nil }?.key
      ?? name
  }

  /// The functions and layers that a call needs, at once and by way of others.
  func uses(_ call: String) -> Uses {
    let called = called(by: call).filter { order.contains($0) }
    var uses = Uses(called: called, reached: called, layers: Set(layers.keys))
    var waiting = Array(called)
    while let name = waiting.popLast() {
      for next in mentions[name] ?? [] where order.contains(next) {
        if uses.reached.insert(next).inserted { waiting.append(next) }
      }
    }
    return uses
  }

  /// All that a call can come upon, by way of variables too.
  func reached(from call: String) -> Set<String> {
    var reached = called(by: call)
    var waiting = Array(reached)
    while let name = waiting.popLast() {
      // A variable may hold whatever the top level has made.
      let more =
        variables.contains(name)
        ? (mentions[ScriptNames.top] ?? []).union([ScriptNames.top]) : mentions[name] ?? []
      for next in more where reached.insert(next).inserted { waiting.append(next) }
    }
    return reached
  }

  /// The shortest way from what is called to a function: `grad_w`, `helper`.
  func path(to target: String, from call: String) -> [String] {
    var waiting = called(by: call).filter { mentions[$0] != nil }.sorted().map { [$0] }
    var seen = Set(waiting.flatMap { $0 })
    while !waiting.isEmpty {
      let path = waiting.removeFirst()
      let last = path[path.count - 1]
      if last == target { return path }
      for next in (mentions[last] ?? []).sorted() where mentions[next] != nil {
        if seen.insert(next).inserted { waiting.append(path + [next]) }
      }
    }
    return [target]
  }

  /// The names that a check's own text mentions.
  private func called(by call: String) -> Set<String> {
    let text = SourceText(id: 0, name: "call", "fn() " + (call.hasPrefix("{") ? call : "= " + call))
    guard case .expression(let function)? = Parser.parse(text).statements.first?.kind,
      case .function(let body) = function.kind
    else { return [] }
    var names: Set<String> = []
    Names.uses(of: body, &names)
    return names
  }
}

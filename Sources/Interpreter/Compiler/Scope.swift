// Which names a function owns, which it borrows, and where they live.
import Diagnostics
import Syntax

/// The names of one function while it is compiled. Its frame holds, from the bottom: parameters, other
/// locals, borrowed cells, loop counters, and windows in which arguments of calls are laid out.
package final class Scope {
  private let parent: Scope?
  private var slots: [String: Int] = [:]
  /// Locals that an inner function also uses, and names borrowed from outside: these slots hold cells.
  private let boxed: Set<String>
  /// Names of enclosing functions that this one uses, in the order of `FunctionObject.captures`.
  let captured: [String]
  private let own: Set<String>
  private(set) var frameSize = 0
  private var nextCounter: Int
  private var window: Int

  /// - Parameters:
  ///   - functions: methods declared beside `body`, which share its variables.
  ///   - fallbacks: defaults of the parameters, which may use names from outside.
  package init(
    parent: Scope?, parameters: [String], body: [Statement], also functions: [Function] = [],
    fallbacks: [Expression] = []
  ) {
    self.parent = parent
    var names = Set(parameters)
    var inner: Set<String> = []
    var used: Set<String> = []
    if parent != nil { Names.assigned(in: body, &names) }
    names.formUnion(functions.compactMap({ $0.name }))
    Names.innerUses(in: body, &inner)
    for function in functions { Names.uses(of: function, &inner) }
    Names.uses(of: Function(name: nil, parameters: [], body: body, isShort: false), &used)
    used.formUnion(inner)
    for fallback in fallbacks {
      Walk.visit(fallback) { if case .name(let name) = $0.kind { used.insert(name) } }
    }
    captured = used.subtracting(names).filter { parent?.reaches($0) == true }.sorted()
    own = names
    boxed = names.intersection(inner).union(captured)
    let locals = parameters + names.subtracting(parameters).sorted() + captured
    for name in locals { slots[name] = slots.count }
    nextCounter = slots.count
    window = slots.count + Names.loops(in: body)
    frameSize = window
  }

  private func reaches(_ name: String) -> Bool {
    own.contains(name) || captured.contains(name)
  }

  var isTop: Bool { parent == nil }
  /// Slots that hold names; the rest of the frame is scratch.
  var localCount: Int { slots.count }
  var boxedLocals: [Int] { boxed.subtracting(captured).compactMap { slots[$0] }.sorted() }
  var capturedSlots: [Int] { captured.compactMap { slots[$0] } }

  /// A nameless slot for a loop's own counter.
  func counter() -> Int {
    defer { nextCounter += 1 }
    return nextCounter
  }

  enum Place {
    case local(Int)
    /// A slot that holds a cell.
    case boxed(Int)
    case global
  }

  func place(_ name: String) -> Place {
    guard let slot = slots[name] else { return .global }
    return boxed.contains(name) ? .boxed(slot) : .local(slot)
  }

  /// The first slot that nothing in use occupies.
  var top: Int { window }

  /// Compiles `body` with a window of `count` slots above everything in use.
  func withWindow<Result>(
    _ count: Int, _ body: (_ start: Int) throws(Diagnostic) -> Result
  ) throws(Diagnostic) -> Result {
    let start = window
    window += count
    frameSize = max(frameSize, window)
    defer { window = start }
    return try body(start)
  }
}

/// Walks over the tree that gather names.
package enum Names {
  /// Gathers the names that statements give a value to.
  package static func assigned(in body: [Statement], _ names: inout Set<String>) {
    for statement in body {
      switch statement.kind {
      case .assign(let targets, let operation, _):
        for target in targets {
          // `:=`, `+=` and the like change what is there; only `=` makes a name.
          if operation == .assign { names.formUnion(target.assignedNames) }
        }
      case .parameter(let name, _, _), .buffer(let name, _, _): names.insert(name)
      case .branch(let branches, let otherwise):
        for branch in branches { assigned(in: branch.body, &names) }
        if let otherwise { assigned(in: otherwise, &names) }
      case .whileLoop(_, let body), .repeatLoop(_, let body), .noGrad(let body):
        assigned(in: body, &names)
      case .forLoop(let targets, _, let body):
        names.formUnion(targets.flatMap { $0.names.map { $0.name } })
        assigned(in: body, &names)
      case .function(let function): if let name = function.name { names.insert(name) }
      case .layer(let layer): names.insert(layer.name)
      default: break
      }
    }
  }

  /// How many loops need a counter of their own.
  static func loops(in body: [Statement]) -> Int {
    body.reduce(0) { count, statement in
      switch statement.kind {
      case .branch(let branches, let otherwise):
        count + branches.reduce(0) { $0 + loops(in: $1.body) } + loops(in: otherwise ?? [])
      case .whileLoop(_, let body), .noGrad(let body): count + loops(in: body)
      case .forLoop(_, _, let body), .repeatLoop(_, let body): count + 1 + loops(in: body)
      default: count
      }
    }
  }

  /// Every name that functions inside `body` mention.
  static func innerUses(in body: [Statement], _ names: inout Set<String>) {
    Walk.expressions(in: body) { expression in
      if let function = expression.innerFunction { uses(of: function, &names) }
    } function: { function in
      uses(of: function, &names)
    }
  }

  /// Every name that a function mentions, its inner functions and defaults included.
  package static func uses(of function: Function, _ names: inout Set<String>) {
    Walk.expressions(in: function.body) { expression in
      if case .name(let name) = expression.kind { names.insert(name) }
      if let inner = expression.innerFunction { uses(of: inner, &names) }
    } function: { inner in
      uses(of: inner, &names)
    }
    assigned(in: function.body, &names)
    for parameter in function.parameters {
      if let fallback = parameter.fallback {
        Walk.visit(fallback) {
          if case .name(let name) = $0.kind { names.insert(name) }
        }
      }
    }
  }
}

// Operators on operands that are found in different places: a closure for each combination that matters.
import Autograd
import Diagnostics
import Syntax
import Tensors

/// Where an operator finds one of its sides.
protocol OperandPlace {
  /// What evaluating it gives before anyone asks what it is; nothing where it can be looked at again. No
  /// expression changes a plain local, so one may be read after the other side.
  associatedtype Held
  func hold(_ f: Frame) throws(Diagnostic) -> Held
  /// The plain number that it is, if it is one.
  func number(_ held: Held, _ f: Frame) -> Double?
  /// The tensor that it is, if it is one: alive as long as what is held, and no variable changes.
  func node(_ held: Held, _ f: Frame) -> Unmanaged<Node>?
  func value(_ held: Held, _ f: Frame) throws(Diagnostic) -> Value
}

struct LiteralOperand: OperandPlace {
  let literal: Double
  @inline(__always) func hold(_ f: Frame) throws(Diagnostic) {}
  @inline(__always) func number(_ held: Void, _ f: Frame) -> Double? { literal }
  @inline(__always) func node(_ held: Void, _ f: Frame) -> Unmanaged<Node>? { nil }
  @inline(__always) func value(_ held: Void, _ f: Frame) throws(Diagnostic) -> Value {
    .number(literal)
  }
}

struct LocalOperand: OperandPlace {
  let slot: Int
  /// Says what is wrong if the local has no value yet.
  let load: Code
  @inline(__always) func hold(_ f: Frame) throws(Diagnostic) {}
  @inline(__always) func number(_ held: Void, _ f: Frame) -> Double? {
    if case .number(let n) = f.base[slot] { n } else { nil }
  }
  @inline(__always) func node(_ held: Void, _ f: Frame) -> Unmanaged<Node>? { (f.base + slot).node }
  @inline(__always) func value(_ held: Void, _ f: Frame) throws(Diagnostic) -> Value {
    try load.run(f)
  }
}

struct ComputedOperand: OperandPlace {
  let code: Code
  @inline(__always) func hold(_ f: Frame) throws(Diagnostic) -> Value { try code.run(f) }
  @inline(__always) func number(_ held: Value, _ f: Frame) -> Double? {
    if case .number(let n) = held { n } else { nil }
  }
  @inline(__always) func node(_ held: Value, _ f: Frame) -> Unmanaged<Node>? { held.node }
  @inline(__always) func value(_ held: Value, _ f: Frame) throws(Diagnostic) -> Value { held }
}

/// `xs[i]`, both plain locals.
struct ElementOperand: OperandPlace {
  let list: Int
  let place: Int
  /// Finds the element whatever it is, and in whatever it is.
  let element: Code
  @inline(__always) func hold(_ f: Frame) throws(Diagnostic) {}
  @inline(__always) func number(_ held: Void, _ f: Frame) -> Double? {
    guard let list = (f.base + list).list, case .number(let n) = f.base[place],
      let i = UInt32(small: n)
    else { return nil }
    return list._withUnsafeGuaranteedRef { list in
      if i < list.items.count, case .number(let n) = list.items[Int(i)] { n } else { nil }
    }
  }
  @inline(__always) func node(_ held: Void, _ f: Frame) -> Unmanaged<Node>? {
    guard let list = (f.base + list).list, case .number(let n) = f.base[place],
      let i = UInt32(small: n)
    else { return nil }
    return list._withUnsafeGuaranteedRef { i < $0.items.count ? $0.items[Int(i)].node : nil }
  }
  @inline(__always) func value(_ held: Void, _ f: Frame) throws(Diagnostic) -> Value {
    try element.run(f)
  }
}

/// A product of what can be looked at again.
struct ProductOperand<Factor: OperandPlace>: OperandPlace where Factor.Held == Void {
  let left: Factor
  let right: Factor
  let site: OperatorSite
  @inline(__always) func hold(_ f: Frame) throws(Diagnostic) {}
  @inline(__always) func number(_ held: Void, _ f: Frame) -> Double? {
    guard let x = left.number((), f), let y = right.number((), f) else { return nil }
    return x * y
  }
  @inline(__always) func node(_ held: Void, _ f: Frame) -> Unmanaged<Node>? { nil }
  @inline(__always) func value(_ held: Void, _ f: Frame) throws(Diagnostic) -> Value {
    try Multiplication.general(left, (), right, (), f, site)
  }
}

extension NumberOperator {
  /// What is no operator of two plain numbers. Recorded numbers are looked at where they lie.
  @inline(__always)
  static func general<L: OperandPlace, R: OperandPlace>(
    _ left: L, _ x: L.Held, _ right: R, _ y: R.Held, _ f: Frame, _ site: OperatorSite
  ) throws(Diagnostic) -> Value {
    guard site.graph.isRecording, let a = left.node(x, f) else {
      return try slow(try left.value(x, f), try right.value(y, f), site)
    }
    if let b = right.node(y, f), let result = recorded(a, b, site) {
      withExtendedLifetime(x) {}
      withExtendedLifetime(y) {}
      return result
    }
    let second = try right.value(y, f)
    if let b = second.node, let result = recorded(a, b, site) {
      withExtendedLifetime(x) {}
      withExtendedLifetime(second) {}
      return result
    }
    return try slow(try left.value(x, f), second, site)
  }
}

/// What is compiled of an operator and its operands.
protocol OperatorForm {
  associatedtype Compiled
  /// Whether it is for a plain local on the left alone.
  static var needsLocal: Bool { get }
  func compiled<O: NumberOperator, L: OperandPlace, R: OperandPlace>(
    _: O.Type, _ left: L, _ right: R
  ) -> Compiled
}

/// What is compiled of a comparison.
protocol RelationForm {
  associatedtype Compiled
  func compiled<C: NumberRelation, L: OperandPlace, R: OperandPlace>(
    _ condition: Condition<C, L, R>
  )
    throws(Diagnostic) -> Compiled
}

// Each closure below captures one object alone and reads from it what it needs when it needs it; what rarely
// happens is out of line. So the fast way is short.

/// The value of an operator.
struct ValueForm: OperatorForm {
  static var needsLocal: Bool { false }
  let site: OperatorSite

  private final class Parts<O: NumberOperator, L: OperandPlace, R: OperandPlace> {
    let left: L
    let right: R
    let site: OperatorSite
    init(_ left: L, _ right: R, _ site: OperatorSite) {
      (self.left, self.right, self.site) = (left, right, site)
    }

    @inline(never)
    func slow(_ x: consuming L.Held, _ y: consuming R.Held, _ f: Frame) throws(Diagnostic) -> Value
    {
      try O.general(left, x, right, y, f, site)
    }
  }

  func compiled<O: NumberOperator, L: OperandPlace, R: OperandPlace>(
    _: O.Type, _ left: L, _ right: R
  ) -> Code {
    let parts = Parts<O, L, R>(left, right, site)
    return Code { f throws(Diagnostic) in
      let x = try parts.left.hold(f)
      let y = try parts.right.hold(f)
      if let a = parts.left.number(x, f), let b = parts.right.number(y, f), O.takes(b) {
        return .number(O.apply(a, b))
      }
      return try parts.slow(x, y, f)
    }
  }
}

/// `local = local op value`, which most turns of most loops are. Where the local holds a number another one goes
/// straight into its slot.
struct AccumulatingForm: OperatorForm {
  static var needsLocal: Bool { true }
  let site: OperatorSite
  let slot: Int
  let store: Store

  private final class Parts<O: NumberOperator, L: OperandPlace, R: OperandPlace> {
    let left: L
    let right: R
    let form: AccumulatingForm
    init(_ left: L, _ right: R, _ form: AccumulatingForm) {
      (self.left, self.right, self.form) = (left, right, form)
    }

    @inline(never)
    func slow(_ x: consuming L.Held, _ y: consuming R.Held, _ f: Frame) throws(Diagnostic) {
      form.store.run(f, try O.general(left, x, right, y, f, form.site))
    }
  }

  func compiled<O: NumberOperator, L: OperandPlace, R: OperandPlace>(
    _: O.Type, _ left: L, _ right: R
  ) -> Action {
    let parts = Parts<O, L, R>(left, right, self)
    return Action { f throws(Diagnostic) in
      let x = try parts.left.hold(f)
      let y = try parts.right.hold(f)
      if let a = parts.left.number(x, f), let b = parts.right.number(y, f), O.takes(b) {
        (f.base + parts.form.slot).initialize(to: .number(O.apply(a, b)))
      } else {
        try parts.slow(x, y, f)
      }
      return .normal
    }
  }
}

/// A condition, without the detour over a boxed truth value.
struct Condition<C: NumberRelation, L: OperandPlace, R: OperandPlace> {
  let left: L
  let right: R
  let site: OperatorSite
  /// Whether the program goes one way or another by it, which no replay can follow.
  let decides: Bool

  @inline(__always)
  func holds(_ f: Frame) throws(Diagnostic) -> Bool {
    let x = try left.hold(f)
    let y = try right.hold(f)
    if let a = left.number(x, f), let b = right.number(y, f) { return C.holds(a, b) }
    return try slow(x, y, f)
  }

  @inline(never)
  private func slow(_ x: consuming L.Held, _ y: consuming R.Held, _ f: Frame) throws(Diagnostic)
    -> Bool
  {
    try C.slow(try left.value(x, f), try right.value(y, f), site, decides: decides)
  }
}

struct TestForm: RelationForm {
  private final class Parts<C: NumberRelation, L: OperandPlace, R: OperandPlace> {
    let condition: Condition<C, L, R>
    init(_ condition: Condition<C, L, R>) { self.condition = condition }
  }

  func compiled<C: NumberRelation, L: OperandPlace, R: OperandPlace>(
    _ condition: Condition<C, L, R>
  ) -> Test {
    let parts = Parts(condition)
    return Test { f throws(Diagnostic) in try parts.condition.holds(f) }
  }
}

/// One value or another, by a comparison.
struct ChoiceForm: RelationForm {
  let yes: () throws(Diagnostic) -> Code
  let no: () throws(Diagnostic) -> Code

  private final class Parts<C: NumberRelation, L: OperandPlace, R: OperandPlace> {
    let condition: Condition<C, L, R>
    let yes: Code
    let no: Code
    init(_ condition: Condition<C, L, R>, _ yes: Code, _ no: Code) {
      (self.condition, self.yes, self.no) = (condition, yes, no)
    }
  }

  func compiled<C: NumberRelation, L: OperandPlace, R: OperandPlace>(
    _ condition: Condition<C, L, R>
  )
    throws(Diagnostic) -> Code
  {
    let parts = Parts(condition, try yes(), try no())
    return Code { f throws(Diagnostic) in
      try parts.condition.holds(f) ? try parts.yes.run(f) : try parts.no.run(f)
    }
  }
}

/// One statement or another, by a comparison.
struct BranchForm: RelationForm {
  let yes: () throws(Diagnostic) -> Action
  let no: Action

  private final class Parts<C: NumberRelation, L: OperandPlace, R: OperandPlace> {
    let condition: Condition<C, L, R>
    let yes: Action
    let no: Action
    init(_ condition: Condition<C, L, R>, _ yes: Action, _ no: Action) {
      (self.condition, self.yes, self.no) = (condition, yes, no)
    }
  }

  func compiled<C: NumberRelation, L: OperandPlace, R: OperandPlace>(
    _ condition: Condition<C, L, R>
  )
    throws(Diagnostic) -> Action
  {
    let parts = Parts(condition, try yes(), no)
    return Action { f throws(Diagnostic) in
      try parts.condition.holds(f) ? try parts.yes.run(f) : try parts.no.run(f)
    }
  }
}

extension Compiler {
  /// Compiles an operator that plain numbers have; nil for others.
  func compiled<Form: OperatorForm>(
    _ operation: BinaryOperator, _ left: Expression, _ right: Expression, _ form: Form
  ) throws(Diagnostic) -> Form.Compiled? {
    switch operation {
    case .add: try sum(Addition.self, left, right, form)
    case .subtract: try sum(Subtraction.self, left, right, form)
    case .multiply: try compiled(Multiplication.self, left, right, form)
    case .divide: try compiled(Division.self, left, right, form)
    case .modulo: try compiled(Remainder.self, left, right, form)
    // These take so long that it does not matter where the operands are found.
    case .floorDivide where !Form.needsLocal:
      form.compiled(FloorDivision.self, try computed(left), try computed(right))
    case .power where !Form.needsLocal:
      form.compiled(Exponentiation.self, try computed(left), try computed(right))
    default: nil
    }
  }

  /// Compiles what goes one way or another by a comparison; nil for other conditions.
  func compiled<Form: RelationForm>(
    by condition: Expression, decides: Bool = true, _ form: Form
  ) throws(Diagnostic) -> Form.Compiled? {
    guard case .binary(let operation, let left, let right, let place) = condition.kind else {
      return nil
    }
    func compiled<C: NumberRelation>(_: C.Type) throws(Diagnostic) -> Form.Compiled {
      let site = operatorSite(left, right, place)
      func compiled<L: OperandPlace, R: OperandPlace>(_ left: L, _ right: R) throws(Diagnostic)
        -> Form.Compiled
      {
        try form.compiled(
          Condition<C, L, R>(left: left, right: right, site: site, decides: decides))
      }
      return switch try sides(left, right) {
      case .localLiteral(let a, let b): try compiled(a, b)
      case .locals(let a, let b): try compiled(a, b)
      case .localComputed(let a, let b): try compiled(a, b)
      case .computedLiteral(let a, let b): try compiled(a, b)
      case .computedLocal(let a, let b): try compiled(a, b)
      case .computed(let a, let b): try compiled(a, b)
      }
    }
    return switch Kernel.Relation(rawValue: operation.rawValue) {
    case .less: try compiled(Less.self)
    case .lessOrEqual: try compiled(LessOrEqual.self)
    case .greater: try compiled(Greater.self)
    case .greaterOrEqual: try compiled(GreaterOrEqual.self)
    case .equal: try compiled(Equal.self)
    default: nil
    }
  }

  private func computed(_ expression: Expression) throws(Diagnostic) -> ComputedOperand {
    ComputedOperand(code: try code(expression))
  }

  /// `s + xs[i]`, `s + a*b` and `s + xs[i]*ys[i]` in one, as in every mean and every neuron.
  private func sum<O: NumberOperator, Form: OperatorForm>(
    _: O.Type, _ left: Expression, _ right: Expression, _ form: Form
  ) throws(Diagnostic) -> Form.Compiled? {
    if let total = local(left) {
      if let term = try element(right) { return form.compiled(O.self, total, term) }
      if case .binary(.multiply, let a, let b, let place) = right.kind {
        let site = operatorSite(a, b, place)
        if let a = local(a), let b = local(b) {
          return form.compiled(O.self, total, ProductOperand(left: a, right: b, site: site))
        }
        if let a = try element(a), let b = try element(b) {
          return form.compiled(O.self, total, ProductOperand(left: a, right: b, site: site))
        }
      }
    }
    return try compiled(O.self, left, right, form)
  }

  private func compiled<O: NumberOperator, Form: OperatorForm>(
    _: O.Type, _ left: Expression, _ right: Expression, _ form: Form
  ) throws(Diagnostic) -> Form.Compiled? {
    switch try sides(left, right) {
    case .localLiteral(let a, let b): form.compiled(O.self, a, b)
    case .locals(let a, let b): form.compiled(O.self, a, b)
    case .localComputed(let a, let b): form.compiled(O.self, a, b)
    case .computedLiteral(let a, let b): Form.needsLocal ? nil : form.compiled(O.self, a, b)
    case .computedLocal(let a, let b): Form.needsLocal ? nil : form.compiled(O.self, a, b)
    case .computed(let a, let b): Form.needsLocal ? nil : form.compiled(O.self, a, b)
    }
  }

  /// The combinations of operands that have closures of their own.
  private enum Sides {
    case localLiteral(LocalOperand, LiteralOperand)
    case locals(LocalOperand, LocalOperand)
    case localComputed(LocalOperand, ComputedOperand)
    case computedLiteral(ComputedOperand, LiteralOperand)
    case computedLocal(ComputedOperand, LocalOperand)
    case computed(ComputedOperand, ComputedOperand)
  }

  private func sides(_ left: Expression, _ right: Expression) throws(Diagnostic) -> Sides {
    if let a = local(left) {
      if case .number(let n) = right.kind { return .localLiteral(a, LiteralOperand(literal: n)) }
      if let b = local(right) { return .locals(a, b) }
      return .localComputed(a, try computed(right))
    }
    let a = try computed(left)
    if case .number(let n) = right.kind { return .computedLiteral(a, LiteralOperand(literal: n)) }
    if let b = local(right) { return .computedLocal(a, b) }
    return .computed(a, try computed(right))
  }

  private func local(_ expression: Expression) -> LocalOperand? {
    guard case .name(let name) = expression.kind, let slot = localSlot(expression) else {
      return nil
    }
    return LocalOperand(slot: slot, load: load(name, expression.span))
  }

  private func element(_ expression: Expression) throws(Diagnostic) -> ElementOperand? {
    guard case .index(let base, let entries) = expression.kind, entries.count == 1,
      case .value(let place) = entries[0], let list = localSlot(base),
      let place = localSlot(place)
    else { return nil }
    return ElementOperand(list: list, place: place, element: try code(expression))
  }
}

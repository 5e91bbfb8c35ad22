// Operators on operands that are found in different places: a closure for each combination that matters.
import Diagnostics
import Syntax
import Tensors

/// Where an operator finds one of its sides.
protocol Operand {
  /// What evaluating it gives before anyone asks what it is; nothing where it can be looked at again. No
  /// expression changes a plain local, so one may be read after the other side.
  associatedtype Held
  func hold(_ f: Frame) throws(Diagnostic) -> Held
  /// The plain number that it is, if it is one.
  func number(_ held: Held, _ f: Frame) -> Double?
  func value(_ held: Held, _ f: Frame) throws(Diagnostic) -> Value
}

struct LiteralOperand: Operand {
  let literal: Double
  @inline(__always) func hold(_ f: Frame) throws(Diagnostic) {}
  @inline(__always) func number(_ held: Void, _ f: Frame) -> Double? { literal }
  @inline(__always) func value(_ held: Void, _ f: Frame) throws(Diagnostic) -> Value {
    .number(literal)
  }
}

struct LocalOperand: Operand {
  let slot: Int
  /// Says what is wrong if the local has no value yet.
  let load: Code
  @inline(__always) func hold(_ f: Frame) throws(Diagnostic) {}
  @inline(__always) func number(_ held: Void, _ f: Frame) -> Double? {
    if case .number(let n) = f.base[slot] { n } else { nil }
  }
  @inline(__always) func value(_ held: Void, _ f: Frame) throws(Diagnostic) -> Value {
    try load.run(f)
  }
}

struct ComputedOperand: Operand {
  let code: Code
  @inline(__always) func hold(_ f: Frame) throws(Diagnostic) -> Value { try code.run(f) }
  @inline(__always) func number(_ held: Value, _ f: Frame) -> Double? {
    if case .number(let n) = held { n } else { nil }
  }
  @inline(__always) func value(_ held: Value, _ f: Frame) throws(Diagnostic) -> Value { held }
}

/// What is compiled of an operator and its operands.
protocol OperatorForm {
  associatedtype Compiled
  func compiled<O: NumberOperator, L: Operand, R: Operand>(_: O.Type, _ left: L, _ right: R)
    -> Compiled
}

/// What is compiled of a comparison.
protocol RelationForm {
  associatedtype Compiled
  func compiled<C: NumberRelation, L: Operand, R: Operand>(_: C.Type, _ left: L, _ right: R)
    -> Compiled
}

// Each closure below captures one object alone and reads from it what it needs when it needs it; what rarely
// happens is out of line. So the fast way is short.

/// The value of an operator.
struct ValueForm: OperatorForm {
  let site: OperatorSite

  private final class Parts<O: NumberOperator, L: Operand, R: Operand> {
    let left: L
    let right: R
    let site: OperatorSite
    init(_ left: L, _ right: R, _ site: OperatorSite) {
      (self.left, self.right, self.site) = (left, right, site)
    }

    @inline(never)
    func slow(_ x: consuming L.Held, _ y: consuming R.Held, _ f: Frame) throws(Diagnostic) -> Value
    {
      try O.slow(try left.value(x, f), try right.value(y, f), site)
    }
  }

  func compiled<O: NumberOperator, L: Operand, R: Operand>(_: O.Type, _ left: L, _ right: R) -> Code
  {
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

/// An operator whose value a plain local gets: a number goes straight into the slot.
struct LocalForm: OperatorForm {
  let site: OperatorSite
  let slot: Int
  let store: Store

  private final class Parts<O: NumberOperator, L: Operand, R: Operand> {
    let left: L
    let right: R
    let form: LocalForm
    init(_ left: L, _ right: R, _ form: LocalForm) {
      (self.left, self.right, self.form) = (left, right, form)
    }

    @inline(never)
    func slow(_ x: consuming L.Held, _ y: consuming R.Held, _ f: Frame) throws(Diagnostic) {
      form.store.run(f, try O.slow(try left.value(x, f), try right.value(y, f), form.site))
    }
  }

  func compiled<O: NumberOperator, L: Operand, R: Operand>(_: O.Type, _ left: L, _ right: R)
    -> Action
  {
    let parts = Parts<O, L, R>(left, right, self)
    return Action { f throws(Diagnostic) in
      let x = try parts.left.hold(f)
      let y = try parts.right.hold(f)
      if let a = parts.left.number(x, f), let b = parts.right.number(y, f), O.takes(b) {
        f.set(parts.form.slot, .number(O.apply(a, b)))
      } else {
        try parts.slow(x, y, f)
      }
      return .normal
    }
  }
}

/// A condition, without the detour over a boxed truth value.
struct TestForm: RelationForm {
  let site: OperatorSite
  /// Whether the program goes one way or another by it, which no replay can follow.
  let decides: Bool

  private final class Parts<C: NumberRelation, L: Operand, R: Operand> {
    let left: L
    let right: R
    let form: TestForm
    init(_ left: L, _ right: R, _ form: TestForm) {
      (self.left, self.right, self.form) = (left, right, form)
    }

    @inline(never)
    func slow(_ x: consuming L.Held, _ y: consuming R.Held, _ f: Frame) throws(Diagnostic) -> Bool {
      try C.slow(
        try left.value(x, f), try right.value(y, f), form.site, decides: form.decides)
    }
  }

  func compiled<C: NumberRelation, L: Operand, R: Operand>(_: C.Type, _ left: L, _ right: R) -> Test
  {
    let parts = Parts<C, L, R>(left, right, self)
    return Test { f throws(Diagnostic) in
      let x = try parts.left.hold(f)
      let y = try parts.right.hold(f)
      if let a = parts.left.number(x, f), let b = parts.right.number(y, f) {
        return C.holds(a, b)
      }
      return try parts.slow(x, y, f)
    }
  }
}

extension Compiler {
  /// Compiles an operator that plain numbers have; nil for others.
  func compiled<Form: OperatorForm>(
    _ operation: BinaryOperator, _ left: Expression, _ right: Expression, _ form: Form
  ) throws(Diagnostic) -> Form.Compiled? {
    switch operation {
    case .add: try compiled(Addition.self, left, right, form)
    case .subtract: try compiled(Subtraction.self, left, right, form)
    case .multiply: try compiled(Multiplication.self, left, right, form)
    case .divide: try compiled(Division.self, left, right, form)
    case .modulo: try compiled(Remainder.self, left, right, form)
    // These take so long that it does not matter where the operands are found.
    case .floorDivide:
      form.compiled(FloorDivision.self, try computed(left), try computed(right))
    case .power: form.compiled(Exponentiation.self, try computed(left), try computed(right))
    default: nil
    }
  }

  /// Compiles a comparison as a condition.
  func compiled<Form: RelationForm>(
    _ relation: Kernel.Relation, _ left: Expression, _ right: Expression, _ form: Form
  ) throws(Diagnostic) -> Form.Compiled? {
    switch relation {
    case .less: try compiled(Less.self, left, right, form)
    case .lessOrEqual: try compiled(LessOrEqual.self, left, right, form)
    case .greater: try compiled(Greater.self, left, right, form)
    case .greaterOrEqual: try compiled(GreaterOrEqual.self, left, right, form)
    case .equal: try compiled(Equal.self, left, right, form)
    default: nil
    }
  }

  private func computed(_ expression: Expression) throws(Diagnostic) -> ComputedOperand {
    ComputedOperand(code: try code(expression))
  }

  private func compiled<O: NumberOperator, Form: OperatorForm>(
    _: O.Type, _ left: Expression, _ right: Expression, _ form: Form
  ) throws(Diagnostic) -> Form.Compiled {
    switch try sides(left, right) {
    case .localLiteral(let a, let b): form.compiled(O.self, a, b)
    case .locals(let a, let b): form.compiled(O.self, a, b)
    case .localComputed(let a, let b): form.compiled(O.self, a, b)
    case .computedLiteral(let a, let b): form.compiled(O.self, a, b)
    case .computedLocal(let a, let b): form.compiled(O.self, a, b)
    case .computed(let a, let b): form.compiled(O.self, a, b)
    }
  }

  private func compiled<C: NumberRelation, Form: RelationForm>(
    _: C.Type, _ left: Expression, _ right: Expression, _ form: Form
  ) throws(Diagnostic) -> Form.Compiled {
    switch try sides(left, right) {
    case .localLiteral(let a, let b): form.compiled(C.self, a, b)
    case .locals(let a, let b): form.compiled(C.self, a, b)
    case .localComputed(let a, let b): form.compiled(C.self, a, b)
    case .computedLiteral(let a, let b): form.compiled(C.self, a, b)
    case .computedLocal(let a, let b): form.compiled(C.self, a, b)
    case .computed(let a, let b): form.compiled(C.self, a, b)
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
    let (a, b) = (try code(left), try code(right))
    let local = localSlot(left).map { LocalOperand(slot: $0, load: a) }
    if case .number(let n) = right.kind {
      let literal = LiteralOperand(literal: n)
      if let local { return .localLiteral(local, literal) }
      return .computedLiteral(ComputedOperand(code: a), literal)
    }
    if let slot = localSlot(right) {
      let other = LocalOperand(slot: slot, load: b)
      if let local { return .locals(local, other) }
      return .computedLocal(ComputedOperand(code: a), other)
    }
    if let local { return .localComputed(local, ComputedOperand(code: b)) }
    return .computed(ComputedOperand(code: a), ComputedOperand(code: b))
  }
}

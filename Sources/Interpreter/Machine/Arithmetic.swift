// Operators on values: plain numbers at once, tracked numbers as one node, anything else by its kind.
import CPlatform
import Platform
import Autograd
import Diagnostics
import Syntax
import Tensors

/// An operator that plain numbers have in common with an op of the table.
protocol NumberOperator {
  static var op: Op { get }
  static var symbol: String { get }
  /// Whether a plain 0 on its right gives inf or nan, as in PyTorch, which is worth a word.
  static var divides: Bool { get }
  static func apply(_ x: Double, _ y: Double) -> Double
}

extension NumberOperator {
  static var divides: Bool { false }
  /// Whether there is nothing to say of a number on its right.
  @inline(__always) static func takes(_ y: Double) -> Bool { !divides || y != 0 }
}

enum Addition: NumberOperator {
  static var op: Op { .add }
  static var symbol: String { "+" }
  @inline(__always) static func apply(_ x: Double, _ y: Double) -> Double { x + y }
}
enum Subtraction: NumberOperator {
  static var op: Op { .sub }
  static var symbol: String { "-" }
  @inline(__always) static func apply(_ x: Double, _ y: Double) -> Double { x - y }
}
enum Multiplication: NumberOperator {
  static var op: Op { .mul }
  static var symbol: String { "*" }
  @inline(__always) static func apply(_ x: Double, _ y: Double) -> Double { x * y }
}
enum Division: NumberOperator {
  static var op: Op { .div }
  static var divides: Bool { true }
  static var symbol: String { "/" }
  @inline(__always) static func apply(_ x: Double, _ y: Double) -> Double { x / y }
}
enum Exponentiation: NumberOperator {
  static var op: Op { .pow }
  static var symbol: String { "^" }
  @inline(__always) static func apply(_ x: Double, _ y: Double) -> Double { Double.pow(x, y) }
}
enum FloorDivision: NumberOperator {
  static var op: Op { .floorDivide }
  static var divides: Bool { true }
  static var symbol: String { "//" }
  @inline(__always) static func apply(_ x: Double, _ y: Double) -> Double {
    // The quotient of whole numbers this small rounds to no other; the way over the remainder is slow.
    if abs(x) < 0x1p31, x == x.rounded(.down), y == y.rounded(.down), y != 0 {
      return (x / y).rounded(.down)
    }
    return Kernel.FloorDivide()(x, y)
  }
}
enum Remainder: NumberOperator {
  static var op: Op { .modulo }
  static var divides: Bool { true }
  static var symbol: String { "%" }
  @inline(__always) static func apply(_ x: Double, _ y: Double) -> Double {
    // `fmod` costs ten times a division; whole numbers of 32 bits do without it.
    if let a = UInt32(small: x), let b = UInt32(small: y), b != 0 { return Double(a % b) }
    return Kernel.Modulo()(x, y)
  }
}

extension UInt32 {
  /// A number as a whole one, if it is one that 32 bits hold. The sum with 2^52 has its units in the last bits:
  /// no function of the library is called.
  @inline(__always)
  init?(small number: Double) {
    self.init(truncatingIfNeeded: (number + 0x1p52).bitPattern)
    if Double(self) != number { return nil }
  }
}

/// A comparison of plain numbers.
protocol NumberRelation {
  static var relation: Kernel.Relation { get }
  static func holds(_ x: Double, _ y: Double) -> Bool
}

extension NumberRelation {
  /// The general case, out of line so that the fast one stays small.
  @inline(never)
  static func slow(_ x: Value, _ y: Value, _ site: OperatorSite, decides: Bool) throws(Diagnostic)
    -> Bool
  {
    let machine = site.machine
    if decides { machine.decide(x, y, site.number) }
    return try machine.truth(
      try machine.compare(relation, x, y, site, isTest: true), site.span)
  }
}

enum Less: NumberRelation {
  static var relation: Kernel.Relation { .less }
  @inline(__always) static func holds(_ x: Double, _ y: Double) -> Bool { x < y }
}
enum LessOrEqual: NumberRelation {
  static var relation: Kernel.Relation { .lessOrEqual }
  @inline(__always) static func holds(_ x: Double, _ y: Double) -> Bool { x <= y }
}
enum Greater: NumberRelation {
  static var relation: Kernel.Relation { .greater }
  @inline(__always) static func holds(_ x: Double, _ y: Double) -> Bool { x > y }
}
enum GreaterOrEqual: NumberRelation {
  static var relation: Kernel.Relation { .greaterOrEqual }
  @inline(__always) static func holds(_ x: Double, _ y: Double) -> Bool { x >= y }
}
enum Equal: NumberRelation {
  static var relation: Kernel.Relation { .equal }
  @inline(__always) static func holds(_ x: Double, _ y: Double) -> Bool { x == y }
}

/// Where an operator stands: for diagnostics, and for the names of its operands in explanations.
package final class OperatorSite {
  let number: UInt32
  let span: Span
  let left: Span
  let right: Span
  /// Gradients are not recorded for what a parameter's name warns about, and so on.
  let graph: Graph
  unowned(unsafe) let machine: Machine

  init(number: UInt32, span: Span, left: Span, right: Span, _ machine: Machine) {
    self.number = number
    self.span = span
    self.left = left
    self.right = right
    self.machine = machine
    graph = machine.graph
  }
}

extension NumberOperator {
  /// The general case, out of line so that the fast one stays small.
  @inline(never)
  static func slow(_ x: Value, _ y: Value, _ site: OperatorSite) throws(Diagnostic) -> Value {
    if case .number(let a) = x, case .number(let b) = y {
      let result = apply(a, b)
      if divides, b == 0 { site.machine.warnDivision(a, symbol, result, site.span) }
      return .number(result)
    }
    let graph = site.graph
    if graph.isRecording {
      switch (x, y) {
      case (.tensor(let a), .number(let b)) where a.isScalar && a.isTracked:
        return finite(
          graph.scalar(op, apply(a.number, b), a, nil, constant: b, site: site.number), site)
      case (.number(let a), .tensor(let b)) where b.isScalar && b.isTracked:
        return finite(
          graph.scalar(op, apply(a, b.number), nil, b, constant: a, site: site.number), site)
      default:
        if let a = x.node, let b = y.node, let result = recorded(a, b, site) { return result }
      }
    }
    return try site.machine.apply(op, symbol, x, y, site)
  }

  /// An operator of two recorded single numbers, nil for other tensors. Whoever calls keeps them alive.
  @inline(never)
  static func recorded(_ a: Unmanaged<Node>, _ b: Unmanaged<Node>, _ site: OperatorSite) -> Value? {
    a._withUnsafeGuaranteedRef { a in
      b._withUnsafeGuaranteedRef { b in
        guard a.isTrackedScalar, b.isTrackedScalar else { return nil }
        return finite(
          site.graph.scalar(op, apply(a.number, b.number), a, b, constant: 0, site: site.number),
          site)
      }
    }
  }

  @inline(__always)
  private static func finite(_ node: Node, _ site: OperatorSite) -> Value {
    if !node.number.isFinite { site.machine.reportNonFinite(node, at: site.span) }
    return .tensor(node)
  }
}

extension Machine {
  /// An operator on tensors, or on strings and lists where it has a meaning.
  func apply(_ op: Op, _ symbol: String, _ x: Value, _ y: Value, _ site: OperatorSite)
    throws(Diagnostic) -> Value
  {
    if let a = operand(x), let b = operand(y) {
      if case (.number(let m), .number(let n)) = (a, b), let scalar = op.scalar {
        return .number(scalar(m, n))
      }
      do throws(TensorError) {
        let node = try graph.apply(op, [a, b], site: site.number)
        meetsFraction(node, [a, b], site)
        inspect(node, op, [a, b], at: site.span)
        return Value(node)
      } catch {
        throw operandFault(error, symbol, site, a, b)
      }
    }
    switch (x, y) {
    case (.string(let a), .string(let b)) where symbol == "+":
      try checkSize(a.text.utf8.count + b.text.utf8.count, "string", site.span)
      return Value(a.text + b.text)
    case (.list(let a), .list(let b)) where symbol == "+":
      try checkSize((a.items.count + b.items.count) * 16, "list", site.span)
      return .list(ListObject(a.items + b.items))
    case (.string(let text), .number(let n)) where symbol == "*",
      (.number(let n), .string(let text)) where symbol == "*":
      let times = try count(.number(n), "*", site.span)
      try checkRepeated(text.text.utf8.count, times, "string", site.span)
      return Value(String(repeating: text.text, count: times))
    case (.list(let list), .number(let n)) where symbol == "*",
      (.number(let n), .list(let list)) where symbol == "*":
      let times = try count(.number(n), "*", site.span)
      try checkRepeated(list.items.count * 16, times, "list", site.span)
      return .list(ListObject((0..<times).flatMap { _ in list.items }))
    default:
      let mixesText = {
        if case .string = x { true } else if case .string = y { true } else { false }
      }()
      throw RunFault.cannotJoin(symbol: symbol, left: x.kind, right: y.kind, mixesText: mixesText)
        .at(site.span, also: [(site.left, x.kind), (site.right, y.kind)])
    }
  }

  /// A binary operator by its name.
  func apply(_ operation: BinaryOperator, _ x: Value, _ y: Value, _ site: OperatorSite)
    throws(Diagnostic) -> Value
  {
    let op: Op =
      switch operation {
      case .subtract: .sub
      case .multiply: .mul
      case .divide: .div
      case .floorDivide: .floorDivide
      case .power: .pow
      default: .add
      }
    return try apply(op, operation.rawValue, x, y, site)
  }

  /// Strings and lists that double in a loop outgrow any memory before the next look at the budget.
  package func checkSize(_ bytes: Int, _ what: String, _ span: Span) throws(Diagnostic) {
    guard bytes > budget.limits.liveBytes / 16 else { return }
    throw RunFault.grows(what: what, megabytes: bytes >> 20).at(span)
  }

  private func checkRepeated(_ bytes: Int, _ times: Int, _ what: String, _ span: Span)
    throws(Diagnostic)
  {
    let (product, isTooMuch) = bytes.multipliedReportingOverflow(by: times)
    try checkSize(isTooMuch ? .max : product, what, span)
  }

  /// The value as an operand of an op; truth values count as 1 and 0.
  package func operand(_ value: Value) -> Node.Operand? {
    switch value {
    case .number(let n): .number(n)
    case .tensor(let node): .node(node)
    case .bool(let on): .number(on ? 1 : 0)
    default: nil
    }
  }

  /// Names the first op that made a nan or inf out of finite numbers.
  @inline(never)
  package func reportNonFinite(_ node: Node, at span: Span) {
    inspect(node, node.op, node.operands, at: span)
  }

  /// Warns if a result has a nan or inf that no operand had.
  /// - Parameter given: the settings of the call; a result that nothing is recorded of has none of its own.
  func inspect(
    _ node: Node, _ op: Op, _ operands: [Node.Operand], _ given: Attributes = Attributes(),
    at span: Span
  ) {
    // What only moves numbers makes none, and of an operand it is known already.
    if case .copies = op.links, let first = operands.first, damage(first) == .none { return }
    let damage = damage(.node(node))
    guard damage > .none else { return }
    // What follows from an operand is no news; a nan that comes of inf is.
    if let worst = operands.map(damage(_:)).max(), worst >= damage {
      return tellSpoiledData(operands, op, at: span)
    }
    // A loss of no samples has been told of already.
    if op.family == .loss, case .node(let input)? = operands.first,
      input.shape.count == 0
    {
      return
    }
    if let ignored = op.settings.first(where: { $0.name == "ignore_index" }),
      case .node(let labels)? = operands.dropFirst().first,
      let settings = node.isLeaf ? try? op.resolved(given, []) : node.attributes,
      let number = settings.number(ignored.name),
      labels.value.values.allSatisfy({ $0 == number })
    {
      warn(
        RunFault.noLabelCounts(op: op.name, ignored: format(number)).at(span))
      return
    }
    let shown = operands.map { operand -> String in
      switch operand {
      case .number(let n): format(n)
      case .node(let input): input.isScalar ? format(input.number) : "a tensor \(input.shape)"
      }
    }
    let result = node.value.values.first { !$0.isFinite } ?? .nan
    warn(
      RunFault.notFinite(op: op.name, operands: shown, result: format(result)).at(span),
      isBirth: true)
  }

  /// How far from a number something is.
  private enum Damage: Int, Comparable {
    case none, infinite, nan
    static func < (a: Damage, b: Damage) -> Bool { a.rawValue < b.rawValue }
  }

  private func damage(_ operand: Node.Operand) -> Damage {
    func of(_ n: Double) -> Damage { n.isFinite ? .none : n.isNaN ? .nan : .infinite }
    switch operand {
    case .number(let n): return of(n)
    case .node(let node) where node.isScalar: return of(node.number)
    case .node(let node):
      if node.value.isFinite { return .none }
      return node.value.values.contains(where: { $0.isNaN }) ? .nan : .infinite
    }
  }

  /// A nan that is in the data before anything is computed; told once for each tensor. An inf is told where
  /// layers and losses meet it: elsewhere it may be a mask.
  private func tellSpoiledData(_ operands: [Node.Operand], _ op: Op, at span: Span) {
    let tellsInfinite = [.layer, .window, .loss].contains(op.family)
    for case .node(let data) in operands where data.isLeaf && !data.isTracked {
      guard
        let place = data.value.values.firstIndex(where: {
          $0.isNaN || tellsInfinite && !$0.isFinite
        }),
        told.isFirst(data)
      else { continue }
      warnSpoiled(data.value, at: place, graph.label(of: data) ?? "the data", span)
    }
  }

  /// Tells of a nan or inf in data, once for each tensor.
  package func warnSpoiled(_ data: Tensor, at place: Int, _ name: String, _ span: Span) {
    let number = format(data[place])
    let entry = data.shape.indices(at: place).map(String.init).joined(separator: ", ")
    warn(
      RunFault.dataNotFinite(name: name, number: number, entry: entry, isNaN: data[place].isNaN).at(
        span))
  }

  /// Whether a value counts as true.
  func truth(_ value: Value, _ span: Span) throws(Diagnostic) -> Bool {
    switch value {
    case .bool(let on): return on
    case .number(let n): return n != 0
    case .none, .unset: return false
    case .string(let string): return !string.text.isEmpty
    case .list(let list): return !list.items.isEmpty
    case .tensor(let node):
      guard let item = node.value.item else {
        throw RunFault.neitherTrueNorFalse(count: node.shape.count).at(span)
      }
      return item != 0
    default: return true
    }
  }

  private func operandFault(
    _ error: TensorError, _ symbol: String, _ site: OperatorSite, _ a: Node.Operand,
    _ b: Node.Operand
  ) -> Diagnostic {
    let fault = OperandFault(error: error, symbol: symbol)
    func shape(_ operand: Node.Operand) -> String {
      if case .node(let node) = operand { "\(node.shape)" } else { "\(Shape.scalar)" }
    }
    return fault.at(
      site.span, also: fault.isOfShapes ? [(site.left, shape(a)), (site.right, shape(b))] : [])
  }

  /// Remembers that values decided which way the program goes.
  func decide(_ x: Value, _ y: Value, _ site: UInt32) {
    for case .tensor(let node) in [x, y] { graph.depart(node, at: site, isBranch: true) }
  }

  /// - Parameter isTest: whether only the answer counts, as in an `if`, and not how it came about.
  func compare(
    _ relation: Kernel.Relation, _ x: Value, _ y: Value, _ site: OperatorSite, isTest: Bool = false
  ) throws(Diagnostic) -> Value {
    func truth(_ equal: Bool) -> Value? {
      relation == .equal ? .bool(equal) : relation == .notEqual ? .bool(!equal) : nil
    }
    switch (x, y) {
    case (.number(let a), .number(let b)): return .bool(relation.holds(a, b))
    case (.string(let a), .string(let b)):
      if let result = truth(a.text == b.text) { return result }
      switch relation {
      case .less: return .bool(a.text < b.text)
      case .greater: return .bool(a.text > b.text)
      case .lessOrEqual: return .bool(a.text <= b.text)
      default: return .bool(a.text >= b.text)
      }
    case (.none, _), (_, .none):
      let both = { if case (.none, .none) = (x, y) { true } else { false } }()
      if let result = truth(both) { return result }
    case (.list(let a), .list(let b)):
      // Lists may hold one another many times over.
      state.pointee.meter.fuel &-= 1
      if state.pointee.meter.fuel < 0 { try refuel(site.span) }
      guard a.items.count == b.items.count else {
        if let r = truth(false) { return r } else { break }
      }
      var equal = true
      for (p, q) in zip(a.items, b.items) where equal {
        equal = try self.truth(try compare(.equal, p, q, site), site.span)
      }
      if let result = truth(equal) { return result }
    default: break
    }
    guard let a = operand(x), let b = operand(y) else {
      if let result = truth(false) { return result }
      throw RunFault.cannotCompare(symbol: relation.rawValue, left: x.kind, right: y.kind).at(
        site.span)
    }
    let isLone = { (o: Node.Operand) in if case .node(let n) = o { n.shape.rank == 0 } else { true }
    }
    do throws(TensorError) {
      let op = Op.comparing(relation)
      if isTest, isLone(a), isLone(b) {
        return .bool(try graph.value(op, [a, b])[0] != 0)
      }
      let node = try graph.apply(op, [a, b], site: site.number)
      return node.isLeaf && node.shape.rank == 0 ? .bool(node.value[0] != 0) : .tensor(node)
    } catch {
      throw operandFault(error, relation.rawValue, site, a, b)
    }
  }
}

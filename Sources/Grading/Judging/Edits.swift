// One-edit variants of a formula: what a learner writes who has everything right but one thing.
import Diagnostics
import Syntax

/// A formula with one thing changed.
struct Variant {
  let formula: Expression
  let change: Change
}

/// What was changed in a formula.
struct Change {
  /// The part of the formula that it is about.
  let part: String
  /// For a reader, after "your answer is what you get if …".
  let said: String
}

/// What the names of a formula may be mistaken for.
struct Surroundings {
  /// By a name, those that stand for values of the same kind and shape.
  var siblings: [String: [String]] = [:]
  /// Names of whole numbers, and lengths of axes as `X.shape[0]`: counts that are forgotten or put in.
  var counts: [String] = []
  /// Names of matrices.
  var matrices: Set<String> = []
  /// Names whose values can be added to the answer.
  var addends: [String] = []
}

/// Makes the variants of a formula, the likeliest first.
struct Edits {
  let surroundings: Surroundings

  /// More would take long and tell nothing.
  private static let limit = 3_000

  /// - Parameter isAnswer: whether it is the whole of an answer, to which something may be done at the end.
  func variants(of formula: Expression, isAnswer: Bool = true) -> [Variant] {
    let inside = everywhere(formula) + within(formula)
    return Array((isAnswer ? inside + around(formula) : inside).prefix(Edits.limit))
  }

  // MARK: At all places of a name

  private func everywhere(_ formula: Expression) -> [Variant] {
    var counts: [String: Int] = [:]
    Walk.visit(formula) { if case .name(let name) = $0.kind { counts[name, default: 0] += 1 } }
    let names = counts.keys.sorted()
    let replaced = names.filter { counts[$0] ?? 0 > 1 }.flatMap { name in
      replacements(of: name, formula.span).map { other, change in
        Variant(formula: formula.replacing([name: other]), change: change)
      }
    }
    let exchanged = names.flatMap { name in
      (surroundings.siblings[name] ?? []).filter { counts[$0] != nil && name < $0 }.map { other in
        Variant(
          formula: formula.replacing([
            name: .name(other, formula.span), other: .name(name, formula.span),
          ]),
          change: Change(part: name, said: "`\(name)` and `\(other)` have changed places"))
      }
    }
    return replaced + exchanged
  }

  private static func instead(_ other: String, of part: String) -> Change {
    Change(part: part, said: "`\(other)` takes the place of `\(part)`")
  }

  /// What may stand for a name, and how that is told.
  private func replacements(of name: String, _ span: Span) -> [(Expression, Change)] {
    let itself = Expression.name(name, span)
    var all = (surroundings.siblings[name] ?? []).map { other in
      (Expression.name(other, span), Edits.instead(other, of: name))
    }
    func add(_ other: Expression, _ said: String) {
      all.append((other, Change(part: name, said: said)))
    }
    if surroundings.matrices.contains(name) { add(itself.field("T"), "`\(name)` is transposed") }
    guard surroundings.siblings[name] != nil else { return all }
    add(itself.power(2), "`\(name)^2` takes the place of `\(name)`")
    let two = Expression.number(2, span)
    add(itself.times(two), "`\(name)` is taken twice")
    add(itself.over(two), "`\(name)` is halved")
    for count in surroundings.counts where count != name {
      let n = Expression.count(count, span)
      add(itself.times(n), "`\(name)` is multiplied with `\(count)`")
      add(itself.over(n), "`\(name)` is divided by `\(count)`")
      add(itself.times(two).over(n), "`\(name)` is multiplied with `2/\(count)`")
      add(itself.times(n).over(two), "`\(name)` is multiplied with `\(count)/2`")
    }
    return all
  }

  // MARK: At one place

  private func within(_ formula: Expression) -> [Variant] {
    let parts = formula.parts
    // The function of a call is changed with its call.
    let first =
      if case .call(let callee, _) = formula.kind, case .name = callee.kind { 1 } else { 0 }
    let inner = parts.indices.dropFirst(first).flatMap { i in
      within(parts[i]).map { variant in
        var changed = parts
        changed[i] = variant.formula
        return Variant(formula: formula.with(changed), change: variant.change)
      }
    }
    return here(formula) + inner
  }

  private func here(_ e: Expression) -> [Variant] {
    func instead(_ other: Expression) -> Variant {
      Variant(formula: other, change: Edits.instead(other.text, of: e.text))
    }
    func told(_ other: Expression, _ part: Expression, _ said: String) -> Variant {
      Variant(formula: other, change: Change(part: part.text, said: said))
    }
    switch e.kind {
    case .name(let name):
      return replacements(of: name, e.span).map { Variant(formula: $0, change: $1) }
    case .number(let n):
      let others = [n + 1, n - 1, 2 * n, n / 2, 0, 1] + (n > 0 && n < 1 ? [1 - n] : [])
      return Edits.distinct(others, but: n).map { instead(.number($0, e.span)) }
    case .unary(.negate, let inner):
      return [told(inner, inner, "the minus before `\(inner.brief)` is missing")]
    case .binary(let sign, let a, let b, _): return binary(e, sign, a, b)
    case .call(let callee, let arguments): return call(e, callee, arguments)
    case .field(let inner, "T", _):
      return [told(inner, inner, "`\(inner.brief)` is not transposed")]
    case .index(let base, let entries):
      guard entries.count == 1, case .value(let index) = entries[0] else { return [] }
      let others: [Expression]
      if case .number(let n) = index.kind {
        others = [.number(n + 1, e.span), .number(n - 1, e.span)]
      } else {
        let one = Expression.number(1, e.span)
        others = [index.plus(one), index.minus(one)]
      }
      return others.map { other in
        told(
          Expression(kind: .index(base, [.value(other)]), span: e.span), e,
          "the index is \(other.text) instead of \(index.text) in `\(e.brief)`")
      }
    default: return []
    }
  }

  private static func distinct(_ numbers: [Double], but old: Double) -> [Double] {
    var seen: Set<Double> = [old]
    return numbers.filter { seen.insert($0).inserted }
  }

  private func binary(_ e: Expression, _ sign: BinaryOperator, _ a: Expression, _ b: Expression)
    -> [Variant]
  {
    func told(_ other: Expression, _ part: Expression, _ said: String) -> Variant {
      Variant(formula: other, change: Change(part: part.text, said: said))
    }
    let (left, right) = (a.brief, b.brief)
    let minusB = Expression(kind: .unary(.negate, b), span: e.span)
    switch sign {
    case .add:
      return [
        told(b, a, "the summand `\(left)` is missing in `\(e.brief)`"),
        told(a, b, "the summand `\(right)` is missing in `\(e.brief)`"),
        told(a.minus(b), b, "`\(right)` is taken off instead of added"),
        told(b.minus(a), a, "`\(left)` is taken off instead of added"),
        told(e.plus(a), a, "the summand `\(left)` is there twice"),
        told(e.plus(b), b, "the summand `\(right)` is there twice"),
      ]
    case .subtract:
      return [
        told(minusB, a, "`\(left)` is missing before `- \(right)`"),
        told(a, b, "`\(right)` is not taken off"),
        told(a.plus(b), b, "`\(right)` is added instead of taken off"),
        told(b.minus(a), e, "`\(e.brief)` is the wrong way round"),
        told(e.minus(b), b, "`\(right)` is taken off twice"),
        told(.call("abs", [e]), e, "the size of `\(e.brief)` is taken, without its sign"),
      ]
    case .multiply:
      return [
        told(b, a, "the factor `\(left)` is missing in `\(e.brief)`"),
        told(a, b, "the factor `\(right)` is missing in `\(e.brief)`"),
        told(a.over(b), b, "`\(right)` is divided by instead of multiplied with"),
        told(b.over(a), a, "`\(left)` is divided by instead of multiplied with"),
        told(e.times(a), a, "the factor `\(left)` is there twice"),
        told(e.times(b), b, "the factor `\(right)` is there twice"),
        told(a.plus(b), e, "`\(left)` and `\(right)` are added instead of multiplied"),
      ]
    case .divide:
      return [
        told(a, b, "the division by `\(right)` is missing in `\(e.brief)`"),
        told(a.times(b), b, "`\(right)` is multiplied with instead of divided by"),
        told(b.over(a), e, "`\(e.brief)` is upside down"),
        told(e.over(b), b, "`\(right)` is divided by twice"),
      ]
    case .power:
      return [
        told(a, e, "the power of `\(e.brief)` is missing"),
        told(.call("abs", [a]), e, "the size of `\(left)` is taken, and it should be `\(e.brief)`"),
      ]
    case .matmul:
      return [
        told(a.times(b), e, "`*` takes the place of `@` in `\(e.brief)`"),
        told(b.matmul(a), e, "`\(e.brief)` is the wrong way round"),
        told(a.field("T").matmul(b), a, "`\(left)` is transposed once too often"),
        told(a.matmul(b.field("T")), b, "`\(right)` is transposed once too often"),
      ]
    case .less, .lessOrEqual, .greater, .greaterOrEqual, .equal, .notEqual:
      let others: [BinaryOperator] = [.less, .lessOrEqual, .greater, .greaterOrEqual]
      return others.filter { $0 != sign }.map { other in
        told(
          Expression(kind: .binary(other, a, b, operatorSpan: e.span), span: e.span), e,
          "`\(other.rawValue)` takes the place of `\(sign.rawValue)` in `\(e.brief)`")
      }
    default: return []
    }
  }

  /// Functions that are taken for one another.
  private static let families: [[String]] = [
    ["sigmoid", "tanh", "relu"], ["sum", "mean", "amax", "amin"],
    ["softmax", "log_softmax", "sigmoid", "exp"], ["exp", "log"], ["max", "min"],
    ["argmax", "argmin"], ["zeros", "ones"], ["sin", "cos"], ["sqrt", "abs"], ["var", "std"],
    ["zeros_like", "ones_like"], ["log", "log2", "log10"],
  ]

  private func call(
    _ e: Expression, _ callee: Expression, _ arguments: [Expression.Argument]
  ) -> [Variant] {
    func with(_ arguments: [Expression.Argument]) -> Expression {
      Expression(kind: .call(callee, arguments), span: e.span)
    }
    var all: [Variant] = []
    let name: String
    switch callee.kind {
    case .name(let own): name = own
    case .field(_, let method, _): name = method
    default: return []
    }
    for family in Edits.families where family.contains(name) {
      for other in family where other != name {
        let function =
          if case .field(let base, _, let span) = callee.kind {
            Expression(kind: .field(base, other, nameSpan: span), span: callee.span)
          } else {
            Expression.name(other, callee.span)
          }
        all.append(
          Variant(
            formula: Expression(kind: .call(function, arguments), span: e.span),
            change: Edits.instead(other, of: name)))
      }
    }
    for i in arguments.indices {
      if let label = arguments[i].name {
        var fewer = arguments
        fewer.remove(at: i)
        all.append(
          Variant(
            formula: with(fewer),
            change: Change(
              part: e.text,
              said: "`\(label)=\(arguments[i].value.text)` is left out of `\(e.brief)`"
            )))
      } else if i > 0, arguments[i - 1].name == nil {
        var turned = arguments
        turned.swapAt(i - 1, i)
        all.append(
          Variant(
            formula: with(turned),
            change: Change(
              part: e.text,
              said:
                "`\(arguments[i - 1].value.brief)` and `\(arguments[i].value.brief)` have changed places"
            )))
      }
    }
    if case .name = callee.kind, let first = arguments.first, first.name == nil {
      all.append(
        Variant(
          formula: first.value,
          change: Change(part: name, said: "`\(name)` is not applied to `\(first.value.brief)`")))
    }
    return all
  }

  // MARK: Around the whole

  private func around(_ e: Expression) -> [Variant] {
    var all: [Variant] = []
    for name in surroundings.addends {
      let more = Expression.name(name, e.span)
      for (formula, said) in [
        (e.plus(more), "`\(name)` is added at the end"),
        (e.minus(more), "`\(name)` is taken off at the end"),
        (e.times(more), "the whole is multiplied with `\(name)` once more"),
        (e.over(more), "the whole is divided by `\(name)` once more"),
      ] {
        all.append(Variant(formula: formula, change: Change(part: name, said: said)))
      }
    }
    for name in surroundings.counts {
      let root = Expression.call("sqrt", [.count(name, e.span)])
      all += [
        Variant(
          formula: e.over(root),
          change: Change(part: name, said: "the whole is divided by `sqrt(\(name))` once more")),
        Variant(
          formula: e.times(root),
          change: Change(part: name, said: "the whole is multiplied with `sqrt(\(name))`")),
      ]
    }
    for name in ["relu", "sigmoid", "tanh", "exp", "log", "sqrt", "abs", "sum", "mean"] {
      all.append(
        Variant(
          formula: .call(name, [e]),
          change: Change(part: name, said: "`\(name)` is applied at the end")))
    }
    return all
  }
}

extension Expression {
  /// Its text, cut where it would be most of the right answer.
  fileprivate var brief: String {
    let text = self.text
    return text.count > 24 ? text.prefix(20) + "…" : text
  }

  static func name(_ name: String, _ span: Span) -> Expression {
    Expression(kind: .name(name), span: span)
  }

  static func number(_ n: Double, _ span: Span) -> Expression {
    n < 0
      ? Expression(kind: .unary(.negate, Expression(kind: .number(-n), span: span)), span: span)
      : Expression(kind: .number(n), span: span)
  }

  /// `n`, or `X.shape[0]`.
  static func count(_ text: String, _ span: Span) -> Expression {
    let words = text.split(separator: ".")
    guard words.count == 2, let axis = words[1].split(separator: "[").last?.first?.wholeNumberValue
    else { return .name(text, span) }
    let shape = Expression.name(String(words[0]), span).field("shape")
    return Expression(
      kind: .index(shape, [.value(.number(Double(axis), span))]), span: span)
  }

  static func call(_ function: String, _ arguments: [Expression]) -> Expression {
    let span = arguments.first?.span ?? Span(source: 0, start: 0, end: 0)
    return Expression(
      kind: .call(.name(function, span), arguments.map { Argument(name: nil, value: $0) }),
      span: span)
  }

  private func binary(_ sign: BinaryOperator, _ other: Expression) -> Expression {
    Expression(kind: .binary(sign, self, other, operatorSpan: span), span: span)
  }

  func plus(_ other: Expression) -> Expression { binary(.add, other) }
  func minus(_ other: Expression) -> Expression { binary(.subtract, other) }
  func times(_ other: Expression) -> Expression { binary(.multiply, other) }
  func over(_ other: Expression) -> Expression { binary(.divide, other) }
  func matmul(_ other: Expression) -> Expression { binary(.matmul, other) }
  func power(_ n: Double) -> Expression { binary(.power, .number(n, span)) }

  func field(_ name: String) -> Expression {
    Expression(kind: .field(self, name, nameSpan: span), span: span)
  }

  /// With other expressions for some of its names.
  func replacing(_ names: [String: Expression]) -> Expression {
    if case .name(let name) = kind { return names[name] ?? self }
    return with(parts.map { $0.replacing(names) })
  }

  /// With the bodies of short functions in the place of their calls, as far as `depth` allows.
  func inlined(_ functions: [String: Function], depth: Int = 4) -> Expression {
    let inner = with(parts.map { $0.inlined(functions, depth: depth) })
    guard depth > 0, case .call(let callee, let arguments) = inner.kind,
      case .name(let name) = callee.kind, let function = functions[name], function.isShort,
      arguments.allSatisfy({ $0.name == nil }), arguments.count == function.parameters.count,
      case .expression(let body)? = function.body.last?.kind, function.body.count == 1
    else { return inner }
    var values: [String: Expression] = [:]
    for (parameter, argument) in zip(function.parameters, arguments) {
      values[parameter.name] = argument.value
    }
    return body.replacing(values).inlined(functions, depth: depth - 1)
  }
}

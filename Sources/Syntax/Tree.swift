// The syntax tree.
import Diagnostics

/// What has a value.
package struct Expression {
  package let kind: Kind
  package let span: Span

  package init(kind: Kind, span: Span) {
    self.kind = kind
    self.span = span
  }

  /// The forms of an expression.
  package indirect enum Kind {
    case number(Double)
    case string([StringPart])
    case boolean(Bool)
    case none
    case name(String)
    case bracket([Expression])
    /// `(a, b)`, a list
    case tuple([Expression])
    /// `{"a": 1}`
    case record([RecordEntry])
    case comprehension(Comprehension)
    /// `yes if condition else no`
    case conditional(condition: Expression, yes: Expression, no: Expression)
    case unary(UnaryOperator, Expression)
    case binary(BinaryOperator, Expression, Expression, operatorSpan: Span)
    case logical(isAnd: Bool, Expression, Expression)
    case call(Expression, [Argument])
    case index(Expression, [IndexEntry])
    case field(Expression, String, nameSpan: Span)
    case function(Function)
    /// `∂a/∂b`
    case gradient(Expression, Expression)
  }

  /// A name and what stands under it.
  package struct RecordEntry {
    package let key: Expression
    package let value: Expression
  }

  /// A part of a string.
  package enum StringPart {
    case text(String)
    case expression(Expression, format: String)
  }

  /// An argument of a call, by place or by name.
  package struct Argument {
    package let name: String?
    package let value: Expression

    package init(name: String?, value: Expression) {
      self.name = name
      self.value = value
    }
  }

  /// What may stand between the brackets of an index.
  package enum IndexEntry {
    case value(Expression)
    case slice(Expression?, Expression?, Expression?)
    case ellipsis
  }
}

/// `[x^2 for x in xs if x > 0]`, a list; with a key before a colon, in braces, a record.
package struct Comprehension {
  package let key: Expression?
  package let value: Expression
  package let clauses: [Clause]

  /// One `for … in …` with the conditions behind it.
  package struct Clause {
    package let targets: [Statement.Target]
    package let sequence: Expression
    package let conditions: [Expression]
  }

  /// The name under which the first sequence is handed to the loops; no learner can write it.
  package static let first = "first sequence"

  /// The loops as a function of the first sequence, so that its names stay inside. Each turn yields one entry.
  package var loops: Function {
    var body = [Statement(kind: .yield(key: key, value), span: value.span)]
    for (i, clause) in clauses.enumerated().reversed() {
      for condition in clause.conditions.reversed() {
        body = [
          Statement(
            kind: .branch([(condition: condition, body: body)], otherwise: nil),
            span: condition.span)
        ]
      }
      let sequence =
        i == 0
        ? Expression(kind: .name(Comprehension.first), span: clause.sequence.span)
        : clause.sequence
      body = [
        Statement(kind: .forLoop(clause.targets, sequence, body), span: clause.sequence.span)
      ]
    }
    return Function(
      name: nil,
      parameters: [
        Function.Parameter(
          name: Comprehension.first, fallback: nil, span: clauses[0].sequence.span)
      ], body: body, isShort: false)
  }
}

package enum UnaryOperator: String { case negate = "-", not = "not ", plus = "+" }

/// Operators of two sides; the raw value is how they are written.
package enum BinaryOperator: String, CaseIterable {
  case add = "+", subtract = "-", multiply = "*", divide = "/", floorDivide = "//"
  case modulo = "%", matmul = "@", power = "^"
  case equal = "==", notEqual = "!=", less = "<", lessOrEqual = "<=", greater = ">"
  case greaterOrEqual = ">=", close = "~=", isIn = "in"

  /// How tightly it binds; see language: or, and, not, comparison, sum, product, unary, power.
  package var strength: Int {
    switch self {
    case .add, .subtract: 5
    case .multiply, .divide, .floorDivide, .modulo, .matmul: 6
    case .power: 8
    default: 4
    }
  }
}

/// A function: its parameters, some with defaults, and its body.
package struct Function {
  package let name: String?
  package let parameters: [Parameter]
  package let body: [Statement]
  /// Written as `= expression`.
  package let isShort: Bool

  package init(name: String?, parameters: [Parameter], body: [Statement], isShort: Bool) {
    self.name = name
    self.parameters = parameters
    self.body = body
    self.isShort = isShort
  }

  /// A parameter of a function, with its default.
  package struct Parameter {
    package let name: String
    package let fallback: Expression?
    package let span: Span
  }
}

/// What does something.
package struct Statement {
  package let kind: Kind
  package let span: Span
  /// Ended by `;`: the session shows nothing for it.
  package var isMuted = false

  package init(kind: Kind, span: Span, isMuted: Bool = false) {
    self.kind = kind
    self.span = span
    self.isMuted = isMuted
  }

  /// The forms of a statement.
  package indirect enum Kind {
    case expression(Expression)
    case assign([Expression], AssignOperator, Expression)
    case parameter(String, Expression, nameSpan: Span)
    case buffer(String, Expression, nameSpan: Span)
    case branch([(condition: Expression, body: [Statement])], otherwise: [Statement]?)
    case whileLoop(Expression, [Statement])
    case forLoop([Target], Expression, [Statement])
    case repeatLoop(Expression, [Statement])
    case breakLoop
    case continueLoop
    case returnValue(Expression?)
    case function(Function)
    case layer(LayerDeclaration)
    case noGrad([Statement])
    case expect(Expression, message: Expression?)
    case verb(Verb, Expression?, [Expression.Argument])
    /// What a turn of a comprehension adds.
    case yield(key: Expression?, Expression)
  }

  /// What a loop gives a value to: a name, or names in brackets for the parts of one.
  package indirect enum Target {
    case name(String, Span)
    case group([Target])

    /// The names in their order.
    package var names: [(name: String, span: Span)] {
      switch self {
      case .name(let name, let span): [(name, span)]
      case .group(let targets): targets.flatMap { $0.names }
      }
    }
  }
}

/// `layer Name(…) { … }`
package struct LayerDeclaration {
  package let name: String
  package let parameters: [Function.Parameter]
  /// Everything but the functions.
  package let fields: [Statement]
  /// `forward` and other functions.
  package let methods: [Function]
  package let span: Span
}

/// `=`, `:=`, and those that compute with the old value.
package enum AssignOperator: String {
  case assign = "=", inPlace = ":=", add = "+=", subtract = "-=", multiply = "*=", divide = "/="
  case floorDivide = "//=", power = "**="

  /// The operation of a compound assignment.
  package var operation: BinaryOperator? {
    switch self {
    case .add: .add
    case .subtract: .subtract
    case .multiply: .multiply
    case .divide: .divide
    case .floorDivide: .floorDivide
    case .power: .power
    default: nil
    }
  }
}

/// Statements that do the work and tell what they do.
package enum Verb: String, CaseIterable {
  case forward, backward, step, explain

  /// What may follow its value: `backward loss, pause=true`.
  package var options: [String] {
    switch self {
    case .forward, .backward: ["pause", "predict", "detail"]
    case .step: ["detail"]
    case .explain: ["detail", "view", "mode", "wrt"]
    }
  }
}

extension Statement {
  /// Words that begin a statement.
  package static let words: Set<String> = Set(
    ["param", "buffer", "layer", "repeat", "no_grad", "expect"] + Verb.allCases.map { $0.rawValue })
}

// The tree back to text, in one style: products tight, sums spaced, two blanks of indent.

extension Expression {
  /// The expression in canonical form; parsing it gives the same tree.
  package var text: String { written(0) }

  fileprivate func written(_ least: Int) -> String {
    switch kind {
    case .number(let n): return Expression.number(n, least)
    case .string(let parts): return "\"" + parts.map({ $0.text }).joined() + "\""
    case .boolean(let on): return on ? "true" : "false"
    case .none: return "none"
    case .name(let name): return name
    case .bracket(let elements):
      return "[" + elements.map { $0.text }.joined(separator: ", ") + "]"
    case .tuple(let elements):
      let list = elements.map { $0.text }.joined(separator: ", ")
      return "(" + list + (elements.count == 1 ? ",)" : ")")
    case .record(let entries):
      return "{" + entries.map { "\($0.key.text): \($0.value.text)" }.joined(separator: ", ") + "}"
    case .comprehension(let comprehension): return comprehension.text
    case .conditional(let condition, let yes, let no):
      return Expression.bracketed(
        "\(yes.written(1)) if \(condition.written(1)) else \(no.written(0))", least > 0)
    case .unary(let sign, let inner):
      let strength = sign == .not ? 3 : 7
      return Expression.bracketed(sign.rawValue + inner.written(strength), strength < least)
    case .binary(let operation, let left, let right, _):
      let own = operation.strength
      let isPower = operation == .power
      let text =
        left.written(isPower ? 9 : own) + operation.spaced + right.written(isPower ? 7 : own + 1)
      return Expression.bracketed(text, own < least)
    case .logical(let isAnd, let left, let right):
      let own = isAnd ? 2 : 1
      return Expression.bracketed(
        left.written(own) + (isAnd ? " and " : " or ") + right.written(own + 1), own < least)
    case .call(let callee, let arguments):
      return callee.written(9) + "(" + arguments.map { $0.text }.joined(separator: ", ") + ")"
    case .index(let base, let entries):
      return base.written(9) + "[" + entries.map { $0.text }.joined(separator: ", ") + "]"
    case .field(let base, let name, _): return base.written(9) + "." + name
    case .function(let function): return Expression.bracketed(function.text(""), least > 0)
    case .gradient: return Expression.bracketed(derivative, least > 8)
    }
  }

  /// `∂²t/∂w²`: a derivative of a derivative is written as one of higher order.
  private var derivative: String {
    var variables: [String] = []
    var inner = self
    while case .gradient(let of, let by) = inner.kind {
      variables.insert(by.written(9), at: 0)
      inner = of
    }
    return Derivatives.text(of: inner.written(9), by: variables)
  }

  private static func bracketed(_ text: String, _ brackets: Bool) -> String {
    brackets ? "(\(text))" : text
  }

  private static func number(_ n: Double, _ least: Int) -> String {
    let whole = n == n.rounded() && abs(n) < 1e15
    let text = whole ? String(Int64(n)) : "\(n)"
    return bracketed(text, n < 0 && least > 7)
  }
}

extension Comprehension {
  /// The tree as source.
  fileprivate var text: String {
    let entry = (key.map { $0.text + ": " } ?? "") + value.text
    let loops = clauses.map { clause in
      let names = clause.targets.map { $0.text }.joined(separator: ", ")
      let conditions = clause.conditions.map { " if " + $0.written(1) }.joined()
      return " for \(names) in \(clause.sequence.written(1))" + conditions
    }
    return (key == nil ? "[" : "{") + entry + loops.joined() + (key == nil ? "]" : "}")
  }
}

extension Statement.Target {
  /// The tree as source.
  package var text: String {
    switch self {
    case .name(let name, _): name
    case .group(let targets): "(" + targets.map { $0.text }.joined(separator: ", ") + ")"
    }
  }
}

/// Derivatives as they are written.
package enum Derivatives {
  /// `∂t/∂w`, `∂²t/∂w²`, `∂²t/∂w∂b`
  package static func text(of root: String, by variables: [String]) -> String {
    var below = ""
    var start = 0
    while start < variables.count {
      let end = variables[start...].firstIndex { $0 != variables[start] } ?? variables.count
      below += "∂" + variables[start] + exponent(end - start)
      start = end
    }
    return "∂\(exponent(variables.count))\(root)/\(below)"
  }

  private static func exponent(_ n: Int) -> String {
    n == 1 ? "" : n == 2 ? "²" : n == 3 ? "³" : "^\(n)"
  }
}

extension BinaryOperator {
  fileprivate var spaced: String {
    switch self {
    case .multiply, .divide, .power: rawValue
    default: " \(rawValue) "
    }
  }
}

extension Expression.StringPart {
  fileprivate var text: String {
    switch self {
    case .text(let text):
      text.reduce(into: "") { result, character in
        switch character {
        case "\n": result += "\\n"
        case "\t": result += "\\t"
        case "\"", "\\", "{": result += "\\\(character)"
        default: result.append(character)
        }
      }
    case .expression(let value, let format):
      "{" + value.text + (format.isEmpty ? "" : ":" + format) + "}"
    }
  }
}

extension Expression.Argument {
  /// The tree as source.
  package var text: String { (name.map { $0 + "=" } ?? "") + value.text }
}

extension Expression.IndexEntry {
  /// The tree as source.
  package var text: String {
    switch self {
    case .value(let value): value.text
    case .slice(let start, let stop, let step):
      (start?.text ?? "") + ":" + (stop?.text ?? "") + (step.map { ":" + $0.text } ?? "")
    case .ellipsis: "..."
    }
  }
}

extension Function {
  package var signature: String { Function.signature(parameters) }

  static func signature(_ parameters: [Parameter]) -> String {
    let list = parameters.map { $0.name + ($0.fallback.map { "=" + $0.text } ?? "") }
    return "(" + list.joined(separator: ", ") + ")"
  }

  func text(_ indent: String, keyword: String = "fn") -> String {
    let head = keyword + (name.map { (keyword.isEmpty ? "" : " ") + $0 } ?? "") + signature
    if isShort, case .expression(let value)? = body.first?.kind { return head + " = " + value.text }
    return head + " " + Statement.block(body, indent)
  }

  /// The function as source text.
  package var text: String { text("") }
}

extension Statement {
  package var text: String { text("") }

  static func block(_ statements: [Statement], _ indent: String) -> String {
    let lines = statements.map { indent + "  " + $0.text(indent + "  ") + "\n" }
    return "{\n" + lines.joined() + indent + "}"
  }

  func text(_ indent: String) -> String { body(indent) + (isMuted ? ";" : "") }

  private func body(_ indent: String) -> String {
    func block(_ statements: [Statement]) -> String { Statement.block(statements, indent) }
    switch kind {
    case .expression(let value): return value.text
    case .assign(let targets, let operation, let value):
      let names = targets.map { $0.text }.joined(separator: ", ")
      return "\(names) \(operation.rawValue) \(value.text)"
    case .parameter(let name, let value, _): return "param \(name) = \(value.text)"
    case .buffer(let name, let value, _): return "buffer \(name) = \(value.text)"
    case .branch(let branches, let otherwise):
      let parts = branches.map { "if \($0.condition.text) \(block($0.body))" }
      return parts.joined(separator: " else ") + (otherwise.map { " else " + block($0) } ?? "")
    case .whileLoop(let condition, let body): return "while \(condition.text) \(block(body))"
    case .forLoop(let targets, let sequence, let body):
      let names = targets.map { $0.text }.joined(separator: ", ")
      return "for \(names) in \(sequence.text) \(block(body))"
    case .repeatLoop(let count, let body): return "repeat \(count.text) \(block(body))"
    case .breakLoop: return "break"
    case .continueLoop: return "continue"
    case .returnValue(let value): return "return" + (value.map { " " + $0.text } ?? "")
    case .function(let function): return function.text(indent)
    case .layer(let layer): return layer.text(indent)
    case .noGrad(let body): return "no_grad \(block(body))"
    case .expect(let condition, let message):
      return "expect \(condition.text)" + (message.map { ", " + $0.text } ?? "")
    case .verb(let verb, let subject, let options):
      return verb.rawValue + (subject.map { " " + $0.text } ?? "")
        + options.map { ", " + $0.text }.joined()
    case .yield(let key, let value): return (key.map { $0.text + ": " } ?? "") + value.text
    }
  }
}

extension LayerDeclaration {
  package var text: String { text("") }

  func text(_ indent: String) -> String {
    let inner = indent + "  "
    let lines =
      fields.map { inner + $0.text(inner) + "\n" }
      + methods.map { inner + $0.text(inner, keyword: "") + "\n" }
    let head = parameters.isEmpty ? "" : Function.signature(parameters)
    return "layer \(name)\(head) {\n" + lines.joined() + indent + "}"
  }
}

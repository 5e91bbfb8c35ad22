// Values as plain text: what `print` and string interpolation show.
import Syntax
import Training
import Platform
import Autograd
import Diagnostics
import Tensors

/// How far a text goes into what is nested: values may hold one another many times over.
private struct Reach {
  var depth = 0
  private var room = 10_000
  /// Whether long lists are written to their end.
  let isWhole: Bool

  init(isWhole: Bool) { self.isWhole = isWhole }

  /// Whether one level more is written.
  mutating func enter() -> Bool {
    guard depth < 20, room > 0 else { return false }
    depth += 1
    room -= 1
    return true
  }
}

extension Machine {
  /// A value as text.
  /// - Parameter isWhole: whether long lists are written to their end, as `print` does.
  package func text(of value: Value, whole isWhole: Bool = false) -> String {
    var reach = Reach(isWhole: isWhole)
    return text(of: value, &reach)
  }

  private func text(of value: Value, _ reach: inout Reach) -> String {
    switch value {
    case .unset, .cell: return "nothing"
    case .none: return "none"
    case .bool(let on): return on ? "true" : "false"
    case .number(let n): return format(n)
    case .string(let string): return string.text
    case .tensor(let node): return node.value.text(format)
    case .range(let range):
      return "range(\(format(range.start)), \(format(range.stop))"
        + (range.step == 1 ? ")" : ", \(format(range.step)))")
    case .list(let list):
      guard reach.enter() else { return "[…]" }
      defer { reach.depth -= 1 }
      let count = reach.isWhole ? list.items.count : min(list.items.count, 20)
      var shown = list.items.prefix(count).map { quoted($0, &reach) }
      if list.items.count > count { shown.append("… \(list.items.count - count) more") }
      return "[" + shown.joined(separator: ", ") + "]"
    case .record(let record):
      guard reach.enter() else { return "record(…)" }
      defer { reach.depth -= 1 }
      let fields = record.fields.map { "\($0.name)=\(quoted($0.value, &reach))" }
      return "record(" + fields.joined(separator: ", ") + ")"
    case .function(let function):
      let list = function.code.parameters.map { p in
        p.name + (p.fallback.map { "=" + $0.text } ?? "")
      }
      return "fn \(function.code.name)(\(list.joined(separator: ", ")))"
    case .builtin(let builtin): return builtin.signature
    case .layer(let layer): return text(of: layer, &reach)
    case .host(let object): return object.text(self)
    case .optimizer(let optimizer):
      let settings = optimizer.settings.map { "\($0.name)=\(format($0.value))" }
      return
        "\(optimizer.kind)(\(settings.joined(separator: ", ")), \(optimizer.parameters.count) parameters)"
    }
  }

  /// A sequence shows its stages line by line, a layer of the library what it was made with, the learner's
  /// own its fields.
  private func text(of layer: LayerObject, _ reach: inout Reach) -> String {
    guard reach.enter() else { return "\(layer.type)(…)" }
    defer { reach.depth -= 1 }
    if layer.isSequence {
      let stages = layer.stages.enumerated().map { i, stage -> String in
        var name = text(of: stage, &reach)
        if case .builtin(let builtin) = stage { name = builtin.name }
        return "  (\(i)): " + name.split(separator: "\n").joined(separator: "\n  ")
      }
      return "sequential(\n" + stages.joined(separator: "\n") + "\n)"
    }
    if layer.isLibrary {
      let known = vocabulary[layer.type]?.parameters ?? []
      let given = layer.arguments.enumerated().compactMap { i, argument -> String? in
        let text = quoted(argument.value, &reach)
        guard let fallback = known.first(where: { $0.name == argument.name })?.fallback else {
          return text
        }
        let plain = Double(fallback).map { format($0) } ?? fallback
        return plain == text && i > 0 ? nil : "\(argument.name)=\(text)"
      }
      return "\(layer.type)(\(given.joined(separator: ", ")))"
    }
    let fields = layer.fields.map { field -> String in
      if case .tensor(let node) = field.value, node.shape.rank > 0 {
        return "\(field.name): \(node.shape)"
      }
      return "\(field.name): \(text(of: field.value, &reach))"
    }
    return "\(layer.type)(" + fields.joined(separator: ", ") + ")"
  }

  private func quoted(_ value: Value, _ reach: inout Reach) -> String {
    if case .string(let string) = value {
      let text = string.text.with("\\", replacedBy: "\\\\").with("\"", replacedBy: "\\\"")
      return "\"" + text.with("\n", replacedBy: "\\n").visible + "\""
    }
    return text(of: value, &reach)
  }

  /// A value under a format such as `.4f`, `8.2e`, `5d`, `>10` or `.1%`.
  func text(of value: Value, format spec: String, _ span: Span) throws(Diagnostic) -> String {
    if spec.isEmpty { return text(of: value, whole: true) }
    var rest = Substring(spec)
    let showsPlus = rest.first == "+"
    if showsPlus { rest.removeFirst() }
    var align: Character?
    if let first = rest.first, "<>^".contains(first) {
      align = first
      rest.removeFirst()
    }
    let width = Int(rest.prefix { $0.isNumber }) ?? 0
    rest = rest.drop { $0.isNumber }
    var precision: Int?
    if rest.first == "." {
      rest.removeFirst()
      precision = Int(rest.prefix { $0.isNumber })
      rest = rest.drop { $0.isNumber }
    }
    guard rest.count <= 1, width <= 200, (precision ?? 0) <= 60 else { throw badFormat(spec, span) }
    let kind = rest.first
    if let kind, !"fegd%".contains(kind) { throw badFormat(spec, span) }
    func written(_ n: Double) -> String {
      var body: String
      switch kind {
      case "f": body = Printed.fixed(n, precision ?? 6)
      case "e": body = Printed.scientific(n, precision ?? 6)
      case "g": body = Printed.general(n, precision ?? 6)
      case "d": body = Printed.fixed(n, 0)
      case "%": body = Printed.fixed(n * 100, precision ?? 6) + "%"
      default: return precision.map { NumberFormat(digits: max(1, $0))(n) } ?? format(n)
      }
      if showsPlus, n >= 0 { body = "+" + body }
      if n.isFinite, body.hasPrefix("-"), !body.contains(where: { "123456789".contains($0) }) {
        body.removeFirst()
      }
      return body
    }
    func padded(_ body: String, _ usual: Character) -> String {
      let padding = String(repeating: " ", count: max(0, width - body.count))
      switch align ?? usual {
      case ">": return padding + body
      case "^":
        return padding.prefix(padding.count / 2) + body + padding.dropFirst(padding.count / 2)
      default: return body + padding
      }
    }
    let isPlain = kind == nil && precision == nil
    switch value {
    case .bool where isPlain: return padded(text(of: value), ">")
    case .tensor(let node) where node.value.item == nil && !isPlain:
      // Of a tensor each number.
      return node.value.text(number: { padded(written($0), ">") })
    default: break
    }
    if let n = number(value) { return padded(isPlain ? text(of: value) : written(n), ">") }
    guard kind == nil else { throw RunFault.formatKind(format: spec, kind: value.kind).at(span) }
    return padded(text(of: value, whole: true), "<")
  }

  private func badFormat(_ spec: String, _ span: Span) -> Diagnostic {
    RunFault.badFormat(spec).at(span)
  }

  private func number(_ value: Value) -> Double? {
    switch value {
    case .number(let n): n
    case .tensor(let node): node.value.item
    case .bool(let on): on ? 1 : 0
    default: nil
    }
  }
}

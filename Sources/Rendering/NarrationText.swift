// What the verbs tell, as aligned lines.
import Platform
import Autograd
import Diagnostics
import Explain
import Tensors

/// What the verbs tell, as text.
package struct NarrationText {
  let style: Style
  let format: NumberFormat
  /// What was run, to say on which line something stands.
  let sources: [SourceText]

  package init(_ style: Style, _ format: NumberFormat, _ sources: [SourceText]) {
    self.style = style
    self.format = format
    self.sources = sources
  }

  static let lineLimit = 40

  /// The narration; as much as a reader can take in unless it is to be whole.
  package func render(_ narration: Narration, isWhole: Bool) -> String {
    let lines: [String]
    switch narration {
    case .forward(let pass):
      lines = forward(pass.steps) + pass.unfollowed.map { style.paint(told($0), .faint) }
    case .backward(let pass): lines = backward(pass)
    case .derivative(let derivation): lines = derivative(derivation)
    case .rates(let pass): lines = rates(pass)
    case .value(let step, let shapes): lines = value(step, shapes)
    case .ledger(let rows): lines = ledger(rows)
    }
    return shortened(lines, isWhole).map { "  " + $0 }.joined(separator: "\n")
  }

  private func shortened(_ lines: [String], _ isWhole: Bool) -> [String] {
    let rows = lines.flatMap {
      $0.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
    .flatMap(fitted)
    guard !isWhole, rows.count > NarrationText.lineLimit else { return rows }
    let left = rows.count - 38
    return rows.prefix(28) + [
      style.paint("… \(left) more lines; detail=\"all\" shows them", .faint)
    ]
      + rows.suffix(10)
  }

  /// A number, or a small view of a tensor.
  func view(_ tensor: Tensor) -> String {
    tensor.rank == 0 ? format(tensor[0]) : tensor.text(format, edge: 2, limit: 12)
  }

  /// Numbers multiplied: a minus that does not lead is bracketed.
  func product(_ numbers: [Double]) -> String {
    numbers.enumerated().map { i, n in
      i > 0 && n < 0 ? "(\(format(n)))" : format(n)
    }.joined(separator: " × ")
  }

  func sum(_ numbers: [Double]) -> String {
    product(numbers).with(" × ", replacedBy: " + ")
  }

  // MARK: Forward

  private func forward(_ steps: [ForwardStep]) -> [String] {
    let isScalar = steps.allSatisfy { $0.value.rank == 0 }
    var lines =
      isScalar
      ? aligned(steps.map(scalarRow))
      : steps.flatMap { step in
        step.value.rank == 0 ? aligned([scalarRow(step)]) : tensorRows(step)
      }
    // What the last value was before, beside it where there is room.
    if let last = steps.last, let before = last.before, before.rank == 0 {
      let was = style.paint("was \(format(before[0]))", .faint)
      let line = lines[lines.count - 1]
      if line.columns + was.columns + 8 <= style.width {
        lines[lines.count - 1] += "      " + was
      } else {
        lines.append(String(repeating: " ", count: last.name.columns) + " (" + was + ")")
      }
    }
    return lines
  }

  /// What a replay left as it was, and since when.
  package func told(_ value: Unfollowed) -> String {
    let source = sources.first { $0.id == value.site.source }
    let place = source.map { " on line \($0.line(at: value.site.start))" } ?? ""
    let number = value.value.rank == 0 ? format(value.value[0]) : "its \(value.value.shape)"
    switch value.reason {
    case .number:
      return "`\(value.name)` was taken out as a number\(place) and keeps \(number)"
    case .branch:
      return
        "`\(value.name)` decided a branch\(place) when it was \(number); `forward` does not ask again which way"
    case .dropped:
      return "`\(value.name)` was carried by a loop\(place) without gradient and keeps \(number)"
    }
  }

  private func scalarRow(_ step: ForwardStep) -> [String] {
    let formula = step.formula.text
    let numbers = step.formula.substituted(format)
    var row = [step.name, "= " + formula]
    if numbers != formula { row.append("= " + numbers) }
    row.append("= " + format(step.value[0]))
    return row
  }

  private func tensorRows(_ step: ForwardStep) -> [String] {
    let head = "\(step.name) = \(step.formula.text)   \(style.paint("\(step.value.shape)", .faint))"
    return [head, view(step.value).indented(4)]
  }

  private func value(_ step: ForwardStep, _ shapes: [(name: String, shape: Shape)]) -> [String] {
    var lines = forward([step])
    if !shapes.isEmpty {
      let list = shapes.map { "\($0.name) \($0.shape)" }.joined(separator: ", ")
      lines.append(style.paint("from \(list)", .faint))
    }
    return lines
  }

  // MARK: Backward

  private func backward(_ pass: BackwardPass) -> [String] {
    // A single step of a walk begins where the one before ended.
    let begins = pass.steps.first?.isRoot != false
    var lines = begins ? ["\(derivativeName(pass.root, by: pass.root)) = 1"] : []
    for step in pass.steps {
      lines.append(style.paint(heading(step.name, step.formula), .bold))
      lines += body(step).map { $0.indented(2) }
    }
    for accumulation in pass.accumulations {
      let head = "\(accumulation.name).grad = old + new".padded(18)
      lines.append(
        accumulation.total.rank == 0
          ? head + " = " + sum([accumulation.old[0], accumulation.new[0]])
            + " = \(format(accumulation.total[0]))"
          : head + style.paint("   \(accumulation.total.shape)", .faint))
    }
    return lines
  }

  /// `z = w*x + b`; a step that is called as it is written says so once.
  func heading(_ name: String, _ formula: Formula) -> String {
    let text = formula.text
    return name == text || name == "(\(text))" ? text : "\(name) = \(text)"
  }

  /// The contributions of a step: local derivative and chain side by side where there are several and
  /// they fit, else one below the other.
  private func body(_ step: BackwardStep) -> [String] {
    let parts = step.contributions.map { rows($0, isRoot: step.isRoot) }
    let nameWidth = parts.map { $0.local.first?.columns ?? 0 }.max() ?? 0
    let locals = parts.map { part in
      part.local.isEmpty
        ? "" : ([part.local[0].padded(nameWidth)] + part.local.dropFirst()).joined(separator: " ")
    }
    let width = locals.map { $0.columns }.max() ?? 0
    let pairs = zip(locals, parts).map {
      $0.padded(width) + "     " + $1.chain.joined(separator: " ")
    }
    let isTable =
      parts.count > 1 && parts.allSatisfy { !$0.local.isEmpty && !$0.chain.isEmpty }
      && pairs.allSatisfy { $0.columns <= style.width - 4 }
    if isTable {
      let aligned = aligned(
        zip(locals, parts).map { [$0] + ["    " + $1.chain[0]] + $1.chain.dropFirst() })
      return zip(aligned, parts).flatMap { [$0] + $1.sums }
    }
    return parts.flatMap { part in
      aligned([part.local, part.chain].filter { !$0.isEmpty }) + part.sums
    }
  }

  /// One contribution: its local derivative, its link in the chain, and the sum if it was the last part.
  private func rows(_ c: Contribution, isRoot: Bool)
    -> (local: [String], chain: [String], sums: [String])
  {
    // Gradients of the root have one colour, the links between steps another, in name, formula and number.
    let gradient = style.paint(derivativeName(c.root, by: c.input), factor: 0)
    var sums: [String] = []
    if let parts = c.sum, let total = c.total {
      let text =
        parts.allSatisfy { $0.rank == 0 }
        ? sum(parts.map { $0[0] }) + " = " + style.paint(format(total[0]), factor: 0)
        : "the sum of \(parts.count) parts   \(total.shape)"
      sums = ["\(gradient) = \(text)" + style.paint("      \(parts.count) paths meet here", .faint)]
    }
    let arrow = c.isPart ? "\(gradient) ⟵" : "\(gradient) ="
    guard let partial = c.partial, let local = c.partialValue, let upstream = c.upstream else {
      return ([], tensorChain(c, arrow), sums)
    }
    let text = partial.text
    let value = format(local)
    let part = c.via.map { style.paint("      through \($0)", .faint) } ?? ""
    // What one use of a name gives is a part of the derivative.
    let sign = c.via == nil ? "=" : "⟵"
    let said = text == value ? ["\(sign) \(value)"] : ["\(sign) \(text)", "= \(value)"]
    if isRoot {
      // What begins the pass has no links beside it: there is room for the numbers.
      let put = partial.isCompound ? ["= \(partial.substituted(format))"] : []
      let all = (text == value ? said : [said[0]] + put + [said[1]])
        .map { "\($0.prefix(1)) " + style.paint(String($0.dropFirst(2)), factor: 0) }
      guard c.isPart else { return ([gradient] + all, [], sums) }
      let own = [gradient, "⟵" + all[0].dropFirst()] + all.dropFirst()
      return (own.dropLast() + [own[own.count - 1] + part], [], sums)
    }
    let step = style.paint(derivativeName(c.step, by: c.input), factor: 1)
    let arrives = style.paint(derivativeName(c.root, by: c.step), factor: 0)
    let second = local < 0 ? "(\(value))" : value
    let chain = [
      gradient,
      "\(c.isPart ? "⟵" : "=") \(arrives) × \(step)",
      "= \(style.paint(format(upstream), factor: 0)) × \(style.paint(second, factor: 1))",
      "= \(style.paint(format(c.gradient[0]), factor: 0))" + part,
    ]
    return (
      [step] + said.map { "\($0.prefix(1)) " + style.paint(String($0.dropFirst(2)), factor: 1) },
      chain, sums
    )
  }

  private func tensorChain(_ c: Contribution, _ arrow: String) -> [String] {
    guard let pullback = c.pullback else { return [] }
    let text = pullback.text.with(".T", replacedBy: "ᵀ")
    var shapes = c.gradient.rank == 0 ? "" : "   \(c.gradient.shape)"
    if let (a, b) = c.factorShapes { shapes = "   \(c.gradient.shape) = \(a) @ \(b)" }
    if c.gradient.rank == 0 { return ["\(arrow) \(text) = \(format(c.gradient[0]))"] }
    // Parts that have a short name are told below the formula.
    let parts = pullback.definitions.map { name, formula in "\(name) = \(formula.text)" }
    let legend = parts.isEmpty ? "" : "\n  where " + parts.joined(separator: "\n        ")
    return [
      "\(arrow) \(text)" + style.paint(shapes, .faint) + legend + "\n"
        + view(c.gradient).indented(2)
    ]
  }

  // MARK: Updates

  /// Scalars in aligned columns. A tensor's rows show the rule, the sum for its first entry, and the tensor
  /// that came of it.
  private func ledger(_ rows: [LedgerRow]) -> [String] {
    var lines: [String] = []
    var start = 0
    while start < rows.count {
      // The rows of one parameter stand together, under its name if they are several.
      let name = rows[start].parameter
      let isTensor = rows[start].isTensor
      let end =
        rows[start...].firstIndex {
          $0.parameter != name || $0.isTensor != isTensor
            || (name == nil && isTensor && $0.target != rows[start].target)
        } ?? rows.count
      let group = Array(rows[start..<end])
      let margin = name == nil ? "" : "  "
      if let name { lines.append(style.paint(name, .bold)) }
      if isTensor {
        lines += group.flatMap(tensorRow).map { margin + $0 }
      } else {
        lines += aligned(group.map(ledgerRow)).map { margin + $0 }
      }
      start = end
    }
    return lines
  }

  private func tensorRow(_ row: LedgerRow) -> [String] {
    let shape = row.tensor.map { style.paint("   \($0.shape)", .faint) } ?? ""
    let numbers = "= \(row.rule.substituted(format)) = \(format(row.result))"
    var lines = ["\(row.target) ← \(row.rule.text)\(shape)", "    \(row.entry) \(numbers)"]
    if let tensor = row.tensor { lines.append(view(tensor).indented(4)) }
    return lines
  }

  private func ledgerRow(_ row: LedgerRow) -> [String] {
    [
      row.target, "← \(row.rule.text)", "= \(row.rule.substituted(format))",
      "= \(format(row.result))",
    ]
  }
}

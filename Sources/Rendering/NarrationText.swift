// What the verbs tell, as aligned lines.
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
    case .forward(let pass): lines = forward(pass.steps) + pass.unfollowed.map(told)
    case .backward(let pass): lines = backward(pass)
    case .derivative(let derivation): lines = derivative(derivation)
    case .value(let step, let shapes): lines = value(step, shapes)
    case .ledger(let rows): lines = ledger(rows)
    }
    return shortened(lines, isWhole).map { "  " + $0 }.joined(separator: "\n")
  }

  private func shortened(_ lines: [String], _ isWhole: Bool) -> [String] {
    let rows = lines.flatMap {
      $0.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
    guard !isWhole, rows.count > NarrationText.lineLimit else { return rows }
    let left = rows.count - 38
    return rows.prefix(28) + [
      style.paint("… \(left) more lines; detail=\"all\" shows them", .faint)
    ]
      + rows.suffix(10)
  }

  // MARK: Rows

  /// Cells of rows padded to common widths, as long as the rows stay on one line; else each cell below
  /// the one before.
  private func aligned(_ rows: [[String]]) -> [String] {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in
      rows.map { column < $0.count - 1 ? $0[column].columns : 0 }.max() ?? 0
    }
    let lines = rows.map { row in
      row.enumerated().map { i, cell in i == row.count - 1 ? cell : cell.padded(widths[i]) }
        .joined(separator: " ")
    }
    if lines.allSatisfy({ $0.columns <= style.width - 2 }) { return lines }
    return rows.flatMap { row -> [String] in
      let joined = row.joined(separator: " ")
      guard joined.columns > style.width - 2, row.count > 2 else { return [joined] }
      let margin = String(repeating: " ", count: row[0].columns + 1)
      return [row[0] + " " + row[1]] + row.dropFirst(2).map { margin + $0 }
    }
  }

  private func number(_ x: Double) -> String { format(x) }

  /// A number, or a small view of a tensor.
  private func view(_ tensor: Tensor) -> String {
    tensor.rank == 0 ? format(tensor[0]) : tensor.text(format, edge: 2, limit: 12)
  }

  private func bracketedIfSum(_ formula: Formula) -> String {
    formula.isSum ? "(\(formula.text))" : formula.text
  }

  /// Numbers multiplied: a minus that does not lead is bracketed.
  private func product(_ numbers: [Double]) -> String {
    numbers.enumerated().map { i, n in
      i > 0 && n < 0 ? "(\(format(n)))" : format(n)
    }.joined(separator: " × ")
  }

  private func sum(_ numbers: [Double]) -> String {
    product(numbers).replacing(" × ", with: " + ")
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
  private func told(_ value: Unfollowed) -> String {
    let source = sources.first { $0.id == value.site.source }
    let place = source.map { " on line \($0.line(at: value.site.start))" } ?? ""
    let number = value.value.rank == 0 ? format(value.value[0]) : "its \(value.value.shape)"
    let text =
      switch value.reason {
      case .number: "`\(value.name)` was taken out as a number\(place) and keeps \(number)"
      case .branch:
        "`\(value.name)` decided a branch\(place) when it was \(number); `forward` does not ask again which way"
      case .dropped:
        "`\(value.name)` was carried by a loop\(place) without gradient and keeps \(number)"
      }
    return style.paint(text, .faint)
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
      lines.append(style.paint("\(step.name) = \(step.formula.text)", .bold))
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

  /// The contributions of a step: local derivative and chain side by side where there are several and
  /// they fit, else one below the other.
  private func body(_ step: BackwardStep) -> [String] {
    let parts = step.contributions.map { rows($0, isRoot: step.isRoot) }
    let nameWidth = parts.map { $0.local.first?.columns ?? 0 }.max() ?? 0
    let locals = parts.map { part in
      part.local.isEmpty
        ? "" : ([part.local[0].padded(nameWidth)] + part.local.dropFirst()).joined(separator: " ")
    }
    let width = locals.map(\.columns).max() ?? 0
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
    let gradient = derivativeName(c.root, by: c.input)
    var sums: [String] = []
    if let parts = c.sum, let total = try? parts.dropFirst().reduce(parts[0], { try $0 + $1 }) {
      let text =
        parts.allSatisfy { $0.rank == 0 }
        ? sum(parts.map { $0[0] }) + " = \(format(total[0]))"
        : "the sum of \(parts.count) parts   \(total.shape)"
      sums = ["\(gradient) = \(text)" + style.paint("      \(parts.count) paths meet here", .faint)]
    }
    let arrow = c.isPart ? "\(gradient) ⟵" : "\(gradient) ="
    guard let partial = c.partial, let local = c.partialValue, let upstream = c.upstream else {
      return ([], tensorChain(c, arrow), sums)
    }
    let text = partial.text
    let value = format(local)
    let said = text == value ? ["= \(value)"] : ["= \(text)", "= \(value)"]
    if isRoot { return ([c.isPart ? arrow.replacing(" ⟵", with: "") : gradient] + said, [], sums) }
    let step = derivativeName(c.step, by: c.input)
    let chain = [
      arrow.replacing(" =", with: "").replacing(" ⟵", with: ""),
      "\(c.isPart ? "⟵" : "=") \(derivativeName(c.root, by: c.step)) × \(step)",
      "= \(product([upstream, local]))",
      "= \(format(c.gradient[0]))",
    ]
    return ([step] + said, chain, sums)
  }

  private func tensorChain(_ c: Contribution, _ arrow: String) -> [String] {
    guard let pullback = c.pullback else { return [] }
    let text = pullback.text.replacing(".T", with: "ᵀ")
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

  // MARK: One gradient

  private func derivative(_ d: Derivation) -> [String] {
    let name = derivativeName(d.root, by: d.variable)
    if d.isOneStep { return oneStep(d, name) }
    if d.paths.count == 1, let path = d.paths.first {
      var rows = chain(path)
      rows[rows.count - 1] += checkText(d)
      let margin = String(repeating: " ", count: name.columns)
      return rows.enumerated().map { i, row in (i == 0 ? name : margin) + " = " + row }
    }
    if d.paths.isEmpty { return checked("\(name) = \(format(d.total))", d) }
    var lines = [
      "\(d.paths.count) paths lead from \(d.root) to \(d.variable); their products add up:"
    ]
    let isLong = d.paths.count > 8
    let chosen = isLong ? d.paths.prefix(3) + d.paths.suffix(1) : d.paths[...]
    let rows = chosen.map { path -> [String] in
      let parts = chain(path)
      let via = path.factors.dropLast().map(\.bottom).joined(separator: ", ")
      return [via.isEmpty ? "directly:" : "through \(via):"]
        + [parts[0]] + parts.dropFirst().map { "= " + $0 }
    }
    // Where a path's name and its product do not fit on one line, the product goes below.
    let widest = rows.map { $0.prefix(2).reduce(0) { $0 + $1.columns + 1 } }.max() ?? 0
    func told(_ rows: [[String]]) -> [String] {
      guard widest > style.width - 4 else { return aligned(rows).map { "  " + $0 } }
      return rows.flatMap { row in ["  " + row[0]] + row.dropFirst().map { "      " + $0 } }
    }
    if isLong {
      let hidden = d.paths.dropFirst(3).dropLast().reduce(0) { $0 + $1.product }
      lines += told(Array(rows.dropLast()))
      lines.append("  … \(d.paths.count - 4) more paths, together \(format(hidden))")
      lines += told(Array(rows.suffix(1)))
    } else {
      lines += told(rows)
    }
    let shown = d.paths.count <= 8 ? sum(d.paths.map(\.product)) + " = " : ""
    lines += checked("\(name) = \(shown)\(format(d.total))", d)
    return lines
  }

  /// The factors of a path by name, by formula, by number, and their product.
  private func chain(_ path: Path) -> [String] {
    let names = shortProduct(path.factors.map { derivativeName($0.top, by: $0.bottom) })
    let isLone = path.factors.count == 1
    let formulas = shortProduct(
      path.factors.map { isLone ? $0.formula.text : bracketedIfSum($0.formula) })
    let numbers = shortProduct(
      path.factors.enumerated().map { i, factor in
        i > 0 && factor.value < 0 ? "(\(format(factor.value)))" : format(factor.value)
      })
    let total = format(path.product)
    var rows = path.factors.count > 1 ? [names] : []
    // A formula that stands alone has no factors' numbers below it: its own are put in.
    var put: [String] = []
    if isLone, path.factors[0].formula.isCompound {
      put = [path.factors[0].formula.substituted(format)].filter { $0.columns <= style.width - 8 }
    }
    for row in [formulas] + put + [numbers, total] where rows.last != row { rows.append(row) }
    return rows
  }

  /// A product of many factors is cut in the middle, with the count.
  private func shortProduct(_ factors: [String]) -> String {
    guard factors.count > 10 else { return factors.joined(separator: " × ") }
    let shown = factors.prefix(3) + ["… \(factors.count - 5) more …"] + factors.suffix(2)
    return shown.joined(separator: " × ")
  }

  private func oneStep(_ d: Derivation, _ name: String) -> [String] {
    var lines = [
      d.paths.count == d.pathCount
        ? "\(name) is a sum of \(d.paths.count) terms:"
        : "\(name): too many paths to list, so the last step is shown, a sum of \(d.paths.count) terms:"
    ]
    let rows = d.paths.map { path -> [String] in
      let (outer, inner) = (path.factors[0], path.factors[1])
      return [
        "\(derivativeName(outer.top, by: outer.bottom)) × \(bracketedIfSum(inner.formula))",
        "= \(product([outer.value, inner.value]))", "= \(format(path.product))",
      ]
    }
    let shown = rows.count > 8 ? Array(rows.prefix(3)) + [rows[rows.count - 1]] : rows
    var table = aligned(shown).map { "  " + $0 }
    if rows.count > 8 {
      let hidden = d.paths.dropFirst(3).dropLast().reduce(0) { $0 + $1.product }
      table.insert("  … \(rows.count - 4) more terms, together \(format(hidden))", at: 3)
    }
    lines += table
    lines += checked("sum = \(format(d.total))", d)
    guard let first = d.paths.first, !d.continuation.isEmpty else { return lines }
    let outer = first.factors[0]
    let known = derivativeName(outer.top, by: outer.bottom)
    lines.append("where, for the first term,")
    if d.continuation.count == 1 {
      let rows = chain(d.continuation[0])
      let margin = String(repeating: " ", count: known.columns)
      lines += rows.enumerated().map { i, row in "  " + (i == 0 ? known : margin) + " = " + row }
    } else {
      lines += d.continuation.prefix(6).map { "  " + chain($0).joined(separator: " = ") }
      lines.append(
        "  \(known) = \(format(outer.value)), the sum over \(d.continuation.count) paths")
    }
    return lines
  }

  /// A result with its numeric check beside it, or below where the line is full.
  private func checked(_ line: String, _ d: Derivation) -> [String] {
    let text = checkText(d)
    let isWide = line.columns + (d.check == nil ? 0 : 50) > style.width
    return isWide ? [line, "  " + text.drop { $0 == " " }] : [line + text]
  }

  private func checkText(_ d: Derivation) -> String {
    guard let check = d.check else { return "" }
    if check.verdict == .notFinite || !check.numeric.isFinite {
      return style.paint("        numerically \(format(check.numeric))", .yellow)
    }
    if check.isKink {
      return style.paint("        numerically a kink: the slopes left and right differ", .yellow)
    }
    let error = NumberFormat(digits: 1)(check.relativeError)
    let holding =
      d.held.isEmpty ? "" : ", with \(d.held.map { "`\($0)`" }.joined(separator: ", ")) held"
    return style.paint(
      "        numerically \(format(check.numeric)), relative error \(error)\(holding)", .faint)
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

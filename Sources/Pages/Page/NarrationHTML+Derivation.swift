// One gradient, derived: a row for each factor, and the product so far.
import Autograd
import Explain
import Rendering
import Typesetting

extension NarrationHTML {
  func derivation(_ d: Derivation, _ places: GraphPlaces) -> [HTML] {
    let words = DerivationWords(format)
    var parts: [HTML] = d.introduced.map { name, formula in
      HTML(
        "p", [("class", "faint")],
        [HTML("with "), HTML(.row([.name(name), .sign("="), math.formula(formula)]))])
    }
    parts += math.equations(d).suffix(1).map { equation in
      // The first stage names the factors; the table has the rest.
      let stages =
        d.paths.count == 1 && !d.isOneStep
        ? [equation.stages.first, equation.stages.last] : [equation.stages.last]
      let row = stages.compactMap { $0 }.reduce(into: [equation.left]) { $0 += [.sign("="), $1] }
      return HTML.scrolled(HTML(.row(row)), "The chain rule", kind: "equation")
    }
    if !d.paths.isEmpty {
      parts += table(
        "The factors of each path, and their product so far",
        ["factor", "formula", "numbers put in", "value", "product so far"],
        rows(d, places))
      parts += rules(d, places)
    }
    if let check = words.check(d) {
      parts.append(
        HTML(
          "p", [("class", check.isDoubtful ? "check doubtful" : "check")], HTML.prose(check.text)))
    }
    return parts + d.zeros.map { HTML("p", [("class", "faint")], HTML.prose(words.reason($0))) }
  }

  /// The rules that the factors of the paths come from.
  private func rules(_ d: Derivation, _ places: GraphPlaces) -> [HTML] {
    var ops: [Op] = []
    for factor in d.paths.prefix(NarrationMath.termLimit).flatMap({ $0.factors }) {
      for op in (places.formula(factor.top.name)?.ops ?? []).reversed() where !ops.contains(op) {
        ops.append(op)
      }
    }
    let lines = ops.compactMap { op -> HTML? in
      let rules = op.rules
      guard !rules.isEmpty else { return nil }
      let names = op.operands.filter { $0.isRequired }.map { Formula.symbol(Symbol($0.name)) }
      let whole = Math.row(
        [.name("z"), .sign("="), math.formula(.apply(op, names, Attributes()))])
      let slopes = rules.map { operand, partial -> Math in
        .row([math.derivative("z", by: operand), .sign("="), math.formula(partial)])
      }
      return HTML("li", [], [HTML(whole)] + slopes.flatMap { [HTML(",  "), HTML($0)] })
    }
    guard !lines.isEmpty else { return [] }
    return [
      HTML(
        "details", [("class", "rules")],
        [HTML("summary", [], "the rules at work"), HTML("ul", [], lines)])
    ]
  }

  private func rows(_ d: Derivation, _ places: GraphPlaces) -> [HTML] {
    var rows: [HTML] = []
    var count = 0
    let shown = d.paths.prefix(NarrationMath.termLimit)
    for path in shown {
      if d.paths.count > 1 {
        rows.append(
          row([
            HTML(
              "th", [("colspan", "5"), ("scope", "colgroup"), ("class", "step")],
              math.way(path))
          ]))
      }
      var product = 1.0
      for (i, factor) in math.factors(path, d).enumerated() {
        product *= factor.value
        let name = factor.via.map { "\(factor.bottom.text) through \($0.text)" }
        let isNumeric = factor.formula.isCompound || factor.formula.text != format(factor.value)
        rows.append(
          row(
            [
              HTML(
                "th", [("scope", "row")],
                name.map { [HTML($0)] } ?? named(.factor(i, math.name(factor)))),
              cell(.factor(i, math.formula(factor.formula))),
              cell(isNumeric ? .factor(i, math.numbers(factor.formula)) : nil, isNumber: true),
              cell(.factor(i, math.number(factor.value)), isNumber: true),
              cell(math.number(product), isNumber: true),
            ],
            Target(
              step: count, from: places.place(factor.bottom.name),
              to: places.place(factor.top.name), line: places.line(factor.top.name, lit),
              answer: format(factor.value), op: places.formula(factor.top.name)?.ops.last?.name)))
        count += 1
      }
    }
    guard d.paths.count > 1 else { return rows }
    let rest = d.paths.dropFirst(shown.count)
    if !rest.isEmpty {
      rows.append(
        row(
          [
            HTML("th", [("scope", "row")], "\(rest.count) more paths"), empty, empty, empty,
            cell(math.number(rest.reduce(0) { $0 + $1.product }), isNumber: true),
          ], Target(step: count)))
      count += 1
    }
    let terms = d.paths.count <= 8 ? math.sum(d.paths.map { $0.product }) : nil
    rows.append(
      row(
        [
          head(math.derivative(d.root.text, by: d.variable.text)),
          cell(words: "the paths add up"), empty,
          cell(terms, isNumber: true), cell(math.number(d.total), isNumber: true),
        ],
        Target(step: count, node: places.place(d.variable.name), answer: format(d.total)),
        kind: "sum"))
    return rows
  }
}

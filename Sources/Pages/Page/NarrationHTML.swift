// What the verbs tell, as tables of term, formula, numbers put in, value and product so far.
import Autograd
import Diagnostics
import Explain
import Rendering
import Tensors
import Typesetting

/// Sets narrations for a page.
package struct NarrationHTML {
  package let format: NumberFormat
  /// What was run.
  let sources: [SourceText]
  /// The text whose lines light up with the steps.
  let lit: SourceText?
  package let math: NarrationMath

  /// - Parameter lit: the text whose lines light up with the steps; the first if nil.
  package init(_ format: NumberFormat, _ sources: [SourceText], lit: SourceText? = nil) {
    self.format = format
    self.sources = sources
    self.lit = lit ?? sources.first
    math = NarrationMath(format)
  }

  /// Rows past these are folded away.
  static let rowLimit = 120

  /// A narration as tables; rows know their nodes, wires and lines.
  package func render(_ narration: Narration, _ places: GraphPlaces) -> [HTML] {
    switch narration {
    case .forward(let pass): forward(pass, places)
    case .value(let step, let shapes): value(step, shapes, places)
    case .backward(let pass): backward(pass, places)
    case .derivative(let derivation): self.derivation(derivation, places)
    case .rates(let pass): rates(pass, places)
    case .ledger(let rows): ledger(rows)
    }
  }

  // MARK: Tables

  /// A table under its heads; the caption says what it is for.
  func table(_ caption: String, _ heads: [String], _ rows: [HTML]) -> [HTML] {
    func table(_ rows: [HTML], _ caption: String) -> HTML {
      HTML.scrolled(
        HTML(
          "table", [("class", "told")],
          [
            HTML("caption", [("class", "hidden")], caption),
            HTML(
              "thead", [], [HTML("tr", [], heads.map { HTML("th", [("scope", "col")], $0) })]),
            HTML("tbody", [], rows),
          ]), caption)
    }
    guard rows.count > NarrationHTML.rowLimit else { return [table(rows, caption)] }
    let rest = Array(rows.dropFirst(NarrationHTML.rowLimit))
    return [
      table(Array(rows.prefix(NarrationHTML.rowLimit)), caption),
      HTML(
        "details", [],
        [HTML("summary", [], "\(rest.count) more rows"), table(rest, caption + ", continued")]),
    ]
  }

  /// What a row is about: a wire, a node, a line of the program.
  struct Target {
    var step: Int?
    /// The value that is reached on this wire, and the one that it is used by.
    var from: Int?
    var to: Int?
    /// The node whose number is known with this row.
    var node: Int?
    var line: Int?
    /// What a reader may be asked for first.
    var answer: String?
    /// The op whose slope it is.
    var op: String?

    fileprivate var attributes: [(String, String)] {
      let places = [
        ("data-step", step), ("data-from", from), ("data-to", to), ("data-node", node),
        ("data-line", line),
      ].compactMap { name, number in number.map { (name, "\($0)") } }
      return places + (answer.map { [("data-answer", $0)] } ?? [])
        + (op.map { [("data-op", $0)] } ?? [])
    }
  }

  func row(_ cells: [HTML], _ target: Target = Target(), kind: String? = nil) -> HTML {
    HTML("tr", (kind.map { [("class", $0)] } ?? []) + target.attributes, cells)
  }

  func cell(_ math: Math?, isNumber: Bool = false) -> HTML {
    HTML("td", isNumber ? [("class", "num")] : [], math.map { [HTML($0)] } ?? [])
  }

  var empty: HTML { HTML("td", [], [HTML]()) }

  /// A cell in words.
  func cell(words: String) -> HTML { HTML("td", [], words) }

  /// A number, or a small view of a tensor with its shape.
  func cell(_ tensor: Tensor, isBlank: Bool = true) -> HTML {
    let attributes = isBlank ? [("class", "num")] : []
    guard tensor.rank > 0 else {
      return HTML("td", attributes, [HTML(math.number(tensor[0]))])
    }
    return HTML(
      "td", attributes,
      [
        HTML("span", [("class", "faint")], "\(tensor.shape)"),
        HTML("pre", [("class", "view")], tensor.text(format, edge: 2, limit: 12)),
      ])
  }

  package func head(_ math: Math) -> HTML { HTML("th", [("scope", "row")], named(math)) }

  /// A formula that names its row: said in words, too, as not every reader reads formulas aloud.
  package func named(_ math: Math) -> [HTML] {
    [
      HTML("span", [("class", "hidden")], math.plain),
      HTML("span", [("aria-hidden", "true")], [HTML(math)]),
    ]
  }

  // MARK: Forward

  private func forward(_ pass: ForwardPass, _ places: GraphPlaces) -> [HTML] {
    let rows = pass.steps.enumerated().map { i, step -> HTML in
      let equation = math.equation(step)
      let was = step.before.map { before -> [HTML] in
        [cell(before, isBlank: false)]
      }
      return row(
        [
          head(equation.left), cell(math.formula(step.formula)),
          cell(step.value.rank == 0 ? math.numbers(step.formula) : nil, isNumber: true),
          cell(step.value),
        ] + (hasBefore(pass) ? was ?? [empty] : []),
        Target(
          step: i, node: places.place(step.name), line: places.line(step.name, lit),
          answer: answer(step.value)))
    }
    let heads = ["name", "formula", "numbers put in", "value"] + (hasBefore(pass) ? ["was"] : [])
    let text = NarrationText(Style(), format, sources)
    return table("Each step forward with its numbers", heads, rows)
      + pass.unfollowed.map { HTML("p", [("class", "faint")], HTML.prose(text.told($0))) }
  }

  /// A single number as it is shown.
  func answer(_ tensor: Tensor) -> String? {
    tensor.rank == 0 && tensor[0].isFinite ? format(tensor[0]) : nil
  }

  private func hasBefore(_ pass: ForwardPass) -> Bool { pass.steps.contains { $0.before != nil } }

  private func value(
    _ step: ForwardStep, _ shapes: [(name: String, shape: Shape)], _ places: GraphPlaces
  ) -> [HTML] {
    let list = shapes.map { "\($0.name) \($0.shape)" }.joined(separator: ", ")
    return forward(ForwardPass(steps: [step]), places)
      + (shapes.isEmpty ? [] : [HTML("p", [("class", "faint")], "from \(list)")])
  }

  // MARK: Backward

  private func backward(_ pass: BackwardPass, _ places: GraphPlaces) -> [HTML] {
    var rows = [
      row(
        [head(math.derivative(pass.root, by: pass.root))] + [empty, empty, empty]
          + [cell(.number("1"), isNumber: true)],
        Target(step: 0, node: places.place(pass.root), line: places.line(pass.root, lit)))
    ]
    var count = 1
    for step in pass.steps {
      let line = places.line(step.name, lit)
      rows.append(
        row(
          [
            HTML(
              "th", [("colspan", "5"), ("scope", "colgroup"), ("class", "step")],
              named(math.heading(step.name, step.formula)))
          ], Target(line: line)))
      for c in step.contributions {
        rows += self.rows(
          c,
          Target(
            step: count, from: places.place(c.input), to: places.place(step.name), line: line,
            answer: answer(c.gradient)))
        count += c.sum == nil ? 1 : 2
      }
    }
    for accumulation in pass.accumulations where accumulation.total.rank == 0 {
      let sum = math.sum([accumulation.old[0], accumulation.new[0]])
      rows.append(
        row([
          head(.name(accumulation.name + ".grad")), cell(.text("old + new")), empty,
          cell(sum, isNumber: true), cell(accumulation.total),
        ]))
    }
    return table(
      "The backward pass, contribution by contribution",
      ["gradient", "chain rule", "slope here", "numbers put in", "value"], rows)
  }

  /// What one input is handed, and the sum of all it was handed once the last has come.
  private func rows(_ c: Contribution, _ target: Target) -> [HTML] {
    let equation = math.equation(c)
    let isTensor = c.partial == nil
    let isRoot = c.step == c.root
    let slope = c.partial.map { partial -> Math in
      .factor(
        isRoot ? 0 : 1,
        .row([math.derivative(c.step, by: c.input), .sign("="), math.formula(partial)]))
    }
    var numbers: Math?
    if let upstream = c.upstream, let local = c.partialValue, !isRoot {
      numbers = math.product([math.number(upstream), math.term(local, isFirst: false)])
    } else if let partial = c.partial, partial.isCompound {
      numbers = .factor(0, math.numbers(partial))
    }
    var chain: [HTML] = []
    if isTensor {
      chain = (equation.stages.first.map { [HTML($0)] } ?? []) + definitions(c)
    } else if !isRoot, let first = equation.stages.first {
      chain = [HTML(first)]
    }
    if let via = c.via { chain.append(HTML("span", [("class", "faint")], " through \(via)")) }
    let name = c.isPart ? Math.row([equation.left, .sign("⟵")]) : equation.left
    var rows = [
      row(
        [
          head(name), HTML("td", [], chain), cell(slope), cell(numbers, isNumber: true),
          cell(c.gradient),
        ], target)
    ]
    if let parts = c.sum, let total = c.total {
      let arrives = c.gradient.rank == 0 ? math.sum(parts.map { $0[0] }) : nil
      rows.append(
        row(
          [
            head(equation.left),
            cell(words: "\(parts.count) contributions arrive and add up"), empty,
            cell(arrives, isNumber: true), cell(total),
          ],
          Target(
            step: target.step.map { $0 + 1 }, node: target.from, line: target.line,
            answer: answer(total)), kind: "sum"))
    }
    return rows
  }

  /// Parts of a pullback that have a short name.
  private func definitions(_ c: Contribution) -> [HTML] {
    (c.pullback?.definitions ?? []).map { name, formula in
      HTML(
        "div", [("class", "faint")],
        [HTML("where "), HTML(.row([.name(name), .sign("="), math.formula(formula)]))])
    }
  }

  // MARK: Forward mode

  private func rates(_ pass: ForwardMode, _ places: GraphPlaces) -> [HTML] {
    var rows = [
      row(
        [
          head(math.derivative(pass.variable, by: pass.variable)), empty, empty,
          cell(.number("1"), isNumber: true), empty,
        ], Target(step: 0, node: places.place(pass.variable)))
    ]
    for (i, step) in pass.steps.enumerated() {
      let stages = math.equation(step, pass)?.stages ?? []
      rows.append(
        row(
          [
            head(math.derivative(step.name, by: pass.variable)),
            cell(stages.count > 1 ? stages[0] : nil),
            cell(stages.count > 2 ? stages[1] : nil, isNumber: true), cell(step.rate),
            step.reverse.map { cell($0) } ?? empty,
          ],
          Target(
            step: i + 1, node: places.place(step.name), line: places.line(step.name, lit),
            answer: answer(step.rate))))
    }
    let text = NarrationText(Style(), format, sources)
    return table(
      "Forward mode: the rate of \(pass.variable), pushed through the graph",
      ["rate", "sum over inputs", "numbers put in", "value", "backward: ∂\(pass.root)/∂ this"], rows
    )
      + [HTML("p", [("class", "faint")], text.counts(pass))]
  }

  // MARK: Updates

  private func ledger(_ ledger: [LedgerRow]) -> [HTML] {
    var rows: [HTML] = []
    var parameter: String?
    for (i, update) in ledger.enumerated() {
      if let name = update.parameter, name != parameter {
        rows.append(
          row([
            HTML("th", [("colspan", "4"), ("scope", "colgroup"), ("class", "step")], name)
          ]))
      }
      parameter = update.parameter
      let entry = update.isTensor ? "\(update.entry) " : ""
      rows.append(
        row(
          [
            head(.row([.name(update.target), .sign("←")])), cell(math.formula(update.rule)),
            HTML(
              "td", [("class", "num")],
              (entry.isEmpty ? [] : [HTML("span", [("class", "faint")], entry)])
                + [HTML(math.numbers(update.rule))]),
            update.tensor.map { cell($0) } ?? cell(math.number(update.result), isNumber: true),
          ],
          Target(
            step: i, answer: update.isTensor ? nil : format(update.result))))
    }
    return table(
      "What the step changed", ["update", "rule", "numbers put in", "new value"], rows)
  }
}

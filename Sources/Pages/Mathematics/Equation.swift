// What a narration comes to, as equations: the same stages as on the terminal, set as mathematics.
import Autograd
import Explain
import Tensors
import Typesetting

/// `left = stage = stage = …`, one kind of thing replaced in each stage.
package struct Equation {
  let left: Math
  /// `=`, or `←` where something is stored, or `⟵` for a part of a sum.
  let sign: String
  let stages: [Math]

  init(_ left: Math, sign: String = "=", _ stages: [Math]) {
    self.left = left
    self.sign = sign
    // What says nothing new is left out.
    var told: [Math] = []
    for stage in stages where told.last?.plain != stage.plain { told.append(stage) }
    self.stages = told
  }

  /// Rows of an `aligned` environment.
  fileprivate var latex: String {
    let rows = stages.enumerated().map { i, stage in
      let lead = i == 0 ? left.latex + " " : ""
      let mark = i == 0 ? sign : "="
      return lead + "&" + Math.sign(mark).latex.trimmedEnd + " " + stage.latex
    }
    return rows.isEmpty ? left.latex : rows.joined(separator: " \\\\\n")
  }
}

extension String {
  fileprivate var trimmedEnd: String {
    var text = self[...]
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}

extension [Equation] {
  /// All of them, one below the other.
  package var latex: String {
    "\\begin{aligned}\n" + map { $0.latex }.joined(separator: " \\\\\n") + "\n\\end{aligned}"
  }
}

/// Makes equations of what is told.
package struct NarrationMath {
  private let format: NumberFormat
  private let plain: FormulaMath
  private let put: FormulaMath

  package init(_ format: NumberFormat) {
    self.format = format
    plain = FormulaMath(format)
    put = FormulaMath(format, putsIn: true)
  }

  // MARK: Parts

  package func formula(_ formula: Formula) -> Math { plain(formula) }
  package func numbers(_ formula: Formula) -> Math { put(formula) }
  package func number(_ n: Double) -> Math { Math(naming: format(n)) }
  /// `∂top/∂bottom` as a fraction.
  package func derivative(_ top: String, by bottom: String) -> Math {
    Math(naming: derivativeName(top, by: bottom))
  }

  /// Factors multiplied, each in its colour; of many, the middle is left out.
  func product(_ factors: [Math]) -> Math {
    guard factors.count > 1 else { return factors.first ?? .number("1") }
    var parts: [Math] = []
    for (i, factor) in factors.enumerated() {
      if factors.count > 10, (4..<factors.count - 2).contains(i) { continue }
      if i > 0 { parts.append(.sign("×")) }
      parts.append(
        factors.count > 10 && i == 3 ? .text("… \(factors.count - 5) more …") : .factor(i, factor))
    }
    return .row(parts)
  }

  /// A number that follows a sign.
  func term(_ n: Double, isFirst: Bool) -> Math {
    !isFirst && n < 0 ? .bracketed(number(n)) : number(n)
  }

  func sum(_ terms: [Double]) -> Math {
    var parts: [Math] = []
    for (i, n) in terms.enumerated() {
      if i > 0 { parts.append(.sign("+")) }
      parts.append(term(n, isFirst: i == 0))
    }
    return .row(parts)
  }

  func bracketed(_ formula: Formula, _ math: Math) -> Math {
    formula.isSum ? .bracketed(math) : math
  }

  /// `z = w*x + b`; a step that is called as it is written says so once.
  package func heading(_ name: String, _ formula: Formula) -> Math {
    let text = formula.text
    return name == text || name == "(\(text))"
      ? self.formula(formula) : .row([Math(naming: name), .sign("="), self.formula(formula)])
  }

  // MARK: Whole narrations

  /// What the narration says of single numbers and formulas; values of tensors are not in it.
  package func equations(_ narration: Narration) -> [Equation] {
    switch narration {
    case .forward(let pass): pass.steps.map(equation)
    case .value(let step, _): [equation(step)]
    case .backward(let pass): pass.steps.flatMap { $0.contributions.map { equation($0) } }
    case .derivative(let derivation): equations(derivation)
    case .rates(let pass): pass.steps.compactMap { equation($0, pass) }
    case .ledger(let rows): rows.map(equation)
    }
  }

  func equation(_ step: ForwardStep) -> Equation {
    let result = step.value.rank == 0 ? [numbers(step.formula), number(step.value[0])] : []
    return Equation(Math(naming: step.name), [formula(step.formula)] + result)
  }

  func equation(_ row: LedgerRow) -> Equation {
    Equation(
      .name(row.target), sign: "←",
      row.isTensor
        ? [formula(row.rule)]
        : [formula(row.rule), numbers(row.rule), number(row.result)])
  }

  /// One contribution of a backward pass.
  func equation(_ c: Contribution) -> Equation {
    let left = derivative(c.root, by: c.input)
    let sign = c.isPart ? "⟵" : "="
    guard let partial = c.partial, let local = c.partialValue, let upstream = c.upstream else {
      let stages = c.pullback.map { [formula($0)] } ?? []
      return Equation(
        left, sign: sign, stages + (c.gradient.rank == 0 ? [number(c.gradient[0])] : []))
    }
    if c.step == c.root {
      return Equation(left, sign: sign, [formula(partial), numbers(partial), number(local)])
    }
    let chain = product([derivative(c.root, by: c.step), derivative(c.step, by: c.input)])
    let formulas = product([number(upstream), bracketed(partial, formula(partial))])
    let values = product([number(upstream), term(local, isFirst: false)])
    return Equation(left, sign: sign, [chain, formulas, values, number(c.gradient[0])])
  }

  func equation(_ step: RateStep, _ pass: ForwardMode) -> Equation? {
    guard step.rate.rank == 0 else { return nil }
    let left = derivative(step.name, by: pass.variable)
    func row(_ part: (Int) -> (Math, Math)) -> Math {
      var parts: [Math] = []
      for i in step.terms.indices {
        if i > 0 { parts.append(.sign("+")) }
        let (a, b) = part(i)
        parts.append(product([a, b]))
      }
      return .row(parts)
    }
    guard !step.terms.isEmpty else { return Equation(left, [number(step.rate[0])]) }
    return Equation(
      left,
      [
        row { i in
          let term = step.terms[i]
          return (
            bracketed(term.partial, formula(term.partial)),
            derivative(term.input, by: pass.variable)
          )
        },
        row { i in
          (number(step.terms[i].local), term(step.terms[i].rate, isFirst: false))
        },
        number(step.rate[0]),
      ])
  }

  // MARK: Derivations

  /// The gradient as a product, or as a sum of products, path by path.
  package func equations(_ d: Derivation) -> [Equation] {
    let left = derivative(d.root.text, by: d.variable.text)
    guard d.paths.count != 1 || d.isOneStep else {
      return [Equation(left, stages(d.paths[0].factors) + [number(d.total)])]
    }
    let terms = d.paths.prefix(NarrationMath.termLimit).map { path in
      Equation(
        .text(way(path) + ":"), sign: "",
        stages(factors(path, d)) + [number(path.product)])
    }
    let numbers = d.paths.count <= 8 && !d.paths.isEmpty ? [sum(d.paths.map { $0.product })] : []
    return terms + [Equation(left, numbers + [number(d.total)])]
  }

  /// Terms of a sum past these are not written out.
  static let termLimit = 12

  /// Which way a path goes.
  func way(_ path: Path) -> String {
    let between = path.between
    return between.isEmpty
      ? "directly" : "through " + between.map { $0.text }.joined(separator: ", ")
  }

  /// The factors of a path; where what arrives is 1, that is none of them.
  func factors(_ path: Path, _ d: Derivation) -> [Factor] {
    guard d.isOneStep, let first = path.factors.first, first.top == first.bottom,
      path.factors.count > 1
    else { return path.factors }
    return Array(path.factors.dropFirst())
  }

  /// The name of a factor: `∂out/∂z`.
  func name(_ factor: Factor) -> Math {
    derivative(factor.top.text, by: factor.bottom.text)
  }

  /// One kind of thing replaced in each stage: names, formulas, numbers put in, their values.
  func stages(_ factors: [Factor]) -> [Math] {
    let isLone = factors.count == 1
    var stages: [Math] = []
    if !isLone, factors.allSatisfy({ $0.via == nil }) { stages.append(product(factors.map(name))) }
    stages.append(
      product(
        factors.map { isLone ? formula($0.formula) : bracketed($0.formula, formula($0.formula)) }))
    if factors.contains(where: { $0.formula.isCompound }) {
      stages.append(
        product(
          factors.map { isLone ? numbers($0.formula) : bracketed($0.formula, numbers($0.formula)) })
      )
    }
    stages.append(product(factors.enumerated().map { term($1.value, isFirst: $0 == 0) }))
    return stages
  }
}

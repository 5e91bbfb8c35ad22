// One gradient, derived: its paths as products of factors, by name, by formula, by number.
import Autograd
import Explain
import Tensors

extension NarrationText {
  /// A derivation in the learner's own names, or, where these are too long for the screen, in short ones that are
  /// introduced first.
  func derivative(_ d: Derivation) -> [String] {
    let own = DerivationText(self, d, ShortNames())
    let introduced = d.introduced.map { name, formula in
      style.paint("with \(name) = \(formula.text)", .faint)
    }
    let lines = introduced + own.lines
    guard lines.contains(where: { $0.columns > room }) else { return lines }
    let short = ShortNames(d)
    let legend = short.legend(room)
    guard !legend.isEmpty else { return lines }
    return legend.map { style.paint($0, .faint) } + introduced
      + DerivationText(self, d, short).lines
  }
}

/// A derivation as lines.
struct DerivationText {
  private let text: NarrationText
  private let d: Derivation
  private let short: ShortNames
  private let style: Style
  private let format: NumberFormat

  init(_ text: NarrationText, _ derivation: Derivation, _ short: ShortNames) {
    self.text = text
    d = derivation
    self.short = short
    style = text.style
    format = text.format
  }

  private var name: String { derivativeName(d.root.text, by: d.variable.text) }

  var lines: [String] {
    let lines: [String]
    if d.paths.isEmpty {
      lines = [name + " = " + result()]
    } else if d.isOneStep {
      lines = oneHop()
    } else if d.paths.count == 1 {
      lines = equations(chain(d.paths[0]))
    } else {
      lines = sum(d.paths)
    }
    return lines + d.zeros.prefix(3).map { "  " + style.paint(words.reason($0), .faint) }
  }

  // MARK: Products

  /// One kind of thing replaced in each row: factors by name, their formulas, numbers put in, their values, the
  /// product. A factor keeps its colour through all of them.
  private func chain(_ path: Path, putsIn: Bool = true) -> [String] {
    let isLone = path.factors.count == 1
    let formulas = path.factors.map { $0.formula }
    func bracketed(_ formula: Formula, _ text: String) -> String {
      formula.isSum && !isLone ? "(\(text))" : text
    }
    var rows: [[String]] = []
    // A factor of one use of a name is not the whole derivative that its name would say.
    if !isLone, path.factors.allSatisfy({ $0.via == nil }) {
      rows.append(path.factors.map { derivativeName(short($0.top), by: short($0.bottom)) })
    }
    rows.append(formulas.map { bracketed($0, short($0)) })
    if putsIn, formulas.contains(where: { $0.isCompound }) {
      let put = formulas.map { bracketed($0, $0.substituted(format)) }
      // Among other rows it is a help, if there is room for it.
      if isLone || product(put).columns + name.columns + 3 <= text.room { rows.append(put) }
    }
    rows.append(path.factors.map { format($0.value) })
    var told: [String] = []
    for row in rows.map(product) where told.last != row { told.append(row) }
    let result = format(path.product)
    if !isLone || told.last != result { told.append(result) }
    return told
  }

  /// Factors in their colours, a minus that does not lead in brackets; of many, the middle is left out.
  private func product(_ factors: [String]) -> String {
    let painted = factors.enumerated().map { i, factor in
      let text = i > 0 && factor.hasPrefix("-") ? "(\(factor))" : factor
      return factors.count > 1 ? style.paint(text, factor: i) : text
    }
    guard factors.count > 10 else { return painted.joined(separator: " × ") }
    let shown = painted.prefix(3) + ["… \(factors.count - 5) more …"] + painted.suffix(2)
    return shown.joined(separator: " × ")
  }

  /// `name = …` with each row below the one before.
  private func equations(_ rows: [String]) -> [String] {
    let margin = String(repeating: " ", count: name.columns)
    return rows.enumerated().map { i, row in
      let isLast = i == rows.count - 1
      return (i == 0 ? name : margin) + " = "
        + (isLast ? style.paint(row, .bold) + check(margin.count + 3 + row.columns) : row)
    }
  }

  // MARK: Sums

  private func sum(_ paths: [Path]) -> [String] {
    let groups = PathGroup.groups(paths)
    var lines: [String] = []
    if groups.count == 1, groups[0].isIndexed {
      lines.append("\(name) is a sum over \(groups[0].ranges(short)):")
      if let pattern = groups[0].pattern(short) { lines.append("    " + product(pattern)) }
      lines += terms(groups[0].paths, isIndexed: true, groups[0].label)
    } else if paths.allSatisfy({ $0.factors.count == 1 && $0.factors[0].via != nil }) {
      lines.append(
        "\(d.variable.text) stands \(times(paths.count)) in \(d.root.text); what it does there adds up:"
      )
      lines += terms(paths, through)
    } else {
      lines.append(
        "\(paths.count) paths lead from \(d.root.text) to \(d.variable.text); their products add up:"
      )
      lines += groups.contains { $0.isIndexed } ? groups.flatMap(told) : listed(paths)
    }
    let numbers = paths.count <= 8 ? text.sum(paths.map { $0.product }) + " = " : ""
    return lines + [name + " = " + numbers + result(name.columns + 3 + numbers.columns)]
  }

  private func times(_ n: Int) -> String { n == 2 ? "twice" : "\(n) times" }

  /// Paths one by one; many of them by the fork at which they part.
  private func listed(_ paths: [Path]) -> [String] {
    guard paths.count > 8 else { return terms(paths, through) }
    let forks = Dictionary(grouping: paths) { $0.between.first }
    let order = paths.map { $0.between.first }.reduce(into: [Place?]()) { order, place in
      if !order.contains(place) { order.append(place) }
    }
    guard order.count <= 8, order.count < paths.count else {
      return terms(paths, through)
    }
    return order.flatMap { place -> [String] in
      let members = forks[place] ?? []
      let head = place.map { "through " + short($0) } ?? "directly"
      guard members.count > 1 else { return terms(members) { _ in head + ":" } }
      let whole = format(members.reduce(0) { $0 + $1.product })
      return ["  \(head): \(members.count) paths, together \(whole); the first of them"]
        + terms([members[0]], through).map { "  " + $0 }
    }
  }

  private func told(_ group: PathGroup) -> [String] {
    guard group.isIndexed else { return group.paths.flatMap { terms([$0], through) } }
    let via = group.between(short)
    let head = via.isEmpty ? "directly" : "through " + via.joined(separator: ", ")
    return ["  \(head), a sum over \(group.ranges(short)):"]
      + terms(group.paths, isIndexed: true, group.label).map { "  " + $0 }
  }

  private func through(_ path: Path) -> String {
    let via = path.between.map { short($0) }
    if via.isEmpty { return "directly:" }
    let names = via.count > 8 ? via.prefix(4) + ["…"] + via.suffix(3) : via[...]
    return "through " + names.joined(separator: ", ") + ":"
  }

  /// A term of a sum: what it is, what it comes to step by step, and the end of that.
  private struct Term {
    let label: String
    let rows: [String]
    let product: Double
  }

  /// Paths as terms, each with its label.
  /// - Parameter isIndexed: a sum that has said what its terms are; they begin with formulas.
  private func terms(_ paths: [Path], isIndexed: Bool = false, _ label: (Path) -> String)
    -> [String]
  {
    table(
      paths.map { path in
        var rows = chain(path, putsIn: paths.count <= 2 || path.factors.count == 1)
        if isIndexed, path.factors.count > 1, path.factors.allSatisfy({ $0.via == nil }) {
          rows.removeFirst()
        }
        return Term(label: label(path), rows: rows, product: path.product)
      })
  }

  /// Each term after its label, in columns where they fit, else below each other; of many, those that count most.
  private func table(_ terms: [Term]) -> [String] {
    let isLong = terms.count > 8
    let largest = terms.indices.sorted { abs(terms[$0].product) > abs(terms[$1].product) }
    let shown = isLong ? largest.prefix(4).sorted() : Array(terms.indices)
    let rows = shown.map { i in
      [terms[i].label, terms[i].rows[0]] + terms[i].rows.dropFirst().map { "= " + $0 }
    }
    let lines = text.aligned(rows)
    var told: [String] = []
    if lines.count == rows.count, lines.allSatisfy({ $0.columns + 2 <= text.room }) {
      told = lines.map { "  " + $0 }
    } else {
      for row in rows {
        let isShort = row[0].columns <= 16
        let margin = String(repeating: " ", count: isShort ? row[0].columns + 3 : 6)
        told += isShort ? ["  " + row[0] + " " + row[1]] : ["  " + row[0], margin + row[1]]
        told += row.dropFirst(2).map { margin + $0 }
      }
    }
    guard isLong else { return told }
    let hidden = terms.indices.filter { !shown.contains($0) }.reduce(0) { $0 + terms[$1].product }
    return told + ["  … \(terms.count - shown.count) more, together \(format(hidden))"]
  }

  // MARK: One hop

  /// Upstream times local, over the places where the variable is used.
  private func oneHop() -> [String] {
    let direct = d.paths.filter(isDirect)
    if d.paths.count == 1, let path = d.paths.first {
      return equations(direct.isEmpty ? hop(path) : chain(local(path)))
    }
    if direct.count == d.paths.count { return sum(d.paths.map(local)) }
    var lines = [
      d.paths.count == d.pathCount
        ? "\(name) is a sum of \(d.paths.count) terms:"
        : "\(name) by its last hop, a sum of \(d.paths.count) terms, of \(paths(d.pathCount)):"
    ]
    lines += table(
      d.paths.map { path in
        let own = local(path)
        if isDirect(path) {
          return Term(label: through(own), rows: chain(own), product: path.product)
        }
        let label = own.factors[0].via.map { "through \(short($0)), by" } ?? "by"
        return Term(
          label: "\(label) \(short(path.factors[0].bottom)):", rows: hop(path, isBrief: true),
          product: path.product)
      })
    lines.append("sum = " + result(6))
    guard let first = d.paths.first, !d.continuation.isEmpty else { return lines }
    let outer = first.factors[0]
    let known = derivativeName(short(outer.top), by: short(outer.bottom))
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

  /// A term in which the root itself uses the variable: what arrives is 1.
  private func isDirect(_ path: Path) -> Bool { path.factors[0].top == path.factors[0].bottom }

  private func local(_ path: Path) -> Path { Path(factors: Array(path.factors.dropFirst())) }

  private func paths(_ count: Int) -> String {
    count >= NamedGraph.mostPaths ? "more than a billion paths" : "\(count) paths"
  }

  /// A hop in stages: names, the upstream number, the local formula, the local number, the product.
  /// - Parameter isBrief: names, formula and numbers only, as a term of a sum has them.
  private func hop(_ path: Path, isBrief: Bool = false) -> [String] {
    let (outer, inner) = (path.factors[0], path.factors[1])
    let formula = inner.formula
    let local = formula.isSum ? "(\(short(formula)))" : short(formula)
    let put = formula.isSum ? "(\(formula.substituted(format)))" : formula.substituted(format)
    let upstream = format(outer.value)
    let link = derivativeName(short(inner.top), by: short(inner.bottom))
    // One use of a name is not the whole derivative that its name would say.
    var rows: [[String]] = []
    if inner.via == nil {
      rows = [[derivativeName(short(outer.top), by: short(outer.bottom)), link]]
      if !isBrief { rows.append([upstream, link]) }
    }
    rows.append([upstream, local])
    if formula.isCompound, !isBrief { rows.append([upstream, put]) }
    rows.append([upstream, format(inner.value)])
    var told: [String] = []
    for row in rows.map(product) where told.last != row { told.append(row) }
    return told + [format(path.product)]
  }

  // MARK: Results

  private func result(_ columns: Int = 0) -> String {
    let number = format(d.total)
    return style.paint(number, .bold) + check(columns + number.columns)
  }

  /// The numeric check, beside the result or below where the line is full.
  private func check(_ columns: Int) -> String {
    guard let check = words.check(d) else { return "" }
    let gap = columns + 8 + check.text.columns <= text.room ? "        " : "\n  "
    return gap + style.paint(check.text, check.isDoubtful ? .yellow : .faint)
  }

  private var words: DerivationWords { DerivationWords(format, short) }
}

// Forward mode, as text.
import Platform
import Autograd
import Explain
import Tensors

extension NarrationText {
  func rates(_ pass: ForwardMode) -> [String] {
    var lines = ["\(derivativeName(pass.variable, by: pass.variable)) = 1"]
    for step in pass.steps {
      let reverse = step.reverse.flatMap { gradient -> String? in
        guard gradient.rank == 0, step.name != pass.root else { return nil }
        return
          "      backward has \(derivativeName(pass.root, by: step.name)) = \(format(gradient[0]))"
      }
      lines.append(
        style.paint(heading(step.name, step.formula), .bold)
          + style.paint(reverse ?? "", .faint))
      let name = derivativeName(step.name, by: pass.variable)
      guard !step.terms.isEmpty else {
        if step.rate.rank == 0 {
          lines.append("  \(name) = \(format(step.rate[0]))")
        } else {
          lines.append("  \(name)" + style.paint("   \(step.rate.shape)", .faint))
          lines.append(view(step.rate).indented(4))
        }
        continue
      }
      func row(_ local: (Formula, Double) -> String, _ rate: (String, Double) -> String) -> String {
        step.terms.map { term in
          [local(term.partial, term.local), rate(term.input, term.rate)].enumerated()
            .map { style.paint($1, factor: $0) }.joined(separator: " × ")
        }.joined(separator: " + ")
      }
      let symbols = row({ formula, _ in formula.isSum ? "(\(formula.text))" : formula.text }) {
        input, _ in
        derivativeName(input, by: pass.variable)
      }
      let numbers = row({ _, local in format(local) }) { _, rate in
        product([1, rate]).with("1 × ", replacedBy: "")
      }
      lines += aligned([[name, "= " + symbols, "= " + numbers, "= " + format(step.rate[0])]]).map {
        "  " + $0
      }
    }
    let derivative = derivativeName(pass.root, by: pass.variable)
    lines.append("backward finds the same \(derivative) = \(format(pass.reverse))")
    lines.append(style.paint(counts(pass), .faint))
    return lines
  }

  /// What forward mode takes beside reverse mode.
  package func counts(_ pass: ForwardMode) -> String {
    let (forward, all, reverse) = pass.products
    return
      "Forward mode: \(counted(forward, "product")) for \(pass.variable)\(pass.inputs == 1 ? "" : "; one pass for each of \(pass.inputs) numbers to learn, \(counted(all, "product")) in all"). Reverse mode: \(counted(reverse, "product")) in one pass, for all of them."
  }

  func counted(_ n: Int, _ noun: String) -> String {
    "\(n) \(noun)\(n == 1 ? "" : noun.hasSuffix("s") ? "es" : "s")"
  }
}

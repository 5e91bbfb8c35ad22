// One thing that was told, for a page.
import Diagnostics
import Documents
import Explain
import JSONText
import Interpreter
import Rendering
import Tensors
import Typesetting

/// Outputs of a cell as HTML.
package struct ToldHTML {
  package let sources: [SourceText]
  /// What tells the pictures of this page apart.
  let prefix: String
  /// The text whose lines light up with the steps.
  private let lit: SourceText?

  /// - Parameter lit: the text whose lines light up with the steps; the first if nil.
  package init(sources: [SourceText], prefix: String, lit: SourceText? = nil) {
    (self.sources, self.prefix, self.lit) = (sources, prefix, lit ?? sources.first)
  }

  /// Characters past these are not on the page.
  private static let textLimit = 100_000

  /// - Parameter number: of the output among those of its page.
  package func render(_ output: Document.Output, _ number: Int) -> [HTML] {
    let id = "\(prefix)\(number)"
    switch output.told {
    case .stream(let text): return [block(text, "Printed")]
    case .value: return [block(terminal(output), "Value")]
    case .figure(let figure), .frame(let figure, _): return self.figure(figure, output, id)
    case .narration(let narration, _, let graph):
      return [walk(narration, graph, output, id)]
    case .diagnostic(let diagnostic): return [self.diagnostic(diagnostic)]
    case .progress: return []
    }
  }

  /// As the terminal shows it.
  package func terminal(_ output: Document.Output) -> String {
    EventText(Style()).render(output.told, output.format, sources)
  }

  private func block(_ text: String, _ label: String) -> HTML {
    var text = text
    while text.last == "\n" { text.removeLast() }
    if text.utf8.count > ToldHTML.textLimit {
      let cut = text.prefix(ToldHTML.textLimit)
      text = cut + "\n… \(text.count - cut.count) more characters"
    }
    return TextHTML.code(text, label, kind: "out")
  }

  // MARK: Errors and warnings

  /// An error or a warning, with its place and its remedy.
  package func diagnostic(_ diagnostic: Diagnostic) -> HTML {
    let frame = DiagnosticText(Style(), sources: sources).frame(diagnostic)
    var parts: [HTML] =
      [
        HTML("strong", [], "\(diagnostic.severity.rawValue)[\(diagnostic.id.rawValue)]"),
        HTML(" "),
      ] + HTML.prose(diagnostic.headline)
    parts = [HTML("p", [], parts)]
    if !frame.isEmpty {
      parts.append(TextHTML.code(frame.joined(separator: "\n"), "Where", kind: "frame"))
    }
    if let reason = diagnostic.reason, !reason.isEmpty {
      parts.append(HTML("p", [], HTML.prose(reason)))
    }
    if let hint = diagnostic.hint {
      parts.append(HTML("p", [], [HTML("strong", [], "Try: ")] + HTML.prose(hint)))
    }
    return HTML("div", [("class", "diagnostic \(diagnostic.severity.rawValue)")], parts)
  }

  // MARK: Figures

  private func figure(_ figure: Figure, _ output: Document.Output, _ id: String) -> [HTML] {
    if let picture = Picture(figure, output.format, id: id) {
      return [HTML("figure", [], [HTML.scrolled(picture.svg, "Figure")])]
    }
    switch figure {
    case .table(let head, let rows, let foot):
      return [HTML.table("Table", head.map { [HTML($0)] }, rows.map { $0.map { [HTML($0)] } })]
        + (foot.isEmpty ? [] : [HTML("p", [("class", "faint")], foot)])
    case .report(let findings): return [HTML("ul", [("class", "report")], findings.map(finding))]
    default: return [block(terminal(output), "Figure")]
    }
  }

  private func finding(_ finding: Figure.Finding) -> HTML {
    let (mark, kind) =
      switch finding.verdict {
      case .good: ("✓", "pass")
      case .look: ("!", "look")
      case .bad: ("✗", "fail")
      }
    var parts =
      [HTML("span", [("class", kind)], mark + " "), HTML("strong", [], HTML.prose(finding.title))]
      + (finding.text.isEmpty ? [] : [HTML(" ")] + HTML.prose(finding.text))
    if let hint = finding.hint {
      parts.append(HTML("div", [], [HTML("strong", [], "Try: ")] + HTML.prose(hint)))
    }
    return HTML("li", [], parts)
  }

  // MARK: Narrations

  /// A pass with its graph and its table, which a script goes through step by step.
  private func walk(
    _ narration: Narration, _ graph: StepGraph?, _ output: Document.Output, _ id: String
  ) -> HTML {
    let pages = NarrationHTML(output.format, sources, lit: lit)
    let equations = pages.math.equations(narration)
    var parts: [HTML] = []
    if let graph, graph.edges.count > 1 {
      let picture = Picture(
        graph, narration.backward, output.format, id: id, path: narration.path(in: graph))
      parts.append(HTML("figure", [], [HTML.scrolled(picture.svg, "Graph")]))
    }
    parts += pages.render(narration, GraphPlaces(graph))
    parts.append(
      HTML(
        "details", [("class", "sources")],
        [
          HTML("summary", [], "as text, as LaTeX"), block(terminal(output), "As text"),
          block(equations.latex, "As LaTeX"),
        ]))
    var attributes = [("class", "walk"), ("data-kind", narration.kind), ("id", id + "-w")]
    if let graph {
      attributes.append(
        ("data-names", JSON.array(graph.vertices.map { .string($0.name) }).line))
    }
    if let root = narration.root { attributes.append(("data-root", root)) }
    if case .derivative(let d) = narration { attributes.append(("data-by", d.variable.text)) }
    return HTML("div", attributes, parts)
  }
}

extension Narration {
  /// What a stepper does with it.
  fileprivate var kind: String {
    switch self {
    case .forward, .value: "forward"
    case .backward: "backward"
    case .derivative: "path"
    case .rates: "rates"
    case .ledger: "update"
    }
  }

  /// The wires of a derivation that has one path.
  fileprivate func path(in graph: StepGraph) -> [(from: Int, to: Int)] {
    guard case .derivative(let d) = self, d.paths.count == 1, let path = d.paths.first else {
      return []
    }
    let places = GraphPlaces(graph)
    return path.factors.map {
      (places.place($0.bottom.name) ?? -1, places.place($0.top.name) ?? -1)
    }
  }

  /// The value whose derivatives it is about.
  fileprivate var root: String? {
    switch self {
    case .backward(let pass): pass.root
    case .derivative(let d): d.root.name
    case .forward, .value, .rates, .ledger: nil
    }
  }

  fileprivate var backward: BackwardPass? {
    if case .backward(let pass) = self { pass } else { nil }
  }
}

// The reference: a page for each function, word and verb, and a search that needs no server.
import Pages
import Autograd
import Builtins
import Diagnostics
import Documents
import Explain
import Interpreter
import Rendering
import Session
import Tensors
import Typesetting

/// Help as pages.
package struct Reference {
  package init() {}

  /// All pages, by their paths in the folder of the reference.
  package var files: [(path: String, text: String)] {
    let pages = Builtin.all.map { function($0) } + words
    return [("index.html", index(pages.map { $0.topic }))]
      + pages.map { (Reference.file($0.topic.name), $0.text) }
  }

  /// What the search finds.
  private struct Topic {
    let name: String
    let kind: String
    let summary: String
  }

  private typealias Page = (topic: Topic, text: String)

  /// Names of other scripts and signs are no names of files everywhere.
  private static func file(_ name: String) -> String {
    name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "_-".contains($0)) ? String($0) : "-" }
      .joined() + ".html"
  }

  private func link(_ name: String) -> HTML {
    HTML("a", [("href", Reference.file(name))], [HTML("code", [], name)])
  }

  private func frame(_ name: String, _ body: [HTML]) -> String {
    let lead = HTML(
      "nav", [("aria-label", "The course")],
      [
        HTML("a", [("href", "../index.html")], "Lessons"),
        HTML("a", [("href", "index.html")], "Reference"),
      ])
    return PageFrame.page(name, [lead] + body, isWalked: true)
  }

  // MARK: The list

  private func index(_ topics: [Topic]) -> String {
    let kinds = topics.reduce(into: [String]()) { kinds, topic in
      if !kinds.contains(topic.kind) { kinds.append(topic.kind) }
    }
    var body: [HTML] = [
      HTML(
        "nav", [("aria-label", "The course")], [HTML("a", [("href", "../index.html")], "Lessons")]),
      HTML("h1", [], "Reference"),
      HTML(
        "p", [("id", "search"), ("hidden", "hidden")],
        [
          HTML("label", [("for", "query")], "Search "),
          HTML(void: "input", [("type", "search"), ("id", "query"), ("autocomplete", "off")]),
          HTML("span", [("id", "found"), ("class", "faint"), ("role", "status")], ""),
        ]),
    ]
    for kind in kinds {
      let items = topics.filter { $0.kind == kind }.map { topic in
        HTML("li", [("class", "entry")], [link(topic.name), HTML(" " + topic.summary)])
      }
      body.append(
        HTML("div", [("class", "topic")], [HTML("h2", [], kind), HTML("ul", [], items)]))
    }
    return PageFrame.page(
      "Reference", body, isWalked: false, isSearched: true)
  }

  // MARK: Functions

  private func function(_ builtin: Builtin) -> Page {
    let page = FunctionPage(builtin)
    var body: [HTML] = [
      HTML("h1", [], [HTML("code", [], page.name)]),
      TextHTML.code(page.signature, "Signature", kind: "code"),
      HTML("p", [], HTML.prose(page.summary)),
    ]
    if let applied = page.applied {
      body.append(
        HTML(
          "p", [], [HTML("With tensors "), HTML("code", [], applied), HTML(" applies at once.")]))
    }
    if let layer = page.layer {
      body.append(HTML("p", [], [HTML("As a layer: "), HTML("code", [], layer)]))
    }
    body += formulas(page)
    if let figure = curve(builtin) {
      let format = NumberFormat()
      if let picture = Picture(figure, format, id: "curve") {
        body.append(HTML("figure", [], [HTML.scrolled(picture.svg, "Curve")]))
      }
    }
    if !page.example.isEmpty { body += [HTML("h2", [], "Example")] + example(page.example) }
    if !page.neighbours.isEmpty {
      body.append(
        HTML(
          "p", [],
          [HTML("See also ")]
            + page.neighbours.enumerated().flatMap { i, name in
              (i == 0 ? [] : [HTML(", ")]) + [link(name)]
            }))
    }
    return (
      Topic(name: page.name, kind: builtin.topic.rawValue, summary: page.summary),
      frame(page.name, body)
    )
  }

  private func formulas(_ page: FunctionPage) -> [HTML] {
    let math = FormulaMath(NumberFormat())
    var rows: [(Math, HTML)] = []
    if let definition = page.definition {
      rows.append((.name("z"), HTML(Math(latex: definition))))
    }
    var notes: [HTML] = []
    for derivative in page.derivatives {
      switch derivative {
      case .partial(let name, let formula):
        rows.append((Math(naming: "∂z/∂\(name)"), HTML(math(formula))))
      case .gradient(let name, let formula, let isMean):
        rows.append((Math(naming: "d" + name), HTML(math(formula))))
        for part in formula.definitions {
          rows.append((.name(part.name), HTML(math(part.formula))))
        }
        if notes.isEmpty {
          notes.append(
            HTML(
              "p", [("class", "faint")],
              "dz is the gradient of z, and so on" + (isMean ? "; over n for the mean." : ".")))
        }
      case .none(let reason):
        notes.append(HTML("p", [], HTML.prose("No derivative: \(reason)")))
      }
    }
    guard !rows.isEmpty else { return notes }
    let table = HTML(
      "table", [("class", "told")],
      [
        HTML("caption", [("class", "hidden")], "Formula and derivatives"),
        HTML(
          "tbody", [],
          rows.map { name, formula in
            HTML(
              "tr", [],
              [
                HTML("td", [], [HTML(.row([name, .sign("=")]))]), HTML("td", [], [formula]),
              ])
          }),
      ])
    return [HTML.scrolled(table, "Formula and derivatives")] + notes
  }

  /// A function of one number beside its slope.
  private func curve(_ builtin: Builtin) -> Figure? {
    guard let op = builtin.op, op.operands.count == 1, let partial = op.partial(0),
      partial.number == nil
    else { return nil }
    let places = (0...160).map { -4 + Double($0) * 0.05 }
    let session = Session()
    var columns: [[Double]] = []
    for code in ["\(builtin.name)(x)", "grad(sum(\(builtin.name)(x)), x)"] {
      let list = places.map { "\($0)" }.joined(separator: ", ")
      let outcome = session.run("param x = [\(list)]; curve = \(code)") { _ in }
      guard outcome.succeeded, case .tensor(let node)? = session.value("curve"),
        node.value.shape.count == places.count
      else { return nil }
      columns.append(node.value.values.map { abs($0) < 50 ? $0 : .nan })
    }
    return .lines(
      [
        Figure.Series(name: "\(builtin.name)(x)", x: places, y: columns[0]),
        Figure.Series(name: "slope", x: places, y: columns[1]),
      ], title: "", isLog: false, rows: 15)
  }

  /// An example, run.
  private func example(_ code: String) -> [HTML] {
    let session = Session()
    let notebook = Notebook(session.add(source: code, name: "example"))
    let document = Document(playing: notebook, in: session)
    let told = ToldHTML(sources: document.sources, prefix: "e")
    var parts = [TextHTML.code(code, "Example", kind: "code")]
    for cell in document.cells {
      guard case .code(let code) = cell.body else { continue }
      for (i, output) in code.outputs.enumerated() { parts += told.render(output, i) }
      parts += code.error.map { [told.diagnostic($0)] } ?? []
    }
    return parts
  }

  // MARK: Words

  /// What has a page of text: verbs and statements, errors, the words of the field.
  private var words: [Page] {
    var style = Style()
    style.width = 84
    func written(_ name: String, _ kind: String) -> Page? {
      guard case .success(let text) = HelpText.page(name, style) else { return nil }
      let lines = text.split(separator: "\n")
      let first = lines.first.map(String.init) ?? ""
      let second = lines.dropFirst().first.map { String($0.drop { $0 == " " }) } ?? ""
      let summary = first == name ? second : first
      return (
        Topic(name: name, kind: kind, summary: summary == name ? "" : summary),
        frame(
          name,
          [HTML("h1", [], [HTML("code", [], name)]), TextHTML.code(text, name, kind: "block")])
      )
    }
    let functions = Set(Builtin.names)
    return HelpText.pages.filter { !functions.contains($0) }.compactMap {
      written($0, "verbs and statements")
    }
      + GlossaryWord.all.map { $0.name }.filter { !functions.contains($0) }.compactMap {
        written($0, "words of the field")
      }
      + Diagnostic.Identifier.allCases.map { $0.rawValue }.compactMap {
        written($0, "errors and warnings")
      }
  }
}

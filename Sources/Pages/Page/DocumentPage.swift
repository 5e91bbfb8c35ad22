// A played notebook as one page that needs nothing else.
import Diagnostics
import Documents
import EmbeddedFiles
import JSONText
import Platform
import Rendering
import Typesetting

/// A document as HTML.
package struct DocumentPage {
  private let document: Document
  private let told: ToldHTML
  private let texts: TextHTML
  /// What stands above and below the document: links to others.
  private let lead: [HTML]
  private let foot: [HTML]

  package init(_ document: Document, lead: [HTML] = [], foot: [HTML] = []) {
    self.document = document
    self.lead = lead
    self.foot = foot
    told = ToldHTML(sources: document.sources, prefix: "o")
    texts = TextHTML(firstLevel: 2)
  }

  /// What the page is called.
  package var title: String { document.title ?? document.name }

  /// The whole page.
  /// - Parameters:
  ///   - engine: runs what a reader changes; without one the page is to be read.
  ///   - purpose: what its reader is to do.
  package func html(
    engine: PageEngine? = nil, for purpose: LiveCells.Purpose = .lesson
  ) -> String {
    let carried = engine.map { cells(purpose).parts(engine: $0) } ?? []
    return PageFrame.page(
      title, lead + body + carried + foot, isWalked: true, engine: engine, for: purpose)
  }

  /// The notebook as the page's script reads it: each cell as the file has it.
  private func cells(_ purpose: LiveCells.Purpose) -> LiveCells {
    guard let source = document.sources.first else {
      return LiveCells(name: document.name, header: "", cells: [])
    }
    func text(_ range: Range<Int>) -> String {
      String(decoding: source.bytes[range], as: UTF8.self)
    }
    let places = document.cells.map { $0.range.lowerBound }
    var end = 0
    var header = ""
    var list: [JSON] = []
    for (i, cell) in document.cells.enumerated() {
      // The marker's line stands between two cells.
      let head = text(end..<places[i])
      end = cell.range.upperBound
      var members: [(String, JSON)] = [("id", .string("c\(i + 1)"))]
      if i == 0, let marker = head.firstPlace(of: "# %%") {
        header = String(head[..<marker.lowerBound])
        members.append(("head", .string(String(head[marker.lowerBound...]))))
      } else if i == 0 {
        (header, members) = (head, members + [("head", .string(""))])
      } else {
        members.append(("head", .string(head)))
      }
      if case .code(let code) = cell.body {
        let settings = text(cell.range.lowerBound..<max(cell.range.lowerBound, code.start))
        let own = text(max(cell.range.lowerBound, code.start)..<cell.range.upperBound)
        members += [
          ("settings", .string(settings)), ("code", .string(own)), ("number", .int(code.number)),
          ("first", .int(source.line(at: code.start))), ("body", .string(settings + own)),
        ]
        if let name = code.predicts {
          members += [("predicts", .string(name)), ("hint", .string(code.hint ?? ""))]
        }
      } else if case .attempt(let attempt) = cell.body {
        members += [("body", .string(text(cell.range))), ("check", .string(attempt.check))]
      } else {
        members.append(("body", .string(text(cell.range))))
      }
      list.append(.object(members))
    }
    return LiveCells(name: document.name, header: header, cells: list, for: purpose)
  }

  /// The page as a server gives it out, which comes anew when the server has another.
  /// - Parameter version: changes with the page.
  package func served(version: Int) -> String {
    let mark = HTML("span", [("id", "version"), ("hidden", "hidden")], "\(version)")
    return PageFrame.page(title, lead + body + foot + [mark], isWalked: true, isServed: true)
  }

  /// The document's own part of the page.
  package var body: [HTML] {
    var parts: [HTML] = []
    let blocks = document.cells.map { cell -> [Block] in
      if case .text(let text) = cell.body { Markdown(text).blocks } else { [] }
    }
    let heading = blocks.first?.title
    parts.append(
      HTML("h1", [], heading.map(texts.inline) ?? [HTML(title)]))
    var count = 0
    for (i, cell) in document.cells.enumerated() {
      var inner: [HTML] = cell.title.isEmpty ? [] : [HTML("h2", [], cell.title)]
      var kind = "code-cell"
      switch cell.body {
      case .text:
        inner += texts.render(Array(blocks[i].dropFirst(i == 0 && heading != nil ? 1 : 0)))
        kind = "text"
      case .attempt(let attempt):
        inner += self.attempt(attempt)
        kind = "try"
      case .code(let code):
        inner += self.code(code)
        var outputs: [HTML] = []
        for output in code.outputs {
          outputs += told.render(output, count)
          count += 1
        }
        outputs += code.error.map { [told.diagnostic($0)] } ?? []
        if !outputs.isEmpty { inner.append(HTML("div", [("class", "outputs")], outputs)) }
      }
      guard !inner.isEmpty else { continue }
      parts.append(HTML("div", [("class", kind), ("id", "c\(i + 1)")], inner))
    }
    if !isStopped { parts += document.errors.map(told.diagnostic) }
    return parts
  }

  /// Whether a cell tells the error that ended it.
  private var isStopped: Bool {
    document.cells.contains { cell in
      if case .code(let code) = cell.body { code.error != nil } else { false }
    }
  }

  /// Lines with their numbers in the notebook, so that steps can point at them.
  private func code(_ code: Document.Code) -> [HTML] {
    var parts: [HTML] = []
    if let name = code.predicts {
      var ask = [
        HTML(
          "p", [],
          [HTML("What will "), HTML("code", [], name), HTML(" be? Say it before you read on.")])
      ]
      if let hint = code.hint {
        ask.append(
          HTML("details", [], [HTML("summary", [], "a hint"), HTML("p", [], HTML.prose(hint))]))
      }
      parts.append(HTML("div", [("class", "ask")], ask))
    }
    guard code.isShown else { return parts }
    let first = document.sources.first?.line(at: code.start) ?? 1
    var lines: [HTML] = []
    for (i, line) in code.source.split(separator: "\n", omittingEmptySubsequences: false)
      .enumerated()
    {
      if i > 0 { lines.append(HTML("\n")) }
      lines.append(
        HTML("span", [("class", "line"), ("data-line", "\(first + i)")], String(line)))
    }
    parts.append(
      HTML.scrolled(
        HTML("code", [], lines), "Code \(code.number)", kind: "code", tag: "pre"))
    return parts
  }

  private func attempt(_ attempt: Document.Attempt) -> [HTML] {
    var parts = [
      HTML("p", [], [HTML("strong", [], "Try: ")] + texts.inline(inlines(attempt.what)))
    ]
    if let hint = attempt.hint {
      parts.append(
        HTML(
          "details", [],
          [HTML("summary", [], "a hint"), HTML("p", [], texts.inline(inlines(hint)))]))
    }
    parts.append(
      HTML(
        "details", [],
        [
          HTML("summary", [], "how it is checked"),
          TextHTML.code(attempt.check, "Check", kind: "code"),
        ]))
    return parts
  }

  private func inlines(_ text: String) -> [Inline] {
    Markdown(text).blocks.flatMap { block -> [Inline] in
      if case .paragraph(let inner) = block { inner } else { [.text(text)] }
    }
  }
}

/// What all pages share: their looks and their script.
package enum PageFrame {
  private static func asset(_ name: String) -> String {
    EmbeddedFiles.text("page/" + name) ?? ""
  }

  /// - Parameters:
  ///   - isWalked: whether there is something to go through step by step.
  ///   - isServed: whether the page looks for a newer one.
  ///   - tellsProgress: whether it lists exercises that a reader may have done.
  ///   - purpose: of its cells, where it has an engine.
  package static func page(
    _ title: String, _ body: [HTML], isWalked: Bool, isServed: Bool = false,
    isSearched: Bool = false, tellsProgress: Bool = false, engine: PageEngine? = nil,
    for purpose: LiveCells.Purpose = .lesson
  ) -> String {
    let scripts =
      (isWalked ? ["walk.js"] : []) + (engine == nil ? [] : LiveCells.scripts(for: purpose))
      + (isServed ? ["reload.js"] : []) + (isSearched ? ["search.js"] : [])
      + (tellsProgress ? ["stored.js", "progress.js"] : [])
    return HTML.page(
      title, style: asset("page.css") + Picture.style, script: scripts.map(asset).joined(),
      asksServer: isServed, runsEngine: engine != nil,
      readsOwnFiles: engine?.isShared == true, body)
  }
}

// A played notebook as Markdown.
import Diagnostics
import Pages
import Documents
import Explain
import Grading
import Interpreter
import Rendering
import Typesetting

/// A document as GitHub's Markdown, with formulas between `$$`.
package struct MarkdownFile {
  private let document: Document
  private let told: ToldHTML

  package init(_ document: Document) {
    self.document = document
    told = ToldHTML(sources: document.sources, prefix: "o")
  }

  /// The file.
  package var text: String {
    var parts: [String] = []
    if !beginsWithHeading, let title = document.title { parts.append("# " + plain(title)) }
    for cell in document.cells {
      if !cell.title.isEmpty { parts.append("## " + plain(cell.title)) }
      switch cell.body {
      case .text(let text): parts.append(shared(text))
      case .attempt(let attempt):
        parts.append("**Try:** " + shared(attempt.what))
        if let hint = attempt.hint { parts.append("*Hint:* " + shared(hint)) }
        parts.append(CheckPage.fenced(attempt.check, "nn"))
      case .code(let code):
        if let name = code.predicts { parts.append("*What will* " + self.code(name) + " *be?*") }
        if code.isShown { parts.append(CheckPage.fenced(code.source, "nn")) }
        parts += outputs(code)
      }
    }
    return parts.joined(separator: "\n\n") + "\n"
  }

  private var beginsWithHeading: Bool {
    guard case .text(let text)? = document.cells.first?.body else { return false }
    return Markdown(text).blocks.title != nil
  }

  /// What was printed stays together; a derivation is set as mathematics.
  private func outputs(_ code: Document.Code) -> [String] {
    var parts: [String] = []
    var text = ""
    func close() {
      if !text.isEmpty { parts.append(CheckPage.fenced(text, "")) }
      text = ""
    }
    for output in code.outputs {
      if case .narration(.derivative(let d), _, _) = output.told, !d.paths.isEmpty {
        close()
        let math = NarrationMath(output.format)
        parts.append("$$\n" + math.equations(d).latex + "\n$$")
        if let check = DerivationWords(output.format).check(d) { parts.append(check.text) }
        parts += d.zeros.map { shared(DerivationWords(output.format).reason($0)) }
      } else {
        text += told.terminal(output)
      }
    }
    if let error = code.error {
      text += DiagnosticText(Style(), sources: document.sources).render(error) + "\n"
    }
    close()
    return parts
  }

  private func shared(_ text: String) -> String { NotebookParts.shown(isText: true, text) }

  private func plain(_ text: String) -> String {
    shared(Escaped.line(text))
  }

  private func code(_ name: String) -> String { "`\(name.replacing("`", with: "'"))`" }
}

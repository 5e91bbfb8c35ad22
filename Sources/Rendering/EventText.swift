// Everything a run shows, as text.
import Diagnostics
import Runtime
import Tensors

package struct EventText {
  let style: Style

  package init(_ style: Style) { self.style = style }

  /// The text of an event, with its line break.
  package func render(_ event: Event, in session: Session) -> String {
    let format = session.machine.format
    switch event {
    case .text(let text): return text
    case .value(let name, let value): return render(value, named: name, session) + "\n"
    case .narration(let narration, let isWhole):
      return NarrationText(style, format).render(narration, isWhole: isWhole) + "\n"
    case .warning(let warning):
      return DiagnosticText(style, sources: session.sources).render(warning) + "\n"
    }
  }

  private func render(_ value: Value, named name: String?, _ session: Session) -> String {
    if case .thing(let thing) = value, let figure = thing as? FigureObject {
      return FigureText(style, session.machine.format).render(figure.figure)
    }
    let head = name.map { $0 + " = " } ?? ""
    let lines = session.machine.text(of: value).split(
      separator: "\n", omittingEmptySubsequences: false)
    let margin = "\n" + String(repeating: " ", count: head.columns)
    var text = head + lines.joined(separator: margin)
    if case .tensor(let node) = value, node.shape.rank > 1 {
      text += style.paint("   shape \(node.shape)", .faint)
    }
    return text
  }
}

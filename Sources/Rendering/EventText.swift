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
    // A moving line is for terminals only; what is recorded or piped has none.
    case .progress: return ""
    }
  }

  /// A value as a session shows it.
  package func value(_ value: Value, named name: String?, in session: Session) -> String {
    render(value, named: name, session)
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

/// How far a long loop is, on one line.
package enum ProgressText {
  package static func line(_ progress: Progress, width: Int, isASCII: Bool) -> String {
    var line = "\(progress.done)/\(progress.count)"
    if let loss = progress.losses.last {
      line +=
        "  loss \(NumberFormat()(loss))  "
        + Sparkline.text(progress.losses, width: 24, isASCII: isASCII)
    }
    if progress.done > 0 {
      let left = progress.seconds / Double(progress.done) * Double(progress.count - progress.done)
      let whole = Int(left.rounded(.up))
      line += "  " + (whole < 60 ? "\(whole) s left" : "\(whole / 60) min \(whole % 60) s left")
    }
    return String(line.prefix(max(0, width)))
  }
}

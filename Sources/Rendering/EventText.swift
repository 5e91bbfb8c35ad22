// Everything a run shows, as text.
import Autograd
import Diagnostics
import Interpreter
import Training
import Session
import Tensors

/// What a run shows, as text.
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
      return NarrationText(style, format, session.sources).render(narration, isWhole: isWhole)
        + "\n"
    case .warning(let warning):
      return DiagnosticText(style, sources: session.sources).render(warning) + "\n"
    case .frame(let figure, let last):
      let lines = FigureText(style, format).render(last.figure).split(
        separator: "\n", omittingEmptySubsequences: false
      ).count
      return "\u{1b}[\(lines)A\r\u{1b}[J" + FigureText(style, format).render(figure.figure) + "\n"
    // A moving line is for terminals only; what is recorded or piped has none.
    case .progress: return ""
    }
  }

  /// A value as a session shows it.
  package func value(_ value: Value, named name: String?, in session: Session) -> String {
    render(value, named: name, session)
  }

  private func render(_ value: Value, named name: String?, _ session: Session) -> String {
    if case .host(let object) = value, let figure = object as? FigureObject {
      return FigureText(style, session.machine.format).render(figure.figure)
    }
    let head = name.map { $0 + " = " } ?? ""
    switch value {
    case .layer(let layer) where layer.isLibrary: return head + table(layer, session)
    case .optimizer(let optimizer): return head + table(optimizer, session)
    default: break
    }
    let lines = session.machine.text(of: value).visible.split(
      separator: "\n", omittingEmptySubsequences: false)
    let margin = "\n" + String(repeating: " ", count: head.columns)
    var text = head + lines.joined(separator: margin)
    guard case .tensor(let node) = value else { return text }
    if node.shape.rank > 1 { text += style.paint("   shape \(node.shape)", .faint) }
    if node.isParameter, let gradient = node.gradient {
      text += style.paint("   grad " + session.machine.format.brief(gradient), .faint)
    }
    return text
  }
}

extension EventText {
  /// Rows in columns, cut with a count.
  private func rows(_ rows: [[String]], limit: Int = 20) -> String {
    let shown = rows.prefix(limit)
    let widths = (0..<(shown.map(\.count).max() ?? 0)).map { k in
      shown.map { k < $0.count ? $0[k].columns : 0 }.max() ?? 0
    }
    var lines = shown.map { row -> String in
      var line = "\n  " + row.enumerated().map { $1.padded(widths[$0]) }.joined(separator: "   ")
      while line.last == " " { line.removeLast() }
      return line
    }
    if rows.count > limit { lines.append("\n  … \(rows.count - limit) more") }
    return lines.joined()
  }

  /// What a layer learns, stage by stage for a sequence.
  private func table(_ layer: LayerObject, _ session: Session) -> String {
    func learned(_ layer: LayerObject) -> String {
      layer.state.filter { $0.node.isParameter }.map { "\($0.name) \($0.node.shape)" }
        .joined(separator: ", ")
    }
    let machine = session.machine
    guard layer.isSequence else {
      let own = learned(layer)
      return machine.text(of: .layer(layer)) + (own.isEmpty ? "" : style.paint("   " + own, .faint))
    }
    let count = layer.parameters.reduce(0) { $0 + $1.shape.count }
    let stages = layer.stages.enumerated().map { i, stage -> [String] in
      switch stage {
      case .layer(let inner) where inner.isSequence:
        return ["[\(i)]", "sequential of \(inner.stages.count)", learned(inner)]
      case .layer(let inner): return ["[\(i)]", machine.text(of: stage), learned(inner)]
      case .builtin(let builtin): return ["[\(i)]", builtin.name]
      default: return ["[\(i)]", machine.text(of: stage)]
      }
    }
    let mode = layer.isTraining ? "" : ", eval mode"
    return "sequential, \(count) numbers to learn\(mode)" + rows(stages)
  }

  /// Settings, and the parameters that are moved.
  private func table(_ optimizer: Optimizer, _ session: Session) -> String {
    let machine = session.machine
    let settings = optimizer.settings.map { "\($0.name)=\(machine.format($0.value))" }
    let parameters = optimizer.parameters.enumerated().map { i, node -> [String] in
      [
        machine.graph.label(of: node) ?? "parameter \(i)", "\(node.shape)",
        node.gradient.map { "grad " + session.machine.format.brief($0) } ?? "",
      ]
    }
    return "\(optimizer.kind)(\(settings.joined(separator: ", ")))"
      + (parameters.isEmpty ? "" : rows(parameters, limit: 12))
  }
}

/// How far a long loop is, on one line.
package enum ProgressText {
  /// Values evenly picked from the first to the last.
  private static func sampled(_ values: [Double], _ count: Int) -> [Double] {
    guard values.count > count else { return values }
    return (0..<count).map { values[$0 * (values.count - 1) / (count - 1)] }
  }

  /// How far a loop is, in one line of the terminal's width.
  package static func line(_ progress: Progress, width: Int, isASCII: Bool) -> String {
    var line = "\(progress.done)/\(progress.count)"
    if let loss = progress.losses.last {
      line +=
        "  loss \(NumberFormat()(loss))  "
        + Sparkline.text(sampled(progress.losses, 24), width: 24, isASCII: isASCII)
    }
    if progress.done > 0 {
      let left = progress.seconds / Double(progress.done) * Double(progress.count - progress.done)
      let whole = Int(left.rounded(.up))
      line += "  " + (whole < 60 ? "\(whole) s left" : "\(whole / 60) min \(whole % 60) s left")
    }
    return String(line.prefix(max(0, width)))
  }
}

extension NumberFormat {
  /// A gradient in a word: a number, or the norm of a tensor.
  package func brief(_ gradient: Tensor) -> String {
    if gradient.rank == 0 { return self(gradient[0]) }
    let norm = (try? gradient.norm(Array(0..<gradient.rank), p: 2))?[0] ?? .nan
    return "norm \(self(norm))"
  }
}

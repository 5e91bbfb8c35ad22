// Everything a run shows, as text.
import Autograd
import Diagnostics
import Documents
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
    render(Told(event, in: session), session.machine.format, session.sources)
  }

  /// A value as a session shows it.
  package func value(_ value: Value, named name: String?, in session: Session) -> String {
    let told = Told(value, named: name, in: session)
    return String(render(told, session.machine.format, session.sources).dropLast())
  }

  /// What was told, with its line break.
  /// - Parameters:
  ///   - format: how numbers are written.
  ///   - sources: what was run.
  package func render(_ told: Told, _ format: NumberFormat, _ sources: [SourceText]) -> String {
    switch told {
    case .stream(let text): return text
    case .value(let value): return render(value, format) + "\n"
    case .figure(let figure): return FigureText(style, format).render(figure) + "\n"
    case .narration(let narration, let isWhole, _):
      return NarrationText(style, format, sources).render(narration, isWhole: isWhole) + "\n"
    case .diagnostic(let diagnostic):
      return DiagnosticText(style, sources: sources).render(diagnostic) + "\n"
    case .frame(let figure, let last):
      let lines = FigureText(style, format).render(last).split(
        separator: "\n", omittingEmptySubsequences: false
      ).count
      return "\u{1b}[\(lines)A\r\u{1b}[J" + FigureText(style, format).render(figure) + "\n"
    // A moving line is for terminals only; what is recorded or piped has none.
    case .progress: return ""
    }
  }

  private func render(_ value: ShownValue, _ format: NumberFormat) -> String {
    let head = value.name.map { $0 + " = " } ?? ""
    switch value.table {
    case .layer(let layer): return head + table(layer, value.text)
    case .optimizer(let optimizer): return head + table(optimizer, format)
    case nil: break
    }
    let lines = value.text.visible.split(separator: "\n", omittingEmptySubsequences: false)
    let margin = "\n" + String(repeating: " ", count: head.columns)
    var text = head + lines.joined(separator: margin)
    guard let tensor = value.tensor else { return text }
    if tensor.rank > 1 { text += style.paint("   shape \(tensor.shape)", .faint) }
    if let gradient = value.gradient {
      text += style.paint("   grad " + format.brief(gradient), .faint)
    }
    return text
  }
}

extension EventText {
  /// Rows in columns, cut with a count.
  private func rows(_ rows: [[String]], limit: Int = 20) -> String {
    let shown = rows.prefix(limit)
    let widths = (0..<(shown.map { $0.count }.max() ?? 0)).map { k in
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
  private func table(_ layer: LayerTable, _ text: String) -> String {
    func learned(_ parameters: [LayerTable.Parameter]) -> String {
      parameters.map { "\($0.name) \($0.shape)" }.joined(separator: ", ")
    }
    guard layer.isSequence else {
      let own = learned(layer.parameters)
      return text + (own.isEmpty ? "" : style.paint("   " + own, .faint))
    }
    let stages = layer.stages.enumerated().map { i, stage in
      ["[\(i)]", stage.text, learned(stage.parameters)]
    }
    let mode = layer.isTraining ? "" : ", eval mode"
    return "sequential, \(layer.count) numbers to learn\(mode)" + rows(stages)
  }

  /// Settings, and the parameters that are moved.
  private func table(_ optimizer: OptimizerTable, _ format: NumberFormat) -> String {
    let settings = optimizer.settings.map { "\($0.name)=\(format($0.value))" }
    let parameters = optimizer.parameters.map {
      [$0.name, "\($0.shape)", $0.gradient.map { "grad " + format.brief($0) } ?? ""]
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

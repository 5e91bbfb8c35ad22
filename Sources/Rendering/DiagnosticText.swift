// A diagnostic as text: headline, the source line with marks, the reason, one thing to try.
import Platform
import Diagnostics

/// A diagnostic with the lines it is about.
package struct DiagnosticText {
  let style: Style
  let sources: [SourceText]

  package init(_ style: Style, sources: [SourceText]) {
    self.style = style
    self.sources = sources
  }

  /// The headline, the source with its marks, the reason, and what to try.
  package func render(_ diagnostic: Diagnostic) -> String {
    let ink: Style.Ink = diagnostic.severity == .error ? .red : .yellow
    let label = "\(diagnostic.severity.rawValue)[\(diagnostic.id.rawValue)]:"
    let head = style.wrapped(label + " " + diagnostic.headline.visible)
    var lines = head.enumerated().map { i, line in
      i > 0
        ? style.paint(line, .bold)
        : style.paint(label, .bold, ink) + style.paint(String(line.dropFirst(label.count)), .bold)
    }
    lines += frame(diagnostic)
    if let reason = diagnostic.reason, !reason.isEmpty { lines += style.wrapped(reason.visible) }
    if let hint = diagnostic.hint {
      var hinted = style.wrapped("Try: " + hint.visible)
      hinted[0] = style.paint("Try:", .bold, .cyan) + hinted[0].dropFirst(4)
      lines += hinted
    }
    return lines.joined(separator: "\n")
  }

  /// The lines that it is about with their marks; none where it is about no line.
  package func frame(_ diagnostic: Diagnostic) -> [String] {
    frame(diagnostic, diagnostic.severity == .error ? .red : .yellow) ?? []
  }

  private struct Mark {
    let start: Int
    let length: Int
    let text: String
    let isPrimary: Bool
  }

  /// The line that a diagnostic is about with its marks, after the other lines that it points at.
  private func frame(_ diagnostic: Diagnostic, _ ink: Style.Ink) -> [String]? {
    guard let span = diagnostic.span, let own = line(of: span) else { return nil }
    let others = diagnostic.labels.compactMap { label -> (Int, Int)? in
      guard !label.isPrimary, let line = line(of: label.span), line != own else { return nil }
      return line
    }
    let shown = (others.prefix(2) + [own]).sorted { $0 < $1 }
    let width = shown.map { "\($0.1)".count }.max() ?? 1
    let rows = shown.map { place in
      let labels = diagnostic.labels.filter { label in
        line(of: label.span).map { $0 == place } ?? false
      }
      return frame(place, labels, ink, width, isElsewhere: place.0 != own.0)
    }
    return rows.contains { $0 == nil } ? nil : rows.compactMap { $0 }.flatMap { $0 }
  }

  /// Source and line of a span.
  private func line(of span: Span) -> (Int, Int)? {
    guard sources.indices.contains(Int(span.source)) else { return nil }
    return (Int(span.source), sources[Int(span.source)].line(at: Int(span.start)))
  }

  private func frame(
    _ place: (Int, Int), _ labels: [Diagnostic.Label], _ ink: Style.Ink, _ width: Int,
    isElsewhere: Bool
  ) -> [String]? {
    let source = sources[place.0]
    let line = place.1
    let text = source.text(line: line)
    guard text.contains(where: { !$0.isWhitespace }), let first = labels.first else { return nil }
    let main = labels.first { $0.isPrimary } ?? first
    let (shown, cut) = window(text, around: source.column(at: Int(main.span.start)))
    let marks = labels.compactMap { label -> Mark? in
      let start = source.column(at: Int(label.span.start))
      let endsHere = source.line(at: Int(label.span.end)) == line
      let end = endsHere ? source.column(at: Int(label.span.end)) : text.count
      let from = column(text, start) - cut
      guard from >= 0, from <= shown.columns else { return nil }
      let length = max(1, min(column(text, end) - cut, shown.columns) - from)
      return Mark(start: from, length: length, text: label.text, isPrimary: label.isPrimary)
    }
    let number = "\(line)"
    let gutter = String(repeating: " ", count: width + 2)
    let bar = style.paint("│", .blue)
    let padded = String(repeating: " ", count: width - number.count) + number
    let home = isElsewhere ? style.paint("   in \(source.name)", .faint) : ""
    var rows = [style.paint(" \(padded) ", .blue) + bar + " " + shown + home]
    rows += underline(marks, ink).map { gutter + bar + " " + $0 }
    return rows
  }

  /// A long line is shown around the marked place.
  private func window(_ text: String, around column: Int) -> (String, cut: Int) {
    let room = max(40, style.width - 8)
    let clean = text.with("\t", replacedBy: " ").filter { !$0.isNewline && $0 != "\u{1b}" }
    guard clean.columns > room else { return (clean, 0) }
    let start = max(0, min(column - room / 2, clean.count - room))
    return (String(clean.dropFirst(start).prefix(room)), start)
  }

  private func column(_ text: String, _ characters: Int) -> Int {
    String(text.prefix(characters)).columns
  }

  /// Marks under the line; labels hang below, the rightmost first.
  private func underline(_ marks: [Mark], _ ink: Style.Ink) -> [String] {
    let sorted = marks.sorted { $0.start < $1.start }
    var row = ""
    for mark in sorted where mark.start >= row.columns {
      row =
        row.padded(mark.start) + String(repeating: mark.isPrimary ? "^" : "─", count: mark.length)
    }
    var rows = [style.paint(row, .bold, ink)]
    var labelled = sorted.filter { !$0.text.isEmpty }
    if let last = labelled.last, last.isPrimary, last.start == sorted.last?.start {
      rows[0] += " " + style.paint(last.text, ink)
      labelled.removeLast()
    }
    while let last = labelled.popLast() {
      var row = ""
      for mark in labelled { row = row.padded(mark.start) + "│" }
      rows.append(row.padded(last.start) + last.text)
    }
    return rows
  }
}

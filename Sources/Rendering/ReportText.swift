// What a class's records say, as text and as a page.
import Grading
import Tensors

/// A class's report, written.
package struct ReportText {
  private let report: ClassReport
  private let style: Style

  package init(_ report: ClassReport, _ style: Style) {
    (self.report, self.style) = (report, style)
  }

  /// So many findings are listed; the rest are counted.
  private static let shownFindings = 20

  // MARK: Text

  /// As lines of text.
  package var text: String {
    var lines = [style.paint(report.title, .bold) + "   " + overview, ""]
    lines += style.wrapped(report.advice, indent: "  ") + [""]
    lines.append(style.paint("marks", .bold) + ", in tenths of \(report.most)")
    let most = max(1, report.tenths.max() ?? 1)
    for (i, count) in report.tenths.enumerated() where report.most > 0 {
      let bar = String(repeating: style.isASCII ? "#" : "█", count: (40 * count + most - 1) / most)
      lines.append("  " + "\(10*i)-\(10*(i + 1))%".padded(8) + "\(count)".padded(5) + bar)
    }
    lines += ["", style.paint("checks", .bold)]
    let width = 2 + max(22, report.checks.map { $0.id.columns + ($0.isHidden ? 9 : 0) }.max() ?? 0)
    lines.append(
      "  " + "".padded(width) + "passed".padded(12) + "mean".padded(8) + "discrimination")
    for check in report.checks {
      lines.append(
        "  " + (check.id + (check.isHidden ? " (hidden)" : "")).padded(width)
          + "\(check.passed) of \(check.count)".padded(12) + percent(check.mean).padded(8)
          + (check.discrimination.map(rounded) ?? "-"))
    }
    lines += ["", style.paint("findings", .bold)]
    for found in report.misconceptions.prefix(ReportText.shownFindings) {
      let head = "\(found.learners.count)".padded(5) + found.check + ": " + words(found.finding)
      lines += style.wrapped("  " + head, indent: "       ").enumerated().map {
        $0.offset == 0 ? "  " + $0.element.drop { $0 == " " } : $0.element
      }
      lines.append("       as \(people(found.learners))")
    }
    lines += rest.map { "  " + $0 }
    lines +=
      twins.isEmpty ? [] : ["", style.paint("the same script", .bold)] + twins.map { "  " + $0 }
    lines +=
      troubles.isEmpty ? [] : ["", style.paint("to look at", .bold)] + troubles.map { "  " + $0 }
    return lines.map { $0.trimmingSuffix(" ") }.joined(separator: "\n") + "\n"
  }

  private var overview: String {
    var parts = ["\(report.graded) graded"]
    if !report.rejected.isEmpty { parts.append("\(report.rejected.count) rejected") }
    if !report.faults.isEmpty {
      parts.append("\(report.faults.count) not graded through a fault of ours")
    }
    return parts.joined(separator: ", ")
      + "; mean \(rounded(report.mean)) and median \(rounded(report.median)) of \(report.most)"
  }

  private var rest: [String] {
    var lines: [String] = []
    let more = report.misconceptions.count - ReportText.shownFindings
    if more > 0 { lines.append("and \(more) more findings of fewer learners") }
    let (unknown, all) = report.unexplained
    if all > 0 { lines.append("no cause is known of \(unknown) of \(all) wrong answers") }
    return lines
  }

  private var twins: [String] {
    report.twins.map { twin in
      "\(twin.exercise): \(people(twin.learners, all: true)), "
        + (twin.isExact
          ? "to the letter" : "but for names, spaces and comments (\(twin.tokens) tokens)")
    }
  }

  private var troubles: [String] {
    report.faults.map { "\($0.learner): \($0.message)" }
      + report.rejected.map { "\($0.learner): rejected, \($0.message)" }
      + report.nearLimits.map { "\($0.learner): \($0.check) took \($0.percent) % of its steps" }
  }

  private func words(_ finding: Finding) -> String {
    switch finding.kind {
    case .error: "an error, \(finding.name)"
    case .kind, .shape, .finite: "gives \(finding.name)"
    default: finding.name
    }
  }

  private func people(_ names: [String], all: Bool = false) -> String {
    let shown = all ? 12 : 3
    return names.prefix(shown).joined(separator: ", ")
      + (names.count > shown ? " and \(names.count - shown) more" : "")
  }

  private func rounded(_ x: Double) -> String { NumberFormat(digits: 2)((100 * x).rounded() / 100) }

  private func percent(_ share: Double) -> String { "\(Int((100*share).rounded())) %" }

  // MARK: Page

  /// As a page of HTML that needs nothing else.
  package var page: String {
    let most = max(1, report.tenths.max() ?? 1)
    let columns = report.tenths.enumerated().map { i, count in
      HTML(
        "div",
        [
          ("style", "height: \(100*count/most)%"),
          ("title", "\(count) learners from \(10*i) to \(10*(i + 1)) %"),
        ])
    }
    let scale = report.tenths.enumerated().map { i, count in
      HTML("span", [], "\(count) (\(10*i)–\(10*(i + 1)) %)")
    }
    let told = report.tenths.enumerated().filter { $0.element > 0 }
      .map { "\($0.element) from \(10*$0.offset) to \(10*($0.offset + 1)) %" }
    var body = [
      HTML("h1", [], report.title), HTML("p", [("class", "faint")], overview),
      HTML("h2", [], "What to teach again"),
      HTML("p", [("class", "lead")], HTML.prose(report.advice)),
      HTML("h2", [], "Marks"),
      HTML(
        "div",
        [
          ("class", "columns"), ("role", "img"),
          (
            "aria-label",
            "Learners by their share of \(report.most) points: " + told.joined(separator: ", ")
          ),
        ], columns),
      HTML("div", [("class", "scale"), ("aria-hidden", "true")], scale),
      HTML("h2", [], "Checks"),
      HTML("div", [("class", "wide")], [checksTable]),
      HTML("h2", [], "What was misunderstood"),
      HTML("div", [("class", "wide")], [findingsTable]),
    ]
    body += rest.map { HTML("p", [("class", "faint")], $0) }
    if !twins.isEmpty {
      body += [HTML("h2", [], "The same script"), HTML("ul", [], twins.map { HTML("li", [], $0) })]
    }
    if !troubles.isEmpty {
      body += [HTML("h2", [], "To look at"), HTML("ul", [], troubles.map { HTML("li", [], $0) })]
    }
    return HTML.page("\(report.title): report", body)
  }

  private func meter(_ value: Int, of most: Int) -> HTML {
    HTML(
      "meter", [("min", "0"), ("max", "\(max(1, most))"), ("value", "\(value)")],
      "\(value) of \(most)")
  }

  private var checksTable: HTML {
    let head = ["check", "passed", "", "mean", "discrimination"]
    let rows = report.checks.map { check in
      HTML(
        "tr", [],
        [
          HTML("td", [], [HTML("code", [], check.id), HTML(check.isHidden ? " hidden" : "")]),
          HTML("td", [("class", "n")], "\(check.passed) of \(check.count)"),
          HTML("td", [("class", "bar")], [meter(check.passed, of: check.count)]),
          HTML("td", [("class", "n")], percent(check.mean)),
          HTML("td", [("class", "n")], check.discrimination.map(rounded) ?? "–"),
        ])
    }
    return table(head, rows, numbers: [1, 3, 4])
  }

  private var findingsTable: HTML {
    let rows = report.misconceptions.prefix(ReportText.shownFindings).map { found in
      HTML(
        "tr", [],
        [
          HTML("td", [("class", "n")], "\(found.learners.count)"),
          HTML("td", [("class", "bar")], [meter(found.learners.count, of: report.graded)]),
          HTML("td", [], [HTML("code", [], found.check)]),
          HTML(
            "td", [],
            HTML.prose(words(found.finding)) + [
              HTML(
                "details", [],
                [
                  HTML("summary", [], "an example, of \(people(found.learners))"),
                  HTML("pre", [], found.example),
                ])
            ]),
        ])
    }
    return table(["learners", "", "check", "finding"], rows, numbers: [0])
  }

  private func table(_ head: [String], _ rows: [HTML], numbers: Set<Int>) -> HTML {
    let cells = head.enumerated().map { i, title in
      HTML("th", [("scope", "col")] + (numbers.contains(i) ? [("class", "n")] : []), title)
    }
    return HTML("table", [], [HTML("thead", [], [HTML("tr", [], cells)]), HTML("tbody", [], rows)])
  }
}

extension String {
  fileprivate func trimmingSuffix(_ character: Character) -> String {
    var text = self
    while text.last == character { text.removeLast() }
    return text
  }
}

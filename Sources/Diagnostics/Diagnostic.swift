// What can be said about a span: a headline, labels, a reason, one thing to try.

/// An error or warning in the learner's terms. A class, so that throwing one costs a single word.
package final class Diagnostic: Error, Sendable {
  package enum Severity: String, Sendable { case error, warning }

  /// A marked part of the source.
  package struct Label: Sendable {
    package let span: Span
    package let text: String
    package let isPrimary: Bool
  }

  /// A stable name; `help` has its page.
  package let id: Identifier
  package let severity: Severity
  package let headline: String
  package let labels: [Label]
  package let reason: String?
  package let hint: String?

  package init(
    _ id: Identifier, severity: Severity = .error, _ headline: String, at span: Span?,
    label: String = "", also: [(Span, String)] = [], reason: String? = nil, hint: String? = nil
  ) {
    self.id = id
    self.severity = severity
    self.headline = headline
    self.reason = reason
    self.hint = hint
    labels =
      (span.map { [Label(span: $0, text: label, isPrimary: true)] } ?? [])
      + also.map { Label(span: $0.0, text: $0.1, isPrimary: false) }
  }

  package var span: Span? { labels.first(where: \.isPrimary)?.span }

  /// The same diagnostic with a place, if it had none.
  package func located(at span: Span) -> Diagnostic {
    guard self.span == nil else { return self }
    return Diagnostic(id, severity: severity, headline, at: span, reason: reason, hint: hint)
  }
}

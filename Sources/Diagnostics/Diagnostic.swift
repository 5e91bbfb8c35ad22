// What can be said about a span: a headline, labels, a reason, one thing to try.

/// An error or warning in the learner's terms, made of facts. A class, so that throwing one costs a single
/// word.
package final class Diagnostic: Error, Sendable {
  package enum Severity: String, Sendable { case error, warning }

  /// A marked part of the source.
  package struct Label: Sendable {
    package let span: Span
    package let text: String
    package let isPrimary: Bool
  }

  /// What went wrong. A class: a page's engine has no boxes for any value of a protocol.
  private let kept: KeptFacts
  package let words: Words
  package let labels: [Label]

  package convenience init(_ facts: some Facts, at span: Span?, also: [(Span, String)] = []) {
    let words = facts.words
    self.init(
      Kept(facts), words,
      (span.map { [Label(span: $0, text: words.label, isPrimary: true)] } ?? [])
        + also.map { Label(span: $0.0, text: $0.1, isPrimary: false) })
  }

  private init(_ kept: KeptFacts, _ words: Words, _ labels: [Label]) {
    (self.kept, self.words, self.labels) = (kept, words, labels)
  }

  /// What went wrong, for whoever must know more than the words say; nil if it is of another kind.
  package func facts<F: Facts>(as kind: F.Type) -> F? { (kept as? Kept<F>)?.facts }

  /// A stable name; `help` has its page.
  package var id: Identifier { words.id }
  package var severity: Severity { words.severity }
  package var headline: String { words.headline }
  package var reason: String? { words.reason }
  package var hint: String? { words.hint }

  package var span: Span? { labels.first { $0.isPrimary }?.span }

  /// The same diagnostic with a place, if it had none.
  package func located(at span: Span) -> Diagnostic { self.span == nil ? moved(to: span) : self }

  /// The same diagnostic, told at another place.
  /// - Parameter addition: what is to be said about it there.
  package func moved(to span: Span, adding addition: String? = nil) -> Diagnostic {
    var words = words
    if let addition {
      words.reason = [words.reason, addition].compactMap { $0 }.joined(separator: " ")
    }
    return Diagnostic(kept, words, [Label(span: span, text: "", isPrimary: true)])
  }
}

/// Facts of some kind.
private class KeptFacts: @unchecked Sendable {}

/// Facts of one kind.
private final class Kept<F: Facts>: KeptFacts, @unchecked Sendable {
  let facts: F

  init(_ facts: F) { self.facts = facts }
}

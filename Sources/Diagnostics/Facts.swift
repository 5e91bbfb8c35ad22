// Facts before words: what went wrong is a case with its values; what is said of it is made from them.

/// What went wrong. Every stage has an enum of these, in one file with their words.
package protocol Facts: Sendable {
  var words: Words { get }
}

extension Facts {
  /// - Parameter also: other places, each with what is marked there.
  package func at(_ span: Span?, also: [(Span, String)] = []) -> Diagnostic {
    Diagnostic(self, at: span, also: also)
  }
}

/// What is said of a fault. Whoever words one says what to try, or why nothing can be tried.
package struct Words: Sendable {
  package let id: Diagnostic.Identifier
  package let severity: Diagnostic.Severity
  package let headline: String
  package var label = ""
  package var reason: String?
  /// One thing to try.
  package var hint: String?

  package init(
    _ id: Diagnostic.Identifier, _ headline: String, label: String = "", reason: String? = nil,
    hint: String
  ) {
    (self.id, severity, self.headline) = (id, .error, headline)
    (self.label, self.reason, self.hint) = (label, reason, hint)
  }

  /// - Parameter noHint: why there is nothing that a learner could try. It is for whoever reads the code.
  package init(
    _ id: Diagnostic.Identifier, _ headline: String, label: String = "", reason: String? = nil,
    noHint: String
  ) {
    (self.id, severity, self.headline) = (id, .error, headline)
    (self.label, self.reason) = (label, reason)
  }

  package init(
    warning id: Diagnostic.Identifier, _ headline: String, reason: String? = nil, hint: String
  ) {
    (self.id, severity, self.headline) = (id, .warning, headline)
    (self.reason, self.hint) = (reason, hint)
  }

  package init(warning id: Diagnostic.Identifier, _ headline: String, noHint: String) {
    (self.id, severity, self.headline) = (id, .warning, headline)
  }
}

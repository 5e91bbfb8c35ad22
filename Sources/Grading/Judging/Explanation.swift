// A finding with its words.
import Platform

/// A finding with the words that tell of it beside an example.
struct Explanation {
  let finding: Finding
  let text: String

  init(_ kind: Finding.Kind, _ name: String, factor: String? = nil, text: String? = nil) {
    finding = Finding(kind, name, factor: factor)
    self.text = text ?? name
  }

  /// Whether it tells of a part that is there or not, rather than of a number put in.
  private var isOfParts: Bool {
    ["missing", "twice", "divided by", "multiplied with", "applied", "left out"].contains {
      finding.name.includes($0)
    } && !finding.name.hasSuffix("is taken twice")
  }

  /// A multiple of the right answer, with what makes it one; a number put in by itself says no more than the
  /// multiple does.
  func because(_ cause: Explanation) -> Explanation {
    guard cause.isOfParts else { return self }
    return Explanation(
      finding.kind, cause.finding.name, factor: cause.finding.factor,
      text: text + ": " + cause.finding.name)
  }
}

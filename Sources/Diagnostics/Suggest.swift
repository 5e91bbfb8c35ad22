// What was probably meant.

/// Names that were probably meant.
package enum Suggest {
  package static func unknownName(_ name: String, _ span: Span, known: [String]) -> Diagnostic {
    let near = close(to: name, among: known)
    let derivative = isDerivative(name, known)
    let unit = ["None": "none", "True": "true", "False": "false"][name]
    let hint =
      unit.map { "write `\($0)`" } ?? derivative
      ?? (near.isEmpty
        ? nil : "did you mean " + near.map { "`\($0)`" }.joined(separator: ", ") + "?")
    return Diagnostic(.unknownName, "there is no `\(name)` here", at: span, hint: hint)
  }

  /// `dloss` where `loss` is a name: a derivative, written as on paper.
  private static func isDerivative(_ name: String, _ known: [String]) -> String? {
    guard name.first == "d", known.contains(String(name.dropFirst())) else { return nil }
    let value = name.dropFirst()
    return "a derivative is written `∂\(value)/∂w`, or `grad(\(value), w)`"
  }

  /// Up to three names within a third of the name's length in edits.
  package static func close(to name: String, among known: [String]) -> [String] {
    let limit = max(1, name.count / 3)
    let scored = Set(known).compactMap { other -> (String, Int)? in
      if other.lowercased() == name.lowercased() { return (other, 0) }
      guard abs(other.count - name.count) <= limit, name.count > 1 else { return nil }
      let distance = edits(Array(name), Array(other))
      return distance <= limit ? (other, distance) : nil
    }
    return scored.sorted { ($0.1, $0.0) < ($1.1, $1.0) }.prefix(3).map(\.0)
  }

  private static func edits(_ a: [Character], _ b: [Character]) -> Int {
    var row = Array(0...b.count)
    for i in 0..<a.count {
      var diagonal = row[0]
      row[0] = i + 1
      for j in 0..<b.count {
        let above = row[j + 1]
        row[j + 1] = min(above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0 : 1))
        diagonal = above
      }
    }
    return row[b.count]
  }
}

// Two texts compared line by line, as a unified diff.

/// The difference of two texts.
package enum Diff {
  /// A unified diff from `old` to `new` with three lines of context; nil when they are equal.
  package static func unified(_ old: String, _ new: String, from: String, to: String) -> String? {
    if old == new { return nil }
    var (a, b) = (lines(old), lines(new))
    var rest = 0
    // To compare many lines that all differ takes the square of their number.
    let same = zip(a, b).prefix { $0 == $1 }.count
    if max(a.count, b.count) - same > limit {
      rest = max(a.count, b.count) - same - limit
      (a, b) = (Array(a.prefix(same + limit)), Array(b.prefix(same + limit)))
    }
    let edits = b.difference(from: a)
    var removed: Set<Int> = []
    var inserted: Set<Int> = []
    for change in edits {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): inserted.insert(offset)
      }
    }
    var script: [(sign: Character, text: String, old: Int, new: Int)] = []
    var (i, j) = (0, 0)
    while i < a.count || j < b.count {
      if removed.contains(i) {
        script.append(("-", a[i], i, j))
        i += 1
      } else if inserted.contains(j) {
        script.append(("+", b[j], i, j))
        j += 1
      } else if i < a.count, j < b.count {
        script.append((" ", a[i], i, j))
        i += 1
        j += 1
      } else {
        break
      }
    }
    return "--- \(from)\n+++ \(to)\n" + hunks(script)
      + (rest > 0 ? "… \(rest) more lines were not compared\n" : "")
  }

  /// Lines from the first difference on that are compared.
  private static let limit = 2_000

  private static func lines(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  private static func hunks(_ script: [(sign: Character, text: String, old: Int, new: Int)])
    -> String
  {
    let changed = script.indices.filter { script[$0].sign != " " }
    var text = ""
    var next = 0
    while next < changed.count {
      let first = max(0, changed[next] - 3)
      var last = changed[next]
      while next < changed.count, changed[next] <= last + 6 {
        last = changed[next]
        next += 1
      }
      let end = min(script.count - 1, last + 3)
      let part = script[first...end]
      let (old, new) = (part.filter { $0.sign != "+" }.count, part.filter { $0.sign != "-" }.count)
      text += "@@ -\(script[first].old + 1),\(old) +\(script[first].new + 1),\(new) @@\n"
      for line in part { text += "\(line.sign)\(line.text)\n" }
    }
    return text
  }
}

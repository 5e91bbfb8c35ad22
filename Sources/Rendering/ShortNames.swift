// Letters in place of names that would fill the screen.
import Autograd
import Explain
import Tensors

/// Letters for names that are too long to be repeated.
struct ShortNames {
  private var letters: [(name: String, letter: String)] = []

  init() {}

  init(_ d: Derivation) {
    var names: [String] = []
    var taken: Set<String> = []
    func note(_ name: String) {
      // `r.cells[0].h1` takes r, too.
      for word in name.split(whereSeparator: { !$0.isLetter && $0 != "_" }) {
        taken.insert(String(word))
      }
      if name.columns > 8, !names.contains(name) { names.append(name) }
    }
    for factor in d.paths.flatMap({ $0.factors }) {
      for place in [factor.top, factor.bottom] { note(place.name) }
      _ = factor.formula.filled { leaf in
        if case .symbol(let symbol) = leaf { note(ShortNames.base(symbol.text)) }
        return nil
      }
    }
    let free = ["p", "q", "r", "s", "u", "v", "a", "b", "c", "d", "f", "g", "h", "k"]
      .filter { !taken.contains($0) }
    letters = zip(names, free).map { ($0, $1) }
  }

  /// `with p = model[1].out, q = model[0].out`
  func legend(_ room: Int) -> [String] {
    var lines: [String] = []
    for (name, letter) in letters {
      let said = "\(letter) = \(name)"
      if let last = lines.last, last.columns + said.columns + 3 <= room {
        lines[lines.count - 1] = last + ", " + said
      } else {
        if !lines.isEmpty { lines[lines.count - 1] += "," }
        lines.append((lines.isEmpty ? "with " : "     ") + said)
      }
    }
    return lines
  }

  /// `model[1].out` of `model[1].out[0, 2]`: an index that ends a name is not a part of it.
  private static func base(_ text: String) -> String {
    guard text.hasSuffix("]"), let bracket = text.lastIndex(of: "[") else { return text }
    return String(text[..<bracket])
  }

  func callAsFunction(_ text: String) -> String {
    for (name, letter) in letters
    where text == name || (text.hasPrefix(name + "[") && ShortNames.base(text) == name) {
      return letter + text.dropFirst(name.count)
    }
    return text
  }

  func callAsFunction(_ place: Place, _ indices: [String]? = nil) -> String {
    let named = Place(self(place.name), place.indices, of: place.shape)
    return indices.map(named.text) ?? named.text
  }

  func callAsFunction(_ formula: Formula) -> String {
    formula.written { leaf in
      guard case .symbol(let symbol) = leaf else { return nil }
      return self(symbol.text)
    }
  }
}

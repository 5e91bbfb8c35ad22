// LaTeX as authors write it between `$`, read into a tree. What is not known is shown as it stands.
import Platform

extension Math {
  /// A formula in LaTeX, or as one would write it in a program: `∂loss/∂w`, `\frac{1}{n}`.
  package init(latex text: String) {
    var reader = LaTeXReader(text)
    self = reader.row(until: nil, 0)
  }
}

private struct LaTeXReader {
  private let text: [Character]
  private var i = 0

  /// Groups nested deeper than this are dropped.
  private static let depthLimit = 40

  init(_ text: String) { self.text = Array(text) }

  private var isAtEnd: Bool { i >= text.count }

  mutating func row(until close: Character?, _ depth: Int) -> Math {
    var parts: [Math] = []
    while !isAtEnd {
      if text[i] == close {
        i += 1
        break
      }
      guard let part = atom(depth) else { continue }
      parts.append(scripted(part, depth))
    }
    return parts.count == 1 ? parts[0] : .row(parts)
  }

  /// An atom with what stands above and below it.
  private mutating func scripted(_ base: Math, _ depth: Int) -> Math {
    var (result, lower, upper): (Math, Math?, Math?) = (base, nil, nil)
    while !isAtEnd, text[i] == "^" || text[i] == "_" {
      let isAbove = text[i] == "^"
      i += 1
      guard let script = argument(depth, isAbove: isAbove) else { break }
      if isAbove { upper = script } else { lower = script }
    }
    if case .sign(let sign) = base, ["Σ", "∏", "∫"].contains(sign) {
      return .big(sign == "Σ" ? "∑" : sign, below: lower, above: upper)
    }
    if let lower { result = .below(result, lower) }
    if let upper { result = .above(result, upper) }
    return result
  }

  /// The next group, command or single character.
  private mutating func argument(_ depth: Int, isAbove: Bool = false) -> Math? {
    while !isAtEnd, text[i] == " " { i += 1 }
    guard !isAtEnd else { return nil }
    // Brackets around an exponent are those of one line: `e^(-x)`.
    if text[i] == "(", isAbove, depth < LaTeXReader.depthLimit {
      i += 1
      return row(until: ")", depth + 1)
    }
    // Of digits after `^` one alone is meant, as in TeX.
    if text[i].isNumber || text[i].isLetter {
      defer { i += 1 }
      return text[i].isNumber ? .number(String(text[i])) : .name(String(text[i]))
    }
    return atom(depth)
  }

  private mutating func atom(_ depth: Int) -> Math? {
    let character = text[i]
    switch character {
    case "\\": return command(depth)
    case "{":
      i += 1
      guard depth < LaTeXReader.depthLimit else { return nil }
      return row(until: "}", depth + 1)
    case "}", "&", " ", "\t", "\n", "~":
      i += 1
      return nil
    case "^", "_":
      // Nothing stands before it.
      return .text("")
    case "-":
      i += 1
      return .sign("−")
    case "*":
      i += 1
      return .sign("·")
    default: break
    }
    if character.isNumber {
      let run = text[i...].prefix { $0.isNumber || $0 == "." }
      i += run.count
      return .number(String(run))
    }
    if character.isLetter {
      // A word is a name, as the language has it.
      let run = text[i...].prefix { $0.isLetter || $0.isNumber }
      i += run.count
      let word = String(run)
      return Math.functions.contains(word) || word == "sigmoid" || word == "relu"
        ? .function(word) : .name(word)
    }
    i += 1
    return .sign(String(character))
  }

  private mutating func command(_ depth: Int) -> Math? {
    i += 1
    guard !isAtEnd else { return .sign("\\") }
    guard text[i].isLetter else {
      let character = text[i]
      i += 1
      return [",", ";", ":", "!", " ", "\\"].contains(character)
        ? nil : .sign(String(character))
    }
    let word = String(text[i...].prefix { $0.isLetter && $0.isASCII })
    i += max(1, word.count)
    if let letter = LaTeXReader.letters[word] { return .name(letter) }
    if let sign = LaTeXReader.signs[word] { return .sign(sign) }
    if Math.functions.contains(word) { return .function(word) }
    switch word {
    case "frac", "dfrac", "tfrac":
      guard depth < LaTeXReader.depthLimit, let above = argument(depth + 1),
        let below = argument(depth + 1)
      else { return nil }
      return .fraction(above, below)
    case "sqrt": return argument(depth + 1).map(Math.root)
    case "text", "mathrm", "textbf", "mathbf", "mathit", "operatorname", "boldsymbol", "mathcal":
      let group = words()
      return word == "text"
        ? .text(group) : word == "operatorname" ? .function(group) : .name(group)
    case "hat", "bar", "tilde", "vec":
      let marks = ["hat": "\u{302}", "bar": "\u{304}", "tilde": "\u{303}", "vec": "\u{20d7}"]
      return argument(depth + 1).map { .name($0.plain + (marks[word] ?? "")) }
    case "left", "right", "big", "Big", "bigl", "bigr", "displaystyle", "quad", "qquad", "limits":
      return nil
    default: return .text("\\" + word)
    }
  }

  /// What stands in the next braces, as words.
  private mutating func words() -> String {
    guard !isAtEnd, text[i] == "{" else { return "" }
    let inner = text[(i + 1)...].prefix { $0 != "}" }
    i = min(text.count, i + inner.count + 2)
    return String(inner)
  }

  private static let letters = Dictionary(
    firstOf: Math.greek.map { ($0.value, $0.key) }
      + [("varepsilon", "ε"), ("ell", "ℓ"), ("varphi", "φ"), ("ldots", "…"), ("dots", "…")])

  private static let signs = [
    "times": "×", "cdot": "·", "partial": "∂", "sum": "Σ", "prod": "∏", "int": "∫",
    "approx": "≈", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "neq": "≠",
    "to": "→", "rightarrow": "→", "leftarrow": "←", "gets": "←", "infty": "∞", "nabla": "∇",
    "in": "∈", "odot": "⊙", "pm": "±", "cdots": "⋯", "mid": "|", "lvert": "|", "rvert": "|",
    "Rightarrow": "⇒", "top": "⊤",
  ]
}

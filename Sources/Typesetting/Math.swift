// Mathematics as a tree, and as LaTeX and plain text.

/// A formula as it is set.
package indirect enum Math {
  case row([Math])
  /// `x`, `out`, `loss`.
  case name(String)
  case number(String)
  /// `+`, `×`, `∂`, and brackets.
  case sign(String)
  /// The name of a function: `sin`.
  case function(String)
  /// Words.
  case text(String)
  case fraction(Math, Math)
  case above(Math, Math)
  case below(Math, Math)
  case root(Math)
  /// One factor of a product, in its colour.
  case factor(Int, Math)
  /// A sum with its bounds.
  case big(String, below: Math?, above: Math?)
}

extension Math {
  /// A formula between brackets.
  package static func bracketed(_ inner: Math) -> Math {
    .row([.sign("("), inner, .sign(")")])
  }

  /// In plain characters, on one line.
  package var plain: String {
    switch self {
    case .row(let parts): return Math.spaced(parts)
    case .name(let text), .number(let text), .sign(let text), .function(let text),
      .text(let text):
      return text
    case .fraction(let a, let b): return "\(a.grouped)/\(b.grouped)"
    case .above(let a, let b):
      let exponent = b.plain
      let raised = exponent.compactMap { Math.superscripts[$0] }
      return raised.count == exponent.count
        ? a.grouped + String(raised) : "\(a.grouped)^\(b.grouped)"
    case .below(let a, let b):
      let index = b.plain
      let lowered = index.compactMap { Math.subscripts[$0] }
      return lowered.count == index.count
        ? a.grouped + String(lowered) : "\(a.grouped)_\(b.grouped)"
    case .root(let inner): return "√\(inner.grouped)"
    case .factor(_, let inner): return inner.plain
    case .big(let sign, let below, _):
      return below.map { "\(sign)_\($0.grouped)" } ?? sign
    }
  }

  /// In brackets where it is more than one thing.
  private var grouped: String {
    let text = plain
    switch self {
    case .row(let parts) where parts.count > 1:
      return text.hasPrefix("(") && text.hasSuffix(")") || text.hasPrefix("∂") ? text : "(\(text))"
    case .fraction: return "(\(text))"
    default: return text
    }
  }

  private static func spaced(_ parts: [Math]) -> String {
    var text = ""
    for (i, part) in parts.enumerated() {
      if case .sign(let sign) = part, Math.isSpaced(sign), i > 0 {
        text += " \(sign) "
      } else if case .big = part, i > 0, text.last != " " {
        text += " " + part.plain
      } else if i > 0, case .big = parts[i - 1] {
        text += " " + part.plain
      } else {
        text += part.plain
      }
    }
    return text
  }

  private static func isSpaced(_ sign: String) -> Bool {
    ["+", "-", "−", "=", "×", "·", "≈", "<", ">", "≤", "≥", "≠", "←", "→", "@", "⟵", "∈", "⊙"]
      .contains(sign)
  }

  private static let superscripts: [Character: Character] = [
    "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸",
    "9": "⁹", "-": "⁻", "+": "⁺", "n": "ⁿ", "T": "ᵀ",
  ]
  private static let subscripts: [Character: Character] = [
    "0": "₀", "1": "₁", "2": "₂", "3": "₃", "4": "₄", "5": "₅", "6": "₆", "7": "₇", "8": "₈",
    "9": "₉", "i": "ᵢ", "j": "ⱼ", "k": "ₖ", "n": "ₙ", "t": "ₜ",
  ]

  // MARK: LaTeX

  /// As LaTeX.
  package var latex: String {
    switch self {
    case .row(let parts): Math.joined(parts.map({ $0.latex }))
    case .name(let name): Math.latex(name: name)
    case .number(let text): Math.latex(number: text)
    case .sign(let sign): Math.commands[sign] ?? Math.escaped(sign)
    case .function(let name):
      Math.functions.contains(name) ? "\\\(name)" : "\\operatorname{\(Math.escaped(name))}"
    case .text(let text): "\\text{\(Math.escaped(text, isText: true))}"
    case .fraction(let a, let b): "\\frac{\(a.latex)}{\(b.latex)}"
    case .above(let a, let b): "{\(a.latex)}^{\(b.latex)}"
    case .below(let a, let b): "{\(a.latex)}_{\(b.latex)}"
    case .root(let inner): "\\sqrt{\(inner.latex)}"
    case .factor(_, let inner): inner.latex
    case .big(let sign, let below, let above):
      (Math.commands[sign] ?? sign) + (below.map { "_{\($0.latex)}" } ?? "")
        + (above.map { "^{\($0.latex)}" } ?? "")
    }
  }

  static let functions: Set<String> = [
    "sin", "cos", "tan", "exp", "log", "tanh", "sinh", "cosh", "max", "min",
  ]

  /// A command must not run into a letter that follows.
  private static func joined(_ parts: [String]) -> String {
    var text = ""
    for part in parts where !part.isEmpty {
      let word = text.reversed().prefix { $0.isLetter && $0.isASCII }
      if text.dropLast(word.count).hasSuffix("\\"), !word.isEmpty, part.first?.isLetter == true {
        text += " "
      }
      text += part
    }
    return text
  }

  static let commands: [String: String] = [
    "×": "\\times ", "·": "\\cdot ", "∂": "\\partial ", "−": "-", "≈": "\\approx ",
    "≤": "\\le ", "≥": "\\ge ", "≠": "\\ne ", "←": "\\leftarrow ", "→": "\\to ",
    "⟵": "\\mathrel{+}= ", "Σ": "\\sum ", "∑": "\\sum ", "Π": "\\prod ", "∏": "\\prod ",
    "∞": "\\infty ", "…": "\\dots ", "⊙": "\\odot ", "∈": "\\in ", "∇": "\\nabla ",
    "(": "(", ")": ")", "[": "[", "]": "]", "&": "\\&", "@": "\\,@\\,", "|": "|", "±": "\\pm ",
    "{": "\\{", "}": "\\}", "∫": "\\int ", "%": "\\mathbin{\\%}",
  ]

  static let greek: [String: String] = [
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta",
    "η": "eta", "θ": "theta", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi",
    "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "phi", "χ": "chi", "ψ": "psi",
    "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi",
    "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
  ]

  /// `out`, with small figures below the line and Greek letters by their commands.
  private static func latex(name: String) -> String {
    let digits = name.reversed().prefix { subscriptDigits[$0] != nil }
    let stem = String(name.dropLast(digits.count))
    let index = String(digits.reversed().compactMap { subscriptDigits[$0] })
    let body: String
    if let letter = greek[stem] {
      body = "\\\(letter) "
    } else if stem.count == 1, stem.first?.isLetter == true {
      body = stem
    } else {
      body = "\\mathit{\(escaped(stem))}"
    }
    return index.isEmpty ? body : "{\(body)}_{\(index)}"
  }

  private static let subscriptDigits: [Character: Character] = [
    "₀": "0", "₁": "1", "₂": "2", "₃": "3", "₄": "4", "₅": "5", "₆": "6", "₇": "7", "₈": "8",
    "₉": "9",
  ]

  /// `2e-10` as a power of ten.
  private static func latex(number: String) -> String {
    guard let e = number.firstIndex(of: "e"), number.first?.isLetter == false else {
      return number == "inf" ? "\\infty " : number == "-inf" ? "-\\infty " : escaped(number)
    }
    return "\(number[..<e]) \\times 10^{\(number[number.index(after: e)...])}"
  }

  /// - Parameter isText: within `\text`, where letters are themselves and commands of mathematics mean nothing.
  private static func escaped(_ text: String, isText: Bool = false) -> String {
    text.map { character -> String in
      switch character {
      case "\\": return "\\textbackslash{}"
      case "_", "%", "$", "#", "&", "{", "}": return "\\\(character)"
      case "^": return isText ? "\\textasciicircum{}" : "\\hat{}"
      case "~": return isText ? "\\textasciitilde{}" : "\\sim "
      default:
        let letter = isText ? nil : greek[String(character)]
        return letter.map { "\\\($0) " } ?? String(character)
      }
    }.joined()
  }
}

// Mathematics as MathML, which browsers set by themselves.
import Rendering
import Typesetting

extension HTML {
  /// A formula in MathML. Factors have the class of their colour, `f0`, `f1`, ….
  /// - Parameter isBlock: whether it stands on a line of its own.
  package init(_ math: Math, isBlock: Bool = false) {
    // Fractions in a line keep their size.
    self.init(
      "math", isBlock ? [("display", "block")] : [],
      [HTML("mstyle", [("displaystyle", "true")], [HTML(element: math)])])
  }

  private init(element math: Math) {
    switch math {
    case .row(let parts): self.init("mrow", [], parts.map(HTML.init(element:)))
    case .name(let name): self = HTML.name(name)
    case .number(let text): self.init("mn", [], text)
    case .sign(let sign): self.init("mo", HTML.isFence(sign) ? [("stretchy", "false")] : [], sign)
    case .function(let name): self.init("mi", [], name)
    case .text(let text): self.init("mtext", [], text)
    case .fraction(let a, let b): self.init("mfrac", [], [HTML(element: a), HTML(element: b)])
    case .above(let a, let b): self.init("msup", [], [HTML(element: a), HTML(element: b)])
    case .below(let a, let b): self.init("msub", [], [HTML(element: a), HTML(element: b)])
    case .root(let inner): self.init("msqrt", [], [HTML(element: inner)])
    case .factor(let place, let inner):
      self.init("mrow", [("class", HTML.factor(place))], [HTML(element: inner)])
    case .big(let sign, let below, let above):
      let base = HTML("mo", [], sign)
      switch (below, above) {
      case (let below?, let above?):
        self.init("munderover", [], [base, HTML(element: below), HTML(element: above)])
      case (let below?, nil): self.init("munder", [], [base, HTML(element: below)])
      case (nil, let above?): self.init("mover", [], [base, HTML(element: above)])
      case (nil, nil): self = base
      }
    }
  }

  /// The class of a factor's colour: the terminal has five, too.
  static func factor(_ place: Int) -> String { "f\(place % 5)" }

  private static func isFence(_ sign: String) -> Bool { ["(", ")", "[", "]", "|"].contains(sign) }

  /// A name of one letter leans, as in print; a word stands.
  private static func name(_ name: String) -> HTML {
    // `w₂` and `h′` as they are; words would be letters multiplied if they leant.
    HTML("mi", [], name)
  }
}

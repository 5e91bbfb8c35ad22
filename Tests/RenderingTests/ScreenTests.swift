import Foundation
import Interpreter
import Rendering
import Session
import Testing

/// What stands on the screen: no line passes it, no word is broken, and colour adds nothing but colour.
@Suite struct ScreenTests {
  static let programs = [
    "param w = 2; param b = 1; x = 3; y = 5; e = (y - (w*x + b))^2 + w^2; explain ∂e/∂w; backward e",
    "param w = 2; e = (5 - (w*3 + 1))^2 + w^2; explain ∂e/∂w, detail=\"ops\"; backward e, detail=\"ops\"",
    """
    seed(0); model = mlp(2, [3], 1); X = randn(6, 2); loss = mean(model(X)^2)
    explain ∂loss/∂model[0].weight[0, 1]; explain ∂loss/∂model[2].bias; backward loss
    forward loss; explain ∂loss/∂model[0].weight[0, 1], view="hop"
    """,
    "param a_rather_long_name = 2; h = 1; for i in range(4) { h = sin(h*a_rather_long_name) + h }; explain ∂h/∂a_rather_long_name",
    """
    param w1 = 0.5; param w2 = -1; z = w1*2 + w2*3; out = sigmoid(z); loss = (out - 1)^2
    explain loss, mode="forward", wrt=w1; explain ∂loss/∂w2; backward loss; step sgd(lr=0.1)
    """,
    "param W = [[1.0, 2], [3, 4]]; s = softmax(W @ W, dim=1); l = -log(s[0, 1]); explain ∂l/∂W[0, 1]; backward l",
    "param x = [1.0, 2, 3]; y = sum(where(x > 2, x, 0)/x); explain ∂y/∂x[0]; explain y",
  ]

  static func rows(_ program: String, width: Int, hasColor: Bool = false) -> [String] {
    var style = Style()
    style.width = width
    style.hasColor = hasColor
    let session = Session()
    var text = ""
    let outcome = session.run(program) { text += EventText(style).render($0, in: session) }
    #expect(outcome.errors.map(\.headline) == [], "\(program)")
    return text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  static func withoutCodes(_ text: String) -> String {
    text.replacing(/\u{1b}\[[0-9;]*m/, with: "")
  }

  /// Lines are broken between words, so that only a word longer than the screen could pass it.
  @Test(arguments: programs, [60, 72, 80, 120]) func noLinePassesTheScreen(
    _ program: String, _ width: Int
  ) {
    for row in Self.rows(program, width: width) {
      #expect(row.columns <= width, "\(row)")
    }
  }

  @Test(arguments: [80, 100]) func pagesFitTheScreen(_ width: Int) throws {
    var style = Style()
    style.width = width
    for topic in HelpText.topics where !["pi", "inf", "nan"].contains(topic) {
      let page = try HelpText.page(topic, style).get()
      for row in page.split(separator: "\n").map(String.init) {
        #expect(row.columns <= width, "\(topic): \(row)")
      }
    }
  }

  @Test(arguments: programs) func colourIsColourOnly(_ program: String) {
    for width in [60, 80] {
      let plain = Self.rows(program, width: width)
      let coloured = Self.rows(program, width: width, hasColor: true)
      #expect(coloured.map(Self.withoutCodes) == plain)
      #expect(coloured != plain)
    }
  }

  /// A factor has one colour in its name, its formula and its number.
  @Test func aFactorKeepsItsColour() throws {
    let program = "param w = 0.5; z = 3*w; out = sigmoid(z); loss = (out - 1)^2; explain ∂loss/∂w"
    let rows = Self.rows(program, width: 80, hasColor: true)
    /// The code of the colour that stands right before a text.
    func code(before text: String) throws -> String {
      let row = try #require(rows.first { $0.contains("m\(text)\u{1b}") }, "\(text)")
      let before = row.components(separatedBy: "m\(text)\u{1b}")[0]
      return before.components(separatedBy: "[").last ?? ""
    }
    let named = try ["∂loss/∂out", "∂out/∂z", "∂z/∂w"].map { try code(before: $0) }
    #expect(Set(named).count == 3)
    #expect(try ["2*(out - 1)", "out*(1 - out)", "3"].map { try code(before: $0) } == named)
  }

  @Test func numbersAreColoursWhereThereAreSome() {
    let rows = Self.rows("heatmap([[-1, 0], [1, 2], [3, 4]])", width: 80, hasColor: true)
    #expect(rows[0].contains("▀▀") && rows[0].contains("48;5;"))
    // Three rows of numbers take two lines; the legend follows.
    #expect(rows.count == 4 && rows[2].contains("from") && rows[2].contains("0"))
    let plain = Self.rows("heatmap([[-1, 0], [1, 2], [3, 4]])", width: 80)
    #expect(plain.count == 5 && !plain.joined().contains("\u{1b}"))
  }

  /// A frame goes up as many lines as the one before has, and draws over it.
  @Test func framesAreDrawnInPlace() {
    var style = Style()
    style.width = 80
    let session = Session()
    session.machine.audience.showsProgress = true
    var shown: [String] = []
    let program =
      "for i in range(3) { animate(plot([0, i], height=4)) }; animate(hist([1, 2], bins=2)); print(\"x\"); animate(hist([1], bins=1))"
    let outcome = session.run(program) { event in
      if case .progress = event { return }
      shown.append(EventText(style).render(event, in: session))
    }
    #expect(outcome.errors.isEmpty)
    #expect(shown.map { $0.hasPrefix("\u{1b}[") } == [false, true, true, true, false, false])
    // Four lines, an axis and its ends; a histogram of two bins then takes their place.
    #expect(shown[1].hasPrefix("\u{1b}[6A") && shown[3].hasPrefix("\u{1b}[6A"))
  }
}

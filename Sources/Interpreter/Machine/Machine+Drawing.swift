// Figures that are drawn where they stand, and those that move.
import Diagnostics

/// Figures drawn in each other's place.
struct Animation {
  /// The one drawn last, if nothing has been shown since.
  var shown: FigureObject?
  /// One that has not been drawn yet, because no one watches.
  var held: FigureObject?
  var isRunning = false
}

extension Machine {
  /// A figure that no one takes is drawn where it stands.
  @inline(__always)
  package func draw(_ value: Value, at span: Span) throws(Diagnostic) {
    if case .host = value { try drawFigure(value, at: span) }
  }

  @inline(never)
  private func drawFigure(_ value: Value, at span: Span) throws(Diagnostic) {
    guard case .host(let object) = value, object is FigureObject else { return }
    try emit(.value(name: nil, value), at: span)
  }

  /// Draws a figure over the one before, if someone watches; else the first and, in the end, the last are drawn.
  package func animate(_ figure: FigureObject, at span: Span) throws(Diagnostic) {
    if let last = animation.shown, audience.showsProgress {
      sink(.frame(figure, over: last))
    } else if audience.showsProgress || !animation.isRunning {
      try emit(.value(name: nil, .host(figure)), at: span)
    } else {
      animation.held = figure
    }
    animation.isRunning = true
    animation.shown = figure
  }

  /// The cell has ended.
  package func endAnimation() {
    if let last = animation.held { sink(.value(name: nil, .host(last))) }
    (animation.shown, animation.held, animation.isRunning) = (nil, nil, false)
  }
}

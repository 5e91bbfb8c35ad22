// The turns of loops.
import Autograd
import Diagnostics

/// The variable of a loop over single values.
struct LoopVariable {
  let store: Store
  let place: Place

  /// Where its numbers go at once.
  enum Place {
    case local(Int)
    case global(Int)
    case other
  }

  @inline(__always)
  fileprivate func set(_ f: Frame, _ number: Double) {
    switch place {
    case .local(let slot): f.set(slot, .number(number))
    case .global(let slot): (f.state.pointee.globals + slot).set(.number(number))
    case .other: store.run(f, .number(number))
    }
  }
}

/// What a loop does again and again.
final class Turn {
  private let body: Action
  private let graph: Graph?
  private let span: Span

  /// - Parameter graph: is told of every turn.
  init(_ body: Action, _ graph: Graph?, _ span: Span) {
    self.body = body
    self.graph = graph
    self.span = span
  }

  /// Takes turns as long as there is another.
  /// - Parameters:
  ///   - next: whether there is; it is given how many are over.
  ///   - start: what comes after the graph was told.
  @inline(__always)
  private func turns(
    _ f: Frame, while next: (Int) throws(Diagnostic) -> Bool,
    start: (Int) throws(Diagnostic) -> Void = { _ in }
  ) throws(Diagnostic) -> Completion {
    graph?.enterLoop()
    defer { graph?.leaveLoop() }
    var i = 0
    while try next(i) {
      try f.step(span)
      graph?.tellTurn()
      try start(i)
      i &+= 1
      switch try body.run(f) {
      case .normal, .continueLoop: continue
      case .breakLoop: return .normal
      case let end: return end
      }
    }
    return .normal
  }

  func repeated(_ f: Frame, while test: Test) throws(Diagnostic) -> Completion {
    try turns(f, while: { _ throws(Diagnostic) in try test.run(f) })
  }

  func repeated(_ f: Frame, _ times: Int) throws(Diagnostic) -> Completion {
    try turns(f, while: { $0 < times })
  }

  /// - Parameter tell: is told before each turn how many are over.
  func repeated(
    _ f: Frame, over range: RangeObject, _ variable: LoopVariable, tell: ((Int) -> Void)?
  ) throws(Diagnostic) -> Completion {
    if case .local(let slot) = variable.place, tell == nil {
      return try turns(
        f,
        while: { i in
          guard i < range.count else { return false }
          f.set(slot, .number(range.start + Double(i) * range.step))
          return true
        })
    }
    return try turns(
      f,
      while: { i in
        guard i < range.count else { return false }
        variable.set(f, range.start + Double(i) * range.step)
        return true
      }, start: { i in tell?(i) })
  }

  /// A list may grow while it is looped over.
  func repeated(_ f: Frame, over list: ListObject, _ variable: LoopVariable) throws(Diagnostic)
    -> Completion
  {
    try turns(
      f,
      while: { i in
        guard i < list.items.count else { return false }
        if case .number(let n) = list.items[i] {
          variable.set(f, n)
        } else {
          variable.store.run(f, list.items[i])
        }
        return true
      })
  }

  /// - Parameters:
  ///   - next: the value of a turn, nil when there is none left.
  ///   - keep: gives it to the loop's names.
  func repeated(
    _ f: Frame, over next: (Int) throws(Diagnostic) -> Value?,
    _ keep: (Frame, Value) throws(Diagnostic) -> Void
  ) throws(Diagnostic) -> Completion {
    var value: Value?
    return try turns(
      f,
      while: { i throws(Diagnostic) in
        value = try next(i)
        if case .some = value { return true } else { return false }
      },
      start: { _ throws(Diagnostic) in
        guard let present = value else { return }
        value = nil
        try keep(f, present)
      })
  }
}

extension Graph {
  /// Tells of the next turn of a loop, if anything was computed in the last one: loops over plain numbers
  /// should not pay for a call.
  @inline(__always)
  fileprivate func tellTurn() {
    if clock != loop.turn { nextTurn() }
  }
}

// The turns of loops.
import Autograd
import Diagnostics

/// The variable of a loop over single values.
struct LoopVariable {
  let store: Store
  /// Its slot, if it is a plain local.
  let slot: Int?

  @inline(__always)
  fileprivate func set(_ f: Frame, _ number: Double) {
    if let slot { f.set(slot, .number(number)) } else { store.run(f, .number(number)) }
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

  @inline(__always)
  private func begin(_ f: Frame) throws(Diagnostic) {
    try f.step(span)
    graph?.tellTurn()
  }

  /// Runs the body; whether that ended the loop.
  @inline(__always)
  private func isLast(_ f: Frame, _ end: inout Completion) throws(Diagnostic) -> Bool {
    switch try body.run(f) {
    case .normal, .continueLoop: return false
    case .breakLoop: return true
    case .returned(let value):
      end = .returned(value)
      return true
    }
  }

  func repeated(_ f: Frame, while test: Test) throws(Diagnostic) -> Completion {
    graph?.enterLoop()
    defer { graph?.leaveLoop() }
    var end = Completion.normal
    while try test.run(f) {
      try begin(f)
      if try isLast(f, &end) { break }
    }
    return end
  }

  func repeated(_ f: Frame, _ times: Int) throws(Diagnostic) -> Completion {
    graph?.enterLoop()
    defer { graph?.leaveLoop() }
    var end = Completion.normal
    var left = times
    while left > 0 {
      left -= 1
      try begin(f)
      if try isLast(f, &end) { break }
    }
    return end
  }

  /// - Parameter tell: is told before each turn how many are over.
  func repeated(
    _ f: Frame, over range: RangeObject, _ variable: LoopVariable, tell: ((Int) -> Void)?
  ) throws(Diagnostic) -> Completion {
    graph?.enterLoop()
    defer { graph?.leaveLoop() }
    var end = Completion.normal
    var i = 0
    while i < range.count {
      variable.set(f, range.start + Double(i) * range.step)
      try begin(f)
      tell?(i)
      i += 1
      if try isLast(f, &end) { break }
    }
    return end
  }

  /// A list may grow while it is looped over.
  func repeated(_ f: Frame, over list: ListObject, _ variable: LoopVariable) throws(Diagnostic)
    -> Completion
  {
    graph?.enterLoop()
    defer { graph?.leaveLoop() }
    var end = Completion.normal
    var i = 0
    while i < list.items.count {
      if case .number(let n) = list.items[i] {
        variable.set(f, n)
      } else {
        variable.store.run(f, list.items[i])
      }
      i += 1
      try begin(f)
      if try isLast(f, &end) { break }
    }
    return end
  }

  /// - Parameters:
  ///   - next: the value of a turn, nil when there is none left.
  ///   - keep: gives it to the loop's names.
  func repeated(
    _ f: Frame, over next: (Int) throws(Diagnostic) -> Value?,
    _ keep: (Frame, Value) throws(Diagnostic) -> Void
  ) throws(Diagnostic) -> Completion {
    graph?.enterLoop()
    defer { graph?.leaveLoop() }
    var end = Completion.normal
    var i = 0
    while let value = try next(i) {
      i += 1
      try begin(f)
      try keep(f, value)
      if try isLast(f, &end) { break }
    }
    return end
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

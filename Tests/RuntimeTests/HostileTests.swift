import Builtins
import Foundation
import Interpreter
import Session
import Testing

/// Every built-in called with what nobody should give it: each call ends, with a diagnostic that has its place.
@Suite struct HostileTests {
  private static let values = [
    "0", "1", "2", "-1", "0.5", "1e18", "-1e18", "1e300", "nan", "inf", "-inf", "\"\"", "\"x\"",
    "\"mean\"", "true", "none", "[]", "[1, 2]", "[[1, 2], [3, 4]]", "[[1], [2, 3]]", "[nan, inf]",
    "zeros(0)", "zeros(0, 3)", "zeros(2, 0)", "ones(2, 3, 4)", "ones(1, 2, 4, 4)", "arange(3)",
    "[true, false]", "tensor([1, 2], dtype=\"float32\")", "w", "w*2", "list()", "list(1, \"a\")",
    "list(w, w)", "record(a=1)", "fn(x) = x", "fn() = 1", "linear(2, 1)", "sequential()", "relu",
    "adam(w)", "range(3)", "range(0)", "xor()", "batches(xor())", "zeros(1e5, 0)", "'",
  ]
  private static let names = [
    "dim", "keepdim", "reduction", "weight", "bias", "p", "size", "shape", "dtype", "x", "eps",
    "lr",
  ]

  /// What a diagnostic must not say: it is Swift's, not the learner's.
  private static let foreign = [
    "Optional(", "TensorError", "Swift.", "nil", "Array<", "Diagnostic(", "negativeAxis",
    "tooLarge",
  ]

  /// A small generator of its own: the same seed gives the same programs everywhere.
  private struct Dice {
    var state: UInt64
    mutating func roll(_ n: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(n))
    }
    mutating func pick<T>(_ list: [T]) -> T { list[roll(list.count)] }
  }

  private static func program(_ dice: inout Dice) -> String {
    let name = dice.pick(Builtin.all).name
    var arguments = (0..<dice.roll(5)).map { _ in dice.pick(values) }
    if dice.roll(3) == 0 { arguments.append("\(dice.pick(names))=\(dice.pick(values))") }
    let call = "\(name)(\(arguments.joined(separator: ", ")))"
    let rest = ["", "(\(dice.pick(values)))", ".sum().backward()", "[\(dice.pick(values))]"]
    return "param w = [1, 2]; y = " + call + dice.pick(rest)
  }

  @Test func everyCallEnds() {
    let environment = ProcessInfo.processInfo.environment
    let count = environment["NNREPL_FUZZ"].flatMap(Int.init) ?? 400
    var dice = Dice(state: environment["NNREPL_SEED"].flatMap(UInt64.init) ?? 2026)
    var refused = 0
    for _ in 0..<count {
      let code = Self.program(&dice)
      var limits = Limits()
      limits.steps = 2_000_000
      let outcome = Session(limits: limits).run(code) { _ in }
      guard let error = outcome.errors.first else { continue }
      refused += 1
      let told = [error.headline, error.reason ?? "", error.hint ?? ""].joined(separator: " ")
      #expect(error.span != nil, "\(code): \(error.headline)")
      #expect(error.id != .internalFault, "\(code): \(error.headline)")
      #expect(!Self.foreign.contains { told.contains($0) }, "\(code): \(told)")
    }
    #expect(refused > count / 4, "hostile enough")
  }
}

import Builtins
import Foundation
import Interpreter
import Session
import TestSupport
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

  private static func program(_ dice: inout Dice) -> String {
    let name = dice.pick(Builtin.all).name
    var arguments = (0..<dice.roll(5)).map { _ in dice.pick(values) }
    if dice.roll(3) == 0 { arguments.append("\(dice.pick(names))=\(dice.pick(values))") }
    let call = "\(name)(\(arguments.joined(separator: ", ")))"
    let rest = ["", "(\(dice.pick(values)))", ".sum().backward()", "[\(dice.pick(values))]"]
    return "param w = [1, 2]; y = " + call + dice.pick(rest)
  }

  @Test func everyCallEnds() {
    let (count, seed) = Fuzz.settings
    var dice = Dice(state: seed)
    var refused = 0
    for _ in 0..<count {
      let code = Self.program(&dice)
      var limits = Limits()
      limits.steps = 2_000_000
      let outcome = Session(limits: limits).run(code) { _ in }
      guard let error = outcome.errors.first else { continue }
      refused += 1
      Fuzz.inspect(error, code)
    }
    #expect(refused > count / 4, "hostile enough")
  }

  /// Windows whose settings, or what they are laid over, have no end: each call ends, with what it says here.
  @Test(arguments: [
    ("conv2d(zeros(1e11, 0, 3, 3), zeros(0, 0, 2, 2))", nil),
    ("conv1d(ones(1, 1, 4), ones(1, 1, 2), padding=2147483647, stride=2147483647)", nil),
    ("conv1d(ones(1, 3, 4), ones(2, 3, 2), groups=9007199254740991)", "shape-mismatch"),
    ("conv_transpose1d(zeros(0, 1, 1e12), zeros(1, 1, 2), stride=16000)", "memory-limit"),
    ("max_pool1d(ones(1, 1, 4), 9007199254740991, dilation=2147483647)", "bad-argument"),
    ("max_pool1d(ones(1, 1, 4), 2147483647, padding=1073741823, ceil_mode=true)", nil),
    ("max_pool1d([[[5]]], 2, stride=1, padding=2, dilation=4)", "bad-argument"),
    ("max_pool1d([[[5]]], 2, stride=1, padding=1, dilation=2)", "bad-argument"),
    ("unfold(zeros(0, 1, 1e6, 1e6), 2)", "memory-limit"),
  ])
  func windowsWithoutEnd(code: String, id: String?) {
    let error = Session(limits: Limits()).run(code) { _ in }.errors.first
    #expect(error?.id.rawValue == id)
  }
}

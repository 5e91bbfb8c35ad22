import Diagnostics
import Foundation
import Testing

/// A small generator of its own: the same seed gives the same programs everywhere.
package struct Dice {
  private var state: UInt64
  package init(state: UInt64) { self.state = state }

  package mutating func roll(_ n: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(n))
  }
  package mutating func pick<T>(_ list: [T]) -> T { list[roll(list.count)] }
}

/// What all fuzzers have in common.
package enum Fuzz {
  /// How many programs, and from which seed: `NNREPL_FUZZ` and `NNREPL_SEED`.
  package static var settings: (count: Int, seed: UInt64) {
    let environment = ProcessInfo.processInfo.environment
    return (
      environment["NNREPL_FUZZ"].flatMap(Int.init) ?? 400,
      environment["NNREPL_SEED"].flatMap(UInt64.init) ?? 2026
    )
  }

  /// What a text must not say: it is Swift's, not the learner's.
  private static let foreign = [
    "Optional(", "TensorError", "Swift.", "nil", "Array<", "Diagnostic(", "negativeAxis",
    "tooLarge", "ScriptFault(", "Unmanaged",
  ]

  /// Every diagnostic has its place and the learner's words.
  package static func inspect(_ error: Diagnostic, _ code: String) {
    let told = [error.headline, error.reason ?? "", error.hint ?? ""].joined(separator: " ")
    #expect(error.span != nil, "\(code): \(error.headline)")
    #expect(error.id != .internalFault, "\(code): \(error.headline)")
    // Quoted text is the program's own.
    #expect(!foreign.contains { told.contains($0) && !code.contains($0) }, "\(code): \(told)")
  }

  /// The text with some of its characters, words, numbers and lines changed.
  package static func mutated(_ text: String, _ dice: inout Dice) -> String {
    var lines = text.components(separatedBy: "\n")
    for _ in 0...dice.roll(4) {
      guard !lines.isEmpty else { break }
      let i = dice.roll(lines.count)
      switch dice.roll(9) {
      case 0: lines.remove(at: i)
      case 1: lines.insert(lines[dice.roll(lines.count)], at: i)
      case 2: lines.swapAt(i, dice.roll(lines.count))
      case 3, 4:
        var words = lines[i].split(separator: " ", omittingEmptySubsequences: false).map(
          String.init)
        words[dice.roll(words.count)] = dice.pick(pieces)
        lines[i] = words.joined(separator: " ")
      case 5:
        lines[i] = lines[i].replacing(/[0-9.]+/, maxReplacements: 1) { _ in dice.pick(numbers) }
      default:
        var characters = Array(lines[i])
        let place = dice.roll(characters.count + 1)
        if dice.roll(2) == 0, place < characters.count {
          characters.remove(at: place)
        } else {
          characters.insert(contentsOf: dice.pick(pieces), at: place)
        }
        lines[i] = String(characters)
      }
    }
    return lines.joined(separator: "\n")
  }

  private static let numbers = ["0", "-1", "1e18", "1e-300", "nan", "inf", "0.5", "7", "3", ""]
  private static let pieces = [
    "(", ")", "[", "]", "{", "}", ",", ":", ";", "=", ":=", "+", "-", "*", "/", "@", "^", "∂", "²",
    "ᵀ", ".", "..", "\"", "'", "#", "#|", "# %%", "\\", "\t", "é", "😀", "\u{0}", "w", "x", "loss",
    "param", "buffer", "fn", "layer", "if", "else", "while true", "for", "in", "repeat 3",
    "return", "break", "forward", "backward", "explain", "step", "no_grad", "expect", "none",
    "true", "list()", "zeros(0)", "1e308", "sum", "-> ", "and", "not",
  ]
}

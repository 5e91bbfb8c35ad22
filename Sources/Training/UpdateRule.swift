// What an optimizer does to a parameter: a few assignments, written once, that run, explain and print.
import Autograd
import CPlatform
import Tensors

/// One assignment of an update: `target ← formula`, over the parameter `w`, its gradient `grad`, what is kept
/// between steps, the settings, and the count of steps `t`.
package struct UpdateRule: Sendable {
  package let target: String
  package let formula: Formula

  init(_ target: String, _ formula: Formula) {
    self.target = target
    self.formula = formula
  }
}

/// Update rules as a program over the vectors in memory.
struct UpdateProgram: Sendable {
  /// The vectors: the parameter, its gradient, what is kept.
  let vectors: [String]
  private var program = BlockProgram()
  /// Parts of formulas that are one number per step, such as `1 - beta1^t`.
  private(set) var scalars: [Formula] = []

  /// - Parameter kept: the names whose values last from step to step.
  init(_ rules: [UpdateRule], kept: [String]) {
    vectors = ["w", "grad"] + kept
    var places = Dictionary(
      uniqueKeysWithValues: vectors.enumerated().map { ($1, BlockProgram.Place.vector($0)) })
    // Rules that make one number for the whole step stand in the formulas that use them.
    var numbers: [String: Formula] = [:]
    for rule in rules {
      let formula = rule.formula.filled { leaf in
        if case .symbol(let symbol) = leaf { numbers[symbol.text] } else { nil }
      }
      if places[rule.target] == nil, !formula.mentions({ places[$0] != nil }) {
        numbers[rule.target] = formula
        continue
      }
      let source = compile(formula, places)
      // The gradient itself is not changed; a rule that corrects it works on a copy.
      if rule.target == "grad" || places[rule.target] == nil {
        places[rule.target] = program.temporary()
      }
      guard let out = places[rule.target] else { continue }
      program.add(.one(Kernel.copy), [source], to: out)
    }
    program.fold()
    program = program.sharingBlocks()
  }

  private mutating func compile(_ formula: Formula, _ places: [String: BlockProgram.Place])
    -> BlockProgram.Place
  {
    switch formula {
    case .symbol(let symbol):
      if let place = places[symbol.text] { return place }
    case .apply(let op, let arguments, let attributes):
      guard formula.mentions({ places[$0] != nil }), var loop = op.loop?(attributes) else { break }
      let parts = arguments.map { compile($0, places) }
      if op == .div, case .number(let divisor) = parts[1] {
        // One division for the step instead of one for each element.
        scalars[divisor] = 1 / scalars[divisor]
        loop = .two(Kernel.multiply)
      }
      let out = program.temporary()
      program.add(loop, parts, to: out)
      return out
    default: break
    }
    scalars.append(formula)
    return .number(scalars.count - 1)
  }

  /// Runs the rules over `count` elements.
  /// - Parameters:
  ///   - memory: the first element of each of `vectors`.
  ///   - numbers: the values of `scalars`.
  /// - Returns: whether the first of `vectors` holds neither nan nor inf now.
  func run<E: Element>(
    _ memory: UnsafeMutableBufferPointer<UnsafeMutablePointer<E>>, _ numbers: [Double], count: Int
  ) -> Bool {
    let areSeenFinite = program.run(Array(memory), numbers.map { E($0) }, count: count)
    return program.last == .vector(0) && areSeenFinite || E.areFinite(memory[0], count)
  }
}

/// Update rules that CPlatform has one loop for: the same numbers as by `UpdateProgram`, in a third of the time.
struct UpdateLoop: Sendable {
  /// What it takes besides vectors, in the order of `nnrepl_adam_numbers`.
  let numbers: [Formula]

  /// As `UpdateProgram.run`; `memory` is the parameter, its gradient and the two moments.
  func run<E: Element>(
    _ memory: UnsafeMutableBufferPointer<UnsafeMutablePointer<E>>, _ numbers: [Double], count: Int
  ) -> Bool {
    var settings = nnrepl_adam_numbers(
      pull: numbers[0], keep: numbers[1], beta1: numbers[2], share1: numbers[3], beta2: numbers[4],
      share2: numbers[5], correction1: numbers[6], correction2: numbers[7], lr: numbers[8],
      eps: numbers[9])
    return nnrepl_adam(E.layout, count, memory[0], memory[1], memory[2], memory[3], &settings) != 0
  }
}

extension Formula {
  /// Whether it holds a name of a kind.
  func mentions(_ isMeant: (String) -> Bool) -> Bool {
    switch self {
    case .symbol(let symbol): isMeant(symbol.text)
    case .apply(_, let arguments, _): arguments.contains { $0.mentions(isMeant) }
    default: false
    }
  }
}

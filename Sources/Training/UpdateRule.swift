// What an optimizer does to a parameter: a few assignments, written once, that run, explain and print.
import Autograd
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
      if places[rule.target] == nil, !UpdateProgram.mentions(places, formula) {
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

  private static func mentions(_ places: [String: BlockProgram.Place], _ formula: Formula) -> Bool {
    switch formula {
    case .symbol(let symbol): places[symbol.text] != nil
    case .apply(_, let arguments, _): arguments.contains { mentions(places, $0) }
    default: false
    }
  }

  private mutating func compile(_ formula: Formula, _ places: [String: BlockProgram.Place])
    -> BlockProgram.Place
  {
    switch formula {
    case .symbol(let symbol):
      if let place = places[symbol.text] { return place }
    case .apply(let op, let arguments, let attributes):
      guard UpdateProgram.mentions(places, formula), var loop = op.loop?(attributes) else { break }
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
  func run<E: Element>(_ memory: [UnsafeMutablePointer<E>], _ numbers: [E], count: Int) -> Bool {
    let areSeenFinite = program.run(memory, numbers, count: count)
    return program.last == .vector(0) && areSeenFinite || E.areFinite(memory[0], count)
  }
}

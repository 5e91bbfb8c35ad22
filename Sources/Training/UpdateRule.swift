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

/// Update rules as straight-line code over vectors. It runs block by block, so that what one assignment
/// hands to the next stays in the fastest memory.
struct UpdateProgram: Sendable {
  /// The vectors in memory: the parameter, its gradient, what is kept.
  let vectors: [String]
  private var instructions: [Instruction] = []
  /// Parts of formulas that are one number per step, such as `1 - beta1^t`.
  private(set) var scalars: [Formula] = []
  private var temporaries = 0

  private enum Source: Sendable {
    case scalar(Int)
    case vector(Int)
  }

  /// A loop over one vector or two.
  private enum Operation: Sendable {
    case one(nnrepl_map_function)
    case two(nnrepl_zip_function)
    /// Two vectors, each times one of the scalars, added.
    case blend(Int, Int)
  }

  private struct Instruction: Sendable {
    let operation: Operation
    let a: Source
    let b: Source
    let out: Int
  }

  /// - Parameter kept: the names whose values last from step to step.
  init(_ rules: [UpdateRule], kept: [String]) {
    vectors = ["w", "grad"] + kept
    var places = Dictionary(uniqueKeysWithValues: vectors.enumerated().map { ($1, $0) })
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
      if rule.target == "grad" || places[rule.target] == nil { places[rule.target] = temporary() }
      guard let out = places[rule.target] else { continue }
      instructions.append(Instruction(operation: .one(NNREPL_COPY), a: source, b: source, out: out))
    }
    fold()
  }

  private mutating func temporary() -> Int {
    temporaries += 1
    return vectors.count + temporaries - 1
  }

  private mutating func compile(_ formula: Formula, _ places: [String: Int]) -> Source {
    switch formula {
    case .symbol(let symbol):
      if let place = places[symbol.text] { return .vector(place) }
    case .apply(let op, let arguments, _):
      if let blended = blend(op, arguments, places) { return blended }
      let parts = arguments.map { compile($0, places) }
      guard parts.contains(where: { if case .vector = $0 { true } else { false } }) else { break }
      let out = temporary()
      let isSquare = op == .pow && arguments[1].number == 2
      if op == .div, case .scalar(let divisor) = parts[1] {
        // One division for the step instead of one for each element.
        scalars[divisor] = 1 / scalars[divisor]
        instructions.append(
          Instruction(operation: .two(NNREPL_MULTIPLY), a: parts[0], b: parts[1], out: out))
        return .vector(out)
      }
      instructions.append(
        Instruction(
          operation: isSquare ? .one(NNREPL_SQUARE) : UpdateProgram.operation(op), a: parts[0],
          b: parts.count > 1 ? parts[1] : parts[0], out: out))
      return .vector(out)
    default: break
    }
    scalars.append(formula)
    return .scalar(scalars.count - 1)
  }

  /// `a*x + b*y`, of numbers a and b, one of which may be 1 and unwritten, in one pass; and `a*x - b*y`.
  private mutating func blend(_ op: Op, _ arguments: [Formula], _ places: [String: Int]) -> Source?
  {
    guard op == .add || op == .sub else { return nil }
    let terms = arguments.map { UpdateProgram.term($0, places) }
    guard terms[0].vector.mentions({ places[$0] != nil }),
      terms[1].vector.mentions({ places[$0] != nil }),
      terms.contains(where: { $0.share != nil }),
      case .vector(let x) = compile(terms[0].vector, places),
      case .vector(let y) = compile(terms[1].vector, places)
    else { return nil }
    scalars.append(terms[0].share ?? 1)
    let share = terms[1].share ?? 1
    scalars.append(op == .sub ? -share : share)
    let out = temporary()
    instructions.append(
      Instruction(
        operation: .blend(scalars.count - 2, scalars.count - 1), a: .vector(x), b: .vector(y),
        out: out))
    return .vector(out)
  }

  /// A part of a sum as a number times a vector.
  private static func term(_ formula: Formula, _ places: [String: Int]) -> (
    share: Formula?, vector: Formula
  ) {
    guard case .apply(.mul, let factors, _) = formula, factors.count == 2 else {
      return (nil, formula)
    }
    if !factors[0].mentions({ places[$0] != nil }) { return (factors[0], factors[1]) }
    if !factors[1].mentions({ places[$0] != nil }) { return (factors[1], factors[0]) }
    return (nil, formula)
  }

  private static func operation(_ op: Op) -> Operation {
    switch op {
    case .add: .two(NNREPL_ADD)
    case .sub: .two(NNREPL_SUBTRACT)
    case .mul: .two(NNREPL_MULTIPLY)
    case .div: .two(NNREPL_DIVIDE)
    case .maximum: .two(NNREPL_MAXIMUM)
    case .neg: .one(NNREPL_NEGATE)
    case .sqrt: .one(NNREPL_SQRT)
    case .square: .one(NNREPL_SQUARE)
    default: .one(NNREPL_COPY)
    }
  }

  /// A copy of what the instruction before it made is that instruction, writing to its target.
  private mutating func fold() {
    var folded: [Instruction] = []
    for instruction in instructions {
      if case .one(NNREPL_COPY) = instruction.operation, case .vector(let source) = instruction.a,
        source >= vectors.count, let last = folded.last, last.out == source
      {
        folded[folded.count - 1] = Instruction(
          operation: last.operation, a: last.a, b: last.b, out: instruction.out)
      } else {
        folded.append(instruction)
      }
    }
    instructions = folded
  }

  // MARK: Running

  private static let block = 1024

  /// Runs the rules over `count` elements.
  /// - Parameters:
  ///   - memory: the first element of each of `vectors`.
  ///   - numbers: the values of `scalars`.
  /// - Returns: whether the first of `vectors` holds neither nan nor inf now; it is at hand here.
  func run<E: Element>(
    _ memory: UnsafeMutableBufferPointer<UnsafeMutablePointer<E>>, _ numbers: [Double], count: Int
  ) -> Bool {
    let block = min(count, UpdateProgram.block)
    let room = temporaries * block
    return withUnsafeTemporaryAllocation(of: E.self, capacity: room + numbers.count + 1) {
      scratch in
      guard let start = scratch.baseAddress else { return true }
      let constants = start + room
      for (k, number) in numbers.enumerated() { constants[k] = E(number) }
      var isFinite = true
      var first = 0
      while first < count {
        let n = min(block, count - first)
        func pointer(_ place: Int) -> UnsafeMutablePointer<E> {
          place < memory.count ? memory[place] + first : start + (place - memory.count) * block
        }
        /// What an instruction reads, and the step to its next number.
        func operand(_ source: Source) -> (UnsafeMutablePointer<E>, step: Int) {
          switch source {
          case .vector(let place): (pointer(place), 1)
          case .scalar(let place): (constants + place, 0)
          }
        }
        for instruction in instructions {
          let out = pointer(instruction.out)
          let (x, y) = (operand(instruction.a), operand(instruction.b))
          switch instruction.operation {
          case .one(let f): nnrepl_map(E.layout, f, n, out, x.0, 0, 0)
          case .two(let f): nnrepl_zip(E.layout, f, n, out, x.0, x.step, y.0, y.step)
          case .blend(let a, let b):
            nnrepl_blend(E.layout, n, out, x.0, Double(constants[a]), y.0, Double(constants[b]))
          }
        }
        isFinite = isFinite && E.areFinite(memory[0] + first, n)
        first += n
      }
      return isFinite
    }
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

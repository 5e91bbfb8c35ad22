// Formulas over many numbers as straight-line code.
import CPlatform

/// What CPlatform has a loop for, as an instruction of a program.
package enum Loop: Sendable, Equatable {
  case one(Mapped)
  case two(Zipped)
  /// The third operand where a relation holds between the first two, else the fourth.
  case choice(Zipped)
}

/// Loops one after the other. They run block by block, so that what one hands to the next stays in the fastest memory.
package struct BlockProgram: Sendable {
  /// What an instruction reads or writes.
  package enum Place: Sendable, Hashable {
    /// Numbers in memory.
    case vector(Int)
    /// A block that is kept until its last use.
    case temporary(Int)
    /// One number for all.
    case number(Int)
  }

  private struct Instruction: Sendable {
    let does: Loop
    var a: Place
    var b: Place
    var c: Place
    var d: Place
    var out: Place
  }

  private var instructions: [Instruction] = []
  /// How many blocks there are, one for each temporary until `sharingBlocks`.
  private var blocks = 0
  private static let block = 1024

  /// Nothing to do yet.
  package init() {}

  /// A place for a part of the result.
  package mutating func temporary() -> Place {
    blocks += 1
    return .temporary(blocks - 1)
  }

  /// - Parameter operands: as many as the loop has.
  package mutating func add(_ loop: Loop, _ operands: [Place], to out: Place) {
    let a = operands.first ?? out
    let b = operands.count > 1 ? operands[1] : a
    let c = operands.count > 2 ? operands[2] : a
    let d = operands.count > 3 ? operands[3] : a
    instructions.append(Instruction(does: loop, a: a, b: b, c: c, d: d, out: out))
  }

  /// A copy of what the instruction before it made is that instruction, writing to the copy's place.
  package mutating func fold() {
    var folded: [Instruction] = []
    for instruction in instructions {
      if instruction.does == .one(Mapped(function: NNREPL_COPY)), case .temporary = instruction.a,
        let last = folded.last, last.out == instruction.a
      {
        folded[folded.count - 1].out = instruction.out
      } else {
        folded.append(instruction)
      }
    }
    instructions = folded
  }

  /// The same with one block for temporaries that are not needed at the same time.
  package func sharingBlocks() -> BlockProgram {
    // By the number of a temporary: the last instruction that needs it, and its block.
    var ends = [Int](repeating: 0, count: blocks)
    for (i, it) in instructions.enumerated() {
      for case .temporary(let k) in [it.a, it.b, it.c, it.d, it.out] { ends[k] = i }
    }
    var shared = self
    var moved = [Int?](repeating: nil, count: blocks)
    var free: [Int] = []
    shared.blocks = 0
    for (i, it) in instructions.enumerated() {
      func place(_ place: Place) -> Place {
        if case .temporary(let k) = place, let block = moved[k] { .temporary(block) } else { place }
      }
      (shared.instructions[i].a, shared.instructions[i].b) = (place(it.a), place(it.b))
      (shared.instructions[i].c, shared.instructions[i].d) = (place(it.c), place(it.d))
      // A result may stand where an operand does.
      for case .temporary(let k) in [it.a, it.b, it.c, it.d]
      where ends[k] == i && .temporary(k) != it.out {
        if let block = moved[k], !free.contains(block) { free.append(block) }
      }
      if case .temporary(let k) = it.out, moved[k] == nil {
        if let block = free.popLast() {
          moved[k] = block
        } else {
          moved[k] = shared.blocks
          shared.blocks += 1
        }
      }
      shared.instructions[i].out = place(it.out)
    }
    return shared
  }

  /// Where the last instruction writes to.
  package var last: Place? { instructions.last?.out }

  /// Runs it over `count` elements.
  /// - Parameters:
  ///   - vectors: the first element of each; only those that instructions write to need be mutable.
  ///   - numbers: the single ones.
  ///   - take: sees each block that the last instruction has made.
  /// - Returns: whether the last instruction has seen that all it made is finite.
  package func run<E: Element>(
    _ vectors: [UnsafeMutablePointer<E>], _ numbers: [E], count: Int,
    take: ((UnsafeMutablePointer<E>, Int) -> Void)? = nil
  ) -> Bool {
    var numbers = numbers
    return numbers.withUnsafeMutableBufferPointer { numbers in
      let single = numbers.baseAddress ?? vectors[0]
      return withUnsafeTemporaryAllocation(
        of: E.self, capacity: max(1, blocks * BlockProgram.block)
      ) {
        scratch in
        guard let start = scratch.baseAddress else { return false }
        var areFinite = true
        var first = 0
        while first < count {
          let n = min(BlockProgram.block, count - first)
          /// Where an operand begins, and the step to its next number.
          func operand(_ place: Place) -> (UnsafeMutablePointer<E>, Int) {
            switch place {
            case .vector(let k): (vectors[k] + first, 1)
            case .temporary(let k): (start + k * BlockProgram.block, 1)
            case .number(let k): (single + k, 0)
            }
          }
          var isFinite = false
          for instruction in instructions {
            let (out, (a, aStep)) = (operand(instruction.out).0, operand(instruction.a))
            switch instruction.does {
            case .one(let f):
              isFinite = nnrepl_map(E.layout, f.function, n, out, a, f.a, f.b) != 0
            case .two(let f):
              let (b, bStep) = operand(instruction.b)
              isFinite = nnrepl_zip(E.layout, f.function, n, out, a, aStep, b, bStep) != 0
            case .choice(let relation):
              let ((b, bStep), (c, cStep)) = (operand(instruction.b), operand(instruction.c))
              let (d, dStep) = operand(instruction.d)
              isFinite =
                nnrepl_choose(
                  E.layout, relation.function, n, out, a, aStep, b, bStep, c, cStep, d, dStep) != 0
            }
          }
          if let last = instructions.last { take?(operand(last.out).0, n) }
          if !isFinite { areFinite = false }
          first += n
        }
        return areFinite
      }
    }
  }
}

extension Tensor {
  /// From so many elements on a program is worth being made.
  package static let manyForBlocks = 1 << 12

  /// What a program makes of tensors of one shape and type and of single numbers: its first vector, the others being the
  /// operands.
  package static func computed(
    _ program: BlockProgram, _ operands: [Tensor], _ numbers: [Tensor], like model: Tensor
  ) throws(TensorError) -> Tensor {
    for operand in operands { try operand.mustHold(model.count) }
    func run<E: Element>(_: E.Type) throws(TensorError) -> Tensor {
      let numbers = numbers.map { E($0[0]) }
      var areFinite = true
      let made = try fill(model.shape, model.dtype) { (out: UnsafeMutablePointer<E>) in
        reading(operands, [out]) { vectors in
          Work.inParts(model.count) { part in
            let isPartFinite = program.run(
              vectors.map { $0 + part.lowerBound }, numbers, count: part.count)
            if !isPartFinite { areFinite = false }
          }
        }
      }
      if areFinite { made.noteFinite() }
      return made
    }
    return model.dtype == .float32 ? try run(Float.self) : try run(Double.self)
  }

  /// The sum of what a program's last instruction makes, as `sum` has it.
  package static func total(
    _ program: BlockProgram, _ operands: [Tensor], _ numbers: [Tensor], like model: Tensor
  ) throws(TensorError) -> Tensor {
    for operand in operands { try operand.mustHold(model.count) }
    func run<E: Element>(_: E.Type) throws(TensorError) -> Tensor {
      let numbers = numbers.map { E($0[0]) }
      var (lanes, rest) = ([E](repeating: 0, count: 16), [E]())
      var (total, taken) = (0.0, 0)
      func close() {
        total += Double(rest.reduce(lanes.dropFirst().reduce(lanes[0], +), +))
        (lanes, rest) = ([E](repeating: 0, count: 16), [])
      }
      reading(operands, [UnsafeMutablePointer<E>]()) { vectors in
        // The first vector is the result's, which nobody writes.
        guard let none = vectors.first else { return }
        Work.inParts(model.count) { part in
          _ = program.run(
            ([none] + vectors).map { $0 + part.lowerBound }, numbers, count: part.count
          ) { block, n in
            nnrepl_add_lanes(E.layout, n, &lanes, block)
            rest += (n - n % 16..<n).map { block[$0] }
            taken += n
            if E.layout == NNREPL_F32, taken % Int(NNREPL_BLOCK) == 0 { close() }
          }
        }
      }
      try Work.look()
      close()
      return Tensor(Double(E(total)), dtype: model.dtype)
    }
    return model.dtype == .float32 ? try run(Float.self) : try run(Double.self)
  }

  /// Calls `body` with pointers to the elements of tensors, behind those that are there.
  private static func reading<E: Element>(
    _ tensors: [Tensor], _ pointers: [UnsafeMutablePointer<E>],
    _ body: ([UnsafeMutablePointer<E>]) -> Void
  ) {
    guard let first = tensors.first else { return body(pointers) }
    first.read(E.self) {
      reading(Array(tensors.dropFirst()), pointers + [UnsafeMutablePointer(mutating: $0)], body)
    }
  }

  /// Whether both are the same numbers in memory.
  package func isSame(as other: Tensor) -> Bool {
    buffer != nil && buffer === other.buffer
  }
}

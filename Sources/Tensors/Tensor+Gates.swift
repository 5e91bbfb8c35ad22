// One step of an LSTM's cell. Each row of gates is i, f, g and o side by side, four numbers for each of the memory's.
import CPlatform

extension Tensor {
  /// The memory `σ(f)*c + σ(i)*tanh(g)` from these gates, `[*, 4*n]`, and `c`, `[*, n]` of the same type; behind it what its
  /// gradient needs: σ(i), σ(f) and tanh(g).
  /// - Throws: `TensorError.notReshapable` for other counts.
  package func lstmMemory(_ c: Tensor) throws(TensorError) -> [Tensor] {
    try cellStep(c, keeping: 3) { layout, rows, n, out, kept, gates, c in
      nnrepl_lstm_memory(layout, rows, n, out, kept[0], kept[1], kept[2], gates, c)
    }
  }

  /// What the memory hands back to the gates from dz, which this is, is added to `gates`.
  package func addLSTMMemorySlope(_ c: Tensor, kept: [Tensor], to gates: inout Tensor)
    throws(TensorError)
  {
    let (rows, n) = rows
    for part in kept { try part.mustHold(count) }
    try c.mustHold(count)
    try gates.mustHold(4 * count)
    guard let sum = try gates.mutablePointer() else { return }
    read { dz in
      c.read { c in
        kept[0].read { i in
          kept[1].read { f in
            kept[2].read { g in nnrepl_lstm_memory_slope(layout, rows, n, sum, dz, c, i, f, g) }
          }
        }
      }
    }
  }

  /// The output `σ(o)*tanh(c)`; behind it what its gradient needs: σ(o) and tanh(c).
  package func lstmOutput(_ c: Tensor) throws(TensorError) -> [Tensor] {
    try cellStep(c, keeping: 2) { layout, rows, n, out, kept, gates, c in
      nnrepl_lstm_output(layout, rows, n, out, kept[0], kept[1], gates, c)
    }
  }

  /// What the output hands back to `c` from dz, which this is; what it hands back to the gates is added to `gates`.
  package func lstmOutputSlope(kept: [Tensor], addingTo gates: inout Tensor) throws(TensorError)
    -> Tensor
  {
    let (rows, n) = rows
    for part in kept { try part.mustHold(count) }
    try gates.mustHold(4 * count)
    let sum = try gates.mutablePointer()
    return try Tensor.made(shape, dtype) { dc in
      guard let sum else { return }
      read { dz in
        kept[0].read { o in
          kept[1].read { shown in
            nnrepl_lstm_output_slope(layout, rows, n, sum, dc, dz, o, shown)
          }
        }
      }
    }
  }

  /// How many rows it has, and their length.
  private var rows: (count: Int, length: Int) {
    let length = shape.last ?? 1
    return (length == 0 ? 0 : count / length, length)
  }

  private func cellStep(
    _ c: Tensor, keeping parts: Int,
    _ loop: (
      nnrepl_type, Int, Int, UnsafeMutableRawPointer, [UnsafeMutableRawPointer], UnsafeRawPointer,
      UnsafeRawPointer
    ) -> Int32
  ) throws(TensorError) -> [Tensor] {
    try mustHold(4 * c.count)
    let (rows, n) = c.rows
    func run<E: Element>(_: E.Type) throws(TensorError) -> [Tensor] {
      var drafts: [Draft<E>] = []
      for _ in 0...parts { drafts.append(try Draft<E>(c.shape)) }
      let kept = drafts.dropFirst().map { UnsafeMutableRawPointer($0.elements) }
      let areFinite = read(E.self) { gates in
        c.read(E.self) { c in loop(E.layout, rows, n, drafts[0].elements, kept, gates, c) != 0 }
      }
      var made: [Tensor] = []
      for draft in drafts { made.append(try draft.finished(dtype)) }
      if areFinite { made[0].noteFinite() }
      return made
    }
    return dtype == .float32 ? try run(Float.self) : try run(Double.self)
  }
}

// Built-ins that make tensors, and those that arrange them.
import Interpreter
import Autograd
import Diagnostics
import Tensors

extension Builtin {
  static let making: [Builtin] = [
    Builtin(
      "tensor(values, dtype=none)", .making, "A tensor from numbers, a bracket or nested lists.",
      example: "tensor([[1, 2], [3, 4]])"
    ) { call throws(Diagnostic) in
      let dtype = try call.dtype("dtype")
      return try call.machine.tensor(
        from: call.value("values"), dtype, call.span, explicit: call.has("dtype"))
    },
    filled("zeros", "A tensor of zeros.", 0), filled("ones", "A tensor of ones.", 1),
    Builtin(
      "full(shape, value, dtype=none)", .making, "A tensor with the same number everywhere.",
      example: "full([2, 2], 7)"
    ) { call throws(Diagnostic) in
      let (dims, number, dtype) = (
        try call.ints("shape"), try call.double("value"), try call.dtype("dtype")
      )
      return try call.made { () throws(TensorError) in
        try Tensor(filling: Shape(dims), with: number, dtype: dtype)
      }
    },
    Builtin("zeros_like(x)", .making, "Zeros in the shape of `x`.", example: "zeros_like([1, 2])") {
      call throws(Diagnostic) in
      let x = try call.node("x")
      return try call.made { () throws(TensorError) in
        try Tensor(filling: x.shape, with: 0, dtype: x.dtype)
      }
    },
    Builtin("ones_like(x)", .making, "Ones in the shape of `x`.", example: "ones_like([1, 2])") {
      call throws(Diagnostic) in
      let x = try call.node("x")
      return try call.made { () throws(TensorError) in
        try Tensor(filling: x.shape, with: 1, dtype: x.dtype)
      }
    },
    Builtin(
      "eye(n, m=none, dtype=none)", .making, "The identity matrix.", example: "eye(2)"
    ) { call throws(Diagnostic) in
      let (n, dtype) = (try call.int("n"), try call.dtype("dtype"))
      let m = call.has("m") ? try call.int("m") : n
      return try call.made { () throws(TensorError) in
        let shape = try Shape([n, m])
        _ = try Tensor(filling: shape, with: 0, dtype: dtype)
        var values = [Double](repeating: 0, count: shape.count)
        for i in 0..<min(n, m) { values[i * m + i] = 1 }
        return try Tensor(values, shape: shape, dtype: dtype)
      }
    },
    Builtin(
      "arange(start, end=none, step=1)", .making,
      "Numbers from `start` up to but not including `end`; from 0 with one argument.",
      example: "arange(5)"
    ) { call throws(Diagnostic) in
      let (first, step) = (try call.double("start"), try call.double("step"))
      let (start, end) = call.has("end") ? (first, try call.double("end")) : (0, first)
      guard step > 0 ? start <= end : start >= end && step < 0, start.isFinite, step.isFinite,
        let range = RangeObject(start, end, step)
      else {
        throw call.uncountable(start, end, step)
      }
      let whole =
        [start, end, step].allSatisfy { $0 == $0.rounded() }
        && !["start", "end", "step"].contains(where: call.isFraction)
      let dtype: DType = whole ? .int64 : call.machine.dtype
      return try call.made { () throws(TensorError) in
        try Tensor(from: start, by: step, count: range.count, dtype: dtype)
      }
    },
    Builtin(
      "linspace(start, end, steps)", .making, "Evenly spaced numbers, both ends included.",
      example: "linspace(0, 1, 5)"
    ) { call throws(Diagnostic) in
      let (start, end, steps) = (
        try call.double("start"), try call.double("end"), try call.int("steps")
      )
      let dtype = call.machine.dtype
      return try call.made { () throws(TensorError) in
        let shape = try Shape([steps])
        _ = try Tensor(filling: shape, with: 0)
        let gap = (end - start) / Double(max(1, steps - 1))
        // As in PyTorch, the second half counts back from the end.
        let values = (0..<steps).map {
          $0 < (steps + 1) / 2 ? start + gap * Double($0) : end - gap * Double(steps - 1 - $0)
        }
        return try Tensor(values, shape: shape, dtype: dtype)
      }
    },
    drawn("rand", "Random numbers, uniform in [0, 1).") { generator, count in
      generator.uniforms(count, 0, 1, .float32)
    },
    drawn("randn", "Random numbers from the standard normal distribution.") { generator, count in
      generator.normals(count, .float32)
    },
    Builtin(
      "randint(low, high=none, shape=none, generator=none)", .making,
      "Random whole numbers from `low` to `high - 1`; from 0 with one bound.",
      example: "seed(0); randint(0, 10, [5])"
    ) { call throws(Diagnostic) in
      var (low, high, shape) = (try call.int("low"), 0, [Int]())
      if call.has("shape") {
        shape = try call.ints("shape")
        (low, high) = call.has("high") ? (low, try call.int("high")) : (0, low)
      } else if call.has("high"), case .number = call.value("high") {
        high = try call.int("high")
      } else {
        if call.has("high") { shape = try call.ints("high") }
        (low, high) = (0, low)
      }
      guard high > low else {
        throw BuiltinFault.emptyRange(low: low, high: high).at(call.span)
      }
      let (first, width) = (low, UInt64(high - low))
      return try call.draw(shape, .int64) { generator, count in
        (0..<count).map { _ in Double(first) + Double(generator.below(width)) }
      }
    },
    Builtin(
      "randperm(n, generator=none)", .making, "The whole numbers below `n` in random order.",
      example: "seed(0); randperm(5)"
    ) { call throws(Diagnostic) in
      let n = try call.int("n")
      return try call.draw([n], .int64) { generator, count in
        generator.permutation(count).map(Double.init)
      }
    },
  ]

  static let drawing: [Builtin] = [
    Builtin(
      "generator(seed=0)", .making,
      "A stream of random numbers of its own, for the `generator=` of functions that draw.",
      example: "g = generator(1); rand(2, generator=g)"
    ) { call throws(Diagnostic) in
      .host(GeneratorObject(seed: UInt64(bitPattern: try call.wide("seed"))))
    },
    Builtin(
      "bernoulli(p, generator=none)", .making, "1 with the probability at each place, else 0.",
      example: "seed(0); bernoulli([0.1, 0.9])"
    ) { call throws(Diagnostic) in
      let p = try call.node("p")
      if let odd = p.value.values.first(where: { !($0 >= 0 && $0 <= 1) }) {
        throw BuiltinFault.notProbability(call.machine.format(odd)).at(call.span)
      }
      let chances = p.value.values
      return try call.draw(p.shape.dims, p.dtype.floating) { generator, count in
        (0..<count).map { generator.uniform(.float32) < chances[$0] ? 1 : 0 }
      }
    },
    Builtin(
      "multinomial(input, num_samples, replacement=false, generator=none)", .making,
      "Places drawn by their weights, from one row or from each; without replacement none twice.",
      example: "seed(0); multinomial([0.1, 0.2, 0.7], 5, replacement=true)"
    ) { call throws(Diagnostic) in
      let (weights, samples) = (try call.node("input"), try call.int("num_samples"))
      let again = try call.flag("replacement")
      guard weights.shape.rank == 1 || weights.shape.rank == 2, let n = weights.shape.last
      else { throw TensorFault(.rankNeeded("multinomial", 2, weights.shape)).at(call.span) }
      let rows = n == 0 ? 0 : weights.shape.count / n
      let values = weights.value.values
      for row in 0..<rows {
        let part = values[row * n..<(row + 1) * n]
        let places = part.count { $0 > 0 }
        guard part.allSatisfy({ $0 >= 0 && $0.isFinite }), places > 0, samples > 0,
          again || samples <= places
        else {
          throw BuiltinFault.cannotDraw(samples: samples, from: places).at(call.span)
        }
      }
      let dims = weights.shape.dims.dropLast() + [samples]
      let dtype = weights.dtype
      return try call.draw(Array(dims), .int64) { generator, _ in
        again && samples > 1
          ? generator.drawn(values, rows: rows, samples: samples, dtype)
          : generator.drawnOnce(values, rows: rows, samples: samples, dtype)
      }
    },
    Builtin(
      "trunc_normal(shape, mean=0, std=1, a=-2, b=2, generator=none)", .making,
      "Random numbers from a normal distribution, those outside `a` to `b` drawn anew.",
      example: "seed(0); trunc_normal([3])"
    ) { call throws(Diagnostic) in
      let (mean, std) = (try call.double("mean"), try call.double("std"))
      let (low, high) = (try call.double("a"), try call.double("b"))
      guard std > 0, low < high else {
        throw BuiltinFault.emptyBounds(call.machine.format(low), call.machine.format(high)).at(
          call.span)
      }
      return try call.draw(try call.ints("shape"), call.machine.dtype) { generator, count in
        generator.truncatedNormals(count, mean: mean, deviation: std, low, high)
      }
    },
    Builtin(
      "orthogonal(shape, gain=1, generator=none)", .making,
      "Start values whose rows, or columns, stand at right angles (Saxe et al. 2014).",
      example: "seed(0); w = orthogonal([2, 2]); w @ w.T"
    ) { call throws(Diagnostic) in
      let (dims, gain) = (try call.ints("shape"), try call.double("gain"))
      guard dims.count >= 2 else { throw BuiltinFault.tooFewAxes("orthogonal").at(call.span) }
      return try call.draw(dims, call.machine.dtype) { generator, count in
        let rows = max(dims[0], 0)
        let columns = rows == 0 ? 0 : count / rows
        let flat = generator.normals(count, .float32)
        return orthogonal(flat, rows, columns).map { $0 * gain }
      }
    },
  ]

  /// The matrix Q of a QR decomposition with a positive diagonal of R, by Gram and Schmidt, twice; of a wide
  /// matrix that of its transpose.
  private static func orthogonal(_ flat: [Double], _ rows: Int, _ columns: Int) -> [Double] {
    let isWide = rows < columns
    let (length, count) = isWide ? (columns, rows) : (rows, columns)
    var basis: [[Double]] = []
    for k in 0..<count where !Work.mustStop {
      var v = (0..<length).map { flat[isWide ? k * columns + $0 : $0 * columns + k] }
      for _ in 0..<2 {
        for q in basis {
          let share = zip(q, v).reduce(0) { $0 + $1.0 * $1.1 }
          for i in 0..<length { v[i] -= share * q[i] }
        }
      }
      let size = v.reduce(0) { $0 + $1 * $1 }.squareRoot()
      basis.append(v.map { $0 / size })
    }
    guard basis.count == count else { return flat }
    return (0..<rows * columns).map { place in
      let (i, j) = (place / max(1, columns), place % max(1, columns))
      return isWide ? basis[i][j] : basis[j][i]
    }
  }

  private static func filled(_ name: String, _ summary: String, _ number: Double) -> Builtin {
    Builtin("\(name)(*shape, dtype=none)", .making, summary, example: "\(name)(2, 3)") {
      call throws(Diagnostic) in
      let (dims, dtype) = (try call.shape(), try call.dtype("dtype"))
      return try call.made { () throws(TensorError) in
        try Tensor(filling: Shape(dims), with: number, dtype: dtype)
      }
    }
  }

  private static func drawn(
    _ name: String, _ summary: String,
    _ draw: @escaping @Sendable (inout Generator, Int) -> [Double]
  ) -> Builtin {
    Builtin(
      "\(name)(*shape, dtype=none, generator=none)", .making, summary,
      example: "seed(0); \(name)(3)"
    ) { call throws(Diagnostic) in
      try call.draw(try call.shape(), try call.dtype("dtype"), draw)
    }
  }

  // MARK: Shape

  static let shaping: [Builtin] = [
    Builtin(
      "reshape(x, *shape)", .shape, Op.reshape.summary, example: "reshape(arange(6), 2, -1)",
      op: .reshape
    ) { call throws(Diagnostic) in
      try call.apply(
        .reshape, [.node(try call.node("x"))], Attributes(("_shape", .ints(try call.shape()))))
    },
    Builtin(
      "squeeze(x, dim=none)", .shape, "Drops axes of length 1.", example: "squeeze([[1, 2]])"
    ) { call throws(Diagnostic) in
      let x = try call.node("x")
      if call.has("dim") { return try squeeze(Value.tensor(x), try call.int("dim"), call) }
      return try call.apply(
        .reshape, [.node(x)], Attributes(("_shape", .ints(x.shape.dims.filter { $0 != 1 }))))
    },
    Builtin(
      "unsqueeze(x, dim)", .shape, "Adds an axis of length 1.", example: "unsqueeze([1, 2], 1)"
    ) { call throws(Diagnostic) in
      let (x, dim) = (try call.node("x"), try call.int("dim"))
      guard dim >= -(x.shape.rank + 1), dim <= x.shape.rank else {
        throw TensorFault(.axisOutOfRange(dim, x.shape)).at(call.span)
      }
      var dims = x.shape.dims
      dims.insert(1, at: dim < 0 ? dim + dims.count + 1 : dim)
      return try call.apply(.reshape, [.node(x)], Attributes(("_shape", .ints(dims))))
    },
    Builtin(
      "transpose(x, dim0=none, dim1=none)", .shape,
      "Exchanges two axes; all of them in reverse with none.",
      example: "transpose([[1, 2], [3, 4]])", op: .transpose
    ) { call throws(Diagnostic) in
      let x = try call.node("x")
      guard call.has("dim0") || call.has("dim1") else {
        return try call.apply(.transpose, [.node(x)])
      }
      let (a, b) = (try call.int("dim0"), try call.int("dim1"))
      let order = try call.tensors { () throws(TensorError) in
        let (first, second) = (try x.shape.axis(a), try x.shape.axis(b))
        var order = Array(0..<x.shape.rank)
        // A single number has an axis by name alone.
        if !order.isEmpty { order.swapAt(first, second) }
        return order
      }
      return try call.apply(.permute, [.node(x)], Attributes(("_dims", .ints(order))))
    },
    Builtin(
      "permute(x, *dims)", .shape, Op.permute.summary, example: "permute(zeros(2, 3), 1, 0).shape",
      op: .permute
    ) { call throws(Diagnostic) in
      try call.apply(
        .permute, [.node(try call.node("x"))], Attributes(("_dims", .ints(try call.shape()))))
    },
    Builtin(
      "expand(x, *shape)", .shape, Op.expand.summary, example: "expand([[1], [2]], 2, 3)",
      op: .expand
    ) { call throws(Diagnostic) in
      try call.apply(
        .expand, [.node(try call.node("x"))], Attributes(("_shape", .ints(try call.shape()))))
    },
  ]
}

extension BuiltinCall {
  /// Steps that lead away from the end, or never reach it; PyTorch refuses both.
  fileprivate func uncountable(_ start: Double, _ end: Double, _ step: Double) -> Diagnostic {
    let (a, b, c) = (machine.format(start), machine.format(end), machine.format(step))
    let isTurned = step != 0 && (end - start) / step < 0 && [start, end].allSatisfy { $0.isFinite }
    return BuiltinFault.uncountable(
      start: a, end: b, step: c, turned: isTurned ? machine.format(-step) : nil
    ).at(span)
  }

  /// The stream that the call names, if it names one.
  func ownGenerator() throws(Diagnostic) -> GeneratorObject? {
    guard builtin.parameters.contains(where: { $0.name == "generator" }), has("generator") else {
      return nil
    }
    guard case .host(let object) = value("generator"), let own = object as? GeneratorObject else {
      throw wrong("generator", "a generator, as in `generator(0)`")
    }
    return own
  }

  /// Draws numbers into a new tensor; the size is checked before anything is drawn.
  func draw(
    _ dims: [Int], _ dtype: DType, _ draw: (inout Generator, Int) -> [Double]
  ) throws(Diagnostic) -> Value {
    let own = try ownGenerator()
    return try made { () throws(TensorError) in
      let shape = try Shape(dims)
      _ = try Tensor(filling: shape, with: 0, dtype: dtype)
      let numbers =
        if let own { draw(&own.generator, shape.count) } else {
          draw(&machine.generator, shape.count)
        }
      if shape.count >= Work.many { try Work.look() }
      return try Tensor(numbers, shape: shape, dtype: dtype)
    }
  }
}

// Targets of a classification, in every form that PyTorch's losses take them.
import Platform
import Tensors

/// The targets of a classification as a weight for each class of each sample, so that every variant is one
/// formula: `loss_i = -Σ_c T[i, c]*logp[i, c]`.
struct ClassTargets {
  let samples: Int
  let classes: Int
  /// The class of each sample, -1 of one that is ignored; of probabilities there are none.
  private var places: [Int] = []
  /// What each of them weighs; none where that is 1.
  private var shares: [Double] = []
  /// A weight for each class of each sample, `[samples, classes]`, where one class does not say all.
  private var weights: [Double]?
  /// Whether the targets are probabilities, not class numbers.
  private let areChances: Bool
  private let smoothing: Double
  /// What a mean divides by.
  private var total = 0.0
  /// Offsets between a sample's classes, and between samples, in the input.
  private let inner: Int

  /// - Parameter takesChances: whether probabilities may stand in place of class numbers.
  init(_ name: String, _ c: Call, takesChances: Bool) throws(TensorError) {
    let shape = c.x.shape
    guard shape.rank > 0 else { throw .layerInput(name, shape, expected: "[batch, classes]") }
    let axis = shape.rank > 1 ? 1 : 0
    classes = shape[axis]
    inner = shape.extent(axis + 1..<shape.rank)
    samples = classes == 0 ? 0 : c.x.count / classes
    let byClass = c.inputs[2]
    guard byClass.rank == 0 || (byClass.rank == 1 && byClass.count == classes) else {
      throw .layerInput(name, byClass.shape, expected: "class weights [\(classes)]")
    }
    func weight(_ k: Int) -> Double { byClass.rank == 0 ? byClass[0] : byClass[k] }
    smoothing = c.attributes.number("label_smoothing") ?? 0
    guard smoothing >= 0, smoothing <= 1 else {
      throw .setting(name, "`label_smoothing` lies between 0 and 1", smoothing)
    }
    areChances = c.y.dtype.isFloat && c.y.shape == shape && takesChances
    if areChances {
      var all = [Double](repeating: 0, count: samples * classes)
      let chances = c.y.values
      for i in 0..<samples {
        for k in 0..<classes {
          let p = chances[offset(i, k)] * (1 - smoothing) + smoothing / Double(classes)
          all[i * classes + k] = weight(k) * p
        }
      }
      weights = all
      total = Double(samples)
      return
    }
    let expected = Shape(rank: shape.rank - 1) { shape[$0 < axis ? $0 : $0 + 1] }
    guard c.y.shape == expected else {
      throw .layerInput(name, c.y.shape, expected: "one class number per sample, \(expected)")
    }
    let ignored = c.number("ignore_index")
    places = [Int](repeating: 0, count: c.y.count)
    if byClass.rank == 0, byClass[0] == 1, ignored < 0 || ignored >= Double(classes),
      c.y.addPlaces(to: &places, of: classes) == c.y.count
    {
      total = Double(c.y.count)
    } else {
      shares = places.map { _ in 0 }
      for i in places.indices {
        let label = c.y[i]
        if label == ignored {
          places[i] = -1
          continue
        }
        guard let k = Int(whole: label), k >= 0, k < classes else {
          throw .labelOutOfRange(label, row: i, classes: classes)
        }
        (places[i], shares[i]) = (k, weight(k))
        total += weight(k)
      }
    }
    guard smoothing > 0 else { return }
    var all = [Double](repeating: 0, count: samples * classes)
    for i in places.indices where !isIgnored(i) {
      for k in 0..<classes { all[i * classes + k] = smoothing / Double(classes) * weight(k) }
      all[i * classes + places[i]] += (1 - smoothing) * share(i)
    }
    weights = all
  }

  private func offset(_ i: Int, _ k: Int) -> Int {
    inner == 1 ? i * classes + k : (i / inner * classes + k) * inner + i % inner
  }

  /// What the targets ask of one class of one sample.
  private func asked(_ i: Int, _ k: Int) -> Double {
    if let weights { return weights[i * classes + k] }
    return places[i] == k ? share(i) : 0
  }

  /// What the class of a sample weighs.
  private func share(_ i: Int) -> Double { shares.isEmpty ? 1 : shares[i] }

  private var ignoresSome: Bool { places.contains { $0 < 0 } }
  private func isIgnored(_ i: Int) -> Bool { !places.isEmpty && places[i] < 0 }

  /// The input as rows of classes: with classes on axis 1 and axes behind, these come first.
  private func rows(_ x: Tensor) throws(TensorError) -> Tensor {
    inner == 1 ? x : try x.permuted(order(x.rank))
  }

  private func order(_ rank: Int) -> [Int] { [0] + Array(2..<rank) + [1] }

  /// `ln Σ e^x` of each sample in two parts, computed in the forward step.
  private func logSums(_ rows: Tensor, _ c: Call) -> [Double] {
    if let known = c.saved?.numbers, known.count == 2 * samples, samples > 0 { return known }
    let sums = rows.logSums(ofRows: classes)
    c.saved?.numbers = sums
    return sums
  }

  func loss(_ c: Call, fromLogits: Bool) throws(TensorError) -> Tensor {
    let x = try rows(c.x)
    let sums = fromLogits ? logSums(x, c) : []
    let reduction = c.attributes.word("reduction") ?? "mean"
    let keepsAll = reduction == "none"
    var losses = [Double](repeating: 0, count: keepsAll ? samples : 0)
    var sum = 0.0
    func take(_ i: Int, _ loss: Double, _ sum: inout Double) {
      if keepsAll { losses[i] = loss } else { sum += loss }
    }
    /// Minus the logarithm of what a score comes to.
    func surprise(_ i: Int, _ score: Double) -> Double {
      fromLogits ? sums[i + samples] + (sums[i] - score) : -score
    }
    if weights != nil {
      x.eachRow(classes) { i, row in
        var loss = 0.0
        for k in 0..<classes where asked(i, k) != 0 { loss += asked(i, k) * surprise(i, row(k)) }
        take(i, loss, &sum)
      }
    } else {
      func run<E: Element>(_: E.Type) -> Double {
        x.read(E.self) { x in
          // One of its own stays in a register.
          var sum = 0.0
          // Of no classes there are no samples, whatever the labels.
          for i in 0..<min(samples, places.count) {
            let place = places[i]
            take(i, place < 0 ? 0 : share(i) * surprise(i, Double(x[i * classes + place])), &sum)
          }
          return sum
        }
      }
      sum = x.dtype == .float32 ? run(Float.self) : run(Double.self)
    }
    let dtype = c.x.dtype.floating
    switch reduction {
    case "none":
      var dims = c.x.shape.dims
      dims.remove(at: dims.count > 1 ? 1 : 0)
      return try Tensor(losses, shape: Shape(dims), dtype: dtype)
    case "sum": return Tensor(sum, dtype: dtype)
    default: return Tensor(sum / total, dtype: dtype)
    }
  }

  func gradient(_ c: Call, _ dz: Tensor, fromLogits: Bool) throws(TensorError) -> Tensor {
    let x = try rows(c.x)
    let reduction = c.attributes.word("reduction") ?? "mean"
    let sums = fromLogits ? logSums(x, c) : []
    let upstream = reduction == "none" ? dz.values : [reduction == "sum" ? dz[0] : dz[0] / total]
    // What softmax gives each class; nothing of a sample that does not count, even where nothing counts and the mean is
    // nan.
    let scales = (0..<samples).map { i -> Double in
      if isIgnored(i) || !fromLogits { return 0 }
      let all = weights == nil ? share(i) : (0..<classes).reduce(0) { $0 + asked(i, $1) }
      return upstream[upstream.count == 1 ? 0 : i] * all
    }
    let gradient = try x.powersOfRows(classes, less: sums, times: scales) { i, add in
      if isIgnored(i) { return }
      let dz = upstream[upstream.count == 1 ? 0 : i]
      if weights == nil {
        if places[i] >= 0 { add(places[i], -dz * share(i)) }
      } else {
        for k in 0..<classes { add(k, -dz * asked(i, k)) }
      }
    }
    guard inner != 1 else { return gradient }
    let order = order(c.x.rank)
    return try gradient.permuted(order.indices.map { order.firstIndex(of: $0) ?? $0 })
  }

  // MARK: Formulas

  /// The axis of the classes.
  private func axis(_ c: Call) -> Int { c.x.rank > 1 ? 1 : 0 }

  /// What the targets ask of each class of each sample, in the shape of the input.
  private func wanted(_ c: Call) -> Formula {
    if areChances { return smoothed(.y, c) }
    let ignored = c.number("ignore_index")
    let ignores = ignoresSome
    let labels: Formula = ignores ? .where_(Op.ne, .y, .number(ignored), .y, 0) : .y
    let rows = Formula.apply(
      Op.oneHot, [labels], Attributes(("num_classes", .number(Double(classes)))))
    var targets = smoothed(standing(rows, c), c)
    if ignores {
      targets = targets * beside(.call(Op.ne, .y, .number(ignored)), c)
    }
    return targets
  }

  /// Smoothed, and weighed by class.
  private func smoothed(_ targets: Formula, _ c: Call) -> Formula {
    let even: Formula =
      smoothing == 0
      ? targets
      : .number(1 - smoothing) * targets + .number(smoothing) / .number(Double(classes))
    return even * weights(c)
  }

  private func weights(_ c: Call) -> Formula {
    let byClass = c.inputs[2]
    if byClass.rank == 0 { return byClass[0] == 1 ? 1 : .operand(2) }
    let behind = c.x.rank - axis(c) - 1
    return behind == 0
      ? .operand(2) : .reshaped(.operand(2), [classes] + [Int](repeating: 1, count: behind))
  }

  /// Rows of classes with the classes brought to their axis.
  private func standing(_ rows: Formula, _ c: Call) -> Formula {
    guard c.x.rank > 2 else { return rows }
    let order = [0, c.x.rank - 1] + Array(1..<c.x.rank - 1)
    return .apply(Op.permute, [rows], Attributes(("_dims", .ints(order))))
  }

  /// A number of each sample, so that it broadcasts over the classes.
  private func beside(_ formula: Formula, _ c: Call) -> Formula {
    guard c.x.rank > 1 else { return formula }
    var dims = c.x.shape.dims
    dims[1] = 1
    return .reshaped(formula, dims)
  }

  /// The gradient with respect to the loss of each sample, and what a mean divides it by.
  private func upstream(_ c: Call) -> (Formula, Double) {
    switch Op.reduction(c) {
    case "none": (beside(.dz, c), 1)
    case "sum": (.dz, 1)
    default: (.dz, total == 0 ? 1 : total)
    }
  }

  private func alongClasses(_ c: Call) -> Attributes { Attributes(("dim", .ints([axis(c)]))) }

  /// `dz*(softmax(x)*ΣT - T)/n`: what softmax gives each class against what the targets T ask. For probabilities
  /// in place of scores it is `-dz*T/n`.
  func slope(_ c: Call, fromLogits: Bool) throws(TensorError) -> Formula {
    let (dz, share) = upstream(c)
    let isPlain = smoothing == 0 && c.inputs[2].rank == 0 && !ignoresSome
    let wanted = wanted(c)
    // What is long is written by a name.
    let targets = isPlain ? wanted : Formula.named("T", wanted)
    guard fromLogits else { return dz * (-targets).divided(by: share) }
    let softmax = Formula.apply(Op.softmax, [.x], alongClasses(c))
    if isPlain, !areChances, c.inputs[2][0] == 1 {
      return dz * (softmax - targets).divided(by: share)
    }
    var kept = alongClasses(c)
    if c.x.rank > 1 { kept.set("keepdim", .flag(true)) }
    return dz * (softmax * .apply(Op.sum, [targets], kept) - targets).divided(by: share)
  }

  /// `-dz*ln softmax(x)/n`, for targets that are probabilities.
  func targetSlope(_ c: Call) throws(TensorError) -> Formula {
    guard areChances else { throw .noRule("cross_entropy", "target") }
    let (dz, share) = upstream(c)
    let logs = Formula.apply(Op.logSoftmax, [.x], alongClasses(c))
    return dz * (.number(smoothing - 1) * (weights(c) * logs)).divided(by: share)
  }

  /// The slope of one score of one sample, written out: `(e^x₁/(e^x₀ + e^x₁ + e^x₂)*S - T₁)/n`, T what the
  /// targets ask of the class and S of all. Empty where a line could not hold it.
  func entry(_ c: Call, _ offset: Int, fromLogits: Bool) -> [(offset: Int, partial: Formula)] {
    guard classes <= 6 else { return [] }
    let (outer, place) = (offset / max(1, classes * inner), offset % max(1, inner))
    let row = outer * inner + place
    let k = offset / max(1, inner) % max(1, classes)
    let asked = asked(row, k)
    let all = (0..<classes).reduce(0) { $0 + self.asked(row, $1) }
    let share = Op.reduction(c) == "mean" && total != 0 ? total : 1
    let slope: Formula
    if fromLogits {
      let powers = (0..<classes).map {
        Formula.call(Op.exp, .entry(0, offset: self.offset(row, $0)))
      }
      let sum = powers.dropFirst().reduce(powers[0]) { .call(Op.add, $0, $1) }
      slope = powers[k] / sum * .number(all) - .number(asked)
    } else {
      slope = .number(-asked)
    }
    return [(c.output.rank == 0 ? 0 : row, slope.divided(by: share))]
  }
}

// What a model that knows nothing would lose: the loss of the best constant answer.
import Platform
import Autograd
import Tensors

struct Guess {
  private let d: Diagnosis

  init(_ diagnosis: Diagnosis) { d = diagnosis }

  /// The smallest loss of a constant answer, and what that answer is.
  /// - Returns: also what answering 0 would lose, which is where a fresh network begins.
  var best: (loss: Double, zero: Double, words: String)? {
    guard let predictions = d.predictions, let targets = d.targets, targets.value.isFinite,
      predictions.shape.count > 0
    else { return nil }
    let found =
      d.loss.op.takesClasses
      ? classes(predictions, targets) : numbers(predictions, targets)
    let zeros = [Double](repeating: 0, count: predictions.shape.count)
    return found.map { ($0.0, loss(zeros, predictions, targets) ?? 0, $0.1) }
  }

  private func show(_ x: Double) -> String { d.show(x) }

  /// A model that knows nothing of C classes gives each the chance with which it comes.
  private func classes(_ predictions: Node, _ targets: Node) -> (Double, String)? {
    guard predictions.shape.rank > 1 else { return nil }
    let count = predictions.shape[1]
    let chance = Double.log(Double(count))
    let even = (chance, "guessing among \(count) classes gives ln \(count) = \(show(chance))")
    guard count > 1, predictions.shape.rank == 2, targets.shape.dims == [predictions.shape[0]],
      !targets.dtype.isFloat || targets.value.values.allSatisfy({ $0 == $0.rounded() })
    else { return count > 1 ? even : nil }
    var counts = [Double](repeating: 0, count: count)
    for label in targets.value.values {
      guard let label = Int(whole: label), counts.indices.contains(label) else { return even }
      counts[label] += 1
    }
    let total = Double(targets.shape.count)
    let shares = counts.map { max($0 / total, 1e-12) }
    let rows = (0..<predictions.shape[0]).flatMap { _ in shares.map { Double.log($0) } }
    guard let loss = loss(rows, predictions, targets) else { return even }
    // Classes that come about equally often are the case that everyone knows; of few samples nothing else is known.
    if targets.shape.count < 8 * count || Set(targets.value.values).count == 1 { return even }
    if abs(loss - chance) < 0.05 * chance { return even }
    return (loss, "answering how often each class comes gives \(show(loss))")
  }

  private func numbers(_ predictions: Node, _ targets: Node) -> (Double, String)? {
    let values = targets.value.values
    guard values.count > 1, predictions.shape == targets.shape else { return nil }
    let mean = values.reduce(0, +) / Double(values.count)
    let median = values.sorted()[values.count / 2]
    // Targets that are all the same leave nothing to guess.
    guard values.contains(where: { $0 != values[0] }) else { return nil }
    var answers = [mean, median]
    // A loss of scores wants the score of the mean chance.
    if mean > 0, mean < 1 { answers.append(Double.log(mean / (1 - mean))) }
    let losses = answers.compactMap { answer -> Double? in
      loss([Double](repeating: answer, count: values.count), predictions, targets)
    }
    guard let least = losses.filter({ $0.isFinite }).min() else { return nil }
    return (least, "answering the same for all gives \(show(least)) at best")
  }

  /// The loss of some predictions: the library's, or the one written out, mean or sum of squares or of sizes.
  private func loss(_ answers: [Double], _ predictions: Node, _ targets: Node) -> Double? {
    let root = d.loss
    if root.op.family == .loss {
      guard
        let given = try? Tensor(answers, shape: predictions.shape, dtype: predictions.dtype),
        let call = try? root.op.applied(
          [given] + root.operands.dropFirst().map({ $0.value }), root.attributes)
      else { return nil }
      return call.output.rank == 0 ? call.output[0] : nil
    }
    let errors = zip(answers, targets.value.values).map { $0 - $1 }
    let own = zip(predictions.value.values, targets.value.values).map { $0 - $1 }
    guard root.isScalar else { return nil }
    // Which of the usual folds gives the loss that is there.
    let folds: [([Double]) -> Double] = [
      { $0.reduce(0) { $0 + $1 * $1 } }, { $0.reduce(0) { $0 + abs($1) } },
    ]
    for fold in folds {
      let whole = fold(own)
      guard whole > 0 else { continue }
      let share = root.number / whole
      let n = Double(own.count)
      for known in [1, 0.5, 1 / n, 0.5 / n] where abs(share - known) < 1e-6 * known {
        return fold(errors) * known
      }
    }
    return nil
  }
}

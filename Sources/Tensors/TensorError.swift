// What can go wrong with tensors, as facts; the words are Runtime's.

/// A reason why a tensor operation has no result.
package enum TensorError: Error, Equatable {
  case notBroadcastable(Shape, Shape)
  case notMultipliable(Shape, Shape)
  case scalarProduct(Shape, Shape)
  case axisOutOfRange(Int, Shape)
  case repeatedAxis(Int)
  case notReshapable(Shape, [Int])
  case notExpandable(Shape, [Int])
  case notPermutation([Int], Shape)
  case indexOutOfRange(Int, axis: Int, length: Int)
  case tooManyIndices(Int, Shape)
  case stepNotPositive(Int)
  case maskShape(mask: Shape, Shape)
  case sizesDiffer(Shape, Shape, axis: Int, operation: String)
  case nothingToJoin(String)
  case emptyReduction(String)
  case tooLarge([Int], limit: Int)
  case negativeAxis([Int])
  case tooManyAxes(Int, most: Int)
  case rankNeeded(String, Int, Shape)
  case wholeNumbersNeeded(String)
  case windowTooLarge([Int], image: [Int], padding: [Int])
  /// A layer's weights and what it is given do not fit: what was given, what is needed.
  case layerInput(String, Shape, expected: String)
  case labelOutOfRange(Double, row: Int, classes: Int)
  case oneSample(String, Shape)
  case setting(String, String, Double)
  /// An op that states no gradient for one of its operands.
  case noRule(String, String)
  /// An op along one axis was given none or several: the op, the setting, what was given.
  case oneAxis(String, String, [Int])
  /// An op was not told what it cannot do without.
  case settingMissing(String, String)
  /// As in PyTorch a weight of a loss has no gradient, and one is asked for: the op, the operand.
  case noGradient(String, String)
  /// Whole numbers, which hold no inf, divided by 0.
  case wholeDivisionByZero
  /// Ctrl-C came, or the run's budget is used up.
  case stopped
  /// A formula that stands for nothing.
  case noValue(String)
}

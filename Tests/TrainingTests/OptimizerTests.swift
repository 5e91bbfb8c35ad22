// What an optimizer runs, against the rules that it shows, evaluated one operation after the other.
import Autograd
import Tensors
import Testing
import Training

struct OptimizerTests {
  private static func kinds(_ parameters: [Node]) -> [Optimizer] {
    let betas = (0.9, 0.999)
    var all: [Optimizer] = []
    for decay in [0, 0.1] {
      all += [
        .sgd(parameters, lr: 0.1, weightDecay: decay),
        .sgd(parameters, lr: 0.1, momentum: 0.9, weightDecay: decay, nesterov: true),
        .rmsprop(
          parameters, lr: 0.01, alpha: 0.99, eps: 1e-8, weightDecay: decay, momentum: 0.5,
          centered: true, maximize: false),
        .adadelta(parameters, lr: 1, rho: 0.9, eps: 1e-6, weightDecay: decay, maximize: false),
        .adamax(parameters, lr: 0.01, betas: betas, eps: 1e-8, weightDecay: decay, maximize: true),
      ]
      for (isDecoupled, isLasting) in [(false, false), (false, true), (true, false), (true, true)] {
        for maximizes in [false, true] {
          all.append(
            .adam(
              parameters, lr: 0.01, betas: betas, eps: 1e-8, weightDecay: decay,
              amsgrad: isLasting, maximize: maximizes, decoupled: isDecoupled))
        }
      }
    }
    return all
  }

  @Test(
    arguments: [DType.float32, .float64],
    [[], [1], [7], [16], [33], [3, 5], [1100], [40, 41]] as [Shape])
  func stepsDoWhatTheRulesSay(_ dtype: DType, _ shape: Shape) throws {
    let graph = Graph()
    let count = shape.count
    func numbers(_ seed: Double) throws -> Tensor {
      try Tensor(
        (0..<count).map { (Double($0) * 0.37 + seed).truncatingRemainder(dividingBy: 2) - 1 },
        shape: shape, dtype: dtype)
    }
    let unit = dtype == .float32 ? 1e-6 : 1e-14
    for k in Self.kinds([]).indices {
      let parameter = graph.parameter(try numbers(0.1))
      let optimizer = Self.kinds([parameter])[k]
      for step in 0..<3 {
        parameter.setGradient(try numbers(Double(step) + 0.5))
        if step == 2 { optimizer["lr"] = 0.05 }
        let expected = try #require(try optimizer.preview(parameter)).values
        try optimizer.step(graph)
        for (z, wanted) in zip(parameter.value.values, expected) {
          #expect(
            abs(z - wanted) <= unit * max(1, abs(wanted)), "\(optimizer.kind) \(k), step \(step)")
        }
        #expect(optimizer.spoiled == nil)
      }
    }
  }

  @Test(arguments: [DType.float32, .float64], [3, 16, 21])
  func aStepThatLeavesNoNumberIsSeen(_ dtype: DType, _ count: Int) throws {
    for k in Self.kinds([]).indices {
      let graph = Graph()
      let parameter = graph.parameter(
        try Tensor([Double](repeating: 1, count: count), shape: Shape([count]), dtype: dtype))
      let optimizer = Self.kinds([parameter])[k]
      var gradient = [Double](repeating: 1, count: count)
      gradient[count - 1] = .nan
      parameter.setGradient(try Tensor(gradient, shape: Shape([count]), dtype: dtype))
      try optimizer.step(graph)
      #expect(optimizer.spoiled === parameter, "\(optimizer.kind) \(k)")
    }
  }
}

// Updates of optimizers as definitions in nn.
import Autograd
import Training
import Tensors

enum OptimizerSource {
  /// The update of an optimizer with its usual settings.
  static func text(_ name: String) -> String? {
    let none: [Node] = []
    return switch name {
    case "sgd": Optimizer.sgd(none, lr: 1e-3, momentum: 0.9).textbook
    case "adam", "adamw":
      Optimizer.adam(
        none, lr: 1e-3, betas: (0.9, 0.999), eps: 1e-8, weightDecay: name == "adamw" ? 0.01 : 0,
        amsgrad: false, maximize: false, decoupled: name == "adamw"
      ).textbook
    case "rmsprop":
      Optimizer.rmsprop(
        none, lr: 0.01, alpha: 0.99, eps: 1e-8, weightDecay: 0, momentum: 0, centered: false,
        maximize: false
      ).textbook
    case "adagrad":
      Optimizer.adagrad(
        none, lr: 0.01, lrDecay: 0, weightDecay: 0, initialAccumulator: 0, eps: 1e-10,
        maximize: false
      ).textbook
    case "adadelta":
      Optimizer.adadelta(none, lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0, maximize: false).textbook
    case "adamax":
      Optimizer.adamax(
        none, lr: 2e-3, betas: (0.9, 0.999), eps: 1e-8, weightDecay: 0, maximize: false
      ).textbook
    case "nadam":
      Optimizer.nadam(
        none, lr: 2e-3, betas: (0.9, 0.999), eps: 1e-8, weightDecay: 0, momentumDecay: 4e-3,
        decoupled: false, maximize: false
      ).textbook
    case "radam":
      Optimizer.radam(
        none, lr: 1e-3, betas: (0.9, 0.999), eps: 1e-8, weightDecay: 0, decoupled: false,
        maximize: false
      ).textbook
    default: nil
    }
  }
}

// Our names and PyTorch's: one row for each name, with its parameters and what they take.

/// What a parameter takes.
enum ArgumentMode: Character, Sendable {
  /// A tensor of floating-point numbers, or of any.
  case floats = "e"
  case tensor = "t"
  /// Several tensors.
  case tensors = "T"
  /// Whole numbers, as class labels and places are.
  case places = "i"
  /// Class numbers, or probabilities.
  case targets = "c"
  case mask = "m"
  /// A tensor, or a number beside one.
  case operand = "o"
  case number = "n"
  case whole = "w"
  /// One whole number or several.
  case sizes = "s"
  /// Several whole numbers.
  case size = "S"
  /// Numbers that are settings.
  case numbers = "b"
  case dtype = "d"
  /// What an optimizer moves.
  case parameters = "p"
  case any = "v"
}

/// What a call gives.
enum CallResult: Sendable {
  case none, tensor, wholes, anyTensor, number, whole, like, optimizer, schedule, figure, any, pair
  /// Tensors.
  case list
}

/// How a call is written.
enum CallForm: Sendable {
  case call
  /// Of the first argument.
  case method
  /// `nn.Linear(…)`
  case module
  case optimizer
  case schedule
  /// By a function that the script brings along.
  case helper
  /// Data sets that a helper makes.
  case data
  /// In a way of its own.
  case special
}

/// A name of ours and how it is said in PyTorch.
struct NameRow: Sendable {
  struct Parameter: Sendable {
    let name: String
    let mode: ArgumentMode
    /// PyTorch's name for it.
    let keyword: String
    let isVariadic: Bool
  }

  let name: String
  let target: String
  let parameters: [Parameter]
  let outcome: CallResult
  let form: CallForm
  /// How many arguments may stand by place.
  let placed: Int
  /// For plain numbers.
  var scalar: String?
  /// As a stage of a sequence.
  var stage: String?
  /// What PyTorch must be told and we need not.
  var fixed: String?
  /// Mixes the samples of a batch, so that a part of a batch gives something else.
  var mixes = false
  /// The mean over the samples, a loss.
  var isMean = false
  /// Draws its start values.
  var draws = false

  /// - Parameter parameters: `x:t dim:s=axis *shape:s`: name, mode, PyTorch's name.
  init(
    _ name: String, _ target: String, _ parameters: String, _ outcome: CallResult = .tensor,
    _ form: CallForm = .call, placed: Int = 1, scalar: String? = nil, stage: String? = nil,
    fixed: String? = nil, mixes: Bool = false, isMean: Bool = false, draws: Bool = false
  ) {
    (self.name, self.target, self.outcome, self.form) = (name, target, outcome, form)
    (self.placed, self.scalar, self.stage) = (placed, scalar, stage)
    (self.fixed, self.mixes, self.isMean, self.draws) = (fixed, mixes, isMean, draws)
    self.parameters = parameters.split(separator: " ").map { part in
      let isVariadic = part.hasPrefix("*")
      let sides = part.drop { $0 == "*" }.split(separator: ":")
      let rest = sides.count > 1 ? sides[1] : "v"
      return Parameter(
        name: String(sides[0]), mode: rest.first.flatMap { ArgumentMode(rawValue: $0) } ?? .any,
        keyword: rest.dropFirst(2).isEmpty ? String(sides[0]) : String(rest.dropFirst(2)),
        isVariadic: isVariadic)
    }
  }

  static let byName: [String: NameRow] = Dictionary(
    (making + shaping + elementwise + reductions + losses + functions + layers + training + data
      + looking + general).map { ($0.name, $0) }, uniquingKeysWith: { a, _ in a })

  /// Layers that share their name with a function: which is meant, what they are given tells.
  static let layerByName: [String: NameRow] = Dictionary(
    layers.map { ($0.name, $0) }, uniquingKeysWith: { a, _ in a })
}

extension NameRow {
  private static let making = [
    NameRow("tensor", "torch.tensor", "values:v dtype:d", .tensor, .special),
    NameRow("zeros", "torch.zeros", "*shape:s dtype:d"),
    NameRow("ones", "torch.ones", "*shape:s dtype:d"),
    NameRow("full", "torch.full", "shape:S value:o dtype:d", placed: 2),
    NameRow("zeros_like", "torch.zeros_like", "x:t", .like),
    NameRow("ones_like", "torch.ones_like", "x:t", .like),
    NameRow("eye", "torch.eye", "n:w m:w dtype:d", placed: 2),
    NameRow("arange", "torch.arange", "start:n end:n step:n", .like, placed: 3),
    NameRow("linspace", "torch.linspace", "start:n end:n steps:w", placed: 3),
    NameRow("rand", "torch.rand", "*shape:s dtype:d", .tensor, .special, mixes: true, draws: true),
    NameRow(
      "randn", "torch.randn", "*shape:s dtype:d", .tensor, .special, mixes: true, draws: true),
    NameRow("randint", "torch.randint", "low:w high:v shape:S", .wholes, .special, mixes: true),
    NameRow(
      "multinomial", "torch.multinomial", "input:e num_samples:w replacement:v", .wholes, placed: 3,
      mixes: true),
    NameRow("randperm", "torch.randperm", "n:w", .wholes, mixes: true),
    NameRow(
      "uniform", "uniform_", "shape:S low:n=from high:n=to", .tensor, .special, placed: 3,
      mixes: true, draws: true),
    NameRow(
      "normal", "normal_", "shape:S mean:n std:n", .tensor, .special, placed: 3, mixes: true,
      draws: true),
    NameRow(
      "kaiming_uniform", "nn.init.kaiming_uniform_", "shape:S a:n mode:v nonlinearity:v", .tensor,
      .special, draws: true),
    NameRow(
      "kaiming_normal", "nn.init.kaiming_normal_", "shape:S a:n mode:v nonlinearity:v", .tensor,
      .special, draws: true),
    NameRow(
      "xavier_uniform", "nn.init.xavier_uniform_", "shape:S gain:n", .tensor, .special,
      draws: true),
    NameRow(
      "xavier_normal", "nn.init.xavier_normal_", "shape:S gain:n", .tensor, .special, draws: true),
    NameRow(
      "calculate_gain", "nn.init.calculate_gain", "nonlinearity:v param:n", .number, placed: 2),
  ]

  private static let shaping = [
    NameRow("reshape", "reshape", "x:t *shape:s", .like, .method, placed: 9),
    NameRow("squeeze", "torch.squeeze", "x:t dim:w", .like, placed: 2),
    NameRow("unsqueeze", "torch.unsqueeze", "x:t dim:w", .like, placed: 2),
    NameRow("transpose", "torch.transpose", "x:t dim0:w dim1:w", .like, .special, placed: 3),
    NameRow("permute", "permute", "x:t *dims:s", .like, .method, placed: 9),
    NameRow("expand", "expand", "x:t *shape:s", .like, .method, placed: 9),
    NameRow("expand_as", "expand_as", "x:t other:t", .like, .method, placed: 2),
    NameRow("flip", "torch.flip", "x:t dims:S", .like, placed: 2),
    NameRow("tril", "torch.tril", "x:t diagonal:w", .like),
    NameRow("triu", "torch.triu", "x:t diagonal:w", .like),
    NameRow("one_hot", "F.one_hot", "labels:i num_classes:w", .wholes, placed: 2),
    NameRow("concat", "torch.cat", "tensors:T dim:w", .tensor),
    NameRow("stack", "torch.stack", "tensors:T dim:w", .tensor),
    NameRow("split", "torch.split", "x:t size:n dim:w shuffle:v", .list, .special, placed: 2),
    NameRow("chunk", "torch.chunk", "x:t chunks:w dim:w", .list, placed: 2),
    NameRow("gather", "torch.gather", "x:t dim:w index:i", .like, placed: 3),
    NameRow("index_select", "torch.index_select", "x:t dim:w index:i", .like, placed: 3),
    NameRow("flatten", "torch.flatten", "x:t start_dim:w", .like, placed: 2, stage: "nn.Flatten"),
    NameRow("roll", "torch.roll", "x:t shifts:s dims:s", .like, placed: 3),
    NameRow("tile", "tile", "x:t *sizes:s", .like, .method, placed: 9),
    NameRow(
      "repeat_interleave", "torch.repeat_interleave", "x:t repeats:w dim:w", .like, placed: 2),
    NameRow("pad", "F.pad", "x:t pad:S mode:v value:n", .like, placed: 2),
    NameRow("narrow", "torch.narrow", "x:t dim:w start:w length:w", .like, placed: 4),
    NameRow("diagonal", "torch.diagonal", "x:t offset:w dim1:w dim2:w", .like, placed: 4),
    NameRow("diag", "torch.diag", "x:t diagonal:w", .like, placed: 2),
    NameRow("trace", "torch.trace", "x:t", .like),
    NameRow("index_add", "torch.index_add", "x:t dim:w index:i source:t alpha:n", placed: 4),
    NameRow("masked_select", "torch.masked_select", "x:t mask:m", .like, placed: 2),
    NameRow("topk", "torch.topk", "x:t k:w dim:w largest:v", .pair, placed: 2),
    NameRow("nonzero", "torch.nonzero", "x:t", .wholes),
    NameRow("sort", "torch.sort", "x:t dim:w descending:v", .pair),
    NameRow("scatter_add", "torch.scatter_add", "x:t dim:w index:i src:t", placed: 4),
  ]

  private static func unary(
    _ name: String, _ target: String, scalar: String? = nil, stage: String? = nil
  ) -> NameRow { NameRow(name, target, "x:e", scalar: scalar, stage: stage) }

  private static let elementwise = [
    unary("exp", "torch.exp", scalar: "math.exp"), unary("log", "torch.log", scalar: "math.log"),
    unary("abs", "abs", scalar: "abs"), unary("expm1", "torch.expm1", scalar: "math.expm1"),
    unary("log1p", "torch.log1p", scalar: "math.log1p"),
    unary("sqrt", "torch.sqrt", scalar: "math.sqrt"), unary("rsqrt", "torch.rsqrt"),
    unary("square", "torch.square"), unary("sin", "torch.sin", scalar: "math.sin"),
    unary("cos", "torch.cos", scalar: "math.cos"), unary("sign", "torch.sign"),
    unary("floor", "torch.floor", scalar: "math.floor"),
    unary("round", "torch.round", scalar: "round"),
    unary("erf", "torch.erf", scalar: "math.erf"),
    unary("sigmoid", "torch.sigmoid", stage: "nn.Sigmoid"),
    unary("tanh", "torch.tanh", stage: "nn.Tanh"), unary("relu", "torch.relu", stage: "nn.ReLU"),
    unary("silu", "F.silu", stage: "nn.SiLU"),
    unary("logsigmoid", "F.logsigmoid", stage: "nn.LogSigmoid"),
    NameRow("leaky_relu", "F.leaky_relu", "x:e negative_slope:n", placed: 2, stage: "nn.LeakyReLU"),
    NameRow("elu", "F.elu", "x:e alpha:n", placed: 2, stage: "nn.ELU"),
    NameRow("softplus", "F.softplus", "x:e beta:n threshold:n", stage: "nn.Softplus"),
    NameRow("softmax", "F.softmax", "x:e dim:w", stage: "nn.Softmax"),
    NameRow("log_softmax", "F.log_softmax", "x:e dim:w", stage: "nn.LogSoftmax"),
    NameRow("gelu", "F.gelu", "x:e approximate:v", stage: "nn.GELU"),
    NameRow("pow", "torch.pow", "x:t y:o", placed: 2),
    NameRow("maximum", "torch.maximum", "x:t y:t", placed: 2, scalar: "max"),
    NameRow("minimum", "torch.minimum", "x:t y:t", placed: 2, scalar: "min"),
    NameRow("where", "torch.where", "condition:m a:o b:o", placed: 3),
    NameRow("masked_fill", "masked_fill", "x:t mask:m value:o", .tensor, .method, placed: 3),
    unary("exp2", "torch.exp2"),
    unary("log2", "torch.log2", scalar: "math.log2"),
    unary("log10", "torch.log10", scalar: "math.log10"),
    unary("reciprocal", "torch.reciprocal"),
    unary("tan", "torch.tan", scalar: "math.tan"),
    unary("asin", "torch.asin", scalar: "math.asin"),
    unary("acos", "torch.acos", scalar: "math.acos"),
    unary("atan", "torch.atan", scalar: "math.atan"),
    unary("sinh", "torch.sinh", scalar: "math.sinh"),
    unary("cosh", "torch.cosh", scalar: "math.cosh"),
    unary("asinh", "torch.asinh", scalar: "math.asinh"),
    unary("acosh", "torch.acosh", scalar: "math.acosh"),
    unary("atanh", "torch.atanh", scalar: "math.atanh"),
    unary("ceil", "torch.ceil", scalar: "math.ceil"),
    unary("trunc", "torch.trunc", scalar: "math.trunc"),
    unary("frac", "torch.frac"),
    unary("erfinv", "torch.erfinv"),
    unary("relu6", "F.relu6", stage: "nn.ReLU6"),
    unary("selu", "F.selu", stage: "nn.SELU"),
    unary("mish", "F.mish", stage: "nn.Mish"),
    unary("softsign", "F.softsign", stage: "nn.Softsign"),
    unary("hardsigmoid", "F.hardsigmoid", stage: "nn.Hardsigmoid"),
    unary("hardswish", "F.hardswish", stage: "nn.Hardswish"),
    unary("tanhshrink", "F.tanhshrink", stage: "nn.Tanhshrink"),
    NameRow("celu", "F.celu", "x:e alpha:n", placed: 2, stage: "nn.CELU"),
    NameRow("hardtanh", "F.hardtanh", "x:e min_val:n max_val:n", placed: 3, stage: "nn.Hardtanh"),
    NameRow("softshrink", "F.softshrink", "x:e lambd:n", placed: 2, stage: "nn.Softshrink"),
    NameRow("hardshrink", "F.hardshrink", "x:e lambd:n", placed: 2, stage: "nn.Hardshrink"),
    NameRow("fmod", "torch.fmod", "x:t y:t", placed: 2),
    NameRow("atan2", "torch.atan2", "y:t x:t", placed: 2),
    NameRow("hypot", "torch.hypot", "x:t y:t", placed: 2),
    NameRow("logaddexp", "torch.logaddexp", "x:t y:t", placed: 2),
    NameRow("xlogy", "torch.xlogy", "x:t y:t", placed: 2),
    NameRow("copysign", "torch.copysign", "x:t y:t", placed: 2),
    NameRow("lerp", "torch.lerp", "start:t end:t weight:o", placed: 3),
    NameRow("isnan", "torch.isnan", "x:t", .wholes),
    NameRow("isinf", "torch.isinf", "x:t", .wholes),
    NameRow("isfinite", "torch.isfinite", "x:t", .wholes),
    NameRow("logical_not", "torch.logical_not", "x:t", .wholes),
    NameRow("bitwise_not", "torch.bitwise_not", "x:t", .wholes),
    NameRow("logical_and", "torch.logical_and", "x:t y:t", .wholes, placed: 2),
    NameRow("logical_or", "torch.logical_or", "x:t y:t", .wholes, placed: 2),
    NameRow("logical_xor", "torch.logical_xor", "x:t y:t", .wholes, placed: 2),
    NameRow("bitwise_and", "torch.bitwise_and", "x:t y:t", .wholes, placed: 2),
    NameRow("bitwise_or", "torch.bitwise_or", "x:t y:t", .wholes, placed: 2),
    NameRow("bitwise_xor", "torch.bitwise_xor", "x:t y:t", .wholes, placed: 2),
    NameRow(
      "isclose", "torch.isclose", "input:t other:t rtol:n atol:n equal_nan:v", .wholes, placed: 2),
    NameRow("normalize", "F.normalize", "x:e p:n dim:w eps:n"),
    NameRow("clamp", "torch.clamp", "x:t min:n max:n", .like),
  ]

  private static let reductions = [
    NameRow("sum", "torch.sum", "x:t dim:s keepdim:v", .like, mixes: true),
    NameRow("mean", "torch.mean", "x:e dim:s keepdim:v", mixes: true),
    NameRow("prod", "torch.prod", "x:t dim:s keepdim:v", .like, mixes: true),
    NameRow("amax", "torch.amax", "x:t dim:s keepdim:v", .like, mixes: true),
    NameRow("amin", "torch.amin", "x:t dim:s keepdim:v", .like, mixes: true),
    NameRow("argmax", "torch.argmax", "x:t dim:w keepdim:v", .wholes),
    NameRow("argmin", "torch.argmin", "x:t dim:w keepdim:v", .wholes),
    NameRow(
      "unique", "torch.unique", "x:t return_inverse:v return_counts:v", .like, placed: 1),
    NameRow("argsort", "torch.argsort", "x:t dim:w descending:v", .wholes),
    NameRow("var", "torch.var", "x:e dim:s correction:n keepdim:v", mixes: true),
    NameRow("std", "torch.std", "x:e dim:s correction:n keepdim:v", mixes: true),
    NameRow("logsumexp", "torch.logsumexp", "x:e dim:s keepdim:v", .tensor, .special, mixes: true),
    NameRow("cumsum", "torch.cumsum", "x:t dim:w", .like, .special, mixes: true),
    NameRow("norm", "torch.linalg.vector_norm", "x:e ord:n dim:s keepdim:v", mixes: true),
    NameRow("median", "torch.median", "x:t", .like, mixes: true),
    NameRow("any", "torch.any", "x:t dim:s keepdim:v", .wholes, .special, mixes: true),
    NameRow("all", "torch.all", "x:t dim:s keepdim:v", .wholes, .special, mixes: true),
    NameRow("max", "torch.max", "x:t other:t dim:w keepdim:v", .like, .special, mixes: true),
    NameRow("min", "torch.min", "x:t other:t dim:w keepdim:v", .like, .special, mixes: true),
    NameRow("cumprod", "torch.cumprod", "x:t dim:w", placed: 2, mixes: true),
    NameRow("logcumsumexp", "torch.logcumsumexp", "x:e dim:w", placed: 2, mixes: true),
    NameRow("cummax", "torch.cummax", "x:t dim:w", .pair, placed: 2, mixes: true),
    NameRow("cummin", "torch.cummin", "x:t dim:w", .pair, placed: 2, mixes: true),
    NameRow("count_nonzero", "torch.count_nonzero", "x:t dim:s", .wholes, mixes: true),
    NameRow("cosine_similarity", "F.cosine_similarity", "x1:e x2:e dim:w eps:n", placed: 2),
    NameRow("einsum", "torch.einsum", "equation:v *operands:t", placed: 9, mixes: true),
    NameRow("matmul", "torch.matmul", "x:t y:t", placed: 2),
    NameRow("dot", "torch.dot", "x:t y:t", placed: 2),
    NameRow("outer", "torch.outer", "x:t y:t", placed: 2),
  ]

  private static let losses = [
    NameRow("mse_loss", "F.mse_loss", "input:e target:e reduction:v", placed: 2, isMean: true),
    NameRow("l1_loss", "F.l1_loss", "input:e target:e reduction:v", placed: 2, isMean: true),
    NameRow(
      "smooth_l1_loss", "F.smooth_l1_loss", "input:e target:e beta:n reduction:v", placed: 2,
      isMean: true),
    NameRow(
      "huber_loss", "F.huber_loss", "input:e target:e delta:n reduction:v", placed: 2,
      isMean: true),
    NameRow(
      "binary_cross_entropy", "F.binary_cross_entropy", "input:e target:e weight:t reduction:v",
      placed: 2, isMean: true),
    NameRow(
      "binary_cross_entropy_with_logits", "F.binary_cross_entropy_with_logits",
      "input:e target:e weight:t pos_weight:t reduction:v", placed: 2, isMean: true),
    NameRow(
      "bce_with_logits", "F.binary_cross_entropy_with_logits",
      "input:e target:e weight:t pos_weight:t reduction:v", placed: 2, isMean: true),
    NameRow(
      "nll_loss", "F.nll_loss", "input:e target:c weight:t reduction:v ignore_index:w", placed: 2,
      isMean: true),
    NameRow(
      "cross_entropy", "F.cross_entropy",
      "input:e target:c weight:t reduction:v ignore_index:w label_smoothing:n", placed: 2,
      isMean: true),
    NameRow(
      "kl_div", "F.kl_div", "input:e target:e reduction:v log_target:v", placed: 2, isMean: true),
    NameRow(
      "hinge_embedding_loss", "F.hinge_embedding_loss", "input:e target:e margin:n reduction:v",
      placed: 2, isMean: true),
    NameRow(
      "soft_margin_loss", "F.soft_margin_loss", "input:e target:e reduction:v", placed: 2,
      isMean: true),
    NameRow(
      "margin_ranking_loss", "F.margin_ranking_loss",
      "input1:e input2:e target:e margin:n reduction:v", placed: 3, isMean: true),
    NameRow(
      "poisson_nll_loss", "F.poisson_nll_loss",
      "input:e target:e log_input:v full:v eps:n reduction:v", placed: 2, isMean: true),
  ]
}

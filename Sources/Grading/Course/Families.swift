// Functions that do the same work under other names.
import Autograd
import Builtins
import Interpreter

/// What `forbid NAME family` means.
enum Families {
  /// Those that are more than one op.
  private static let known: [[String]] = [
    [
      "softmax", "log_softmax", "logsumexp", "cross_entropy", "scaled_dot_product_attention",
      "multihead_attention",
    ],
    ["linear", "mlp"],
    ["conv1d", "conv2d", "conv_transpose1d", "conv_transpose2d", "unfold"],
    ["matmul", "einsum", "dot", "outer"],
    ["max_pool2d", "avg_pool2d", "maxpool1d", "maxpool2d", "avgpool1d", "avgpool2d"],
    [
      "rnn", "lstm", "gru", "rnn_tanh_cell", "rnn_relu_cell", "lstm_cell", "lstm_memory",
      "lstm_output", "gru_cell",
    ],
    ["scaled_dot_product_attention", "multihead_attention"],
    ["batchnorm1d", "batchnorm2d", "batch_norm", "layernorm", "layer_norm", "standardize"],
    ["backward", "grad", "gradcheck"],
    ["sgd", "adam", "adamw", "rmsprop", "adagrad", "adadelta", "adamax", "nadam", "radam"],
  ]

  /// All that a learner may not use where one of them is forbidden.
  static func members(_ name: String) -> [String] {
    let groups = known.filter { $0.contains(name) }
    guard groups.isEmpty else { return Array(Set(groups.flatMap { $0 })).sorted() }
    guard let family = Vocabulary.standard[name]?.op?.family else { return [name] }
    return Vocabulary.standard.builtins.filter { $0.op?.family == family }.map { $0.name }
  }

  /// Every name in the table.
  static var all: Set<String> { Set(known.flatMap { $0 }) }
}

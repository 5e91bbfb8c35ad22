// The table's second half: layers, training, data, looking, and the rest.

extension NameRow {
  static let functions = [
    NameRow("linear", "F.linear", "x:t weight:t bias:t", placed: 3),
    NameRow("dropout", "F.dropout", "x:t p:n training:v", placed: 2, mixes: true),
    NameRow("embedding", "F.embedding", "index:i weight:t padding_idx:w", placed: 2),
    NameRow(
      "conv1d", "F.conv1d",
      "x:t weight:t bias:t stride:s padding:s dilation:s groups:w", placed: 3),
    NameRow(
      "conv2d", "F.conv2d",
      "x:t weight:t bias:t stride:s padding:s dilation:s groups:w", placed: 3),
    NameRow(
      "max_pool1d", "F.max_pool1d", "x:t kernel_size:s stride:s padding:s dilation:s ceil_mode:v",
      placed: 2),
    NameRow(
      "max_pool2d", "F.max_pool2d", "x:t kernel_size:s stride:s padding:s dilation:s ceil_mode:v",
      placed: 2),
    NameRow(
      "avg_pool1d", "F.avg_pool1d",
      "x:t kernel_size:s stride:s padding:s ceil_mode:v count_include_pad:v", placed: 2),
    NameRow(
      "avg_pool2d", "F.avg_pool2d",
      "x:t kernel_size:s stride:s padding:s ceil_mode:v count_include_pad:v", placed: 2),
    NameRow("adaptive_avg_pool2d", "F.adaptive_avg_pool2d", "x:t output_size:s", placed: 2),
    NameRow(
      "batch_norm", "F.batch_norm",
      "x:t running_mean:t running_var:t weight:t bias:t training:v momentum:n eps:n", placed: 3,
      mixes: true),
    NameRow(
      "layer_norm", "F.layer_norm", "x:t normalized_shape:S weight:t bias:t eps:n", placed: 2),
    NameRow(
      "scaled_dot_product_attention", "F.scaled_dot_product_attention",
      "query:t key:t value:t attn_mask:t dropout_p:n is_causal:v scale:n", placed: 3, mixes: true),
    NameRow(
      "rnn_tanh_cell", "rnn_tanh_cell", "x:t h:t w_ih:t w_hh:t b_ih:t b_hh:t", .tensor, .helper,
      placed: 6),
    NameRow(
      "rnn_relu_cell", "rnn_relu_cell", "x:t h:t w_ih:t w_hh:t b_ih:t b_hh:t", .tensor, .helper,
      placed: 6),
    NameRow(
      "gru_cell", "gru_cell", "x:t h:t w_ih:t w_hh:t b_ih:t b_hh:t", .tensor, .helper, placed: 6),
    NameRow("lstm_memory", "lstm_memory", "gates:t c:t", .tensor, .helper, placed: 2),
    NameRow("lstm_output", "lstm_output", "gates:t c:t", .tensor, .helper, placed: 2),
    NameRow(
      "lstm_cell", "lstm_cell", "x:t state:v w_ih:t w_hh:t b_ih:t b_hh:t", .list, .helper, placed: 6
    ),
  ]

  /// - Parameter name: in the interface; a sequence takes an object of it.
  static let layers = [
    NameRow(
      "linear", "nn.Linear", "in_features:w out_features:w bias:v", .any, .module, placed: 2,
      draws: true),
    NameRow(
      "batchnorm1d", "nn.BatchNorm1d",
      "num_features:w eps:n momentum:n affine:v track_running_stats:v",
      .any, .module, mixes: true, draws: true),
    NameRow(
      "batchnorm2d", "nn.BatchNorm2d",
      "num_features:w eps:n momentum:n affine:v track_running_stats:v",
      .any, .module, mixes: true, draws: true),
    NameRow(
      "layernorm", "nn.LayerNorm", "normalized_shape:s eps:n elementwise_affine:v bias:v", .any,
      .module,
      draws: true),
    NameRow("dropout", "nn.Dropout", "p:n", .any, .module),
    NameRow(
      "embedding", "nn.Embedding", "num_embeddings:w embedding_dim:w padding_idx:w", .any, .module,
      placed: 2, draws: true),
    NameRow("flatten", "nn.Flatten", "start_dim:w", .any, .module),
    NameRow(
      "conv1d", "nn.Conv1d",
      "in_channels:w out_channels:w kernel_size:s stride:s padding:s dilation:s groups:w bias:v",
      .any, .module, placed: 3, draws: true),
    NameRow(
      "conv2d", "nn.Conv2d",
      "in_channels:w out_channels:w kernel_size:s stride:s padding:s dilation:s groups:w bias:v",
      .any, .module, placed: 3, draws: true),
    NameRow(
      "maxpool1d", "nn.MaxPool1d", "kernel_size:s stride:s padding:s dilation:s ceil_mode:v", .any,
      .module),
    NameRow(
      "maxpool2d", "nn.MaxPool2d", "kernel_size:s stride:s padding:s dilation:s ceil_mode:v", .any,
      .module),
    NameRow(
      "avgpool1d", "nn.AvgPool1d",
      "kernel_size:s stride:s padding:s ceil_mode:v count_include_pad:v",
      .any, .module),
    NameRow(
      "avgpool2d", "nn.AvgPool2d",
      "kernel_size:s stride:s padding:s ceil_mode:v count_include_pad:v",
      .any, .module),
    NameRow(
      "rnn", "nn.RNN",
      "input_size:w hidden_size:w num_layers:w nonlinearity:v bias:v batch_first:v dropout:n bidirectional:v",
      .any, .module, placed: 2, mixes: true, draws: true),
    NameRow(
      "lstm", "nn.LSTM",
      "input_size:w hidden_size:w num_layers:w bias:v batch_first:v dropout:n bidirectional:v",
      .any,
      .module,
      placed: 2, mixes: true, draws: true),
    NameRow(
      "gru", "nn.GRU",
      "input_size:w hidden_size:w num_layers:w bias:v batch_first:v dropout:n bidirectional:v",
      .any,
      .module,
      placed: 2, mixes: true, draws: true),
    NameRow(
      "multihead_attention", "nn.MultiheadAttention",
      "embed_dim:w num_heads:w dropout:n bias:v add_bias_kv:v add_zero_attn:v kdim:w vdim:w batch_first:v",
      .any, .module, placed: 2,
      mixes: true,
      draws: true),
  ]

  static let training = [
    NameRow(
      "sgd", "torch.optim.SGD",
      "params:p lr:n momentum:n dampening:n weight_decay:n nesterov:v maximize:v", .optimizer,
      .optimizer),
    NameRow(
      "adam", "torch.optim.Adam",
      "params:p lr:n betas:b eps:n weight_decay:n amsgrad:v maximize:v", .optimizer, .optimizer),
    NameRow(
      "adamw", "torch.optim.AdamW",
      "params:p lr:n betas:b eps:n weight_decay:n amsgrad:v maximize:v", .optimizer, .optimizer),
    NameRow(
      "rmsprop", "torch.optim.RMSprop",
      "params:p lr:n alpha:n eps:n weight_decay:n momentum:n centered:v maximize:v", .optimizer,
      .optimizer),
    NameRow(
      "adagrad", "torch.optim.Adagrad",
      "params:p lr:n lr_decay:n weight_decay:n initial_accumulator_value:n eps:n maximize:v",
      .optimizer, .optimizer),
    NameRow(
      "adadelta", "torch.optim.Adadelta", "params:p lr:n rho:n eps:n weight_decay:n maximize:v",
      .optimizer, .optimizer),
    NameRow(
      "adamax", "torch.optim.Adamax", "params:p lr:n betas:b eps:n weight_decay:n maximize:v",
      .optimizer, .optimizer),
    NameRow(
      "nadam", "torch.optim.NAdam",
      "params:p lr:n betas:b eps:n weight_decay:n momentum_decay:n decoupled_weight_decay:v maximize:v",
      .optimizer, .optimizer),
    NameRow(
      "radam", "torch.optim.RAdam",
      "params:p lr:n betas:b eps:n weight_decay:n decoupled_weight_decay:v maximize:v",
      .optimizer, .optimizer),
    NameRow("step", "step", "opt:v metric:v", .none, .method, placed: 2),
    NameRow(
      "clip_grad_norm", "nn.utils.clip_grad_norm_", "params:p max_norm:n norm_type:n", .tensor,
      placed: 2),
    NameRow(
      "clip_grad_value", "nn.utils.clip_grad_value_", "params:p clip_value:n", .none, placed: 2),
    schedule("step_lr", "StepLR", "opt:v step_size:w gamma:n"),
    schedule("multi_step_lr", "MultiStepLR", "opt:v milestones:S gamma:n"),
    schedule("exponential_lr", "ExponentialLR", "opt:v gamma:n"),
    schedule("linear_lr", "LinearLR", "opt:v start_factor:n end_factor:n total_iters:w"),
    schedule("constant_lr", "ConstantLR", "opt:v factor:n total_iters:w"),
    schedule("polynomial_lr", "PolynomialLR", "opt:v total_iters:w power:n"),
    schedule("lambda_lr", "LambdaLR", "opt:v lr_lambda:v"),
    schedule(
      "cosine_annealing_warm_restarts", "CosineAnnealingWarmRestarts",
      "opt:v T_0:w T_mult:w eta_min:n"),
    schedule("cosine_annealing_lr", "CosineAnnealingLR", "opt:v T_max:w eta_min:n"),
    schedule(
      "one_cycle_lr", "OneCycleLR",
      "opt:v max_lr:n total_steps:w epochs:w steps_per_epoch:w pct_start:n anneal_strategy:v "
        + "cycle_momentum:v base_momentum:n max_momentum:n div_factor:n final_div_factor:n "
        + "three_phase:v"),
    schedule(
      "reduce_lr_on_plateau", "ReduceLROnPlateau",
      "opt:v mode:v factor:n patience:w threshold:n threshold_mode:v cooldown:w min_lr:n eps:n"),
    NameRow("grad", "torch.autograd.grad", "y:t x:v create_graph:v", .tensor, .special, placed: 2),
    NameRow("backward", "backward", "y:t gradient:t retain_graph:v", .none, .special),
    NameRow("zero_grad", "zero_grad", "x:v", .none, .special),
    NameRow("forward", "forward", "y:v", .none, .special),
    NameRow("detach", "detach", "x:t", .like, .special),
    NameRow("item", "item", "x:t", .number, .special),
    NameRow("parameters", "parameters", "x:p", .list, .special),
    NameRow("train", "train", "layer:v", .like, .method, placed: 1),
    NameRow("eval", "eval", "layer:v", .like, .method, placed: 1),
    NameRow("sequential", "nn.Sequential", "*layers:v", .any, .special),
    NameRow(
      "mlp", "mlp", "inputs:w hidden:S outputs:w activation:v batchnorm:v dropout:n", .any,
      .special, placed: 3),
    NameRow("state", "state_dict", "layer:v", .any, .method),
  ]

  private static func schedule(_ name: String, _ target: String, _ parameters: String) -> NameRow {
    NameRow(name, "torch.optim.lr_scheduler." + target, parameters, .schedule, .schedule, placed: 2)
  }

  private static func file(_ name: String) -> NameRow { NameRow(name, name, "", .any, .data) }

  static let data = [
    NameRow("dataset", "Data", "X:e y:t", .any, .data, placed: 2),
    file("iris"), file("wine"), file("breast_cancer"),
    NameRow("digits", "digits", "n:w", .any, .data),
    NameRow("xor", "xor", "n:w noise:n", .any, .data, mixes: true),
    NameRow("moons", "moons", "n:w noise:n", .any, .data, mixes: true),
    NameRow("circles", "circles", "n:w noise:n factor:n", .any, .data, mixes: true),
    NameRow("spirals", "spirals", "n:w classes:w noise:n", .any, .data, mixes: true),
    NameRow("blobs", "blobs", "n:w centers:w features:w std:n", .any, .data, mixes: true),
    NameRow("load_csv", "load_csv", "file:v target:v", .any, .data, placed: 2),
    NameRow(
      "batches", "DataLoader", "data:v batch_size:w shuffle:v drop_last:v", .any, .special,
      placed: 1,
      mixes: true),
    NameRow("standardize", "standardize", "data:v *more:v", .any, .special, placed: 9),
    NameRow("save", "torch.save", "x:v file:v", .none, .special, placed: 2),
  ]

  static let looking = [
    NameRow("summary", "summary", "model:v x:v", .figure, .helper, placed: 2),
    NameRow("diagram", "summary", "model:v x:v", .figure, .helper, placed: 1),
    NameRow("diagnose", "diagnose", "model:v opt:v", .figure, .helper, placed: 2),
    NameRow(
      "plot", "plot", "*values:v labels:v title:v log:v x:v height:v", .figure, .helper,
      placed: 99),
    NameRow("scatter", "scatter", "x:v y:v title:v", .figure, .helper, placed: 2),
    NameRow("boundary", "boundary", "model:v data:v hidden:v title:v", .figure, .helper, placed: 2),
    NameRow("heatmap", "heatmap", "x:t title:v", .figure, .helper),
    NameRow("hist", "hist", "x:t bins:w title:v", .figure, .helper, placed: 2),
    NameRow("animate", "animate", "figure:v", .none, .special),
  ]

  static let general = [
    NameRow("print", "print", "*values:v sep:v end:v", .none, .special, placed: 99),
    NameRow("len", "len", "x:v", .whole, placed: 1),
    NameRow("zip", "zip", "*sequences:v", .any, placed: 9),
    NameRow("enumerate", "enumerate", "sequence:v start:w", .any, placed: 1),
    NameRow("sorted", "sorted", "sequence:v key:v reverse:v", .any, placed: 1),
    NameRow("reversed", "reversed", "sequence:v", .any, placed: 1),
    NameRow("set", "set", "sequence:v", .any, .special, placed: 1),
    NameRow("keys", "keys", "record:v", .any, .special, placed: 1),
    NameRow("values", "values", "record:v", .any, .special, placed: 1),
    NameRow("items", "items", "record:v", .any, .special, placed: 1),
    NameRow("corpus", "corpus", "name:v", .any, .special, placed: 1),
    NameRow("read_text", "read_text", "file:v", .any, .helper, placed: 1),
    NameRow(
      "named_parameters", "named_parameters", "model:v", .any, .method, placed: 1),
    NameRow("join", "join", "separator:v parts:v", .any, .method, placed: 2),
    NameRow("strip", "strip", "text:v characters:v", .any, .method, placed: 2),
    NameRow("lower", "lower", "text:v", .any, .method, placed: 1),
    NameRow("upper", "upper", "text:v", .any, .method, placed: 1),
    NameRow("replace", "replace", "text:v old:v new:v", .any, .method, placed: 3),
    NameRow("startswith", "startswith", "text:v part:v", .any, .method, placed: 2),
    NameRow("endswith", "endswith", "text:v part:v", .any, .method, placed: 2),
    NameRow("ord", "ord", "character:v", .whole, placed: 1),
    NameRow("chr", "chr", "n:w", .any, placed: 1),
    NameRow("float", "float", "x:v", .number, placed: 1),
    NameRow("range", "range", "start:v end:v step:v", .any, .special, placed: 3),
    NameRow("list", "list", "*values:v", .any, .special, placed: 99),
    NameRow("record", "Record", "*fields:v", .any, .special),
    NameRow("tolist", "tolist", "x:v", .any, .special),
    NameRow("append", "append", "list:v value:v", .none, .special, placed: 2),
    NameRow("type", "type", "x:v", .any, .special),
    NameRow("seed", "torch.manual_seed", "n:w", .none, placed: 1, mixes: true),
    NameRow("set_default_dtype", "torch.set_default_dtype", "dtype:d", .none, .special),
    NameRow("clock", "time.perf_counter", "", .number),
    NameRow("todo", "todo", "hint:v", .none, .special),
  ]
}

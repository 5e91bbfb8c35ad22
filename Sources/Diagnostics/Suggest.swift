// What was probably meant.

/// Names that were probably meant.
package enum Suggest {
  /// What was probably meant by a name that nothing has.
  package static func meant(by name: String, _ known: [String]) -> String? {
    elsewhere[name].map { "write `\($0)`" } ?? isDerivative(name, known)
      ?? question(close(to: name, among: known))
  }

  /// Asks after one of these names.
  package static func question(_ near: [String]) -> String? {
    near.isEmpty
      ? nil : "did you mean " + near.map { "`\($0)`" }.joined(separator: ", ") + "?"
  }

  /// Names that learners bring from Python's libraries, with ours.
  package static let elsewhere: [String: String] = [
    "Parameter": "param w = 0.5", "Param": "param w = 0.5", "Value": "param w = 0.5",
    "parameter": "param w = 0.5", "Variable": "param w = 0.5", "array": "[1, 2, 3]",
    "zero_": "zero_grad(w)", "explain": "explain ∂loss/∂w", "train_test_split": "split(data, 0.8)",
    "random_split": "split(data, 0.8)", "DataLoader": "batches(data, batch_size=32, shuffle=true)",
    "TensorDataset": "dataset(X, y)", "Linear": "linear", "ReLU": "relu",
    "Sequential": "sequential",
    "BatchNorm1d": "batchnorm1d", "Dropout": "dropout", "Conv2d": "conv2d", "Adam": "adam",
    "SGD": "sgd", "CrossEntropyLoss": "cross_entropy", "MSELoss": "mse_loss", "mse": "mse_loss",
    "MSE": "mse_loss",
    "StandardScaler": "standardize(train, test)", "manual_seed": "seed(0)", "cat": "concat",
    "accuracy": "mean(argmax(model(X), dim=1) == y)",
    "accuracy_score": "mean(argmax(model(X), dim=1) == y)",
    "softmax_cross_entropy": "cross_entropy",
    "load_iris": "iris()", "make_moons": "moons(200)", "to_categorical": "one_hot",
    "np": "[1, 2, 3]",
    "double": "tensor(x, dtype=\"float64\")",
    "long": "tensor(x, dtype=\"int64\")", "astype": "tensor(x, dtype=\"float32\")",
    "Embedding": "embedding", "LSTM": "lstm", "GRU": "gru", "RNN": "rnn",
    "clip_grad_norm_": "clip_grad_norm", "random": "randn(2)", "rand_like": "rand(x.shape)",
    "numpy": "tolist(x)", "requires_grad_": "param w = 0.5", "retain_grad": "explain ∂loss/∂w",
    "data": "w.detach()", "add_": "w := w + 1", "sub_": "w := w - 1", "mul_": "w := w*2",
    "copy_": "w := x", "fill_": "w := full(w.shape, 0)", "param_groups": "opt.lr = 0.01",
    "set_to_none": "opt.zero_grad()", "cuda": "x = [1, 2]", "cpu": "x = [1, 2]", "to": "x = [1, 2]",
    "dict": "record(a=1)", "tuple": "list(1, 2)", "input": "x = 2",
    "fit":
      "for epoch in range(50) { loss = mse_loss(model(X), y); opt.zero_grad(); loss.backward(); opt.step() }",
    "self": "layer Dense(n) { param W = ones(n); forward(x) { dot(W, x) } }",
    "plt": "plot(losses)", "tf": "linear(2, 3)", "keras": "mlp(2, [8], 1)",
    "pd": "load_csv(\"data.csv\")",
    "save_state_dict": "save(model, \"model.safetensors\")",
    "state_dict": "save(model, \"model.safetensors\")",
    "load_state_dict": "load(model, \"model.safetensors\")", "item_": "x.item()",
    "model": "model = mlp(2, [8], 1)", "net": "net = mlp(2, [8], 1)",
    "opt": "opt = sgd(model, lr=0.1)",
    "optimizer": "opt = sgd(model, lr=0.1)", "losses": "losses = list()", "null": "none",
    "nil": "none",
    "criterion": "loss = mse_loss(model(X), y)",
    "t": "x.T", "unsqueeze_": "unsqueeze(x, 0)",
  ]

  /// `dloss` where `loss` is a name: a derivative, written as on paper.
  private static func isDerivative(_ name: String, _ known: [String]) -> String? {
    guard name.first == "d", known.contains(String(name.dropFirst())) else { return nil }
    let value = name.dropFirst()
    return "a derivative is written `∂\(value)/∂w`, or `grad(\(value), w)`"
  }

  /// Up to three names within a third of the name's length in edits.
  package static func close(to name: String, among known: [String]) -> [String] {
    let limit = max(1, name.count / 3)
    let scored = Set(known).compactMap { other -> (String, Int)? in
      // What has no meaning here is not meant again.
      if other == name { return nil }
      if other.lowercased() == name.lowercased() { return (other, 0) }
      guard abs(other.count - name.count) <= limit, name.count > 1 else { return nil }
      let distance = edits(Array(name), Array(other))
      return distance <= limit ? (other, distance) : nil
    }
    return scored.sorted { ($0.1, $0.0) < ($1.1, $1.0) }.prefix(3).map { $0.0 }
  }

  private static func edits(_ a: [Character], _ b: [Character]) -> Int {
    var row = Array(0...b.count)
    for i in 0..<a.count {
      var diagonal = row[0]
      row[0] = i + 1
      for j in 0..<b.count {
        let above = row[j + 1]
        row[j + 1] = min(above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0 : 1))
        diagonal = above
      }
    }
    return row[b.count]
  }
}

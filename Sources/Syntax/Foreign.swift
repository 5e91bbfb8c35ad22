// Spellings that learners bring from Python and PyTorch, answered with ours.
import Diagnostics

enum Foreign {
  private static let words: [String: String] = [
    "lambda": "fn(x) = x^2", "def": "fn name(x) { … }", "let": "x = 1", "var": "x = 1",
    "import": "everything is there already", "from": "everything is there already",
    "elif": "else if", "True": "true", "False": "false",
    "None": "none", "function": "fn name(x) { … }", "const": "x = 1",
    "class": "layer Name(…) { … }", "with": "no_grad { … }", "assert": "expect condition",
    "print": "print(x)",
  ]

  private static let modules: Set<String> = ["nn", "torch", "F", "np", "optim"]

  /// The nn spelling for what stands at a token, if it is a known foreign one.
  static func hint(_ tokens: [PlacedToken], _ at: Int) -> Diagnostic? {
    guard case .name(let word) = tokens[at].token else { return nil }
    if let place = tracking(tokens, at) { return SyntaxFault.tracking.at(place) }
    let next = at + 1 < tokens.count ? tokens[at + 1].token : .end
    if modules.contains(word), next == .symbol(.dot), at + 2 < tokens.count,
      case .name(let member) = tokens[at + 2].token, !isAssigned(word, tokens)
    {
      // `torch.nn.functional.relu`: the last name counts.
      var (last, name) = (at + 2, member)
      while last + 2 < tokens.count, tokens[last + 1].token == .symbol(.dot),
        case .name(let next) = tokens[last + 2].token,
        ["optim", "nn", "functional", "linalg"].contains(name)
      {
        (last, name) = (last + 2, next)
      }
      let text = (at...last).compactMap { i in
        if case .name(let part) = tokens[i].token { part } else { nil }
      }.joined(separator: ".")
      return SyntaxFault.libraryName(
        name: text, library: word == "np" ? "NumPy" : "PyTorch",
        ours: layer(name, tokens, after: last) ?? spelling(name)
      ).at(tokens[at].span.to(tokens[last].span))
    }
    switch word {
    case "print" where isValue(next), "lambda", "def", "import", "from", "elif", "class", "let",
      "var",
      "const", "function", "with", "assert":
      guard isValue(next) || word == "lambda" else { return nil }
    case "True", "False", "None": break
    default: return nil
    }
    guard let ours = words[word] else { return nil }
    return SyntaxFault.foreignWord(
      word, ours: word == "import" || word == "from" ? ours : "`\(ours)`"
    ).at(
      tokens[at].span)
  }

  /// `tensor(3.0, requires_grad=True)`, wherever in it one stands.
  private static func tracking(_ tokens: [PlacedToken], _ at: Int) -> Span? {
    guard case .name(let word) = tokens[at].token,
      ["tensor", "torch", "True", "requires_grad"].contains(word)
    else { return nil }
    let line = tokens[max(0, at - 2)...].prefix { $0.token != .newline && $0.token != .end }
    guard let i = line.firstIndex(where: { $0.token == .name("requires_grad") }),
      i + 2 < tokens.count,
      tokens[i + 1].token == .symbol(.assign),
      tokens[i + 2].token == .name("True") || tokens[i + 2].token == .keyword(.true),
      i == at || i == at - 2 || word != "True"
    else { return nil }
    // After a dot it is a field, which has its own answer.
    if i > 0, tokens[i - 1].token == .symbol(.dot) { return nil }
    return tokens[i].span.to(tokens[i + 2].span)
  }

  private static func isValue(_ token: Token) -> Bool {
    switch token {
    case .name, .number, .string: true
    default: false
    }
  }

  private static func isAssigned(_ word: String, _ tokens: [PlacedToken]) -> Bool {
    tokens.indices.dropLast().contains {
      tokens[$0].token == .name(word) && tokens[$0 + 1].token == .symbol(.assign)
    }
  }

  /// PyTorch's layers of a function with settings; what stands there without a name has these here.
  private static let activations: [String: (name: String, settings: [String])] = [
    "ReLU": ("relu", []), "Sigmoid": ("sigmoid", []), "Tanh": ("tanh", []), "SiLU": ("silu", []),
    "LogSigmoid": ("logsigmoid", []), "Softmax": ("softmax", ["dim"]),
    "LogSoftmax": ("log_softmax", ["dim"]), "LeakyReLU": ("leaky_relu", ["negative_slope"]),
    "ELU": ("elu", ["alpha"]), "GELU": ("gelu", ["approximate"]),
    "Softplus": ("softplus", ["beta", "threshold"]),
  ]
  /// Layers that take the same arguments in the same order here.
  private static let layers: Set<String> = [
    "Linear", "Conv1d", "Conv2d", "BatchNorm1d", "BatchNorm2d", "LayerNorm", "Dropout", "Embedding",
    "Flatten", "MaxPool1d", "MaxPool2d", "AvgPool1d", "AvgPool2d", "RNN", "LSTM", "GRU",
    "MultiheadAttention",
  ]

  /// A layer with its arguments, as it works in `sequential(…)`: `nn.Softmax(1)` is `softmax(dim=1)`.
  private static func layer(_ member: String, _ tokens: [PlacedToken], after last: Int) -> String? {
    guard last + 1 < tokens.count, tokens[last + 1].token == .symbol(.openParen),
      let arguments = plainArguments(tokens, from: last + 2)
    else { return nil }
    let activation = activations[member]
    guard activation != nil || layers.contains(member) else { return nil }
    var texts: [String] = []
    for (i, argument) in arguments.enumerated() where argument.name != "inplace" {
      if let name = argument.name {
        texts.append("\(name)=\(argument.value)")
      } else if let activation {
        guard i < activation.settings.count else { return nil }
        texts.append("\(activation.settings[i])=\(argument.value)")
      } else {
        texts.append(argument.value)
      }
    }
    return "\(activation?.name ?? spelling(member))(\(texts.joined(separator: ", ")))"
  }

  /// Arguments up to the closing bracket, if they are numbers and words only.
  private static func plainArguments(_ tokens: [PlacedToken], from start: Int)
    -> [(name: String?, value: String)]?
  {
    var arguments: [(name: String?, value: String)] = []
    var (name, value) = (String?.none, "")
    for place in tokens[start...] {
      let isFirst = value.isEmpty || value == "-"
      switch place.token {
      case .symbol(.closeParen):
        if !value.isEmpty { arguments.append((name, value)) }
        return arguments
      case .symbol(.comma):
        arguments.append((name, value))
        (name, value) = (nil, "")
      case .symbol(.assign): (name, value) = (value, "")
      case .symbol(.minus) where value.isEmpty: value = "-"
      case .number(let n) where isFirst:
        value += n == n.rounded() && abs(n) < 1e6 ? "\(Int(n))" : "\(n)"
      case .name(let word) where isFirst: value += words[word] ?? word
      case .string(let parts) where isFirst:
        guard parts.count == 1, case .text(let text) = parts[0] else { return nil }
        value += "\"\(text)\""
      default: return nil
      }
    }
    return nil
  }

  /// `Linear` is `linear`, `MSELoss` is `mse_loss`, `BatchNorm1d` is `batchnorm1d`.
  private static func spelling(_ member: String) -> String {
    let known = [
      "BCELoss": "binary_cross_entropy", "BCEWithLogitsLoss": "bce_with_logits",
      "L1Loss": "l1_loss", "LeakyReLU": "leaky_relu", "no_grad": "no_grad { … }",
      "vector_norm": "norm", "MultiheadAttention": "multihead_attention",
    ]
    return known[member] ?? Suggest.elsewhere[member] ?? member.lowercased()
  }
}

// Small functions that a script brings along when it uses them.

/// A function or class in Python, and what it needs.
struct PythonHelper: Sendable {
  let name: String
  var needs: [String] = []
  var imports: [String] = []
  let text: String

  static func named(_ name: String) -> PythonHelper? { all.first { $0.name == name } }

  /// In the order in which a script has them.
  static let all = tools + data + figures + layers + distributed

  private static let tools = [
    PythonHelper(
      name: "as_tensor",
      text: """
        def as_tensor(x):
            \"\"\"Numbers, or lists of numbers or tensors, as a tensor.\"\"\"
            if torch.is_tensor(x):
                return x
            if isinstance(x, (list, tuple, range)):
                return torch.stack([as_tensor(item) for item in x])
            return torch.tensor(x, dtype=None if isinstance(x, bool) else torch.get_default_dtype())
        """),
    PythonHelper(
      name: "scored",
      text: """
        def scored(scores, targets):
            \"\"\"Class numbers as whole numbers; probabilities stay as they are.\"\"\"
            return scores, targets if targets.shape == scores.shape else targets.long()
        """),
    PythonHelper(
      name: "parameters_of",
      text: """
        def parameters_of(x):
            \"\"\"What there is to learn in a module, a list, or a parameter.\"\"\"
            if isinstance(x, nn.Module):
                return list(x.parameters())
            if isinstance(x, (list, tuple)):
                return [p for item in x for p in parameters_of(item)]
            return [x]
        """),
    PythonHelper(
      name: "clear_gradients", needs: ["parameters_of"],
      text: """
        def clear_gradients(x):
            for p in parameters_of(x):
                p.grad = None
        """),
    PythonHelper(
      name: "Record",
      text: """
        class Record(dict):
            \"\"\"Values by name: r["loss"] and r.loss are the same.\"\"\"

            __getattr__, __setattr__ = dict.__getitem__, dict.__setitem__
        """),
    PythonHelper(
      name: "read_text", imports: ["from pathlib import Path"],
      text: """
        def read_text(name):
            \"\"\"All text of a file beside this script.\"\"\"
            # A notebook has no file of its own; it runs where it lies.
            folder = Path(globals().get("__file__", "notebook")).parent
            return (folder / name).read_text(encoding="utf-8")
        """),
    PythonHelper(
      name: "isclose",
      text: """
        def isclose(a, b):
            \"\"\"nnrepl's ~= : equal within 1e-6 relative or 1e-9 absolute.\"\"\"
            a, b = (torch.as_tensor(x, dtype=torch.float64) for x in (a, b))
            return torch.isclose(a, b, rtol=1e-6, atol=1e-9)
        """),
    PythonHelper(
      name: "rnn_tanh_cell",
      text: """
        def rnn_tanh_cell(x, h, w_ih, w_hh, b_ih=None, b_hh=None):
            return torch.tanh(F.linear(x, w_ih, b_ih) + F.linear(h, w_hh, b_hh))
        """),
    PythonHelper(
      name: "rnn_relu_cell",
      text: """
        def rnn_relu_cell(x, h, w_ih, w_hh, b_ih=None, b_hh=None):
            return torch.relu(F.linear(x, w_ih, b_ih) + F.linear(h, w_hh, b_hh))
        """),
    PythonHelper(
      name: "lstm_memory",
      text: """
        def lstm_memory(gates, c):
            i, f, g, o = torch.chunk(gates, 4, dim=-1)
            return torch.sigmoid(f)*c + torch.sigmoid(i)*torch.tanh(g)
        """),
    PythonHelper(
      name: "lstm_output",
      text: """
        def lstm_output(gates, c):
            i, f, g, o = torch.chunk(gates, 4, dim=-1)
            return torch.sigmoid(o)*torch.tanh(c)
        """),
    PythonHelper(
      name: "lstm_cell",
      text: """
        def lstm_cell(x, state, w_ih, w_hh, b_ih=None, b_hh=None):
            h, c = state
            i, f, g, o = torch.chunk(F.linear(x, w_ih, b_ih) + F.linear(h, w_hh, b_hh), 4, dim=-1)
            c = torch.sigmoid(f)*c + torch.sigmoid(i)*torch.tanh(g)
            return torch.sigmoid(o)*torch.tanh(c), c
        """),
    PythonHelper(
      name: "gru_cell",
      text: """
        def gru_cell(x, h, w_ih, w_hh, b_ih=None, b_hh=None):
            r_x, z_x, n_x = torch.chunk(F.linear(x, w_ih, b_ih), 3, dim=-1)
            r_h, z_h, n_h = torch.chunk(F.linear(h, w_hh, b_hh), 3, dim=-1)
            r, z = torch.sigmoid(r_x + r_h), torch.sigmoid(z_x + z_h)
            n = torch.tanh(n_x + r*n_h)
            return (1 - z)*n + z*h
        """),
    PythonHelper(
      name: "summary",
      text: """
        def summary(model, x=None):
            print(model)
            print(sum(p.numel() for p in model.parameters()), "numbers to learn")
        """),
    PythonHelper(
      name: "diagnose",
      text: """
        def diagnose(model, optimizer=None):
            \"\"\"The size of each gradient; nnrepl says more.\"\"\"
            for name, p in model.named_parameters():
                size = "none" if p.grad is None else f"{p.grad.norm():.4g}"
                print(f"{name}: gradient {size}, weight {p.norm():.4g}")
        """),
  ]

  private static let figures = [
    PythonHelper(
      name: "show",
      text: """
        try:
            import matplotlib.pyplot as plt
        except ImportError:
            plt = None  # Figures are left out.


        def show(title):
            if title:
                plt.title(title)
            plt.show()
            plt.close()


        def numbers(x):
            \"\"\"Plain numbers, for a figure.\"\"\"
            return x.detach().tolist() if torch.is_tensor(x) else [float(v) for v in x]
        """),
    PythonHelper(
      name: "plot", needs: ["show"],
      text: """
        def plot(*values, labels=None, title=None, log=False, x=None, height=None):
            if plt is None:
                return
            curves = []
            for value in values:
                first = value[0] if len(value) else 0
                many = torch.is_tensor(first) and first.dim() > 0 or isinstance(first, list)
                curves += list(value) if many else [value]
            if len(curves) == 2 and labels is None and x is None:
                plt.plot(numbers(curves[0]), numbers(curves[1]))
            else:
                for k, curve in enumerate(curves):
                    axis = range(1, len(curve) + 1) if x is None else x
                    axis = axis[k] if isinstance(axis, list) and isinstance(axis[0], list) else axis
                    name = labels[k] if labels else f"{k + 1}"
                    plt.plot(numbers(axis), numbers(curve), label=name)
                if len(curves) > 1:
                    plt.legend()
            if log:
                plt.yscale("log")
            show(title)
        """),
    PythonHelper(
      name: "scatter", needs: ["show"],
      text: """
        def scatter(x, y=None, title=None):
            if plt is None:
                return
            points, labels = (x.X, x.y) if hasattr(x, "X") else (x, y)
            if points.dim() == 1:
                plt.scatter(numbers(points), numbers(labels))
            else:
                colors = None if labels is None else numbers(labels)
                plt.scatter(numbers(points[:, 0]), numbers(points[:, 1]), c=colors)
            show(title)
        """),
    PythonHelper(
      name: "boundary", needs: ["show"],
      text: """
        @torch.no_grad()
        def boundary(model, data, hidden=False, title=None):
            \"\"\"Which class a model gives each place of the plane, with the data over it.\"\"\"
            if plt is None:
                return
            low, high = data.X.min(dim=0).values - 0.2, data.X.max(dim=0).values + 0.2
            xs, ys = (torch.linspace(float(low[k]), float(high[k]), 100) for k in range(2))
            grid = torch.cartesian_prod(xs, ys)
            mode = getattr(model, "training", False)
            if mode:
                model.eval()
            scores = model(grid)
            if mode:
                model.train()
            wins = scores.argmax(dim=1) if scores.dim() > 1 and scores.shape[1] > 1 else scores > 0
            plt.contourf(xs.tolist(), ys.tolist(), wins.reshape(100, 100).T.tolist(), alpha=0.3)
            plt.scatter(numbers(data.X[:, 0]), numbers(data.X[:, 1]), c=numbers(data.y))
            show(title)
        """),
    PythonHelper(
      name: "heatmap", needs: ["show"],
      text: """
        def heatmap(x, title=None):
            if plt is None:
                return
            plt.imshow(x.detach().squeeze().reshape(-1, x.shape[-1] if x.dim() else 1).tolist())
            plt.colorbar()
            show(title)
        """),
    PythonHelper(
      name: "hist", needs: ["show"],
      text: """
        def hist(x, bins=10, title=None):
            if plt is None:
                return
            plt.hist(numbers(x.flatten()), bins=bins)
            show(title)
        """),
  ]

  private static let layers = [
    PythonHelper(
      name: "Apply",
      text: """
        class Apply(nn.Module):
            \"\"\"A function as a stage of a model.\"\"\"

            def __init__(self, function):
                super().__init__()
                self.function = function

            def forward(self, x):
                return self.function(x)
        """),
    PythonHelper(
      name: "as_module", needs: ["Apply"],
      text: """
        def as_module(stage):
            return stage if isinstance(stage, nn.Module) else Apply(stage)
        """),
    PythonHelper(
      name: "mlp", needs: ["as_module"],
      text: """
        def mlp(inputs, hidden, outputs, activation=torch.relu, batchnorm=False, dropout=0):
            \"\"\"Linear layers with an activation between them.\"\"\"
            stages, width = [], inputs
            for units in hidden if isinstance(hidden, (list, tuple)) else [hidden]:
                stages.append(nn.Linear(width, units, dtype=torch.float32))
                if batchnorm:
                    stages.append(BATCHNORM(units, dtype=torch.float32))
                stages.append(as_module(activation))
                if dropout > 0:
                    stages.append(DROPOUT(dropout))
                width = units
            stages.append(nn.Linear(width, outputs, dtype=torch.float32))
            return nn.Sequential(*stages).to(torch.get_default_dtype())
        """),
  ]
}

// Data sets in Python, the same numbers as ours.

extension PythonHelper {
  static let data = [
    PythonHelper(
      name: "Data", imports: ["from torch.utils.data import DataLoader, TensorDataset"],
      text: """
        class Data(TensorDataset):
            \"\"\"Samples X with their targets y.\"\"\"

            def __init__(self, X, y, features=(), classes=()):
                super().__init__(X, y)
                self.X, self.y = X, y
                self.features, self.classes = list(features), list(classes)

            def __getitem__(self, index):
                if isinstance(index, slice):
                    return Data(self.X[index], self.y[index], self.features, self.classes)
                return super().__getitem__(index)

            def __repr__(self):
                shapes = f"X {list(self.X.shape)}, y {list(self.y.shape)}"
                return f"data set of {len(self)} samples: {shapes}"
        """),
    PythonHelper(
      name: "load_csv", needs: ["Data"], imports: ["import csv", "from pathlib import Path"],
      text: """
        def load_csv(name, target=None):
            \"\"\"A table from a file beside this script; words as targets become numbers.\"\"\"
            # A notebook has no file of its own; it runs where it lies.
            folder = Path(globals().get("__file__", "notebook")).parent
            with open(folder / name, newline="", encoding="utf-8") as file:
                header, *rows = [row for row in csv.reader(file) if row]
            place = len(header) - 1 if target is None else header.index(target)
            words = [row[place].strip() for row in rows]
            X = torch.tensor([[float(v) for k, v in enumerate(row) if k != place] for row in rows])
            try:
                classes, y = [], [float(word) for word in words]
            except ValueError:
                classes = list(dict.fromkeys(words))
                y = [classes.index(word) for word in words]
            if all(v == int(v) for v in y):
                y = [int(v) for v in y]
            features = [h for k, h in enumerate(header) if k != place]
            return Data(X, torch.tensor(y), features, classes)
        """),
    PythonHelper(
      name: "noisy", needs: ["Data"],
      text: """
        def noisy(points, labels, noise):
            \"\"\"Points in a plane, each moved by normal noise.\"\"\"
            X = torch.tensor(points, dtype=torch.float64)
            if noise > 0:
                shifts = torch.randn(2*len(points), dtype=torch.float32)
                X = X + noise*shifts.double().reshape(-1, 2)
            return Data(X.to(torch.get_default_dtype()), torch.tensor(labels), ["x1", "x2"])
        """),
    PythonHelper(
      name: "xor", needs: ["noisy"],
      text: """
        def xor(n=4, noise=0):
            points = [(float(i // 2 % 2), float(i % 2)) for i in range(n)]
            return noisy(points, [int(a != b) for a, b in points], noise)
        """),
    PythonHelper(
      name: "moons", needs: ["noisy"],
      text: """
        def moons(n=200, noise=0.1):
            \"\"\"Two half circles that reach into each other.\"\"\"
            upper = (n + 1)//2
            points = []
            for i in range(n):
                k, count = (i, upper) if i < upper else (i - upper, n - upper)
                angle = math.pi*(k/max(1, count - 1))
                x, y = math.cos(angle), math.sin(angle)
                points.append((x, y) if i < upper else (1 - x, 0.5 - y))
            return noisy(points, [int(i >= upper) for i in range(n)], noise)
        """),
    PythonHelper(
      name: "circles", needs: ["noisy"],
      text: """
        def circles(n=200, noise=0.05, factor=0.5):
            \"\"\"A ring around a ring.\"\"\"
            outer = (n + 1)//2
            points = []
            for i in range(n):
                k, count, radius = (i, outer, 1) if i < outer else (i - outer, n - outer, factor)
                angle = 2*math.pi*(k/max(1, count))
                points.append((radius*math.cos(angle), radius*math.sin(angle)))
            return noisy(points, [int(i >= outer) for i in range(n)], noise)
        """),
    PythonHelper(
      name: "spirals", needs: ["noisy"],
      text: """
        def spirals(n=300, classes=3, noise=0.02):
            \"\"\"Spiral arms, one for each class.\"\"\"
            each = max(1, n//classes)
            points = []
            for i in range(each*classes):
                share = (i % each)/max(1, each - 1)
                angle = 2*math.pi*(i//each)/classes + 4*share
                points.append((share*math.cos(angle), share*math.sin(angle)))
            return noisy(points, [i//each for i in range(each*classes)], noise)
        """),
    PythonHelper(
      name: "blobs", needs: ["Data"],
      text: """
        def blobs(n=150, centers=3, features=2, std=1):
            \"\"\"Clouds of points around random centres.\"\"\"
            middles = torch.empty(centers*features, dtype=torch.float32).uniform_(-10, 10)
            shifts = torch.randn(n*features, dtype=torch.float32).double().reshape(n, features)
            labels = torch.arange(n) % centers
            X = middles.double().reshape(centers, features)[labels] + std*shifts
            names = [f"x{k + 1}" for k in range(features)]
            return Data(X.to(torch.get_default_dtype()), labels, names)
        """),
    PythonHelper(
      name: "split", needs: ["Data"],
      text: """
        def split(data, size, shuffle=True):
            \"\"\"Two parts of a data set; size is the first one's share or count.\"\"\"
            n = len(data)
            first = math.floor(size*n + 0.5) if size < 1 else int(size)
            order = torch.randperm(n) if shuffle else torch.arange(n)
            return tuple(
                Data(data.X[part], data.y[part], data.features, data.classes)
                for part in (order[:first], order[first:]))
        """),
    PythonHelper(
      name: "standardize", needs: ["Data"],
      text: """
        def standardize(data, *more):
            \"\"\"Each feature less its mean, over its spread; more sets by the first one's.\"\"\"
            X = data.X if isinstance(data, Data) else data
            mean, std = X.mean(dim=0, keepdim=True), X.std(dim=0, keepdim=True)
            std = torch.where(std == 0, torch.ones_like(std), std)
            scaled = []
            for d in (data, *more):
                x = ((d.X if isinstance(d, Data) else d) - mean)/std
                scaled.append(Data(x, d.y, d.features, d.classes) if isinstance(d, Data) else x)
            return tuple(scaled) if more else scaled[0]
        """),
  ]
}

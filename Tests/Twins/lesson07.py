# From nnrepl to PyTorch: the same names, and the same random numbers.
#
# A real network on real data

import csv
import math
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

# nnrepl computes in float64 and draws PyTorch's float32 random numbers.
torch.set_default_dtype(torch.float64)
torch.manual_seed(0)


def as_tensor(x):
    """Numbers, or lists of numbers or tensors, as a tensor."""
    if torch.is_tensor(x):
        return x
    if isinstance(x, (list, tuple, range)):
        return torch.stack([as_tensor(item) for item in x])
    return torch.tensor(x, dtype=None if isinstance(x, bool) else torch.get_default_dtype())


def isclose(a, b):
    """nnrepl's ~= : equal within 1e-6 relative or 1e-9 absolute."""
    a, b = (torch.as_tensor(x, dtype=torch.float64) for x in (a, b))
    return torch.isclose(a, b, rtol=1e-6, atol=1e-9)


def summary(model, x=None):
    print(model)
    print(sum(p.numel() for p in model.parameters()), "numbers to learn")


class Data(TensorDataset):
    """Samples X with their targets y."""

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


def load_csv(name, target=None):
    """A table from a file beside this script; words as targets become numbers."""
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


def split(data, size, shuffle=True):
    """Two parts of a data set; size is the first one's share or count."""
    n = len(data)
    first = math.floor(size*n + 0.5) if size < 1 else int(size)
    order = torch.randperm(n) if shuffle else torch.arange(n)
    return tuple(
        Data(data.X[part], data.y[part], data.features, data.classes)
        for part in (order[:first], order[first:]))


def standardize(data, *more):
    """Each feature less its mean, over its spread; more sets by the first one's."""
    X = data.X if isinstance(data, Data) else data
    mean, std = X.mean(dim=0, keepdim=True), X.std(dim=0, keepdim=True)
    std = torch.where(std == 0, torch.ones_like(std), std)
    scaled = []
    for d in (data, *more):
        x = ((d.X if isinstance(d, Data) else d) - mean)/std
        scaled.append(Data(x, d.y, d.features, d.classes) if isinstance(d, Data) else x)
    return tuple(scaled) if more else scaled[0]


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
    """Plain numbers, for a figure."""
    return x.detach().tolist() if torch.is_tensor(x) else [float(v) for v in x]


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


def heatmap(x, title=None):
    if plt is None:
        return
    plt.imshow(x.detach().squeeze().reshape(-1, x.shape[-1] if x.dim() else 1).tolist())
    plt.colorbar()
    show(title)


def check(name, value, recorded=None, shape=None, total=None, norm=None):
    """Compares a value with what nnrepl recorded; training in float32 drifts a little."""
    value = torch.as_tensor(value).detach()
    rtol = 1e-3 if value.dtype == torch.float32 else 1e-6
    value = value.double()
    close = dict(rtol=rtol, atol=rtol, equal_nan=True)
    if recorded is not None:
        recorded = torch.tensor(recorded, dtype=torch.float64)
        torch.testing.assert_close(value, recorded, msg=lambda m: f"{name}: {m}", **close)
        return
    assert tuple(value.shape) == shape, f"{name} has the shape {tuple(value.shape)}"
    for kind, found, wanted in (("sum", value.sum(), total), ("norm", value.norm(), norm)):
        wanted = torch.tensor(wanted, dtype=torch.float64)
        close["atol"] = rtol*max(1.0, abs(norm))
        told = lambda m: f"{kind} of {name}: {m}"
        torch.testing.assert_close(found, wanted, msg=told, **close)

# # Lesson 7: a real network on real data
# 178 wines from one region of Italy, from three kinds of grapes. A laboratory
# measured 13 things in each. Can a network tell the grapes from the numbers?
# The parts come first, each on a few small numbers. Then the whole program.
#
# One line beforehand. PyTorch, the library most people use, keeps its numbers
# with about 7 digits: float32. So does this lesson from here on. With the same
# seed, the program at the end then prints the same numbers in both.

torch.set_default_dtype(torch.float32)
data = load_csv("wine.csv")

# Each row of X is a wine, and y holds its class: 0, 1 or 2. The first wine,
# and of all wines the mean of the first feature (alcohol) and the last
# (proline, which is an amino acid):

print(data.X[0])
print(torch.mean(data.X, dim=0)[[0, 12]])

# About 13 and about 747. Such different sizes make learning hard: a weight
# on proline moves the score 57 times as much as one on alcohol.
#
# ## Training data and test data
# A network can learn its examples by heart. To see if it has understood, keep
# some wines back, and never train on them. `split` mixes the rows and gives
# 80 percent to the first part, 142 wines to learn from, and the rest to the
# test.

train, test = split(data, 0.8)
kept = len(test)  # kept = 36
print(test)
check("kept", kept, 36)

# ## Standardizing
# `standardize` takes the mean off each feature and divides by its spread,
# the standard deviation. Proline of the first three wines, before and after:

before = train.X[0:3, 12]  # before = [1285, 1260, 695]
train, test = standardize(train, test)
print(f"{before} becomes {(train.X[0:3, 12])}")
assert torch.all(abs(torch.mean(train.X, dim=0)) < 1e-05), "each mean is 0"
assert torch.all(abs(torch.std(train.X, dim=0) - 1) < 1e-05), "and its spread is 1"
print(f"means of alcohol, proline: {torch.mean(test.X, dim=0)[[0, 12]]}")
check("before", before, [1285, 1260, 695])

# The test wines went through the mean and the spread of the training wines,
# so their own means are not quite 0. Test data must have no say in anything.
#
# ## Batch norm
# The same idea inside the network: a layer that standardizes what flows
# through it, for every batch anew. Four rows, two very different columns:

batch = torch.tensor([[1.0, 100.0], [2.0, 300.0], [3.0, 200.0], [4.0, 400.0]])
norm = nn.BatchNorm1d(2)
out = norm(batch)  # out = [[-1.342, -1.342], [-0.4472, 0.4472], [0.4472, -0.4472], [1.342, 1.342]]
print(out)
assert torch.all(abs(torch.mean(out, dim=0)) < 1e-05), "each column has mean 0"
assert torch.all(abs(torch.std(out, dim=0, correction=0) - 1) < 0.0001), "and spread 1"
check("batch", batch, [[1, 100], [2, 300], [3, 200], [4, 400]])
check("out", out, [[-1.3416354656219482, -1.341640830039978], [-0.4472118318080902, 0.4472135901451111], [0.4472118318080902, -0.4472135901451111], [1.3416354656219482, 1.341640830039978]])

# Both columns are of one size now. While training, the layer also keeps a
# running mean. With each batch it goes a tenth of the way to the batch's own
# means, here 2.5 and 250. It started at 0, so it stands at a tenth of them.
# Show it the batch 49 times more, and it is nearly there.

print(f"after one batch: {norm.running_mean}")
for _ in range(49):
    norm(batch)
print(f"after fifty:     {norm.running_mean}")

# What for? After training we may ask about a single wine, and one row has no
# spread. So in eval mode the layer uses the running numbers. They are fixed
# then: a row gives the same answer, whichever rows come with it.

norm.eval()
print(norm(torch.tensor([[1.0, 100.0]])))

# Not quite the -1.342 of above. The running spread divides by n - 1, not by
# n, and for a batch of only four rows that matters.

# But is mean 0 and spread 1 always best? The network shall decide. So the
# layer ends with two numbers that it learns for each feature: γ (gamma)
# stretches, β (beta) shifts. They are called `weight` and `bias`. So first
# `x_hat = (x - mean)/sqrt(variance + eps)`, then `out = γ*x_hat + β`.
#
# eps = 1e-5 keeps the root from being 0. Take 1, 2, 3, 4 with γ = 2, β = 1:

x = torch.tensor([1.0, 2.0, 3.0, 4.0])  # x = [1, 2, 3, 4]
spread = torch.sqrt(torch.mean((x - torch.mean(x))**2) + 1e-05)  # spread = 1.118
x_hat = (x - torch.mean(x))/spread  # x_hat = [-1.342, -0.4472, 0.4472, 1.342]
out = 2*x_hat + 1  # out = [-1.683, 0.1056, 1.894, 3.683]
top = out[3]  # top = 3.683
print(f"x_hat {x_hat}")
print(f"out   {out}")
one = nn.BatchNorm1d(1)
column = x.reshape(4, 1)  # column = [[1], [2], [3], [4]]
with torch.no_grad():
    one.weight.copy_(torch.tensor([2.0]))
    one.bias.copy_(torch.tensor([1.0]))
assert torch.all(abs(one(column).reshape(4) - out) < 1e-05), "by layer too"
with torch.no_grad():
    one.weight.copy_(torch.stack([spread]))
    one.bias.copy_(torch.stack([torch.mean(x)]))
assert torch.all(abs(one(column).reshape(4) - x) < 1e-05), "nothing is lost"
check("x", x, [1, 2, 3, 4])
check("spread", spread, 1.1180384159088135)
check("x_hat", x_hat, [-1.3416354656219482, -0.4472118318080902, 0.4472118318080902, 1.3416354656219482])
check("out", out, [-1.6832709312438965, 0.10557633638381958, 1.8944237232208252, 3.6832709312438965])
check("top", top, 3.6832709312438965)
check("column", column, [[1], [2], [3], [4]])

# With the spread as γ and the mean as β, x would come out as it went in. (The
# last `expect` checks it.) So nothing is lost for good. A new layer has γ = 1
# and β = 0, and then both learn. Here is the gradient of γ, for a loss s. In
# each row: what s wants of out, times what γ stretches there, x_hat.

with torch.no_grad():
    one.weight.copy_(torch.tensor([2.0]))
    one.bias.copy_(torch.tensor([1.0]))
out = one(column)  # out = [[-1.683], [0.1056], [1.894], [3.683]]
s = torch.sum(out**2)  # s = 20.00
print(torch.autograd.grad(s, one.weight, retain_graph=True)[0][0])  # ∂s/∂one.weight[0] = 16.00
check("out", out, [[-1.6832709312438965], [0.10557633638381958], [1.8944237232208252], [3.6832709312438965]])
check("s", s, 19.999874114990234)

# Positive: a smaller γ would do. For β there is a 1 in the place of x_hat.
#
# ## Dropout
# `dropout(0.3)` silences each number with probability 0.3, new each time.
# No neuron can rely on one other, so the knowledge has to be spread. Here are
# two passes of the same 80 ones. How large are those that are left, if the
# mean is to stay about 1?

drop = nn.Dropout(0.3)
first = drop(torch.ones(4, 20))  # first = a tensor [4, 20]
second = drop(torch.ones(4, 20))  # second = a tensor [4, 20]
heatmap(first, title="first pass")
heatmap(second, title="second pass")
left = torch.max(first)  # left = 1.429
print(f"means {torch.mean(first):.3f} and {torch.mean(second):.3f};", f"of 100000 ones {torch.mean(drop(torch.ones(100000))):.3f}")
drop.eval()
print(f"in eval mode {drop(torch.ones(8))}")
assert torch.all(drop(torch.ones(8)) == 1), "no mask and no scale in eval mode"
check("first", first, shape=(4, 20), total=88.57143068313599, norm=11.24858294534684)
check("second", second, shape=(4, 20), total=82.85714483261108, norm=10.879676124911555)
check("left", left, 1.4285714626312256)

# Two masks, and each time other gaps. What is left is scaled up, to
# 1/(1 - 0.3) = 1.429. So the mean stays where it was, give or take some luck:
# 0.7 of the ones survive, and 0.7*1.429 = 1.
# In eval mode it does nothing: no one wants an answer that is left to chance.
#
# ## Adam
# Plain sgd has one learning rate for all. Adam gives each weight its own
# pace. Here are two params, one with a huge gradient, one with a tiny one.

big = torch.tensor(1.0, requires_grad=True)
small = torch.tensor(1.0, requires_grad=True)
cost = 1000*big**2 + 0.001*small**2  # cost = 1000.0
cost.backward(retain_graph=True)
print(f"gradients {big.grad} and {small.grad}")
opt = torch.optim.Adam([big, small], lr=0.1)
opt.step()
print(opt)  # nnrepl tells each step of its last update
assert isclose(big, 0.9) and abs(small - 0.9) < 1e-05, "both moved by 0.1"
check("big", big, 0.8999999761581421)
check("small", small, 0.9000005125999451)
check("cost", cost, 1000.0009765625)

# m is a running mean of the gradient, v one of its square. Both start at 0,
# which makes them too small at first; m_hat and v_hat correct that. The step
# is lr*m_hat/sqrt(v_hat), so the size of the gradient cancels out (eps only
# keeps it from dividing by 0). A gradient of 2000 and one of 0.002, and both
# params moved by 0.1. With sgd the first would have jumped by 200.
#
# The program below adds `weight_decay=1e-4`. It pulls each weight towards
# 0, very gently, so that none grows large without need. (Lesson 10 shows
# what that is good for.)
#
# ## The network
# 13 features in, three hidden layers, three scores out. After each hidden
# layer come batch norm, relu and dropout. How many numbers does the first
# batch norm learn, for 128 features?

torch.manual_seed(0)
train, test = split(data, 0.8)
train, test = standardize(train, test)
model = nn.Sequential(
    nn.Linear(13, 128),
    nn.BatchNorm1d(128),
    nn.ReLU(),
    nn.Dropout(0.3),
    nn.Linear(128, 64),
    nn.BatchNorm1d(64),
    nn.ReLU(),
    nn.Dropout(0.3),
    nn.Linear(64, 32),
    nn.BatchNorm1d(32),
    nn.ReLU(),
    nn.Dropout(0.3),
    nn.Linear(32, 3),
)
learned = model[1].weight.numel() + model[1].bias.numel()  # learned = 256
summary(model)
check("learned", learned, 256)

# 128 γ and 128 β make 256. (Running numbers are kept, not learned, and
# do not count.) 12675 numbers for 142 wines: it could well learn them by
# heart. The split is made once more, right after `seed(0)`, as the
# experiments above have used up random numbers. Now they are those of a
# program that starts here.
#
# ## The program
# `model.train()` and `model.eval()` switch batch norm and dropout over,
# for training and for testing. The five steps are those of lesson 6, and
# so is `batches`, PyTorch's DataLoader: it mixes the wines anew each epoch.

opt = torch.optim.Adam(model.parameters(), lr=0.001, weight_decay=0.0001)
losses = []
accuracies = []
for epoch in range(50):
    model.train()
    total = 0
    for xb, yb in DataLoader(train, batch_size=32, shuffle=True):
        loss = F.cross_entropy(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item()
    model.eval()
    with torch.no_grad():
        acc = torch.mean((torch.argmax(model(test.X), dim=1) == test.y).float())
    losses.append(total/5)
    accuracies.append(acc)
    if epoch < 5 or epoch % 10 == 9:
        shown = f"loss {total/5:.4f}  accuracy {acc:.4f}"
        print(f"Epoch {epoch + 1:>2}: {shown}")
assert acc > 0.9, "more than nine in ten unknown wines"
check("acc", acc, 1)
check("epoch", epoch, 49)
check("loss", loss, 0.041528232395648956)
check("total", total, 0.24966244772076607)
check("xb", xb, shape=(14, 13), total=-10.993603428360075, norm=12.820116163293097)
check("yb", yb, [0, 1, 1, 1, 1, 2, 2, 0, 0, 1, 0, 1, 0, 2])

# 142 wines make five batches, and total/5 is the mean of their losses. The
# accuracy is that of the 36 test wines. To say class 1 always would be right
# for 16 of them, that is 0.44. The network has all 36 right from epoch 10 on.
# It did not just learn by heart.

assert torch.all(torch.stack(accuracies[9:]) == 1), "all right from epoch 10 on"
plot(losses, accuracies, labels=["loss", "accuracy"])

# The loss has bumps: each epoch has other batches, and dropout silences other
# neurons.
#
# ## Forgetting eval
# The classic slip: testing in train mode. The program notices.

model.train()
with torch.no_grad():
    acc = torch.mean((torch.argmax(model(test.X), dim=1) == test.y).float())
print(f"accuracy in train mode {acc:.4f}")
check("acc", acc, 0.9722222089767456)

# 35 of 36. In train mode dropout still silences neurons, and batch norm takes
# its numbers from the test batch. That is no way to measure a network.
#
# ## A race
# Was Adam worth it? The same network, the same start, once with sgd and once
# with Adam, at three rates each.

def race(make, lr):
    torch.manual_seed(0)
    m = nn.Sequential(
        nn.Linear(13, 128),
        nn.BatchNorm1d(128),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(128, 64),
        nn.BatchNorm1d(64),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(64, 32),
        nn.BatchNorm1d(32),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(32, 3),
    )
    opt = make(m.parameters(), lr=lr)
    losses = []
    for _ in range(50):
        total = 0
        for xb, yb in DataLoader(train, batch_size=32, shuffle=True):
            loss = F.cross_entropy(m(xb), yb)
            opt.zero_grad()
            loss.backward()
            opt.step()
            total += loss.item()
        losses.append(total/5)
    return losses


def last(l):
    return torch.mean(as_tensor(l[-5:]))

rates = [0.001, 0.01, 0.1]
slow = [race(torch.optim.SGD, lr) for lr in rates]
quick = [race(torch.optim.Adam, lr) for lr in rates]
print("mean loss of the last five epochs")
for lr, a, b in zip(rates, slow, quick):
    print(f"rate {lr:>5}   sgd {last(a):.2f}   adam {last(b):.2f}")
rate = rates[torch.argmin(torch.stack([last(l) for l in slow]))]  # rate = 0.1
plot(slow[0], quick[0], labels=["sgd", "adam"], title="rate 0.001")
check("lr", lr, 0.1)
check("rate", rate, 0.1)

# At 0.001, the rate Adam has if you name none, sgd has hardly begun: 0.92
# against 0.06. That is why Adam is a good first choice: the size of the
# gradients does not matter to it, so a rate that suits one network often
# suits the next. But sgd with a good rate, 0.1, ends at 0.03: below Adam at
# 0.001, not far above Adam's best, 0.02. (Another start may change that.)
# And Adam has m and v to keep, two numbers more for each of 12675.
#
# Is sgd ever plainly better? The smallest case: a weight w that starts at 0 and
# should become 1. Each makes 30 steps.

def roll(make, lr):
    w = torch.tensor(0.0, requires_grad=True)
    opt = make([w], lr=lr)
    path = []
    for _ in range(30):
        loss = (w - 1)**2
        opt.zero_grad()
        loss.backward()
        opt.step()
        path.append(w.item())
    return path


for lr in [0.01, 0.03, 0.1, 0.2]:
    a = abs(roll(torch.optim.SGD, lr)[-1] - 1)
    b = abs(roll(torch.optim.Adam, lr)[-1] - 1)
    print(f"rate {lr:>5}   sgd is off by {a:.4f}   adam {b:.4f}")
    assert a < b, "sgd is nearer"
plot(roll(torch.optim.SGD, 0.1), roll(torch.optim.Adam, 0.1), labels=["sgd", "adam"], title="w at a rate of 0.1")
check("a", a, 2.384185791015625e-07)
check("b", b, 0.04199028015136719)
check("lr", lr, 0.2)

# Here sgd is nearer at each of the four rates. The closer w comes, the
# smaller the gradient, and with it the step. Adam divides that out, so it
# arrives with speed and runs past. In a smooth valley, at a rate that suits
# it, plain sgd does as well or better.
#
# A trained network is worth keeping. `save` writes it to a file and `load`
# reads it back. A lesson touches no files, so try that at the prompt.
#
# ## The same in PyTorch
# This Python program prints the same ten lines, number for number.
#
#     import torch
#     from torch import nn
#     from torch.utils.data import DataLoader, TensorDataset
#     from sklearn.datasets import load_wine
#
#     torch.manual_seed(0)
#     wine = load_wine()
#     X = torch.tensor(wine.data, dtype=torch.float32)
#     y = torch.tensor(wine.target)
#
#     order = torch.randperm(178)
#     a, b = order[:142], order[142:]
#     X = (X - X[a].mean(dim=0)) / X[a].std(dim=0)
#     train = DataLoader(TensorDataset(X[a], y[a]),
#                        batch_size=32, shuffle=True)
#
#     def block(n, m):
#         return [nn.Linear(n, m), nn.BatchNorm1d(m),
#                 nn.ReLU(), nn.Dropout(0.3)]
#
#     model = nn.Sequential(*block(13, 128), *block(128, 64),
#                           *block(64, 32), nn.Linear(32, 3))
#     opt = torch.optim.Adam(model.parameters(), lr=1e-3,
#                            weight_decay=1e-4)
#
#     for epoch in range(50):
#         model.train()
#         total = 0
#         for xb, yb in train:
#             loss = nn.functional.cross_entropy(model(xb), yb)
#             opt.zero_grad(); loss.backward(); opt.step()
#             total += loss.item()
#         model.eval()
#         with torch.no_grad():
#             right = model(X[b]).argmax(dim=1) == y[b]
#             acc = right.float().mean()
#         if epoch < 5 or epoch % 10 == 9:
#             print(f"Epoch {epoch + 1:>2}: loss {total/5:.4f}"
#                   f"  accuracy {acc:.4f}")
#
# ## Three things to try
# 1. Leave dropout out: `model = mlp(13, [128, 64, 32], 3, batchnorm=true)`,
#    then `opt = adam(model, lr=1e-3)`, and run the loop again. Where does the
#    loss end now? Is the curve smoother?
# 2. Take a much smaller network, `model = mlp(13, [8], 3)`, and a new `opt`.
#    How many epochs does it need?
# 3. Such a small network, made anew with its `opt`, on raw numbers: first
#    `train, test = split(data, 0.8)`, and no `standardize`. How far does it
#    get in 50 epochs? (Not as far as the `expect` behind the loop wants.)
#
# Now it is your turn: `nnrepl check ex07`, batch norm by hand.
#
# Next, lesson 8: autograd under the hood, where the chain comes from.

# To try: Leave dropout out: `model = mlp(13, [128, 64, 32], 3, batchnorm=true)`, `opt = adam(model, lr=1e-3)`, and run the loop again. Where does the loss end now?

# To try: Take a much smaller network, `model = mlp(13, [8], 3)`, and a new `opt`. How many epochs does it need?

# To try: Such a small network on raw numbers: `train, test = split(data, 0.8)` without `standardize`, a new model and opt, and the loop. How far does it get in 50 epochs?

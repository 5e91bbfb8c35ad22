# From nnrepl to PyTorch: the same names, and the same random numbers.
#
# When training goes wrong

import math

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


def diagnose(model, optimizer=None):
    """The size of each gradient; nnrepl says more."""
    for name, p in model.named_parameters():
        size = "none" if p.grad is None else f"{p.grad.norm():.4g}"
        print(f"{name}: gradient {size}, weight {p.norm():.4g}")


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


def noisy(points, labels, noise):
    """Points in a plane, each moved by normal noise."""
    X = torch.tensor(points, dtype=torch.float64)
    if noise > 0:
        shifts = torch.randn(2*len(points), dtype=torch.float32)
        X = X + noise*shifts.double().reshape(-1, 2)
    return Data(X.to(torch.get_default_dtype()), torch.tensor(labels), ["x1", "x2"])


def moons(n=200, noise=0.1):
    """Two half circles that reach into each other."""
    upper = (n + 1)//2
    points = []
    for i in range(n):
        k, count = (i, upper) if i < upper else (i - upper, n - upper)
        angle = math.pi*(k/max(1, count - 1))
        x, y = math.cos(angle), math.sin(angle)
        points.append((x, y) if i < upper else (1 - x, 0.5 - y))
    return noisy(points, [int(i >= upper) for i in range(n)], noise)


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


class Apply(nn.Module):
    """A function as a stage of a model."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def as_module(stage):
    return stage if isinstance(stage, nn.Module) else Apply(stage)


def mlp(inputs, hidden, outputs, activation=torch.relu, batchnorm=False, dropout=0):
    """Linear layers with an activation between them."""
    stages, width = [], inputs
    for units in hidden if isinstance(hidden, (list, tuple)) else [hidden]:
        stages.append(nn.Linear(width, units, dtype=torch.float32))
        if batchnorm:
            stages.append(nn.BatchNorm1d(units, dtype=torch.float32))
        stages.append(as_module(activation))
        if dropout > 0:
            stages.append(nn.Dropout(dropout))
        width = units
    stages.append(nn.Linear(width, outputs, dtype=torch.float32))
    return nn.Sequential(*stages).to(torch.get_default_dtype())


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

# # Lesson 9: when training goes wrong
# A network that does not learn seldom says why. The program runs, numbers
# come out, and they are bad. This lesson breaks a network in nine ways.
# Each time you see the symptom first, and guess. Then we look for the cause,
# mend it, and see it mended. At the end four strangers come, and you tell
# what they have.
#
# The task: points in two half circles that reach into each other. From the
# two coordinates, the network tells which half circle a point is in.
# `fit` trains it for 60 rounds. (We come to `limit` later.)

data = moons(80, noise=0.1)


def fit(model, lr=0.3, limit=1000000000):
    opt = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(60):
        loss = F.cross_entropy(model(data.X), data.y)
        opt.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), limit)
        opt.step()
        losses.append(loss.item())
    return losses


def tell(l):
    print(f"loss: first {l[0]:.2f}, highest {max(l):.2f},", f"last {l[-1]:.2f}")

# `once` is a single forward and backward pass. After it, `diagnose` can
# tell how a model is doing. First a healthy one, trained.

def once(model):
    model.zero_grad()
    loss = F.cross_entropy(model(data.X), data.y)
    loss.backward(retain_graph=True)
    return loss


def fresh():
    torch.manual_seed(3)
    return nn.Sequential(
        nn.Linear(2, 8, dtype=torch.float32),
        nn.ReLU(),
        nn.Linear(8, 2, dtype=torch.float32),
    ).double()


m = fresh()
tell(fit(m))
loss = once(m)  # loss = 0.3008
diagnose(m, torch.optim.SGD(m.parameters(), lr=0.3))
check("loss", loss, 0.3007911660131123)

# Four questions and a verdict. Is the loss below what a coin gets, 0.693?
# Does each layer get a gradient, none far smaller than the others? Is each
# hidden unit awake for some points? And how far will the next step move the
# weights, as a share of their size? Here 2 or 3 in 1000, which is gentle.
#
# ## 1. A weight that swings
# The smallest case, one weight that should become 1. Its loop has a mistake:
# you will see it in the picture, and in the loop. The cell after it makes two
# passes of a network without a step. How many times as long as after one
# pass is its gradient then?

w = torch.tensor(0.0, requires_grad=True)
opt = torch.optim.SGD([w], lr=0.2)
swinging = []
for _ in range(30):
    loss = (w - 1)**2
    loss.backward()
    opt.step()
    swinging.append(w.item())
plot(swinging, title="w, step by step")
check("w", w, 0.24857919530822695)
check("loss", loss, 1.09135943464443)

m = fresh()
loss = once(m)
alone = torch.linalg.vector_norm(m[0].weight.grad)
# Not carried over, PyTorch keeps no formulas to go through again: run the lines that made it:
#   loss.forward()
loss.backward(retain_graph=True)
times = torch.linalg.vector_norm(m[0].weight.grad)/alone  # times = 2
print(f"{times} times as long")
diagnose(m)
w = torch.tensor(0.0, requires_grad=True)
opt = torch.optim.SGD([w], lr=0.2)
settling = []
for _ in range(30):
    loss = (w - 1)**2
    opt.zero_grad()
    loss.backward()
    opt.step()
    settling.append(w.item())
assert abs(settling[-1] - 1) < 1e-06, "mended: it settles at 1"
plot(swinging, settling, labels=["piled", "cleared"])
check("loss", loss, 1.3576021659240054e-13)
check("alone", alone, 0.12068108696135364)
check("times", times, 2)
check("w", w, 0.9999997789260803)

# Without clearing, each step is pushed by all gradients so far, not by its
# own alone (lesson 8). So w runs past 1, comes back, and swings without end.
# The cure is `opt.zero_grad()` in every round. That was ill 1: zero_grad
# forgotten.
#
# ## 2. Three curves
# The same network three times, with learning rates of 0.002, 0.3 and 10, as
# chance has dealt them. (Going up, equal distances are equal factors.) Which
# rate has curve b?

def run(lr):
    return fit(fresh(), lr=lr)


rates = [0.002, 0.3, 10]
deal = torch.randperm(3)  # deal = [2, 0, 1]
runs = [run(rates[k]) for k in deal]
plot(runs, labels=["a", "b", "c"], log=True)
check("deal", deal, [2, 0, 1])

rate_of_b = rates[deal[1]]  # rate_of_b = 0.002
print(f"a {rates[deal[0]]}, b {rates[deal[1]]}, c {rates[deal[2]]}")
m = fresh()
loss = once(m)  # loss = 0.7471
diagnose(m, torch.optim.SGD(m.parameters(), lr=10))
check("rate_of_b", rate_of_b, 0.002)
check("loss", loss, 0.7470873364082458)

# With 0.002 hardly anything happens. With 10 the loss leaps to 38 and hops up
# and down: each step overshoots. `diagnose` knows before the first step. It
# is three times as long as the last layer's weights themselves: they would be
# replaced, not adjusted. The cure is c, with 0.3. (Elsewhere it gets worse:
# the loss grows to inf, too large to write, then to nan, "not a number". Nan
# stays in the weights: start afresh, with a smaller rate.) That was ill 2: a
# learning rate too high or too low.
#
# ## 3. A loss that stops half way
# Why not start all weights at 0? Or all at 0.5? See how far that gets. Then
# look at the four hidden units of the second network. Each has learned a row
# of two weights. How many different rows are there?

def equal(v):
    m = nn.Sequential(
        nn.Linear(2, 4, dtype=torch.float32),
        nn.ReLU(),
        nn.Linear(4, 2, dtype=torch.float32),
    ).double()
    for p in list(m.parameters()):
        with torch.no_grad():
            p.copy_(torch.full(p.shape, float(v)))
    return m


tell(fit(equal(0)))
m = equal(0.5)
tell(fit(m))

kinds = len(torch.unique(m[0].weight[:, 0]))  # kinds = 1
print(m[0].weight)
assert torch.all(m[0].weight == m[0].weight[0]), "four rows, all the same"
loss = once(m)  # loss = 0.5232
diagnose(m)
torch.manual_seed(3)
tell(fit(nn.Sequential(
    nn.Linear(2, 4, dtype=torch.float32),
    nn.ReLU(),
    nn.Linear(4, 2, dtype=torch.float32),
).double()))
check("kinds", kinds, 1)
check("loss", loss, 0.5232322763147544)

# From 0, nothing moves. From 0.5 something does, but the four units started
# equal, so they got equal gradients, so they stayed equal: four copies of one
# unit. That is called symmetry. The cure is random start values, which `mlp`
# draws for you: the last line is the same size, untouched. That was ill 3:
# start values all equal.
#
# ## 4. A first loss of 55
# Three hidden layers, and every weight ten times what `mlp` would take. What
# should the first loss of two classes be?

def big():
    torch.manual_seed(4)
    m = nn.Sequential(
        nn.Linear(2, 8, dtype=torch.float32),
        nn.ReLU(),
        nn.Linear(8, 8, dtype=torch.float32),
        nn.ReLU(),
        nn.Linear(8, 8, dtype=torch.float32),
        nn.ReLU(),
        nn.Linear(8, 2, dtype=torch.float32),
    ).double()
    for i in [0, 2, 4, 6]:
        with torch.no_grad():
            m[i].weight.copy_(10*m[i].weight)
    return m


tell(fit(big()))

usual = F.cross_entropy(torch.zeros(80, 2), data.y)  # usual = 0.6931
print(f"not knowing costs {usual:.4f}")
m = big()
loss = once(m)  # loss = 54.83
diagnose(m)
tell(fit(big(), limit=5))
torch.manual_seed(4)
tell(fit(nn.Sequential(
    nn.Linear(2, 8, dtype=torch.float32),
    nn.ReLU(),
    nn.Linear(8, 8, dtype=torch.float32),
    nn.ReLU(),
    nn.Linear(8, 8, dtype=torch.float32),
    nn.ReLU(),
    nn.Linear(8, 2, dtype=torch.float32),
).double()))
check("usual", usual, 0.6931471805599456)
check("loss", loss, 54.82914409944395)

# Not knowing would cost 0.693, this costs 54.8: it is wrong, and sure of it.
# Its gradients are a hundred times those in part 2, and more. So it explodes,
# to two and a half million. One cure is a limit: `clip_grad_norm` shortens
# all gradients together whenever their joint norm (their length) is above 5,
# and the loss climbs down from a bad start. The better cure is a good start,
# as in the last line. That was ill 4: start values too large.
#
# ## 5. 0.69, and nothing moves
# That first run ended at 0.69, no better than a coin. One huge step can push
# all biases so low that a network never recovers. Let us do that by hand, in
# a small one. For how many of its eight units does relu give 0 for every
# point?

m = fresh()
with torch.no_grad():
    m[0].bias.copy_(m[0].bias - 10)
tell(fit(m))

out = m[1](m[0](data.X))  # out = a tensor [80, 8]
dead = torch.sum(as_tensor(torch.max(out, dim=0).values == 0))  # dead = 8
loss = once(m)  # loss = 0.6931
assert torch.linalg.vector_norm(m[0].weight.grad) == 0, "dead units get no gradient"
diagnose(m)
with torch.no_grad():
    m[0].bias.copy_(torch.zeros(8))
tell(fit(m))
check("out", out, shape=(80, 8), total=0, norm=0)
check("dead", dead, 8)
check("loss", loss, 0.6931471805649834)

# All eight. The slope of relu is 0 there, so they get no gradient, and
# nothing will ever wake them. Smaller steps or leaky_relu prevent it. Or wake
# them yourself, as the last lines do. That was ill 5: dead relu units.
#
# ## 6. 0.69 again
# Five hidden layers, with sigmoid after each. Backward multiplies by the
# slope of every sigmoid on its way to the front (and by weights, which we
# leave aside). What is the most that five such slopes can let through?

def deep(f):
    torch.manual_seed(5)
    return mlp(2, (8, 8, 8, 8, 8), 2, activation=f)


tell(fit(deep(torch.sigmoid)))

z = torch.tensor(0.0, requires_grad=True)
steepest = torch.autograd.grad(torch.sigmoid(z), z, retain_graph=True)[0]  # steepest = 0.25
at_most = steepest**5  # at_most = 0.0009766
print(f"five slopes of {steepest}: {at_most:.6f}")
m = deep(torch.sigmoid)
loss = once(m)
diagnose(m)
m = deep(torch.relu)
loss = once(m)  # loss = 0.7207
first = torch.linalg.vector_norm(m[0].weight.grad)  # first = 0.01392
last = torch.linalg.vector_norm(m[10].weight.grad)  # last = 0.09582
assert first > 0.1*last, "the first layer hears enough to learn"
print(f"relu: first layer's gradient is {first/last:.2f} of the last's")
tell(fit(deep(torch.relu)))
check("z", z, 0)
check("steepest", steepest, 0.25)
check("at_most", at_most, 0.0009765625)
check("loss", loss, 0.7206755982128833)
check("first", first, 0.013918718427687684)
check("last", last, 0.09581657936819246)

# A thousandth, at best. The first layer's gradient is 0.0002 of the last
# one's: it hears next to nothing. With relu, a unit awake has slope 1, and
# the network learns. That was ill 6: vanishing gradients.
#
# ## 7. Right, but dear
# A network that has been trained well, and its loss. It seems dear for so
# good a network. What would a perfect answer cost: a probability of 1 for
# the truth, and 0 for the other?

def accuracy(m):
    with torch.no_grad():
        return torch.mean((torch.argmax(m(data.X), dim=1) == data.y).double())


m = fresh()
fit(m)
m.zero_grad()
probabilities = F.softmax(m(data.X), dim=1)  # probabilities = a tensor [80, 2]
loss = F.cross_entropy(probabilities, data.y)  # loss = 0.4628
loss.backward(retain_graph=True)
print(f"accuracy {accuracy(m)}, loss {loss:.4f}")
check("probabilities", probabilities, shape=(80, 2), total=80.00000000000001, norm=7.9872897117064845)
check("loss", loss, 0.4628321954751935)

perfect = F.cross_entropy(torch.tensor([[1.0, 0.0]]), torch.tensor([0]))  # perfect = 0.3133
print(f"a perfect answer: {perfect:.4f}")
diagnose(m)
print(f"without softmax: {F.cross_entropy(m(data.X), data.y):.4f}")
check("perfect", perfect, 0.31326168751822286)

# `cross_entropy` wants raw scores: it applies softmax itself. Probabilities
# lie between 0 and 1. Taken as scores, they are so close to each other that
# even a perfect answer costs 0.3133. The cure is to leave softmax out. That
# was ill 7: softmax before cross_entropy. It runs without an error, so the
# program warns.
#
# ## 8. A loss of 0.25
# One output per point this time: 0 for one half circle, 1 for the other. The
# loss sticks. How many pairs of a guess and a target does it compare?

torch.manual_seed(3)
m = nn.Sequential(
    nn.Linear(2, 8, dtype=torch.float32),
    nn.ReLU(),
    nn.Linear(8, 1, dtype=torch.float32),
).double()
opt = torch.optim.SGD(m.parameters(), lr=0.2)
for _ in range(60):
    guess = m(data.X)
    loss = F.mse_loss(guess, data.y.double())
    opt.zero_grad()
    loss.backward()
    opt.step()
print(f"loss {loss:.4f}")
check("guess", guess, shape=(80, 1), total=39.984643726016735, norm=4.472072929049624)
check("loss", loss, 0.25018490695902196)

pairs = (guess - data.y).numel()  # pairs = 6400
print(f"{pairs} pairs")
diagnose(m)
torch.manual_seed(3)
m = nn.Sequential(
    nn.Linear(2, 8, dtype=torch.float32),
    nn.ReLU(),
    nn.Linear(8, 1, dtype=torch.float32),
).double()
opt = torch.optim.SGD(m.parameters(), lr=0.2)
for _ in range(60):
    guess = m(data.X).squeeze(1)
    loss = F.mse_loss(guess, data.y.double())
    opt.zero_grad()
    loss.backward()
    opt.step()
print(f"with squeeze: loss {loss:.4f}")
check("pairs", pairs, 6400)
check("guess", guess, shape=(80,), total=40.20197162355756, norm=5.696993218283256)
check("loss", loss, 0.08697050590258368)

# The program stretches both to [80, 80] and compares every point with every
# target. The best answer to all targets at once is their mean, 0.5, for
# everyone. That costs 0.25, and there it sticks. One `.squeeze(1)` sets it
# free. That was ill 8: shapes that almost fit.
#
# ## 9. An accuracy with moods
# Three times the same network, the same points, the same question. By how
# much will two answers differ once it is mended?

torch.manual_seed(5)
m = nn.Sequential(
    nn.Linear(2, 16, dtype=torch.float32),
    nn.ReLU(),
    nn.Dropout(0.5),
    nn.Linear(16, 2, dtype=torch.float32),
).double()
fit(m)
print(f"{accuracy(m)} {accuracy(m)} {accuracy(m)}")

m.eval()
differ = abs(accuracy(m) - accuracy(m))  # differ = 0
print(f"eval mode: {accuracy(m)} {accuracy(m)} {accuracy(m)}")
assert accuracy(m) > 0.8125, "better than the best of the three above"
check("differ", differ, 0)

# Dropout silences units at random while training. Measure like that, and
# the model looks worse than it is, and the number depends on luck. So
# `m.eval()` before measuring, `m.train()` before training goes on. That was
# ill 9: measured in train mode. (`diagnose` sees the training, not how you
# measure. Here the warning tells.)
#
# ## Four strangers
# Four networks, one ill each: 2, 3, 5 or 6, as chance has dealt. 2 is a rate
# too low, 3 equal start values, 5 dead units, 6 vanishing gradients. No loss
# gets below 0.5. Look at the lengths of the gradients before the first step,
# and at the losses. What has a? And b, and c?

def lowered():
    m = fresh()
    with torch.no_grad():
        m[0].bias.copy_(m[0].bias - 10)
    return m


ill = [2, 3, 5, 6]
rates = [0.002, 0.3, 0.3, 0.3]
ward = [fresh(), equal(0.5), lowered(), deep(torch.sigmoid)]
deal = torch.randperm(4)  # deal = [3, 1, 2, 0]
print("  gradient of the          loss")
print("  first layer  last layer  first   last")
for name, k in zip(["a", "b", "c", "d"], deal):
    once(ward[k])
    layers = list(ward[k].parameters())
    g = torch.linalg.vector_norm(layers[0].grad)
    h = torch.linalg.vector_norm(layers[-2].grad)
    l = fit(ward[k], lr=rates[k])
    print(f"{name} {g:>11.6f} {h:>11.6f}  {l[0]:.4f} {l[-1]:.4f}")
check("deal", deal, [3, 1, 2, 0])
check("g", g, 0.12068108696135364)
check("h", h, 0.27006721258582683)
check("k", k, 0)

def look(place):
    m = ward[deal[place]]
    loss = once(m)
    return diagnose(m, torch.optim.SGD(m.parameters(), lr=rates[deal[place]]))


a_has = ill[deal[0]]  # a_has = 6
print(f"a has ill {a_has}")
look(0)
check("a_has", a_has, 6)

b_has = ill[deal[1]]  # b_has = 3
print(f"b has ill {b_has}")
look(1)
check("b_has", b_has, 3)

c_has = ill[deal[2]]  # c_has = 5
print(f"c has ill {c_has}")
look(2)
check("c_has", c_has, 5)

# And d is left: healthy gradients, and a loss that creeps. It needs a larger
# rate, and would learn as c of part 2 did.
#
# ## The checklist
# When a network does not learn, ask in this order:
#
# - Is there a warning? Read it: shapes, softmax, train mode.
# - The first loss, with C classes, should be near ln C. Far above it: the
#   start values are too large.
# - `diagnose(model, opt)` after a backward pass. Is a layer without
#   gradient? Are units dead? zero_grad forgotten? The next step too long?
# - The loss leaps or becomes nan: a smaller learning rate, or clipping.
# - The loss creeps: a larger learning rate. (Try factors of 3.)
# - Nothing helps: train on five points. If it cannot learn even those by
#   heart, look for a mistake in the program.
#
# ## Three things to try
# 1. How high can the learning rate go? `tell(fit(fresh(), lr=1))`, then
#    2, 4 and 8. When does the highest loss leave the first one behind?
# 2. Mend the five sigmoid layers without relu: `tell(fit(deep(tanh)))`.
#    Then `m = deep(tanh); loss = once(m)` and `diagnose(m)`.
# 3. Let only some units die: `m = fresh()`, `m[0].bias := m[0].bias - 0.9`,
#    `loss = once(m)`, `diagnose(m)`, `tell(fit(m))`. Then the same with 0.3.
#
# Now it is your turn: `nnrepl check ex09`, a network with five mistakes.
#
# Next, lesson 10: learning by heart. Five points by heart were a good sign.
# But what if a network learns all its points like that, and then meets
# new ones?

# To try: How high can the learning rate go? `tell(fit(fresh(), lr=1))`, then 2, 4 and 8. Keep the first whose highest loss leaves the first one behind in `edge`.

# To try: Mend the five sigmoid layers without relu: `tell(fit(deep(tanh)))`, then `m = deep(tanh); loss = once(m)` and `diagnose(m)`.

# To try: Let only some units die: `m = fresh()`, `m[0].bias := m[0].bias - 0.9`, `loss = once(m)`, `diagnose(m)`.

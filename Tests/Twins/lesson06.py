# From nnrepl to PyTorch: the same names, and the same random numbers.
#
# The training loop

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


def scored(scores, targets):
    """Class numbers as whole numbers; probabilities stay as they are."""
    return scores, targets if targets.shape == scores.shape else targets.long()


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


@torch.no_grad()
def boundary(model, data, hidden=False, title=None):
    """Which class a model gives each place of the plane, with the data over it."""
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

# # Lesson 6: the training loop
# All the parts are there: layers, a loss, gradients, a step. In this lesson
# they go round and round until a small network can tell two moons apart.

data = moons(100, noise=0.1)
scatter(data)

# A hundred points, each with two numbers: its place in the picture. Fifty
# belong to the upper moon, class 0, and fifty to the lower one, class 1.
# No straight line separates them. The network has to find a curve.

torch.manual_seed(3)
model = nn.Sequential(
    nn.Linear(2, 16, dtype=torch.float32),
    nn.ReLU(),
    nn.Linear(16, 2, dtype=torch.float32),
).double()
boundary(model, data)

# Two inputs, sixteen hidden neurons, two outputs: a score for each class. The
# larger score wins, and the shade shows where class 1 does. The weights are
# still random, and the line between the two parts ignores the moons.
# (`seed(3)` makes the random numbers the same for you as here.)
#
# `argmax` gives the place of the larger score, 0 or 1. Compare it with the
# true classes, take the mean, and you have the share of right answers, the
# accuracy. Inside `no_grad` nothing is recorded: we only look.

with torch.no_grad():
    acc = torch.mean((torch.argmax(model(data.X), dim=1) == data.y).double())
print(f"accuracy before training: {acc}")
assert acc < 0.6, "no better than a coin"
check("acc", acc, 0.47)

# ## One round, slowly
# Four points are enough to watch: two from each moon. Step one, forward:
# from the points to the scores, one row for each point.

few = data.X[[0, 20, 60, 90]]
# few = [[0.8874, -0.1152], [0.2743, 1.038], [0.1363, -0.1445], [1.946, -0.03239]]
want = data.y[[0, 20, 60, 90]]  # want = [0, 0, 1, 1]
print(f"classes {want}")
scores = model(few)
# scores = [[-0.1604, -0.1748], [-0.1994, -0.2205], [-0.1501, -0.2034], [-0.135, -0.1531]]
check("few", few, [[0.8874160170555114, -0.1152360200881958], [0.27429662146374845, 1.0379122521074002], [0.1363165295469146, -0.14448274743114214], [1.9461953617811838, -0.03238709557938797]])
check("want", want, [0, 0, 1, 1])
check("scores", scores, [[-0.16041772411140912, -0.17476254610034136], [-0.1993695526006252, -0.22053251838420684], [-0.1500576944922138, -0.20335662931157417], [-0.13496242860399335, -0.15308010534732214]])

# The left score is a little larger in all four rows. The last two points are
# class 1, so there it is wrong. Step two, the loss: `cross_entropy` is small
# if in every row the score of the right class is clearly the larger one.

loss = F.cross_entropy(scores, want)  # loss = 0.6978
check("loss", loss, 0.6977552310619685)

# Step three: `zero_grad` clears old gradients. Step four: `backward` finds
# new ones. Here are those of the last two biases, one for each score.

opt = torch.optim.SGD(model.parameters(), lr=0.5)
opt.zero_grad()
loss.backward(retain_graph=True)
print(model[2].bias.grad)
print(torch.autograd.grad(loss, model[2].bias, retain_graph=True)[0][1])
# ∂loss/∂model[2].bias[1] = -0.006682

# The second bias in full: each point has its share, output minus target as
# in lesson 5, over 4. (The fraction is softmax.) The points of class 0 push
# score 1 down, the others pull it up, and they nearly balance. The first bias
# has the opposite.
#
# Step five moves every weight against its gradient. `step` works out one
# number of each tensor, and then shows what the tensor holds now (a long one
# only in part).

opt.step()

scores = model(few)
# scores = [[-0.173, -0.1593], [-0.159, -0.2604], [-0.1613, -0.1911], [-0.1823, -0.09753]]
loss = F.cross_entropy(scores, want)  # loss = 0.6759
print(scores)
print(f"loss {loss:.4f}")
assert loss < 0.69, "it was 0.6978 before the step"
check("scores", scores, [[-0.1729785643182255, -0.15930728770411387], [-0.1590396359497183, -0.2604320085543068], [-0.16129909568159756, -0.19107221468596283], [-0.18225416910599904, -0.09753225794832945]])
check("loss", loss, 0.6758923500856544)

# One step, and the loss fell from 0.6978 to 0.6759. The last point is right
# now. But the first was right before, and by a little it is wrong now. One
# step is not enough.
#
# ## The loop
# The same five steps, now with all hundred points, without telling, and 300
# times. Each round computes the loss anew, from the weights as they are now.
# `loss.item()` is its bare number. It goes into a list, for a picture.
# Every tenth round, `animate` draws the line anew in the place of the last
# one, so that you see it move. (A page keeps the first and the last.)

losses = []
for k in range(300):
    loss = F.cross_entropy(model(data.X), data.y)  # 1 forward, 2 loss
    opt.zero_grad()  # 3 clear
    loss.backward()  # 4 backward
    opt.step()  # 5 step
    losses.append(loss.item())
    if k % 10 == 9:
        boundary(model, data, title=f"round {k + 1}")
check("k", k, 299)
check("loss", loss, 0.0422895033608971)

plot(losses, title="loss, round by round")
with torch.no_grad():
    acc = torch.mean((torch.argmax(model(data.X), dim=1) == data.y).double())
print(f"accuracy after training: {acc}")
assert acc > 0.95, "every point, or nearly, is on its side"
check("acc", acc, 1)

# After ten rounds the line is still almost straight. In the end it has bent
# around the moons, and all of the 100 points are right.
#
# Accuracy is what we want, so why not train on it, instead of the loss? Raise
# the left score of every point a little, and see which of the two moves.

with torch.no_grad():
    scores = model(data.X)
    raised = scores + torch.tensor([0.001, 0.0])
print(f"accuracy {acc}, then {torch.mean((torch.argmax(raised, dim=1) == data.y).double())}")
print(f"loss {F.cross_entropy(scores, data.y):.6f},", f"then {F.cross_entropy(raised, data.y):.6f}")
check("raised", raised, shape=(100, 2), total=15.699408196785589, norm=34.215322883734125)
check("scores", scores, shape=(100, 2), total=15.599408196785589, norm=34.21498672125)

# No point has changed sides, so the accuracy stands still. Its slope is 0
# nearly everywhere, and a gradient of 0 says nothing about where to go.
#
# ## The learning rate
# The learning rate lr says how far a step goes. To compare some, here is the
# loop as a function. `seed(0)` gives every run the same weights at the start.
# (`clear` and `momentum` wait for the next two sections.)

def learn(lr, momentum=0, clear=True):
    torch.manual_seed(0)
    m = nn.Sequential(
        nn.Linear(2, 16, dtype=torch.float32),
        nn.ReLU(),
        nn.Linear(16, 2, dtype=torch.float32),
    ).double()
    losses = []
    opt = torch.optim.SGD(m.parameters(), lr=lr, momentum=momentum)
    for _ in range(100):
        loss = F.cross_entropy(m(data.X), data.y)
        if clear:
            opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses

slow = learn(0.05)
good = learn(1)
wild = learn(10)
ends = [slow[-1], good[-1], wild[-1]]
winner = [0.05, 1, 10][torch.argmin(torch.tensor(ends))]  # winner = 1
print(f"last loss: {slow[-1]:.4f} with 0.05, {good[-1]:.4f} with 1,", f"{wild[-1]:.4f} with 10")
assert good[-1] < slow[-1] and slow[-1] < wild[-1], "1 is the best"
plot(slow, good, wild, labels=["0.05", "1", "10"], log=True)
check("winner", winner, 1)

# With 0.05 the loss creeps. With 1 it falls. With 10 each step jumps over
# the valley and lands on the other side, often higher than it was. A loss
# that leaps up and down is the sign of a learning rate that is too large.
# (`log=true` gives small losses as much room in the picture as large ones.)
#
# ## Without zero_grad
# Gradients add up, as in lesson 3. If nobody clears them, each step uses the
# sum of all gradients so far. The same loop twice, at a rate of 0.5. In how
# many rounds from the start will the two losses agree?

clean = learn(0.5)
piled = learn(0.5, clear=False)
agree = torch.sum(torch.tensor(clean) == torch.tensor(piled))  # agree = 2
print("round   with zero_grad   without")
for k in [0, 1, 2, 9, 29, 99]:
    print(f"{k + 1:>5}   {clean[k]:14.4f}   {piled[k]:7.4f}")
assert clean[1] == piled[1], "nothing to add up before the second step"
assert clean[29] < piled[29], "after that, old gradients get in the way"
check("agree", agree, 2)
check("k", k, 99)

# Rounds 1 and 2 agree, as the first step has no past. Then the pile makes the
# steps larger. Up to round 10 that even helps. But it cannot brake: it rolls
# past the valley, and by round 30 the loss has climbed to 0.4569 again.
#
# ## Momentum
# A little memory is useful, if it fades. With `momentum=0.9` each step keeps
# 0.9 of the step before and adds the new gradient, like a rolling ball. If
# every gradient were 1, how long would the steps get?

reach = 0
for _ in range(200):
    reach = 1 + 0.9*reach
print(f"gradients of 1: steps of up to {reach:.2f}")
plain = learn(0.1)
rolling = learn(0.1, momentum=0.9)
print(f"lr 0.1: plain {plain[-1]:.4f}, with momentum {rolling[-1]:.4f}")
assert rolling[-1] < plain[-1], "the ball is faster downhill"
check("reach", reach, 9.999999992944923)

# While the way leads downhill, the kept parts 1 + 0.9 + 0.81 + ... add up,
# in the end to ten steps in one. So lr 0.1 with momentum ends near the
# 0.0966 of lr 1 without it.
#
# ## Mini-batches
# So far each step looked at all the points. With a million of them that is
# slow, and a handful will do for a rough gradient. `batches` deals out the
# data in handfuls; `shuffle=true` mixes it anew each time. (PyTorch's name
# is DataLoader: `DataLoader(data, batch_size=32, shuffle=True)`.)

handfuls = 0
for xb, yb in DataLoader(data, batch_size=32, shuffle=True):
    print(f"{len(yb):>2} points, {torch.sum(yb):>2} of them class 1")
    handfuls += 1
check("handfuls", handfuls, 4)
check("xb", xb, [[0.7273099193505035, 0.8335290077574343], [-0.8681439945629821, 0.7597223523504826], [0.09173965641413015, 0.06271762005609739], [0.07348416804907233, 1.017270588172772]])
check("yb", yb, [0, 0, 1, 0])

# Once through all the data is called an epoch. Here it has four steps: three
# batches of 32, and the 4 that are left.
#
# How rough is the gradient of a handful? Below, for one epoch of each batch
# size: how far off is it from the gradient of all points, as a share of that
# one's length?

torch.manual_seed(0)
m = nn.Sequential(
    nn.Linear(2, 16, dtype=torch.float32),
    nn.ReLU(),
    nn.Linear(16, 2, dtype=torch.float32),
).double()


def pull(xb, yb):
    loss = F.cross_entropy(*scored(m(as_tensor(xb)), as_tensor(yb)))
    m.zero_grad()
    loss.backward()
    return m[0].weight.grad.clone()


whole = pull(data.X, data.y)  # whole = a tensor [16, 2]
for size in [100, 20, 10, 1]:
    dealt = DataLoader(data, batch_size=size, shuffle=True)
    pulls = torch.stack([pull(xb, yb) for xb, yb in dealt])
    off = torch.mean(torch.stack([torch.linalg.vector_norm(g - whole) for g in pulls]))/torch.linalg.vector_norm(whole)
    print(f"size {size:>3}: {len(pulls):>3} steps, off by {off:.2f}")
    assert torch.linalg.vector_norm(torch.mean(pulls, dim=0) - whole) < 1e-12, "right on average"
check("whole", whole, shape=(16, 2), total=0.07496314614937938, norm=0.15718072246818998)
check("off", off, 1.8093435946011698)
check("pulls", pulls, shape=(100, 16, 2), total=7.496314614937944, norm=3.425260853564729)
check("size", size, 1)

# A batch of 20 is off by a third, a single point by nearly twice the whole
# length. But the mean over all batches of an epoch is the whole gradient
# exactly (`expect` has checked it): rough, but not wrong.
#
# And cheap. With 100000 points, one exact step costs the work of 5000 steps
# of 20, so in its time there is room for many rough ones. Is it worth it?
# Here are 20 epochs at a rate of 0.5. Every run sees every point 20 times.

ends = []
for size in [100, 20, 10, 1]:
    torch.manual_seed(0)
    m = nn.Sequential(
        nn.Linear(2, 16, dtype=torch.float32),
        nn.ReLU(),
        nn.Linear(16, 2, dtype=torch.float32),
    ).double()
    opt = torch.optim.SGD(m.parameters(), lr=0.5)
    steps = 0
    for epoch in range(20):
        for xb, yb in DataLoader(data, batch_size=size, shuffle=True):
            loss = F.cross_entropy(m(xb), yb)
            opt.zero_grad()
            loss.backward()
            opt.step()
            steps += 1
    with torch.no_grad():
        whole = F.cross_entropy(m(data.X), data.y)
    print(f"batch size {size:>3}: {steps:>4} steps, loss {whole:.4f}")
    ends.append(whole.item())
assert ends[2] < ends[1] and ends[1] < ends[0], "many rough steps"
assert ends[3] > ends[2], "too rough for this rate"
check("epoch", epoch, 19)
check("loss", loss, 2.7506899662498414e-05)
check("size", size, 1)
check("steps", steps, 2000)
check("whole", whole, 0.20969287771785464)
check("xb", xb, [[1.8794463666019567, 0.03850573637247506]])
check("yb", yb, [1])

# Down to size 10 the loss gets lower: each step is rougher, but there are
# ten times as many. Single points are too rough for this rate: 2000 of those
# steps end higher than 200 of the others.
#
# ## Why shuffle
# The moons lie in `data` sorted: fifty of class 0, then fifty of class 1.
# If nobody mixes them, batches of 5 show ten times only class 0, then ten
# times only class 1. What share of class 1 will be right in the end?

def deal(mix, rate=1):
    torch.manual_seed(0)
    m = nn.Sequential(
        nn.Linear(2, 16, dtype=torch.float32),
        nn.ReLU(),
        nn.Linear(16, 2, dtype=torch.float32),
    ).double()
    opt = torch.optim.SGD(m.parameters(), lr=rate)
    losses = []
    for epoch in range(20):
        for xb, yb in DataLoader(data, batch_size=5, shuffle=mix):
            loss = F.cross_entropy(m(xb), yb)
            opt.zero_grad()
            loss.backward()
            opt.step()
            with torch.no_grad():
                whole = F.cross_entropy(m(data.X), data.y)
            losses.append(whole.item())
    with torch.no_grad():
        right = (torch.argmax(m(data.X), dim=1) == data.y).double()
    return [losses, right]

tidy, right = deal(False)
mixed, right_mixed = deal(True)
share = torch.mean(as_tensor(right[50:]))  # share = 1
print(f"sorted:   loss {tidy[-1]:.4f}, right {torch.mean(as_tensor(right)):.2f}", f"(class 0 {(torch.mean(as_tensor(right[:50]))):.2f}, class 1 {share:.2f})")
print(f"shuffled: loss {mixed[-1]:.4f}, right {torch.mean(as_tensor(right_mixed)):.2f}")
assert torch.mean(as_tensor(right)) < 0.7 and torch.mean(as_tensor(right_mixed)) == 1, "shuffle"
gentle = torch.mean(as_tensor(deal(False, rate=0.5)[1]))  # gentle = 0.89
print(f"sorted at half the rate: right {gentle:.2f}")
assert torch.mean(as_tensor(deal(True, rate=0.5)[1])) == 1, "shuffled: all"
plot(tidy[-60:], mixed[-60:], labels=["sorted", "shuffled"], title="loss on all points, in the last three epochs")
check("right", right, shape=(100,), total=61, norm=7.810249675906654)
check("right_mixed", right_mixed, shape=(100,), total=100, norm=10)
check("share", share, 1)
check("gentle", gentle, 0.8899999856948853)

# Sorted, the network never stays anywhere: ten steps towards "all is class
# 0", ten steps towards "all is class 1", and the loss swings with them. The
# last word is class 1: of that all are right, and of class 0 hardly a
# quarter. Half the rate is kinder, and still only 0.89 are right. Mixed, each
# handful has a bit of both, and all are right, at either rate.
#
# ## Three things to try
# 1. Find the edge: `learn(2)[-1]`, `learn(3)[-1]`, `learn(5)[-1]`. Where does
#    a larger rate stop helping?
# 2. A rate that is too bold with momentum: `learn(1, momentum=0.9)[-1]`, then
#    `learn(10, momentum=0.9)[-1]`. Which of the two learns?
# 3. Give the network fewer neurons: `model = mlp(2, [3], 2)` and
#    `opt = sgd(model, lr=0.5)`. Run the loop again, then
#    `boundary(model, data)`. How much of the curve can three of them draw?
#
# Now it is your turn: `nnrepl check ex06`, a training loop.
#
# Next, lesson 7: a real network, on real data.

# To try: Find the edge: `learn(2)[-1]`, `learn(3)[-1]`, `learn(5)[-1]`. Keep the best rate of the three in `best`.

# To try: Too bold with momentum: compare `learn(1, momentum=0.9)[-1]` and `learn(10, momentum=0.9)[-1]`, and keep the rate that learns in `rate`.

# To try: Fewer neurons: `model = mlp(2, [3], 2)` and `opt = sgd(model, lr=0.5)`, the loop again, then `boundary(model, data)`.

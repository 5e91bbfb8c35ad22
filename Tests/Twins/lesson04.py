# From nnrepl to PyTorch: the same names, and the same random numbers.
#
# Layers and architecture

import math

import torch
import torch.nn.functional as F
from torch import nn

# nnrepl computes in float64 and draws PyTorch's float32 random numbers.
torch.set_default_dtype(torch.float64)
torch.manual_seed(0)


def summary(model, x=None):
    print(model)
    print(sum(p.numel() for p in model.parameters()), "numbers to learn")


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

# # Lesson 4: layers and architecture
# One neuron gives one answer. Several neurons that read the same inputs are
# a layer. Layers one after the other are a network, and the plan of the
# layers is called its architecture.
#
# ## Three neurons, four days
# Each row of X is a day: hours of sun, hours of rain. The first one is the
# day of lesson 1. Three neurons read it: one is for walking, with the weights
# of lesson 1, one for swimming, one for the museum. Each has its row in W, a
# weight for sun and a weight for rain, and its bias in b.

X = torch.tensor([[2.0, 3.0], [6.0, 0.0], [0.0, 5.0], [4.0, 1.0]])
W = torch.tensor([[0.5, -1.0], [0.3, -0.5], [-0.2, 0.4]], requires_grad=True)
b = torch.tensor([0.1, -1.0, 0.0], requires_grad=True)
z = X @ W.T + b  # z = [[-1.9, -1.9, 0.8], [3.1, 0.8, -1.2], [-4.9, -3.5, 2], [1.1, -0.3, -0.4]]
museum = z[2, 2]  # museum = 2
print(z)
check("X", X, [[2, 3], [6, 0], [0, 5], [4, 1]])
check("W", W, [[0.5, -1], [0.3, -0.5], [-0.2, 0.4]])
check("b", b, [0.1, -1, 0])
check("z", z, [[-1.9, -1.9, 0.8000000000000002], [3.1, 0.7999999999999998, -1.2000000000000002], [-4.9, -3.5, 2], [1.1, -0.30000000000000004, -0.4]])
check("museum", museum, 2)

# Twelve weighted sums at once: a row for each day, a column for each neuron.
# We count from 0, so `z[0, 0]` is day 0, neuron 0: our old -1.9, by hand
# 0.5*2 + (-1)*3 + 0.1. On day 2, with 5 hours of rain, only the museum is
# above zero: -0.2*0 + 0.4*5 + 0 = 2.
#
# ## Shapes
# A shape is rows by columns. X is [4, 2] and W is [3, 2]. For X @ W.T we
# turn W on its side, so that its columns become rows; that is the `.T`. Then
# the inner numbers meet, 2 and 2, and the outer ones remain. How many sums
# will it be for a hundred days?

assert math.isclose(z[0, 0].item(), -1.9, rel_tol=1e-6, abs_tol=1e-9), "the neuron of lesson 1, day 0"
print(f"X {X.shape} @ W.T {W.T.shape} = z {z.shape}")
print("days, inputs @ inputs, neurons = days, neurons")
sums = (torch.zeros(100, 2) @ W.T + b).numel()  # sums = 300
check("sums", sums, 300)

# The days taken together are called a batch. The bias has shape [3]: the
# same three biases are added in each row.
#
# Forget the `.T`, and the inner numbers do not meet: 2 and 3. No harm is
# done. The message tells which side has which shape, and what may help.

# error[shape-mismatch]: `@` cannot multiply these shapes
#   X @ W

# ## The same from the shelf, and your own
# `linear(2, 3)` is this layer ready made: 2 inputs, 3 neurons. It is born
# with small random weights, called `weight`, and a `bias`. The cell prints
# the weights, stores our own numbers over them, and gets our own answers.

shelf = nn.Linear(2, 3, dtype=torch.float32).double()
print(shelf.weight)
with torch.no_grad():
    shelf.weight.copy_(W)
    shelf.bias.copy_(b)
assert torch.allclose(shelf(X), X @ W.T + b, rtol=1e-6, atol=1e-9), "linear does what we did by hand"
entry = shelf.weight[1, 0]  # entry = 0.3
check("entry", entry, 0.3)

# The word `layer` makes a new kind of layer. It has its params, and a
# `forward` that says what to do with an input x. `randn` draws random
# numbers around 0.

class Dense(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.W = nn.Parameter(torch.randn(outputs, inputs, dtype=torch.float32).double())
        self.b = nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        return x @ self.W.T + self.b


mine = Dense(2, 3)
with torch.no_grad():
    mine.W.copy_(W)
    mine.b.copy_(b)
assert torch.allclose(mine(X), shelf(X), rtol=1e-6, atol=1e-9), "three ways, one layer"

# ## Stacking, the wrong way
# The outputs of one layer can be the inputs of the next. Let a last neuron
# decide whether we go out at all: walk plus swim minus museum, plus 0.5.
# First without an activation in between. (The `.T` is only to save lines.)

last = nn.Linear(3, 1, dtype=torch.float32).double()
with torch.no_grad():
    last.weight.copy_(torch.tensor([[1.0, 1.0, -1.0]]))
    last.bias.copy_(torch.tensor([0.5]))
stacked = last(shelf(X))  # stacked = [[-4.1], [5.6], [-9.9], [1.7]]
print(stacked.T)
day_0 = stacked[0, 0]  # day_0 = -4.1
check("stacked", stacked, [[-4.1], [5.6000000000000005], [-9.9], [1.7000000000000002]])
check("day_0", day_0, -4.1)

# Lesson 2 showed for matrices that this is a waste. It is the same with
# biases: multiply the weights, send the first bias through the last layer,
# and a single layer with 2 inputs and 1 output does it all.

single = nn.Linear(2, 1, dtype=torch.float32).double()
with torch.no_grad():
    single.weight.copy_(last.weight @ shelf.weight)
    single.bias.copy_(last.weight @ shelf.bias + last.bias)
print(f"weights {single.weight}, bias {single.bias}")
assert torch.allclose(single(X), stacked, rtol=1e-6, atol=1e-9), "two layers, no more than one"

# ## Relu in between
# Go from the weather of day 2 straight to that of day 3. Half way lies day 0:
# 2 hours of sun between 0 and 4, 3 of rain between 5 and 1. On such a road
# a single layer answers along a straight line. And with relu? (`t` says how
# far we have come.)

def bent(x):
    return last(torch.relu(shelf(x)))[:, 0]


t = torch.linspace(0, 1, 41)  # t = a tensor [41]
road = torch.stack([X[2] + part*(X[3] - X[2]) for part in t])  # road = a tensor [41, 2]
day_2 = bent(X)[2]  # day_2 = -1.5
day_3 = bent(X)[3]  # day_3 = 1.6
straight = day_2 + t*(day_3 - day_2)  # straight = a tensor [41]
plot([bent(road), straight], labels=["relu", "straight"], title="from day 2 to day 3", x=t, height=9)
half_way = bent(X)[0]  # half_way = -0.3
print(f"half way: relu {half_way:.2f}, straight {straight[20]:.2f}")
assert half_way < straight[20] - 0.3, "relu bends it"
check("t", t, shape=(41,), total=20.5, norm=3.7198790302911733)
check("road", road, shape=(41, 2), total=205, norm=25.451915448547293)
check("day_2", day_2, -1.5)
check("day_3", day_3, 1.6)
check("straight", straight, shape=(41,), total=2.0500000000000047, norm=5.880338000489427)
check("half_way", half_way, -0.30000000000000016)

# The stack with relu has a corner where a neuron wakes or falls asleep.
# Between the same two ends a single layer would give the straight line, and
# on day 0 that is 0.05 and not -0.3. So none can do the same.
#
# ## Every unit is joined to every unit
# `sequential` puts layers in a row: each one takes what the one before made.
# A new network is to say for how many hours we fly a kite. Wind counts too
# now, so it has three inputs. Each line is a weight, and all are 1, to make
# them all show. (With `--ascii` you see no lines here, but in the next one.)

model = nn.Sequential(
    nn.Linear(3, 2, dtype=torch.float32),
    nn.ReLU(),
    nn.Linear(2, 1, dtype=torch.float32),
).double()
with torch.no_grad():
    model[0].weight.copy_(torch.ones(2, 3))
    model[2].weight.copy_(torch.ones(1, 2))
summary(model)
lines = model[0].weight.numel() + model[2].weight.numel()  # lines = 8
check("lines", lines, 8)

# On the left the input layer: it computes nothing, it is our three numbers.
# On the right the output layer, the answer. What lies between is hidden: we
# tell it neither what to take in nor what to put out.
#
# Which weight is which line? Call the first layer's weights W1: a row for
# each unit, a column for each input. Here are its six lines, larger.

wires = []
names = []
for unit in range(2):
    for input in range(3):
        wires.append(torch.tensor([-input, -0.5 - unit], dtype=torch.get_default_dtype()))
        names.append(f"W1[{unit}, {input}]")
plot(wires, labels=names, title="from inputs 0, 1, 2 (left) to units 0, 1 (right)", x=torch.tensor([0.0, 1.0]))
check("input", input, 2)
check("unit", unit, 1)

# Three lines end at each unit, and their names begin with its number. Where a
# line goes to stands first. So W1[0, 2] leads from input 2 to unit 0. Try it:
# a 1 in row 0, column 2, and 0 elsewhere.

with torch.no_grad():
    model[0].weight.copy_(torch.tensor([[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]))
summary(model)
heatmap(model[0].weight, title="row: to unit; column: from input")

# One line of the first layer is left, the one from the wind to unit 0.
#
# ## How many numbers does it learn?
# Weights are inputs times outputs, and each output has a bias. Here the first
# layer has 3*2 + 2 = 8, the last 2*1 + 1 = 3, and relu has nothing to learn.
# `summary` counts too; N stands for the batch, whatever its size.
#
# `mlp(3, [2], 1)` is short for this plan. (It means multilayer perceptron,
# an old name for such networks.) In the brackets stand the hidden layers, as
# many as you like. How much does one with two of them learn, 8 units each?

summary(model)
big = nn.Sequential(
    nn.Linear(4, 8, dtype=torch.float32),
    nn.ReLU(),
    nn.Linear(8, 8, dtype=torch.float32),
    nn.ReLU(),
    nn.Linear(8, 3, dtype=torch.float32),
).double()
count = 0
for p in list(big.parameters()):
    count += p.numel()
assert count == 40 + 72 + 27, "counted by hand"
print(f"mlp(4, [8, 8], 3): {count} numbers to learn")
check("count", count, 139)
check("p", p, [0.22369228303432465, -0.04079810529947281, -0.15782864391803741])

# ## One weight under the lens
# The four days again, with the wind as third number, and the hours that the
# kite was up. Here is the network in plain formulas, with weights of ours:
# `W1[0, 2]` is 0.6. Day 0 goes through it.

D = torch.tensor([[2.0, 3.0, 5.0], [6.0, 0.0, 0.0], [0.0, 5.0, 2.0], [4.0, 1.0, 1.0]])
flown = torch.tensor([3.0, 1.0, 0.0, 1.0])
W1 = torch.tensor([[0.5, -1.0, 0.6], [-0.5, -0.4, -0.6]], requires_grad=True)
b1 = torch.tensor([0.0, 0.0], requires_grad=True)
w2 = torch.tensor([0.5, 1.0], requires_grad=True)
b2 = torch.tensor(0.5, requires_grad=True)
x = D[0]
z = W1 @ x + b1
h = torch.relu(z)
y = w2 @ h + b2
loss = (y - flown[0])**2
z = W1 @ x + b1
h = torch.relu(z)
y = w2 @ h + b2  # y = 1
loss = (y - flown[0])**2  # loss = 4
check("D", D, [[2, 3, 5], [6, 0, 0], [0, 5, 2], [4, 1, 1]])
check("flown", flown, [3, 1, 0, 1])
check("W1", W1, [[0.5, -1, 0.6], [-0.5, -0.4, -0.6]])
check("b1", b1, [0, 0])
check("w2", w2, [0.5, 1])
check("b2", b2, 0.5)
check("x", x, [2, 3, 5])
check("z", z, [1, -5.2])
check("h", h, [1, 0])
check("y", y, 1)
check("loss", loss, 4)

# One hour, and it was three. Walk from the loss back to `W1[0, 2]`. Its line
# ends at unit 0, so the way leads through y, h[0] and z[0], and then along
# the line to input 2. How fast does the loss change with this weight?

rate = torch.autograd.grad(loss, W1, retain_graph=True)[0][0, 2]  # rate = -10
print(torch.autograd.grad(loss, W1, retain_graph=True)[0][0, 2])
# ∂loss/∂W1[0, 2] = (2*(y - flown[0])) × w2[0] × (where(z[0] > 0, 1, 0)) × x[2] = -10
check("rate", rate, -10)

# Four factors: how wrong y was; the weight from unit 0 to y; the slope of
# relu, 1 above zero and 0 elsewhere; and the input where the line begins.
#
# ## Backward through layers
# `backward` finds the gradients of all the lines in one walk. Then ask why
# one of them is 0: the wind's weight in unit 1, `W1[1, 2]`.

loss.backward(retain_graph=True)
# ∂loss/∂b2 = -4
print(torch.autograd.grad(loss, W1, retain_graph=True)[0][1, 2])
# ∂loss/∂W1[1, 2] = (2*(y - flown[0])) × w2[1] × (where(z[1] > 0, 1, 0)) × x[2] = 0
rain = W1.grad[0, 1]  # rain = -6
check("rain", rain, -6)

# It is the walk of lesson 3, but each step carries several numbers. A
# gradient has the shape of the thing it belongs to: W1 is [2, 3], and so is
# its gradient. `outer` multiplies the number of each unit with each input:
# row 0 is -2 times 2, 3 and 5. Unit 1 got -5.2, and below zero relu lets
# nothing back, so row 1 is 0.
#
# ## Four days at once
# Now the whole batch. `mse_loss` is the mean squared error: the loss of
# lesson 3, averaged over the days. The picture shows h, a row for each day.
# On how many of the four days is unit 1 asleep, at 0?

z = D @ W1.T + b1  # z = [[1, -5.2], [3, -3], [-3.8, -3.2], [1.6, -3]]
h = torch.relu(z)  # h = [[1, 0], [3, 0], [0, 0], [1.6, 0]]
y = h @ w2 + b2  # y = [1, 2, 0.5, 1.3]
loss = F.mse_loss(y, flown)  # loss = 1.335
heatmap(h, title="rows: days; columns: units 0, 1")
print(torch.autograd.grad(loss, W1, retain_graph=True)[0][0, 2])  # ∂loss/∂W1[0, 2] = -2.425
asleep = torch.sum(h[:, 1] == 0)  # asleep = 4
check("z", z, [[1, -5.2], [3, -3], [-3.8, -3.2], [1.6, -3]])
check("h", h, [[1, 0], [3, 0], [0, 0], [1.6, 0]])
check("y", y, [1, 2, 0.5, 1.3])
check("loss", loss, 1.335)
check("asleep", asleep, 4)

# Each day has its share, and they add up. (0.5 is 2/4: the 2 of the square,
# the mean over four. So day 0 has a quarter of -10.) Day 1 had no wind, and
# on day 2 unit 0 was asleep: two reasons for a 0. For all lines together the
# sums are one product, (∂loss/∂z)ᵀ @ D. The little ᵀ is `.T`.
#
# Unit 1 sleeps every day. So its row of the gradient is 0, it never changes,
# and it never wakes. That is called a dead relu.
#
# ## It learns
# Put our numbers into the model. It is the same network under other names:
# `model[0].out` is what came out of its first layer. (Read from below.)

assert torch.allclose(torch.autograd.grad(loss, W1, retain_graph=True)[0], torch.autograd.grad(loss, z, retain_graph=True)[0].T @ D, rtol=1e-6, atol=1e-9), "all the sums"
with torch.no_grad():
    model[0].weight.copy_(W1)
    model[0].bias.copy_(b1)
    model[2].weight.copy_(torch.tensor([[0.5, 1.0]]))
    model[2].bias.copy_(torch.tensor([0.5]))
out = model(D)  # out = [[1], [2], [0.5], [1.3]]
assert torch.allclose(out[:, 0], y, rtol=1e-6, atol=1e-9), "the same network"
# Not carried over, PyTorch has nothing that shows what `graph` does:
#   graph(out)

# Now the loop of lesson 3, with the whole model given to `sgd`. What will 200
# rounds make of the wind's weight in unit 1?

opt = torch.optim.SGD(model.parameters(), lr=0.05)
for k in range(200):
    loss = F.mse_loss(model(D)[:, 0], flown)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if k % 50 == 49:
        print(f"after {k + 1} rounds: {loss:.6f}")
print(f"flown {flown}, answers {(model(D)[:, 0])}")
print(model[0].weight)
sleeper = model[0].weight[1, 2]  # sleeper = -0.6
check("k", k, 199)
check("loss", loss, 1.0695396627007527e-05)
check("sleeper", sleeper, -0.6)

# All four days are right, and entry [0, 2] has nearly doubled: wind matters
# to a kite. Row 1 is what it was.
#
# ## Three things to try
# 1. Count by hand what `m = mlp(4, [3], 2)` learns. Then ask
#    `summary(m)`. Which layer has more numbers?
# 2. Let relu leak a little: `h = leaky_relu(z)`, then `y = h @ w2 + b2`,
#    `e = mse_loss(y, flown)` and `grad(e, W1)`. Is there still a row of
#    zeros?
# 3. Join layers that do not fit:
#    `sequential(linear(2, 3), relu, linear(4, 1))(X)`. Which of the
#    numbers in the message must change?
#
# Now it is your turn: `nnrepl check ex04`, a layer and its shapes.
#
# Next, lesson 5: how wrong is wrong? Losses, and which one fits your task.

# To try: Count by hand what `m = mlp(4, [3], 2)` learns, then make it and ask `summary(m)`. Which layer has more numbers?

# To try: Let relu leak a little: `h = leaky_relu(z)`, `y = h @ w2 + b2`, `e = mse_loss(y, flown)`, then `grad(e, W1)`. Is there still a row of zeros?

# To try: Join layers that fit: `fits = sequential(linear(2, 3), relu, linear(4, 1))` does not. Which number must change so that fits(X) works?

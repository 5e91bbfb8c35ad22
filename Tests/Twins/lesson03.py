# From nnrepl to PyTorch: the same names, and the same random numbers.
#
# Backpropagation through one neuron

import math

import torch
import torch.nn.functional as F
from torch import nn

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

# # Lesson 3: backpropagation through one neuron
# The neuron of lesson 1 said no to a walk, with 2 hours of sun and 3 of
# rain. We went all the same, and it was lovely: the right answer was 1.
# How should the weights change? That is all that learning asks.
#
# ## How wrong was it?
# The loss is one number for that: the distance between the output and
# the right answer, squared. Perfect is 0, and smaller is better.

x1 = 2
x2 = 3
w1 = torch.tensor(0.5, requires_grad=True)
w2 = torch.tensor(-1.0, requires_grad=True)
b = torch.tensor(0.1, requires_grad=True)
z = w1*x1 + w2*x2 + b
out = torch.sigmoid(z)
loss = (out - 1)**2
z = w1*x1 + w2*x2 + b  # z = -1.9
out = torch.sigmoid(z)  # out = 0.1301
loss = (out - 1)**2  # loss = 0.7567
check("x1", x1, 2)
check("x2", x2, 3)
check("w1", w1, 0.5)
check("w2", w2, -1)
check("b", b, 0.1)
check("z", z, -1.9)
check("out", out, 0.13010847436299786)
check("loss", loss, 0.7567112663750711)

# `forward` tells a chain of three steps, each made from the one before:
# z, then out, then loss.
#
# ## A nudge
# What would a larger w1 do? Nudge it by 0.001, and see how much the loss
# moves. Divide that by 0.001: this is the rate at which the loss changes.

nudged = (torch.sigmoid(0.501*x1 + w2*x2 + b) - 1)**2  # nudged = 0.7563
change = (nudged - loss)/0.001  # change = -0.3941
check("nudged", nudged, 0.7563172080721658)
check("change", change, -0.3940583029052869)

# The loss falls, at a rate of about 0.39 for each unit of w1. But a million
# weights would take a million nudges. To get all the rates in one pass
# takes a rule for each step, and a way to join them.
#
# ## From nudges to rules
# Take u^2 at u = 3, where it is 9. Nudge u by h, for smaller and smaller h.
# The function `rate` does what you saw: nudge, subtract, divide.

def rate(f, at, h):
    return (f(as_tensor(at + h)) - f(as_tensor(at)))/h


def square(u):
    return u**2


for h in [0.1, 0.01, 0.001]:
    print(f"h = {h:<5}  moves u^2 by {square(3 + h) - 9:<8.6f}", f"  rate {rate(square, 3, h):.3f}")
check("h", h, 0.001)

# The rates close in on 6. Why? (u + h)^2 is u^2 + 2*u*h + h^2. Take away
# u^2, divide by h: 2*u + h is left. The last h came from h^2, and it dies
# away: the rule is 2*u. What rates close in on is called a derivative.
#
# Now a product, p*q. Nudge p, hold q still: (p + h)*q is p*q + h*q, so the
# rate is q. Each factor is the rate of the other. With all but one held
# still it is a partial derivative, ∂(p*q)/∂p. The sign ∂ is read "partial".

for u in [-1, 0.5, 3]:
    assert abs(rate(square, u, 1e-06) - 2*u) < 1e-05, "the rule 2*u"
p = 4
q = 5
by_p = ((p + 0.001)*q - p*q)/0.001  # by_p = 5
assert math.isclose(by_p, q, rel_tol=1e-6, abs_tol=1e-9), "nudge p, and the rate is q"
by_q = (p*(q + 0.001) - p*q)/0.001  # by_q = 4
check("u", u, 3)
check("p", p, 4)
check("q", q, 5)
check("by_p", by_p, 5.000000000002558)
check("by_q", by_q, 4.000000000001336)

# Two more rules. `exp(s)` is e^s, with e = 2.718. A nudge makes it e^s*e^h,
# so its rate is e^s times the rate at 0. And e is chosen so that the rate
# at 0 is 1: exp is its own rate. Last, 1/v. A nudge moves it by
# 1/(v + h) - 1/v, which is -h/(v*(v + h)). Divide by h, let h die away:
# the rule is -1/v^2.

for s in [-1, 0, 1, 2]:
    print(f"s = {s:>2}: exp {math.exp(s):.4f}, rate {rate(torch.exp, s, 1e-06):.4f}")


def one_over(v):
    return 1/v


at_two = rate(one_over, 2, 1e-06)  # at_two = -0.25
check("s", s, 2)
check("at_two", at_two, -0.24999987502383192)

# ## Why rates multiply along a path
# One wheel turns a second 3 times as fast as itself, and that one a third
# half as fast. Turn the first once: what does the third do?
#
# Nudges do the same. Let v = u^2 and y = v^2: at u = 3, v is 9 and y is 81.
# Nudge u by 0.001, and follow the nudge to v and on to y.

first = 1
second = 3*first  # second = 3
third = 0.5*second  # third = 1.5
print(f"turns:  {first}, then {second}, then {third}")
du = 0.001
dv = square(3 + du) - 9  # dv = 0.006001
dy = square(9 + dv) - 81  # dy = 0.1081
print(f"nudges: {du}, then {dv:.4f}, then {dy:.4f}")
print(f"rates:  {dv/du:.2f} and {dy/dv:.2f}, together {dy/du:.2f}")
assert isclose(dy/du, dv/du*(dy/dv)).all(), "dv cancels"
check("first", first, 1)
check("second", second, 3)
check("third", third, 1.5)
check("du", du, 0.001)
check("dv", dv, 0.006000999999999479)
check("dy", dy, 0.1080540120009914)

# 3*0.5 is 1.5. And 6*18 is 108; the nudge's size makes it 108.05. It must
# be so: in dv/du times dy/dv the dv cancels. Rates multiply along a path.
# This is the chain rule. Mind the places: 2*u is taken at 3, but 2*v at 9.
#
# ## The slope of sigmoid, made
# sigmoid(z) is 1/(1 + e^-z), a chain too: k = e^-z, then v = 1 + k, then
# 1/v. You have a rule for each link. Each is checked at three places.

s = torch.tensor([-1.9, 0.0, 2.0])
k = torch.exp(-s)  # k = [6.686, 1, 0.1353]
v = 1 + k  # v = [7.686, 2, 1.135]


def near(x, y):
    return torch.all(torch.as_tensor(abs(x - y) < 1e-05))


assert torch.allclose(torch.sigmoid(s), 1/v, rtol=1e-6, atol=1e-9), "sigmoid is 1/(1 + e^-z)"


# 1. z to k: exp is its own rate, and the minus turns it round: -k
def falling(s):
    return torch.exp(as_tensor(-s))


assert near(rate(falling, s, 1e-06), -k), "step 1"


# 2. k to v = 1 + k: adding 1 changes no move, the rate is 1
def plus_one(k):
    return 1 + k


assert near(rate(plus_one, k, 1e-06), 1), "step 2"
# 3. v to 1/v: the rate is -1/v^2
assert near(rate(one_over, v, 1e-06), -1/v**2), "step 3"
check("s", s, [-1.9, 0, 2])
check("k", k, [6.6858944422792685, 1, 0.1353352832366127])
check("v", v, [7.6858944422792685, 2, 1.1353352832366128])

# 4. multiply along the path: -k * 1 * (-1/v^2) is k/v^2
assert near(rate(torch.sigmoid, s, 1e-06), k/v**2), "step 4"
# 5. 1/v is the output, and k/v is 1 minus the output
assert torch.allclose(k/v, 1 - torch.sigmoid(s), rtol=1e-6, atol=1e-9), "step 5"
print("by nudge ", rate(torch.sigmoid, s, 1e-06))
print("by rule  ", torch.sigmoid(s)*(1 - torch.sigmoid(s)))
slope = out*(1 - out)  # slope = 0.1132
check("slope", slope, 0.11318025926193098)

# That is where out*(1 - out) comes from.
#
# ## Backward
# Start at the end, and walk the chain in reverse. At each step ask one small
# question: how does this result depend on what went into it? You know the
# answers: 2*(out - 1), then out*(1 - out), then x1. Multiply each onto what
# you carry, and go on. This is backpropagation. First ∂loss/∂w1 by hand;
# then `backward` does all three at once, and `graph` draws it.

by_hand = 2*(out - 1)*out*(1 - out)*x1  # by_hand = -0.3938
check("by_hand", by_hand, -0.3938181936054103)

loss.backward(retain_graph=True)
# ∂loss/∂w1 = -0.3938, ∂loss/∂w2 = -0.5907, ∂loss/∂b = -0.1969
assert torch.allclose(w1.grad, by_hand, rtol=1e-6, atol=1e-9), "three rates, one product"
assert abs(w1.grad - change) < 0.001, "the nudge said nearly the same"

# Not carried over, PyTorch has nothing that shows what `graph` does:
#   graph(loss)

# Values stand above the wires, made from left to right. Below stand the
# rates of the loss, made from right to left, out of the values: so forward
# comes first. Out should rise: its -1.74 is negative. Past sigmoid -0.1969
# is left, and each weight takes its share: x1 = 2 times that, x2 = 3 times,
# b once. The three together are called the gradient, and are kept as
# `w1.grad`, `w2.grad`, `b.grad`. `explain` shows one, beside a finer nudge.

print(torch.autograd.grad(loss, w1, retain_graph=True)[0])
# ∂loss/∂w1 = (2*(out - 1)) × (out*(1 - out)) × x1 = -0.3938

# The two agree to about ten digits.
#
# ## A fork: one value used twice
# Two pipes lead from one tap to one tub. Open the tap a little: each pipe
# brings more, and in the tub it adds up. Below, c is used in d and again in
# e, so a reaches e by two roads. Along each road the rates multiply. Over
# the two roads they add up.

a = torch.tensor(2.0, requires_grad=True)
c = 3*a  # c = 6
d = 2*c  # d = 12
e = c + d  # e = 18
both = torch.autograd.grad(e, a, retain_graph=True)[0]  # both = 9
print(torch.autograd.grad(e, a, retain_graph=True)[0])  # ∂e/∂a = 1 × 2 × 3 + 1 × 3 = 9


def tub(a):
    return 3*a + 2*(3*a)


assert isclose(rate(tub, 2, 0.001), both).all(), "a nudge takes both roads"
check("a", a, 2)
check("c", c, 6)
check("d", d, 12)
check("e", e, 18)
check("both", both, 9)

# `backward` need not list the roads: it waits at c until both have arrived.
#
# ## Gradients pile up
# A second backward pass does not replace a gradient, it adds to it. That
# helps when several losses share a weight. Otherwise it is a classic slip,
# so you get a warning. In the second pass below, look for where the paths
# meet, and for `old + new`. Then `zero_grad` clears it.

e.backward(retain_graph=True)
assert a.grad == 9, "the sum over both roads"
e.backward(retain_graph=True)
# ∂e/∂a = 9
piled = a.grad.clone()
a.grad = None
print(f"after zero_grad: {a.grad}")
c = 3*a
d = 2*c
e = c + d
e.backward(retain_graph=True)
print(f"after one pass:  {a.grad}")
check("piled", piled, 18)

# ## The loss over w1
# Back to the neuron. Here is its loss for w1 from -1 to 1.5, with w2 and b
# held still. The upright line is where we stand, w1 = 0.5. The straight
# line that touches the curve there is its tangent, with the slope
# ∂loss/∂w1 = -0.3938. Follow it one unit on, to 1.5.

def loss_at(w):
    return (torch.sigmoid(w*x1 + w2*x2 + b) - 1)**2


w = torch.linspace(-1, 1.5, 51)  # w = a tensor [51]
before = loss_at(w)  # before = a tensor [51]
tangent = loss + w1.grad*(w - w1)  # tangent = a tensor [51]
plot([before, tangent, torch.stack([torch.tensor(0.0), loss])], labels=["loss", "tangent", "w1 = 0.5"], title="loss over w1", x=[w, w, torch.stack([w1, w1])])
assert abs(loss_at(0.51) - loss - w1.grad*0.01) < 0.0001, "close by"
promised = loss + w1.grad*1  # promised = 0.3629
print(f"at 1.5: tangent {promised:.4f}, loss {loss_at(1.5):.4f}")
check("w", w, shape=(51,), total=12.749999999999998, norm=5.55090082779363)
check("before", before, shape=(51,), total=38.05795194975834, norm=5.591397210323949)
check("tangent", tangent, shape=(51,), total=43.61345655359761, norm=6.448346677209405)
check("promised", promised, 0.3628930727696608)

# Close by, the tangent is as good as the curve. Further on they part: a
# gradient is good for one step, and not for the whole way.
#
# ## Learning, by hand
# A gradient points to where the loss grows, so go the other way, by half of
# it. This 0.5 is called the learning rate. `:=` stores the new number, as in
# lesson 1.

with torch.no_grad():
    w1.copy_(w1 - 0.5*w1.grad)
    w2.copy_(w2 - 0.5*w2.grad)
    b.copy_(b - 0.5*b.grad)
print(f"w1 = {w1:.4f}   w2 = {w2:.4f}   b = {b:.4f}")
z = w1*x1 + w2*x2 + b  # z = -0.5216
out = torch.sigmoid(z)  # out = 0.3725
loss = (out - 1)**2  # loss = 0.3938
assert loss < 0.4, "it was 0.7567"

plot([before, loss_at(w), torch.tensor([0.0, 0.7567]), torch.stack([torch.tensor(0.0), loss])], labels=["before", "after", "w1 = 0.5", "w1 = 0.6969"], title="loss over w1, before and after", x=[w, w, torch.tensor([0.5, 0.5]), torch.stack([w1, w1])])

# The loss fell from 0.7567 to 0.3938. (That ∂loss/∂w1 had these digits is
# chance.) We are a little further right, and as w2 and b moved too, the
# curve itself has moved. The walk is no longer so clear a no.
#
# `step sgd(lr=0.5)` makes this update for every param that the last backward
# pass reached; lr is the learning rate. (The name sgd means stochastic
# gradient descent.) First, back to the old numbers.

with torch.no_grad():
    w1.fill_(0.5)
    w2.fill_(-1)
    b.fill_(0.1)
z = w1*x1 + w2*x2 + b
out = torch.sigmoid(z)
loss = (out - 1)**2
for p in [w1, w2, b]:
    p.grad = None
loss.backward(retain_graph=True)
optimizer = torch.optim.SGD([w1, w2, b], lr=0.5)
optimizer.step()
z = w1*x1 + w2*x2 + b  # z = -0.5216
out = torch.sigmoid(z)  # out = 0.3725
loss = (out - 1)**2  # loss = 0.3938

# ## Over and over
# Forward, backward, step: repeat this, and the neuron learns. In a loop
# the quiet spellings do the work without telling: the formulas once more,
# then `opt.zero_grad()`, `loss.backward()` and `opt.step()`. It is the loop
# of every PyTorch program. (`loss.forward()`, which goes through recorded
# formulas again, is ours.) In how many of the 20 rounds is out still a no,
# below 0.5?

opt = torch.optim.SGD([w1, w2, b], lr=0.5)
noes = 0
for k in range(20):
    z = w1*x1 + w2*x2 + b
    out = torch.sigmoid(z)
    loss = (out - 1)**2
    if out.item() < 0.5:
        noes += 1
    if k % 4 == 0:
        print(f"round {k:>2}: loss {loss:.4f}  out {out:.4f}")
    opt.zero_grad()
    loss.backward()
    opt.step()
assert out > 0.9, "the neuron says yes now"
print("noes:", noes)
check("noes", noes, 1)
check("k", k, 19)
check("loss", loss, 0.0020040873624823726)
check("out", out, 0.9552329656724686)
check("z", z, 3.060483226190161)

# Nobody told it how. It had one example, one loss and three gradients.
#
# ## Three things to try
# Type them at the prompt that ends `nnrepl lesson 3`, or this page.
# 1. Start again with a bolder rate: `w1 := 0.5; w2 := -1; b := 0.1`, then
#    `forward loss`, `zero_grad(list(w1, w2, b))`, `backward loss`, and
#    `step sgd(lr=5)`. Go `forward loss`: where is the loss after one step?
# 2. Start far out: `w1 := -5; w2 := -1; b := 0.1`, then `forward loss` and
#    `explain ∂loss/∂w1`. The neuron is very wrong. Which of the three
#    factors keeps the gradient near zero?
# 3. Build a fork of your own: `param u = 3`, `g = u*u + 2*u`, then
#    `explain ∂g/∂u`. Which number do you expect?
#
# Now by hand: `nnrepl check ex03`, the gradients of one neuron.
#
# Next, lesson 4: many neurons at once, in layers, and how to arrange them.

# To try: A bolder rate: `w1 := 0.5; w2 := -1; b := 0.1`, `forward loss`, `zero_grad(list(w1, w2, b))`, `backward loss`, `step sgd(lr=5)`, `forward loss`.

# To try: Far out: `w1 := -5; w2 := -1; b := 0.1`, then `forward loss` and `explain ∂loss/∂w1`.

# To try: A fork: `param u = 3`, `g = u*u + 2*u`, then `explain ∂g/∂u`.

# From nnrepl to PyTorch: the same names, and the same random numbers.
#
# Autograd under the hood


import torch
import torch.nn.functional as F
from torch import nn

# nnrepl computes in float64 and draws PyTorch's float32 random numbers.
torch.set_default_dtype(torch.float64)
torch.manual_seed(0)


class Record(dict):
    """Values by name: r["loss"] and r.loss are the same."""

    __getattr__, __setattr__ = dict.__getitem__, dict.__setitem__


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

# # Lesson 8: autograd under the hood
# You write a formula, and `backward` finds every gradient in it. Nobody
# hands it the chain. So where does the chain come from? This lesson opens
# the machine, and at the end you build a small one in some twenty lines.
#
# ## Values remember how they were made
# Four ordinary lines. The last one uses z twice; that will matter.

w = torch.tensor(2.0, requires_grad=True)
x = 3
z = w*x  # z = 6
if z.requires_grad: z.retain_grad()
loss = (z - 1)**2 + z  # loss = 31
check("w", w, 2)
check("x", x, 3)
check("z", z, 6)
check("loss", loss, 31)

# `loss` shows as 31, but it is more than a number. It carries a note of
# what it was made from, and so does each value in it. Such a web of notes
# is called a graph. Read it from left to right, as the numbers flow: each
# stands above its wire. Below is room for its gradient, not known yet.

# Not carried over, PyTorch has nothing that shows what `graph` does:
#   graph(loss)

# The loss was made from z, twice, and z from w and x. There the wires end:
# w was not computed, it was given. Such an end is called a leaf. z, in the
# middle, is an intermediate value. And x? A plain number that nothing
# should learn: no gradient will ever stand below its wire.

print(z)  # z = w*x = 6

# So a forward pass does two things at once: it computes, and it records.
# That is why `forward loss` can go through your formulas again at any time.
#
# ## Backward reads the record in reverse

loss.backward(retain_graph=True)
# ∂loss/∂w = 33

# From loss to z to w, the graph from right to left. z stands in the formula
# twice, so two parts come to it and add up: 2*(z - 1) and 1. It looks as if
# someone had studied your formula. No one has. Inside, the machine knows
# only single operations. `detail="ops"` shows it at work: the steps you
# wrote without giving them a name go by what you wrote.

w.grad = None
loss.backward(retain_graph=True)
# ∂loss/∂w = 33

# Each operation has one tiny rule. A sum passes on 1. A square passes on
# twice its input. A product passes on the other factor. All that is left
# is bookkeeping:
#
# - Along a path, multiply: 1 × 10 for the road through the square.
# - Where paths meet, add: loss reaches z directly (1) and by way of the
#   square (10), so z gets 1 + 10 = 11.
# - Go on from z only when both contributions are in: 11 × 3 = 33. Now the
#   circuit has a number below each wire:

# Not carried over, PyTorch has nothing that shows what `graph` does:
#   graph(loss)

# ## Leaves keep, intermediate values forget
# w.grad is for learning, so it waits for you: a new pass adds to it until
# you clear it. z.grad is there to look at: each pass writes it afresh.

print(f"after one pass:   w.grad {w.grad}   z.grad {z.grad}")
z = w*x
if z.requires_grad: z.retain_grad()
loss = (z - 1)**2 + z
loss.backward(retain_graph=True)
print(f"after two passes: w.grad {w.grad}   z.grad {z.grad}")
w.grad = None
print(f"after zero_grad:  w.grad {w.grad}")

# Why would anyone want to add? Because the gradient of a sum is the sum of
# the gradients. Two examples, one after the other, leave in w.grad what
# their joint loss would have left. That is how a large batch is split up.

first = (w*3 - 1)**2  # first = 25
second = (w*1 - 4)**2  # second = 4
first.backward(retain_graph=True)
print(f"first example alone: {w.grad}")
second.backward(retain_graph=True)
print(f"and the second:      {w.grad}")
assert w.grad == torch.autograd.grad(first + second, w, retain_graph=True)[0], "two passes, one sum"
w.grad = None
check("first", first, 25)
check("second", second, 4)

# The second example brought -4. (The last line is for a clean start.)
#
# ## A record can be out of date
# Change the leaf. Nobody has told z and loss, they still hold 6 and 31.
# A backward pass would mix the new w with the old z, so it is refused.
# (This cell fails on purpose.)

with torch.no_grad():
    w.fill_(5)
# error[stale-graph]: `w` has changed since `z` was computed from it
#   backward loss

# The message names the cure: go forward first.

z = w*x  # z = 15
if z.requires_grad: z.retain_grad()
loss = (z - 1)**2 + z  # loss = 211
loss.backward(retain_graph=True)
print(f"w.grad {w.grad}")
assert w.grad == (2*(z - 1) + 1)*x, "the same formula, with the new z"

# ## Cutting a path
# Sometimes a number should count as given, although it was computed.
# `detach` hands you the same number, and lets no gradient through. Below, y
# and cut are both 25, but the gradient finds only one road from cut to w.

y = w*w  # y = 25
u = w.detach().clone()  # u = 5
cut = w*u  # cut = 25
print(f"y   = {y}   gradient {torch.autograd.grad(y, w, retain_graph=True)[0]}")
print(f"cut = {cut}   gradient {torch.autograd.grad(cut, w, retain_graph=True)[0]}")
assert torch.autograd.grad(cut, w, retain_graph=True)[0] == u, "one road: only the factor u is left"
check("y", y, 25)
check("u", u, 5)
check("cut", cut, 25)

# The slope of w*w is 2*w = 10. With one road cut, half of it is left.
# What is cut is the gradient's road, not the number's: change w, and a new
# forward step changes u with it.

with torch.no_grad():
    w.fill_(6)
y = w*w  # y = 36
u = w.detach().clone()  # u = 6
cut = w*u  # cut = 36

# `no_grad { … }` cuts everything inside it: what is computed there has no
# gradient. Use it to measure a model, where no one will ask for one.
# (The second line fails on purpose: there is no gradient to show.)

with torch.no_grad():
    k = 3*w
    print(f"k = {k}")
# error[not-tracked]: `k` does not depend on any parameter
#   graph(k)
check("k", k, 18)

# ## Can you trust it?
# A gradient can always be checked with a nudge. Even better are two, one up
# and one down: the change between them, divided by the distance, is called
# the central difference. `gradcheck` does that for you.

q = torch.tensor(0.7, requires_grad=True)
s = torch.sigmoid(q)**2  # s = 0.4465
h = 0.001
print(f"autograd   {torch.autograd.grad(s, q, retain_graph=True)[0]:.8f}")
two = (torch.sigmoid(torch.tensor(0.7 + h))**2 - torch.sigmoid(torch.tensor(0.7 - h))**2)/(2*h)
# two = 0.2963
print(f"two nudges {two:.8f}")
# Not carried over, PyTorch has nothing that shows what `gradcheck` does:
#   gradcheck(s, q)
check("q", q, 0.7)
check("h", h, 0.001)
check("two", two, 0.29629162888861194)

# The answer is ok. With a better step, the two differ by far less than a
# billionth. But in lesson 2 you met a place with no single slope:
# the corner of relu.

a = torch.tensor(0.0, requires_grad=True)
r = torch.relu(a)  # r = 0
print(f"from the right {(torch.relu(torch.tensor(h)) - torch.relu(torch.tensor(0.0)))/h}")
print(f"from the left  {(torch.relu(torch.tensor(0.0)) - torch.relu(torch.tensor(-h)))/h}")
print(f"autograd says  {torch.autograd.grad(r, a, retain_graph=True)[0]}")
# Not carried over, PyTorch has nothing that shows what `gradcheck` does:
#   print("gradcheck says {gradcheck(r, a).result}")
check("a", a, 0)
check("r", r, 0)

# Two nudges would give the average, 0.5, and autograd gives 0. Neither is
# wrong. gradcheck looks at both sides and says "kink": a corner.
#
# ## Build your own
# Now you know all the parts, so here is the whole machine, for sums and
# products. A value is a record: its number, its gradient, and its parts. (And
# its line on the tape; we come to that.) A part is a pair: a value it was
# made of, and the local derivative.

tape = []


def node(value, parts):
    n = Record(value=value, grad=0, parts=parts, line=len(tape))
    tape.append(n)
    return n


def leaf(v):
    return node(v, [])


def plus(a, b):
    return node(a.value + b.value, [[a, 1], [b, 1]])


def times(a, b):
    return node(a.value*b.value, [[a, b.value], [b, a.value]])


def walk_back(last):
    last.grad = 1
    for k in range(len(tape) - 1, -1, -1):
        n = tape[k]
        for part, local in n.parts:
            part.grad = part.grad + n.grad*local

# The tape is the memory: each value is written on it when it is made. So a
# value always stands after the values it was made of. `walk_back` reads the
# tape from its end, and when it comes to a value, all that use it have
# paid in already. That is the waiting at the fork, for free.
#
# One line does the whole chain rule: `n.grad * local` multiplies along
# a path, and `+=` adds where paths meet. Try it on p*p + (p + m1),
# where p = m1*m2, and look at the tape. What will p.grad be?

m1 = leaf(2)
m2 = leaf(3)
p = times(m1, m2)
total = plus(times(p, p), plus(p, m1))
walk_back(total)
grads = [n.grad for n in tape]
at_p = grads[2]  # at_p = 13
print("line  value  grad  made of")
for n in tape:
    made = " and ".join([f"line {part.line}" for part, local in n.parts])
    if len(n.parts) == 0:
        made = "a leaf"
    print(f"{n.line:>4} {n.value:>6} {n.grad:>5}  {made}")
check("at_p", at_p, 13)

# Six lines: m1, m2, p, then p*p, p + m1 and the total. Whatever a line is
# made of stands above it. Read the gradients upwards: 1 at the end, 13 at
# p, and 40 and 26 at the leaves. Now the real machine, on the same formula,
# with its record drawn.

n1 = torch.tensor(2.0, requires_grad=True)
n2 = torch.tensor(3.0, requires_grad=True)
P = n1*n2  # P = 6
if P.requires_grad: P.retain_grad()
T = P*P + (P + n1)  # T = 44
T.backward(retain_graph=True)
# Not carried over, PyTorch has nothing that shows what `graph` does:
#   graph(T)
assert total.value == T, "the same value"
assert p.grad == P.grad, "13 = 2*6 + 1: three roads lead to p"
assert m1.grad == n1.grad, "40 = 39 by way of p, and 1 directly"
assert m2.grad == n2.grad, "26"
check("n1", n1, 2)
check("n2", n2, 3)
check("P", P, 6)

# Hold the two side by side. Each line of your tape is a place in the circuit:
# its value stands above the wire, its gradient below. P is drawn again
# where it is used again, and on the tape it has one line. `walk_back` went
# up the tape, and so from the right to the left here.
#
# They agree. What PyTorch and this program add is more operations, whole
# tensors in place of numbers, and speed. The idea is your twenty lines.
#
# ## Three things to try
# 1. Give your machine a third operation, the difference:
#    `fn minus(a, b) = node(a.value-b.value, list(list(a, 1), list(b, -1)))`
#    then `d = minus(leaf(7), m2)`, `walk_back(times(d, d))` and `d.grad`.
# 2. Call `walk_back(total)` once more and look at `m1.grad`. It is not 80!
#    Do what zero_grad does, `for n in tape { n.grad = 0 }`, and walk again.
# 3. Check a whole tensor: `param v = [1, 0, -2]`, then
#    `gradcheck(sum(relu(v)), v)`. At which index is the kink?
#
# Now it is your turn: `nnrepl check ex08`, where two paths meet.
#
# Next, lesson 9: what to do when training goes wrong.

# To try: A third operation: `fn minus(a, b) = node(a.value - b.value, list(list(a, 1), list(b, -1)))`, then `d = minus(leaf(7), m2)`, `walk_back(times(d, d))` and `d.grad`.

# To try: Clear your tape as zero_grad does, `for n in tape { n.grad = 0 }`, and walk back from total again.

# To try: Check a whole tensor: `param v = [1, 0, -2]`, then `gradcheck(sum(relu(v)), v)`. At which index is the kink? Keep it in `kink`.

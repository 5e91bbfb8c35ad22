# From nnrepl to PyTorch: the same names, and the same random numbers.
#
# Attention

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


def scored(scores, targets):
    """Class numbers as whole numbers; probabilities stay as they are."""
    return scores, targets if targets.shape == scores.shape else targets.long()


class Record(dict):
    """Values by name: r["loss"] and r.loss are the same."""

    __getattr__, __setattr__ = dict.__getitem__, dict.__setitem__


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

# # Lesson 13: attention
# A recurrent network reads word by word, and all that it has read must fit
# into one state. In "the cat drank its milk", whose milk is it? It would be
# enough to look back, at one word. Let us build a layer that can look.
#
# ## A lookup
# At 8, 12 and 16 o'clock it was 10, 18 and 20 degrees. How warm was it at 12?
# Give the hour that is equal the weight 1, the others 0, and take the
# weighted sum. At 13 no hour is equal. So be softer: 12 is close and gets
# 0.75, 16 is further away and gets 0.25.

hours = torch.tensor([8.0, 12.0, 16.0])
degrees = torch.tensor([10.0, 18.0, 20.0])
found = torch.where(hours == 12, 1.0, 0.0)  # found = [0, 1, 0]
print(f"weights {found}, so at 12 it was {found @ degrees} degrees")
at_13 = torch.tensor([0.0, 0.75, 0.25]) @ degrees  # at_13 = 18.5
check("hours", hours, [8, 12, 16])
check("degrees", degrees, [10, 18, 20])
check("found", found, [0, 1, 0])
check("at_13", at_13, 18.5)

# What you ask with is called the query: 13. It is compared with the keys, the
# hours. You get a weighted mean of the values, the degrees. The attention
# weights say how well each key fits. They sum to 1. They are not learned, as
# a neuron's are: each query gets its own.
#
# ## How well does a key fit?
# Three words, with keys made up by hand: how much of a living being, how much
# of an action? `its` asks for a living being, [1, 0]. Multiply number by
# number and add up: the dot product. What is it for `cat`? (The picture turns
# a key of length 1 once around, away from the query and back.)

words = ["cat", "drank", "its"]
K = torch.tensor([[3.0, 0.0], [0.0, 2.0], [1.0, 0.0]])
q = torch.tensor([1.0, 0.0])
angle = torch.linspace(0, 360, 73)  # angle = a tensor [73]
turned = torch.stack([torch.cos(angle*math.pi/180), torch.sin(angle*math.pi/180)], dim=1)
# turned = a tensor [73, 2]
plot(angle, turned @ q, title="dot product, as the key turns", height=9)
print(f"scores {K @ q}")
score = torch.dot(q, K[0])  # score = 3
check("K", K, [[3, 0], [0, 2], [1, 0]])
check("q", q, [1, 0])
check("angle", angle, shape=(73,), total=13140, norm=1781.9932659805424)
check("turned", turned, shape=(73, 2), total=0.999999999999993, norm=8.54400374531753)
check("score", score, 3)

# It is 1 where both point the same way, 0 at a right angle (90 and 270), -1
# opposite: a measure of likeness. And a longer key counts more, as for `cat`.
#
# ## From scores to weights
# 3, 0, 1 divided by their sum are 0.75, 0, 0.25. But for "alive, no action",
# [1, -1], a score falls below 0, and so would its weight. `softmax` (lesson
# 5) first takes e to the power of each score. Then come the values, what a
# word hands over to those who look: here, twice its key.

s = K @ torch.tensor([1.0, -1.0])  # s = [3, -2, 1]
if s.requires_grad: s.retain_grad()
print(f"scores {s}, divided by their sum {s/torch.sum(s)}")
V = torch.tensor([[6.0, 0.0], [0.0, 4.0], [2.0, 0.0]])
weights = F.softmax(K @ q, dim=0)  # weights = [0.8438, 0.04201, 0.1142]
assert math.isclose(torch.sum(weights).item(), 1, rel_tol=1e-6, abs_tol=1e-9), "it has 1 to give"
print(f"its: weights {weights}, gathers {weights @ V}")
alive = (weights @ V)[0]  # alive = 5.291
check("s", s, [3, -2, 1])
check("V", V, [[6, 0], [0, 4], [2, 0]])
check("weights", weights, [0.8437947344813396, 0.04201006613406606, 0.1141951993845945])
check("alive", alive, 5.2911588056572265)

# 0.8438*6 + 0.042*0 + 0.1142*2 = 5.29: `its` came with [2, 0], and is nearly
# a cat now.
#
# ## All words at once
# Let `cat` ask what was done, [0, 1], and `drank` who did it, [1, 0]. The
# queries are the rows of Q, and `Q @ K.T` holds all scores: a row for each
# word that asks, a column for each that is looked at. Softmax goes along each
# row. Where does `cat` look most: at word 0, 1 or 2? (`show` prints shades,
# with the words beside them. You need not read it.)

shades = ["  ", "..", "::", "**", "##"]


def show_(A, rows, columns):
    print("        " + "".join([f"{word:<9}" for word in columns]))
    for i, word in enumerate(rows):
        cells = [f"{shades[int(torch.round(4*a))]} {a:.2f}" for a in A[i]]
        print(f"{word:>6}  " + "  ".join(cells))


Q = torch.tensor([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
A = F.softmax(Q @ K.T, dim=1)
# A = [[0.1065, 0.787, 0.1065], [0.8438, 0.04201, 0.1142], [0.8438, 0.04201, 0.1142]]
show_(A, words, words)
most = torch.argmax(A[0])  # most = 1
check("Q", Q, [[0, 1], [1, 0], [1, 0]])
check("A", A, [[0.10650697891920073, 0.7869860421615984, 0.10650697891920073], [0.8437947344813396, 0.04201006613406606, 0.1141951993845945], [0.8437947344813396, 0.04201006613406606, 0.1141951993845945]])
check("most", most, 1)

# `A @ V` gives each word its mix. In one line: `softmax(Q @ K.T / sqrt(d)) @
# V`, where d is the width of the keys (the root comes next). When words look
# at each other like this, it is called self-attention. From any word to any
# other it is a single step. So ask the gradient, of a new rnn and of
# attention: how far does the result at the last word move, if the first word
# moves a little? And the price: how many scores do 1000 words need?

ours = F.softmax(Q @ K.T/math.sqrt(2), dim=1) @ V
# ours = [[1.309, 2.691], [4.759, 0.3518], [4.759, 0.3518]]
assert torch.allclose(ours, F.scaled_dot_product_attention(Q, K, V), rtol=1e-6, atol=1e-9), "the same"
reader = nn.RNN(2, 8, dtype=torch.float32).double()
for n in [5, 20, 50]:
    X = torch.randn(n, 2, dtype=torch.float32).double().detach().clone().requires_grad_()
    states, last = reader(X)
    looked = F.scaled_dot_product_attention(X, X, X)[-1]
    print(f"{n:>2} words: rnn {torch.linalg.vector_norm(torch.autograd.grad(torch.sum(last), X, retain_graph=True)[0][0]):.1e}", f"  attention {torch.linalg.vector_norm(torch.autograd.grad(torch.sum(looked), X, retain_graph=True)[0][0]):.1e}")
count = (torch.randn(1000, 2, dtype=torch.float32).double() @ torch.randn(1000, 2, dtype=torch.float32).double().T).numel()
# count = 1000000
check("ours", ours, [[1.3086328064960921, 2.691367193503908], [4.7588269484365435, 0.3517949551020258], [4.7588269484365435, 0.3517949551020258]])
check("X", X, shape=(50, 2), total=-11.523538598790765, norm=9.75298157899881)
check("last", last, [[-0.37501388639340566, 0.21837772190114227, 0.09111204537700367, -0.5614376020018947, 0.3684980740737658, -0.16147784958274955, -0.3275256647292069, -0.32805991510128774]])
check("looked", looked, [0.1751107126925717, -0.9106386483132484])
check("n", n, 50)
check("states", states, shape=(50, 8), total=-2.124419958110793, norm=6.9641618360791835)
check("count", count, 1000000)

# In the rnn the first word is lost on the way. With attention it is not the
# distance that counts, but how well a word fits, and how many compete.
#
# ## Why divide by the root?
# A wider dot product adds up more products, so it strays further from 0. For
# random vectors, the spread (standard deviation) is 2 at width 4 and 8 at
# width 64. And at 256? It matters, as softmax saturates like sigmoid (lesson
# 2): a weight a has the slope a*(1 - a). Below are 1000 queries with eight
# keys each: the mean of the largest weight, and the median of its slope.

print("                as it is           divided by the root")
print("width  spread weight  slope     spread weight  slope")
for d in [4, 64, 256]:
    s = torch.randn(1000, 1, d, dtype=torch.float32).double() @ torch.randn(1000, d, 8, dtype=torch.float32).double()
    if s.requires_grad: s.retain_grad()
    line = f"{d:>5}"
    for t in [s, s/math.sqrt(d)]:
        a = torch.amax(F.softmax(t, dim=2), dim=2)
        slope = torch.median(a*(1 - a))
        line = line + f"  {torch.std(t):6.2f} {torch.mean(a):.4f} {slope:.4f}   "
    print(line)
wide = torch.round(torch.std(s))  # wide = 16
assert slope > 0.2, "divided by the root, width 256 learns like width 4"
check("a", a, shape=(1000, 1), total=355.6416988614717, norm=11.809665894007155)
check("d", d, 256)
check("s", s, shape=(1000, 1, 8), total=1480.1060230699964, norm=1430.9764511338506)
check("slope", slope, 0.21917469112015214)
check("t", t, shape=(1000, 1, 8), total=92.50662644187477, norm=89.43602819586566)
check("wide", wide, 16)

# Each product adds 1 to the square of the spread, so the spread is the root
# of the width. At 256, as it is, one key takes nearly all, by chance, and
# hardly any slope is left. Divided by the root, all widths are alike.
#
# ## No looking ahead
# A network that learns to say the next word must not see it. So hide from
# each word what comes after it. A score of -inf gets the weight 0, as e^-inf
# is 0, and softmax sees to it that each row still sums to 1. Can a hidden
# place learn? For a loss, take what `drank` in row 1 gathers.

S = (Q @ K.T/math.sqrt(2)).detach().clone().requires_grad_()
V = torch.tensor([[6.0, 0.0], [0.0, 4.0], [2.0, 0.0]], requires_grad=True)
later = torch.tensor([[0.0, 1.0, 1.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]) == 1
# later = [[0, 1, 1], [0, 0, 1], [0, 0, 0]]
hidden = S.masked_fill(later, -math.inf)
# hidden = [[0, -inf, -inf], [2.121, 0, -inf], [2.121, 0, 0.7071]]  # -inf where `later` is true
A = F.softmax(hidden, dim=1)  # A = [[1, 0, 0], [0.893, 0.107, 0], [0.7337, 0.08795, 0.1784]]
show_(A, words, words)
mix = A @ V  # mix = [[6, 0], [5.358, 0.4282], [4.759, 0.3518]]
loss = torch.sum(mix[1])  # loss = 5.786
print(torch.autograd.grad(loss, V, retain_graph=True)[0][2, 0])
# ∂loss/∂V[2, 0] = 1 × (A[1, 2]) = 0
print(torch.autograd.grad(loss, S, retain_graph=True)[0][1, 2])  # ∂loss/∂S[1, 2] = 0
first = A[0, 0]  # first = 1
check("S", S, [[0, 1.414213562373095, 0], [2.1213203435596424, 0, 0.7071067811865475], [2.1213203435596424, 0, 0.7071067811865475]])
check("V", V, [[6, 0], [0, 4], [2, 0]])
check("later", later, [[0, 1, 1], [0, 0, 1], [0, 0, 0]])
check("hidden", hidden, [[0, float("-inf"), float("-inf")], [2.1213203435596424, 0, float("-inf")], [2.1213203435596424, 0, 0.7071067811865475]])
check("A", A, [[1, 0, 0], [0.8929581985348296, 0.10704180146517044, 0], [0.733681106496889, 0.08794873877550645, 0.17837015472760462]])
check("mix", mix, [[6, 0], [5.357749191208978, 0.42816720586068174], [4.7588269484365435, 0.3517949551020258]])
check("loss", loss, 5.785916397069659)
check("first", first, 1)

# The weights fill a triangle. A table of what to hide is a mask, and this is
# the causal mask: no effect comes before its cause. (`is_causal=true` sets
# it for you.) What is hidden gets no gradient, neither its value nor its
# score.
#
# ## Where queries, keys and values come from
# A word comes as one vector, a row of X. With X for both Q and K, `its` gives
# `cat` 1*2 + 1*1 = 3. And `cat` gives `its`? Three learned matrices make them
# independent: `X @ Wq` is what a word asks, `X @ Wk` how it is found, and
# `X @ Wv` what it hands over.

X = torch.tensor([[2.0, 1.0], [0.0, 2.0], [1.0, 1.0]])
Wq = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
Wk = torch.tensor([[1.0, 0.0], [-1.0, 1.0]])
print("X with itself")
print(X @ X.T)
print("with Wq and Wk")
print(X @ Wq @ (X @ Wk).T)
back = (X @ X.T)[0, 2]  # back = 3
check("X", X, [[2, 1], [0, 2], [1, 1]])
check("Wq", Wq, [[1, 0], [1, 0]])
check("Wk", Wk, [[1, 0], [-1, 1]])
check("back", back, 3)

# The first table is its own mirror image. In the second, `its` gives `cat` 2,
# and `cat` gives `its` 0.
#
# ## One step of attention, down to an entry
# How does Wq learn where to look? `its` looks at the two words before it. To
# save lines, the keys are the words' vectors, the rows of W, and a value is
# one number, how alive: 6 for `cat`, 0 for `drank`. `its` should gather 6.

W = torch.tensor([[2.0, 1.0], [0.0, 2.0]], requires_grad=True)
its = torch.tensor([1.0, 1.0])
Wq = torch.tensor([[1.0, 0.0], [0.0, 1.0]], requires_grad=True)
q = its @ Wq
s = W @ q/math.sqrt(2)
if s.requires_grad: s.retain_grad()
a = F.softmax(s, dim=0)
v = W @ torch.tensor([3.0, 0.0])
out = torch.dot(a, v)
if out.requires_grad: out.retain_grad()
loss = (out - 6)**2
q = its @ Wq
s = W @ q/math.sqrt(2)
if s.requires_grad: s.retain_grad()
a = F.softmax(s, dim=0)
v = W @ torch.tensor([3.0, 0.0])
out = torch.dot(a, v)  # out = 4.019
if out.requires_grad: out.retain_grad()
loss = (out - 6)**2  # loss = 3.926
loss.backward(retain_graph=True)
assert torch.allclose(s.grad, out.grad*a*(v - out), rtol=1e-6, atol=1e-9), "each value against the mix"
check("W", W, [[2, 1], [0, 2]])
check("its", its, [1, 1])
check("Wq", Wq, [[1, 0], [0, 1]])
check("q", q, [1, 1])
check("s", s, [2.1213203435596424, 1.414213562373095])
check("a", a, [0.6697615493266569, 0.3302384506733431])
check("v", v, [6, 0])
check("out", out, 4.018569295959941)
check("loss", loss, 3.9260676349126826)

# `its` gathers 4.019. Find ∂loss/∂s: -5.259 and 5.259. The formula above it
# comes to ∂loss/∂out*a*(v - out): each value is compared with the mix. `cat`
# has more than the mix, and more is wanted, so its score should rise. That of
# `drank` should fall.
#
# Wq[0, 1] carries the first number of `its` into the query's second, which
# asks for action. Should it rise or fall?

print(torch.autograd.grad(loss, Wq, retain_graph=True)[0][0, 1])  # ∂loss/∂Wq[0, 1] = 3.719

# i is the word whose weight changes, j the word whose score changes it.
# `drank` (i = 1) has no value to give. The other two terms:
#
# - j = 0: a larger q[1] lifts the score of `cat`, whose key has 1 there, and
#   its weight. The loss falls: -3.719.
# - j = 1: it lifts the score of `drank` twice as much (its key has 2 there),
#   and `cat` loses weight. The loss grows: 7.437.
#
# Together 3.719: Wq[0, 1] should fall. One step, of Wq alone:

opt = torch.optim.SGD([Wq], lr=0.05)
opt.step()
q = its @ Wq
s = W @ q/math.sqrt(2)
if s.requires_grad: s.retain_grad()
a = F.softmax(s, dim=0)
v = W @ torch.tensor([3.0, 0.0])
out = torch.dot(a, v)
if out.requires_grad: out.retain_grad()
loss = (out - 6)**2
print(f"query {q}, weights {a}, out {out:.3f}")
share = a[0]  # share = 0.8831
check("share", share, 0.8830743723253406)

# `its` asks less for action now, and more for a living being. The words'
# vectors can learn too. In the graph below, W is an end twice. So how does
# W[0, 0], the first number of `cat`, reach the loss?

# Not carried over, PyTorch has nothing that shows what `graph` does:
#   graph(loss)
print(torch.autograd.grad(loss, W, retain_graph=True)[0][0, 0])
# ∂loss/∂W[0, 0] = (2*(out - 6)) × v[0] × 0.103254 × 0.707107*q[0] + (2*(out - 6)) × v[1] × -0.103254 × 0.707107*q[0] + (2*(out - 6)) × a[0] × 3 = -4.789

# By two roads. Through a, the weights: its key gets longer, so `cat` is
# looked at more. And through v, the values: what is looked at gives more.
#
# ## Attention has no order
# "The dog bit the cat" and "the cat bit the dog" have the same words. Does
# attention see a difference? Put our three words in another order, and
# compare each word with itself. By how much has its output changed?

X = torch.tensor([[3.0, 0.0], [0.0, 2.0], [1.0, 0.0]])
order = torch.tensor([2.0, 0.0, 1.0])


def attend(X):
    return F.scaled_dot_product_attention(X, X, X)


print(attend(X))
print(attend(X[order.long()]))
change = torch.max(abs(attend(X[order.long()]) - attend(X)[order.long()]))  # change = 0
check("X", X, [[3, 0], [0, 2], [1, 0]])
check("order", order, [2, 0, 1])
check("change", change, 0)

# Not at all: the outputs are shuffled along with the words. So add to each
# word a vector that tells its place. It may be learned, or made of waves,
# quick ones and slow ones, like the hands of a clock. Below are 16 places
# from left to right, 8 numbers each. Then the dot product of any two places.
# And then the shuffle again.

place = torch.arange(16).reshape(16, 1)  # place = a tensor [16, 1]
waves = [f(place/slow) for slow in [2, 4, 8, 16] for f in [torch.sin, torch.cos]]
P = torch.cat(waves, dim=1)  # P = a tensor [16, 8]
heatmap(P.T, title="waves")
heatmap(P @ P.T, title="how alike are two places?")
assert torch.sum(P @ P.T > 3.999) == 16, "each place fits itself best"
here = P[:3, :2]  # here = [[0, 1], [0.4794, 0.8776], [0.8415, 0.5403]]
change = torch.max(abs(attend(X[order.long()] + here) - attend(X + here)[order.long()]))
# change = 0.7187
print(f"change {change:.3f}")
check("place", place, [[0], [1], [2], [3], [4], [5], [6], [7], [8], [9], [10], [11], [12], [13], [14], [15]])
check("P", P, shape=(16, 8), total=48.48613002926601, norm=8)
check("here", here, [[0, 1], [0.479425538604203, 0.8775825618903728], [0.8414709848078965, 0.5403023058681398]])
check("change", change, 0.7186513575118504)

# Near places are alike, no two are equal, and now order makes a difference.
# Such vectors are called a positional encoding.
#
# ## Several looks at once
# Whose is it, and what was done? One softmax can only share: half of 6 and
# half of 2 make 4, which tells of neither. So look twice, each time with
# another part of the words' numbers, and lay the answers side by side. A look
# is called a head. In `multihead_attention` are Wq, Wk and Wv, and a matrix
# that mixes the heads' answers. Here none of them changes anything (`eye`).
# How many numbers does it learn for a width of 4, with biases?

X = torch.tensor([[3.0, 0.0, 0.0, 1.0], [0.0, 2.0, 3.0, 0.0], [1.0, 0.0, 1.0, 0.0]])


def head(X):
    return F.softmax(X @ X.T/math.sqrt(2), dim=1)


one = head(X[:, :2])
# one = [[0.9842, 0.001695, 0.01414], [0.05286, 0.8943, 0.05286], [0.7337, 0.08795, 0.1784]]
two = head(X[:, 2:])
# two = [[0.5035, 0.2483, 0.2483], [0.001695, 0.9842, 0.01414], [0.08795, 0.7337, 0.1784]]
print("head 0")
show_(one, words, words)
print("head 1")
show_(two, words, words)
side = torch.cat([one @ X[:, :2], two @ X[:, 2:]], dim=1)
# side = [[2.967, 0.003391, 0.993, 0.5035], [0.2114, 1.789, 2.967, 0.001695], [2.379, 0.1759, 2.379, 0.08795]]
heads = nn.MultiheadAttention(4, 2, bias=False, dtype=torch.float32).double()
with torch.no_grad():
    heads.in_proj_weight.copy_(torch.eye(4).repeat(3, 1))  # Wq, Wk, Wv
    heads.out_proj.weight.copy_(torch.eye(4))  # mixes the answers
out, weights = heads(X, X, X)
assert torch.allclose(out, side, rtol=1e-6, atol=1e-9), "two heads by hand"
assert torch.allclose(weights, (one + two)/2, rtol=1e-6, atol=1e-9), "the mean of the two tables"
print("the layer's weights")
show_(weights, words, words)
numbers_ = torch.sum(torch.tensor([p.numel() for p in list(nn.MultiheadAttention(4, 2, dtype=torch.float32).double().parameters())]))
# numbers = 80
check("X", X, [[3, 0, 0, 1], [0, 2, 3, 0], [1, 0, 1, 0]])
check("one", one, [[0.9841627290869296, 0.0016952500088270005, 0.014142020904243395], [0.05285739497886431, 0.8942852100422715, 0.05285739497886431], [0.733681106496889, 0.08794873877550645, 0.17837015472760462]])
check("two", two, [[0.5034898434845538, 0.2482550782577231, 0.2482550782577231], [0.0016952500088270005, 0.9841627290869296, 0.014142020904243395], [0.08794873877550645, 0.733681106496889, 0.17837015472760462]])
check("side", side, [[2.966630208165032, 0.003390500017654001, 0.9930203130308924, 0.5034898434845538], [0.21142957991545724, 1.788570420084543, 2.966630208165032, 0.0016952500088270005], [2.3794134742182718, 0.1758974775510129, 2.3794134742182718, 0.08794873877550645]])
check("out", out, [[2.966630208165032, 0.003390500017654001, 0.9930203130308924, 0.5034898434845538], [0.21142957991545724, 1.788570420084543, 2.966630208165032, 0.0016952500088270005], [2.3794134742182718, 0.1758974775510129, 2.3794134742182718, 0.08794873877550645]])
check("weights", weights, [[0.7438262862857417, 0.12497516413327506, 0.13119854958098326], [0.027276322493845657, 0.9392239695646005, 0.03349970794155385], [0.41081492263619773, 0.41081492263619773, 0.17837015472760462]])
check("numbers", numbers_, 80)

# In head 0 `its` looks at `cat`, in head 1 at `drank`. The weights that the
# layer gives are the mean of both, and hide that.
#
# ## Learning to look
# Six friends live in four rooms. A list has three notes, such as "Dee is in
# room 2", in any order. Then one of the three is asked for. A note is 10
# numbers: a 1 in one of six places says who, and a 1 in one of four says the
# room. A question leaves the room out. `lists(n)` makes up n such lists.

torch.manual_seed(0)


def lists(n, m=3):
    who = torch.argsort(torch.rand(n, 6, dtype=torch.float32).double(), dim=1)[:, :m]
    # m different friends
    rooms = torch.randint(0, 4, (n, m))
    k = torch.randint(0, m, (n,))  # friend k is asked for
    each = torch.arange(n)  # friend k is asked for
    asked = torch.eye(6)[who[each, k]].unsqueeze(1)  # a row of eye: one 1
    ask = torch.cat([asked, torch.zeros(n, 1, 4)], dim=2)
    notes = torch.cat([torch.eye(6)[who], torch.eye(4)[rooms]], dim=2)
    return Record(ask=ask, notes=notes, y=rooms[each, k])


sample = lists(1)
print(sample.notes[0])
print(sample.ask[0])
print(f"answer: room {sample.y[0]}")

# The network is three matrices. The question makes the query, and the notes
# make keys and values; a value is four scores, one for each room. Before it
# has learned, ask for each friend in the sample. (-1 and -2 are the last axis
# and the one before it.)

Wq = (torch.randn(10, 6, dtype=torch.float32).double()/2).detach().clone().requires_grad_()
Wk = (torch.randn(10, 6, dtype=torch.float32).double()/2).detach().clone().requires_grad_()
Wv = (torch.randn(10, 4, dtype=torch.float32).double()/2).detach().clone().requires_grad_()


def look(ask, notes):
    S = as_tensor(ask) @ Wq @ (as_tensor(notes) @ Wk).transpose(-2, -1)
    return F.softmax(S/math.sqrt(6), dim=-1)


def answer(b):
    return (look(b.ask, b.notes) @ (as_tensor(b.notes) @ Wv))[:, 0]


def sheet(notes):
    friends = ["Ann", "Bob", "Cem", "Dee", "Eve", "Fin"]
    who = [friends[torch.argmax(as_tensor(x[:6]))] for x in notes]
    columns = [f"{who[i]} {(torch.argmax(as_tensor(notes[i, 6:])))}" for i in range(3)]
    asks = torch.cat([torch.flip(as_tensor(notes[:, :6]), (0,)), torch.zeros(3, 4)], dim=1)
    return show_(look(asks, notes), [f"{who[i]} ?" for i in [2, 1, 0]], columns)


print(sheet(sample.notes[0]))
check("Wq", Wq, shape=(10, 6), total=2.2019938291050494, norm=3.575246691847983)
check("Wk", Wk, shape=(10, 6), total=2.8029461211990565, norm=3.2561686938086907)
check("Wv", Wv, shape=(10, 4), total=-0.19026073068380356, norm=2.818764973100554)

# Every question looks everywhere. Now 300 rounds, with 64 new lists each.

def fit(answer, opt, rounds=300):
    losses = []
    for _ in range(rounds):
        b = lists(64)
        loss = F.cross_entropy(*scored(as_tensor(answer(b)), as_tensor(b.y)))
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses


losses = fit(answer, torch.optim.Adam([Wq, Wk, Wv], lr=0.03))
plot(losses, title="loss", height=8)
print(sheet(sample.notes[0]))

# Each question looks at the note of its friend. What have the matrices
# become? The first heat map has a row for each friend asked for, and a column
# for each friend in a note. The second has a row for each room, and a column
# for each of a note's ten numbers. Then lists of six notes. It has never seen
# one: of ten, how many will be right? Last, a gru (lesson 12) that reads note
# by note, after as many rounds.

def right(answer, m):
    b = lists(500, m)
    with torch.no_grad():
        return torch.mean((torch.argmax(as_tensor(answer(b)), dim=1) == b.y).double())


heatmap((Wq @ Wk.T)[:6, :6], title="scores, friend by friend")
heatmap(Wv.T, title="values, room by room")
print(f"lists of 3: {right(answer, 3)}")
of_ten = torch.round(10*right(answer, 6))  # of_ten = 10
check("of_ten", of_ten, 10)

class Reader(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.cell = nn.GRU(10, hidden, batch_first=True, dtype=torch.float32).double()
        self.last = nn.Linear(hidden, 4, dtype=torch.float32).double()

    def forward(self, b):
        states, final = self.cell(torch.cat([as_tensor(b.notes), as_tensor(b.ask)], dim=1))
        return self.last(final[0])


reader = Reader(32)
fit(reader, torch.optim.Adam(reader.parameters(), lr=0.03))
print(f"gru: lists of 3 {right(reader, 3)}, of 6 {right(reader, 6)}")

# Each name fits itself, and a note's value is its room: a dictionary, learned
# from examples. The gru has to carry the list in its state, and has 0.714 of
# the short lists right and 0.528 of the long ones.
#
# ## Three things to try
# 1. Ask ten times as loud: `soft = softmax(K @ [1, 1], dim=0)`, then
#    `loud = softmax(K @ [10, 10], dim=0)`. What does a longer query do?
# 2. Ask for Ann, who is not in the sample: `ann = eye(10)[0:1]`, then
#    `lost = look(ann, sample.notes[0])`. Can attention say "nobody"?
# 3. Give the gru more time: `fit(reader, adam(reader, lr=0.01), 1000);`, then
#    `right(reader, 3)` and `right(reader, 6)`. Does it catch up?
#
# Now it is your turn: `nnrepl check ex13`, attention by hand.
#
# Next, lesson 14: a small transformer, with attention at its heart.

# To try: Ask ten times as loud: `soft = softmax(K @ [1, 1], dim=0)`, then `loud = softmax(K @ [10, 10], dim=0)`. What does a longer query do?

# To try: Ask for Ann, who is not in the sample: `ann = eye(10)[0:1]`, then `lost = look(ann, sample.notes[0])`. Can attention say "nobody"?

# To try: Give the gru more time: `fit(reader, adam(reader, lr=0.01), 1000);`, then `right(reader, 3)` and `right(reader, 6)`. Does it catch up?

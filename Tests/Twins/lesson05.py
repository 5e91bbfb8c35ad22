# From nnrepl to PyTorch: the same names, and the same random numbers.
#
# Loss functions

import math

import torch
import torch.nn.functional as F
from torch import nn

# nnrepl computes in float64 and draws PyTorch's float32 random numbers.
torch.set_default_dtype(torch.float64)
torch.manual_seed(0)


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

# # Lesson 5: loss functions
# A loss says in one number how wrong a network is. It must be smallest when
# the answer is right, grow as the answer gets worse, and have a slope, since
# the slope is all that learning ever sees. Many formulas can do that. Which
# one you take decides what is learned. First numbers, then yes or no and
# classes.
#
# ## Part one: numbers
# Five mornings, minutes of waiting for the bus. One day it broke down. Which
# one number c stands for all five? `mse_loss` squares each error and takes
# the mean. `l1_loss` takes the mean distance: the mean absolute error, MAE.
# `best` walks down to the lowest place of a loss. (The picture divides mse by
# 20, to fit it in.)

wait = torch.tensor([4.0, 5.0, 5.0, 6.0, 30.0])


def best(f):
    c = torch.tensor(0.0, requires_grad=True)
    for _ in range(300):
        cost = f(c*torch.ones(5), wait)
        c.grad = None
        cost.backward()
        with torch.no_grad():
            c.copy_(c - 0.1*c.grad)
    return c.item()


aim = best(F.mse_loss)  # aim = 10
print(f"mse aims at {aim:.2f}, l1 at {best(F.l1_loss):.2f}")
check("wait", wait, [4, 5, 5, 6, 30])
check("aim", aim, 9.999999999999996)

cs = torch.linspace(0, 15, 76)  # cs = a tensor [76]


def costs(f):
    return torch.stack([f(c*torch.ones(5), wait) for c in cs])


plot([costs(F.mse_loss)/20, costs(F.l1_loss)], labels=["mse / 20", "l1"], title="the loss of each c", x=cs, height=9)
assert torch.mean(wait) == 10 and torch.median(wait) == 5, "mean and median"
check("cs", cs, shape=(76,), total=570, norm=75.7495874576225)

# The squares aim at the mean, 50/5 = 10. No day was like that. The distances
# aim at the median, 5, the middle one. One strange value, an outlier, drags
# the mean along, but not the median.
#
# ## Three curves and their pull
# Now one error alone, from -3 to 3. (`reduction="none"` leaves out the mean.)
# The slope of the loss is its pull: where it is positive, the guess should
# fall. A third loss, `huber_loss`, is half the square up to an error of 1,
# and from there goes straight on.

error = torch.linspace(-3, 3, 61, requires_grad=True)


def curve(f):
    return f(error, torch.zeros(61), reduction="none")


def pull(f):
    return torch.autograd.grad(torch.sum(curve(f)), error, retain_graph=True)[0]


names = ["mse", "l1", "huber"]
plot([curve(F.mse_loss), curve(F.l1_loss), curve(F.huber_loss)], labels=names, title="loss over error", x=error, height=10)
plot([pull(F.mse_loss), pull(F.l1_loss), pull(F.huber_loss)], labels=names, title="pull over error", x=error, height=10)
huber_3 = curve(F.huber_loss)[60]  # huber_3 = 2.5
check("error", error, shape=(61,), total=4.440892098500626e-16, norm=13.751363568752007)
check("huber_3", huber_3, 2.5)

# Squared: the pull grows with the error. l1: it is as strong close to the
# goal as far from it. Huber has the best of both: gentle near 0, and limited
# outside.
#
# ## The pull of an outlier
# Guess 5.5 for each of the five days. How hard does the bad one pull?

guess = torch.tensor([5.5, 5.5, 5.5, 5.5, 5.5], requires_grad=True)
squared = F.mse_loss(guess, wait)  # squared = 120.7
distance = F.l1_loss(guess, wait)  # distance = 5.5
huber = F.huber_loss(guess, wait)  # huber = 5.075
print(torch.autograd.grad(squared, guess, retain_graph=True)[0])
print(torch.autograd.grad(distance, guess, retain_graph=True)[0])
print(torch.autograd.grad(huber, guess, retain_graph=True)[0])
print(f"together: squared {torch.sum(torch.autograd.grad(squared, guess, retain_graph=True)[0]):.1f},", f"distance {torch.sum(torch.autograd.grad(distance, guess, retain_graph=True)[0]):.1f},", f"huber {torch.sum(torch.autograd.grad(huber, guess, retain_graph=True)[0]):.1f}")
print(f"huber aims at {best(F.huber_loss):.2f}")
bad_day = torch.autograd.grad(squared, guess, retain_graph=True)[0][4]  # bad_day = -9.8
check("guess", guess, [5.5, 5.5, 5.5, 5.5, 5.5])
check("squared", squared, 120.65)
check("distance", distance, 5.5)
check("huber", huber, 5.075)
check("bad_day", bad_day, -9.8)

# Squared: the bad day pulls with -9.8, and the other four have hardly a say.
# Together they pull c upwards, until the errors cancel: at the mean.
# Distance: one day, one vote. (`sign` is 1 or -1, and 0 at no error.) Above 5
# most votes are for less, below it for more: hence the median. Huber ends
# close to it.
#
# ## Part two: yes or no
# Back to the neuron with a sigmoid. Its output p is the probability that it
# gives to yes. Let it be badly wrong: z = -6, and the right answer is yes, 1.
# Such a z, the score before the sigmoid, is called a logit. How large is the
# squared error?

z = torch.tensor(-6.0, requires_grad=True)
p = torch.sigmoid(z)  # p = 0.002473
squared = (p - 1)**2  # squared = 0.9951
print(f"squared error {squared}")
print(torch.autograd.grad(squared, z, retain_graph=True)[0])
# ∂squared/∂z = (2*(p - 1)) × (p*(1 - p)) = -0.004921
check("z", z, -6)
check("p", p, 0.0024726231566347743)
check("squared", squared, 0.9950608675520052)

# Almost as wrong as can be, and the pull is only -0.004921. The second factor
# is to blame: sigmoid is saturated there (lesson 2).
#
# ## Cross entropy
# Ask another question: what probability did the truth get? The loss is minus
# its natural logarithm: -log(p) for a yes, -log(1 - p) for a no. A
# probability of 1 costs nothing; the closer to 0, the dearer, without end.
# This is the binary cross entropy, BCE.

bce = F.binary_cross_entropy(p, torch.tensor(1.0))  # bce = 6.002
print(f"bce {bce}")
assert torch.allclose(bce, -torch.log(p), rtol=1e-6, atol=1e-9), "minus the logarithm of what the truth got"
print(torch.autograd.grad(bce, z, retain_graph=True)[0])
# ∂bce/∂z = ((p - 1)/clamp(p*(1 - p), min=1e-12)) × (p*(1 - p)) = -0.9975
check("bce", bce, 6.00247568513773)

# (The `clamp` only keeps the division away from 0.) The first factor divides
# by p*(1 - p), the second multiplies by it: the slope of sigmoid cancels.
# What is left is p - 1, output minus target.
#
# ## Both pulls
# Two pictures for a yes: right on the left, wrong on the right. How hard does
# the squared error pull half way, at p = 0.5?

missing = torch.linspace(0, 0.99, 100)  # missing = a tensor [100]
p = 1 - missing  # p = a tensor [100]
names = ["squared", "bce"]
plot([missing**2, -torch.log(p)], labels=names, title="loss over 1 - p", x=missing, height=9)
fading = 2*(p - 1)*p*(1 - p)  # fading = a tensor [100]
plot([fading, p - 1], labels=names, title="pull on z over 1 - p", x=missing, height=9)
half = fading[50]  # half = -0.25
check("missing", missing, shape=(100,), total=49.49999999999999, norm=5.730183243143276)
check("p", p, shape=(100,), total=50.50000000000001, norm=5.816786054171151)
check("fading", fading, shape=(100,), total=-16.665000000000003, norm=1.9518001117430035)
check("half", half, -0.25)

# The more wrong, the harder BCE pulls. Past two thirds the squared error
# gives up.
#
# ## Why from logits
# `binary_cross_entropy_with_logits` takes z itself, and does sigmoid and
# logarithm at once: the same loss, one factor. And at z = -800 sigmoid is so
# small that the computer stores 0, and log(0) is minus infinity. What should
# the loss be there?

joint = F.binary_cross_entropy_with_logits(z, torch.tensor(1.0))  # joint = 6.002
assert torch.allclose(joint, bce, rtol=1e-6, atol=1e-9), "the same loss"
print(torch.autograd.grad(joint, z, retain_graph=True)[0])  # ∂joint/∂z = sigmoid(z) - 1 = -0.9975
far = torch.tensor(-800.0, requires_grad=True)
separate = -torch.log(torch.sigmoid(far))  # separate = inf
two = F.binary_cross_entropy(torch.sigmoid(far), torch.tensor(1.0))  # two = 100
one = F.binary_cross_entropy_with_logits(far, torch.tensor(1.0))  # one = 800
print(f"by hand       loss {separate}   gradient {torch.autograd.grad(separate, far, retain_graph=True)[0]}")
print(f"two steps     loss {two}   gradient {torch.autograd.grad(two, far, retain_graph=True)[0]}")
print(f"from logits   loss {one}   gradient {torch.autograd.grad(one, far, retain_graph=True)[0]}")
check("joint", joint, 6.00247568513773)
check("far", far, -800)
check("separate", separate, float("inf"))
check("two", two, 100)
check("one", one, 800)

# By hand all is lost: nan means "not a number". `binary_cross_entropy` stops
# counting at 100, and its gradient of 0 is worse than it looks: as wrong as
# can be, and nothing to learn from. From logits both are right. For a no it
# happens sooner: at z = 40 sigmoid is stored as exactly 1.

print(f"z = 40, truth is no: {F.binary_cross_entropy_with_logits(torch.tensor(40.0), torch.tensor(0.0))}")
assert 1 - torch.sigmoid(torch.tensor(40.0)) == 0, "nothing is left for the no"

# ## One of several classes
# Sun, cloud or rain tomorrow? Each class has a score now, its logit.
# `softmax` makes probabilities of them: e (2.718) to the power of each,
# divided by the sum of all three, so that together they make 1. The forecast
# is sun, but it came cloudy: class 1, counted from 0. The loss is minus the
# log of what the truth got. `cross_entropy` takes the scores and does both.

scores = torch.tensor([[2.0, 1.0, -1.0]], requires_grad=True)
p = F.softmax(scores, dim=1)
print(f"probabilities {p}")
assert torch.allclose(p, torch.exp(scores)/torch.sum(torch.exp(scores)), rtol=1e-6, atol=1e-9), "softmax by hand"
truth = torch.tensor([1.0])
loss = F.cross_entropy(scores, truth.long())
assert torch.allclose(loss, -torch.log(p[0, 1]), rtol=1e-6, atol=1e-9), "minus the log of what the truth got"
loss = F.cross_entropy(scores, truth.long())  # loss = 1.349
check("scores", scores, [[2, 1, -1]])
check("p", p, [[0.7053845126982412, 0.25949646034241913, 0.03511902695933973]])
check("truth", truth, [1])
check("loss", loss, 1.3490122167681864)

# ## The pull on each score
# -log(exp(s)/total) is log(total) - s. Now the chain rule can be followed
# down to an entry: first cloud, the truth, then sun.

total = torch.sum(torch.exp(scores))  # total = 10.48
longhand = torch.log(total) - scores[0, 1]  # longhand = 1.349
print(torch.autograd.grad(longhand, scores, retain_graph=True)[0][0, 1])
# ∂longhand/∂scores[0, 1] = 1/total × (exp(scores[0, 1])) + -1 = -0.7405
print(torch.autograd.grad(longhand, scores, retain_graph=True)[0][0, 0])
# ∂longhand/∂scores[0, 0] = 1/total × (exp(scores[0, 0])) = 0.7054
cloud = torch.autograd.grad(loss, scores, retain_graph=True)[0][0, 1]  # cloud = -0.7405
check("total", total, 10.47521736856114)
check("longhand", longhand, 1.3490122167681866)
check("cloud", cloud, -0.7405035396575809)

# exp(s)/total is p. So the truth is pulled with p - 1, and each other class
# with its p: output minus target again. `one_hot` writes the target as
# [0, 1, 0]. Together the pulls make 0: what one class gains, others lose.

loss.backward(retain_graph=True)
optimizer = torch.optim.SGD([scores], lr=1)
optimizer.step()
loss = F.cross_entropy(scores, truth.long())  # loss = 0.5321

# One step, and cloud is ahead with 1.741.
#
# ## Softmax twice
# A common mistake: a softmax at the end of the network, and then
# `cross_entropy`, which does it again. It runs, so the program warns. How low
# can the loss get, for one who is sure and right?

with torch.no_grad():
    scores.copy_(torch.tensor([[2.0, 1.0, -1.0]]))
twice = F.cross_entropy(F.softmax(scores, dim=1), truth.long())  # twice = 1.212
print(f"pull {torch.autograd.grad(twice, scores, retain_graph=True)[0]}")
for s in [1, 5, 50]:
    once = F.cross_entropy(torch.tensor([[0.0, s, 0.0]]), truth.long())
    stuck = F.cross_entropy(F.softmax(torch.tensor([[0.0, s, 0.0]]), dim=1), truth.long())
    print(f"score {s:>2}   once {once:.4f}   twice {stuck:.4f}")
check("twice", twice, 1.2122058530047015)
check("once", once, 0)
check("s", s, 50)
check("stuck", stuck, 0.5514447139320511)

# Stuck at 0.5514. And cloud is pulled with -0.2222, not -0.7405.
#
# ## Several tags on one photo
# A photo shows a dog and a beach, and no car. Softmax has only 1 to share:
# what would it give to each of two tags that are equally sure? These are
# three yes-or-no questions. So take BCE for each tag, and the mean.

tags = torch.tensor([[3.0, 2.0, -2.0]], requires_grad=True)
shown = torch.tensor([[1.0, 1.0, 0.0]])
print(f"sigmoid {torch.sigmoid(tags)}")
photo = F.binary_cross_entropy_with_logits(tags, shown)  # photo = 0.1008
print(torch.autograd.grad(photo, tags, retain_graph=True)[0][0, 1])
# ∂photo/∂tags[0, 1] = (sigmoid(tags[0, 1]) - shown[0, 1])/3 = -0.03973
share = F.softmax(torch.tensor([[9.0, 9.0, -9.0]]), dim=1)[0, 0]  # share = 0.5
check("tags", tags, [[3, 2, -2]])
check("shown", shown, [[1, 1, 0]])
check("photo", photo, 0.1008144578865624)
check("share", share, 0.49999999619250507)

# The three need not make 1, and each is pulled by its own error alone (over 3
# for the mean).
#
# ## Where a loss should start
# A network that knows nothing gives each of C classes 1/C. Its loss is
# -log(1/C) = log(C), whatever the truth is. A new network has small random
# weights and should start close to that. If yours starts at 8 with three
# classes, look for the mistake before you train.

for C in [2, 3, 10]:
    ten = F.cross_entropy(torch.zeros(1, C), truth.long())
    print(f"{C:>2} classes   loss {ten:.4f}")
net = nn.Sequential(
    nn.Linear(4, 16, dtype=torch.float32),
    nn.ReLU(),
    nn.Linear(16, 3, dtype=torch.float32),
).double()
start = F.cross_entropy(net(torch.randn(100, 4, dtype=torch.float32).double()), torch.randint(0, 3, (100,)))
# start = 1.105
assert abs(start - math.log(3)) < 0.1, "close to log(3) = 1.0986"
print(f"a new network, 3 classes: {start:.4f}")
check("C", C, 10)
check("ten", ten, 2.302585092994046)
check("start", start, 1.1050496546826656)

# ## Which one when
# What you want to know, the loss to take, and what the last layer gives.

print("a number             mse_loss (aims at the mean)       1 number")
print("   with outliers     huber_loss or l1_loss (median)    1 number")
print("yes or no            binary_cross_entropy_with_logits  1 score")
print("several tags         binary_cross_entropy_with_logits  1 for each tag")
print("one of C classes     cross_entropy                     C scores")

# No sigmoid and no softmax at the end: the loss has it inside.
#
# ## Three things to try
# 1. Let huber keep the square for longer: `fn soft(p, t) =
#    huber_loss(p, t, delta=10)`, then `c = best(soft)`. Where does it end,
#    between 5 and 10?
# 2. Be right and sure: `z := 6`, then `forward joint` and
#    `explain ∂joint/∂z`. What is left to learn?
# 3. A tie: `scores := [[0, 0, 0]]`, then `forward loss`,
#    `zero_grad(scores)`, `backward loss`. Can you say the three numbers
#    before you look?
#
# Now it is your turn: `nnrepl check ex05`, losses and their gradients.
#
# Next, lesson 6: the training loop, where all the pieces work together.

# To try: Let huber keep the square for longer: `fn soft(p, t) = huber_loss(p, t, delta=10)`. Then find the c that it settles on: `c = best(soft)`.

# To try: Be right and sure: `z := 6`, then `forward joint` and `explain ∂joint/∂z`. What is left to learn?

# To try: A tie: `scores := [[0, 0, 0]]`, then `forward loss`, `zero_grad(scores)`, `backward loss`. Can you say the three numbers before you look?

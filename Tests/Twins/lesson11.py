# From nnrepl to PyTorch: the same names, and the same random numbers.
#
# Convolution

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

# # Lesson 11: convolution
# So far a network got its inputs in a row, and each had weights of its own.
# A picture is more than a row: what belongs together lies side by side, and
# a stroke stays a stroke wherever it is drawn. This lesson builds a layer
# that knows both, and needs few weights for it.

# ## A picture is a grid of numbers
# `digits` holds 1797 small pictures of handwritten digits, 64 numbers each.
# They were 8 rows of 8. Fold the first one back into its rows.

data = load_csv("digits.csv")
digit = data.X[0].reshape(8, 8)  # digit = a tensor [8, 8]
check("digit", digit, shape=(8, 8), total=294, norm=55.40758070878027)

# Each number is the ink of one pixel: 0 is blank paper, and 16 is the most
# there can be. The row comes first, then the column, both counted from 0.

heatmap(digit, title="the same numbers as shades")
ink = digit[2, 1]  # ink = 3
check("ink", ink, 3)

# A nought. The numbers are the same, but our eyes take in neighbours
# together, and so we see it.
#
# ## What a fully connected layer does not see
# A `linear` layer joins every neuron to every input; it is also called fully
# connected. What does it know of neighbours? Here are the same 64 numbers in
# another order.

order = torch.randperm(64)  # order = a tensor [64]
heatmap(data.X[0][order].reshape(8, 8))
check("order", order, shape=(64,), total=2016, norm=292.1369541841634)

# We are lost. The layer is not: put its weights in that order too, and each
# of its neurons adds up the same 64 products. Three neurons, both ways:

plain = nn.Linear(64, 3, dtype=torch.float32).double()
mixed = nn.Linear(64, 3, dtype=torch.float32).double()
with torch.no_grad():
    mixed.weight.copy_(plain.weight[:, order])
    mixed.bias.copy_(plain.bias)
print(f"as it is  {plain(data.X[0])}")
print(f"mixed     {mixed(data.X[0][order])}")
assert torch.allclose(plain(data.X[0]), mixed(data.X[0][order]), rtol=1e-6, atol=1e-9), "no difference"

# So it has no idea which pixels are neighbours. Now move the nought one pixel
# to the right. (`row` puts pictures side by side, with a blank column after
# each; we shall need it often.)

def row(pictures):
    all_ = []
    for p in pictures:
        all_.append(p)
        all_.append(torch.zeros(len(p), 1))
    return torch.cat(all_, dim=1)


right = torch.cat([torch.zeros(8, 1), digit[:, :7]], dim=1)  # right = a tensor [8, 8]
heatmap(row([digit, right]))
print(f"here  {plain(torch.flatten(digit))}")
print(f"moved {plain(torch.flatten(right))}")
check("right", right, shape=(8, 8), total=294, norm=55.40758070878027)

# For us it is the same nought. For the neurons each stroke now meets the
# weights of other pixels. What they learn about a stroke here tells them
# nothing about a stroke there.
#
# And they need many weights. Take a colour photo: three grids (red, green,
# blue) of 100 by 100. A layer of 100 neurons reads it.

photo = torch.rand(3, 100, 100, dtype=torch.float32).double()
weights = nn.Linear(photo.numel(), 100, dtype=torch.float32).double().weight.numel()
# weights = 3000000
check("weights", weights, 3000000)

# Three million, for one small layer.
#
# ## A small window
# Begin with less. Look at 3 by 3 pixels only, and ask one question: is there
# an upright edge here, blank on the left and ink on the right? Nine weights
# can ask that: add the right column, take away the left one. Such a small
# table of weights is called a kernel. Below it a window: the nought's left
# side, rows 2 to 4 and columns 0 to 2.

kernel = torch.tensor([[-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]])
window = digit[2:5, 0:3]  # window = [[0, 3, 15], [0, 4, 12], [0, 5, 8]]
print(kernel)
print(window)
check("kernel", kernel, [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]])
check("window", window, [[0, 3, 15], [0, 4, 12], [0, 5, 8]])

# Multiply each pixel with the weight that lies on it, and add up the nine
# products: a weighted sum, as in lesson 1.

number = torch.sum(window*kernel)  # number = 35
check("number", number, 35)

# 15 + 12 + 8 = 35, a clear edge. The same nine weights one pixel further right
# make -10: less ink on the right than on the left. Go on like this over the
# whole picture. Six windows fit side by side and six below each other,
# which makes 36 numbers. `conv2d` slides the kernel for you. It takes
# many pictures at once, so it wants four axes: pictures, channels (we come
# to them), rows, columns. Here the first two are 1.

picture = digit.reshape(1, 1, 8, 8)  # picture = a tensor [1, 1, 8, 8]
K = kernel.reshape(1, 1, 3, 3)  # K = [[[[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]]]]
edges = F.conv2d(picture, K)[0, 0]  # edges = a tensor [6, 6]
assert edges[2, 0] == number, "row 2, column 0: the number by hand"
assert edges[2, 1] == -10, "and one to the right"
print(edges)
check("picture", picture, shape=(1, 1, 8, 8), total=294, norm=55.40758070878027)
check("K", K, [[[[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]]]])
check("edges", edges, shape=(6, 6), total=51, norm=145.76350709282485)

# Your 35 is in row 2, on the left. Now three pictures: the digit (its inner
# 6 by 6, where the windows have their middles), then the numbers above 0,
# then those below. They are divided by 16 and 40 to make them comparable.

inner = digit[1:7, 1:7]  # inner = a tensor [6, 6]
heatmap(row([inner/16, torch.relu(edges)/40, torch.relu(-edges)/40]))
check("inner", inner, shape=(6, 6), total=237, norm=49.889878733065686)

# In the middle are the places where ink begins, as you come from the left, and
# in the last picture those where it ends. Sliding a kernel over a picture is called
# a convolution. What comes out is a feature map: it tells where in the
# picture a feature is, here an edge.
#
# In mathematics a convolution gives the kernel half a turn before it slides.
# PyTorch does not, and neither do we: a network would just learn the turned
# kernel.
#
# ## The same weights at every place
# From 64 pixels to 36 numbers, `linear(64, 36)` takes 36*64 = 2304 weights.
# The kernel has 9, and uses them at every place. That is called weight
# sharing. See what it does for the nought that moved: its map is the one on
# the right. Your 35 was at [2, 0]. What stands at [2, 1] now?

later = F.conv2d(right.reshape(1, 1, 8, 8), K)[0, 0]  # later = a tensor [6, 6]
assert torch.all(later[:, 1:] == edges[:, :5]), "the same, one column further"
assert nn.Linear(64, 36, dtype=torch.float32).double().weight.numel() == 2304 and K.numel() == 9
heatmap(row([torch.relu(edges)/40, torch.relu(later)/40]))
found = later[2, 1]  # found = 35
check("later", later, shape=(6, 6), total=278, norm=128.84098726725125)
check("found", found, 35)

# The picture moved by one pixel, and its map moved by one pixel. This has a
# long name, translation equivariance: when the input is moved (a
# translation), the output moves in the same way. What finds an edge here
# finds it anywhere, and nothing has to be learned twice.
#
# ## Many places, one gradient
# How does a shared weight learn? Take the smallest case: four numbers, and
# a kernel of two that slides along them. One axis, so `conv1d`.

x = torch.tensor([[[1.0, 3.0, 2.0, 5.0]]])
k = torch.tensor([1.0, 2.0], requires_grad=True)
y = F.conv1d(x, k.reshape(1, 1, 2))
loss = torch.sum((y - torch.tensor([6.0, 8.0, 10.0]))**2)
y = F.conv1d(x, k.reshape(1, 1, 2))
loss = torch.sum((y - torch.tensor([6.0, 8.0, 10.0]))**2)  # loss = 6
check("x", x, [[[1, 3, 2, 5]]])
check("k", k, [1, 2])
check("y", y, [[[7, 7, 12]]])
check("loss", loss, 6)

# By hand: 1*1 + 2*3 = 7, then 1*3 + 2*2 = 7, then 1*2 + 2*5 = 12. Wanted were
# 6, 8 and 10. All three numbers used k[0], so it reaches the loss by three
# paths. Lesson 3 had the rule: along a path the rates multiply, like gears;
# over the paths they add up.

print(torch.autograd.grad(loss, k, retain_graph=True)[0][0])
# ∂loss/∂k[0] = (2*(y[0, 0, 0] - 6)) × 1 + (2*(y[0, 0, 1] - 8)) × 3 + (2*(y[0, 0, 2] - 10)) × 2 = 4

# One line for each place: how hard it pulls, times the number that k[0] met
# there, 1, 3 or 2. The second place pulls the other way. Now k[1]:

other = torch.autograd.grad(loss, k, retain_graph=True)[0][1]  # other = 22
check("other", other, 22)

# 2*3 - 2*2 + 4*5 = 22.
# Three places have their say, and then there is one step for all.
#
# ## Padding and stride
# The map was smaller than the picture, as the window must not stick out. A
# frame of p zeros around the picture makes room: padding. Or fewer
# numbers will do, and the window jumps by 2 or 3 pixels: that is the stride.

for p in [0, 1, 2]:
    made = F.conv2d(picture, K, padding=p).shape
    print(f"padding {p}, stride 1: {made[2]} by {made[3]}")
for s in [2, 3]:
    made = F.conv2d(picture, K, stride=s, padding=1).shape
    print(f"padding 1, stride {s}: {made[2]} by {made[3]}")
check("p", p, 2)
check("s", s, 3)

# Along one axis, n pixels and p zeros at both ends are n + 2p. A kernel of k
# that starts at 0 can move on by n + 2p - k. In steps of s, and with the
# start itself, that makes this many places:
#
#     (n + 2p - k)/s + 1
#
# Round the division down: half a step is no step. (8 + 2 - 3)/3 + 1 above
# is 3. Now 28 pixels, a kernel of 5, padding 2 and stride 2:

wide = torch.zeros(1, 1, 28, 28)  # wide = a tensor [1, 1, 28, 28]
made = F.conv2d(wide, torch.zeros(1, 1, 5, 5), stride=2, padding=2).shape  # made = [1, 1, 14, 14]
assert made[2] == (28 + 2*2 - 5) // 2 + 1, "// divides and rounds down"
places = made[2]  # places = 14
check("wide", wide, shape=(1, 1, 28, 28), total=0, norm=0)
check("places", places, 14)

# ## How far one number sees
# Lay a second kernel over the first map. One number of the second map sees
# 3 by 3 numbers of the first, and each of those 3 by 3 pixels. How many
# pixels are that together? The gradient knows: it is 0 where no path leads.
# (All weights are 1 here, so it counts the paths.)

pixels = picture.detach().clone().requires_grad_()
first = F.conv2d(pixels, torch.ones(1, 1, 3, 3))  # first = a tensor [1, 1, 6, 6]
second = F.conv2d(first, torch.ones(1, 1, 3, 3))  # second = a tensor [1, 1, 4, 4]
reach = torch.autograd.grad(second[0, 0, 1, 1], pixels, retain_graph=True)[0][0, 0]
# reach = a tensor [8, 8]
heatmap(reach, title="paths from each pixel to second[0, 0, 1, 1]")
seen = torch.sum(reach != 0)  # seen = 25
check("pixels", pixels, shape=(1, 1, 8, 8), total=294, norm=55.40758070878027)
check("first", first, shape=(1, 1, 6, 6), total=1846, norm=316.93216939906875)
check("second", second, [[[[495, 532, 529, 490], [431, 414, 427, 450], [395, 369, 391, 425], [424, 441, 457, 437]]]])
check("reach", reach, shape=(8, 8), total=81, norm=19)
check("seen", seen, 25)

# 5 by 5. This part of the picture is called the receptive field. It grows
# with each layer, so small kernels are enough to see far.
#
# ## Channels
# One kernel asks one question. A layer asks several, and each kernel makes a
# map. `conv2d(1, 2, 3)` is such a layer, with kernels of its own: 1 grid
# comes in, 2 maps go out, kernels of 3 by 3. Give it our kernel, and the
# same on its side (`.T`).

pair = nn.Conv2d(1, 2, 3, bias=False, dtype=torch.float32).double()
with torch.no_grad():
    pair.weight.copy_(torch.stack([kernel, kernel.T]).reshape(2, 1, 3, 3))
maps = torch.relu(pair(picture))  # maps = a tensor [1, 2, 6, 6]
print(maps.shape)
heatmap(row([maps[0, 0]/40, maps[0, 1]/40]))
check("maps", maps, shape=(1, 2, 6, 6), total=562, norm=116.73045875006231)

# Upright edges, and level ones. The two maps lie over each other like the
# red, green and blue grids of a photo. Such grids of one picture are called
# channels: 1 in, 2 out. A kernel that reads three channels has a table of
# weights for each, and adds up all the products. So how many numbers does
# a layer learn that reads the photo with 8 kernels, with a bias for each?

colour = nn.Conv2d(3, 8, 3, dtype=torch.float32).double()
print(f"weight {colour.weight.shape}, bias {colour.bias.shape}")
count = colour.weight.numel() + colour.bias.numel()  # count = 224
assert count == 8*(3*3*3 + 1), "kernels * (channels*rows*columns + 1)"
print(count)
check("count", count, 224)

# 224, however large the photo is. The other layer had three million.
#
# ## Pooling
# A map says to the pixel where a feature is. Often that is too exact. Cut it
# into squares of 2 by 2, and keep the largest number of each: is the feature
# anywhere in there? This is called max pooling.

m = torch.tensor([[1.0, 5.0, 2.0, 0.0], [3.0, 4.0, 1.0, 6.0], [0.0, 2.0, 7.0, 1.0], [1.0, 0.0, 3.0, 2.0]], requires_grad=True)
best = F.max_pool2d(m.reshape(1, 1, 4, 4), 2)
loss = torch.sum(best**2)
best = F.max_pool2d(m.reshape(1, 1, 4, 4), 2)
loss = torch.sum(best**2)  # loss = 114
check("m", m, [[1, 5, 2, 0], [3, 4, 1, 6], [0, 2, 7, 1], [1, 0, 3, 2]])
check("best", best, [[[[5, 6], [2, 7]]]])
check("loss", loss, 114)

# Of 1, 5, 3 and 4 the 5 was kept. The others are lost, and so is the place
# where the 5 stood. And on the way back?

print(torch.autograd.grad(loss, m, retain_graph=True)[0][0, 1])
# ∂loss/∂m[0, 1] = (2*best[0, 0, 0, 0]) × 1 = 10
print(torch.autograd.grad(loss, m, retain_graph=True)[0][0, 0])  # ∂loss/∂m[0, 0] = 0

# The 5 gets all of the gradient, and the 1 beside it nothing: had it been
# 1.1, the largest would still be 5. How many of the sixteen get some?

share = torch.autograd.grad(loss, m, retain_graph=True)[0]  # share = a tensor [4, 4]
print(share)
winners = torch.sum(share != 0)  # winners = 4
check("share", share, [[0, 10, 0, 0], [0, 0, 0, 12], [0, 4, 14, 0], [0, 0, 0, 0]])
check("winners", winners, 4)

# ## Two networks of equal size
# Now two networks learn the digits. First each picture gets a blank frame,
# so that later a digit can move by one pixel and loses nothing: a kernel
# that is a single 1 copies the picture, and padding adds the frame.

torch.manual_seed(1)
X = data.X.reshape(-1, 1, 8, 8)/16
framed = F.conv2d(X, torch.ones(1, 1, 1, 1), padding=1)
train, test = split(Data(framed, data.y), 0.8)
print(f"train {train.X.shape}, test {test.X.shape}")

# The first network is fully connected, with 19 hidden neurons. The second
# has two layers of kernels, and then pools over the whole map, 10 by 10: one
# number for each of 24 features, is it there at all? `flatten` puts the
# axes in one row. A network with such layers is called convolutional, a CNN.

full = nn.Sequential(
    nn.Flatten(),
    nn.Linear(100, 19, dtype=torch.float32),
    nn.ReLU(),
    nn.Linear(19, 10, dtype=torch.float32),
).double()
cnn = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1, dtype=torch.float32),
    nn.ReLU(),
    nn.Conv2d(8, 24, 3, padding=1, dtype=torch.float32),
    nn.ReLU(),
    nn.MaxPool2d(10),
    nn.Flatten(),
    nn.Linear(24, 10, dtype=torch.float32),
).double()
summary(full, test.X)
summary(cnn, test.X)

# About equal, and the first has the few more. By hand: 8*(9 + 1) = 80, then
# 24*(8*9 + 1) = 1752, then 24*10 + 10 = 250. Four epochs each, with Adam.
# (We choose nothing by the results, so there is no validation set.)

def fit(model, data):
    opt = torch.optim.Adam(model.parameters(), lr=0.01)
    for epoch in range(4):
        for xb, yb in DataLoader(data, batch_size=32, shuffle=True):
            loss = F.cross_entropy(model(xb), yb)
            opt.zero_grad()
            loss.backward()
            opt.step()


def right_share(model, X):
    with torch.no_grad():
        return torch.mean((torch.argmax(model(X), dim=1) == test.y).double())


fit(full, train)
fit(cnn, train)
print(f"full {right_share(full, test.X):.3f}", f"  cnn {right_share(cnn, test.X):.3f}")

# No great difference so far. Now the test that matters here: the same test
# digits, one pixel further right. A kernel can do that: with a single 1 left
# of its middle, each place takes over what its left neighbour had. (Its nine
# places are counted row by row: 4 is the middle, 3 is left of it. `eye(9)[3]`
# is nine numbers, with the 1 in place 3.)
# Of ten such digits, how many will the fully connected one still read?

def shift(X, place):
    return F.conv2d(X, torch.eye(9)[place].reshape(1, 1, 3, 3), padding=1)


of_ten = torch.round(10*right_share(full, shift(test.X, 3)))  # of_ten = 5
check("of_ten", of_ten, 5)

# About five. Here are both networks, in all four directions:

print("           full    cnn")
for way, place in [["as it is", 4], ["right", 3], ["left", 5], ["down", 1], ["up", 7]]:
    there = shift(test.X, place)
    print(f"{way:<9} {right_share(full, there):.3f}", f" {right_share(cnn, there):.3f}")
    assert right_share(cnn, there) > 0.9, "the cnn still reads them"
check("place", place, 7)

# Nobody showed the cnn a moved digit, and still it reads them. Two things
# work together: the weights are shared, so the maps move along with the
# digit, and the pooling takes the largest number of a map, wherever it is.
#
# ## What it has learned
# Nobody chose the kernels; they began at random. Here is the nought, and what
# kernels 3 and 5 of the first layer make of it (counted from 0).
# Below, three of the 24 maps of the second layer, where most numbers are 0.
# `upto(n, X)` stops after n layers.

def upto(n, X):
    for i in range(n):
        X = cnn[i](X)
    return X


nought = framed[0:1]  # nought = a tensor [1, 1, 10, 10]
early = upto(2, nought)[0]  # early = a tensor [8, 10, 10]
late = upto(4, nought)[0]  # late = a tensor [24, 10, 10]
heatmap(row([2*nought[0, 0], early[3], early[5]]), title="the nought; maps 3 and 5 of the first layer")
heatmap(row([late[9], late[12], late[15]]), title="maps 9, 12 and 15 of the second layer")
print(f"share of the second layer above 0: {torch.mean((late > 0).double()):.2f}")
check("nought", nought, shape=(1, 1, 10, 10), total=18.375, norm=3.462973794298767)
check("early", early, shape=(8, 10, 10), total=333.1520738655901, norm=17.409737289368)
check("late", late, shape=(24, 10, 10), total=260.1097278604692, norm=23.339005912764083)

# The first maps still look like a nought: its outline, its level parts. The
# second layer's numbers see 5 by 5 pixels each, and fewer than one in ten is
# above 0: it takes more to please them. Last of all, pooling keeps one
# number of each map, 24 together. Move the nought one pixel to the right.
# How many of the 24 change?

pooled = upto(5, nought)  # pooled = a tensor [1, 24, 1, 1]
pooled_moved = upto(5, shift(nought, 3))  # pooled_moved = a tensor [1, 24, 1, 1]
assert pooled.numel() == 24
changed = torch.sum(abs(pooled - pooled_moved) > 1e-09)  # changed = 0
check("pooled", pooled, shape=(1, 24, 1, 1), total=59.19330439396933, norm=14.501345903969174)
check("pooled_moved", pooled_moved, shape=(1, 24, 1, 1), total=59.19330439396933, norm=14.501345903969174)
check("changed", changed, 0)

# None here. The place is forgotten, so the last layer cannot tell the two
# apart. For reading digits that is welcome. Where place matters, pool less.
#
# ## Three things to try
# 1. Nine equal weights: `ninth = ones(1, 1, 3, 3)/9`, then
#    `blur = conv2d(picture, ninth, padding=1)[0, 0]` and `heatmap(blur)`.
#    What does this kernel do?
# 2. Pool less, so that each map leaves four numbers, one for each quarter:
#    `one = conv2d(1, 8, 3, padding=1)`, `two = conv2d(8, 24, 3, padding=1)`,
#    `body = sequential(one, relu, two, relu)`, then
#    `quarters = sequential(body, maxpool2d(5), flatten(), linear(96, 10))`,
#    `fit(quarters, train)` and `right_share(quarters, shift(test.X, 3))`.
#    The place counts a little now. How much does that cost?
# 3. Show the first network digits that have moved to the right:
#    `fn cat(a, b) = concat(list(a, b))`, then
#    `more = dataset(cat(train.X, shift(train.X, 3)), cat(train.y, train.y))`,
#    `fit(full, more)` and `right_share(full, shift(test.X, 3))`. It learns
#    them. And those moved left: `right_share(full, shift(test.X, 5))`?
#
# Now it is your turn: `nnrepl check ex11`, a convolution by hand.
#
# Next, lesson 12: recurrence, for what comes one piece after the other.

# To try: Nine equal weights: `ninth = ones(1, 1, 3, 3)/9`, `blur = conv2d(picture, ninth, padding=1)[0, 0]`, then `heatmap(blur)`. What does this kernel do?

# To try: Pool less: `one = conv2d(1, 8, 3, padding=1)`, `two = conv2d(8, 24, 3, padding=1)`, `body = sequential(one, relu, two, relu)`, `quarters = sequential(body, maxpool2d(5), flatten(), linear(96, 10))`, `fit(quarters, train)`. Compare `right_share(quarters, test.X)` with `right_share(quarters, shift(test.X, 3))`.

# To try: Show the first network digits moved to the right: `fn cat(a, b) = concat(list(a, b))`, `more = dataset(cat(train.X, shift(train.X, 3)), cat(train.y, train.y))`, `fit(full, more)`. Compare `right_share(full, shift(test.X, 3))` with `right_share(full, shift(test.X, 5))`.

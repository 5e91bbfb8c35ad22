"""The networks of the .nn files of this folder, as their peers would write them: a function makes each and returns
its step. Settings have the names that they have there."""
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


def trained(model, x, y, loss_of=F.cross_entropy, call=None):
    opt = torch.optim.Adam(model.parameters(), lr=1e-3)

    def step():
        loss = loss_of((call or model)(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()

    return step


def perceptron(inputs, hidden, outputs, between):
    layers = []
    for units in hidden:
        layers += [nn.Linear(inputs, units), *between(units)]
        inputs = units
    return nn.Sequential(*layers, nn.Linear(inputs, outputs))


def training(loader=True, fused=False, compiled=False, jax=False):
    if jax:
        return training_jax()
    data = TensorDataset(torch.randn(1024, 20), torch.randint(0, 3, (1024,)))
    model = perceptron(20, [128, 64, 32], 3, lambda n: [nn.BatchNorm1d(n), nn.ReLU(), nn.Dropout(0.3)])
    opt = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-4, fused=fused)
    call = torch.compile(model) if compiled else model
    shuffled = DataLoader(data, batch_size=32, shuffle=True)
    batches = shuffled if loader else list(shuffled)
    loss_of = nn.CrossEntropyLoss()

    def step():
        for xb, yb in batches:
            loss = loss_of(call(xb), yb)
            opt.zero_grad()
            loss.backward()
            opt.step()

    return step


def training_jax():
    """The whole step jitted, on fixed batches."""
    import jax
    import jax.numpy as jnp

    widths = [20, 128, 64, 32, 3]
    keys = jax.random.split(jax.random.key(0), 6)
    params = []
    for key, i, o in zip(keys, widths, widths[1:]):
        layer = {"w": jax.random.uniform(key, (i, o), minval=-1, maxval=1) / i**0.5, "b": jnp.zeros(o)}
        params.append(layer | ({"scale": jnp.ones(o), "shift": jnp.zeros(o)} if o != 3 else {}))
    running = [(jnp.zeros(o), jnp.ones(o)) for o in widths[1:-1]]

    def loss_of(params, running, x, y, key):
        kept = []
        for layer, (mean, var) in zip(params, running):
            x = x @ layer["w"] + layer["b"]
            m, v = x.mean(0), x.var(0)
            kept.append((0.9 * mean + 0.1 * m, 0.9 * var + 0.1 * v * 32 / 31))
            x = jax.nn.relu((x - m) * jax.lax.rsqrt(v + 1e-5) * layer["scale"] + layer["shift"])
            key, used = jax.random.split(key)
            x = jnp.where(jax.random.bernoulli(used, 0.7, x.shape), x / 0.7, 0)
        scores = jax.nn.log_softmax(x @ params[-1]["w"] + params[-1]["b"])
        return -scores[jnp.arange(32), y].mean(), kept

    @jax.jit
    def update(state, x, y):
        params, running, m, v, t, key = state
        key, used = jax.random.split(key)
        (loss, running), grads = jax.value_and_grad(loss_of, has_aux=True)(params, running, x, y, used)
        t = t + 1
        grads = jax.tree.map(lambda g, p: g + 1e-4 * p, grads, params)
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, grads)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, grads)
        params = jax.tree.map(
            lambda p, m, v: p - 1e-3 * (m / (1 - 0.9**t)) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8), params, m, v)
        return (params, running, m, v, t, key), loss

    zeros = jax.tree.map(jnp.zeros_like, params)
    state = params, running, zeros, zeros, jnp.zeros(()), keys[5]
    x = jax.random.normal(keys[4], (32, 32, 20))
    y = jax.random.randint(keys[3], (32, 32), 0, 3)
    batches = [(x[k], y[k]) for k in range(32)]

    def step():
        nonlocal state
        for xb, yb in batches:
            state, loss = update(state, xb, yb)
        loss.block_until_ready()

    return step


def mlp(hidden=(256, 128), size=128):
    model = perceptron(784, hidden, 10, lambda n: [nn.ReLU()])
    return trained(model, torch.randn(size, 784), torch.randint(0, 10, (size,)))


def lenet(size=64):
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))
    return trained(model, torch.randn(size, 1, 28, 28), torch.randint(0, 10, (size,)))


def digits(size=64):
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(128, 10))
    return trained(model, torch.randn(size, 1, 8, 8), torch.randint(0, 10, (size,)))


def recurrent(cell="lstm", levels=1, size=32):
    net = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}[cell](64, 128, num_layers=levels)
    head = nn.Linear(128, 10)
    return trained(
        nn.ModuleList([net, head]), torch.randn(32, size, 64), torch.randint(0, 10, (size,)),
        call=lambda x: head(net(x)[0][-1]))


def attention(size=32):
    net = nn.MultiheadAttention(128, 4, batch_first=True)
    return trained(
        net, torch.randn(size, 64, 128), torch.randn(size, 64, 128), F.mse_loss, call=lambda x: net(x, x, x)[0])


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)
        self.look = nn.MultiheadAttention(width, 4, batch_first=True)
        self.think = nn.Sequential(nn.Linear(width, 4 * width), nn.ReLU(), nn.Linear(4 * width, width))
        self.register_buffer("later", torch.ones(64, 64).triu(1) > 0)

    def forward(self, x):
        h = self.norm1(x)
        x = x + self.look(h, h, h, attn_mask=self.later, need_weights=False)[0]
        return x + self.think(self.norm2(x))


class Transformer(nn.Module):
    def __init__(self, width, depth):
        super().__init__()
        self.what = nn.Embedding(39, width)
        self.place = nn.Embedding(64, width)
        self.blocks = nn.Sequential(*[Block(width) for _ in range(depth)])
        self.norm = nn.LayerNorm(width)
        self.scores = nn.Linear(width, 39)

    def forward(self, ids):
        x = self.what(ids) + self.place(torch.arange(64))
        return self.scores(self.norm(self.blocks(x)))


def transformer(width=64, depth=2, size=32):
    model = Transformer(width, depth)
    return trained(
        model, torch.randint(0, 39, (size, 64)), torch.randint(0, 39, (size * 64,)),
        call=lambda ids: model(ids).reshape(-1, 39))

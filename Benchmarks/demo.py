"""micrograd's demo network on the points of demo.nn."""
import math
import random
import sys

from micrograd.nn import MLP

random.seed(1337)
model = MLP(2, [16, 16, 1])
points, labels = [], []
for k in range(50):
    t = math.pi * k / 49
    points += [[math.cos(t), math.sin(t)], [1 - math.cos(t), 0.5 - math.sin(t)]]
    labels += [-1, 1]


def loss():
    scores = [model(x) for x in points]
    losses = [(1 + -y * s).relu() for y, s in zip(labels, scores)]
    data = sum(losses) * (1.0 / len(losses))
    return data + 1e-4 * sum(p * p for p in model.parameters())


def step():
    value = loss()
    model.zero_grad()
    value.backward()
    for p in model.parameters():
        p.data -= 0.01 * p.grad


sys.setrecursionlimit(100_000)

# The same training steps as mlp.nn and wide.nn, in PyTorch eager mode: mlp.py THREADS [wide].
import sys
import time

import torch
from torch import nn

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(0)
wide = len(sys.argv) > 2
hidden, size, rounds = ([1024, 1024], 256, 5) if wide else ([256, 128], 128, 12)
x = torch.randn(10 * size, 784)
y = torch.randint(0, 10, (10 * size,))
layers = []
width = 784
for units in hidden:
    layers += [nn.Linear(width, units), nn.ReLU()]
    width = units
model = nn.Sequential(*layers, nn.Linear(width, 10))
opt = torch.optim.Adam(model.parameters(), lr=1e-3)
loss_of = nn.CrossEntropyLoss()
times = []
for _ in range(rounds):
    start = time.perf_counter()
    for k in range(10):
        loss = loss_of(model(x[k * size : (k + 1) * size]), y[k * size : (k + 1) * size])
        opt.zero_grad()
        loss.backward()
        opt.step()
    times.append((time.perf_counter() - start) / 10 * 1e6)
print(f"{sorted(times)[len(times) // 2]:.1f}")

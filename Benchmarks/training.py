# The same training loop as training.nn, in PyTorch eager mode.
import sys
import time

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(0)
data = TensorDataset(torch.randn(1024, 20), torch.randint(0, 3, (1024,)))
layers = []
width = 20
for units in (128, 64, 32):
    layers += [nn.Linear(width, units), nn.BatchNorm1d(units), nn.ReLU(), nn.Dropout(0.3)]
    width = units
model = nn.Sequential(*layers, nn.Linear(width, 3))
opt = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-4)
loss_of = nn.CrossEntropyLoss()
loader = DataLoader(data, batch_size=32, shuffle=True)


def epoch():
    for xb, yb in loader:
        loss = loss_of(model(xb), yb)
        opt.zero_grad()
        loss.backward()
        opt.step()


epoch()
times = []
for _ in range(40):
    start = time.perf_counter()
    epoch()
    times.append((time.perf_counter() - start) / 32 * 1e6)
print(f"{sorted(times)[len(times) // 2]:.1f}")

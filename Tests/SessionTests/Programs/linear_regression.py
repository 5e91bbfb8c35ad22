import torch, torch.nn as nn, torch.nn.functional as F
from torch.utils.data import TensorDataset, DataLoader
torch.manual_seed(0)
w_true = torch.tensor([2, -3.4])
X = torch.rand(120, 2)*4 - 2
y = X @ w_true + 4.2 + (torch.rand(120) - 0.5)*0.02
w = ((torch.rand(2) - 0.5)*0.02).requires_grad_()
b = torch.zeros(1, requires_grad=True)
def net(X): return X @ w + b
def squared(y_hat, y): return (y_hat - y)**2/2
def sgd_step(params, lr):
    with torch.no_grad():
        for p in params:
            p -= lr*p.grad
            p.grad.zero_()
for epoch in range(3):
    for i in range(0, 120, 12):
        loss = squared(net(X[i:i + 12]), y[i:i + 12]).mean()
        loss.backward()
        sgd_step([w, b], 0.03)
    with torch.no_grad(): print(f"epoch {epoch + 1} loss {squared(net(X), y).mean():.6f}")
print(f"{w[0]:.5f} {w[1]:.5f} {b[0]:.5f}")
torch.manual_seed(1)
model = nn.Linear(2, 1)
opt = torch.optim.SGD(model.parameters(), lr=0.03)
for epoch in range(3):
    for xb, yb in DataLoader(TensorDataset(X, y), batch_size=10, shuffle=True):
        loss = F.mse_loss(model(xb), yb.view(-1, 1))
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad(): print(f"epoch {epoch + 1} loss {F.mse_loss(model(X), y.view(-1, 1)):.6f}")

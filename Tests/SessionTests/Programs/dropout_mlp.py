import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(4)
X = torch.rand(64, 6) - 0.5
y = ((X*torch.tensor([1, -2, 3, -1, 2, -3])).sum(1) > 0).long()
def dropout_layer(X, p):
    if p == 1: return torch.zeros_like(X)
    mask = (torch.rand(X.shape) > p).float()
    return mask*X/(1 - p)
W1 = ((torch.rand(6, 16) - 0.5)*0.8).requires_grad_()
b1 = torch.zeros(16, requires_grad=True)
W2 = ((torch.rand(16, 2) - 0.5)*0.8).requires_grad_()
b2 = torch.zeros(2, requires_grad=True)
params = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
def net(X, training=True):
    H = torch.relu(X @ W1 + b1)
    if training: H = dropout_layer(H, 0.4)
    return H @ W2 + b2
opt = torch.optim.SGD(params.values(), lr=0.5)
for epoch in range(30):
    loss = F.cross_entropy(net(X), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if epoch % 10 == 0: print(f"{epoch} {loss:.5f}")
with torch.no_grad(): print(f"eval {F.cross_entropy(net(X, training=False), y):.5f}")
for name, p in params.items(): print(f"{name} {list(p.shape)} {p.abs().sum():.4f}")
torch.manual_seed(5)
model = nn.Sequential(nn.Linear(6, 16), nn.ReLU(), nn.Dropout(0.4), nn.Linear(16, 2))
opt = torch.optim.Adam(model.parameters(), lr=0.05)
for epoch in range(20):
    loss = F.cross_entropy(model(X), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
model.eval()
with torch.no_grad(): print(f"layers {F.cross_entropy(model(X), y):.5f}")

import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(6)
d = 40
X = torch.rand(20, d) - 0.5
Xt = torch.rand(50, d) - 0.5
def target(X): return 0.05 + (X*0.01).sum(1, keepdim=True) + (torch.rand(len(X), 1) - 0.5)*0.02
y, yt = target(X), target(Xt)
def penalty(w): return (w**2).sum()/2
for lambd in [0, 3]:
    torch.manual_seed(7)
    w = (torch.rand(d, 1) - 0.5).requires_grad_()
    b = torch.zeros(1, requires_grad=True)
    for step in range(50):
        loss = ((X @ w + b - y)**2/2).mean() + lambd*penalty(w)
        loss.backward()
        with torch.no_grad():
            for p in (w, b):
                p -= 0.05*p.grad
                p.grad.zero_()
    with torch.no_grad(): print(f"{lambd} train {F.mse_loss(X @ w + b, y):.6f} test {F.mse_loss(Xt @ w + b, yt):.6f} size {torch.linalg.vector_norm(w):.5f}")
for decay in [0, 0.1]:
    torch.manual_seed(8)
    model = nn.Linear(d, 1)
    opt = torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=decay)
    for step in range(50):
        loss = F.mse_loss(model(X), y)
        opt.zero_grad()
        loss.backward()
        opt.step()
    with torch.no_grad(): print(f"{decay} test {F.mse_loss(model(Xt), yt):.6f} size {torch.linalg.vector_norm(model.weight):.5f}")

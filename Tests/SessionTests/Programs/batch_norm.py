import torch, torch.nn as nn, torch.nn.functional as F, csv
def batch_norm_by_hand(X, gamma, beta, moving_mean, moving_var, training, eps, momentum):
    if not training: return gamma*(X - moving_mean)/torch.sqrt(moving_var + eps) + beta, moving_mean, moving_var
    axes = 0 if X.dim() == 2 else (0, 2, 3)
    m = X.mean(axes, keepdim=True)
    v = ((X - m)**2).mean(axes, keepdim=True)
    X_hat = (X - m)/torch.sqrt(v + eps)
    return gamma*X_hat + beta, (1 - momentum)*moving_mean + momentum*m.detach(), (1 - momentum)*moving_var + momentum*v.detach()
class BatchNorm(nn.Module):
    def __init__(self, features, dims):
        super().__init__()
        shape = (1, features) if dims == 2 else (1, features, 1, 1)
        self.gamma = nn.Parameter(torch.ones(shape))
        self.beta = nn.Parameter(torch.zeros(shape))
        self.moving_mean, self.moving_var = torch.zeros(shape), torch.ones(shape)
    def forward(self, X):
        y, self.moving_mean, self.moving_var = batch_norm_by_hand(X, self.gamma, self.beta, self.moving_mean, self.moving_var, self.training, 1e-5, 0.1)
        return y
rows = list(csv.reader(open("../../../lessons/data/digits.csv")))[1:]
data = torch.tensor([[float(v) for v in row] for row in rows])
X, y = (data[:200, :64]/16).view(-1, 1, 8, 8), data[:200, 64].long()
torch.manual_seed(12)
net = nn.Sequential(
    nn.Conv2d(1, 4, 3, padding=1), BatchNorm(4, dims=4), nn.Sigmoid(), nn.AvgPool2d(2),
    nn.Flatten(), nn.Linear(64, 24), BatchNorm(24, dims=2), nn.Sigmoid(), nn.Linear(24, 10))
opt = torch.optim.SGD(net.parameters(), lr=0.8)
for epoch in range(3):
    for i in range(0, 200, 40):
        loss = F.cross_entropy(net(X[i:i + 40]), y[i:i + 40])
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(f"epoch {epoch + 1} loss {loss:.5f}")
show = lambda t: "[" + ", ".join(f"{v:.4f}" for v in t.view(-1)) + "]"
print(f"gamma {show(net[1].gamma)}")
print(f"beta {show(net[1].beta)}")
net.eval()
with torch.no_grad(): print(f"eval {F.cross_entropy(net(X), y):.4f}")

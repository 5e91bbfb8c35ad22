import torch, torch.nn as nn, torch.nn.functional as F
words = open("names.txt").read().split()
chars = sorted(set("".join(words)))
stoi = {s: i + 1 for i, s in enumerate(chars)}
stoi["."] = 0
block = 4
X, Y = [], []
for w in words:
    context = [0]*block
    for c in w + ".":
        X.append(context)
        Y.append(stoi[c])
        context = context[1:] + [stoi[c]]
X, Y = torch.tensor(X), torch.tensor(Y)
class Linear(nn.Module):
    def __init__(self, fan_in, fan_out):
        super().__init__()
        self.weight = nn.Parameter((torch.rand(fan_in, fan_out) - 0.5)*2/fan_in**0.5)
    def forward(self, x): return x @ self.weight
class BatchNorm(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(dim))
        self.beta = nn.Parameter(torch.zeros(dim))
        self.mean, self.spread = torch.zeros(dim), torch.ones(dim)
    def forward(self, x):
        axes = 0 if x.dim() == 2 else (0, 1)
        m = x.mean(axes, keepdim=True) if self.training else self.mean
        v = x.var(axes, keepdim=True) if self.training else self.spread
        if self.training:
            with torch.no_grad():
                self.mean = 0.9*self.mean + 0.1*m.view(-1)
                self.spread = 0.9*self.spread + 0.1*v.view(-1)
        return self.gamma*(x - m)/torch.sqrt(v + 1e-5) + self.beta
class Flatten2(nn.Module):
    def forward(self, x):
        z = x.view(x.size(0), x.size(1)//2, x.size(2)*2)
        return z.squeeze(1) if z.size(1) == 1 else z
class Embedding(nn.Module):
    def __init__(self, n, dim):
        super().__init__()
        self.weight = nn.Parameter(torch.rand(n, dim) - 0.5)
    def forward(self, ix): return self.weight[ix]
torch.manual_seed(9)
n = len(chars) + 1
model = nn.Sequential(
    Embedding(n, 6), Flatten2(), Linear(12, 12), BatchNorm(12), nn.Tanh(),
    Flatten2(), Linear(24, 12), BatchNorm(12), nn.Tanh(), Linear(12, n))
print(sum([p.numel() for p in model.parameters()]))
for k in range(40):
    ix = torch.randint(0, len(X), (32,))
    loss = F.cross_entropy(model(X[ix]), Y[ix])
    for p in model.parameters(): p.grad = None
    loss.backward()
    for p in model.parameters(): p.data += -0.1*p.grad
    if k % 10 == 0: print(f"{k} {loss:.5f}")
model.eval()
with torch.no_grad(): print(f"all {F.cross_entropy(model(X), Y):.5f}")

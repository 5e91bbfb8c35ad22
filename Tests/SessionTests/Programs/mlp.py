import torch, torch.nn as nn, torch.nn.functional as F, csv
rows = list(csv.reader(open("../../../lessons/data/digits.csv")))[1:]
data = torch.tensor([[float(v) for v in row] for row in rows])
X, y = data[:300, :64]/16, data[:300, 64].long()
class MLP(nn.Module):
    def __init__(self, inputs, hidden, outputs, sigma=0.01):
        super().__init__()
        self.W1 = nn.Parameter((torch.rand(inputs, hidden) - 0.5)*sigma)
        self.b1 = nn.Parameter(torch.zeros(hidden))
        self.W2 = nn.Parameter((torch.rand(hidden, outputs) - 0.5)*sigma)
        self.b2 = nn.Parameter(torch.zeros(outputs))
    def forward(self, X): return torch.relu(X.view(-1, self.W1.size(0)) @ self.W1 + self.b1) @ self.W2 + self.b2
torch.manual_seed(10)
net = MLP(64, 32, 10, sigma=0.3)
opt = torch.optim.SGD(net.parameters(), lr=0.4)
for epoch in range(4):
    hits, count, total = 0, 0, 0
    for i in range(0, len(X), 50):
        xb, yb = X[i:i + 50], y[i:i + 50]
        y_hat = net(xb)
        loss = F.cross_entropy(y_hat, yb)
        opt.zero_grad()
        loss.backward()
        opt.step()
        hits += (y_hat.argmax(1) == yb).sum().item()
        count += yb.numel()
        total += loss.item()*len(yb)
    print(f"epoch {epoch + 1} loss {total/count:.5f} accuracy {hits/count:.4f}")

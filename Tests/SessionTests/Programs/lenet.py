import torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(13)
def init(m):
    if isinstance(m, nn.Linear) or isinstance(m, nn.Conv2d): nn.init.xavier_uniform_(m.weight)
net = nn.Sequential(
    nn.Conv2d(1, 6, kernel_size=5, padding=2), nn.Sigmoid(), nn.AvgPool2d(kernel_size=2, stride=2),
    nn.Conv2d(6, 16, kernel_size=5), nn.Sigmoid(), nn.AvgPool2d(kernel_size=2, stride=2), nn.Flatten(),
    nn.Linear(400, 120), nn.Sigmoid(), nn.Linear(120, 84), nn.Sigmoid(), nn.Linear(84, 10))
net.apply(init)
X = torch.rand(8, 1, 28, 28)
y = torch.randint(0, 10, (8,))
z = X
for stage in net:
    z = stage(z)
    if isinstance(stage, nn.Conv2d) or isinstance(stage, nn.Linear): print(list(z.shape))
opt = torch.optim.SGD(net.parameters(), lr=0.9)
for step in range(3):
    loss = F.cross_entropy(net(X), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
    print(f"{step} {loss:.5f} {net[0].weight.grad.abs().sum():.6f}")

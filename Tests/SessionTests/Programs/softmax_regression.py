import torch
torch.manual_seed(2)
centers = torch.tensor([[0., 2], [2, -1], [-2, -1]])
labels = torch.arange(90) % 3
X = centers[labels] + torch.rand(90, 2)*2 - 1
W = ((torch.rand(2, 3) - 0.5)*0.02).requires_grad_()
b = torch.zeros(3, requires_grad=True)
def my_softmax(X):
    X_exp = torch.exp(X)
    return X_exp/X_exp.sum(1, keepdim=True)
def net(X): return my_softmax(X @ W + b)
def my_cross_entropy(y_hat, y): return -torch.log(y_hat[range(len(y_hat)), y])
def accuracy(y_hat, y): return (y_hat.argmax(dim=1) == y).float().mean()
for epoch in range(4):
    for i in range(0, 90, 15):
        y_hat = net(X[i:i + 15])
        loss = my_cross_entropy(y_hat, labels[i:i + 15]).mean()
        loss.backward()
        with torch.no_grad():
            for p in (W, b):
                p -= 0.3*p.grad
                p.grad.zero_()
    with torch.no_grad(): print(f"epoch {epoch + 1} loss {my_cross_entropy(net(X), labels).mean():.5f} accuracy {accuracy(net(X), labels):.3f}")

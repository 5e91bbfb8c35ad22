import torch, torch.nn.functional as F
torch.manual_seed(11)
n, classes, width, hidden = 16, 7, 3, 10
Xb = torch.randint(0, classes, (n, 2))
Yb = torch.randint(0, classes, (n,))
C = torch.rand(classes, width) - 0.5
W1 = (torch.rand(2*width, hidden) - 0.5)*1.5
b1 = (torch.rand(hidden) - 0.5)*0.1
gain = torch.rand(1, hidden)*0.2 + 1
bias = torch.rand(1, hidden)*0.2
W2 = (torch.rand(hidden, classes) - 0.5)*0.5
b2 = (torch.rand(classes) - 0.5)*0.1
for p in [C, W1, b1, gain, bias, W2, b2]: p.requires_grad = True
emb = C[Xb]
embcat = emb.view(n, -1)
hprebn = embcat @ W1 + b1
bnmean = hprebn.mean(0, keepdim=True)
bndiff = hprebn - bnmean
bnvar = (bndiff**2).sum(0, keepdim=True)/(n - 1)
bnvar_inv = (bnvar + 1e-5)**-0.5
bnraw = bndiff*bnvar_inv
hpreact = gain*bnraw + bias
h = torch.tanh(hpreact)
logits = h @ W2 + b2
loss = F.cross_entropy(logits, Yb)
loss.backward()
print(f"loss {loss:.6f}")
def cmp(name, mine, t):
    print(f"{name} {'same' if torch.isclose(mine, t.grad, rtol=1e-4, atol=1e-7).all() else 'other'} {mine.abs().sum():.5f}")
with torch.no_grad():
    dlogits = F.softmax(logits, 1)
    dlogits[torch.arange(n), Yb] -= 1
    dlogits = dlogits/n
    dh = dlogits @ W2.T
    dW2 = h.T @ dlogits
    db2 = dlogits.sum(0)
    dhpreact = (1 - h**2)*dh
    dgain = (bnraw*dhpreact).sum(0, keepdim=True)
    dbias = dhpreact.sum(0, keepdim=True)
    dhprebn = gain*bnvar_inv/n*(n*dhpreact - dhpreact.sum(0) - n/(n - 1)*bnraw*(dhpreact*bnraw).sum(0))
    dW1 = embcat.T @ dhprebn
    db1 = dhprebn.sum(0)
    demb = (dhprebn @ W1.T).view(emb.shape)
    dC = torch.zeros_like(C)
    for k in range(n):
        for j in range(2): dC[Xb[k, j]] += demb[k, j]
cmp("W2", dW2, W2)
cmp("b2", db2, b2)
cmp("gain", dgain, gain)
cmp("bias", dbias, bias)
cmp("W1", dW1, W1)
cmp("C", dC, C)

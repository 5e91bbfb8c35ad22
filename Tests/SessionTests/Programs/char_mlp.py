import torch, torch.nn.functional as F
words = open("names.txt").read().split()
chars = sorted(set("".join(words)))
stoi = {s: i + 1 for i, s in enumerate(chars)}
stoi["."] = 0
itos = ["."] + chars
block = 3
def build(words):
    X, Y = [], []
    for w in words:
        context = [0]*block
        for c in w + ".":
            X.append(context)
            Y.append(stoi[c])
            context = context[1:] + [stoi[c]]
    return torch.tensor(X), torch.tensor(Y)
cut = int(0.8*len(words))
Xtr, Ytr = build(words[:cut])
Xte, Yte = build(words[cut:])
print(f"{len(Xtr)} {len(Xte)}")
torch.manual_seed(3)
C = torch.rand(len(itos), 4) - 0.5
W1 = (torch.rand(block*4, 30) - 0.5)*0.6
b1 = torch.zeros(30)
W2 = (torch.rand(30, len(itos)) - 0.5)*0.2
b2 = torch.zeros(len(itos))
parameters = [C, W1, b1, W2, b2]
for p in parameters: p.requires_grad = True
print(sum([p.nelement() for p in parameters]))
for k in range(60):
    ix = torch.randint(0, len(Xtr), (32,))
    h = torch.tanh(C[Xtr[ix]].view(-1, block*4) @ W1 + b1)
    loss = F.cross_entropy(h @ W2 + b2, Ytr[ix])
    for p in parameters: p.grad = None
    loss.backward()
    lr = 0.2 if k < 40 else 0.05
    for p in parameters: p.data += -lr*p.grad
    if k % 20 == 0: print(f"{k} {loss:.5f}")
with torch.no_grad():
    h = torch.tanh(C[Xte].view(-1, block*4) @ W1 + b1)
    print(f"test {F.cross_entropy(h @ W2 + b2, Yte):.5f}")
g = torch.Generator().manual_seed(5)
for k in range(3):
    out = []
    context = [0]*block
    while len(out) < 12:
        with torch.no_grad(): probs = F.softmax(torch.tanh(C[torch.tensor(context)].view(1, -1) @ W1 + b1) @ W2 + b2, dim=1)
        ix = torch.multinomial(probs, 1, generator=g).item()
        if ix == 0: break
        context = context[1:] + [ix]
        out.append(itos[ix])
    print("".join(out))

import torch, torch.nn.functional as F
words = open("names.txt").read().split()
chars = ["."] + sorted(set("".join(words)))
stoi = {c: i for i, c in enumerate(chars)}
n = len(chars)
N = torch.zeros(n, n)
for w in words:
    text = "." + w + "."
    for a, b in zip(text, text[1:]): N[stoi[a], stoi[b]] += 1
P = (N + 1)/torch.sum(N + 1, dim=1, keepdim=True)
print(f"{n} {N.sum():.0f} {N[0].max():.0f}")
g = torch.Generator().manual_seed(7)
for k in range(3):
    name = ""
    ix = 0
    while True:
        ix = torch.multinomial(P[ix], 1, replacement=True, generator=g).item()
        if ix == 0: break
        name += chars[ix]
    print(name)
pairs = [(stoi[a], stoi[b]) for w in words for a, b in zip("." + w, w + ".")]
xs = torch.tensor([a for a, b in pairs])
ys = torch.tensor([b for a, b in pairs])
print(f"nll {-torch.mean(torch.log(P[xs, ys])):.5f}")
torch.manual_seed(1)
W = torch.randn(n, n, requires_grad=True)
x = F.one_hot(xs, n).float()
for k in range(20):
    logits = x @ W
    counts = torch.exp(logits)
    probs = counts/counts.sum(1, keepdim=True)
    loss = -probs[torch.arange(len(ys)), ys].log().mean() + 0.01*(W**2).mean()
    W.grad = None
    loss.backward()
    W.data += -10*W.grad
print(f"loss {loss:.5f}")

import torch, torch.nn as nn, torch.nn.functional as F
text = open("names.txt").read()
chars = sorted(set(text))
stoi = {c: i for i, c in enumerate(chars)}
encode = lambda s: [stoi[c] for c in s]
decode = lambda ids: "".join([chars[i] for i in ids])
data = torch.tensor(encode(text))
vocab, block, width, heads = len(chars), 8, 16, 2
def batch(n):
    ix = torch.randint(len(data) - block, (n,))
    return torch.stack([data[i:i + block] for i in ix]), torch.stack([data[i + 1:i + block + 1] for i in ix])
class Head(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.size = size
        self.key = nn.Linear(width, size, bias=False)
        self.query = nn.Linear(width, size, bias=False)
        self.value = nn.Linear(width, size, bias=False)
        self.drop = nn.Dropout(0.1)
        self.register_buffer("mask", torch.tril(torch.ones(block, block)))
    def forward(self, x):
        T = x.size(1)
        k, q, v = self.key(x), self.query(x), self.value(x)
        wei = q @ k.transpose(-2, -1)*self.size**-0.5
        wei = wei.masked_fill(self.mask[:T, :T] == 0, float("-inf"))
        return self.drop(F.softmax(wei, dim=-1)) @ v
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.sa = nn.ModuleList([Head(width//heads) for k in range(heads)])
        self.proj = nn.Linear(width, width)
        self.ff = nn.Sequential(nn.Linear(width, 4*width), nn.ReLU(), nn.Linear(4*width, width), nn.Dropout(0.1))
        self.ln1 = nn.LayerNorm(width)
        self.ln2 = nn.LayerNorm(width)
    def forward(self, x):
        y = self.ln1(x)
        x = x + self.proj(torch.cat([h(y) for h in self.sa], dim=-1))
        return x + self.ff(self.ln2(x))
class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(vocab, width)
        self.places = nn.Embedding(block, width)
        self.blocks = nn.Sequential(Block(), Block())
        self.ln = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocab)
    def forward(self, idx, targets=None):
        T = idx.size(1)
        x = self.blocks(self.tokens(idx) + self.places(torch.arange(T)))
        logits = self.head(self.ln(x))
        if targets is None: return logits, None
        return logits, F.cross_entropy(logits.view(-1, vocab), targets.view(-1))
torch.manual_seed(1337)
model = GPT()
def small(m):
    if isinstance(m, nn.Linear): m.weight.data = (torch.rand(m.weight.shape) - 0.5)*0.2
    if isinstance(m, nn.Embedding): m.weight.data = torch.rand(m.weight.shape) - 0.5
model.apply(small)
print(sum([p.numel() for p in model.parameters()]))
opt = torch.optim.AdamW(model.parameters(), lr=0.003)
for step in range(21):
    xb, yb = batch(8)
    logits, loss = model(xb, yb)
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step % 10 == 0: print(f"{step} {loss:.4f}")
model.eval()
idx = torch.zeros(1, 1).long()
for k in range(30):
    with torch.no_grad(): logits, loss = model(idx[:, -block:])
    probs = F.softmax(logits[:, -1, :], dim=-1)
    idx = torch.cat((idx, torch.multinomial(probs, 1)), dim=1)
print(decode(idx[0]).replace("\n", "/"))

import torch, torch.nn as nn, torch.nn.functional as F
def show(t, n=4):
    if t.dim() == 0: return f"{t:.{n}f}"
    return "[" + ", ".join(show(v, n) for v in t) + "]"
def masked_softmax(X, valid_lens):
    shape = list(X.shape)
    lens = torch.repeat_interleave(valid_lens, shape[1]) if valid_lens.dim() == 1 else valid_lens.view(-1)
    flat = X.view(-1, shape[2])
    mask = torch.arange(shape[2])[None, :] < lens[:, None]
    return F.softmax(flat.masked_fill(mask == False, -1e6).view(shape), dim=-1)
torch.manual_seed(15)
print(show(masked_softmax(torch.rand(2, 2, 4), torch.tensor([2, 3]))))
print(show(masked_softmax(torch.rand(2, 2, 4), torch.tensor([[1, 3], [2, 4]]))))
class Additive(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.W_k = nn.Linear(2, size, bias=False)
        self.W_q = nn.Linear(20, size, bias=False)
        self.w_v = nn.Linear(size, 1, bias=False)
    def forward(self, queries, keys, values, valid_lens):
        features = torch.tanh(self.W_q(queries).unsqueeze(2) + self.W_k(keys).unsqueeze(1))
        weights = masked_softmax(self.w_v(features).squeeze(-1), valid_lens)
        return weights @ values, weights
queries = torch.rand(2, 1, 20)
keys = torch.rand(2, 10, 2)
values = torch.rand(2, 10, 4)
out, weights = Additive(8)(queries, keys, values, torch.tensor([2, 6]))
print(f"{show(out[0], 5)} {weights.sum():.4f}")
class DotProduct(nn.Module):
    def forward(self, q, k, v, valid_lens):
        scores = torch.einsum("bqd,bkd->bqk", q, k)/q.size(-1)**0.5
        return torch.einsum("bqk,bkd->bqd", masked_softmax(scores, valid_lens), v)
q = torch.rand(2, 1, 2)
print(show(DotProduct()(q, keys, values, torch.tensor([2, 6]))[1], 5))
class MultiHead(nn.Module):
    def __init__(self, size, heads):
        super().__init__()
        self.heads = heads
        self.W_q = nn.Linear(size, size)
        self.W_k = nn.Linear(size, size)
        self.W_v = nn.Linear(size, size)
        self.W_o = nn.Linear(size, size)
        self.attention = DotProduct()
    def split(self, X):
        X = X.reshape(X.size(0), X.size(1), self.heads, -1).permute(0, 2, 1, 3)
        return X.reshape(-1, X.size(2), X.size(3))
    def merge(self, X):
        X = X.reshape(-1, self.heads, X.size(1), X.size(2)).permute(0, 2, 1, 3)
        return X.reshape(X.size(0), X.size(1), -1)
    def forward(self, q, k, v, valid_lens):
        lens = torch.repeat_interleave(valid_lens, self.heads)
        return self.W_o(self.merge(self.attention(self.split(self.W_q(q)), self.split(self.W_k(k)), self.split(self.W_v(v)), lens)))
def positions(n, size):
    X = torch.arange(n).float().view(-1, 1)/10000**(torch.arange(0, size, 2).float()/size)
    P = torch.zeros(n, size)
    P[:, 0::2] = torch.sin(X)
    P[:, 1::2] = torch.cos(X)
    return P
torch.manual_seed(16)
model = MultiHead(8, 2)
X = torch.rand(2, 3, 8) + positions(3, 8)
Y = torch.rand(2, 5, 8)
z = model(X, Y, Y, torch.tensor([3, 2]))
loss = (z**2).sum()
loss.backward()
print(f"{list(z.shape)} {loss:.5f} {model.W_k.weight.grad.abs().sum():.5f}")

import torch, torch.nn as nn, torch.nn.functional as F
text = "the time machine by h g wells the time traveller for so it will be convenient to speak of him "
chars = sorted(set(text))
char_idx = {c: i for i, c in enumerate(chars)}
data = torch.tensor([char_idx[c] for c in text])
vocab, hidden, steps = len(chars), 16, 8
torch.manual_seed(14)
net = nn.GRU(vocab, hidden)
out = nn.Linear(hidden, vocab)
parameters = list(net.parameters()) + list(out.parameters())
def run(X, state=None):
    Y, state = net(F.one_hot(X.T, vocab).float(), state)
    return out(Y.view(-1, hidden)), state
starts = range(0, len(data) - steps - 1, steps)
X = torch.stack([data[i:i + steps] for i in starts])
Y = torch.stack([data[i + 1:i + steps + 1] for i in starts])
opt = torch.optim.SGD(parameters, lr=1)
for epoch in range(12):
    y_hat, state = run(X)
    loss = F.cross_entropy(y_hat, Y.T.reshape(-1))
    opt.zero_grad()
    loss.backward()
    size = nn.utils.clip_grad_norm_(parameters, 0.5)
    opt.step()
    if epoch % 3 == 0: print(f"{epoch} {torch.exp(loss):.4f} {size:.4f}")
def predict(prefix, n):
    state = None
    outputs = [char_idx[prefix[0]]]
    for k in range(len(prefix) + n - 1):
        with torch.no_grad(): y, state = run(torch.tensor([[outputs[-1]]]), state)
        outputs.append(char_idx[prefix[k + 1]] if k + 1 < len(prefix) else y.argmax(1).item())
    return "".join([chars[i] for i in outputs])
print(predict("time", 8))

"""The operations that `run ops` measures, by family: what defines the operands, and lines of

    name | expression | the operands that get a gradient, if any | the expression in PyTorch, if it is another

A setup reads the same in both but for its semicolons.
"""
import dataclasses
import re

FAMILIES = {
    "elementwise, 1e6": ("x = randn(1000000); y = randn(1000000); p = 0.5 + rand(1000000); m = x > 0", """
exp | exp(x) | x
log | log(p) | p
sqrt | sqrt(p) | p
sigmoid | sigmoid(x) | x
tanh | tanh(x) | x
sin | sin(x) | x
cos | cos(x) | x
erf | erf(x) | x
log1p | log1p(p) | p
expm1 | expm1(x) | x
rsqrt | rsqrt(p) | p
pow | pow(p, 1.7) | p
atan2 | atan2(x, y) | x y
logaddexp | logaddexp(x, y) | x y
floor | floor(x) |
logsigmoid | logsigmoid(x) | x
mish | mish(x) | x
hardswish | hardswish(x) | x
silu | silu(x) | x
gelu | gelu(x) | x
softplus | softplus(x) | x
elu | elu(x) | x
leaky_relu | leaky_relu(x) | x
x^3 | x^3 | x | x**3
x^2 | x^2 | x | x**2
relu | relu(x) | x
clamp | clamp(x, -1, 1) | x
abs | abs(x) | x
x + y | x + y | x y
x*y | x*y | x y
x/y | x/y | x y
x*x + x - 1 | x*x + x - 1 | x
maximum | maximum(x, y) | x y
x > y | x > y |
where | where(m, x, y) | x y
dropout | dropout(x, 0.3) | x
"""),
    "broadcasts, 1e6": ("""
x = randn(1000, 1000); r = randn(1000); c = randn(1000, 1)
b = randn(10, 100, 1000); k = randn(10, 1, 1000); p = randn(100, 1000)
""", """
+ row | x + r | x r
* row | x*r | x r
+ column | x + c | x c
outer | c*r | c r
3d + middle | b + k | b k
3d + batch | b + p | b p
"""),
    "reductions of 1e6": ("x = randn(1000, 1000); b = randn(100, 100, 100); near = 1 + randn(1000, 1000)/100", """
sum | sum(x) | x
sum, columns | sum(x, dim=0) | x
sum, rows | sum(x, dim=1) | x
sum, middle | sum(b, dim=1) | b
mean | mean(x) | x
mean, rows | mean(x, dim=1) | x
var | var(x) | x
var, columns | var(x, dim=0) | x
var, rows | var(x, dim=1) | x
std, rows | std(x, dim=1) | x
amax | amax(x) | x
amax, columns | amax(x, dim=0) | x
amax, rows | amax(x, dim=1) | x
amax, middle | amax(b, dim=1) | b
max, rows | max(x, dim=1).values | x
argmax | argmax(x) |
argmax, rows | argmax(x, dim=1) |
argmax, columns | argmax(x, dim=0) |
prod, rows | prod(near, dim=1) | near
norm | norm(x) | x
logsumexp, rows | logsumexp(x, dim=1) | x
logsumexp, columns | logsumexp(x, dim=0) | x
cumsum, rows | cumsum(x, dim=1) | x
cumsum, columns | cumsum(x, dim=0) | x
cumprod, rows | cumprod(near, dim=1) | near
cummax, rows | cummax(x, dim=1).values | x
median | median(x) |
all(x > -9) | all(x > -9) |
"""),
    "softmax, losses, norms": ("""
s = randn(256, 1000); labels = randint(0, 1000, [256])
x = randn(1000000); y = randn(1000000); t = rand(1000000)
h = randn(2048, 512); w = randn(512); v = randn(512)
q = randn(64, 16, 28, 28); g = randn(16); f = randn(16)
""", """
softmax, rows | softmax(s, dim=1) | s
softmax, columns | softmax(s, dim=0) | s
log_softmax | log_softmax(s, dim=1) | s
cross_entropy | cross_entropy(s, labels) | s
nll_loss | nll_loss(s, labels) | s
mse_loss | mse_loss(x, y) | x
l1_loss | l1_loss(x, y) | x
huber_loss | huber_loss(x, y) | x
bce_with_logits | binary_cross_entropy_with_logits(x, t) | x
binary_cross_entropy | binary_cross_entropy(t, t) |
kl_div | kl_div(x, t) | x
layer_norm | layer_norm(h, [512], w, v) | h w v
batch_norm | batch_norm(h, none, none, w, v, true) | h w v | F.batch_norm(h, None, None, w, v, True)
batch_norm, images | batch_norm(q, none, none, g, f, true) | q g f | F.batch_norm(q, None, None, g, f, True)
"""),
    "places": ("""
x = randn(1000, 1000); y = randn(1000, 1000); flat = randn(1000000); m = x > 0
rows = randint(0, 1000, [1000]); columns = randint(0, 1000, [1000, 1000])
table = randn(5000, 128); words = randint(0, 5000, [32, 64]); late = triu(ones(1000, 1000), 1) > 0
b = randn(32, 64, 4, 128); c = randn(32, 4, 64, 128)
""", """
embedding | embedding(words, table) | table | F.embedding(words, table)
x[rows] | x[rows] | x
x[i, j] | x[rows, rows] | x
x[mask] | x[m] | x
gather | gather(x, 1, columns) | x | torch.gather(x, 1, columns)
scatter_add | scatter_add(x, 1, columns, y) | x y | torch.scatter_add(x, 1, columns, y)
index_add | index_add(x, 0, rows, y) | x y | torch.index_add(x, 0, rows, y)
nonzero | nonzero(m) |
unique | unique(columns) |
slice of rows, doubled | x[100:900]*2 | x
slice of columns, doubled | x[:, 100:900]*2 | x
slice, steps of 2, doubled | x[::2]*2 | x
x[5] | x[5] | x
transpose, times | transpose(x, 0, 1)*y | x
permute, times | permute(b, 0, 2, 1, 3)*c | b | b.permute(0, 2, 1, 3)*c
reshape | reshape(x, -1) | x | x.reshape(-1)
concat, rows | concat(list(x, y), dim=0) | x y | torch.cat([x, y], 0)
concat, columns | concat(list(x, y), dim=1) | x y | torch.cat([x, y], 1)
stack | stack(list(x, y)) | x y | torch.stack([x, y])
chunk, then added | sum_of(chunk(x, 4, dim=1)) | x
sort, rows | sort(x, dim=1).values | x
sort, all | sort(flat).values | flat
topk, rows | topk(x, 10, dim=1).values | x
one_hot | one_hot(rows, 1000) |
masked_fill | masked_fill(x, late, 0) | x
tril | tril(x) | x
flip, doubled | flip(x, 0)*2 | x | torch.flip(x, [0])*2
roll | roll(x, 1, 0) | x
pad | pad(x, [1, 1, 1, 1]) | x | F.pad(x, [1, 1, 1, 1])
expand, plus | expand(table[0], 5000, 128) + 0 | table | table[0].expand(5000, 128) + 0
repeat_interleave | repeat_interleave(rows, 100) |
"""),
    "products": ("""
a4 = randn(4, 4); b4 = randn(4, 4); a32 = randn(32, 32); b32 = randn(32, 32)
a64 = randn(64, 64); b64 = randn(64, 64); a128 = randn(128, 128); b128 = randn(128, 128)
a512 = randn(512, 512); b512 = randn(512, 512); a1024 = randn(1024, 1024); b1024 = randn(1024, 1024)
ba = randn(32, 64, 64); bb = randn(32, 64, 64); v = randn(1024); u = randn(1000000); w = randn(1000000)
x = randn(32, 64, 128); k = randn(512, 128); bias = randn(512)
""", """
matmul 4 | a4 @ b4 | a4 b4
matmul 32 | a32 @ b32 | a32 b32
matmul 64 | a64 @ b64 | a64 b64
matmul 128 | a128 @ b128 | a128 b128
matmul 512 | a512 @ b512 | a512 b512
matmul 1024 | a1024 @ b1024 | a1024 b1024
matmul, batched | ba @ bb | ba bb
matmul, batched, transposed | ba @ transpose(bb, 1, 2) | ba bb
matrix, vector | a1024 @ v | a1024 v
vector, vector | u @ w | u w
linear, 3d | linear(x, k, bias) | x k bias
einsum | einsum("bij,bjk->bik", ba, bb) | ba bb
"""),
    "convolution, pooling": ("""
x1 = randn(64, 1, 28, 28); w1 = randn(6, 1, 5, 5); x16 = randn(64, 16, 14, 14); w16 = randn(32, 16, 3, 3)
x8 = randn(64, 1, 8, 8); w8 = randn(16, 1, 3, 3); s = randn(32, 16, 128); ws = randn(32, 16, 3)
i = randn(64, 6, 28, 28); wt = randn(16, 32, 3, 3)
""", """
conv2d 64x1x28x28, 5x5 | conv2d(x1, w1, padding=2) | x1 w1
conv2d 64x16x14x14, 3x3 | conv2d(x16, w16, padding=1) | x16 w16
conv2d 64x1x8x8, 3x3 | conv2d(x8, w8, padding=1) | x8 w8
conv_transpose2d 64x16x14x14 | conv_transpose2d(x16, wt) | x16 wt | F.conv_transpose2d(x16, wt)
conv1d 32x16x128, 3 | conv1d(s, ws, padding=1) | s ws
max_pool2d 64x6x28x28 | max_pool2d(i, 2) | i
avg_pool2d 64x6x28x28 | avg_pool2d(i, 2) | i
adaptive_avg_pool2d to 7x7 | adaptive_avg_pool2d(i, 7) | i
interpolate, doubled | interpolate(i, scale_factor=2) | i
"""),
    "random numbers": ("n = 1000000", """
rand | rand(n) |
randn | randn(n) |
randint | randint(0, 10, [n]) | | torch.randint(0, 10, [n])
randperm | randperm(n) |
bernoulli | bernoulli(full([n], 0.3)) | | torch.bernoulli(torch.full([n], 0.3))
arange | arange(n) |
zeros | zeros(n) |
"""),
    "small": ("""
x = randn(4); y = randn(4); a = randn(4, 4); w = randn(4, 4); b = randn(4); s = randn(1)
""", """
x + y [4] | x + y | x y
x*2 + 1 [4] | x*2 + 1 | x
tanh(a @ w + b) [4, 4] | tanh(a @ w + b) | a w b
sum [4] | sum(x) | x
softmax [4] | softmax(x, dim=0) | x
x[1] | x[1] | x
item | s.item() |
stack of 4 | stack(list(x, y, x, y)) | x y | torch.stack([x, y, x, y])
"""),
}
# A helper of both sides.
HELPERS = "fn sum_of(parts) { parts[0] + parts[1] + parts[2] + parts[3] }"


@dataclasses.dataclass
class Operation:
    family: str
    name: str
    setup: str
    ours: str
    inputs: list
    theirs: str

    @property
    def python(self):
        """The setup for PyTorch."""
        lines = re.sub(r";\s*", "\n", self.setup)
        return lines + "\ndef sum_of(p): return p[0] + p[1] + p[2] + p[3]"

    def program(self, inputs):
        """The operation as a step() of the language: without a gradient, or with that of the inputs."""
        start = f'set_default_dtype("float32")\nseed(0)\n{self.setup}\n{HELPERS}\n'
        if not inputs:
            return start + f"fn step() = {self.ours}"
        params = "".join(f"param {name} = 1*{name}\n" for name in inputs)
        forget = "".join(f"    {name}.zero_grad()\n" for name in inputs)
        return f"""{start}{params}fn compute() = {self.ours}
one = ones(compute().shape)
fn step() {{
{forget}    compute().backward(one)
}}"""


def operations():
    for family, (setup, lines) in FAMILIES.items():
        for line in lines.strip().splitlines():
            name, ours, inputs, theirs, *_ = [part.strip() for part in line.split("|")] + ["", ""]
            yield Operation(family, name, setup.strip(), ours, inputs.split(), theirs or ours)

#!/usr/bin/env python3
"""Random programs in nn and in PyTorch: values, gradients, and both again after parameters have changed.

usage: fuzz.py NNREPL COUNT [SEED [WITHOUT]]    WITHOUT is a pattern of operations to leave out

Each program is run once; then some parameters get other numbers, and `loss.forward()` and `loss.backward()` must give
what PyTorch gives for a fresh run. One process of nnrepl runs all programs. A program that differs is made smaller as
long as it differs, and printed once for each set of operations in it. Needs PyTorch, so no part of `swift test`.
"""
import collections
import json
import math
import pathlib
import random
import re
import struct
import subprocess
import sys
import tempfile
import warnings

import torch
import torch.nn.functional as F

torch.set_num_threads(1)
warnings.simplefilter("ignore")

# An operation a line. `a`, `b`, `c` stand for values so far; <KIND SHAPE> makes a leaf; {…} is Python, which knows
# the rank and shape of `a`. What torch refuses is drawn again.
OPERATIONS = """
-a
a + b
a - b
a * b
a / (b ** 2 + 0.5)
a * {real()} + {real()}
{real()} - a
{real()} / (a ** 2 + 1)
a ** {pick(2, 3)}
(torch.abs(a) + 0.3) ** {real()}
(torch.abs(a) + 0.3) ** torch.tanh(b)
2 ** torch.tanh(a)
a % 0.7
torch.relu(a)
torch.tanh(a)
torch.sigmoid(a)
torch.exp(torch.tanh(a))
torch.log(torch.abs(a) + 0.5)
torch.sqrt(a ** 2 + 0.1)
torch.rsqrt(a ** 2 + 0.3)
torch.log1p(torch.abs(a))
torch.expm1(torch.tanh(a))
torch.square(a)
torch.sin(a)
torch.cos(a)
torch.erf(a)
torch.abs(a)
torch.sign(a) * b
torch.floor(a) * b
torch.round(a) * b
F.silu(a)
F.gelu(a)
F.gelu(a, approximate='tanh')
F.elu(a, {real(0.2, 2)})
F.leaky_relu(a, {real(0, 1)})
F.softplus(a)
F.logsigmoid(a)
torch.clamp(a, -0.5, 0.8)
torch.clamp(a, min={real()})
torch.maximum(a, b)
torch.minimum(a, b)
torch.matmul(a, b)
a @ b
a @ a.transpose(-1, -2)
a.T @ b
a @ <param last, size()>
torch.outer(a, b)
torch.dot(a, b)
torch.sum(a)
torch.mean(a)
torch.amax(a)
torch.amin(a)
torch.var(a)
torch.std(a)
torch.prod(torch.tanh(a))
torch.logsumexp(a, dim={axis()})
torch.linalg.vector_norm(a)
torch.max(a)
torch.min(a)
torch.median(a)
torch.sum(a, dim={axis()})
torch.sum(a, dim={axis()}, keepdim=True)
torch.mean(a, dim={axis()}, keepdim={pick(True, False)})
torch.amax(a, dim={axis()}, keepdim={pick(True, False)})
torch.amin(a, dim={axis()})
torch.var(a, dim={axis()}, correction={pick(0, 1)}, keepdim={pick(True, False)})
torch.std(a, dim={axis()}, keepdim=True)
torch.prod(a, dim={axis()})
torch.cumsum(a, dim={axis()})
torch.max(a, dim={axis()}).values
torch.min(a, dim={axis()}).values
torch.sort(a, dim={axis()}).values
torch.softmax(a, dim={axis()})
torch.log_softmax(a, dim={axis()})
a.reshape([-1])
a.reshape([{shape[-1]}, -1])
torch.flatten(a)
torch.flatten(a, 1)
a.transpose({axis()}, {axis()})
a.permute({random.sample(range(len(shape)), len(shape))})
a.unsqueeze({pick(0, -1)})
torch.squeeze(a)
a.T
a.expand({[2] + shape})
torch.tril(a)
torch.triu(a, 1)
torch.cat([a, b], dim={axis()})
torch.cat([a, a, b])
torch.stack([a, b], dim={axis()})
torch.stack([a, a])
torch.chunk(a, 2, dim={axis()})[0]
torch.split(a, 1, dim={axis()})[-1]
a[{pick(0, -1)}]
a[1:]
a[:-1] * a[1:]
a[:, {pick(0, -1)}]
a[..., None] * b
a[..., 0]
a[::2]
a[<int(first) 3>]
a[:, <int(second) 2>]
torch.index_select(a, 0, <int(first) 2>)
torch.gather(a, 0, <int(first) [2] + shape[1:]>)
torch.gather(a, {rank - 1}, torch.argmax(a, dim={rank - 1}, keepdim=True))
a[torch.argmax(a, dim=0)]
torch.where(a > b, a, c)
torch.where(a > 0, a, {real()})
torch.where(a <= b, a * b, b)
torch.where(<bool shape>, a, b)
(a > {real()}) * b
(a >= b) * (a + b)
(a == b) * 1.5 + a
(torch.amax(a) == a) * a
a.masked_fill(a > {real()}, {real()})
a.masked_fill(<bool shape>, {real()})
F.one_hot(torch.argmax(a, dim={rank - 1}), {last}) * a
F.one_hot(<int(last) shape[:-1]>, {last}) * a
a.detach() * b
a - torch.mean(a).detach()
(torch.round(a) - a).detach() + a
F.mse_loss(a, b)
F.mse_loss(a, <data shape>, reduction='{pick('sum', 'none')}')
F.l1_loss(a, <data shape>)
F.huber_loss(a, <data shape>, delta={real(0.3, 2)})
F.smooth_l1_loss(a, <data shape>)
F.binary_cross_entropy_with_logits(a, <unit shape>)
F.binary_cross_entropy(torch.sigmoid(a), <unit shape>)
F.cross_entropy(a, <int(second) [first] + shape[2:]>)
F.cross_entropy(a, <int(second) [first] + shape[2:]>, label_smoothing=0.2, reduction='{pick('mean', 'sum', 'none')}')
F.cross_entropy(a, torch.softmax(<data shape>, dim=1))
F.nll_loss(torch.log_softmax(a, dim=1), <int(second) [first] + shape[2:]>)
F.linear(a, <param [size(), last]>)
F.linear(a, <param [n, last]>, <param [n]>)
F.layer_norm(a, {[last]})
F.layer_norm(a, {[last]}, <param [last]>, <param [last]>)
F.batch_norm(a, None, None, <param [second]>, <param [second]>, True)
F.conv1d(a, <param [2, second, 2]>, <param [2]>)
F.conv2d(a, <param [2, second, 2, 2]>, <param [2]>, padding=1)
F.conv2d(a, <param [second, 1, 1, 2]>, None, groups={second})
F.max_pool1d(a, 2)
F.max_pool2d(a, 2)
F.max_pool2d(a, {[1, 2]}, stride={[1, 1]})
F.avg_pool1d(a, 2)
F.avg_pool2d(a, 2)
F.adaptive_avg_pool2d(a, {[1, 2]})
F.embedding(<int(n) [2, 2]>, <param [n, 3]>)
F.scaled_dot_product_attention(a, a, a)
F.scaled_dot_product_attention(a, <param [n, last]>, <param [n, 2]>)
F.scaled_dot_product_attention(a, a, a, is_causal=True)
torch.rnn_tanh_cell(a, <param [first, 2]>, <param [2, last]>, <param [2, 2]>)
torch.gru_cell(a, <param [first, 2]>, <param [6, last]>, <param [6, 2]>, <param [6]>, <param [6]>)
""".strip().splitlines()

# nn's names for PyTorch's.
WORDS = {"torch.linalg.vector_norm": "norm", "torch.cat": "concat", "torch.": "", "F.": "", "True": "true",
         "False": "false", "None": "none", "'": '"'}
DTYPES = {"F32": torch.float32, "F64": torch.float64, "I64": torch.int64, "BOOL": torch.bool}
FORMATS = {"F32": "f", "F64": "d", "I64": "q", "BOOL": "?"}


def in_nn(text):
    for torch_word, word in WORDS.items():
        text = text.replace(torch_word, word)
    return text


def pick(*choices):
    return random.choice(choices)


def size():
    return random.randint(1, 3)


def real(low=-2, high=2):
    return round(random.uniform(low, high), 3)


# Programs

class Leaf:
    """Numbers that a program starts from. Only a parameter may have others in the second run."""

    def __init__(self, kind, first, second=None):
        self.kind, self.runs = kind, [first, first if second is None else second]

    def in_nn(self, name, run):
        tensor = self.runs[run]
        made = f'tensor({in_nn(str(tensor.tolist()))}, dtype="{str(tensor.dtype).removeprefix("torch.")}")'
        if run == 1:
            return f"{name} := {made}"
        return f"{'param ' * (self.kind == 'param')}{name} = {made}"


def leaf(kind, shape, dtype, below=None):
    if kind == "int":
        return Leaf(kind, torch.randint(0, below, shape))
    if kind == "bool":
        return Leaf(kind, torch.randint(0, 2, shape) > 0)
    low, high = (0, 1) if kind == "unit" else (-2, 2)
    first, second = (torch.tensor([real(low, high) for _ in range(math.prod(shape))], dtype=dtype).reshape(shape)
                     for _ in range(2))
    return Leaf(kind, first, second if kind == "param" and pick(True, True, False) else None)


Step = collections.namedtuple("Step", "name text uses operation")


class Program:
    def __init__(self, default):
        self.default, self.leaves, self.steps = default, {}, []

    def copy(self):
        other = Program(self.default)
        other.leaves, other.steps = dict(self.leaves), list(self.steps)
        return other

    def whole(self):
        """All steps, and a loss that depends on each value which no step uses."""
        used = {name for step in self.steps for name in step.uses}
        ends = [step.name for step in self.steps if step.name not in used]
        text = " + ".join(f"torch.mean(torch.sin({name}))" for name in ends)
        return self.steps + [Step("loss", text, ends, "")]

    def tidy(self):
        """Without leaves that nothing uses."""
        used = {name for step in self.steps for name in step.uses}
        self.leaves = {name: leaf for name, leaf in self.leaves.items() if name in used}
        return self

    def run(self, run, change=lambda tensor: tensor):
        """Every value of a run in PyTorch, and the gradients of the loss by name."""
        torch.set_default_dtype(self.default)
        values = {name: change(leaf.runs[run].clone()) for name, leaf in self.leaves.items()}
        for name, leaf in self.leaves.items():
            values[name].requires_grad_(leaf.kind == "param")
        scope = {"torch": torch, "F": F} | values
        for step in self.whole():
            scope[step.name] = eval(step.text, scope)
        made = {step.name: scope[step.name] for step in self.whole()}
        if made["loss"].requires_grad:
            made["loss"].backward()
        grads = {f"d_{name}": values[name].grad for name in values if values[name].grad is not None}
        return {name: value.detach() for name, value in (made | grads).items()}

    def in_nn(self, save=""):
        """Both runs in nn, each with `save` at its end."""
        params = [name for name, leaf in self.leaves.items() if leaf.kind == "param"]
        changed = [name for name in params if self.leaves[name].runs[0] is not self.leaves[name].runs[1]]
        lines = [f'set_default_dtype("{str(self.default).removeprefix("torch.")}")']
        lines += [leaf.in_nn(name, 0) for name, leaf in self.leaves.items()]
        lines += [f"{step.name} = {in_nn(step.text)}" for step in self.whole()]
        lines += ["loss.backward()", save.replace("RUN", "0"), f"zero_grad(list({', '.join(params)}))"]
        lines += [self.leaves[name].in_nn(name, 1) for name in changed]
        lines += ["loss.forward()", "loss.backward()", save.replace("RUN", "1")]
        return "\n".join(filter(None, lines))


class Drawn:
    """A new program, made step by step from what PyTorch accepts."""

    def __init__(self, operations):
        self.dtypes = pick([torch.float64], [torch.float64], [torch.float32], [torch.float64, torch.float32])
        default = self.dtypes[0]
        self.program, self.scope = Program(default), {"torch": torch, "F": F}
        self.sizes = [size(), size()]
        torch.set_default_dtype(default)
        for _ in range(random.randint(1, 3)):
            self.leaf("param", [pick(*self.sizes) for _ in range(pick(0, 1, 1, 2, 2, 2, 3, 4))])
        wanted = random.randint(1, 7)
        for _ in range(20 * wanted):
            if len(self.program.steps) < wanted:
                self.step(random.choice(operations))
        self.program.tidy()

    def leaf(self, kind, shape, below=None):
        shape = [shape] if isinstance(shape, int) else list(shape)
        name = f"{kind[0]}{len(self.program.leaves)}"
        self.program.leaves[name] = leaf(kind, shape, pick(*self.dtypes), below)
        self.scope[name] = self.program.leaves[name].runs[0]
        return name

    def step(self, operation):
        floats = [name for name, value in self.scope.items()
                  if isinstance(value, torch.Tensor) and value.is_floating_point()]
        # Later values are taken more often, so that programs get deep.
        operands = {letter: floats[-1 - min(int(random.expovariate(0.5)), len(floats) - 1)] for letter in "abc"}
        shape = list(self.scope[operands["a"]].shape)
        known = {"shape": shape, "rank": len(shape), "n": size()}
        known |= dict(zip(("first", "second"), shape)) | {"last": shape[-1] if shape else None}
        known["axis"] = lambda: random.randint(-len(shape), len(shape) - 1)
        before = dict(self.program.leaves), dict(self.scope)

        def made(found):
            kind, below, code = found.groups()
            return self.leaf(kind, eval(code, globals(), known), eval(below, globals(), known) if below else None)

        try:
            text = re.sub(r"\{([^{}]*)\}", lambda found: str(eval(found[1], globals(), known)), operation)
            text = re.sub(r"<(param|data|unit|bool|int)(?:\((\w+)\))? ([^<>]*)>", made, text)
            text = re.sub(r"\b[abc]\b", lambda letter: operands[letter[0]], text)
            value = eval(text, self.scope)
            if not value.is_floating_point() or not 0 < value.numel() <= 200 or not value.abs().max() < 1e4:
                raise ValueError(text)
        except (RuntimeError, ValueError, TypeError, IndexError, NameError, AttributeError):
            self.program.leaves, self.scope = before
            return
        name = f"v{len(self.program.steps)}"
        self.scope[name] = value
        uses = [word for word in re.findall(r"\w+", text) if word in self.scope]
        self.program.steps.append(Step(name, text, uses, operation))


# Comparison

class Nnrepl:
    """One process that runs many programs; another one after a crash."""

    def __init__(self, path):
        self.path, self.process = path, None
        self.folder = tempfile.mkdtemp()

    def run(self, code):
        """What the program saved in its two runs, or what was wrong with it."""
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(
                [self.path, "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for run in "01":
            pathlib.Path(self.folder, run).unlink(missing_ok=True)
        self.process.stdin.write(json.dumps({"op": "execute", "id": 1, "code": code}) + "\n")
        self.process.stdin.flush()
        fault = None
        while line := self.process.stdout.readline():
            event = json.loads(line)
            if event["event"] == "error" and event.get("severity") == "error":
                fault = event["text"].split("\n")[0]
            if event["event"] == "done":
                return [self.saved(run) for run in "01"], fault
        return [None, None], f"nnrepl ended with {self.process.wait()}"

    def saved(self, run):
        path = pathlib.Path(self.folder, run)
        if not path.exists():
            return None
        data = path.read_bytes()
        start = 8 + struct.unpack("<Q", data[:8])[0]
        made = {}
        for name, entry in json.loads(data[8:start]).items():
            low, high = (start + offset for offset in entry["data_offsets"])
            kind = FORMATS[entry["dtype"]]
            numbers = [number for number, in struct.iter_unpack("<" + kind, data[low:high])]
            made[name] = torch.tensor(numbers, dtype=DTYPES[entry["dtype"]]).reshape(entry["shape"])
        return made


def doubled(tensor):
    return tensor.double() if tensor.is_floating_point() else tensor


def jittered(tensor):
    """The same numbers in double precision, each off by about the last digits of its own."""
    if not tensor.is_floating_point():
        return tensor
    digits = 1e-7 if tensor.dtype == torch.float32 else 1e-13
    noise = torch.randn(tensor.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return tensor.double() * (1 + digits * noise)


def fault(program, nnrepl):
    """How nn first differs from PyTorch, and in what; nothing if it does not."""
    try:
        wants, exact, near = ([program.run(run, change) for run in (0, 1)]
                              for change in (lambda tensor: tensor, doubled, jittered))
    except (RuntimeError, IndexError, AttributeError):
        return None
    has_gradients = any(name.startswith("d_") for name in wants[0])
    if not has_gradients or any(not value.isfinite().all() for want in wants for value in want.values()):
        return None
    is_single = any(value.dtype == torch.float32 for value in wants[0].values())
    saved = ", ".join(f"{name}={name[2:] + '.grad' if name.startswith('d_') else name}" for name in wants[0])
    gots, message = nnrepl.run(program.in_nn(f'save(record({saved}), "{nnrepl.folder}/RUN")'))
    for run, place in enumerate(("", " after forward")):
        got = gots[run]
        if got is None:
            return f"error{place}", message
        for name, want in wants[run].items():
            what = ("gradient" if name.startswith("d_") else "value") + place
            if got[name].shape != want.shape:
                return "shape" + place, f"{name} has shape {list(got[name].shape)}, not {list(want.shape)}"
            if got[name].dtype != want.dtype:
                return "dtype" + place, f"{name} is {got[name].dtype}, not {want.dtype}"
            # What rounding does in PyTorch, and what a small change of the leaves does, tell how much may differ.
            rounding = (want.double() - exact[run][name]).abs().max()
            change = (near[run][name] - exact[run][name]).abs().max()
            slack = (3e-5 if is_single else 1e-9) * max(1, want.abs().max()) + 20 * (rounding + change)
            if not ((got[name].double() - want.double()).abs() <= slack).all():
                return what, f"{name} is {got[name].tolist()}, not {want.tolist()}"
    return None


def smaller(program):
    """Programs with a step less, or with a step's value as a leaf."""
    used = {name for step in program.steps for name in step.uses}
    first, second = program.run(0), program.run(1)
    for step in reversed(program.steps):
        other = program.copy()
        other.steps.remove(step)
        if step.name in used:
            other.leaves[step.name] = Leaf("param", first[step.name], second[step.name])
        yield other.tidy()


def shrunk(program, nnrepl):
    for other in smaller(program):
        if other.steps and fault(other, nnrepl):
            return shrunk(other, nnrepl)
    return program


def main():
    path, count, *rest = sys.argv[1:]
    seed = int(rest[0]) if rest else 0
    operations = [operation for operation in OPERATIONS if len(rest) < 2 or not re.search(rest[1], operation)]
    nnrepl, seen, wrong = Nnrepl(path), collections.Counter(), 0
    for number in range(int(count)):
        random.seed(f"{seed} {number}")
        torch.manual_seed(number)
        program = Drawn(operations).program
        found = program.steps and fault(program, nnrepl)
        if not found:
            continue
        wrong += 1
        small = shrunk(program, nnrepl)
        kind, text = fault(small, nnrepl)
        key = kind, *sorted({step.operation for step in small.steps})
        seen[key] += 1
        if seen[key] == 1:
            print(f"== program {number}: {kind}: {text}\n{small.in_nn()}\n", flush=True)
    print(f"{count} programs, {wrong} differ, in {len(seen)} ways")
    for key, times in seen.most_common():
        print(f"{times:5}  {key[0]}: {'; '.join(key[1:])}")


main()

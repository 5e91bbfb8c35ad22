#!/usr/bin/env python3
"""Reference numbers from PyTorch in the schema `nnrepl-golden/1`, with sizes and options drawn from a seed.

usage: generate.py SEED DIR        a file for each family
       generate.py SEED DIR OP     one for this operation

`NNREPL_GOLDENS=DIR swift test --filter Golden` runs the tests on them. Here are the families whose cases are more
than an expression of PyTorch's; Tests/Fuzz compares expressions. The files beside this script come from torch 2.13,
`reduce_on_plateau.json` from `generate.py 1 . reduce_on_plateau`.

A row of TABLE is `op | expression | inputs | params | attributes`. All but `op` is Python, in which a name of one
letter is a size that is drawn where it is first met. `{name=value}` in an expression writes a value that is also
an attribute, `{value}` only writes it. PyTorch refuses a row whose `op` begins with !.
"""
import json
import math
import pathlib
import random
import re
import sys

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

# How often each row is drawn.
ROUNDS = 3

TABLE = """
batchnorm
  batch_norm1d | train, then eval | | weight=floats(c), bias=floats(c)
    | num_features=c, eps=pick(1e-5, 0.1), affine=True, track_running_stats=coin(), momentum=real(0, 1)
  batch_norm1d | train, then eval | | | num_features=c, affine=False, momentum_none=True
  batch_norm1d_forward  | nn.BatchNorm1d({num_features=c}){pick('', '.eval()')}(x) | x=floats(n + 1, c)
  !batch_norm1d_forward | nn.BatchNorm1d({num_features=c})(x) | x=floats(n + 1, c + 1)

recurrent
  unroll_rnn  | unroll(torch.rnn_{nonlinearity=pick('tanh', 'relu')}_cell, x, h0, *weights)
    | x=floats(t, n, i), h0=floats(n, h) | **cell(1, i, h)
  unroll_lstm | unroll(torch.lstm_cell, x, h0, c0, *weights)
    | x=floats(t, n, i), h0=floats(n, h), c0=floats(n, h) | **cell(4, i, h)
  unroll_gru  | unroll(torch.gru_cell, x, h0, *weights) | x=floats(t, n, i), h0=floats(n, h) | **cell(3, i, h)
  nn_rnn  | layer(nn.RNN, x, h0) | x=floats(n, t, i), h0=floats(l, n, h) | **cells(1, i, h, l)
    | input_size=i, hidden_size=h, num_layers=l, batch_first=True, nonlinearity=pick('tanh', 'relu')
  nn_lstm | layer(nn.LSTM, x, h0, c0) | x=floats(t, n, i), h0=floats(l, n, h), c0=floats(l, n, h)
    | **cells(4, i, h, l) | input_size=i, hidden_size=h, num_layers=l
  nn_gru  | layer(nn.GRU, x, h0) | x=floats(70, n, i), h0=floats(l, n, h) | **cells(3, i, h, l)
    | input_size=i, hidden_size=h, num_layers=l, bidirectional=False

attention
  mha  | mha(x, x, x) | x=floats(n, t, h*d) | **projections(h*d)
    | embed_dim=h*d, num_heads=h, batch_first=True, average_attn_weights=coin(), need_weights=coin()
  mha  | mha(query, key, value) | query=floats(n, t, h*d), key=floats(n, s, h*d), value=floats(n, s, h*d)
    | **projections(h*d) | embed_dim=h*d, num_heads=h, batch_first=True
  mha  | mha(x, x, x, attn_mask=attn_mask) | x=floats(n, t, h*d), attn_mask=torch.ones(t, t).triu(1) > 0
    | **projections(h*d) | embed_dim=h*d, num_heads=h, batch_first=True
  mha  | mha(x, x, x, key_padding_mask=key_padding_mask)
    | x=floats(n, t, h*d), key_padding_mask=(floats(n, t) > 0) & (torch.arange(t) > 0)
    | **projections(h*d) | embed_dim=h*d, num_heads=h, batch_first=True
  !mha | nn.MultiheadAttention(6, 4) | | | embed_dim=6, num_heads=4

optimizers
  sgd      | | | | lr=0.1, momentum=0.6, nesterov=True, weight_decay=0.02
  sgd      | | | | lr=0.05, momentum=real(0, 1), dampening=0.3, maximize=True
  adam     | | | | lr=0.3, beta1=0.7, beta2=0.95, weight_decay=0.05, eps=1e-3
  adam     | | | | lr=0.1, amsgrad=True, maximize=True
  adamw    | | | | lr=0.01
  adamw    | | | | lr=0.1, weight_decay=0.3, beta1=0.5, amsgrad=True
  rmsprop  | | | | lr=0.01, alpha=real(0.5, 1), momentum=0.4
  rmsprop  | | | | lr=0.05, centered=True, weight_decay=0.05, eps=1e-4
  adagrad  | | | | lr=0.3, lr_decay=0.05, initial_accumulator_value=0.3, weight_decay=0.1, eps=1e-3
  !sgd     | | | | lr=-1.0
  !adamw   | | | | lr=0.1, beta2=1.5
  !rmsprop | | | | lr=0.1, momentum=-0.5

schedulers
  step_lr           | | | | step_size=size(1, 4), gamma=real(0.1, 0.9)
  cosine_annealing  | | | | T_max=size(2, 9), eta_min=pick(0.0, 0.001)
  exponential       | | | | gamma=real(0.3, 1)
  multi_step        | | | | milestones=sorted(random.sample(range(1, 9), 3)), gamma=real(0.1, 0.9)
  linear_lr         | | | | start_factor=real(0.1, 0.9), end_factor=real(0.5, 1), total_iters=size(1, 8)
  one_cycle         | | | | max_lr=real(0.1, 1), total_steps=size(15, 20), pct_start=real(0.2, 0.6),
    anneal_strategy=pick('cos', 'linear'), three_phase=coin(), div_factor=10.0
  one_cycle         | | | | max_lr=real(0.1, 1), epochs=5, steps_per_epoch=size(3, 5), cycle_momentum=coin(),
    base_momentum=0.7, max_momentum=0.9, final_div_factor=100.0
  reduce_on_plateau | | metrics=floats(n + 9, low=0.4, high=0.6) | | mode=pick('min', 'max'), factor=pick(0.1, 0.5),
    patience=size(0, 3), threshold=pick(1e-4, 0.05, 0.2), threshold_mode=pick('rel', 'abs'), cooldown=size(0, 2),
    min_lr=pick(0.0, 0.01), eps=pick(1e-8, 0.02)
  reduce_on_plateau  | | metrics=torch.tensor([math.nan, math.inf, 1, math.nan, 0.5, math.inf]) | | patience=1
  !reduce_on_plateau | | metrics=torch.ones(2) | | factor=1.5
  !reduce_on_plateau | | metrics=torch.ones(2) | | threshold_mode='both'
  !one_cycle         | | | | max_lr=0.1, total_steps=2

clip
  clip_grad_norm  | | g0=floats(n), g1=floats(n, m) | | max_norm=pick(0.1, 9.0), norm_type=pick(1, 2, 3.5, math.inf)
  clip_grad_value | | g0=floats(n), g1=floats(n, m) | | clip_value=real(0.1, 1)

init
  kaiming_uniform kaiming_normal | | | | shape=[n, m, k], a=pick(0.0, 0.2), mode=pick('fan_in', 'fan_out'),
    nonlinearity=pick('leaky_relu', 'relu', 'tanh', 'linear', 'selu')
  xavier_uniform xavier_normal   | | | | shape=[n, m], gain=real(0.5, 2)
  !xavier_uniform | | | | shape=[7]
  calculate_gain  | | | | nonlinearity='leaky_relu', param=real(0.01, 1)
  calculate_gain  | | | | nonlinearity=pick('linear', 'conv2d', 'sigmoid', 'tanh', 'relu', 'selu')
  module_default  | | | | module='Linear', in_features=n + 9, out_features=m + 9, bias=coin()
  module_default  | | | | module='Embedding', num_embeddings=40, embedding_dim=n
  module_default  | | | | module='Conv1d', in_channels=4, out_channels=8, kernel_size=[n], groups=2
  module_default  | | | | module='Conv2d', in_channels=n, out_channels=9, kernel_size=[m, k]
  module_default  | | | | module=pick('RNNCell', 'LSTMCell', 'GRUCell'), input_size=n + 5, hidden_size=m + 5
  module_default  | | | | module='LayerNorm', normalized_shape=[n, m]
  module_default  | | | | module=pick('BatchNorm1d', 'BatchNorm2d'), num_features=n
  module_default  | | | | module='MultiheadAttention', embed_dim=h*d, num_heads=h

scalar_engine
  program | y = -a ** 2 + b              | a=floats(), b=floats()
  program | y = 2 ** -b * a              | a=floats(), b=floats()
  program | y = a / b / a * {real(1, 3)} | a=floats(), b=floats()
  program | u = {function()}(a) * b; v = u ** 2 - {real()} * a; w = max(u, v); y = log(abs(w) + 1.5)
    | a=floats(), b=floats()
  program | u = {function()}(a) + b; u = exp({function()}(u)) * u; y = sqrt(u ** 2 + 0.5) * u - a
    | a=floats(), b=floats()
  engine            | x * x + x        | x=floats()
  engine_detach     | x * x.detach()   | x=floats()
  engine_accumulate | y = x*x; y.backward(retain_graph=True); y.backward()      | x=floats()
  !engine_backward_twice     | y = torch.exp(x); y.backward(); y.backward() | x=floats()
  !engine_backward_nonscalar | (x * 2).backward()                           | x=floats(n + 1)
  !engine_backward_constant  | torch.tensor(1.0).backward()
  deep_chain   | repeat n times: y = y * a + b | x=floats(), a=floats(low=0.9, high=1), b=floats() | | n=size(1, 5000)
  fan_doubling | repeat n times: y = y + y     | x=floats() | | n=size(1, 60)

rng
  rng_raw27    | torch.randint(0, 2**27, ({n},))
  rng_rand     | torch.rand({n}, dtype=torch.float32)              | | | dtype='f32'
  rng_rand     | torch.rand({n}, dtype=torch.float64)              | | | dtype='f64'
  rng_randn    | torch.randn({n=size(1, 40)}, dtype=torch.float32) | | | dtype='f32'
  rng_randn    | torch.randn({n=size(1, 40)}, dtype=torch.float64) | | | dtype='f64'
  rng_linear   | nn.Linear({in_features=n}, {out_features=m}, dtype=torch.float32) | | | dtype='f32'
  rng_linear   | nn.Linear({in_features=n}, {out_features=m}, dtype=torch.float64) | | | dtype='f64'
  rng_randperm | torch.randperm({n=size(1, 60)})
  rng_randint  | torch.randint(0, {high=size(2, 1000)}, ({n},))
  rng_dropout  | F.dropout(torch.ones({n=size(1, 60)}), {p=real(0, 1)}, True) | | | dtype='f64'
"""

# Inputs and parameters of each loss that every optimizer is tried on.
PROBLEMS = {
    "quadratic: loss = 0.5 w.A.w - b.w": ("**quadratic(n)", "w=floats(n)"),
    "quadratic, with StepLR(step_size=3, gamma=0.2) stepped after each optimizer step": (
        "**quadratic(n)", "w=floats(n)"),
    "mlp: loss = mse(linear2(tanh(linear1(x))), target)": (
        "x=floats(n, i), target=floats(n, 1)", "w1=floats(h, i), b1=floats(h), w2=floats(1, h), b2=floats(1)"),
    "loss = sum(w^2) + sum(0*z); u is not used": ("", "w=floats(n), z=floats(m), u=floats(1)"),
    "loss = sum(g*w)": ("g=floats(n)", "w=floats(n)"),
}


# What is drawn

size = random.randint


def pick(*choices):
    return random.choice(choices)


def coin():
    return pick(True, False)


def real(low=-2, high=2):
    return round(random.uniform(low, high), 4)


def function():
    return pick("relu", "tanh", "sigmoid", "abs")


def floats(*shape, low=-2, high=2):
    return torch.tensor([real(low, high) for _ in range(math.prod(shape))]).reshape(shape)


def cells(gates, inputs, hidden, layers=1):
    """The weights of a recurrent layer."""
    made, biases = {}, pick(["bias_ih", "bias_hh"], [])
    for level in range(layers):
        made[f"weight_ih_l{level}"] = floats(gates * hidden, hidden if level else inputs, low=-0.8, high=0.8)
        made[f"weight_hh_l{level}"] = floats(gates * hidden, hidden, low=-0.8, high=0.8)
        made |= {f"{name}_l{level}": floats(gates * hidden) for name in biases}
    return made


def cell(*arguments):
    """The weights of a recurrent cell, as PyTorch's functions call them."""
    return {name.removesuffix("_l0").replace("weight", "w").replace("bias", "b"): weight
            for name, weight in cells(*arguments).items()}


def projections(width):
    """The weights of multi-head attention."""
    made = {"in_proj_weight": floats(3 * width, width, low=-0.5, high=0.5),
            "out_proj_weight": floats(width, width, low=-0.5, high=0.5)}
    return made | pick({"in_proj_bias": floats(3 * width), "out_proj_bias": floats(width)}, {})


def quadratic(n):
    """A positive matrix and a vector."""
    root = floats(n, n)
    return {"A": (root @ root.T / n + torch.eye(n)).round(decimals=3), "b": floats(n)}


class Sizes(dict):
    def __missing__(self, name):
        if len(name) > 1:
            raise KeyError(name)
        self[name] = size(1, 6)
        return self[name]


class Case:
    """A row with its sizes, options and tensors drawn."""

    def __init__(self, op, expression="", inputs="", params="", attributes=""):
        drawn, self.attrs = Sizes(), {}

        def value(code):
            return eval(code, globals(), drawn)

        def written(found):
            name, code = found.groups()
            made = value(code)
            if name:
                self.attrs[name] = drawn[name] = made
            return str(made)

        self.op, self.is_error = op.removeprefix("!"), op.startswith("!")
        self.text = re.sub(r"\{(?:(\w+)=)?([^{}]*)\}", written, expression)
        self.inputs, self.params = value(f"dict({inputs})"), value(f"dict({params})")
        self.attrs |= value(f"dict({attributes})")
        self.tensors = self.inputs | self.params
        for tensor in self.tensors.values():
            tensor.requires_grad_(tensor.is_floating_point())

    def options(self, *without):
        """The attributes as torch takes them."""
        made = {key: value for key, value in self.attrs.items() if key not in without}
        if "beta1" in made or "beta2" in made:
            made["betas"] = made.pop("beta1", 0.9), made.pop("beta2", 0.999)
        return made


# As stored

def plain(value):
    """A number as JSON can hold it."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def stored(tensors):
    entries = []
    for name, tensor in tensors.items():
        tensor = torch.as_tensor(tensor).detach()
        dtype = "f64" if tensor.is_floating_point() else "bool" if tensor.dtype == torch.bool else "i64"
        data = [int(value) if dtype == "bool" else plain(value) for value in tensor.flatten().tolist()]
        entries.append({"name": name, "dtype": dtype, "shape": list(tensor.shape), "data": data})
    return entries


def gradients(outputs, cotangents, tensors):
    """Of the sum of output * cotangent, by name; what is not connected is missing."""
    tracked = {name: tensor for name, tensor in tensors.items() if tensor.requires_grad}
    if not tracked:
        return []
    made = torch.autograd.grad(
        list(outputs.values()), list(tracked.values()), list(cotangents.values()), allow_unused=True)
    return stored({name: grad for name, grad in zip(tracked, made) if grad is not None})


def differentiated(case, *values):
    names = {"mha": ["out", "attn"], "nn_": ["out", "h_n", "c_n"], "unroll_": ["hs", "h_last", "c_last"]}
    kind = next((names[start] for start in names if case.op.startswith(start)), ["out"])
    outputs = dict(zip(kind, values))
    cotangents = {name: floats(*out.shape) for name, out in outputs.items()}
    return {"outputs": stored(outputs), "cotangents": stored(cotangents),
            "grads": gradients(outputs, cotangents, case.tensors)}


# What torch makes of a case

def expression(case):
    def mha(*inputs, **masks):
        module = nn.MultiheadAttention(
            case.attrs["embed_dim"], case.attrs["num_heads"], bias="in_proj_bias" in case.params, batch_first=True)
        weights = {name.replace("out_proj_", "out_proj."): weight for name, weight in case.params.items()}
        given = masks | case.options("embed_dim", "num_heads", "batch_first")
        return [out for out in torch.func.functional_call(module, weights, inputs, given) if out is not None]

    def layer(kind, x, *state):
        module = kind(**case.attrs, bias="bias_ih_l0" in case.params)
        out, state = torch.func.functional_call(module, case.params, (x, state if len(state) > 1 else state[0]))
        return out, *(state if isinstance(state, tuple) else [state])

    more = {"mha": mha, "layer": layer, "unroll": unroll, "weights": case.params.values()}
    made = eval(case.text, globals() | more | case.tensors)
    return differentiated(case, *([made] if isinstance(made, torch.Tensor) else made))


def unroll(cell, x, *rest):
    """A cell over the steps of x: its outputs, and its last state."""
    count = 2 if cell is torch.lstm_cell else 1
    state, weights, outputs = rest[:count], rest[count:], []
    for step in x:
        made = cell(step, state if count > 1 else state[0], *weights)
        state = made if count > 1 else [made]
        outputs.append(state[0])
    return torch.stack(outputs), *state


def chain(case):
    y = case.tensors["x"]
    for _ in range(case.attrs["n"]):
        y = y + y if case.op == "fan_doubling" else y * case.tensors["a"] + case.tensors["b"]
    return differentiated(case, y)


def program(case):
    """Statements; the last one makes the output unless it calls `backward` itself."""
    names = "relu tanh exp log sqrt sigmoid abs".split()
    values = {name: getattr(torch, name) for name in names} | {"max": torch.maximum, "torch": torch} | case.tensors
    statements = case.text.split("; ")
    for statement in statements:
        exec(statement, values)
    name, is_called = statements[-1].split(" = ")[0], "backward" in case.text
    if not is_called:
        case.attrs = {"program": statements, "output": name}
        values[name].backward()
    output = {"out": values["y"]} if is_called else {name: values[name]}
    grads = {key: tensor.grad for key, tensor in case.tensors.items() if tensor.grad is not None}
    return {"outputs": stored(output), "grads": stored(grads)}


def batch_norm(case):
    options = case.options("momentum_none") | ({"momentum": None} if "momentum_none" in case.attrs else {})
    module = nn.BatchNorm1d(**options)
    module.load_state_dict(case.params, strict=False)
    buffers, steps = stored(dict(module.named_buffers())), []
    shape = [options["num_features"]] + pick([], [size(1, 4)])
    for mode in ["train"] * size(1, 5) + ["eval"] * size(1, 2):
        module.train(mode == "train")
        x = floats(size(2, 6), *shape).requires_grad_()
        outputs, cotangents = {"out": module(x)}, {"out": floats(*x.shape)}
        grads = gradients(outputs, cotangents, {"x": x} | dict(module.named_parameters()))
        steps.append({"mode": mode, "inputs": stored({"x": x}), "outputs": stored(outputs), "grads": grads,
                      "cotangents": stored(cotangents), "buffers": stored(dict(module.named_buffers()))})
    return {"buffers": buffers, "steps": steps}


OPTIMIZERS = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop", "adagrad": "Adagrad"}
SCHEDULERS = {
    "step_lr": "StepLR", "cosine_annealing": "CosineAnnealingLR", "one_cycle": "OneCycleLR", "linear_lr": "LinearLR",
    "exponential": "ExponentialLR", "multi_step": "MultiStepLR", "reduce_on_plateau": "ReduceLROnPlateau"}


def loss_of(problem, t):
    if problem.startswith("quadratic"):
        return 0.5 * t["w"] @ t["A"] @ t["w"] - t["b"] @ t["w"]
    if problem.startswith("mlp"):
        return F.mse_loss(F.linear(torch.tanh(F.linear(t["x"], t["w1"], t["b1"])), t["w2"], t["b2"]), t["target"])
    formula = problem.removeprefix("loss = ").split(";")[0].replace("^", "**")
    return eval(formula, {"sum": torch.sum} | t)


def optimizer(case):
    params, problem = case.params, case.attrs.get("problem", "")
    weights = list(params.values()) or [torch.zeros(1)]
    opt = getattr(torch.optim, OPTIMIZERS[case.op])(weights, **case.options("problem"))
    found = re.search(r"StepLR(\(.*?\))", problem)
    schedule = torch.optim.lr_scheduler.StepLR(opt, **eval("dict" + found[1])) if found else None
    case.params, steps = {name: p.detach().clone() for name, p in params.items()}, []
    for _ in range(size(3, 7)):
        opt.zero_grad()
        loss = loss_of(problem, case.inputs | params)
        loss.backward()
        values = {"loss": loss, "lr": opt.param_groups[0]["lr"]}
        grads = stored({name: p.grad for name, p in params.items() if p.grad is not None})
        opt.step()
        steps.append({"values": stored(values), "grads": grads, "params": stored(params)})
        if schedule:
            schedule.step()
    return {"steps": steps}


def scheduler(case):
    case.attrs |= {"base_lr": pick(0.05, 0.5), "optimizer": pick("sgd", "adam")}
    if not case.inputs:
        case.attrs["steps"] = size(3, 14)
    lr, is_adam = case.attrs["base_lr"], case.attrs["optimizer"] == "adam"
    weights = [torch.zeros(1, requires_grad=True)]
    opt = torch.optim.Adam(weights, lr=lr) if is_adam else torch.optim.SGD(weights, lr=lr, momentum=0.9)
    kind = getattr(torch.optim.lr_scheduler, SCHEDULERS[case.op])
    schedule = kind(opt, **case.options("base_lr", "steps", "optimizer"))
    group, rates, momenta = opt.param_groups[0], [], []
    metrics = [[value] for metrics in case.inputs.values() for value in metrics.tolist()]
    for arguments in [None] + (metrics or [[]] * case.attrs["steps"]):
        if arguments is not None:
            opt.step()
            schedule.step(*arguments)
        rates.append(group["lr"])
        momenta.append(group["betas"][0] if is_adam else group["momentum"])
    return {"outputs": stored({"lr": rates} | ({"momentum": momenta} if case.op == "one_cycle" else {}))}


def clip(case):
    params = {name: torch.zeros(g.shape, requires_grad=True) for name, g in case.inputs.items()}
    for name, p in params.items():
        p.grad = case.inputs[name].detach().clone()
    total = getattr(nn.utils, case.op + "_")(params.values(), **case.attrs)
    outputs = {} if total is None else {"total_norm": total}
    return {"outputs": stored(outputs | {name: p.grad for name, p in params.items()})}


class Fills(TorchDispatchMode):
    """Notes how each tensor was filled last: ("uniform", bound), ("normal", std) or ("constant", value)."""
    # Torch leaves an argument out that has its default.
    KINDS = {"uniform_": ("uniform", 2, 1.0), "normal_": ("normal", 2, 1.0), "fill_": ("constant", 1, 0.0),
             "zero_": ("constant", 1, 0.0)}

    def __init__(self):
        super().__init__()
        self.made = {}

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        found = self.KINDS.get(function.overloadpacket.__name__)
        if found:
            kind, place, default = found
            self.made[args[0].data_ptr()] = kind, float(args[place] if len(args) > place else default)
        return function(*args, **(kwargs or {}))


def module_default(case):
    with Fills() as fills:
        module = getattr(nn, case.attrs["module"])(**case.options("module"))
    found = {name: fills.made[parameter.data_ptr()] for name, parameter in module.named_parameters()}
    return {"outputs": stored({f"{name}.{kind}": value for name, (kind, value) in found.items()})}


def start_value(case):
    weight = torch.empty(case.attrs["shape"])
    fan_in, fan_out = nn.init._calculate_fan_in_and_fan_out(weight)
    values = {"fan_in": float(fan_in), "fan_out": float(fan_out)}
    if "nonlinearity" in case.attrs:
        values["gain"] = float(nn.init.calculate_gain(case.attrs["nonlinearity"], case.attrs["a"]))
    with Fills() as fills:
        getattr(nn.init, case.op + "_")(weight, **case.options("shape"))
    kind, width = fills.made[weight.data_ptr()]
    values |= {"bound": width, "std": width / math.sqrt(3)} if kind == "uniform" else {"std": width}
    return {"outputs": stored(values)}


def gain(case):
    return {"outputs": stored({"gain": float(nn.init.calculate_gain(**case.attrs))})}


def stream(case):
    case.attrs["seed"] = size(0, 2**31)
    torch.manual_seed(case.attrs["seed"])
    made = eval(case.text)
    return {"outputs": stored(dict(made.named_parameters()) if isinstance(made, nn.Module) else {"out": made})}


# Files

FAMILIES = {"optimizers": optimizer, "schedulers": scheduler, "clip": clip, "init": start_value, "rng": stream}
OPS = {
    "program": program, "engine_accumulate": program, "engine_backward_twice": program, "deep_chain": chain,
    "fan_doubling": chain, "batch_norm1d": batch_norm, "module_default": module_default, "calculate_gain": gain}


def rows(block):
    """The rows of one family; a line that begins far to the right goes on with the row above it."""
    family, *lines = re.sub(r"\n {4,}", " ", block).splitlines()
    for line in lines * ROUNDS:
        ops, *columns = (column.strip() for column in line.split("|"))
        for op in ops.split():
            if family == "optimizers" and not op.startswith("!"):
                for problem, (inputs, params) in PROBLEMS.items():
                    yield op, "", inputs, params, columns[-1] + f", problem={problem!r}"
            else:
                yield op, *columns


def complete(name, row):
    """A new case with what torch makes of it: outputs, gradients, steps, or an error."""
    family = name.split("/")[0]
    case = Case(*row)
    made = {"outputs": [], "cotangents": [], "grads": []}
    try:
        made |= OPS.get(case.op, FAMILIES.get(family, expression))(case)
    except Exception as error:
        if not case.is_error:
            raise
        made["error"] = f"{type(error).__name__}: {error}".split("\n")[0]
    if case.is_error != ("error" in made):
        sys.exit(f"{name}: torch does not refuse it")
    return {"id": name, "op": case.op, "tags": ["error"] * case.is_error, "torch": case.text,
            "attrs": {key: plain(value) for key, value in case.attrs.items()},
            "inputs": stored(case.inputs), "params": stored(case.params)} | made


def main():
    seed, folder, *only = sys.argv[1:]
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for block in TABLE.strip().split("\n\n"):
        family = block.split("\n")[0]
        random.seed(f"{family} {seed}")
        made = [complete(f"{family}/{row[0].strip('!')}_{count}", row) for count, row in enumerate(rows(block))]
        cases = [case for case in made if case["op"] in (only or [case["op"]])]
        head = {"schema": "nnrepl-golden/1", "set": f"seed {seed}", "family": family,
                "torch_version": torch.__version__}
        lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
        if cases:
            path = folder / f"{only[0] if only else family}.json"
            path.write_text(json.dumps(head)[:-1] + ', "cases":[\n' + lines + "\n]}\n")


main()

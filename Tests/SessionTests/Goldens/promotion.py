#!/usr/bin/env python3
"""Makes promotion.json: value, dtype and shape of what PyTorch makes of operands of several types.

Each row is an expression over the operands, under a default dtype. The name of an operand is its type and its rank:
`i1` holds three whole numbers, `f0` is one float32 number. What PyTorch refuses is left out, save where nn promises
more: the operands of MEETING come in the type in which they meet, and whole numbers in the default float type.
"""
import itertools
import json
import math
import pathlib
import re

import torch
import torch.nn.functional as F

ROWS = {
    "b": torch.tensor([True, False, True]),
    "i": torch.tensor([4, -3, 2]),
    "f": torch.tensor([0.75, -1.5, 2.0], dtype=torch.float32),
    "d": torch.tensor([1.1, 2.0, -0.3], dtype=torch.float64),
}
OPERANDS = {}
for name, row in ROWS.items():
    OPERANDS |= {f"{name}0": row[0].clone(), f"{name}1": row, f"{name}2": torch.stack([row.roll(k) for k in range(3)])}
NUMBERS = ["3", "2.0", "-1.5"]


def of_rank(*ranks):
    return [name for name in OPERANDS if int(name[1]) in ranks]


def singly(names):
    return [[name] for name in names]


def pairs(names):
    """Pairs of which one at least is a tensor."""
    return [pair for pair in itertools.product(names, repeat=2) if not set(pair) <= set(NUMBERS)]


ARITHMETIC = ["a + b", "a - b", "a * b", "a / b", "a // b", "a % b", "a ** b", "torch.where(b1, a, b)"]
COMPARISONS = ["a == b", "a != b", "a < b", "a <= b", "a > b", "a >= b"]
FUNCTIONS = """abs exp expm1 log1p sqrt rsqrt log square sin cos sign floor round erf sigmoid tanh relu sum prod amax
    amin max min argmax argmin any all zeros_like ones_like""".split()
# Expressions of a and b, and the operands that they are tried on.
TABLE = [
    (ARITHMETIC + COMPARISONS, pairs(of_rank(0, 1) + NUMBERS)),
    (["torch.maximum(a, b)", "torch.minimum(a, b)"], pairs(of_rank(0, 1))),
    (["torch.cat([a, b])", "torch.stack([a, b])"], pairs(of_rank(1))),
    (["torch.matmul(a, b)", "F.binary_cross_entropy_with_logits(a, b)"], pairs(of_rank(2))),
    (["-a", "torch.clamp(a, 0, 2)", "torch.clamp(a, 0.5, 2.5)", "torch.clamp(a, min=1)"], singly(of_rank(0, 1))),
    ([f"torch.{name}(a)" for name in FUNCTIONS], singly(of_rank(0, 1))),
    (["torch.cumsum(a, dim=0)", "torch.sum(a, dim=0)", "torch.logsumexp(a, dim=[0])", "torch.outer(a, a)",
      "a.masked_fill(b1, 7)", "a.masked_fill(b1, 7.5)"], singly(of_rank(1))),
]
MEETING = [
    (["F.silu(a)", "F.softplus(a)", "F.elu(a)", "F.leaky_relu(a)", "F.logsigmoid(a)", "F.gelu(a)", "torch.mean(a)",
      "torch.softmax(a, dim=0)", "torch.log_softmax(a, dim=0)"], singly(of_rank(0, 1))),
    (["torch.std(a)", "torch.var(a)", "torch.linalg.vector_norm(a)"], singly(of_rank(1))),
    (["F.linear(a, b)", "F.mse_loss(a, b)", "F.l1_loss(a, b)", "F.huber_loss(a, b)",
      "F.layer_norm(a, [3], b[0], b[1])",
      "F.batch_norm(a, None, None, b[0], b[1], True)"], pairs(of_rank(2))),
]


def plain(value):
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def stored(value):
    return {"dtype": str(value.dtype).removeprefix("torch."), "shape": list(value.shape),
            "data": [plain(v) for v in value.double().flatten().tolist()]}


def rows_of(table, meet):
    """What torch makes of each expression with the names of operands for the letters a and b."""
    for texts, cases in table:
        for text, names in itertools.product(texts, cases):
            text = re.sub(r"\b[ab]\b", lambda letter: names["ab".index(letter[0])], text)
            operands = OPERANDS | (meeting(names) if meet else {})
            try:
                yield {"torch": text} | stored(eval(text, {"torch": torch, "F": F} | operands))
            except (RuntimeError, TypeError):
                assert not meet


def meeting(names):
    target = torch.result_type(*(OPERANDS[name] for name in [names[0], names[-1]]))
    if not target.is_floating_point:
        target = torch.get_default_dtype()
    return {name: OPERANDS[name].to(target) for name in names}


def line(value):
    return json.dumps(value, separators=(",", ":"))


def main():
    head = {"schema": "nnrepl-promotion/1", "torch_version": torch.__version__,
            "operands": {name: stored(tensor) for name, tensor in OPERANDS.items()}}
    text = line(head)[:-1]
    for default in (torch.float32, torch.float64):
        torch.set_default_dtype(default)
        rows = map(line, [*rows_of(TABLE, False), *rows_of(MEETING, True)])
        text += f',"{stored(torch.zeros(0))["dtype"]}":[\n' + ",\n".join(rows) + "\n]"
    pathlib.Path(__file__).with_name("promotion.json").write_text(text + "}\n")


main()

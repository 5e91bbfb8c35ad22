#!/usr/bin/env python3
"""Makes hessian.json: all second derivatives of a two-layer tanh network, from PyTorch in float64.

Rows and columns are the entries of w1, b1, w2 and b2, in this order and row by row; `gradient` has the same order.
"""
import json
import pathlib

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)

DATA = {
    "x": torch.tensor([[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0], [0.1, 0.9]]),
    "target": torch.tensor([[1.0], [-0.5], [0.25], [2.0]]),
}
PARAMETERS = {
    "w1": torch.tensor([[0.4, -0.7], [1.1, 0.3], [-0.2, 0.8]]), "b1": torch.tensor([0.1, -0.3, 0.2]),
    "w2": torch.tensor([[0.9, -1.2, 0.6]]), "b2": torch.tensor([-0.15]),
}


def loss(flat):
    parts = torch.split(flat, [p.numel() for p in PARAMETERS.values()])
    w1, b1, w2, b2 = (part.reshape(p.shape) for part, p in zip(parts, PARAMETERS.values()))
    return F.mse_loss(F.linear(torch.tanh(F.linear(DATA["x"], w1, b1)), w2, b2), DATA["target"])


def stored(tensors):
    return {name: {"shape": list(t.shape), "data": t.flatten().tolist()} for name, t in tensors.items()}


def main():
    flat = torch.cat([p.flatten() for p in PARAMETERS.values()])
    made = {
        "loss": loss(flat), "gradient": torch.autograd.functional.jacobian(loss, flat),
        "hessian": torch.autograd.functional.hessian(loss, flat),
    }
    whole = {
        "schema": "nnrepl-hessian/1", "torch_version": torch.__version__,
        "torch": "F.mse_loss(F.linear(torch.tanh(F.linear(x, w1, b1)), w2, b2), target)",
        "inputs": stored(DATA), "params": stored(PARAMETERS), "outputs": stored(made),
    }
    pathlib.Path(__file__).with_name("hessian.json").write_text(json.dumps(whole) + "\n")


main()

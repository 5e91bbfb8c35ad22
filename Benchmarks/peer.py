"""Measures PyTorch and JAX for `run`: a request in JSON per line in, the CPU seconds of a call, block by block, out."""
import json
import os
import sys

# One thread, of JAX too.
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
import torch

import models
from measure.tail import measure


def operation(setup, forward, inputs):
    """Calls of an expression over what the setup defines: without a gradient, or with that of the inputs."""
    names = {**vars(torch), **vars(torch.nn.functional), "torch": torch, "F": torch.nn.functional}
    exec(setup, names)
    compute = eval(f"lambda: {forward}", names)
    if not inputs:
        return compute
    leaves = [names[name].requires_grad_() for name in inputs]
    ones = torch.ones_like(compute())

    def step():
        for leaf in leaves:
            leaf.grad = None
        compute().backward(ones)

    return step


torch.set_num_threads(1)
for line in sys.stdin:
    request = json.loads(line)
    torch.manual_seed(0)
    try:
        if "model" in request:
            step = getattr(models, request["model"])(**request["settings"])
        else:
            step = operation(request["setup"], request["forward"], request["inputs"])
        answer = measure(step, request["budget"])
    except Exception as error:
        answer = f"{type(error).__name__}: {error}".splitlines()[0]
    print(json.dumps(answer), flush=True)

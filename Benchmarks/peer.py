"""Measures the peers' side: a request in JSON per line in, the CPU seconds of one call, block by block, out."""
import json
import os
import sys
import time

# One thread, of JAX too.
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
import torch

import models

BLOCKS = 10


def measure(step, budget):
    """As `measure` of measure.nn does."""
    step()
    start = time.process_time()
    step()
    once = max(time.process_time() - start, 1e-7)
    n = max(1, int(budget / BLOCKS / once))
    times = []
    for _ in range(min(BLOCKS, max(3, int(budget / once)))):
        start = time.process_time()
        for _ in range(n):
            step()
        times.append((time.process_time() - start) / n)
    return times


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

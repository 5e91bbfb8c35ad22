"""Makes indexing.json: what PyTorch picks for every mixture of index entries, ranks 2 to 4.

    python3 Tests/SessionTests/Sweeps/indexing.py > Tests/SessionTests/Sweeps/indexing.json

A row is the index as nn writes it, the shape of the result, and the sum of element i times i + 1, which
tells the order of the elements too.
"""

import itertools
import json

import torch

ENTRIES = ["1", ":", "1:", "[1, 0]", "[[1], [0]]", "[1]", "none"]
FEW = ["1", ":", "[1, 0]", "none"]


def row(text, x):
    python = text.replace("none", "None")
    y = eval(f"x[{python},]", {"x": x})
    weights = torch.arange(1, y.numel() + 1)
    return [text, list(y.shape), int((y.reshape(-1) * weights).sum())]


rows = {}
for rank in (2, 3, 4):
    x = torch.arange(120).reshape([2, 3, 4, 5])[(0,) * (4 - rank)]
    found = []
    for count in range(1, rank + 2):
        for entries in itertools.product(ENTRIES if count < 4 else FEW, repeat=count):
            used = sum(e != "none" for e in entries)
            if used > rank or entries.count("none") > 1 or not any("[" in e for e in entries):
                continue
            found.append(row(", ".join(entries), x))
            if used < rank and "none" not in entries:
                for place in range(count):
                    mixed = entries[:place] + ("...",) + entries[place:]
                    found.append(row(", ".join(mixed), x))
    rows[str(rank)] = found

lines = [f'"{rank}": [\n' + ",\n".join(map(json.dumps, found)) + "\n]" for rank, found in rows.items()]
print("{\n" + ",\n".join(lines) + "\n}")

"""How time grows: the CPU time per item of what programs do a lot of, over three decades. Flat is good.

python3 growth.py NNREPL
"""
import os
import resource
import subprocess
import sys
import tempfile

program = sys.argv[1]
SIZES = 1_000, 10_000, 100_000


def lines(line):
    return lambda n: "\n".join(line.replace("#", str(i)) for i in range(n))


KINDS = {
    "statements": lines("x = #"),
    "new names": lines("a# = #"),
    "new names of tracked values": lambda n: "param w = 2\n" + lines("a# = w*#")(n),
    "appended items": lambda n: f"xs = list()\nfor i in range({n}) {{ append(xs, i) }}",
    "scalar steps, backward": lambda n: (
        f"param w = 0.5\ns = w\nfor i in range({n}) {{ s = s*0.999 + w }}\ns.backward()"
    ),
    "rows x[i] of a parameter": lambda n: (
        f"param x = zeros({n}, 4)\ns = 0\nfor i in range({n}) {{ s = s + sum(x[i]) }}\ns.backward()"
    ),
    "rnn over a tracked input": lambda n: (
        f"param x = zeros({n}, 1, 4)\nout, h = rnn(4, 4)(x)\nsum(out).backward()"
    ),
    "forward, told in silence": lambda n: (
        f"param w = 0.5\ns = w\nfor i in range({n}) {{ s = s*0.999 + w }}\ns.forward()"
    ),
    "cells, then as many :undo": lambda n: lines("a = #")(n) + "\n:undo" * n,
    "cells, each taken back": lines("a = #\n:undo"),
    "rows of a CSV": None,
    "lines compared by --check": None,
}
# Entries of a session, not a script.
TYPED = "cells, then as many :undo", "cells, each taken back"


def seconds(arguments, folder, entries=None):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(entries or os.devnull) as typed:
        subprocess.run(
            [program, *arguments], cwd=folder, stdin=typed, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def run(kind, n, folder):
    path = os.path.join(folder, "program.nn")
    options = ["run", "--quiet"]
    if kind == "rows of a CSV":
        text = 'd = load_csv("data.csv")\n'
        with open(os.path.join(folder, "data.csv"), "w") as data:
            data.write("a,b,c\n" + "1.5,2.5,0\n" * n)
    elif kind == "lines compared by --check":
        text = f"for i in range({n}) {{ print(i) }}\n"
        options = ["run", "--check"]
        with open(path + ".out", "w") as record:
            record.write("".join(f"other {i}\n" for i in range(n)))
    else:
        text = KINDS[kind](n) + "\n"
    with open(path, "w") as file:
        file.write(text)
    if kind in TYPED:
        best = min(seconds([], folder, entries=path) for _ in range(3))
    else:
        best = min(seconds([*options, path], folder) for _ in range(3))
    return best - start(folder)


def start(folder, known=[]):
    if not known:
        path = os.path.join(folder, "nothing.nn")
        open(path, "w").close()
        known.append(min(seconds(["run", "--quiet", path], folder) for _ in range(9)))
    return known[0]


program = os.path.realpath(program)
print(f"{'microseconds of CPU per item, n =':34}" + "".join(f"{n:>10,}" for n in SIZES) + "   last / middle")
with tempfile.TemporaryDirectory() as folder:
    for kind in KINDS:
        times = [run(kind, n, folder) / n * 1e6 for n in SIZES]
        print(f"{kind:34}" + "".join(f"{t:10.2f}" for t in times) + f"{times[-1] / max(times[1], 1e-9):15.2f}")

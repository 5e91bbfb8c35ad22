"""How time grows: the CPU time per item of what programs do a lot of, over three decades. Flat is good.

python3 growth.py NNREPL
"""
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile

program = os.path.realpath(sys.argv[1])
root = pathlib.Path(__file__).resolve().parent.parent
SIZES = 1_000, 10_000, 100_000


# Each kind says how n items are made in a folder: the arguments of the program, and what is typed into it.
def script(text):
    def make(n, folder):
        (folder / "program.nn").write_text(text(n) + "\n")
        return ["run", "--quiet", "program.nn"], os.devnull

    return make


def typed(text):
    def make(n, folder):
        (folder / "entries").write_text(text(n) + "\n")
        return [], folder / "entries"

    return make


def lines(line):
    return lambda n: "\n".join(line.replace("#", str(i)) for i in range(n))


def rows(n, folder):
    (folder / "data.csv").write_text("a,b,c\n" + "1.5,2.5,0\n" * n)
    return script(lambda n: 'd = load_csv("data.csv")')(n, folder)


def compared(n, folder):
    (folder / "program.nn").write_text(f"for i in range({n}) {{ print(i) }}\n")
    (folder / "program.nn.out").write_text("".join(f"other {i}\n" for i in range(n)))
    return ["run", "--check", "program.nn"], os.devnull


def submissions(n, folder):
    for i in range(n):
        (folder / f"class/s{i:04}").mkdir(parents=True)
        shutil.copy(root / "lessons/solutions/ex03.nn", folder / f"class/s{i:04}")
    course = ["--course", root / "lessons", "--secret", root / "Tests/Course", "--exercise", "ex03"]
    return ["grade", "class", *course, "--jobs", "1", "--format", "csv"], os.devnull


KINDS = {
    "statements": script(lines("x = #")),
    "new names": script(lines("a# = #")),
    "new names of tracked values": script(lambda n: "param w = 2\n" + lines("a# = w*#")(n)),
    "appended items": script(
        lambda n: f"xs = list()\nfor i in range({n}) {{ append(xs, i) }}"),
    "scalar steps, backward": script(
        lambda n: f"param w = 0.5\ns = w\nfor i in range({n}) {{ s = s*0.999 + w }}\ns.backward()"),
    "tensor steps, backward": script(
        lambda n: f"param w = randn(4)\nx = randn(4)\ns = x\nfor i in range({n}) {{ s = s*0.999 + w*x }}\n"
        "sum(s).backward()"),
    "rows x[i] of a parameter": script(
        lambda n: f"param x = zeros({n}, 4)\ns = 0\nfor i in range({n}) {{ s = s + sum(x[i]) }}\ns.backward()"),
    "rnn over a tracked input": script(
        lambda n: f"param x = zeros({n}, 1, 4)\nout, h = rnn(4, 4)(x)\nsum(out).backward()"),
    "forward, told in silence": script(
        lambda n: f"param w = 0.5\ns = w\nfor i in range({n}) {{ s = s*0.999 + w }}\ns.forward()"),
    "cells, then as many :undo": typed(lambda n: lines("a = #")(n) + "\n:undo" * n),
    "cells, each taken back": typed(lines("a = #\n:undo")),
    "rows of a CSV": rows,
    "lines compared by --check": compared,
    "submissions": submissions,
}
# Slow items: so many times fewer of them, and run once.
FEWER = {"submissions": 1_000}


def seconds(arguments, entries, folder):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(entries) as typed:
        subprocess.run(
            [program, *arguments], cwd=folder, stdin=typed, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def least(make, n, runs):
    with tempfile.TemporaryDirectory() as folder:
        arguments, entries = make(n, pathlib.Path(folder))
        return min(seconds(arguments, entries, folder) for _ in range(runs))


start = least(script(lambda n: ""), 0, 9)
print(f"{'microseconds of CPU per item, n =':34}" + "".join(f"{n:>10,}" for n in SIZES) + "   last / middle")
for kind, make in KINDS.items():
    fewer = FEWER.get(kind, 1)
    times = [(least(make, n // fewer, 1 if fewer > 1 else 3) - start) / (n // fewer) * 1e6 for n in SIZES]
    name = f"{kind}, n/{fewer:,}" if fewer > 1 else kind
    print(f"{name:34}" + "".join(f"{t:10.2f}" for t in times) + f"{times[-1] / max(times[1], 1e-9):15.2f}", flush=True)

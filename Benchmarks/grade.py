"""Grades a generated class of 300 and tells submissions per second and the most memory that was held.

usage: grade.py [NNREPL] [COUNT]    (a release build; from this folder)
"""
import os, pathlib, random, subprocess, sys, tempfile, threading, time

root = pathlib.Path(__file__).resolve().parent.parent
program = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else root / ".build/release/nnrepl")
count = int(sys.argv[2]) if len(sys.argv) > 2 else 300
solution = (root / "lessons/solutions/ex03.nn").read_text()
mutants = [p.read_text() for p in sorted((root / "Tests/Course/mutants").glob("ex03-*"))]
loop = "\nfn grad_b(x, w, b, t) { while true { } }\n"
deep = "\nfn grad_b(x, w, b, t) = 1 + grad_b(x, w, b, t)\n"
bomb = "\nxs = list(); while true { append(xs, ones(100000)) }\n"
flood = "\nrepeat 100000 { print(\"x\") }\n"


def tree(pid):
    """Resident bytes of each process below and including pid."""
    sizes, children = {}, {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                parent = int(open(f"/proc/{entry}/stat").read().rsplit(")", 1)[1].split()[1])
                pages = int(open(f"/proc/{entry}/statm").read().split()[1])
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(entry))
            sizes[int(entry)] = pages * os.sysconf("SC_PAGESIZE")
    found, waiting = [], [pid]
    while waiting:
        here = waiting.pop()
        found.append(sizes.get(here, 0))
        waiting += children.get(here, [])
    return found


random.seed(1)
with tempfile.TemporaryDirectory() as place:
    for i in range(count):
        kind = random.choice(["right"] * 10 + ["mutant"] * 10 + ["loop", "deep", "bomb", "flood", "bytes", "link"])
        folder = pathlib.Path(place) / f"s{i:03d}"
        if kind == "link":
            folder.symlink_to("/etc")
            continue
        folder.mkdir()
        text = solution + {
            "mutant": random.choice(mutants), "loop": loop, "deep": deep, "bomb": bomb, "flood": flood,
        }.get(kind, "")
        (folder / "ex03.nn").write_bytes(random.randbytes(3000) if kind == "bytes" else text.encode())
    start = time.time()
    process = subprocess.Popen(
        [program, "grade", place, "--course", root / "lessons", "--secret", root / "Tests/Course",
         "--exercise", "ex03", "--jobs", "2", "--format", "csv"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    peak = [0, 0]

    def watch():
        while process.poll() is None:
            sizes = tree(process.pid)
            peak[0], peak[1] = max(peak[0], sum(sizes)), max(peak[1], max(sizes))
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    rows = process.stdout.read().decode().splitlines()
    process.wait()
    seconds = time.time() - start
    watcher.join()
    print(f"{len(rows) - 1} records in {seconds:.1f} s: {count / seconds:.0f} submissions per second; "
          f"most memory {peak[0] >> 20} MB in all, {peak[1] >> 20} MB in one process")

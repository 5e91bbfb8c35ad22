"""Compares two builds of nnrepl by the CPU time and the memory of whole processes.

usage: against.py NEW OLD ROUNDS PROGRAM...    (from this folder, by `run --against OLD`)

Each round runs a program twice with each build, in turn, and the minimum counts: other work on the machine only
ever adds. A build's two series are one build against itself, so they tell how far a minimum itself wanders; a
program is slower if it is so by more than 3 % beyond that. Ends with 1 if one is.
"""
import os
import sys

LIMIT = 0.03
# Short programs are run for at least so many seconds in all: nine runs of 15 ms say little.
SECONDS = 8
# What looks slower, or is too noisy to tell, is measured on, up to so often.
ATTEMPTS = 3


def measure(command):
    """User and system seconds of one run, and its most resident memory in bytes."""
    child = os.posix_spawn(
        command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
    _, status, usage = os.wait4(child, 0)
    if status != 0:
        sys.exit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


class Comparison:
    def __init__(self, new, old, arguments):
        self.commands = {"new": [new, *arguments], "old": [old, *arguments]}
        self.series = {"new": ([], []), "old": ([], [])}

    def run(self, rounds):
        """Adds rounds: new, old, old, new, then the other way round, so that neither always follows the other."""
        turn, spent = 0, 0
        while turn < rounds or spent < SECONDS:
            first, second = ("new", "old") if turn % 2 == 0 else ("old", "new")
            for build, half in ((first, 0), (second, 0), (second, 1), (first, 1)):
                self.series[build][half].append(measure(self.commands[build]))
                spent += self.series[build][half][-1][0]
            turn += 1

    def least(self, build, field):
        return min(run[field] for half in self.series[build] for run in half)

    @property
    def ratio(self):
        return self.least("new", 0) / self.least("old", 0)

    @property
    def noise(self):
        pairs = [[min(run[0] for run in half) for half in halves] for halves in self.series.values()]
        return max(max(pair) / min(pair) for pair in pairs) - 1

    @property
    def is_clear(self):
        return self.noise <= LIMIT and not self.is_slower

    @property
    def is_slower(self):
        return self.ratio > 1 + LIMIT + self.noise


def main(new, old, rounds, programs):
    print(f"{'CPU time, peak memory':24}{'new':>12}{'old':>12}{'new/old':>9}{'noise':>8}{'new':>10}{'old':>10}")
    slower = []
    for name, arguments in [("start-up", ["-e", "1"])] + [(p, ["run", "--quiet", p]) for p in programs]:
        comparison = Comparison(new, old, arguments)
        for _ in range(ATTEMPTS):
            comparison.run(rounds)
            if comparison.is_clear:
                break
        if comparison.is_slower:
            slower.append(f"{name} ({comparison.ratio - 1:.1%}, noise {comparison.noise:.1%})")
        times, sizes = ([comparison.least(build, field) for build in ("new", "old")] for field in (0, 1))
        print(f"{name:24}" + "".join(f"{time * 1e3:9.1f} ms" for time in times)
              + f"{comparison.ratio:9.3f}{comparison.noise:8.1%}"
              + "".join(f"{size / 1e6:7.0f} MB" for size in sizes), flush=True)
    if slower:
        sys.exit(f"slower by more than {LIMIT:.0%} beyond the noise: {', '.join(slower)}")
    print(f"nothing is slower by more than {LIMIT:.0%} beyond the noise")


main(*(os.path.abspath(path) for path in sys.argv[1:3]), int(sys.argv[3]), sys.argv[4:])

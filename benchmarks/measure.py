"""Measure whole processes: wall time, CPU time and peak memory of one command."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from cases import TICKS, WARM, Case

BROKEN_PIPE: Final = (-13, 141)


class Run(NamedTuple):
    """One run: wall seconds, CPU seconds (user and system), peak MiB."""

    wall: float
    cpu: float
    memory: float


@dataclass(frozen=True)
class Pairs:
    """Alternating runs of c3s and kubectl. growth: how much the peak memory of a watch grew with its ticks."""

    c3s: list[Run] = field(default_factory=list)
    kubectl: list[Run] = field(default_factory=list)
    growth: list[float] = field(default_factory=list)

    def median(self, who: str, what: str) -> float:
        """Return the median of `wall`, `cpu` or `memory` of one side."""
        return float(statistics.median(getattr(run, what) for run in getattr(self, who)))

    def ratio(self, what: str) -> float:
        """Return the ratio of the medians, c3s / kubectl."""
        return self.median("c3s", what) / self.median("kubectl", what)

    def spread(self, what: str) -> tuple[float, float]:
        """Return the smallest and the largest ratio of all pairs."""
        ratios = [
            getattr(ours, what) / getattr(theirs, what) for ours, theirs in zip(self.c3s, self.kubectl, strict=True)
        ]
        return min(ratios), max(ratios)


@dataclass(frozen=True)
class Programs:
    """The two programs, and the environment that both run in."""

    c3s: Sequence[str]
    kubectl: Sequence[str]
    environment: Mapping[str, str]

    def run_c3s(self, case: Case, target: Sequence[str], *more: str) -> Run:
        """Run c3s once."""
        command = [*self.c3s, *case.c3s.split(), *more, *target]
        return run_once(command, self.environment, first_line=case.first_line)

    def run_kubectl(self, case: Case, target: Sequence[str]) -> Run:
        """Run kubectl once."""
        return run_once([*self.kubectl, *case.kubectl.split(), *target], self.environment)

    def tick(self, case: Case, target: Sequence[str]) -> tuple[Run, float]:
        """Measure one tick of a watch, averaged over many, and the growth of the peak memory."""
        pace = ("--interval", "0.01", "--count")
        few = self.run_c3s(case, target, *pace, str(WARM))
        many = self.run_c3s(case, target, *pace, str(WARM + TICKS))
        run = Run((many.wall - few.wall) / TICKS, (many.cpu - few.cpu) / TICKS, many.memory)
        return run, many.memory / few.memory


def run_once(command: Sequence[str], environment: Mapping[str, str], *, first_line: bool = False) -> Run:
    """Run a command, its output discarded or closed after one line. RuntimeError if it fails."""
    output = subprocess.PIPE if first_line else subprocess.DEVNULL
    begun = time.perf_counter()
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.PIPE, env=environment
    ) as process:
        if process.stdout:
            process.stdout.readline()
            process.stdout.close()
        errors = process.stderr.read().decode() if process.stderr else ""
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in ((0, *BROKEN_PIPE) if first_line else (0,)):
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {errors}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def side_by_side(programs: Programs, cases: Sequence[Case], target: Sequence[str], pairs: int) -> list[Pairs]:
    """Alternate between kubectl and the cases compared with it: one warm-up turn, then `pairs` turns."""
    taken = [Pairs() for _ in cases]
    for turn in range(pairs + 1):
        theirs = programs.run_kubectl(cases[0], target)
        for case, pair in zip(cases, taken, strict=True):
            ours, growth = programs.tick(case, target) if case.is_watch else (programs.run_c3s(case, target), 1.0)
            if turn:
                pair.c3s.append(ours)
                pair.kubectl.append(theirs)
                pair.growth.append(growth)
    return taken

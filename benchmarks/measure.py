"""Whole processes, measured: wall time, CPU time and peak memory of one command."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple


class Run(NamedTuple):
    """One run: seconds on the clock, seconds of CPU (user and system), MiB at the peak."""

    wall: float
    cpu: float
    memory: float


@dataclass(frozen=True)
class Pair:
    """Runs of c3s and of kubectl, taken in turn."""

    c3s: list[Run]
    kubectl: list[Run]

    def median(self, who: str, what: str) -> float:
        """Give the median of `wall`, `cpu` or `memory` of one side."""
        return float(statistics.median(getattr(run, what) for run in getattr(self, who)))

    def ratio(self, what: str) -> float:
        """Give c3s / kubectl, of the medians."""
        return self.median("c3s", what) / self.median("kubectl", what)

    def spread(self, what: str) -> tuple[float, float]:
        """Give the smallest and the largest ratio of the pairs."""
        ratios = [
            getattr(ours, what) / getattr(theirs, what) for ours, theirs in zip(self.c3s, self.kubectl, strict=True)
        ]
        return min(ratios), max(ratios)


def run_once(command: Sequence[str], environment: dict[str, str]) -> Run:
    """Run a command to its end, its output drained to nowhere. RuntimeError if it fails."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment
    )
    errors = process.stderr.read().decode() if process.stderr else ""
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.stderr:
        process.stderr.close()
    if process.returncode not in (0, 141):
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {errors}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def side_by_side(c3s: Sequence[str], kubectl: Sequence[str], environment: dict[str, str], pairs: int) -> Pair:
    """Run both in turn: once unmeasured, so that both are warm, then as often as asked."""
    taken = Pair([], [])
    for turn in range(pairs + 1):
        for command, runs in ((kubectl, taken.kubectl), (c3s, taken.c3s)):
            run = run_once(command, environment)
            if turn:
                runs.append(run)
    return taken


def clean_environment(home: Path) -> dict[str, str]:
    """Give both programs the same: nothing of this machine's Kubernetes, and Python's compiled modules in place."""
    kept = {key: value for key, value in os.environ.items() if key in ("PATH", "LANG", "LC_ALL", "TMPDIR")}
    return {**kept, "HOME": str(home)}


def c3s_command() -> list[str]:
    """Give the installed console script beside this interpreter: never a shim that looks for one."""
    script = Path(sys.executable).with_name("c3s")
    return [str(script)] if script.exists() else [sys.executable, "-m", "c3s_cli"]

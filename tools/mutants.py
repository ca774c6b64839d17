"""`python -m tools.mutants [ROOM…]`: break the code in small ways with mutmut, and count the breaks that tests notice.

A mutant is first judged by the tests of its own room, those of them that call the function; if it survives, by the
tests next door. What was killed stays so until its function changes; --fresh judges everything again.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[1]
WORK: Final = ROOT / ".mutants"


class Judges(NamedTuple):
    """The tests that judge the mutants of a room: its own, and those next door."""

    near: tuple[str, ...]
    wider: tuple[str, ...]


ROOMS: Final = {
    "amounts": Judges(("tests/amounts",), ("tests/sources/test_reading.py", "tests/output/test_formats.py")),
    "analysis": Judges(
        ("tests/analysis",),
        (
            "tests/commands/test_fit.py",
            *("tests/commands/test_fit_manifests.py", "tests/commands/test_fit_without.py"),
            "tests/run/test_live.py",
            "tests/sources/test_prometheus.py",
            "tests/conformance",
        ),
    ),
    "columns": Judges(
        (
            *("tests/columns", "tests/commands/test_commands.py", "tests/commands/test_shown_columns.py"),
            *("tests/analysis/test_report.py", "tests/output", "tests/commands/test_fit.py"),
        ),
        ("tests/sources/test_prometheus.py",),
    ),
    "request": Judges(
        (
            *(
                "tests/request",
                "tests/columns",
                "tests/commands/test_commands.py",
                "tests/commands/test_shown_columns.py",
            ),
            *("tests/commands/test_usage_errors.py", "tests/commands/test_conditions.py"),
        ),
        ("tests/commands/test_fit.py", "tests/commands/test_fit_manifests.py", "tests/run", "tests/conformance"),
    ),
    "sources": Judges(
        (
            *("tests/sources", "tests/commands/test_fit_manifests.py", "tests/commands/test_fit_wrong_manifests.py"),
            "tests/doctor",
        ),
        ("tests/commands/test_commands.py", "tests/run", "tests/conformance"),
    ),
    "kube": Judges(
        (
            *(
                f"tests/kube/test_{name}.py"
                for name in [
                    "credentials",
                    "deadline",
                    "dial",
                    "faults",
                    "kubeconfig",
                    "nevers",
                    "plugin",
                    "streaming",
                    "tls",
                    "transport",
                    "true_words",
                ]
            ),
            "tests/run/test_contexts.py",
            "tests/sources/test_prometheus.py",
        ),
        ("tests/kube/test_kubectl_proxy.py",),
    ),
}
# These start programs, which mutmut cannot look into, or take long.
PASSED_OVER: Final = (
    "tests/sources/test_engines.py",
    "tests/analysis/test_fit.py::test_fit_finds_what_a_simulation_finds",
    "tests/kube/test_tls.py::test_the_plain_import_reads_the_same_with_credentials",
    "tests/kube/test_tls.py::test_private_keys_leave_nothing_behind",
    "tests/kube/test_streaming.py::test_silence_breaks_off_and_the_bound_of_other_requests_does_not",
    "tests/kube/test_transport.py::test_a_run_says_what_took_its_time",
)
# What pytest ends with: 1 a test failed, 2 it was interrupted, 3 it broke. By a signal: the time limit, or a crash.
NOTICED: Final = frozenset((1, 2, 3, 24, 36, 152, 255, -24, -9, -11))
SETTINGS: Final = """
[tool.mutmut]
source_paths = ["c3s_cli"]
only_mutate = {files}
also_copy = ["docs", "tools"]
process_isolation = "forkserver"
use_git_change_detection = false
pytest_add_cli_args = {options}
pytest_add_cli_args_test_selection = {tests}
"""


def options_of(tests: Sequence[str]) -> list[str]:
    """Return the options of pytest for some tests."""
    left_out = [f"--deselect={test}" for test in PASSED_OVER if test.startswith(tuple(tests))]
    return ["-p", "no:cacheprovider", "-p", "tools.brief", *left_out]


class Score(NamedTuple):
    """How the mutants of one room fared."""

    room: str
    mutants: int
    judged: int
    killed: int

    @property
    def percent(self) -> float:
        """The share of the judged mutants that a test noticed."""
        return 100 * self.killed / self.judged if self.judged else 100.0


class Bench:
    """A folder in which the mutants of a room are made and judged; the verdicts are kept there."""

    def __init__(self, room: str) -> None:
        self.room = room
        self.folder = WORK / room
        self.code = self.folder / "mutants"
        told = SETTINGS.format(
            files=json.dumps([f"c3s_cli/{room}/*"]),
            options=json.dumps(options_of(ROOMS[room].near)),
            tests=json.dumps(ROOMS[room].near),
        )
        settings = self.folder / "pyproject.toml"
        if settings.exists() and not settings.read_text("utf-8").endswith(told):
            shutil.rmtree(self.folder)  # mutmut would forget the verdicts, too, but later
        self.code.mkdir(parents=True, exist_ok=True)
        for linked in ("c3s_cli", "tests", "docs", "tools"):
            link = self.folder / linked
            link.unlink(missing_ok=True)
            link.symlink_to(ROOT / linked)
        shutil.rmtree(self.code / "tests", ignore_errors=True)  # a test that was deleted judges no more
        settings.write_text((ROOT / "pyproject.toml").read_text("utf-8") + told, "utf-8")

    def mutmut(self, *words: str, output: Any = None) -> subprocess.CompletedProcess[str]:
        """Run mutmut there."""
        program = Path(sys.executable).with_name("mutmut")
        return subprocess.run([program, *words], cwd=self.folder, check=False, text=True, stdout=output)

    def make(self) -> list[str]:
        """Make the mutants of the files that have changed; name all of them."""
        os.chdir(self.folder)  # mutmut reads its settings from there
        import_module("mutmut.configuration").reset_config()
        files: Any = import_module("mutmut.utils.file_utils")
        files.copy_src_dir()
        files.copy_also_copy_files()
        import_module("mutmut.__main__").create_mutants(os.cpu_count() or 1)
        return sorted(name for name in self._verdicts() if name.startswith(f"c3s_cli.{self.room}."))

    def _verdicts(self) -> dict[str, int | None]:
        """Return the exit code of the tests of the room for each mutant; None if they have not run."""
        found: dict[str, int | None] = {}
        for file in (self.code / "c3s_cli").rglob("*.meta"):
            found |= json.loads(file.read_text("utf-8"))["exit_code_by_key"]
        return found

    def survivors(self, names: Iterable[str]) -> list[str]:
        """Return the mutants that no test of the room has noticed so far."""
        codes = self._verdicts()
        return [name for name in names if codes[name] not in NOTICED]

    def judge(self, names: Sequence[str], jobs: int) -> None:
        """Judge mutants by the tests of the room."""
        if names and (code := self.mutmut("run", "--max-children", str(jobs), *names).returncode):
            sys.exit(code)

    def noticed_next_door(self, name: str) -> bool:
        """Judge a mutant by the tests next door; an empty name is the code as it is."""
        tests = ROOMS[self.room].wider
        words = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "--tb=no", *options_of(tests), *tests]
        told = {**os.environ, "MUTANT_UNDER_TEST": name}
        return subprocess.run(words, cwd=self.code, env=told, check=False, stdout=subprocess.DEVNULL).returncode != 0


def judged(room: str, sample: int, seed: int, jobs: int, *, near: bool) -> Score:
    """Judge the mutants of a room, or a random sample of them."""
    bench = Bench(room)
    mutants = bench.make()
    chosen = mutants
    if 0 < sample < len(mutants):
        chosen = sorted(random.Random(seed).sample(mutants, sample))  # noqa: S311 - no secret
    bench.judge(bench.survivors(chosen), jobs)
    left = bench.survivors(chosen)
    if left and not near:
        if bench.noticed_next_door(""):
            sys.exit(f"the tests next door to {room} fail without a mutant")
        left = [name for name in left if not bench.noticed_next_door(name)]
    with (WORK / f"{room}.survivors").open("w", encoding="utf-8") as file:
        for name in left:
            file.write(bench.mutmut("show", name, output=subprocess.PIPE).stdout + "\n")
    return Score(room, len(mutants), len(chosen), len(chosen) - len(left))


def main(argv: Sequence[str]) -> int:
    """Judge rooms and print a table. Return 1 if too few mutants were killed in one of them."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutants")
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=f"any of: {', '.join(ROOMS)} (default: all)")
    parser.add_argument("--sample", type=int, default=150, help="so many mutants of each room; 0: all (default: 150)")
    parser.add_argument("--seed", type=int, default=1, help="of the random sample (default: 1)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="mutants at a time")
    parser.add_argument("--near", action="store_true", help="judge by the tests of the room only")
    parser.add_argument("--least", type=float, default=85, help="percent that must be killed (default: 85)")
    parser.add_argument("--fresh", action="store_true", help="forget earlier verdicts")
    told = parser.parse_args(argv)
    rooms = told.rooms or list(ROOMS)
    if unknown := [room for room in rooms if room not in ROOMS]:
        parser.error(f"unknown room: {', '.join(unknown)}")
    if told.fresh:
        shutil.rmtree(WORK, ignore_errors=True)
    scores = [judged(room, told.sample, told.seed, told.jobs, near=told.near) for room in rooms]
    print("\n| Room | Mutants | Judged | Killed | Score |\n|---|---|---|---|---|")
    for score in scores:
        print(f"| `{score.room}` | {score.mutants:,} | {score.judged:,} | {score.killed:,} | {score.percent:.0f} % |")
    print(f"\nsurvivors, as diffs: {', '.join(str(WORK / f'{room}.survivors') for room in rooms)}")
    return int(any(score.percent < told.least for score in scores))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

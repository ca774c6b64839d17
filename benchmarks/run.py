"""Compare c3s with kubectl in one run: `make bench`.

Prints a Markdown table and writes every run to benchmarks/results/. c3s is $C3S, or the one of this interpreter's
environment. kubectl is $KUBECTL, or the one on PATH (if that is a dispatcher, the newest kubectl.1.* in its directory).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import report
from cases import CASES, SIZES, Case
from measure import Pairs, Programs, side_by_side
from servers import HERE, demo, target

PAGE: Final = HERE.parent / "docs" / "performance.md"
BEGIN, END = "<!-- measured -->\n", "<!-- end -->"


def find_kubectl() -> str:
    """Return $KUBECTL, the kubectl on PATH, or the newest real one in a dispatcher's directory."""
    found = os.environ.get("KUBECTL") or shutil.which("kubectl")
    if found is None:
        sys.exit("no kubectl on PATH: set KUBECTL")
    if "-dispatcher" not in version_of(found):
        return found
    beside = [path for path in Path(found).resolve().parent.glob("kubectl.1.*") if path.suffix[1:].isdecimal()]
    return str(max(beside, key=lambda path: int(path.suffix[1:]))) if beside else found


def version_of(kubectl: str) -> str:
    """Return the version that kubectl reports."""
    said = subprocess.run([kubectl, "version", "--client"], capture_output=True, text=True, check=True).stdout
    return said.split("\n", 1)[0].removeprefix("Client Version: ")


def programs(home: Path) -> Programs:
    """Return both programs; c3s is $C3S or the console script of this interpreter, not a shim on PATH.

    Both get the same environment: no Kubernetes settings of this machine, and a home that keeps kubectl's cache warm.
    """
    script = Path(os.environ.get("C3S") or Path(sys.executable).with_name("c3s")).absolute()
    c3s = [str(script)] if script.exists() else [sys.executable, "-m", "c3s_cli"]
    kept = {key: value for key, value in os.environ.items() if key in ("PATH", "LANG", "LC_ALL", "TMPDIR")}
    return Programs(c3s, [find_kubectl()], {**kept, "HOME": str(home)})


def measure(cases: Sequence[Case], pairs: int, home: Path) -> tuple[list[report.Result], list[tuple[Case, str]]]:
    """Measure the cases, and run each once with -v for its stages. The results have the order of the cases."""
    both = programs(home)
    results: dict[Case, Pairs] = {}
    said: list[tuple[Case, str]] = []
    for size, moves in dict.fromkeys((case.size, case.is_watch) for case in cases):
        with contextlib.ExitStack() as stack:
            port = stack.enter_context(demo(size, moves=moves)) if size in SIZES else 0
            for together in groups([case for case in cases if (case.size, case.is_watch) == (size, moves)]):
                print(" + ".join(case.title for case in together), file=sys.stderr, flush=True)
                with target(port, together[0].network, home) as flags:
                    results.update(zip(together, side_by_side(both, together, flags, pairs), strict=True))
                    said += [(case, stages_of(both, case, flags)) for case in together if port and not case.is_watch]
    return [(case, results[case]) for case in cases], said


def groups(cases: Sequence[Case]) -> list[list[Case]]:
    """Group the cases that compare with the same kubectl command, so that it runs once for all of them."""
    together: dict[tuple[str, int], list[Case]] = {}
    for case in cases:
        together.setdefault((case.kubectl, case.network), []).append(case)
    return list(together.values())


def stages_of(both: Programs, case: Case, flags: Sequence[str]) -> str:
    """Return the timings that c3s logs with -v."""
    command = [*both.c3s, *case.c3s.split(), *flags, "-v"]
    ran = subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=both.environment, check=True
    )
    return ran.stderr.rstrip("\n").rpartition("\n")[2]


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=7, help="measured runs of each program, after a warm-up run (7)")
    parser.add_argument("--only", default="", metavar="PATTERN", help="only rows that match this pattern, such as '^L'")
    parser.add_argument("--quick", action="store_true", help="three pairs, without XL")
    parser.add_argument("--write", action="store_true", help="write the whole table into docs/performance.md")
    asked = parser.parse_args()
    if asked.write and (asked.only or asked.quick):
        parser.error("--write takes the whole table from one run: it does not go with --only or --quick")
    return asked


def main() -> None:
    """Measure, print and save the results."""
    asked = arguments()
    pairs = 3 if asked.quick else asked.pairs
    cases = [case for case in CASES if re.search(asked.only, case.title) and not (asked.quick and case.size == "XL")]
    begun = time.time()
    with tempfile.TemporaryDirectory() as home:
        results, said = measure(cases, pairs, Path(home))
    about = (
        f"kubectl {version_of(find_kubectl())}, Python {sys.version.split()[0]}, {os.cpu_count()} cores, {pairs} pairs."
    )
    text = "\n".join([about, "", *report.table(results), "", report.per_pod(results), "", *report.stages(said)]) + "\n"
    print(text)
    keep(begun, about, results, said)
    if asked.write:
        head, _, rest = PAGE.read_text().partition(BEGIN)
        PAGE.write_text(f"{head}{BEGIN}{text}{END}{rest.partition(END)[2]}")


def keep(begun: float, about: str, results: Sequence[report.Result], said: Sequence[tuple[Case, str]]) -> None:
    """Write all runs to a new file in benchmarks/results/."""
    folder = HERE / "results"
    folder.mkdir(exist_ok=True)
    stages = dict(said)
    lines = [
        {**asdict(case), "runs": asdict(taken), "verdict": report.verdict(case, taken), "stages": stages.get(case)}
        for case, taken in results
    ]
    path = folder / f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(begun))}.json"
    path.write_text(json.dumps({"about": about, "lines": lines}, indent=1))


if __name__ == "__main__":
    main()

"""`python -m tests.conformance.record`: record the answers of the kubectl found here.

The goldens hold answers of several versions. Recording replaces only those of the kubectl that runs, so that
`KUBECTL=… python -m tests.conformance.record` adds a version.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.conformance.cases import cases
from tests.conformance.differences import Version
from tests.conformance.judging import GOLDENS, agree, recorded
from tests.conformance.running import Answer, Runner
from tests.conformance.server import serving
from tests.kubectl import find_kubectl, version


def main() -> int:
    """Record all cases. Returns the exit code."""
    binary = find_kubectl()
    if binary is None:
        sys.stderr.write("no kubectl found: put one on PATH, or set $KUBECTL\n")
        return 1
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    asked = version(binary)
    with tempfile.TemporaryDirectory() as folder, serving() as url:
        os.environ["HOME"] = folder
        runner = Runner(url, Path(folder))
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            theirs = list(pool.map(lambda case: runner.kubectl(binary, case), cases()))
        document = {
            str(case): entry({**recorded(case), asked: answer}, runner.c3s(case))
            for case, answer in zip(cases(), theirs, strict=True)
        }
    text = json.dumps(document, ensure_ascii=False, indent=1)
    GOLDENS.write_text(f"{text}\n", encoding="utf-8")
    sys.stdout.write(f"{len(document)} answers of kubectl {asked[0]}.{asked[1]} recorded\n")
    return 0


def entry(answers: dict[Version, Answer], own: Answer) -> dict[str, object]:
    """Group the versions by answer, and add c3s's answer if it differs from any of them."""
    said: dict[Answer, list[Version]] = {}
    for asked, answer in sorted(answers.items()):
        said.setdefault(answer, []).append(asked)
    made: dict[str, object] = {
        "kubectl": [
            {"versions": [f"{major}.{minor}" for major, minor in versions], "answer": list(answer)}
            for answer, versions in said.items()
        ]
    }
    if not all(agree(answer, own) for answer in answers.values()):
        made["c3s"] = list(own)
    return made


if __name__ == "__main__":
    sys.exit(main())

"""-o patch: a shell script, one line for each workload, which somebody reads and runs. c3s itself changes nothing."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

from c3s_cli.output.changes import WorkloadChange, changes, without_advice
from c3s_cli.report import Report
from c3s_cli.request.view import View


def patches(report: Report, view: View) -> Iterator[str]:
    """Write a `kubectl patch` for each workload, or a comment where that cannot work."""
    for change in changes(report):
        yield change.comment if change.refused else _command(change, named=report.contexts or view.context)
    yield from without_advice(report)


def _command(change: WorkloadChange, *, named: bool) -> str:
    way, patch = ("strategic", change.merge_patch()) if change.merged else ("json", change.json_patch())
    words = [
        "kubectl",
        *(("--context", change.context) if named else ()),
        *("-n", change.namespace, "patch", change.kind.lower(), change.name, "--type", way),
        *("-p", json.dumps(patch, separators=(",", ":"))),
    ]
    return " ".join(map(shlex.quote, words)) + "\n"

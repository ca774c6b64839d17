"""`c3s doctor`: check one context, from the kubeconfig to the age of its metrics, with advice for each problem."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from msgspec import structs

from c3s_cli.doctor.examination import Examination
from c3s_cli.doctor.findings import BROKEN, OK, Finding, broken
from c3s_cli.doctor.prometheus import examine_prometheus
from c3s_cli.errors import C3sError, ExitCode
from c3s_cli.kube.access import Access
from c3s_cli.kube.kubeconfig import files
from c3s_cli.output.listing import listing
from c3s_cli.request.target import Target
from c3s_cli.run.failures import of_context
from c3s_cli.run.fleet import find_fleet
from c3s_cli.run.printing import emit
from c3s_cli.run.stages import Stages

FORMATS: Final = ("table", "json", "yaml", "csv", "markdown")
HEADINGS: Final = {"check": "CHECK", "result": "RESULT", "finding": "FINDING"}


def show_findings(target: Target, namespace: str | None, format_: str, *, quiet: bool = False) -> ExitCode:
    """Check one context and print the findings, unless quiet. FAILURE if something is broken."""
    stages = Stages(target.verbosity)
    findings = list(examine(target, namespace, stages))
    rows = [structs.asdict(each) for each in findings]
    headings = HEADINGS if format_ == "table" else HEADINGS | {"hint": "HINT"}
    if not quiet:
        emit(listing(_with_hints(rows) if format_ == "table" else rows, headings, "Finding", format_))
    stages.summarize()
    return ExitCode.FAILURE if any(each.result == BROKEN for each in findings) else ExitCode.OK


def _with_hints(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Put each hint on a separate line, below its finding."""
    lines: list[Mapping[str, Any]] = []
    for row in rows:
        lines.append(row)
        if row["hint"]:
            lines.append({"check": "", "result": "", "finding": f"hint: {row['hint']}"})
    return lines


def examine(target: Target, namespace: str | None, stages: Stages) -> Iterator[Finding]:
    """Check everything in order; stop where later checks depend on a failed one."""
    if target.origin.url:
        yield from _of_url(target, stages)
        return
    with find_fleet(target, stages) as fleet:
        member = fleet.sole("c3s doctor")
        try:
            access = member.access()
        except C3sError as problem:
            yield broken("kubeconfig", problem)
            return
        yield _kubeconfig(target, access)
        try:
            cluster = member.cluster()
        except C3sError as problem:
            yield broken("credentials", problem)
            return
        of_files = not (target.demo or target.server)
        examination = Examination(
            cluster, access, namespace or cluster.namespace, target.origin, None if target.demo else local_time
        )
        for each in examination.findings(member.reader):
            yield structs.replace(each, hint=of_context(each.hint, access.name)) if of_files else each


def _of_url(target: Target, stages: Stages) -> Iterator[Finding]:
    """Examine a Prometheus at its own URL, without an API server."""
    from c3s_cli.kube.endpoint import open_endpoint  # only --from URL needs one

    try:
        endpoint = open_endpoint(target, stages.trace)
    except C3sError as problem:
        yield broken("prometheus", problem)
        return
    with closing(endpoint):
        yield from examine_prometheus(endpoint, target.origin, (*target.contexts, endpoint.context)[0], endpoint.server)


def local_time() -> float:
    """Return the time of this machine."""
    return time.time()


def _kubeconfig(target: Target, access: Access) -> Finding:
    if target.demo or target.server:
        return Finding("kubeconfig", OK, f"not needed: {'the demo' if target.demo else '--server'} is {access.server}")
    read = [path for path in files(target.kubeconfig) if Path(path).exists()]
    named = ", ".join(read) or "none, but a service account"
    return Finding("kubeconfig", OK, f"{named}: context {access.name}, server {access.server}")

"""`c3s contexts`: list the contexts of the kubeconfig; with --check, whether their clusters answer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from typing import Any, Final

import msgspec
from msgspec import Struct, structs

from c3s_cli.errors import ApiError, C3sError, ExitCode
from c3s_cli.kube.access import undefined_user
from c3s_cli.kube.contexts import Context, list_contexts
from c3s_cli.kube.deadline import Deadline
from c3s_cli.kube.kubeconfig import Merged, merge
from c3s_cli.output.listing import listing
from c3s_cli.request.target import Target
from c3s_cli.run.failures import failure_of
from c3s_cli.run.fleet import Fleet, find_fleet, run_all
from c3s_cli.run.member import Member, distinct
from c3s_cli.run.printing import emit
from c3s_cli.run.stages import Stages
from c3s_cli.sources.server import ask_metrics_server, metrics_version, server_version
from c3s_cli.terminal.stderr import say

HEADINGS: Final = {key: key.upper() for key in ("current", "name", "cluster", "user", "namespace", "server")}
CHECKED: Final = {
    "answers": "ANSWERS",
    "milliseconds": "MS",
    "serverVersion": "VERSION",
    "metricsApi": "METRICS",
    "problem": "PROBLEM",
}


class Check(Struct, frozen=True, rename="camel"):
    """The answer of one cluster. metrics_api: its version, None if none works.

    problem, hint: what is wrong and what to do; "" if nothing is.
    """

    answers: bool
    milliseconds: float | None = None
    server_version: str | None = None
    metrics_api: str | None = None
    problem: str = ""
    hint: str = ""


def show_contexts(target: Target, format_: str, *, check: bool) -> ExitCode:
    """Print the contexts; with `check`, ask their clusters."""
    stages = Stages(target.verbosity)
    merged = Merged()
    if not (target.demo or target.server):
        merged = merge(target.kubeconfig, Deadline(target.request_timeout))
    known = list_contexts(merged)
    if known and not target.contexts:
        target = structs.replace(target, all_contexts=True)
    with find_fleet(target, stages) as fleet:
        rows = [_row(target, member, known) for member in fleet.members]
        headings = HEADINGS
        checks: list[Check] = []
        if check:
            checks = check_all(fleet, quiet=stages.verbose)
            rows = [row | msgspec.to_builtins(each) for row, each in zip(rows, checks, strict=True)]
            headings = HEADINGS | CHECKED
        emit(listing(_with_star(rows, format_), headings, "Context", format_))
    for row in rows:
        if row["user"] not in ("", *merged.entries["users"]) and row["server"].startswith("https:"):
            say(f"warning: {undefined_user(row['name'], row['user'])}")
    stages.summarize()
    if all(each.answers for each in checks):
        return ExitCode.OK
    return ExitCode.INCOMPLETE if any(each.answers for each in checks) else ExitCode.FAILURE


def _row(target: Target, member: Member, known: Sequence[Context]) -> dict[str, Any]:
    of_files = next((context for context in known if context.name == member.name), None)
    if of_files is None:
        access = member.access()
        name = "demo" if target.demo else access.name
        return structs.asdict(Context(name, "", "", access.namespace, access.server, current=True))
    return structs.asdict(of_files)


def _with_star(rows: Sequence[dict[str, Any]], format_: str) -> Sequence[dict[str, Any]]:
    """Mark the current context as kubectl does, in formats for people."""
    if format_ not in ("table", "markdown"):
        return rows
    return [row | {"current": "*" if row["current"] else ""} for row in rows]


def check_all(fleet: Fleet, *, quiet: bool) -> list[Check]:
    """Ask all clusters in parallel; contexts with the same cluster and user share one request."""
    members, alike = distinct(fleet.members, None)
    results = run_all(fleet, [partial(check_one, member) for member in members], progress=not quiet)
    checks: dict[str, Check] = {}
    for member, result in zip(members, results, strict=True):
        check = _failed(member, Check(answers=False), result) if isinstance(result, C3sError) else result
        checks |= dict.fromkeys((member.name, *alike.get(member.name, ())), check)
    return [checks[member.name] for member in fleet.members]


def check_one(member: Member) -> Check:
    """Ask one cluster for its version and its metrics API. C3sError if it does not answer."""
    with closing(member.cluster()) as cluster:
        begun = time.monotonic()
        version = None
        try:
            version = server_version(cluster)
        except ApiError as problem:
            # A user who may not see the version is logged in all the same: the cluster answers.
            if problem.status not in (403, 404):
                raise
        milliseconds = round((time.monotonic() - begun) * 1000, 1)
        answered = Check(answers=True, milliseconds=milliseconds, server_version=version)
        try:
            metrics = metrics_version(cluster)
            ask_metrics_server(cluster, metrics)
        except C3sError as problem:
            # A server that has nothing of Kubernetes is not the cluster.
            if version is None and isinstance(problem, ApiError) and problem.status == 404:
                raise
            return _failed(member, answered, problem)
        return structs.replace(answered, metrics_api=metrics)


def _failed(member: Member, check: Check, problem: C3sError) -> Check:
    failure = failure_of(member.name, problem)
    return structs.replace(check, problem=failure.message, hint=failure.hint)

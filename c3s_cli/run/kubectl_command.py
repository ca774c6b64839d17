"""The kubectl command that describes a row, for copying into a shell."""

from __future__ import annotations

import shlex
from typing import Any

from c3s_cli.columns.kinds import RESOURCES
from c3s_cli.columns.vocabulary import Kind
from c3s_cli.model.rows import Node, Pod
from c3s_cli.report import Report
from c3s_cli.request.query import Query
from c3s_cli.request.target import Target


def kubectl_command(row: Any, report: Report, query: Query, target: Target, *, several: bool) -> str:
    """Return the command, such as `kubectl -n shop describe pod/web-1`; "" if kubectl has no object for the row.

    several: whether several clusters are read, so that the command needs the context.
    """
    namespace, words = _object(row, report, query)
    if not words:
        return ""
    flags = {
        "--kubeconfig": target.kubeconfig,
        "--context": row.context if several or target.contexts else None,
        "--cluster": target.cluster,
        "--user": target.user,
        "--server": target.server,
        "--as": target.as_user,
        "-n": namespace,
    }
    options = [word for name, value in flags.items() if value for word in (name, value)]
    return shlex.join(["kubectl", *options, *words])


def _object(row: Any, report: Report, query: Query) -> tuple[str | None, list[str]]:
    """Return the namespace of a row's object, None for kubectl's own, and the words after it."""
    if isinstance(row, Pod):
        return row.namespace, ["describe", f"pod/{row.name}"]
    if isinstance(row, Node):
        return None, ["describe", f"node/{row.name}"]
    if report.kind is Kind.CLUSTER:
        return None, ["cluster-info"]
    keys = {key.name: value for key, value in zip(report.keys, row.keys, strict=False) if value}
    if "owner" in keys:
        kind, _, name = keys["owner"].partition("/")
        namespace = keys.get("namespace") or (query.namespaces[0] if len(query.namespaces) == 1 else None)
        return namespace, ["describe", f"{RESOURCES.get(kind, kind.casefold())}/{name}"]
    for kind in ("node", "namespace"):
        if kind in keys:
            return None, ["describe", f"{kind}/{keys[kind]}"]
    return None, []

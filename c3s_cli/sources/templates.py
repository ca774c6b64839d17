"""The pod templates of workloads: what is declared, whatever their pods have at the moment."""

from __future__ import annotations

from functools import partial
from typing import Final

from c3s_cli.columns.kinds import LISTS
from c3s_cli.errors import C3sError
from c3s_cli.model.rightsizing import Declared
from c3s_cli.sources.calls import Calls
from c3s_cli.sources.decode.templates import templates
from c3s_cli.sources.source import Scope

KINDS: Final = {kind: LISTS[kind] for kind in ("Deployment", "StatefulSet", "DaemonSet", "CronJob")}


def read_templates(
    calls: Calls, scope: Scope
) -> tuple[dict[tuple[str, str], tuple[Declared, ...]], dict[str, C3sError]]:
    """Return the containers that workloads in scope declare, and the lists that could not be read."""
    lists, problems = calls.lists(
        {
            resource: ([f"/apis/{group}/{each}" for each in scope.namespaced(resource)], partial(templates, kind=kind))
            for kind, (group, resource) in KINDS.items()
        }
    )
    declared: dict[tuple[str, str], tuple[Declared, ...]] = {}
    for templates_of in lists.values():
        declared |= templates_of
    return declared, problems

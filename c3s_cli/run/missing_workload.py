"""kubectl's error for a workload that does not exist, with the one of another kind that has its name."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

from c3s_cli.columns.kinds import LISTS, RESOURCES
from c3s_cli.errors import ApiError, C3sError, is_absence
from c3s_cli.kube.cluster import segment
from c3s_cli.metrics import scope_of
from c3s_cli.model.sample import Sample
from c3s_cli.request.namespaces import is_pattern
from c3s_cli.request.query import Query
from c3s_cli.run.member import Member


def refuse_missing(member: Member, query: Query, samples: Sequence[Sample]) -> None:
    """Raise kubectl's NotFound if the workload of a query, Kind/name, is in none of its namespaces.

    A workload without pods exists, and what cannot be asked may exist.
    """
    kind, _, name = query.workload.partition("/")
    if not name or kind not in LISTS:
        return
    try:
        reading = member.open_reading()
        namespaces = scope_of(query, reading.cluster.namespace).namespaces
    except C3sError:
        return  # a recording has no server
    if not namespaces or any(map(is_pattern, namespaces)):
        return
    group, plural = LISTS[kind]
    for namespace in namespaces:
        try:
            reading.get(f"/apis/{group}/namespaces/{segment(namespace)}/{plural}/{segment(name)}")
        except C3sError as problem:
            if is_absence(problem):
                continue
        return
    raise not_found(query.workload, samples)


def not_found(workload: str, samples: Sequence[Sample]) -> ApiError:
    """Return kubectl's error for Kind/name, with a hint if an owner of another kind has that name."""
    from c3s_cli.analysis.histories import owner_of  # imported while computing

    kind, _, name = workload.partition("/")
    resource, _, group = RESOURCES.get(kind, kind.casefold()).partition(".")
    owners = {owner_of(key, each) for sample in samples for key, each in (sample.pod_facts or {}).items()}
    others = sorted(owner for owner in owners if owner.partition("/")[2] == name)
    problem = ApiError(404, "NotFound", f'{resource}s{f".{group}" if group else ""} "{name}" not found')
    if others:
        known = others[0].partition("/")[0] in RESOURCES
        problem.instead = others[0] if known else f"--where {quote(f'owner = {others[0]}')}"
    return problem

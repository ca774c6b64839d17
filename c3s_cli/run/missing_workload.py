"""kubectl's error for a workload that does not exist, with the one of another kind that has its name."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote

from msgspec import Struct

from c3s_cli.columns.kinds import LISTS, RESOURCES, belongs
from c3s_cli.errors import ApiError, C3sError, is_absence
from c3s_cli.flags.values import is_glob
from c3s_cli.kube.cluster import segment
from c3s_cli.metrics import scope_of
from c3s_cli.model.sample import Sample
from c3s_cli.request.namespaces import is_pattern
from c3s_cli.request.query import Query
from c3s_cli.run.member import Member
from c3s_cli.sources.calls import Calls
from c3s_cli.sources.decode.shapes import Meta, decode_list


class _Workload(Struct):
    metadata: Meta


def refuse_missing(member: Member, query: Query, samples: Sequence[Sample]) -> None:
    """Raise kubectl's NotFound if a workload of a query, Kind/name or */name, is in none of its namespaces.

    A workload without pods exists, and what cannot be asked may exist.
    """
    owners = _owners(samples)
    for workload in query.workload.split(","):
        kind, _, name = workload.partition("/")
        kinds = [*LISTS] if kind == "*" else [kind]
        if any(belongs(owner, workload) for owner in owners) or not {*kinds} <= {*LISTS} or is_glob(name):
            continue
        try:
            reading = member.open_reading()
            namespaces = scope_of(query, reading.cluster.namespace).namespaces
        except C3sError:
            return  # a recording has no server
        if not any(_may_exist(reading, namespaces, samples, *LISTS[each], name) for each in kinds):
            raise not_found(workload, samples)


def _may_exist(
    reading: Calls, namespaces: Sequence[str], samples: Sequence[Sample], group: str, plural: str, name: str
) -> bool:
    try:
        if not namespaces or any(map(is_pattern, namespaces)):
            within = {namespace for sample in samples for namespace in sample.namespaces} if namespaces else None
            return any(within is None or each in within for each in _namespaces_of(reading, group, plural, name))
        paths = (f"/apis/{group}/namespaces/{segment(each)}/{plural}/{segment(name)}" for each in namespaces)
        return any(_is_there(reading, path) for path in paths)
    except C3sError as problem:
        return not is_absence(problem)  # nor does its kind exist


def _namespaces_of(reading: Calls, group: str, plural: str, name: str) -> list[str]:
    """Return the namespaces that have a workload of a kind with this name."""
    body = reading.get(f"/apis/{group}/{plural}", [("fieldSelector", f"metadata.name={name}")])
    return [each.metadata.namespace for each in decode_list(body, _Workload, plural)[1] if each.metadata.name == name]


def _is_there(reading: Calls, path: str) -> bool:
    try:
        reading.get(path)
    except C3sError as problem:
        if is_absence(problem):
            return False
        raise
    return True


def not_found(workload: str, samples: Sequence[Sample]) -> ApiError:
    """Return kubectl's error for Kind/name, with a hint if an owner of another kind has that name."""
    kind, _, name = workload.partition("/")
    resource, _, group = RESOURCES.get(kind, kind.casefold()).replace("*", "workload").partition(".")
    others = sorted(owner for owner in _owners(samples) if owner.partition("/")[2] == name)
    problem = ApiError(404, "NotFound", f'{resource}s{f".{group}" if group else ""} "{name}" not found')
    if others:
        known = others[0].partition("/")[0] in RESOURCES
        problem.instead = others[0] if known else f"--where {quote(f'owner = {others[0]}')}"
    return problem


def _owners(samples: Sequence[Sample]) -> set[str]:
    """Return the workloads of all pods."""
    from c3s_cli.analysis.histories import owner_of  # imported while computing

    return {owner_of(key, each) for sample in samples for key, each in (sample.pod_facts or {}).items()}

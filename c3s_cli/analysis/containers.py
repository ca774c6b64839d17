"""The lines of --containers: conditions, orders and --limit are about single containers.

A row is a Pod with those of its containers that are shown, a `Line` one of these with its pod. What only a pod has,
such as its restarts, is taken from the pod.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, islice
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, structs

from c3s_cli.amounts.totals import sum_all
from c3s_cli.analysis.joining import pod_rows
from c3s_cli.analysis.judging import full_name
from c3s_cli.analysis.rollup import add_all, add_figures, share_all
from c3s_cli.columns.vocabulary import Column, Getter
from c3s_cli.model.rows import Container, Pod
from c3s_cli.request.condition import Condition
from c3s_cli.request.query import Query, SortKey, sort_by
from c3s_cli.terminal.stderr import SOME, counted, named

if TYPE_CHECKING:
    from c3s_cli.model.sample import Sample

# Of a pod whose containers are not known.
NOT_KNOWN: Final = Container("", None, None)
OF_LIMITS: Final = "PercentOfLimits"
# By these alone, kubectl sorts pods, and the containers of each.
OF_KUBECTL: Final = ("cpu.usage", "memory.usage")


class Line(Struct, frozen=True, gc=False):
    """A container with its pod."""

    pod: Pod
    container: Container

    @property
    def context(self) -> str:
        """The context of the pod."""
        return self.pod.context

    @property
    def namespace(self) -> str:
        """The namespace of the pod."""
        return self.pod.namespace

    @property
    def name(self) -> str:
        """The names of the pod and of the container, for messages."""
        return f"{self.pod.name}/{self.container.name}" if self.container.name else self.pod.name

    @property
    def timestamp(self) -> str | None:
        """When the pod was measured."""
        return self.pod.timestamp


def of_lines(query: Query) -> Query:
    """Return a query whose conditions judge Lines, and whose sort keys order them unless kubectl's order is kept."""
    return structs.replace(
        query,
        where=query.where and query.where.with_columns(_on_line),
        fail_if=query.fail_if and query.fail_if.with_columns(_on_line),
        until=query.until and query.until.with_columns(_on_line),
        sort=query.sort if sorts_pods(query) else tuple(map(_key_on_line, query.sort)),
    )


def sorts_pods(query: Query) -> bool:
    """Whether pods are sorted, and the containers of each, as in kubectl: not with --limit, nor by other columns."""
    of_pods = not any(key.column.of_containers for key in query.sort)
    return of_pods or (
        query.limit is None and [key.column.name for key in query.sort] in [[each] for each in OF_KUBECTL]
    )


def _on_line(column: Column) -> Column:
    """Return the column of Lines: of the container, or of the pod if only that has it."""
    on = _side(column)
    return structs.replace(
        column,
        value=on(column.value),
        ratio=column.ratio and (on(column.ratio[0]), on(column.ratio[1])),
        absent=column.absent and on(column.absent),
        in_part=column.in_part and on(column.in_part),
        floor=tuple(map(on, column.floor)),
    )


def _key_on_line(key: SortKey) -> SortKey:
    return SortKey(key.column, _side(key.column)(key.value), key.descending)


def _side(column: Column) -> Callable[[Getter], Getter]:
    """Return what makes a getter of Lines of one of containers or pods."""
    side = attrgetter("container" if column.of_containers else "pod")
    return lambda getter: lambda line: getter(side(line))


def closer_to_limits(rows: Sequence[Any], query: Query, samples: Sequence[Sample], *, contexts: bool) -> Iterator[str]:
    """Say which containers meet a --fail-if on shares of limits that no pod meets: a sidecar's limit hides them."""
    alternatives = query.fail_if.alternatives if query.fail_if and not query.containers else ()
    of_limits = [each for each in alternatives if any(OF_LIMITS in c.name for test in each for c in test.columns)]
    if not of_limits:
        return
    judged = {(row.context, row.namespace, row.name) for row in rows}
    pods = [pod for sample in samples for pod in pod_rows(sample) if (pod.context, pod.namespace, pod.name) in judged]
    condition = Condition(tuple(of_limits)).with_columns(_on_line)
    if above := [full_name(line, contexts=contexts) for line in lines_of(pods) if condition.judge(line)]:
        who, meets = counted(len(above), "container"), "meets" if len(above) == 1 else "meet"
        yield f"{who} {meets} --fail-if although no pod does, and --containers judges each: {named(above, SOME)}"


def lines_of(pods: Iterable[Pod]) -> list[Line]:
    """Return the lines of pods, in their order; one for a pod without known containers."""
    return [Line(pod, container) for pod in pods for container in pod.containers or (NOT_KNOWN,)]


def pods_of(lines: Iterable[Line]) -> list[Pod]:
    """Return pods with the containers of these lines; a pod stands wherever a line of it follows one of another."""
    return [_with(next(each), each) for _, each in groupby(lines, key=lambda line: id(line.pod))]


def _with(first: Line, others: Iterator[Line]) -> Pod:
    kept = [first.container, *(line.container for line in others)]
    return first.pod if kept == [NOT_KNOWN] else _of(first.pod, kept)


def _of(pod: Pod, containers: Sequence[Container]) -> Pod:
    return structs.replace(pod, containers=tuple(containers))


def limited(pods: Sequence[Pod], limit: int) -> tuple[Sequence[Pod], int]:
    """Return the pods with the first `limit` containers, and how many lines are left out."""
    lines = [line for line in lines_of(pods) if line.container is not NOT_KNOWN]
    return pods_of(islice(lines, limit)), max(0, len(lines) - limit)


def ordered(pods: list[Pod], query: Query) -> list[Pod]:
    """Sort pods and the containers of each, or all containers; ties in the order of pods, then by name."""
    if sorts_pods(query):
        sort_by(pods, query.sort)
        keys = [key for key in query.sort if key.column.of_containers]
        return [_with_order(pod, keys) for pod in pods]
    lines = lines_of(_with_order(pod, ()) for pod in pods)
    sort_by(lines, query.sort)
    return pods_of(lines)


def _with_order(pod: Pod, keys: Sequence[SortKey]) -> Pod:
    if len(pod.containers) < 2:
        return pod
    containers = sorted(pod.containers, key=attrgetter("name"))
    sort_by(containers, keys)
    return _of(pod, containers)


def summed(pod: Pod) -> Pod:
    """Return the pod as the sum of the containers that are shown, if others are left out."""
    known = {each.name for each in pod.facts.containers} if pod.facts else set()
    shown = pod.containers
    if known == {each.name for each in shown}:
        return pod
    requests, limits, declared = (
        [getattr(each, name) for each in shown] for name in ("requests", "limits", "declared_limits")
    )
    # What runs without being measured leaves a lower bound; alone it is unknown.
    lacking = tuple([each.name for each in shown if each.name in pod.unmeasured_containers])
    measured = [each for each in shown if each.name not in lacking]
    used = measured or shown
    return structs.replace(
        pod,
        cpu_nanocores=sum_all([each.cpu_nanocores for each in used]),
        memory_bytes=sum_all([each.memory_bytes for each in used]),
        swap_bytes=sum_all([each.swap_bytes for each in used]),
        figures=add_figures(used),
        unmeasured_containers=lacking if measured else (),
        facts=pod.facts
        and structs.replace(
            pod.facts,
            restarts=sum_all([each.restarts for each in shown]),
            requests=add_all(requests) or {},
            limits=add_all(declared) or {},
            binding_limits=share_all(limits) or {},
        ),
    )

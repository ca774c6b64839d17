"""Join the usage in a Sample with its facts: one row per node or pod."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from msgspec import structs

from c3s_cli.analysis.rollup import add_all, share_all
from c3s_cli.model.rows import Container, Node, Pod, PodFacts
from c3s_cli.model.sample import Sample
from c3s_cli.model.snapshot import Snapshot

# Namespace and name.
Key = tuple[str, str]


# Joins the pods of a Sample, as pod_rows does.
JoinPods = Callable[..., Sequence[Pod]]


def node_rows(sample: Sample) -> list[Node]:
    """Join each node's usage with its facts and with the requests and limits of its pods.

    A node without metrics is a row without usage; metrics without a node are a row without facts.
    """
    facts_of = {**sample.former_nodes, **(sample.node_facts or {})}
    requested = _requests_by_node(sample.pod_facts)
    measured = {node.name: node for node in sample.nodes}
    unmeasured = [Node(sample.context, name, None, None) for name in sample.node_facts or {} if name not in measured]
    rows = [structs.replace(node, facts=facts_of.get(node.name)) for node in (*measured.values(), *unmeasured)]
    if requested is None:
        return rows
    return [structs.replace(row, **requested.get(row.name, NO_PODS)) for row in rows]


NO_PODS: Final[Mapping[str, Any]] = {"requests": {}, "limits": {}, "binding_limits": {}, "pod_count": 0}


def _requests_by_node(pod_facts: Mapping[tuple[str, str], PodFacts] | None) -> dict[str, Mapping[str, Any]] | None:
    """Sum requests, limits and pods by node; None where core pods were not read."""
    if pod_facts is None:
        return None
    pods_of: dict[str, list[PodFacts]] = {}
    for facts in pod_facts.values():
        pods_of.setdefault(facts.node, []).append(facts)
    return {
        node: {
            "requests": add_all([pod.known("requests") for pod in pods]),
            "limits": add_all([pod.known("limits") for pod in pods]),
            "binding_limits": share_all([pod.known("binding_limits") for pod in pods]),
            "pod_count": len(pods),
        }
        for node, pods in pods_of.items()
    }


def pod_rows(sample: Sample, *, containers: bool = True) -> Sequence[Pod]:
    """Join each pod's usage with its facts. Where core pods were read, every unfinished pod is a row.

    The API server has the pods of now: those that were created after the time of the usage were not there.
    containers: whether to join the containers, too, which takes half of the time.
    """
    if sample.pod_facts is None:
        return sample.pods
    measured = {(pod.namespace, pod.name): pod for pod in sample.pods}
    facts: Iterable[tuple[Key, PodFacts]] = sample.pod_facts.items()
    if sample.usage_time is not None:
        end = sample.usage_time.timestamp()
        facts = [(key, each) for key, each in facts if key in measured or (each.created_at or 0) <= end]
    joined = _joined(sample, facts, measured, containers=containers)
    return [*joined.values(), *(pod for key, pod in measured.items() if key not in joined)]


def _joined(
    sample: Sample, pods: Iterable[tuple[Key, PodFacts]], measured: Mapping[Key, Pod], *, containers: bool
) -> dict[Key, Pod]:
    """Join pods with their usage, by namespace and name. One plain loop, since there can be 150,000."""
    nodes = {**sample.former_nodes, **(sample.node_facts or {})}
    details_of = {name: node.details for name, node in nodes.items()}
    rows: dict[Key, Pod] = {}
    for key, facts in pods:
        usage = None if facts.started else 0  # what has not started uses nothing, and that is known
        pod = measured.get(key) or Pod(sample.context, *key, usage, usage)
        joined = _containers(pod.containers, facts.containers, usage) if containers else ()
        if usage == 0 and not facts.node:
            joined = tuple(structs.replace(each, unscheduled_requests=each.requests or {}) for each in joined)
        lacking = _unmeasured(pod, facts) if pod.containers and not pod.ended else ()
        rows[key] = structs.replace(
            pod,
            containers=joined,
            facts=facts,
            node_details=details_of.get(facts.node),
            unmeasured_containers=lacking,
        )
    return rows


def _unmeasured(pod: Pod, facts: PodFacts) -> tuple[str, ...]:
    """Return the containers that run, or may run, but are not measured although others are."""
    measured, known = pod.containers, facts.containers
    if len(measured) == len(known) == 1 and measured[0].name == known[0].name:
        return ()  # most pods
    those = {*facts.stopped, *(each.name for each in measured)}
    return tuple([each.name for each in known if each.name not in those])


class Joiner:
    """Joins the pods of a watch. Between two measurements only pods whose facts have changed are joined again."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    def __call__(self, sample: Sample, *, containers: bool = True) -> Sequence[Pod]:
        """Return what pod_rows returns."""
        facts, known = sample.pod_facts, self._known.get(sample.context)
        # Details of a node, such as its labels, are in each row of its pods.
        if not isinstance(facts, Snapshot) or sample.node_facts:
            return pod_rows(sample, containers=containers)
        changed = facts.changes_since(known.facts) if known and known.pods is sample.pods else None
        if known is None or changed is None:
            measured = {(pod.namespace, pod.name): pod for pod in sample.pods}
            joined = _joined(sample, facts.items(), measured, containers=containers)
            alone = measured.keys() - facts.keys()
        else:
            measured, joined, alone = known.measured, known.joined, known.alone
            for key in changed:
                joined.pop(key, None)
                (alone.add if key in measured and key not in facts else alone.discard)(key)
            again = [(key, facts[key]) for key in changed if key in facts]
            joined |= _joined(sample, again, measured, containers=containers)
        self._known[sample.context] = _Known(sample.pods, facts, measured, joined, alone)
        return [*joined.values(), *(measured[key] for key in alone)]


class _Known(NamedTuple):
    """The last reading of a context. pods: its usage. joined: its rows. alone: the pods that have no facts."""

    pods: Sequence[Pod]
    facts: Snapshot
    measured: dict[Key, Pod]
    joined: dict[Key, Pod]
    alone: set[Key]


def _containers(
    measured: tuple[Container, ...], requested: tuple[Container, ...], usage: int | None
) -> tuple[Container, ...]:
    """Join the containers' usage with their requests and limits, by name; those without usage come last.

    usage: that of all containers of a pod that is not measured.
    """
    if not measured:
        if usage is None:
            return requested
        return tuple(structs.replace(each, cpu_nanocores=usage, memory_bytes=usage) for each in requested)
    if len(measured) == len(requested) == 1 and measured[0].name == requested[0].name:
        return (_container(measured[0], requested[0]),)  # most pods: a third of the time
    left = {container.name: container for container in requested}
    joined = [_container(each, spec) if (spec := left.pop(each.name, None)) else each for each in measured]
    return (*joined, *left.values())


def _container(usage: Container, spec: Container) -> Container:
    return structs.replace(
        usage,
        requests=spec.requests,
        limits=spec.limits,
        states=spec.states,
        declared_limits=spec.declared_limits,
        restarts=spec.restarts,
    )

"""How many more nodes of the kind of each pool would make everything fit: they are added, and all is placed again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import cycle, islice
from operator import itemgetter
from typing import Any, Final

from msgspec import structs

from c3s_cli.model.placing import FitRequest, FitResult, MissingNodes
from c3s_cli.model.rows import NodeFacts
from c3s_cli.model.sample import Sample
from c3s_cli.request.query import Query

MOST: Final = 4096
HOST: Final = "kubernetes.io/hostname"
# Taints that show the state of a node; a new node has none of them.
STATES: Final = "node.kubernetes.io/"
ZONE: Final = "topology.kubernetes.io/zone"

# Drains and places, and returns the results last.
Place = Callable[[Sample, Query, FitRequest], tuple[Any, Any, Sequence[FitResult]]]


def missing_nodes(
    sample: Sample, query: Query, request: FitRequest, results: Sequence[FitResult], place: Place
) -> Iterator[MissingNodes]:
    """Yield how many more nodes each pool needs; nothing if all pods fit. results: without more nodes."""
    lacking = _unplaced(results)
    if not lacking:
        return
    # New nodes are not drained, even if they meet --without-where.
    drained = tuple(each.workload for each in results if each.namespace is None)
    request, query = structs.replace(request, without=drained), structs.replace(query, drain=None)

    def unplaced(models: Sequence[NodeFacts], number: int) -> int:
        return _unplaced(place(_with_nodes(sample, models, number), query, request)[-1])

    for pool, models in sorted(_models(sample.node_facts or {}).items()):
        yield MissingNodes(sample.context, pool, _smallest(partial(unplaced, models), lacking, len(models)))


def _unplaced(results: Sequence[FitResult]) -> int:
    return sum(each.replicas - each.placed for each in results if not each.pending)


def _smallest(unplaced: Callable[[int], int], lacking: int, kinds: int) -> int | None:
    """Return with how many more nodes no pod is unplaced; None if nodes do not help, or thousands are too few.

    lacking: how many are unplaced without more nodes. kinds: how many nodes it takes to have one of each zone.
    """
    most = 1
    while left := unplaced(most):
        if (left >= lacking and most >= kinds) or most >= MOST:
            return None
        most *= 2
    least = most // 2 + 1
    while least < most:
        middle = (least + most) // 2
        if unplaced(middle):
            least = middle + 1
        else:
            most = middle
    return most


def _models(nodes: Mapping[str, NodeFacts]) -> dict[str, list[NodeFacts]]:
    """Return the first node of each zone of each pool, ready ones first."""
    models: dict[str, dict[str, NodeFacts]] = {}
    known = [(node.details.status != "Ready", name, node.details) for name, node in nodes.items() if node.details]
    for _, name, details in sorted(known, key=itemgetter(0, 1)):
        models.setdefault(details.pool or "", {}).setdefault(details.labels.get(ZONE, ""), nodes[name])
    return {pool: list(zones.values()) for pool, zones in models.items()}


def _with_nodes(sample: Sample, models: Sequence[NodeFacts], number: int) -> Sample:
    """Return a cluster with so many more nodes like the models, each with the pods of DaemonSets that a model has."""
    nodes, pods = dict(sample.node_facts or {}), dict(sample.pod_facts or {})
    daemons = [(key, facts) for key, facts in pods.items() if (facts.owner or "").startswith("DaemonSet/")]
    for place, model in enumerate(islice(cycle(models), number)):
        name = f"{model.name} (new {place + 1})"
        nodes[name] = _new(model, name)
        for (namespace, pod), facts in daemons:
            if facts.node == model.name:
                pods[(namespace, f"{pod} on {name}")] = structs.replace(facts, node=name)
    return structs.replace(sample, node_facts=nodes, pod_facts=pods)


def _new(model: NodeFacts, name: str) -> NodeFacts:
    if model.details is None:
        return model
    details = structs.replace(
        model.details,
        labels={**model.details.labels, **({HOST: name} if HOST in model.details.labels else {})},
        status="Ready",
        taints=tuple(taint for taint in model.details.taints or () if not taint.startswith(STATES)),
    )
    return structs.replace(model, name=name, details=details)

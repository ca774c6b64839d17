"""The facts of pods that ended in a range: from kube-state-metrics; their owners else by their names."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from c3s_cli.errors import C3sError
from c3s_cli.model.rows import NodeDetails, NodeFacts, PodFacts
from c3s_cli.parallel import in_parallel
from c3s_cli.sources.decode.nodes import POOL_LABELS, TYPE_LABELS, ZONE_LABELS
from c3s_cli.sources.decode.owners import Owners
from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.decoding import Labels, Vector
from c3s_cli.sources.prometheus.membership import AFTER
from c3s_cli.sources.prometheus.pod_series import (
    OWNED,
    OWNER,
    ExportedLabels,
    own_labels,
    owner_of,
    owners_in,
    pod_of,
)
from c3s_cli.sources.prometheus.rules import BY_OWNER, OWNERS, workload_of

Key = tuple[str, str]
INFO: Final = "kube_pod_info"
LABELS: Final = "kube_pod_labels"
NODE_LABELS: Final = "kube_node_labels"
NODE_INFO: Final = "kube_node_info"
ENDED: Final = "Ended"
# How many nodes are named.
NAMED: Final = 5


def former_facts(
    ask: Callable[[str], Vector], pods: Collection[Key], match: str, seconds: int, known: Mapping[Key, PodFacts]
) -> tuple[dict[Key, PodFacts], Owners]:
    """Return facts of pods that are gone, and the owners of their ReplicaSets and Jobs.

    known: the pods that exist; their workloads are recognized in the names of those that are gone.
    """
    jobs = {
        name: partial(
            ask,
            f"max by (namespace, exported_namespace, exported_pod, {label}, {', '.join(OWNER)}) "
            f"(max_over_time({name}{promql.braces(match)}[{seconds}s]))",
        )
        for name, (_, label) in {"kube_pod_owner": ("Pod", "pod"), **OWNED}.items()
    }
    names = sorted({pod for _, pod in pods})
    # The names of pods are in one of two labels.
    chosen = dict.fromkeys(promql.few_of(label, names) for label in ("pod", "exported_pod"))
    for name in (INFO, LABELS):
        each = (f"last_over_time({name}{promql.braces(matcher, match)}[{seconds}s])" for matcher in chosen)
        jobs[name] = partial(ask, " or ".join(each))
    jobs[OWNERS] = partial(ask, f"max by ({BY_OWNER}) (max_over_time({OWNERS}{promql.braces(match)}[{seconds}s]))")
    answers = {name: answer for name, answer in in_parallel(jobs, 4).items() if not isinstance(answer, C3sError)}
    owned: dict[Key, str | None] = {
        promql.who(labels)[:2]: workload_of(labels) for labels, _ in answers.get(OWNERS, ())
    }
    for labels, _ in answers.get("kube_pod_owner", ()):
        owned[promql.who(labels)[:2]] = owner_of(labels)
    workloads = {(namespace, facts.owner) for (namespace, _), facts in known.items() if facts.owner}
    by_name = {(namespace, owner.partition("/")[2]): owner for namespace, owner in workloads if owner}
    info, labelled = (
        {pod_of(labels): labels for labels, _ in own_labels(answers.get(name, []), ())} for name in (INFO, LABELS)
    )

    def facts_of(key: Key) -> PodFacts:
        node, labels = info.get(key, {}).get("node", ""), ExportedLabels(labelled.get(key, {}))
        owner = owned[key] if key in owned else _by_name(key, by_name)
        return PodFacts("", node, owner, ENDED, None, None, "", labels, {}, {})

    return {key: facts_of(key) for key in pods}, owners_in(answers)


def _by_name(key: Key, workloads: Mapping[Key, str]) -> str | None:
    """Return the workload whose pods are named like this one; None if there is none."""
    namespace, pod = key
    parts = pod.split("-")
    for size in range(len(parts) - 1, 0, -1):
        name = "-".join(parts[:size])
        owner = workloads.get((namespace, name), "")
        pattern = AFTER.get(owner.partition("/")[0])
        if pattern and re.fullmatch(pattern, pod[len(name) :]):
            return owner
    return None


def former_nodes(
    ask: Callable[[str], Vector], names: Sequence[str], match: str, seconds: int
) -> tuple[dict[str, NodeFacts], Sequence[str]]:
    """Return the labels and versions that nodes had last, by name, and what to say about those without labels."""
    series: dict[str, list[Labels]] = {NODE_LABELS: [], NODE_INFO: []}
    for first in range(0, len(names), promql.MOST_NAMES):
        named = promql.one_of("node", names[first : first + promql.MOST_NAMES])
        for name, found in series.items():
            with suppress(C3sError):  # then they are unknown
                answer = ask(f"last_over_time({name}{promql.braces(named, match)}[{seconds}s])")
                found += [labels for labels, _ in own_labels(answer, ())]
    versions = {labels.get("node", ""): labels.get("kubelet_version", "") for labels in series[NODE_INFO]}
    nodes = {}
    for labels in series[NODE_LABELS]:
        name, known = labels.get("node", ""), ExportedLabels(labels)
        pool, zone, machine = (
            next(filter(None, map(known.get, keys)), "") for keys in (POOL_LABELS, ZONE_LABELS, TYPE_LABELS)
        )
        details = NodeDetails(known, None, None, versions.get(name, ""), None, None, pool, zone, machine)
        nodes[name] = NodeFacts(name, {}, {}, None, details)
    unknown = [name for name in names if name not in nodes]
    more = f" and {len(unknown) - NAMED} more" if len(unknown) > NAMED else ""
    words = f"pool, zone and labels are unknown of nodes that are gone: {', '.join(unknown[:NAMED])}{more}"
    return nodes, [words] if unknown else []

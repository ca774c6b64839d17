"""The facts of pods that ended in a range: from kube-state-metrics; their owners else by their names."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Final

from c3s_cli.errors import C3sError
from c3s_cli.model.rows import PodFacts
from c3s_cli.parallel import in_parallel
from c3s_cli.sources.decode.owners import Owners
from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.decoding import Vector
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
ENDED: Final = "Ended"


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
    return {
        key: PodFacts(
            "",
            info.get(key, {}).get("node", ""),
            owned[key] if key in owned else _by_name(key, by_name),
            ENDED,
            None,
            None,
            "",
            ExportedLabels(labelled.get(key, {})),
            {},
            {},
        )
        for key in pods
    }, owners_in(answers)


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

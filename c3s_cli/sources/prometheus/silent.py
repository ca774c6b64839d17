"""Nodes and pods that are still there at the end of a range, but whose kubelet is not scraped any more."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from typing import Final

from c3s_cli.amounts.timestamp import utc
from c3s_cli.errors import C3sError
from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.engine import Engine
from c3s_cli.sources.prometheus.history import History

UNFINISHED: Final = 'phase=~"Pending|Running|Unknown"'
# So many pods that stop together have not each ended by themselves.
TOGETHER: Final = 3
# How many nodes are named.
NAMED: Final = 5


def still_there(engine: Engine, match: str, time: float, pods: Collection[tuple[str, ...]]) -> set[tuple[str, ...]]:
    """Return which of some pods have not ended by a time, as far as kube-state-metrics says.

    Those on nodes of which other pods have data are scraped, but do not run: in CrashLoopBackOff, they have ended.
    """
    names = sorted({pod for _, pod in pods})
    found: set[tuple[str, ...]] = set()
    for label in ("pod", "exported_pod") if names else ():
        series = f"kube_pod_status_phase{promql.braces(UNFINISHED, promql.few_of(label, names), match)}"
        with suppress(C3sError):  # nobody knows
            found |= set(engine.by_container(f"group by ({promql.OF_POD}) ({series} > 0)", time))
    left = {who[:2] for who in found}.intersection(pods)
    return left - _on_scraped_nodes(engine, match, time, left) if left else left


def _on_scraped_nodes(
    engine: Engine, match: str, time: float, pods: Collection[tuple[str, ...]]
) -> set[tuple[str, ...]]:
    """Return which of some pods are on nodes whose kubelets are still scraped."""
    info = f"group by (namespace, pod, node) (kube_pod_info{promql.braces(match)})"
    memory = f"group by (namespace, pod) ({promql.MEMORY}{promql.braces(promql.CONTAINERS, match)})"
    named = promql.few_of("pod", sorted({pod for _, pod in pods}))
    with suppress(C3sError):  # nobody knows
        scraped = engine.vector(f"group by (node) ({info} * on (namespace, pod) group_left () {memory})", time)
        nodes = {labels.get("node") for labels, _ in scraped}
        where = engine.vector(f"group by ({promql.OF_POD}, node) (kube_pod_info{promql.braces(named, match)})", time)
        return {promql.who(labels)[:2] for labels, _ in where if labels.get("node") in nodes}
    return set()


def nodes_without_data(history: History, nodes: Sequence[str]) -> Iterator[str]:
    """Yield since when nodes have no data that are still there, if there are any."""
    lives = sorted((history.lives[name,][1], name) for name in nodes if (name,) in history.lives)
    if lives:
        since = ", ".join(f"{name} since {utc(int(last))}" for last, name in lives[:NAMED])
        more = f" and {len(lives) - NAMED} more" if len(lives) > NAMED else ""
        yield f"nodes without data until the end of the range: {since}{more}; sums lack what they used"


def pods_without_data(history: History, pods: Collection[tuple[str, ...]]) -> Iterator[str]:
    """Yield since when pods have no data that are still there, for those that stopped together."""
    lasts: dict[tuple[str, ...], float] = {}
    for key, (_, last) in history.lives.items():
        if key[:2] in pods:
            lasts[key[:2]] = max(last, lasts.get(key[:2], last))
    near = 2 * history.range.interval + history.range.step
    times, left = sorted(lasts.values()), 0
    for place, last in enumerate(times):
        if place + 1 < len(times) and times[place + 1] - last <= near:
            continue
        count, left = place + 1 - left, place + 1
        if count >= TOGETHER:
            yield f"{count} pods are still there, but without data since {utc(int(last))}: sums lack what they used"

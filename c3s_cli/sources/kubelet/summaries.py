"""The kubelets' summaries: disk usage of pods and nodes, and claimed volumes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import Final

from c3s_cli.errors import C3sError
from c3s_cli.model.rows import Figures
from c3s_cli.model.volume_rows import Volume
from c3s_cli.parallel import in_parallel
from c3s_cli.sources.calls import Calls
from c3s_cli.sources.kubelet.addresses import SUMMARY, proxy_path
from c3s_cli.sources.kubelet.summary import Mounted, Summary, summary_of

AT_ONCE: Final = 32
EPHEMERAL: Final = "ephemeralStorage.usage"
USED: Final = "volumes.used"
CAPACITY: Final = "volumes.capacity"
KNOWN: Final = frozenset({EPHEMERAL, USED, CAPACITY})


def read_summaries(calls: Calls, names: Iterable[str], failed: Callable[[str, C3sError], None]) -> dict[str, Summary]:
    """Read the summaries of nodes, by name. failed: called for each node whose summary cannot be read."""

    def read(name: str) -> Summary:
        return summary_of(calls.get(proxy_path(name, SUMMARY)))

    answers = in_parallel({name: partial(read, name) for name in sorted(names)}, AT_ONCE)
    for name, answer in answers.items():
        if isinstance(answer, C3sError):
            failed(name, answer)
    return {name: answer for name, answer in answers.items() if not isinstance(answer, C3sError)}


def node_figures(summaries: Mapping[str, Summary]) -> dict[str, Figures]:
    """Return the disk usage of nodes."""
    return {
        name: {EPHEMERAL: summary.node.fs.used}
        for name, summary in summaries.items()
        if summary.node.fs and summary.node.fs.used is not None
    }


def pod_figures(summaries: Mapping[str, Summary]) -> dict[tuple[str, str, str], Figures]:
    """Return the disk and volume usage by node, namespace and pod. A volume that two pods mount counts for both."""
    results: dict[tuple[str, str, str], Figures] = {}
    for node, summary in summaries.items():
        for pod in summary.pods or ():
            figures: dict[str, int] = {}
            if pod.ephemeral and pod.ephemeral.used is not None:
                figures[EPHEMERAL] = pod.ephemeral.used
            claimed = [(volume.used, volume.capacity) for volume in pod.volumes or () if volume.claim]
            # Both or neither, so that they can be compared.
            known = [(used, capacity) for used, capacity in claimed if used is not None and capacity is not None]
            if known and len(known) == len(claimed):
                figures[USED], figures[CAPACITY] = map(sum, zip(*known, strict=True))
            results[node, pod.ref.namespace, pod.ref.name] = figures
    return results


def volumes(context: str, summaries: Mapping[str, Summary], namespaces: Collection[str]) -> list[Volume]:
    """Return the claims of some namespaces, of all if there are none: one row each, however many pods mount it."""
    rows: dict[tuple[str, str], Volume] = {}
    for node, pod, claim, volume in _claimed(summaries):
        if namespaces and claim[0] not in namespaces:
            continue
        before = rows.get(claim)
        pods = {*(before.pods or () if before else ()), pod}
        nodes = {*(before.nodes or () if before else ()), node}
        rows[claim] = Volume(
            context,
            *claim,
            tuple(sorted(pods)),
            tuple(sorted(nodes)),
            volume.used,
            volume.capacity,
            volume.inodes_used,
            volume.inodes,
            volume.time,
        )
    return list(rows.values())


def _claimed(summaries: Mapping[str, Summary]) -> Iterator[tuple[str, str, tuple[str, str], Mounted]]:
    """Yield the node, the pod and the claim of each mounted volume that has one."""
    for name, summary in summaries.items():
        for pod in summary.pods or ():
            for volume in pod.volumes or ():
                if volume.claim:
                    claim = volume.claim.namespace or pod.ref.namespace, volume.claim.name
                    yield name, pod.ref.name, claim, volume

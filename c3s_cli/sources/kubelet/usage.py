"""The kubelets, read through the API server: the same endpoint as metrics-server, with the same arithmetic."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field, structs

from c3s_cli.amounts.duration import go_duration
from c3s_cli.columns.vocabulary import Kind
from c3s_cli.model.rows import Container, Figures, Node, Pod, Volume
from c3s_cli.sources.decode.metrics import total
from c3s_cli.sources.kubelet.exposition import container_of
from c3s_cli.sources.kubelet.polling import (
    CPU,
    MEMORY,
    NODE_CPU,
    NODE_MEMORY,
    NODE_SWAP,
    OF_NODES,
    OF_PODS,
    START,
    SWAP,
    KubeletSamples,
    Poll,
    sampled_at,
)
from c3s_cli.sources.kubelet.summaries import KNOWN, node_figures, pod_figures, read_summaries, volumes

if TYPE_CHECKING:
    from c3s_cli.model.sample import Failure, Sample
    from c3s_cli.sources.kubelet.summary import Summary
    from c3s_cli.sources.requests import Requests
    from c3s_cli.sources.source import Groups, Keys, Lists, Scope

# metrics-server measures a container from its start only if it is at least this old, in ms.
YOUNGEST: Final = 10_000


class Kubelets(Struct):
    """The kubelets of one cluster, for any number of readings. known: the last samples of each."""

    known: dict[str, KubeletSamples] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    poll: Poll | None = None

    def usage(self, requests: Requests, scope: Scope, _problems: list[str], lists: Lists) -> KubeletUsage:
        """Return the usage in scope, in one reading. All usages of a reading share one poll."""
        if self.poll is None or self.poll.requests is not requests:
            of_rows = OF_PODS if scope.objects is Kind.POD else OF_NODES
            families = OF_PODS + OF_NODES if lists.everyone else of_rows
            self.poll = Poll(self.known, requests, families, lists.everyone, self.clock, self.sleep)
        return KubeletUsage(self.poll, requests, scope, lists)


class KubeletUsage(Struct):
    """The usage that kubelets report, in one reading. wanted: the nodes that it needs."""

    poll: Poll
    requests: Requests
    scope: Scope
    lists: Lists
    wanted: frozenset[str] = frozenset()
    name: str = "kubelet"
    absence: str = ""
    remarks: list[str] = field(default_factory=list)

    @property
    def failures(self) -> list[Failure]:
        """What could not be read of the nodes."""
        return [failure for name, failure in self.poll.failures if name in self.wanted]

    def nodes(self) -> list[Node]:
        """Read the usage of the nodes in scope."""
        context = self.requests.cluster.context
        samples = self._read(self.lists.nodes())
        figures = node_figures(self._summaries(samples))
        return [row for name, kubelet in samples.items() if (row := _node(context, name, kubelet, figures.get(name)))]

    def pods(self) -> list[Pod]:
        """Read the usage of the pods in scope: those of all nodes, or those that the API server selects."""
        context = self.requests.cluster.context
        selected = None if self.scope.everything else self.lists.pods()
        samples = self._read(
            self.lists.nodes() if selected is None else {facts.node for facts in selected.values()} - {""}
        )
        figures = pod_figures(self._summaries(samples))
        return [
            structs.replace(pod, figures=figures.get((pod.namespace, pod.name))) if figures else pod
            for kubelet in samples.values()
            for pod in _pods(context, kubelet)
            if selected is None or (pod.namespace, pod.name) in selected
        ]

    def volumes(self) -> list[Volume]:
        """Read the volume claims of the pods in scope."""
        self.wanted = frozenset(self.lists.nodes())
        summaries = read_summaries(self.requests, self.wanted, self.poll.failed)
        if self.failures and not summaries:
            raise self.poll.why_none()
        return volumes(self.requests.cluster.context, summaries, self.scope.namespace)

    def _summaries(self, names: Iterable[str]) -> Mapping[str, Summary]:
        """Read the summaries of nodes, if a column needs them."""
        if KNOWN.isdisjoint(self.scope.figures):
            return {}
        return read_summaries(self.requests, names, self.poll.failed)

    def explain_absence(self, _now: datetime) -> None:
        """Do nothing: there are no pods that kubelets do not report."""

    def former(self, _known: Mapping[Any, Any]) -> tuple[Mapping[Any, Any], Mapping[Any, Any]]:
        """Return nothing: kubelets have no history."""
        return {}, {}

    def sums(self, _sample: Sample, _groups: Groups) -> Mapping[Keys, Figures]:
        """Return nothing: kubelets have no history."""
        return {}

    def _read(self, names: Iterable[str]) -> Mapping[str, KubeletSamples]:
        """Return the samples of nodes. C3sError if none answered."""
        self.wanted = frozenset(names)
        samples = self.poll.samples(sorted(self.wanted))
        if self.wanted and not samples:
            raise self.poll.why_none()
        return samples


# --- samples → usage --------------------------------------------------------------------------------------------


def _node(context: str, name: str, kubelet: KubeletSamples, figures: Figures | None) -> Node | None:
    """Make the row of a node; None if a figure is missing."""
    cpu, memory = (next(iter(kubelet.last[family].values()), None) for family in (NODE_CPU, NODE_MEMORY))
    if not (cpu and memory and cpu[0] and memory[0] and cpu[1]):
        return None
    swap = next(iter(kubelet.last[NODE_SWAP].values()), None)
    used, window = _rate(kubelet, NODE_CPU, next(iter(kubelet.last[NODE_CPU])), ("", "", ""))
    return Node(
        context,
        name,
        used,
        int(memory[0]),
        int(swap[0]) if swap else None,
        _rfc3339(cpu[1]),
        go_duration(window * 10**6) if window else None,
        figures=figures,
    )


def _pods(context: str, kubelet: KubeletSamples) -> list[Pod]:
    """Make the rows of the pods of a node. A pod with an incomplete container is left out."""
    pods: dict[tuple[str, str], list[tuple[int, int | None, Container] | None]] = {}
    memory_of = kubelet.last[MEMORY]
    # A container with only one of the two is incomplete.
    for labels in kubelet.last[CPU] | memory_of:
        who = namespace, pod, container = container_of(labels)
        if not pod or container in ("", "POD"):
            continue
        pods.setdefault((namespace, pod), []).append(_container(kubelet, labels, who))
    rows = []
    for (namespace, pod), parts in pods.items():
        if None not in parts:
            rows.append(_pod(context, namespace, pod, [each for each in parts if each]))
    return rows


def _container(
    kubelet: KubeletSamples, labels: bytes, who: tuple[str, str, str]
) -> tuple[int, int | None, Container] | None:
    """Return when a container was sampled, the window, and its usage; None if a figure is missing."""
    cpu, memory = kubelet.last[CPU].get(labels), kubelet.last[MEMORY].get(labels)
    if not (cpu and memory and memory[0] and cpu[1]):
        return None
    used, window = _rate(kubelet, CPU, labels, who)
    if used is None and kubelet.before is not None:
        return None
    swap = kubelet.last[SWAP].get(labels)
    return cpu[1], window, Container(who[2], used, int(memory[0]), int(swap[0]) if swap else None)


def _pod(context: str, namespace: str, name: str, parts: list[tuple[int, int | None, Container]]) -> Pod:
    """Sum the containers of a pod. Its time is that of the container that was sampled first."""
    millis, window, _ = min(parts, key=lambda each: each[0])
    containers = tuple(container for _, _, container in parts)
    swap = [container.swap_bytes for container in containers]
    return Pod(
        context,
        namespace,
        name,
        total([container.cpu_nanocores for container in containers]),
        total([container.memory_bytes for container in containers]),
        total(swap),
        _rfc3339(millis),
        go_duration(window * 10**6) if window else None,
        containers,
    )


def _rate(
    kubelet: KubeletSamples, family: str, labels: bytes, who: tuple[str, str, str]
) -> tuple[int | None, int | None]:
    """Return nanocores and the window in ms, computed as in metrics-server; None if unknown."""
    last, millis = kubelet.last[family][labels]
    if kubelet.before is None:
        return (kubelet.rates or {}).get(who), None
    started = kubelet.last[START].get(labels)
    before, then = kubelet.before[family].get(labels, (0.0, None))
    if then is None or millis is None:
        return _rate_from_start(kubelet, last, millis, started)
    started_before = kubelet.before[START].get(labels)
    if millis <= then or last < before or (started and started_before and started[0] > started_before[0]):
        return None, None
    return int((_nanos(last) - _nanos(before)) / ((millis - then) / 1000)), millis - then


def _rate_from_start(
    kubelet: KubeletSamples, last: float, millis: int | None, started: tuple[float, Any] | None
) -> tuple[int | None, int | None]:
    """Measure a container that started after the first sample, from its start."""
    if not started or not millis:
        return None, None
    window = millis - int(started[0] * 1000)
    resolution = sampled_at(kubelet.last) - sampled_at(kubelet.before or kubelet.last)
    if not YOUNGEST <= window < max(resolution, YOUNGEST + 1):
        return None, None
    return int(_nanos(last) / (window / 1000)), window


def _nanos(seconds: float) -> int:
    return int(seconds * 1e9)


def _rfc3339(millis: int) -> str:
    return datetime.fromtimestamp(millis // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

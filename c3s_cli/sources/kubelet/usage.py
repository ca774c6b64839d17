"""The kubelets, read through the API server: the same endpoint as metrics-server, with the same arithmetic."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from msgspec import Struct, field, structs

from c3s_cli.amounts.duration import go_duration
from c3s_cli.amounts.timestamp import utc
from c3s_cli.amounts.totals import sum_all
from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import C3sError
from c3s_cli.model.rows import Container, Figures, Node, Pod
from c3s_cli.model.sample import Failure
from c3s_cli.model.volume_rows import Volume
from c3s_cli.sources.calls import Calls
from c3s_cli.sources.kubelet.exposition import container_of
from c3s_cli.sources.kubelet.polling import OF_NODES, OF_PODS, Poll
from c3s_cli.sources.kubelet.samples import CPU, MEMORY, NODE_CPU, NODE_MEMORY, NODE_SWAP, SWAP, KubeletSamples
from c3s_cli.sources.kubelet.summaries import KNOWN, node_figures, pod_figures, read_summaries, volumes
from c3s_cli.sources.kubelet.summary import Summary
from c3s_cli.sources.metrics_api import YOUNG
from c3s_cli.sources.source import Lists, Scope, Usage
from c3s_cli.sources.unmeasured import refuse_absence
from c3s_cli.terminal.stderr import counted

# When a container was sampled, the window of its CPU, both in ms, and its usage.
Measured = tuple["int | None", "int | None", Container]


class Kubelets(Struct):
    """The kubelets of one cluster, for any number of readings. known: the last samples of each."""

    known: dict[str, KubeletSamples] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    poll: Poll | None = None

    def usage(self, calls: Calls, scope: Scope, _problems: list[str], lists: Lists) -> KubeletUsage:
        """Return the usage in scope, in one reading. All usages of a reading share one poll."""
        if self.poll is None or self.poll.calls is not calls:
            of_rows = OF_PODS if scope.objects is Kind.POD else OF_NODES
            families = OF_PODS + OF_NODES if lists.everyone else of_rows
            self.poll = Poll(self.known, calls, families, lists.everyone, lists.nodes, self.clock, self.sleep)
        return KubeletUsage(self.poll, calls, scope, lists)


class KubeletUsage(Struct, Usage):
    """The usage that kubelets report, in one reading.

    wanted: the nodes that it needs. incomplete: the pods in scope of which a container lacks a figure.
    """

    poll: Poll
    calls: Calls
    scope: Scope
    lists: Lists
    wanted: frozenset[str] = frozenset()
    incomplete: list[tuple[str, str]] = field(default_factory=list)
    name: str = "kubelet"

    @property
    def remarks(self) -> list[str]:
        """How CPU was measured, if not by two samples, and which pods are left out."""
        if not self.incomplete:
            return self.poll.remarks
        those = f"{counted(len(self.incomplete), 'pod')}, such as {'/'.join(self.incomplete[0])}"
        return [*self.poll.remarks, f"left out, as by metrics-server: {those}; a container has no CPU or no memory"]

    @property
    def failures(self) -> list[Failure]:
        """What could not be read of the nodes."""
        return [failure for name, failure in self.poll.failures if name in self.wanted]

    def nodes(self) -> list[Node]:
        """Read the usage of the nodes in scope."""
        context = self.calls.cluster.context
        samples = self._read(self.lists.nodes())
        figures = node_figures(self._summaries(samples))
        return [row for name, kubelet in samples.items() if (row := _node(context, name, kubelet, figures.get(name)))]

    def pods(self) -> list[Pod]:
        """Read the usage of the pods in scope: those of all nodes, or those that the API server selects."""
        context = self.calls.cluster.context
        selected = None if self.scope.everything else self.lists.pods()
        names = None if selected is None else {facts.node for facts in selected.values()} - {""}
        samples = self._read(self.lists.nodes() if names is None else dict.fromkeys(names))
        figures = pod_figures(self._summaries(samples))
        rows: dict[tuple[str, str], tuple[str, Pod]] = {}
        incomplete: set[tuple[str, str]] = set()
        for node, kubelet in samples.items():
            for key, pod in _pods(context, kubelet).items():
                if selected is not None and key not in selected:
                    continue
                if pod is None:
                    incomplete.add(key)
                else:
                    rows[key] = self._one_of(rows[key], (node, pod)) if key in rows else (node, pod)
        self.incomplete = sorted(incomplete - rows.keys())
        return [
            structs.replace(pod, figures=figures.get((node, *key))) if figures else pod
            for key, (node, pod) in rows.items()
        ]

    def _one_of(self, *reports: tuple[str, Pod]) -> tuple[str, Pod]:
        """Return which of the reports about a pod that has moved to keep: of the node where it runs, else the newer."""
        pod = reports[0][1]
        node = None
        with suppress(C3sError):
            facts = self.lists.pods().get((pod.namespace, pod.name))
            node = facts and facts.node
        return max(reports, key=lambda report: (report[0] == node, report[1].timestamp or ""))

    def explain_absence(self, now: datetime) -> None:
        """Raise what kubectl raises if kubelets report no pod, although some run."""
        refuse_absence(self.lists.pods, now.timestamp(), YOUNG, "c3s doctor --from kubelet looks for the cause")

    def volumes(self) -> list[Volume]:
        """Read the volume claims of the pods in scope."""
        self.wanted = frozenset(self.lists.nodes())
        summaries = read_summaries(self.calls, self.wanted, self.poll.failed)
        if self.failures and not summaries:
            raise self.poll.why_none()
        return volumes(self.calls.cluster.context, summaries, self.scope.namespaces)

    def _summaries(self, names: Iterable[str]) -> Mapping[str, Summary]:
        """Read the summaries of nodes, if a column needs them."""
        if KNOWN.isdisjoint(self.scope.figures):
            return {}
        return read_summaries(self.calls, names, self.poll.failed)

    def _read(self, nodes: Mapping[str, Any]) -> Mapping[str, KubeletSamples]:
        """Return the samples of nodes. C3sError if none answered."""
        self.wanted = frozenset(nodes)
        samples = self.poll.samples(nodes)
        if self.wanted and not samples:
            raise self.poll.why_none()
        return samples


# --- samples → usage --------------------------------------------------------------------------------------------


def _node(context: str, name: str, kubelet: KubeletSamples, figures: Figures | None) -> Node | None:
    """Make the row of a node; None if a figure is missing."""
    cpu, memory = (next(iter(kubelet.last[family].values()), None) for family in (NODE_CPU, NODE_MEMORY))
    if not (cpu and memory and cpu[0] and memory[0]):
        return None
    swap = next(iter(kubelet.last[NODE_SWAP].values()), None)
    used, window = kubelet.rate(NODE_CPU, next(iter(kubelet.last[NODE_CPU])), ("", "", ""))
    return Node(
        context,
        name,
        used,
        int(memory[0]),
        int(swap[0]) if swap else None,
        _rfc3339(cpu[1]),
        _window(window),
        figures=figures,
    )


def _pods(context: str, kubelet: KubeletSamples) -> dict[tuple[str, str], Pod | None]:
    """Make the rows of the pods of a node; None for a pod with an incomplete container."""
    pods: dict[tuple[str, str], list[Measured | None]] = {}
    memory_of = kubelet.last[MEMORY]
    # A container with only one of the two is incomplete.
    for labels in kubelet.last[CPU] | memory_of:
        who = namespace, pod, container = container_of(labels)
        if not pod or container in ("", "POD"):
            continue
        pods.setdefault((namespace, pod), []).append(_container(kubelet, labels, who))
    return {
        key: None if None in parts else _pod(context, *key, [each for each in parts if each])
        for key, parts in pods.items()
    }


def _container(kubelet: KubeletSamples, labels: bytes, who: tuple[str, str, str]) -> Measured | None:
    """Return when a container was sampled, the window, and its usage; None without CPU or memory."""
    cpu, memory = kubelet.last[CPU].get(labels), kubelet.last[MEMORY].get(labels)
    if not (cpu and memory and memory[0]):
        return None
    used, window = kubelet.rate(CPU, labels, who)
    swap = kubelet.last[SWAP].get(labels)
    return cpu[1], window, Container(who[2], used, int(memory[0]), int(swap[0]) if swap else None)


def _pod(context: str, namespace: str, name: str, parts: list[Measured]) -> Pod:
    """Sum the containers of a pod. Its time is that of the container that was sampled first."""
    millis, window, _ = min(parts, key=lambda each: each[0] or 0)
    containers = tuple(container for _, _, container in parts)
    swap = [container.swap_bytes for container in containers]
    return Pod(
        context,
        namespace,
        name,
        sum_all([container.cpu_nanocores for container in containers]),
        sum_all([container.memory_bytes for container in containers]),
        sum_all(swap),
        _rfc3339(millis),
        _window(window),
        containers,
    )


def _window(millis: int | None) -> str | None:
    return go_duration(millis * 10**6) if millis else None


def _rfc3339(millis: int | None) -> str | None:
    return None if millis is None else utc(millis // 1000)

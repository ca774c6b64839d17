"""The kubelets, read through the API server: the same endpoint as metrics-server, with the same arithmetic.

CPU is a counter that a kubelet samples every ten seconds or so. c3s polls a node until it has a new sample; the usage
is the growth of the counter between the two samples. A watch keeps the last sample for its next reading.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field, structs

from c3s_cli.amounts.duration import go_duration
from c3s_cli.columns.vocabulary import Kind
from c3s_cli.errors import ApiError, C3sError, InvalidAnswer, MetricsUnavailable
from c3s_cli.kube.cluster import segment
from c3s_cli.model.rows import Container, Figures, Node, Pod, Volume
from c3s_cli.model.sample import Failure
from c3s_cli.sources.decode.metrics import total
from c3s_cli.sources.kubelet.exposition import Samples, container_of, read
from c3s_cli.sources.kubelet.summaries import KNOWN, node_figures, pod_figures, read_summaries, volumes
from c3s_cli.sources.kubelet.summary import rates_of
from c3s_cli.sources.requests import some_at_once

if TYPE_CHECKING:
    from c3s_cli.sources.kubelet.summary import Summary
    from c3s_cli.sources.requests import Requests
    from c3s_cli.sources.source import Lists, Scope

AT_ONCE: Final = 32
# Seconds between two polls of the nodes.
PAUSE: Final = 0.5
# How long to wait for the second sample of a node, in seconds.
PATIENCE: Final = 25.0
# The share of the remaining --request-timeout to spend on it: there must be time left to ask for rates.
SHARE: Final = 0.6
# If the server's clock has not moved for this long, in seconds, it is frozen, and so are the counters.
STILL: Final = 1.5
# metrics-server measures a container from its start only if it is at least this old, in ms.
YOUNGEST: Final = 10_000
# Older samples do not show current usage, in ms.
OLDEST: Final = 120_000

CPU: Final = "container_cpu_usage_seconds_total"
MEMORY: Final = "container_memory_working_set_bytes"
START: Final = "container_start_time_seconds"
SWAP: Final = "container_swap_usage_bytes"
NODE_CPU: Final = "node_cpu_usage_seconds_total"
NODE_MEMORY: Final = "node_memory_working_set_bytes"
NODE_SWAP: Final = "node_swap_usage_bytes"
OF_NODES: Final = (NODE_CPU, NODE_MEMORY, NODE_SWAP, START)
OF_PODS: Final = (NODE_CPU, CPU, MEMORY, START, SWAP)

Page = Mapping[str, Samples]
Rates = Mapping[tuple[str, str, str], int]


class KubeletSamples(Struct):
    """The samples of one kubelet: its last page, the page with the sample before it, and its own rates if asked.

    rates: nanocores by namespace, pod and container; the node's own under ("", "", "").
    """

    last: Page
    before: Page | None = None
    rates: Rates | None = None

    def add(self, page: Page) -> None:
        """Add a new page. A page with the same sample changes nothing."""
        seen, now = _moment(self.last), _moment(page)
        if now <= seen:
            return
        self.before, self.last = (self.last if now - seen <= OLDEST else None), page

    @property
    def complete(self) -> bool:
        """Whether CPU is known."""
        return self.before is not None or self.rates is not None or not _moment(self.last)


def _moment(page: Page) -> int:
    """Return when a kubelet took the sample of its node; 0 if the page does not say."""
    return next((millis or 0 for _, millis in page[NODE_CPU].values()), 0)


class Kubelets(Struct):
    """The kubelets of one cluster, for any number of readings. clock, sleep: as in the time module."""

    looks: dict[str, KubeletSamples] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def reading(self, requests: Requests, scope: Scope, _problems: list[str], lists: Lists) -> KubeletUsage:
        """Begin a reading."""
        return KubeletUsage(self, requests, scope, lists)


class KubeletUsage(Struct):
    """One reading of the kubelets. failures: the nodes that did not answer; problem: the error of the first one."""

    kubelets: Kubelets
    requests: Requests
    scope: Scope
    lists: Lists
    failures: list[Failure] = field(default_factory=list)
    problem: C3sError | None = None
    name: str = "kubelet"
    absence: str = ""

    def nodes(self) -> list[Node]:
        """Read the usage of the nodes in scope."""
        context = self.requests.cluster.context
        looks = self._read(self.lists.nodes())
        figures = node_figures(self._summaries(looks))
        return [row for name, seen in looks.items() if (row := _node(context, name, seen, figures.get(name)))]

    def pods(self) -> list[Pod]:
        """Read the usage of the pods in scope: those of all nodes, or those that the API server selects."""
        context = self.requests.cluster.context
        selected = None if self.scope.everything else self.lists.pods()
        looks = self._read(
            self.lists.nodes() if selected is None else {facts.node for facts in selected.values()} - {""}
        )
        figures = pod_figures(self._summaries(looks))
        return [
            structs.replace(pod, figures=figures.get((pod.namespace, pod.name))) if figures else pod
            for seen in looks.values()
            for pod in _pods(context, seen)
            if selected is None or (pod.namespace, pod.name) in selected
        ]

    def volumes(self) -> list[Volume]:
        """Read the volume claims of the pods in scope."""
        summaries = read_summaries(self.requests, self.lists.nodes(), self._failed)
        if self.failures and not summaries:
            raise self._why_none()
        return volumes(self.requests.cluster.context, summaries, self.scope.namespace)

    def _summaries(self, names: Iterable[str]) -> Mapping[str, Summary]:
        """Read the summaries of nodes, if a column needs them."""
        if KNOWN.isdisjoint(self.scope.figures):
            return {}
        return read_summaries(self.requests, names, self._failed)

    def explain_absence(self, _now: datetime) -> None:
        """Do nothing: there are no pods that kubelets do not report."""

    def sums(self, _groups: Mapping[Any, Any], _figures: Sequence[str]) -> Mapping[Any, Any]:
        """Return nothing: kubelets have no history."""
        return {}

    def _read(self, names: Iterable[str]) -> Mapping[str, KubeletSamples]:
        """Poll the nodes until each has two samples. Nodes that do not answer are failures."""
        wanted = sorted(names)
        known = self.kubelets.looks
        begun = self.kubelets.clock()
        self._ask(wanted)
        patience = min(PATIENCE, SHARE * self.requests.cluster.seconds_left())
        if wanted and not any(name in known for name in wanted):
            raise self._why_none()
        while left := [name for name in wanted if name in known and not known[name].complete]:
            spent = self.kubelets.clock() - begun
            if spent > patience or self._stands_still(spent):
                self._ask_for_rates(left)
                break
            self.kubelets.sleep(PAUSE)
            # Poll a few nodes first; poll all of them once half of those few have a new sample.
            some, others = left[:AT_ONCE], left[AT_ONCE:]
            self._ask(some)
            if 2 * sum(name in known and known[name].complete for name in some) >= len(some):
                self._ask(others)
        return {name: known[name] for name in wanted if name in known}

    def _ask(self, names: list[str]) -> None:
        """Add the current pages of nodes. A node that does not answer is a failure, and its samples are dropped."""
        known = self.kubelets.looks
        for name, page in some_at_once({name: partial(self._page, name) for name in names}, AT_ONCE).items():
            if isinstance(page, C3sError):
                self._failed(name, page)
                known.pop(name, None)
            elif name in known:
                known[name].add(page)
            else:
                known[name] = KubeletSamples(page)

    def _page(self, name: str) -> Page:
        body = self.requests.get(f"/api/v1/nodes/{segment(name)}/proxy/metrics/resource", accept="text/plain")
        page = read(body, OF_PODS if self.scope.objects is Kind.POD else OF_NODES)
        if not any(page.values()):
            raise InvalidAnswer("the answer has no metrics")
        return page

    def _failed(self, name: str, problem: C3sError) -> None:
        self.problem = self.problem or problem
        self.failures.append(Failure(self.requests.cluster.context, f"the kubelet of node {name}", str(problem)))

    def _why_none(self) -> C3sError:
        """Return the error of a reading in which no node answered; a missing right is raised as it is."""
        if isinstance(self.problem, ApiError) and self.problem.status in (401, 403):
            return self.problem
        return MetricsUnavailable(
            f"no kubelet answered: {self.problem}", hint="the API server must be able to reach the kubelets"
        )

    def _stands_still(self, spent: float) -> bool:
        return spent >= STILL and len(set(self.requests.dates)) == 1

    def _ask_for_rates(self, names: list[str]) -> None:
        """Use the kubelets' own rates for nodes without a second sample."""
        query = [("only_cpu_and_memory", "true")]
        jobs = {
            name: partial(self.requests.get, f"/api/v1/nodes/{segment(name)}/proxy/stats/summary", query)
            for name in names
        }
        for name, body in some_at_once(jobs, AT_ONCE).items():
            try:
                if isinstance(body, C3sError):
                    raise body
                self.kubelets.looks[name].rates = rates_of(body)
            except C3sError as problem:
                words = f"its counters do not change: CPU is unknown ({problem})"
                self.failures.append(Failure(self.requests.cluster.context, f"the CPU of node {name}", words))


# --- samples → usage --------------------------------------------------------------------------------------------


def _node(context: str, name: str, seen: KubeletSamples, figures: Figures | None) -> Node | None:
    """Make the row of a node; None if a figure is missing."""
    cpu, memory = (next(iter(seen.last[family].values()), None) for family in (NODE_CPU, NODE_MEMORY))
    if not (cpu and memory and cpu[0] and memory[0] and cpu[1]):
        return None
    swap = next(iter(seen.last[NODE_SWAP].values()), None)
    used, window = _rate(seen, NODE_CPU, next(iter(seen.last[NODE_CPU])), ("", "", ""))
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


def _pods(context: str, seen: KubeletSamples) -> list[Pod]:
    """Make the rows of the pods of a node. A pod with an incomplete container is left out."""
    pods: dict[tuple[str, str], list[tuple[int, int | None, Container] | None]] = {}
    memory_of = seen.last[MEMORY]
    # A container with only one of the two is incomplete.
    for labels in seen.last[CPU] | memory_of:
        who = namespace, pod, container = container_of(labels)
        if not pod or container in ("", "POD"):
            continue
        pods.setdefault((namespace, pod), []).append(_container(seen, labels, who))
    rows = []
    for (namespace, pod), found in pods.items():
        if None not in found:
            rows.append(_pod(context, namespace, pod, [each for each in found if each]))
    return rows


def _container(
    seen: KubeletSamples, labels: bytes, who: tuple[str, str, str]
) -> tuple[int, int | None, Container] | None:
    """Return when a container was sampled, the window, and its usage; None if a figure is missing."""
    cpu, memory = seen.last[CPU].get(labels), seen.last[MEMORY].get(labels)
    if not (cpu and memory and memory[0] and cpu[1]):
        return None
    used, window = _rate(seen, CPU, labels, who)
    if used is None and seen.before is not None:
        return None
    swap = seen.last[SWAP].get(labels)
    return cpu[1], window, Container(who[2], used, int(memory[0]), int(swap[0]) if swap else None)


def _pod(context: str, namespace: str, name: str, found: list[tuple[int, int | None, Container]]) -> Pod:
    """Sum the containers of a pod. Its time is that of the container that was sampled first."""
    millis, window, _ = min(found, key=lambda each: each[0])
    containers = tuple(container for _, _, container in found)
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


def _rate(seen: KubeletSamples, family: str, labels: bytes, who: tuple[str, str, str]) -> tuple[int | None, int | None]:
    """Return nanocores and the window in ms, computed as in metrics-server; None if unknown."""
    last, millis = seen.last[family][labels]
    if seen.before is None:
        return (seen.rates or {}).get(who), None
    started = seen.last[START].get(labels)
    before, then = seen.before[family].get(labels, (0.0, None))
    if then is None or millis is None:
        return _rate_from_start(seen, last, millis, started)
    started_before = seen.before[START].get(labels)
    if millis <= then or last < before or (started and started_before and started[0] > started_before[0]):
        return None, None
    return int((_nanos(last) - _nanos(before)) / ((millis - then) / 1000)), millis - then


def _rate_from_start(
    seen: KubeletSamples, last: float, millis: int | None, started: tuple[float, Any] | None
) -> tuple[int | None, int | None]:
    """Measure a container that started after the first sample, from its start."""
    if not started or not millis:
        return None, None
    window = millis - int(started[0] * 1000)
    resolution = _moment(seen.last) - _moment(seen.before or seen.last)
    if not YOUNGEST <= window < max(resolution, YOUNGEST + 1):
        return None, None
    return int(_nanos(last) / (window / 1000)), window


def _nanos(seconds: float) -> int:
    return int(seconds * 1e9)


def _rfc3339(millis: int) -> str:
    return datetime.fromtimestamp(millis // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

"""Poll kubelets until CPU is known: it is a counter that they sample every ten seconds or so.

The usage is the growth of the counter between two samples. A watch keeps the last sample for its next reading.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from c3s_cli.errors import ApiError, C3sError, InvalidAnswer, MetricsUnavailable
from c3s_cli.kube.cluster import segment
from c3s_cli.model.sample import Failure
from c3s_cli.parallel import in_parallel
from c3s_cli.sources.kubelet.exposition import Samples, read
from c3s_cli.sources.kubelet.summary import rates_of

if TYPE_CHECKING:
    from c3s_cli.sources.requests import Requests

AT_ONCE: Final = 32
# Seconds between two polls of the nodes.
PAUSE: Final = 0.5
# How long to wait for the second sample of a node, in seconds.
PATIENCE: Final = 25.0
# The share of the remaining --request-timeout to spend on it: there must be time left to ask for rates.
SHARE: Final = 0.6
# If the server's clock has not moved for this long, in seconds, it is frozen, and so are the counters.
STILL: Final = 1.5
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
        previous, now = sampled_at(self.last), sampled_at(page)
        if now <= previous:
            return
        self.before, self.last = (self.last if now - previous <= OLDEST else None), page

    @property
    def complete(self) -> bool:
        """Whether CPU is known."""
        return self.before is not None or self.rates is not None or not sampled_at(self.last)


def sampled_at(page: Page) -> int:
    """Return when a kubelet took the sample of its node; 0 if the page does not say."""
    return next((millis or 0 for _, millis in page[NODE_CPU].values()), 0)


class Poll(Struct):
    """The kubelets in one reading. known: the samples of each, which are updated. families: what to keep of a page.

    everyone: returns all nodes, if the reading needs those. clock, sleep: as in the time module. problem: the error of
    the first node that did not answer. failures: what could not be read, with the node.
    """

    known: dict[str, KubeletSamples]
    requests: Requests
    families: tuple[str, ...]
    everyone: Callable[[], Iterable[str]] | None
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    problem: C3sError | None = None
    failures: list[tuple[str, Failure]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    all: Mapping[str, KubeletSamples] | None = None

    def samples(self, names: Iterable[str]) -> Mapping[str, KubeletSamples]:
        """Return the samples of nodes, without those that did not answer. If the reading needs all, poll them once."""
        if self.everyone is None:
            return self._poll(names)
        with self.lock:
            if self.all is None:
                self.all = self._poll(self.everyone())
        return {name: self.all[name] for name in names if name in self.all}

    def _poll(self, names: Iterable[str]) -> Mapping[str, KubeletSamples]:
        """Poll nodes until each has two samples."""
        wanted = sorted(names)
        known = self.known
        begun = self.clock()
        self._ask(wanted)
        patience = min(PATIENCE, SHARE * self.requests.cluster.seconds_left())
        while left := [name for name in wanted if name in known and not known[name].complete]:
            spent = self.clock() - begun
            if spent > patience or self._stands_still(spent):
                self._ask_for_rates(left)
                break
            self.sleep(PAUSE)
            # Poll a few nodes first; poll all of them once half of those few have a new sample.
            some, others = left[:AT_ONCE], left[AT_ONCE:]
            self._ask(some)
            if 2 * sum(name in known and known[name].complete for name in some) >= len(some):
                self._ask(others)
        return {name: known[name] for name in wanted if name in known}

    def _ask(self, names: list[str]) -> None:
        """Add the current pages of nodes. A node that does not answer is a failure, and its samples are dropped."""
        for name, page in in_parallel({name: partial(self._page, name) for name in names}, AT_ONCE).items():
            if isinstance(page, C3sError):
                self.failed(name, page)
                self.known.pop(name, None)
            elif name in self.known:
                self.known[name].add(page)
            else:
                self.known[name] = KubeletSamples(page)

    def _page(self, name: str) -> Page:
        body = self.requests.get(f"/api/v1/nodes/{segment(name)}/proxy/metrics/resource", accept="text/plain")
        page = read(body, self.families)
        if not any(page.values()):
            raise InvalidAnswer("the answer has no metrics")
        return page

    def failed(self, name: str, problem: C3sError) -> None:
        """Note that a node did not answer."""
        self.problem = self.problem or problem
        self._note(name, f"the kubelet of node {name}", str(problem))

    def _note(self, name: str, part: str, why: str) -> None:
        self.failures.append((name, Failure(self.requests.cluster.context, part, why)))

    def why_none(self) -> C3sError:
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
        for name, body in in_parallel(jobs, AT_ONCE).items():
            try:
                if isinstance(body, C3sError):
                    raise body
                self.known[name].rates = rates_of(body)
            except C3sError as problem:
                words = f"its counters do not change: CPU is unknown ({problem})"
                self._note(name, f"the CPU of node {name}", words)

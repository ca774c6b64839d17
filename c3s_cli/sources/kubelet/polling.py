"""Poll kubelets until CPU is known: it is a counter that they sample every 10 to 20 seconds.

The usage is the growth of a counter between two samples. A watch keeps the last ones for its next reading.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Final

from msgspec import Struct, field

from c3s_cli.errors import ApiError, C3sError, InvalidAnswer, MetricsUnavailable, TimedOut
from c3s_cli.kube.deadline import HINT, within
from c3s_cli.model.sample import Failure
from c3s_cli.parallel import in_parallel
from c3s_cli.sources.calls import Calls
from c3s_cli.sources.kubelet.addresses import RESOURCE, SUMMARY, metrics_path, proxy_path
from c3s_cli.sources.kubelet.exposition import read
from c3s_cli.sources.kubelet.samples import (
    CPU,
    MEMORY,
    NODE_CPU,
    NODE_MEMORY,
    NODE_SWAP,
    START,
    SWAP,
    KubeletSamples,
    Page,
    Rates,
    first_samples,
)
from c3s_cli.sources.kubelet.summary import page_of, rates_of, summary_of

AT_ONCE: Final = 32
# Seconds between two polls of the nodes.
PAUSE: Final = 1.0
# How long to wait for second samples, in seconds: a container is sampled at least every 20.
LONGEST_WAIT: Final = 25.0
# What of --request-timeout is kept to ask for rates: a share of what remains, but no more than these seconds.
SHARE: Final = 0.4
RESERVE: Final = 5.0
# If the server's clock has not moved for this long, in seconds, it is frozen, and so are the counters.
STILL: Final = 1.5

OF_NODES: Final = (NODE_CPU, NODE_MEMORY, NODE_SWAP, START)
OF_PODS: Final = (NODE_CPU, CPU, MEMORY, START, SWAP)
# 1 if the kubelet failed to get some metrics; the older name follows the newer.
ERRORS: Final = ("resource_scrape_error", "scrape_error")
INCOMPLETE: Final = "it could not get the metrics of every container; rows may be missing"
ONLY_USAGE: Final = [("only_cpu_and_memory", "true")]
OWN_RATES: Final = "CPU is the kubelets' own rate where one is missing"
SAMPLED_ONCE: Final = "it was sampled only once"
UNTIMED: Final = "samples of kubelets have no time: CPU is the kubelets' own rate where it is known"


class Poll(Struct):
    """The kubelets in one reading. known: the samples of each, which are updated. families: what to keep of a page.

    everyone: returns all nodes, if the reading needs those. nodes: returns the nodes with what is known of them.
    clock, sleep: as in the time module. problem: the error of the first node that did not answer. failures: what could
    not be read, with the node. remarks: how CPU was measured, if not by two samples.
    """

    known: dict[str, KubeletSamples]
    calls: Calls
    families: tuple[str, ...]
    everyone: Callable[[], Mapping[str, Any]] | None
    nodes: Callable[[], Mapping[str, Any]]
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    problem: C3sError | None = None
    failures: list[tuple[str, Failure]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    all: Mapping[str, KubeletSamples] | None = None

    def samples(self, nodes: Mapping[str, Any]) -> Mapping[str, KubeletSamples]:
        """Return the samples of nodes, without those that did not answer. If the reading needs all, poll them once.

        nodes: what is known of them by name, None if nothing.
        """
        if self.everyone is None:
            return self._poll(nodes)
        with self.lock:
            if self.all is None:
                self.all = self._poll(self.everyone())
        return {name: self.all[name] for name in nodes if name in self.all}

    def _poll(self, nodes: Mapping[str, Any]) -> Mapping[str, KubeletSamples]:
        """Poll nodes until each counter has two samples."""
        known = self.known
        start = self.clock()
        left = self.calls.cluster.seconds_left()
        longest = (
            min(LONGEST_WAIT, left - min(RESERVE, SHARE * left)) if left < LONGEST_WAIT + RESERVE else LONGEST_WAIT
        )
        until = start + longest if longest < LONGEST_WAIT else None
        for name, problem in self._ask(sorted(nodes), nodes, until).items():
            self.failed(name, problem)
            known.pop(name, None)
        answered = self.clock()
        self._ask_for_rates([name for name in known if name in nodes and known[name].rates and known[name].waiting])
        silent: dict[str, C3sError] = {}
        while left_over := [
            name for name in nodes if name in known and name not in silent and not known[name].complete
        ]:
            self._count(nodes)
            spent = self.clock() - start
            if self.clock() - answered >= STILL and len(set(self.calls.dates)) == 1:
                self._ask_for_rates(left_over)
                break
            if spent + PAUSE > longest:
                limit = "--request-timeout" if until is not None else f"{LONGEST_WAIT:.0f}s"
                self.remarks.append(f"not every container was sampled twice within {limit}: {OWN_RATES}")
                self._ask_for_rates(left_over, SAMPLED_ONCE)
                break
            self.calls.pause(self.sleep, PAUSE)
            # Poll a few nodes first; poll all of them once half of those few have new samples.
            some, others = left_over[:AT_ONCE], left_over[AT_ONCE:]
            silent |= self._ask(some, nodes, until)
            if 2 * sum(known[name].complete for name in some) >= len(some):
                silent |= self._ask(others, nodes, until)
        if silent:
            # Their first pages are known.
            self.remarks.append(f"not every kubelet answered twice: {OWN_RATES}")
            self._ask_for_rates(sorted(silent), SAMPLED_ONCE)
        self._count(nodes, over=True)
        if untimed := [name for name in nodes if name in known and known[name].untimed]:
            self.remarks.append(UNTIMED)
            self._ask_for_rates(untimed, "its samples have no time")
        answers = {name: known[name] for name in sorted(nodes) if name in known}
        for name, kubelet in answers.items():
            if any(number for family in ERRORS for number, _ in kubelet.last.get(family, {}).values()):
                self._note(name, f"the kubelet of node {name}", INCOMPLETE, partial=True)
        return answers

    def _count(self, nodes: Iterable[str], *, over: bool = False) -> None:
        """Report the progress: how many counters have a second sample."""
        parts = [self.known[name] for name in nodes if name in self.known]
        waiting = 0 if over else sum(len(part.waiting) for part in parts)
        total = waiting + sum(len(part.before) for part in parts)
        self.calls.progress("second samples", total - waiting, total)

    def _ask(self, names: list[str], nodes: Mapping[str, Any], until: float | None) -> dict[str, C3sError]:
        """Add the current pages of nodes. Return the errors of nodes that do not answer.

        until: when to stop waiting, by the clock; None for as long as any request may take.
        """
        problems: dict[str, C3sError] = {}
        for name, answer in in_parallel(
            {name: partial(self._read_until, until, name, nodes[name]) for name in names}, AT_ONCE
        ).items():
            if isinstance(answer, C3sError):
                problems[name] = answer
                continue
            page, rates = answer
            if rates is not None:
                self.known[name] = KubeletSamples(page, rates=rates)
            elif name in self.known:
                self.known[name].add(page)
            else:
                self.known[name] = first_samples(page)
        return problems

    def _read_until(self, until: float | None, name: str, node: Any) -> tuple[Page, Rates | None]:
        """Read the page of a node. One that is slow must not take the time that the others need for their rates."""
        if until is None:
            return self._read(name, node)
        try:
            return within(max(until - self.clock(), 0.0), partial(self._read, name, node))
        except TimeoutError:
            raise TimedOut("timeout while waiting for the kubelet", hint=HINT) from None

    def _read(self, name: str, node: Any) -> tuple[Page, Rates | None]:
        """Read the page of a node; from its summary, which has rates, if it has no such page."""
        path = metrics_path(node)
        try:
            return self._page(name, path), None
        except ApiError as problem:
            if problem.status != 404:
                raise
            # Who may read one kubelet may not be allowed to list nodes.
            with suppress(C3sError):
                annotated = metrics_path(self.nodes().get(name))
                if annotated != path:
                    return self._page(name, annotated), None
            try:
                return self._summary(name)
            except C3sError:
                raise problem from None

    def _page(self, name: str, path: str) -> Page:
        body = self.calls.get(proxy_path(name, path), accept="text/plain")
        page = read(body, (*self.families, *ERRORS))
        if not any(page[family] for family in self.families):
            raise InvalidAnswer("the answer has no metrics")
        if not body.endswith(b"\n"):
            raise InvalidAnswer("the answer is cut: its last line has no end")
        return page

    def _summary(self, name: str) -> tuple[Page, Rates]:
        summary = summary_of(self.calls.get(proxy_path(name, SUMMARY), ONLY_USAGE))
        return page_of(summary, self.families), rates_of(summary)

    def failed(self, name: str, problem: C3sError) -> None:
        """Note that a node did not answer."""
        self.problem = self.problem or problem
        self._note(name, f"the kubelet of node {name}", str(problem))

    def _note(self, name: str, part: str, why: str, *, partial: bool = False) -> None:
        self.failures.append((name, Failure(self.calls.cluster.context, part, why, partial=partial)))

    def why_none(self) -> C3sError:
        """Return the error of a reading in which no node answered; a missing right is raised as it is."""
        status = self.problem.status if isinstance(self.problem, ApiError) else None
        if self.problem and status in (401, 403):
            return self.problem
        if status == 404:
            return MetricsUnavailable(f"no kubelet has {RESOURCE} or {SUMMARY}: {self.problem}")
        return MetricsUnavailable(
            f"no kubelet answered: {self.problem}", hint="the API server must be able to reach the kubelets"
        )

    def _ask_for_rates(self, names: list[str], why: str = "its counters do not change") -> None:
        """Use the kubelets' own rates for what has no second sample. why: the reason, if that fails."""
        for name, answer in in_parallel({name: partial(self._summary, name) for name in names}, AT_ONCE).items():
            if isinstance(answer, C3sError):
                self._note(name, f"the CPU of node {name}", f"{why}: CPU is unknown ({answer})")
            else:
                _, self.known[name].rates = answer

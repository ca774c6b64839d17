"""The header of a watch: the cluster, and its totals whatever the rows show."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from c3s_cli.amounts.duration import age, ago, parse_window
from c3s_cli.amounts.quantity import cpu_percent, memory_percent
from c3s_cli.amounts.timestamp import epoch, utc
from c3s_cli.analysis.summary import Summary, summary_of
from c3s_cli.columns.of_resources import COMPARABLE_USAGE
from c3s_cli.errors import ApiError, C3sError
from c3s_cli.model.rows import Group
from c3s_cli.model.sample import Reading, Sample
from c3s_cli.request.view import View
from c3s_cli.run.fleet import Fleet
from c3s_cli.run.member import Member, distinct
from c3s_cli.terminal.header import Fact, Gauge, Header
from c3s_cli.terminal.printable import printable

KEPT: Final = 60
# The resources by their names in the header: what they are called, how large a unit is, its name, and the rounding.
RESOURCES: Final = {
    "CPU": ("cpu", 10**9, "cores", cpu_percent),
    "MEMORY": ("memory", 2**30, "GiB", memory_percent),
}
REFUSED: Final = "not allowed"
UNAVAILABLE: Final = "not available"


class Heading:
    """The totals of the clusters of a fleet, and their recent percentages."""

    def __init__(self, fleet: Fleet) -> None:
        self.members, _ = distinct(fleet.members, None) if fleet.several else (fleet.members, {})
        self.several = fleet.several
        # Why a cluster is missing from the totals, and since when.
        self._lost: dict[str, tuple[C3sError, float]] = {}
        self._summary: Summary | None = None
        self._newest: str | None = None
        self._version: str | None = None
        self._histories: dict[str, deque[float | None]] = {name: deque(maxlen=KEPT) for name in RESOURCES}

    def wants(self, member: Member) -> bool:
        """Whether to read the totals of a cluster: once for contexts of the same one, and not after a refusal."""
        problem, _ = self._lost.get(member.name, (None, 0.0))
        return member in self.members and not (problem and _is_refusal(problem))

    def update(self, readings: Mapping[str, Reading | C3sError]) -> None:
        """Take the totals of readings, by context. Failures are shown in the header: the rows matter more."""
        samples = []
        for name, reading in readings.items():
            totals = reading if isinstance(reading, C3sError) else reading.totals
            if isinstance(totals, C3sError):
                self._lost[name] = totals, self._lost.get(name, (totals, time.monotonic()))[1]
            elif totals is not None:
                self._lost.pop(name, None)
                samples.append(totals)
        if samples:
            self.take(samples)

    @property
    def missing(self) -> str:
        """What is missing from the totals, "" if nothing is."""
        if not self.several:
            return next((REFUSED if _is_refusal(why) else UNAVAILABLE for why, _ in self._lost.values()), "")
        now = time.monotonic()
        lost = [f"{printable(name)} (for {age(now - since)})" for name, (_, since) in sorted(self._lost.items())]
        return f"without {', '.join(lost)}" if lost else ""

    def take(self, samples: Sequence[Sample]) -> None:
        """Remember the totals of a reading."""
        self._summary = summary = summary_of(samples)
        if summary.newest == self._newest:
            return  # no new metrics: add no point to the history
        self._newest = summary.newest
        for name, history in self._histories.items():
            history.append(_gauge(name, summary.cluster).percent)

    def forget(self) -> None:
        """Forget what was read before: the next reading is earlier."""
        self._newest = None
        for history in self._histories.values():
            history.clear()

    def read_version(self) -> None:
        """Ask a single cluster for its version, once. Without an answer the header shows none."""
        if self._version is None and not self.several:
            try:
                self._version = self.members[0].version()
            except C3sError:
                self._version = ""

    def header(
        self,
        view: View,
        read_at: datetime | None,
        passed: float,
        pace: str,
        *,
        waiting: str = "",
        words: tuple[str, ...] = (),
        banner: tuple[str, ...] = (),
    ) -> Header:
        """Return the content of the header. read_at: when the rows were read, None before that.

        passed: the seconds since then. pace: such as `every 2s`. waiting, words, banner: as in Header.
        """
        summary = self._summary
        now = read_at + timedelta(seconds=passed) if read_at else None
        sampled = _sampled(summary, now)
        read = f"{read_at:%H:%M:%SZ}" if read_at else ""
        status = [pace, read, sampled]
        if self.members[0].is_recorded and read_at:
            # What does not fit is left out from the left.
            status = [pace, sampled, f"replay of {utc(read_at)}"]
        return Header(
            facts=tuple(fact for fact in self._facts(summary) if fact.value),
            gauges=self.gauges(),
            status=tuple(filter(None, status)),
            missing=self.missing,
            trouble=_unready(summary, now),
            waiting=waiting,
            words=words,
            banner=tuple(map(printable, banner)),
            warn=view.warn,
            critical=view.critical,
        )

    def _facts(self, summary: Summary | None) -> list[Fact]:
        if not self.several:
            cluster = self.members[0].cluster()
            facts = [
                Fact("context", printable(cluster.context)),
                Fact("cluster", printable(cluster.cluster_name)),
                Fact("user", printable(cluster.user_name)),
                Fact("server", printable(self._version or "")),
            ]
        else:
            answering = len(self.members) - len(self._lost)
            style = "warn" if self._lost else "bold"
            facts = [Fact("clusters", f"{answering} of {len(self.members)}", style)]
        if summary is not None:
            facts.append(_nodes(summary))
            pods = "?" if summary.pods is None else str(summary.pods)
            facts.append(Fact("pods", pods, short=pods))
        return facts

    def gauges(self) -> tuple[Gauge, ...]:
        """Return CPU and memory with their recent percentages."""
        if self._summary is None:
            return ()
        return tuple(_gauge(name, self._summary.cluster, history) for name, history in self._histories.items())


def _gauge(name: str, cluster: Group, history: Iterable[float | None] = ()) -> Gauge:
    """Return the usage of a resource. Its percentage is the one that `c3s top cluster` shows."""
    resource, size, unit, percent_of = RESOURCES[name]
    used, offered = COMPARABLE_USAGE[resource](cluster), (cluster.measured_allocatable or {}).get(resource)
    percent = None if used is None or not offered else percent_of(used, offered)
    return Gauge(name, percent, _amount(used, size), f"{_amount(offered, size)} {unit}", tuple(history))


def _amount(number: int | None, size: int) -> str:
    return "?" if number is None else f"{number / size:.1f}"


def _nodes(summary: Summary) -> Fact:
    """Return how many nodes are ready and report usage; coloured if not all of them do."""
    total, reporting = summary.cluster.node_count or 0, summary.cluster.measured_node_count or 0
    if summary.ready is None:
        return Fact("nodes", f"{reporting} reporting", short=str(reporting))
    style = "critical" if summary.ready < total else "warn" if reporting < total else "bold"
    ready = f"{summary.ready}/{total} ready"
    return Fact("nodes", f"{ready}, {reporting} reporting", style, short=ready)


def _unready(summary: Summary | None, now: datetime | None) -> tuple[str, ...]:
    """Return the nodes that are not ready, each with the time since then."""
    return tuple(
        printable(name)
        if since is None or now is None
        else f"{printable(name)} ({age(max(0.0, now.timestamp() - since))})"
        for name, since in (summary.unready if summary else ())
    )


def _is_refusal(problem: C3sError) -> bool:
    return isinstance(problem, ApiError) and problem.status == 403


def _sampled(summary: Summary | None, now: datetime | None) -> str:
    """Return the age of the newest usage sample, and the window it is averaged over."""
    if summary is None or summary.newest is None or now is None:
        return ""
    measured = epoch(summary.newest)
    if measured is None:
        return ""
    try:
        window = f" over {parse_window(summary.window) / 10**9:.0f}s" if summary.window else ""
    except ValueError:
        window = ""
    return f"sampled {ago(measured, now.timestamp())}{window}"

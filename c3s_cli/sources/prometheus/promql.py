"""Build PromQL queries as text. No I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

CPU: Final = "container_cpu_usage_seconds_total"
MEMORY: Final = "container_memory_working_set_bytes"
# Excludes the pause container, and the sums of pods and parent cgroups, which have no container label.
CONTAINERS: Final[tuple[str, ...]] = ('container!=""', 'container!="POD"')
CONTAINER: Final = "namespace, pod, container"
# The label with a node's name depends on the scrape job.
NODE_LABELS: Final = ("node", "kubernetes_io_hostname", "instance")
NODE: Final = ", ".join(NODE_LABELS)
# The CPU modes that count as used: not waiting, and not stolen by other machines.
BUSY: Final[tuple[str, ...]] = ('mode!~"idle|iowait|steal"',)
# Long enough for four scrapes at one-minute intervals.
WINDOW: Final = 300
OVER_TIME: Final = {"avg": "avg_over_time", "min": "min_over_time", "max": "max_over_time"}
# Default steps of a range, in seconds, which limit the number of points.
STEPS: Final = (60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
POINTS: Final = 2100


class Range(Struct, frozen=True):
    """A range of time, in whole seconds, and the step between two points of it."""

    seconds: int
    step: int

    @property
    def window(self) -> int:
        """The window of a rate: at least the whole step, so that no part of the range is skipped."""
        return max(WINDOW, self.step)

    @property
    def points(self) -> int:
        """How many points there are."""
        return self.seconds // self.step + 1


def range_of(seconds: float, step: float | None) -> Range:
    """Choose the step for a range, if none is given."""
    fitting = next((each for each in STEPS if seconds / each <= POINTS), STEPS[-1])
    return Range(int(seconds), min(int(step or fitting), int(seconds)))


def braces(*matchers: Iterable[str]) -> str:
    """Write matchers as a selector."""
    return "{" + ",".join(matcher for several in matchers for matcher in several) + "}"


def quoted(text: str) -> str:
    """Write text as a string of PromQL."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def one_of(label: str, values: Sequence[str]) -> str:
    """Match a label that has one of some values."""
    if len(values) == 1:
        return f"{label}={quoted(values[0])}"
    return f"{label}=~{quoted('|'.join(map(escaped, values)))}"


def escaped(text: str) -> str:
    """Escape text for a regular expression."""
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)


# Builds a usage query: resource, rate or irate, window in seconds, matchers.
Series = Callable[[str, str, int, str], str]


def _of(cpu: str, memory: str, *match: str) -> Series:
    """Build usage queries from a counter of seconds and a gauge of bytes."""

    def series(resource: str, rate: str, window: int, selector: str) -> str:
        chosen = braces(match, [selector] if selector else [])
        return f"{rate}({cpu}{chosen}[{window}s])" if resource == "cpu" else f"{memory}{chosen}"

    return series


def _of_machines(resource: str, rate: str, window: int, selector: str) -> str:
    """Build usage queries from the busy time of each core and from available memory, as node_exporter has them."""
    matchers = [selector] if selector else []
    if resource == "cpu":
        busy = f"{rate}(node_cpu_seconds_total{braces(BUSY, matchers)}[{window}s])"
        return f"sum by ({NODE}) (max by ({NODE}, cpu, mode) ({busy}))"
    return f"node_memory_MemTotal_bytes{braces(matchers)} - node_memory_MemAvailable_bytes{braces(matchers)}"


OF_CONTAINERS: Final = _of(CPU, MEMORY, *CONTAINERS)
# Series with the usage of a node, the best first: the root cgroup, as metrics-server counts; the kubelet's
# /metrics/resource, which is the same; node_exporter, which is close. Common charts drop the first.
OF_NODES: Final = (
    _of(CPU, MEMORY, 'id="/"'),
    _of("node_cpu_usage_seconds_total", "node_memory_working_set_bytes"),
    _of_machines,
)


def now_of(resource: str, selectors: Sequence[str], by: str, series: Series = OF_CONTAINERS) -> str:
    """Return the query for usage at one time: like metrics-server, the growth between the last two samples.

    A container that is scraped by two jobs counts once.
    """
    return f"max by ({by}) ({_either(resource, 'irate', WINDOW, selectors, series)})"


def usage_of(resource: str, selectors: Sequence[str], by: str, window: int, series: Series = OF_CONTAINERS) -> str:
    """Return the query for the usage at each point of a range."""
    return f"max by ({by}) ({_either(resource, 'rate', window, selectors, series)})"


def _either(resource: str, rate: str, window: int, selectors: Sequence[str], series: Series) -> str:
    """Join the usage queries of several selectors with `or`; each selector is a list of matchers as text."""
    return " or ".join(series(resource, rate, window, selector) for selector in selectors)


def over_time(statistic: str, inner: str, period: Range) -> str:
    """Return the query for a statistic of an expression over a range."""
    points = f"({inner})[{period.seconds}s:{period.step}s]"
    if statistic in OVER_TIME:
        return f"{OVER_TIME[statistic]}({points})"
    return f"quantile_over_time({int(statistic[1:]) / 100:g}, {points})"


def marked(query: str, label: str, value: str) -> str:
    """Add a label to every result of a query."""
    return f'label_replace({query}, "{label}", {quoted(value)}, "", "")'


def joined(matchers: Mapping[str, Sequence[str]]) -> str:
    """Join matchers with commas, without those that have no values."""
    return ",".join(one_of(label, values) for label, values in matchers.items() if values)

"""Which series have the usage of containers over a range, and how far apart their samples are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from c3s_cli.errors import MetricsUnavailable
from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.engine import Engine
from c3s_cli.sources.prometheus.rules import is_own, remark_on, rules_of, selector_of

# Where the interval between two scrapes is looked for, in seconds before the end. A second less, so that n samples are
# n intervals; fewer samples than enough make no good interval.
LOOK: Final = (899, 3599, 86_399)
ENOUGH: Final = 4


class Series(Struct, frozen=True):
    """The names of the series that have the usage of containers, "" where there are none.

    chosen: the matchers that select them. is_rule: whether the CPU is a gauge, in cores. remark: what to say of them.
    """

    cpu: str = promql.CPU
    memory: str = promql.MEMORY
    chosen: str = promql.CONTAINERS
    is_rule: bool = False
    remark: str = ""

    @property
    def sampled(self) -> str:
        """The name of those whose samples are counted."""
        return self.memory or self.cpu


OF_PODS: Final = Series(
    chosen=promql.PODS,
    remark="there are no series of containers: those of pods serve for workloads whose pods have one container",
)


def series_and_interval(engine: Engine, match: str, end: float) -> tuple[Series, float]:
    """Return the best series that there are, and the time between two scrapes of them near the end of a range.

    match: matchers added to every selector. MetricsUnavailable if there are none.
    """
    for series in _kinds(engine, match, end):
        for seconds in LOOK:
            samples = f"{series.sampled}{promql.braces(series.chosen, match)}[{seconds}s]"
            # Another scraper may take over within one of these windows.
            most = f"max_over_time((count_over_time({samples}))[{4 * (seconds + 1)}s:{seconds + 1}s])"
            for _, number in engine.vector(f"max({most})", end):
                if number >= ENOUGH or seconds == LOOK[-1]:
                    return series, max(1.0, round((seconds + 1) / max(1.0, number)))
    raise MetricsUnavailable(f"this Prometheus has no metrics of containers at the end of the range: {promql.SCRAPED}")


def _kinds(engine: Engine, match: str, end: float) -> Iterator[Series]:
    """Yield the kinds of series, the best first."""
    yield Series()
    yield OF_PODS
    rules = rules_of(engine, match, end)
    if rules and not is_own(rules):
        names = rules.get("cpu", ""), rules.get("memory", "")
        yield Series(*names, chosen=selector_of(rules), is_rule=True, remark=remark_on(rules))

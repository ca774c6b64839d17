"""How often containers were started again in a range: from kube-state-metrics, else from what the kubelets reported."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, structs

from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.slices import Letters
from c3s_cli.sources.prometheus.statistics import MOST_NAMES, POINTS

if TYPE_CHECKING:
    from c3s_cli.model.rows import PodFacts
    from c3s_cli.sources.prometheus.engine import Engine
    from c3s_cli.sources.source import Scope

Who = tuple[str, str, str]
# Of containers and of init containers, among which sidecars are.
COUNTERS: Final = '__name__=~"kube_pod_(init_)?container_status_restarts_total"'
STARTED: Final = "container_start_time_seconds"
# The pod in the id of a cgroup: a new pod of the same name has not been restarted.
UID: Final = ".*pod([0-9a-f][0-9a-f_-]{31,35}).*"


class Restarts(Struct):
    """The restarts of containers between two times, by namespace, pod and container. match: matchers of the pods."""

    engine: Engine
    match: str
    start: float
    end: float

    def counted(self, pods: Iterable[tuple[str, str]]) -> Mapping[Who, int]:
        """Return the restarts as kube-state-metrics saw them; of pods that it did not see, as the kubelets did."""
        reported = self.reported()
        known = {who[:2] for who in reported}
        return reported if known.issuperset(pods) else {**self.seen(), **reported}

    def query(self) -> str:
        """Return the query for the most restarts that a container was shown with in the range."""
        return f"max by ({promql.OF_CONTAINER}) (max_over_time({promql.braces(COUNTERS, self.match)}{self._span}))"

    def reported(self) -> Mapping[Who, int]:
        """Return how much the counts of kube-state-metrics have grown.

        A container that had none at the start is new: its count begins at 0, unless nothing was scraped then.
        """
        most = self._vector(self.query(), self.end)
        if not any(most.values()):
            return dict.fromkeys(most, 0)
        by, series = promql.OF_CONTAINER, promql.braces(COUNTERS, self.match)
        before = self._vector(f"max by ({by}) ({series})", self.start)
        least = f"min by ({by}) (min_over_time({series}{self._span}))"
        lines = self._lines([*self._vector(f"{self.query()} - {least} > 0", self.end)])
        found = {}
        for who, number in most.items():
            line = lines.get(who) or [number]
            begin = before.get(who, 0.0) if before else line[0]
            # A count that fell has begun again.
            found[who] = round(
                sum(after - then if after >= then else after for then, after in pairwise([begin, *line]))
            )
        return found

    def seen(self) -> Mapping[Who, int]:
        """Return how many runs of a container there were after the first: by the times of their starts, else by CPU."""
        by, scrape = promql.OF_CONTAINER, promql.SCRAPE
        # In VictoriaMetrics, `changes` also counts the first value.
        changes = "changes" if self.engine.extrapolates() else "changes_prometheus"
        for series, function in ((STARTED, changes), (promql.CPU, "resets")):
            chosen = promql.braces(promql.CONTAINERS, self.match)
            runs = f"max by ({by}, id, {scrape}) ({function}({series}{chosen}{self._span}) + 1)"
            of_pod = f'sum by ({by}, uid, {scrape}) (label_replace({runs}, "uid", "$1", "id", "{UID}")) - 1'
            if found := self._vector(f"max by ({by}) (sum by ({by}, {scrape}) ({of_pod}))", self.end):
                return {who: round(number) for who, number in found.items()}
        return {}

    def _lines(self, moved: Sequence[Who]) -> dict[Who, list[float]]:
        """Return the counts of containers over the range, without the one at its start."""
        if not moved:
            return {}
        names = sorted({pod for _, pod, _ in moved})
        # The names of pods are in one of two labels.
        named = [promql.one_of(label, names) for label in ("pod", "exported_pod") if len(names) <= MOST_NAMES] or [""]
        step = max(15, math.ceil((self.end - self.start) / POINTS))
        first = self.end - math.ceil((self.end - self.start) / step) * step
        found: dict[Who, list[float]] = {}
        for chosen in named:
            query = f"max by ({promql.OF_CONTAINER}) ({promql.braces(COUNTERS, chosen, self.match)})"
            for labels, points in self.engine.points(query, first, self.end, step):
                pairs = zip(*points, strict=True)
                found[promql.who(labels)] = [value for time, value in pairs if time > self.start]
            if found:
                break
        return found

    def _vector(self, query: str, time: float) -> dict[Who, float]:
        return {promql.who(labels): number for labels, number in self.engine.vector(query, time)}

    @property
    def _span(self) -> str:
        return f"[{int(self.end - self.start)}s]"


def restarts_of(
    engine: Engine,
    gather: Callable[..., Any],
    scope: Scope,
    match: str,
    bounds: tuple[float, float],
    pods: Collection[tuple[str, str]],
) -> Mapping[Who, int]:
    """Return the restarts of the containers of pods, as far as series tell of them.

    gather: queries in pieces, as PrometheusUsage does. bounds: of the range.
    """

    def read(label: str) -> dict[Who, int]:
        names = [scope.name] if scope.name else []
        where = promql.joined({f"{label}namespace": scope.namespaces, f"{label}pod": names})

        def one(piece: Letters) -> Iterable[tuple[Who, int]]:
            chosen = ",".join(filter(None, (where, piece.matcher(), match)))
            return Restarts(engine, chosen, *bounds).counted(pods).items()

        return dict(gather([Letters()], one, "restarts"))

    # The labels of pods may have been renamed by the job that scrapes them.
    found = read("")
    if scope.namespaces and not any(who[:2] in pods for who in found):
        found = {**read("exported_"), **found}
    return found


def with_restarts(
    pods: Mapping[tuple[str, str], PodFacts], counts: Mapping[Who, int]
) -> dict[tuple[str, str], PodFacts]:
    """Return facts with the restarts in a range, None if unknown. Of init containers, only those of sidecars count."""
    sums: dict[tuple[str, str], int] = {}
    for (namespace, pod, container), number in counts.items():
        facts = pods.get((namespace, pod))
        if facts is not None and (not facts.containers or any(each.name == container for each in facts.containers)):
            sums[namespace, pod] = sums.get((namespace, pod), 0) + number
    return {key: structs.replace(facts, restarts=sums.get(key)) for key, facts in pods.items()}

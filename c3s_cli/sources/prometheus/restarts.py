"""How often containers were started again in a range: from kube-state-metrics, else from what the kubelets reported."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from msgspec import Struct, structs

from c3s_cli.model.rows import PodFacts
from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.averages import CREATED
from c3s_cli.sources.prometheus.engine import Engine
from c3s_cli.sources.prometheus.range_edges import Edges
from c3s_cli.sources.prometheus.slices import Letters
from c3s_cli.sources.prometheus.statistics import step_of
from c3s_cli.sources.source import Scope

# Of containers and of init containers, among which sidecars are.
COUNTERS: Final = '__name__=~"kube_pod_(init_)?container_status_restarts_total"'
# The pod in the id of a cgroup: a new pod of the same name has not been restarted.
UID: Final = ".*pod([0-9a-f][0-9a-f_-]{31,35}).*"


class Restarts(Struct):
    """The restarts of containers in a range, by namespace, pod and container. match: matchers of the pods."""

    engine: Engine
    match: str
    edges: Edges

    def counts(self, pods: Iterable[tuple[str, str]]) -> Mapping[promql.Who, int]:
        """Return the restarts as kube-state-metrics saw them; of pods that it did not see, as the kubelets did."""
        reported = self.of_state_metrics()
        known = {who[:2] for who in reported}
        return reported if known.issuperset(pods) else {**self.of_kubelets(), **reported}

    def query(self) -> str:
        """Return the query for the most restarts that a container was shown with in the range."""
        return f"max by ({promql.OF_CONTAINER}) (max_over_time({promql.braces(COUNTERS, self.match)}{self._span}))"

    def of_state_metrics(self) -> Mapping[promql.Who, int]:
        """Return how much the counts of kube-state-metrics have grown.

        A container that had none at the start is new: its count begins at 0, unless its pod had been created before.
        """
        most = self.engine.by_container(self.query(), self.edges.end)
        if not any(most.values()):
            return dict.fromkeys(most, 0)
        by, series = promql.OF_CONTAINER, promql.braces(COUNTERS, self.match)
        before = self.engine.by_container(f"max by ({by}) ({series})", self.edges.start)
        late = {who for who, number in most.items() if number and who not in before}
        if late and (first := self.edges.first_states()):
            before |= self.engine.by_container(f"max by ({by}) ({series})", first)
        old = self._created_before({who[:2] for who in late - before.keys()})
        least = f"min by ({by}) (min_over_time({series}{self._span}))"
        lines = self._lines([*self.engine.by_container(f"{self.query()} - {least} > 0", self.edges.end)])
        grown = {}
        for who, number in most.items():
            line = lines.get(who) or [number]
            begin = before.get(who, line[0] if who[:2] in old else 0.0)
            # A count that fell has begun again.
            grown[who] = round(
                sum(after - then if after >= then else after for then, after in pairwise([begin, *line]))
            )
        return grown

    def _created_before(self, pods: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
        """Return those of some pods that were created before the range: it began when nobody scraped them."""
        if not pods:
            return set()
        series = f"{CREATED}{promql.braces(self.match)}{self._span}"
        created = self.engine.by_container(f"min by ({promql.OF_POD}) (min_over_time({series}))", self.edges.end)
        return {who[:2] for who, time in created.items() if who[:2] in pods and time < self.edges.start}

    def of_kubelets(self) -> Mapping[promql.Who, int]:
        """Return how many runs of a container there were after the first: by the times of their starts, else by CPU."""
        by, scrape = promql.OF_CONTAINER, promql.SCRAPE
        # In VictoriaMetrics, `changes` also counts the first value.
        changes = "changes" if self.engine.extrapolates() else "changes_prometheus"
        for series, function in ((promql.STARTED, changes), (promql.CPU, "resets")):
            chosen = promql.braces(promql.CONTAINERS, self.match)
            runs = f"max by ({by}, id, {scrape}) ({function}({series}{chosen}{self._span}) + 1)"
            of_pod = f'sum by ({by}, uid, {scrape}) (label_replace({runs}, "uid", "$1", "id", "{UID}")) - 1'
            if numbers := self.engine.by_container(
                f"max by ({by}) (sum by ({by}, {scrape}) ({of_pod}))", self.edges.end
            ):
                return {who: round(number) for who, number in numbers.items()}
        return {}

    def _lines(self, moved: Sequence[promql.Who]) -> dict[promql.Who, list[float]]:
        """Return the counts of containers over the range, without the one at its start."""
        if not moved:
            return {}
        names = sorted({pod for _, pod, _ in moved})
        # The names of pods are in one of two labels.
        named = dict.fromkeys(promql.few_of(label, names) for label in ("pod", "exported_pod"))
        step = step_of(self.edges.start, self.edges.end)
        first = self.edges.end - math.ceil((self.edges.end - self.edges.start) / step) * step
        counts: dict[promql.Who, list[float]] = {}
        for chosen in named:
            query = f"max by ({promql.OF_CONTAINER}) ({promql.braces(COUNTERS, chosen, self.match)})"
            for labels, points in self.engine.points(query, first, self.edges.end, step):
                pairs = zip(*points, strict=True)
                counts[promql.who(labels)] = [value for time, value in pairs if time > self.edges.start]
            if counts:
                break
        return counts

    @property
    def _span(self) -> str:
        return f"[{int(self.edges.end - self.edges.start)}s]"


def restarts_of(
    engine: Engine,
    gather: Callable[..., Any],
    scope: Scope,
    match: str,
    edges: Edges,
    pods: Collection[tuple[str, str]],
) -> Mapping[promql.Who, int]:
    """Return the restarts of the containers of pods, as far as series tell of them.

    gather: queries in pieces, as PrometheusUsage does. edges: of the range.
    """

    def read(label: str) -> dict[promql.Who, int]:
        names = [scope.name] if scope.name else []
        where = promql.match_labels({f"{label}namespace": scope.namespaces, f"{label}pod": names})

        def one(piece: Letters) -> Iterable[tuple[promql.Who, int]]:
            return Restarts(engine, promql.all_of(where, piece.matcher(), match), edges).counts(pods).items()

        return dict(gather([Letters()], one, "restarts"))

    # The labels of pods may have been renamed by the job that scrapes them.
    counts = read("")
    if scope.namespaces and not any(who[:2] in pods for who in counts):
        counts = {**read("exported_"), **counts}
    return counts


def with_restarts(
    pods: Mapping[tuple[str, str], PodFacts], counts: Mapping[promql.Who, int], start: float, scope: Scope
) -> dict[tuple[str, str], PodFacts]:
    """Return facts with the restarts in a range, None if unknown. Of init containers, only those of sidecars count.

    start: of the range in seconds since 1970. scope: has its end.
    """
    sums: dict[tuple[str, str], int] = {}
    for (namespace, pod, container), number in counts.items():
        facts = pods.get((namespace, pod))
        if facts is not None and (not facts.containers or any(each.name == container for each in facts.containers)):
            sums[namespace, pod] = sums.get((namespace, pod), 0) + number
    since = math.inf if scope.period and scope.period.end else start

    def in_range(key: tuple[str, str], facts: PodFacts) -> PodFacts:
        since_created = (facts.created_at or 0.0) >= since

        # Without series only this is known: what was never restarted, and what was created since.
        def known(count: int | None) -> int | None:
            return count if count == 0 or since_created else None

        containers = [
            structs.replace(each, restarts=counts.get((*key, each.name), known(each.restarts)))
            for each in facts.containers
        ]
        return structs.replace(facts, restarts=sums.get(key, known(facts.restarts)), containers=tuple(containers))

    return {key: in_range(key, each) for key, each in pods.items()}

"""What nodes and pods use at one time, from the raw samples of the minutes before it."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, Final, cast

from msgspec import Struct, field

from c3s_cli.errors import C3sError, MetricsUnavailable
from c3s_cli.parallel import in_parallel, results_of
from c3s_cli.sources.calls import Memoized
from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.clusters import refuse_mixture, refuse_several
from c3s_cli.sources.prometheus.decoding import Labels, Matrix, Vector
from c3s_cli.sources.prometheus.engine import Engine
from c3s_cli.sources.prometheus.node_names import NodeNames
from c3s_cli.sources.prometheus.rules import OVER_FIVE_MINUTES, is_own, rules_of, selector_of
from c3s_cli.sources.prometheus.samples import (
    CPU,
    INTERVAL,
    JITTER,
    TARGET,
    Reading,
    ages_of,
    current_readings,
    gauge,
    interval_of,
    longest_of,
    newest_of,
    rate,
    still_scraped,
    target_of,
)
from c3s_cli.sources.prometheus.slices import Instances, Letters

# By resource, or by node or container and then by resource.
Used = dict[str, Reading]
RESOURCES: Final = {"cpu": rate, "memory": gauge}
NAMES: Final = {"cpu": promql.CPU, "memory": promql.MEMORY}
# Enough samples that the jitter of scrapes does not matter.
ENOUGH: Final = 4
# So few samples in the first of the wider windows are far apart.
FEW: Final = 4
# What tells apart the series of a container that runs.
SCRAPED: Final = (CPU, *TARGET)
NO_NODES: Final = "this Prometheus scrapes neither the kubelets' figures of nodes nor node_exporter"
OTHER_LABELS: Final = (
    "its series may have another namespace, or be of another cluster: c3s doctor --from … examines them"
)
LEGACY: Final = 'pod_name!=""'
UNLABELLED: Final = (
    "the series of containers have no label `pod`, but `pod_name`, as before Kubernetes 1.16",
    "the series of containers have no labels `pod` and `container`",
)


class Current(Struct):
    """The usage at one time.

    gather: queries in pieces, as PrometheusUsage does. interval: between two scrapes, longest: what nine of ten are
    below. newest: the time of the newest sample; 0 if there is none. last: of each object. ages: up to how old values
    of counters are when they are scraped, as far as known. selectors: the matchers that select the series of
    containers, and of pods on nodes without these. renamed: whether to select by exported_namespace. jobs: the jobs
    that scrape containers, and the paths that they scrape. sizes: how many series of containers there are of each
    resource, and how many containers. rules: the recording rules that serve instead of them. kinds: the kinds of series
    that nodes have, in the order of their use. least: the window to begin with.
    """

    engine: Engine
    time: float
    match: Callable[..., str]
    gather: Callable[..., Any]
    interval: float | None = None
    longest: float = 0.0
    newest: float = 0.0
    last: dict[tuple[str, ...], float] = field(default_factory=dict)
    ages: float = 0.0
    selectors: tuple[str, ...] = (promql.CONTAINERS,)
    renamed: bool = False
    jobs: set[tuple[str, str]] = field(default_factory=set)
    sizes: dict[str, int] = field(default_factory=dict)
    rules: Mapping[str, str] = {}
    kinds: dict[str, list[promql.Kind | str]] = field(default_factory=dict)
    least: int = promql.WINDOW
    _scrapes: Callable[[], Mapping[tuple[str, ...], float]] = dict
    _machines_interval: Callable[[], float | None] = float

    def __post_init__(self) -> None:
        self._scrapes = Memoized(self._last_scrapes)
        self._machines_interval = Memoized(self._interval_of_machines)

    def pods(self, namespaces: Sequence[str], name: str | None) -> dict[tuple[str, str], dict[str, Used]]:
        """Return the usage of containers, by pod. A pod without a container label has one container, ""."""
        read = partial(self._containers, namespaces, name)
        pods, bare = in_parallel({"pods": read, "bare": self._without_containers}).values()
        if isinstance(pods, C3sError):
            raise pods
        if not pods and namespaces and self._count(promql.match_labels({"exported_namespace": namespaces})):
            self.renamed = True
            pods = read()
        if not pods and not self._count(promql.CONTAINERS):
            if self._count(promql.PODS):
                self.selectors = (promql.PODS,)
                pods = read()
            elif rules := rules_of(self.engine, self.match(), self.time):
                self.rules = rules
                self.selectors = (selector_of(rules),)
                pods = read()
        elif bare and not isinstance(bare, C3sError):
            whole = f"{promql.PODS},{promql.one_of('instance', bare)}"
            self.selectors = (*self.selectors, whole)
            pods = {**read(whole), **pods}
        if not pods and not self.rules and self._is_sparse(promql.CONTAINERS):
            pods = read()
        return cast("dict[tuple[str, str], dict[str, Used]]", pods)

    def _without_containers(self) -> list[str]:
        """Return the kubelets with series of pods, but none of containers: the runtime of their nodes has none."""
        pods, containers = (
            f"count by (instance) ({promql.MEMORY}{promql.braces(self.match(selector))})"
            for selector in (promql.PODS, promql.CONTAINERS)
        )
        vector = self.engine.vector(f"{pods} unless {containers}", self.time)
        return sorted({labels.get("instance", "") for labels, _ in vector} - {""})[: promql.MOST_NAMES]

    def scope(self, namespaces: Sequence[str], name: str | None) -> str:
        """Return the matchers of namespaces and a pod."""
        if self.renamed:
            # Which of the two labels were renamed is in the labels of each series.
            return promql.match_labels({"exported_namespace": namespaces})
        return promql.match_labels({"namespace": namespaces, "pod": [name] if name and namespaces else []})

    def _containers(
        self, namespaces: Sequence[str], name: str | None, selector: str = ""
    ) -> dict[tuple[str, str], dict[str, Used]]:
        ask = partial(self._samples_of_pods, selector or self.selectors[0], self.scope(namespaces, name))
        answers = results_of({resource: partial(ask, resource) for resource in RESOURCES})
        pods: dict[tuple[str, str], dict[str, Used]] = {}
        for resource, readings in answers.items():
            for (space, pod, container), reading in readings.items():
                if pod and (name is None or pod == name) and (not namespaces or space in namespaces):
                    pods.setdefault((space, pod), {}).setdefault(container, {})[resource] = reading
        if answers["memory"] and not is_own(self.rules):
            # A container without memory has ended.
            pods = {key: {name: used for name, used in pod.items() if "memory" in used} for key, pod in pods.items()}
        return {key: containers for key, containers in pods.items() if containers}

    def _samples_of_pods(self, chosen: str, scope: str, resource: str) -> Mapping[tuple[str, ...], Reading]:
        if self.rules and resource not in self.rules:
            return {}
        metric = self.rules.get(resource, NAMES[resource])
        if is_own(self.rules):
            return self._last_printed(metric, [*self.rules.values()], promql.who)

        def ask(window: int) -> Matrix:
            def one(piece: Letters) -> Matrix:
                selector = promql.braces(self.match(chosen, scope, piece.matcher()))
                return self.engine.samples(f"{metric}{selector}[{window}s]", self.time)

            matrix: Matrix = self.gather([Letters()], one, f"{resource}.usage")
            containers = len({promql.who(each[0]) for each in matrix})
            for what, size in ((resource, _size(matrix)), ("containers", containers)):
                self.sizes[what] = max(size, self.sizes.get(what, 0))
            self.jobs |= {(labels.get("job", ""), labels.get("metrics_path", "")) for labels, _ in matrix}
            return matrix

        if not self.rules:
            return self._readings(resource, ask, promql.who, scrapes=self._scrapes() if scope else {})
        # A rule has cores or bytes, and a sample for each evaluation.
        readings = self._readings("memory", ask, promql.who)
        window = float(promql.WINDOW) if metric == OVER_FIVE_MINUTES else None
        return {who: Reading(reading.value, window) for who, reading in readings.items()}

    def _last_printed(
        self, name: str, names: Sequence[str], key_of: Callable[[Labels], tuple[str, ...]]
    ) -> Mapping[tuple[str, ...], Reading]:
        """Return what c3s printed of its last reading. names: of the series that have samples at its time."""
        match = promql.braces(self.match())
        matrix = self.engine.samples(f"{name}{match}[{promql.WINDOW}s]", self.time)
        if not matrix:
            return {}
        vectors = [self.engine.vector(f"max(timestamp({each}{match}))", self.time) for each in names]
        newest = max((time for vector in vectors for _, time in vector), default=0.0)
        self.interval = interval_of(matrix) or self.interval
        last = [(labels, points) for labels, points in matrix if points.times[-1] >= newest]
        refuse_several("context", (labels for labels, _ in last))
        return {key_of(labels): Reading(points.values[-1]) for labels, points in last}

    def _last_scrapes(self) -> Mapping[tuple[str, ...], float]:
        """Return the time of the last sample of each target: in a part of its series, all objects may be gone."""
        series = f"{promql.MEMORY}{promql.braces(self.match())}"
        try:
            vector = self.engine.vector(f"max by ({', '.join(TARGET)}) (timestamp({series}))", self.time)
        except C3sError:
            return {}  # those of the part will do
        return {target_of(labels): time for labels, time in vector}

    def _readings(
        self,
        resource: str,
        ask: Callable[[int], Matrix],
        key_of: Callable[[Labels], tuple[str, ...]],
        counts: Callable[[tuple[str, ...]], bool] = lambda _key: True,
        scrapes: Mapping[tuple[str, ...], float] | None = None,
    ) -> Mapping[tuple[str, ...], Reading]:
        """Return the usage of each object by its key.

        counts: whether an object is asked for. scrapes: as for `current_readings`.
        """
        matrix, window = ask(self.least), self.least
        for wider in promql.WIDER if resource == "cpu" else ():
            sizes = sorted(len(points.times) for _, points in matrix)
            if not sizes or sizes[len(sizes) // 2] >= ENOUGH:
                break
            matrix, window = ask(wider), wider
        # Whether a window contains its first moment depends on the version of the engine; nothing is of later.
        recent = ((labels, points.after(self.time - window)) for labels, points in matrix)
        matrix = [each for each in recent if each[1].times and each[1].times[-1] <= self.time + JITTER]
        self.interval = interval_of(matrix) or self.interval
        self.newest = newest_of(matrix, self.newest)
        for labels, points in matrix:
            key = key_of(labels)
            self.last[key] = max(points.times[-1], self.last.get(key, 0.0))
        self.longest = longest_of(matrix) or self.longest
        self.ages = max(self.ages, ages_of(matrix) if resource == "cpu" else 0.0)
        if self.least > promql.WINDOW:
            # What was scraped more often than that has ended.
            oldest = self.time - 2 * (interval_of(matrix) or INTERVAL) - JITTER
            matrix = [(labels, points) for labels, points in matrix if points.times[-1] >= oldest]
        now = [(key, labels) for labels, _ in still_scraped(matrix) if counts(key := key_of(labels))]
        refuse_mixture(now)
        return current_readings(matrix, key_of, RESOURCES[resource], scrapes or {})

    # --- nodes --------------------------------------------------------------------------------------------------

    def nodes(self, names: NodeNames, known: Collection[str]) -> dict[str, Used]:
        """Return the usage of nodes by name, each from the best kind of series that there is of it."""
        used: dict[str, Used] = {}
        jobs = {resource: partial(self._nodes_of, names, known, resource) for resource in RESOURCES}
        answers = results_of(jobs)
        if not any(answers.values()) and any(self._is_sparse(kind.match, kind.memory) for kind in promql.KUBELET):
            answers = results_of(jobs)
        for resource, readings in answers.items():
            for name, reading in readings.items():
                used.setdefault(name, {})[resource] = reading
        return used

    def _nodes_of(self, names: NodeNames, known: Collection[str], resource: str) -> dict[str, Reading]:
        readings: dict[str, Reading] = {}
        for kind in (*promql.KUBELET, promql.EXPORTER, promql.OWN):
            # What c3s printed serves if there is nothing else.
            if readings and (kind is promql.OWN or all(name in readings for name in known)):
                break
            if more := self._nodes_of_kind(names, known, resource, kind):
                self.kinds.setdefault(resource, []).append(kind)
                readings = {**more, **readings}
        return readings

    def _nodes_of_kind(
        self, names: NodeNames, known: Collection[str], resource: str, kind: promql.Kind | str
    ) -> dict[str, Reading]:
        if not isinstance(kind, promql.Kind):
            return self._machines(names, known, resource)
        series = kind.cpu if resource == "cpu" else kind.memory
        if kind.own:
            printed = self._last_printed(
                series, [kind.cpu, kind.memory], lambda labels: (labels.get("exported_node") or labels.get("node", ""),)
            )
            return {name: reading for (name,), reading in printed.items()}

        def ask(window: int) -> Matrix:
            def one(piece: Instances) -> Matrix:
                selector = promql.braces(self.match(kind.match, piece.matcher()))
                return self.engine.samples(f"{series}{selector}[{window}s]", self.time)

            return cast("Matrix", self.gather([Instances()], one, f"{resource}.usage"))

        counts = lambda key: not known or key[0] in known  # noqa: E731
        readings = self._readings(resource, ask, lambda labels: (names.name(labels, known),), counts)
        return {name: reading for (name,), reading in readings.items() if name}

    def _machines(self, names: NodeNames, known: Collection[str], resource: str) -> dict[str, Reading]:
        interval = self._machines_interval()
        if interval is None:
            return {}
        query = promql.busy_of_machines if resource == "cpu" else promql.memory_of_machines
        enough = ENOUGH * interval if resource == "cpu" else 2 * interval + JITTER
        window = max(promql.WINDOW, math.ceil(enough))

        def one(piece: Instances) -> Vector:
            return self.engine.vector(query(self.match(piece.matcher()), window), self.time)

        readings: dict[str, Reading] = {}
        vector: Vector = self.gather([Instances()], one, f"{resource}.usage")
        named = [(names.name(labels, known), labels, number) for labels, number in vector]
        refuse_mixture((name, labels) for name, labels, _ in named if not known or name in known)
        for name, _, number in named:
            # A machine may be scraped by two jobs.
            if name and number >= (readings[name].value or 0 if name in readings else 0):
                readings[name] = Reading(number, float(window) if resource == "cpu" else None)
        return readings

    def _interval_of_machines(self) -> float | None:
        """Return the time between two scrapes of node_exporter; None if there is none."""
        series = f"{promql.MACHINES}{promql.braces(self.match())}"
        matrix = self.engine.samples(f"{series}[{promql.WIDER[0]}s]", self.time)
        if not matrix:
            return None
        self.newest = newest_of(matrix, self.newest)
        intervals = [interval for each in matrix if (interval := interval_of([each]))]
        interval = max(intervals, default=float(promql.WIDER[0] / ENOUGH))
        self.interval = max(interval, self.interval or 0.0)
        return interval

    # --- nothing ------------------------------------------------------------------------------------------------

    def explain_nothing(self) -> str:
        """Return "" if there are series of containers; else why there is no usage.

        MetricsUnavailable if there are series, but with labels that c3s cannot use.
        """
        if self.rules or self._count(promql.CONTAINERS) or self._count(promql.PODS):
            return ""
        for match, words in zip((LEGACY, ""), UNLABELLED, strict=True):
            if self._count(match):
                raise MetricsUnavailable(
                    words, hint="relabel the kubelets' series: c3s needs namespace, pod, container"
                )
        return "this Prometheus has no metrics of containers"

    def _is_sparse(self, match: str, name: str = promql.MEMORY) -> bool:
        """Return whether only longer windows have samples, because scrapes are as far apart; read these from now on."""
        series = f"{name}{promql.braces(self.match(match))}[{promql.WIDER[0]}s]"
        vector = self.engine.vector(f"max(count_over_time({series}))", self.time)
        if not 0 < max((number for _, number in vector), default=0) <= FEW:
            return False
        self.least = promql.WIDER[-1]
        return True

    def _count(self, match: str) -> bool:
        selector = promql.braces(self.match(match)) if self.match(match) else ""
        return bool(self.engine.vector(f"count({promql.MEMORY}{selector})", self.time))


def _size(matrix: Matrix) -> int:
    """Return how many series there are; those of instances before and after a restart count once."""
    return len({(promql.who(labels), *map(labels.get, SCRAPED)) for labels, _ in matrix})

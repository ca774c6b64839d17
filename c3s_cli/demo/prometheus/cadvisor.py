"""The series that cAdvisor in every kubelet has of containers, pods and the node.

As in a real one, there are more series than a sum may take: those of the container that holds a pod's network
(container="POD"), of the pod's cgroup as a whole and of the cgroups above it (no container at all).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from c3s_cli.demo import dice
from c3s_cli.demo.kubelet.kubelet import PAUSE
from c3s_cli.demo.prometheus.scene import Scene
from c3s_cli.demo.prometheus.series import INTERVAL, Series, Values, constant
from c3s_cli.demo.runs import FOREVER, Run
from c3s_cli.demo.things import UNLIMITED, Node, Pod

_PAUSE_IMAGE = "registry.k8s.io/pause:3.10"
CPU = "container_cpu_usage_seconds_total"
MEMORY = "container_memory_working_set_bytes"
PERIODS = "container_cpu_cfs_periods_total"
THROTTLED = "container_cpu_cfs_throttled_periods_total"
OOM = "container_oom_events_total"
# Of the kernel, in a second.
_PERIODS = 10


def _added(parts: Sequence[tuple[tuple[int, int], Values]], *, grows: bool) -> Values:
    """Add values up while their parts exist; the last value of a counter stays in the sum."""
    # Every step of a query asks for them.
    at = cache(lambda part, scrape: part(scrape, scrape)[0])

    def values(first: int, last: int) -> list[float]:
        total = [0.0] * (last - first + 1)
        for (begin, end), part in parts:
            low, high = max(first, begin), min(last, end)
            before = at(part, begin) if grows and last >= begin else 0.0
            if low <= high:
                for place, value in enumerate(part(low, high), low - first):
                    total[place] += value - before
            if grows and end < last:
                rest = at(part, end) - before
                for place in range(max(end + 1, first) - first, len(total)):
                    total[place] += rest
        return total

    return values


class CAdvisor:
    """Series of containers and what is around them."""

    names = (CPU, MEMORY, PERIODS, THROTTLED, OOM)

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def series(self, name: str) -> Iterator[Series]:
        """Return all series of a name."""
        for node, life in self._scene.nodes:
            # Nobody scrapes a kubelet that does not answer.
            if not node.measured:
                continue
            by_pod: dict[tuple[str, str], list[tuple[Run, tuple[int, int]]]] = {}
            runs = []
            for run in self._scene.runs.on_node(node.name):
                if lived := self._scene.life(run.start, run.end):
                    runs.append(run)
                    by_pod.setdefault(run.pod.key, []).append((run, lived))
                    yield from self._container(name, node, run, lived)
            if name in (CPU, MEMORY):
                for parts in by_pod.values():
                    yield from self._pod(name, node, [run for run, _ in parts])
                yield self.node(name, node, runs, life)

    def _labels(self, node: Node, name: str, more: dict[str, str]) -> dict[str, str]:
        labels = {"job": "kubelet", "metrics_path": "/metrics/cadvisor", "instance": f"{node.host_ip}:10250"}
        return labels | {"node": node.name} | ({"cpu": "total"} if name == CPU else {}) | more

    def _container(self, name: str, node: Node, run: Run, life: tuple[int, int]) -> Iterator[Series]:
        group = run.pod.group
        box, nano, _, most, _ = group.running[run.place]
        if name in (PERIODS, THROTTLED) and most == UNLIMITED:
            return
        mark = dice.hexadecimal(dice.mix(run.pod.bits, run.place * 1000 + run.number)) * 2
        image = next(one.image for one in (*group.workload.boxes, *group.workload.sidecars) if one.name == box)
        about = {"namespace": group.namespace, "pod": run.pod.name, "container": box, "image": image, "name": mark}
        about["id"] = f"{_cgroup(run.pod)}/cri-containerd-{mark}.scope"
        labels = self._labels(node, name, about)
        yield Series(name, labels, life, self._values(name, run, nano, most), grows=name != MEMORY)

    def _values(self, name: str, run: Run, nano: int, most: int) -> Values:
        history = self._scene.history
        if name in (CPU, MEMORY):
            return self._usage(name, run)
        if name == OOM:
            fatal = (run.end - 2 * INTERVAL) // INTERVAL if run.killed and run.end != FOREVER else FOREVER
            return lambda first, last: [float(scrape > fatal) for scrape in range(first, last + 1)]
        if name == PERIODS:
            return _steady(_PERIODS, run.start)
        # The nearer its average is to its limit, the more of its busy periods are cut short.
        share = min(0.6, max(0.0, nano / most - 0.3)) * _PERIODS * 1e9 / most
        total = history.total(run)
        return lambda first, last: [float(int(value * share)) for value in total.values(first, last)]

    def _usage(self, name: str, run: Run) -> Values:
        history = self._scene.history
        return history.total(run).values if name == CPU else history.memory(run)

    def _parts(self, name: str, runs: Iterable[Run]) -> list[tuple[tuple[int, int], Values]]:
        lives = ((run, self._scene.life(run.start, run.end)) for run in runs)
        return [(life, self._usage(name, run)) for run, life in lives if life]

    def _pod(self, name: str, node: Node, runs: list[Run]) -> Iterator[Series]:
        """Return the series of a pod's cgroup, and those of the container that holds its network."""
        pod = runs[0].pod
        start = min(run.start for run in runs)
        life = self._scene.life(start, max(run.end for run in runs))
        assert life is not None  # noqa: S101  that of each run is not
        where = {"namespace": pod.group.namespace, "pod": pod.name}
        labels = self._labels(node, name, where | {"id": _cgroup(pod)})
        grows = name == CPU
        yield Series(name, labels, life, _added(self._parts(name, runs), grows=grows), grows=grows)
        mark = dice.hexadecimal(dice.mix(pod.bits, 77)) * 2
        where |= {"container": "POD", "image": _PAUSE_IMAGE, "name": mark}
        where["id"] = f"{_cgroup(pod)}/cri-containerd-{mark}.scope"
        labels = self._labels(node, name, where)
        idles = _steady(PAUSE[0], start, 1e9) if grows else constant(float(PAUSE[1]))
        yield Series(name, labels, life, idles, grows=grows)

    def node(self, name: str, node: Node, runs: Iterable[Run], life: tuple[int, int]) -> Series:
        """Return the series of a machine's root cgroup."""
        load = self._scene.history.load
        grows = name == CPU

        def memory(first: int, last: int) -> list[float]:
            return [float(load.system(node, scrape * 2)[1] * 1024) for scrape in range(first, last + 1)]

        system = self._scene.history.system(node, life[0]).values if grows else memory
        values = _added([(life, system), *self._parts(name, runs)], grows=grows)
        return Series(name, self._labels(node, name, {"id": "/"}), life, values, grows=grows)


def _cgroup(pod: Pod) -> str:
    uid = dice.uid(pod.bits).replace("-", "_")
    return f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{uid}.slice"


def _steady(rate: int, start: int, unit: float = 1.0) -> Values:
    """Return the values of what grows by the same in every second."""
    return lambda first, last: [rate * (scrape * INTERVAL - start) / unit for scrape in range(first, last + 1)]

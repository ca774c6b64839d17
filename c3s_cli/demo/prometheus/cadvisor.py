"""The series that cAdvisor in every kubelet has of containers, pods and the node.

As in a real one, there are more series than a sum may take: those of the container that holds a pod's network
(container="POD"), of the pod's cgroup as a whole and of the cgroups above it (no container at all).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from c3s_cli.demo import dice
from c3s_cli.demo.kubelet.kubelet import PAUSE
from c3s_cli.demo.prometheus.series import INTERVAL, Series, constant
from c3s_cli.demo.runs import FOREVER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from c3s_cli.demo.prometheus.scene import Scene
    from c3s_cli.demo.runs import Run
    from c3s_cli.demo.things import Node

    Values = Callable[[int, int], list[float]]

_PAUSE_IMAGE = "registry.k8s.io/pause:3.10"
CPU = "container_cpu_usage_seconds_total"
MEMORY = "container_memory_working_set_bytes"
PERIODS = "container_cpu_cfs_periods_total"
THROTTLED = "container_cpu_cfs_throttled_periods_total"
OOM = "container_oom_events_total"
# Of the kernel, in a second.
_PERIODS = 10


def _added(parts: Sequence[tuple[tuple[int, int], Values]], *, grows: bool) -> Values:
    """Add values up, each where it lives; what grows stays what it was when its part has ended."""

    def values(first: int, last: int) -> list[float]:
        total = [0.0] * (last - first + 1)
        for (begin, end), part in parts:
            low, high = max(first, begin), min(last, end)
            before = part(begin, begin)[0] if grows and last >= begin else 0.0
            if low <= high:
                for place, value in enumerate(part(low, high), low - first):
                    total[place] += value - before
            if grows and end < last:
                rest = part(end, end)[0] - before
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
        for node in self._scene.nodes:
            # Nobody scrapes a kubelet that does not answer.
            if not node.measured:
                continue
            runs = [run for run in self._scene.runs.on_node(node.name) if self._scene.life(run.start, run.end)]
            for run in runs:
                yield from self._container(name, node, run)
            if name in (CPU, MEMORY):
                by_pod: dict[tuple[str, str], list[Run]] = {}
                for run in runs:
                    by_pod.setdefault(run.pod.key, []).append(run)
                for parts in by_pod.values():
                    yield from self._pod(name, node, parts)
                yield self.node(name, node, runs)

    def _labels(self, node: Node, **more: str) -> dict[str, str]:
        return {
            "job": "kubelet",
            "metrics_path": "/metrics/cadvisor",
            "instance": f"{node.host_ip}:10250",
            "node": node.name,
            **({"cpu": "total"} if more.pop("family") == CPU else {}),
            **more,
        }

    def _container(self, name: str, node: Node, run: Run) -> Iterator[Series]:
        life = self._scene.life(run.start, run.end)
        group = run.pod.group
        box, nano, _, most, _ = group.running[run.place]
        if life is None or (name in (PERIODS, THROTTLED) and most >> 59):
            return
        mark = dice.hexadecimal(dice.mix(run.pod.bits, run.place * 1000 + run.number)) * 2
        image = next(one.image for one in (*group.workload.boxes, *group.workload.sidecars) if one.name == box)
        labels = self._labels(
            node,
            family=name,
            namespace=group.namespace,
            pod=run.pod.name,
            container=box,
            image=image,
            name=mark,
            id=f"{self._cgroup(run)}/cri-containerd-{mark}.scope",
        )
        yield Series(name, labels, life, self._values(name, run, nano, most), grows=name != MEMORY)

    def _values(self, name: str, run: Run, nano: int, most: int) -> Values:
        history = self._scene.history
        if name == CPU:
            return history.total(run).values
        if name == MEMORY:
            return history.memory(run)
        if name == OOM:
            fatal = (run.end - 2 * INTERVAL) // INTERVAL if run.killed and run.end != FOREVER else FOREVER
            return lambda first, last: [float(scrape > fatal) for scrape in range(first, last + 1)]
        if name == PERIODS:
            return lambda first, last: [
                float(_PERIODS * (scrape * INTERVAL - run.start)) for scrape in range(first, last + 1)
            ]
        # The nearer its average is to its limit, the more of its busy periods are cut short.
        share = min(0.6, max(0.0, nano / most - 0.3)) * _PERIODS * 1e9 / most
        total = history.total(run)
        return lambda first, last: [float(int(value * share)) for value in total.values(first, last)]

    def _cgroup(self, run: Run) -> str:
        uid = dice.uid(dice.hexadecimal(run.pod.bits)).replace("-", "_")
        return f"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{uid}.slice"

    def _pod(self, name: str, node: Node, runs: list[Run]) -> Iterator[Series]:
        """Return the series of a pod's cgroup, and those of the container that holds its network."""
        pod = runs[0].pod
        start, end = min(run.start for run in runs), max(run.end for run in runs)
        life = self._scene.life(start, end)
        if life is None:
            return
        where = {"namespace": pod.group.namespace, "pod": pod.name}
        labels = self._labels(node, family=name, id=self._cgroup(runs[0]), **where)
        grows = name == CPU
        yield Series(name, labels, life, _added(list(self._parts(name, runs)), grows=grows), grows=grows)
        mark = dice.hexadecimal(dice.mix(pod.bits, 77)) * 2
        labels = self._labels(
            node,
            family=name,
            container="POD",
            image=_PAUSE_IMAGE,
            name=mark,
            id=f"{self._cgroup(runs[0])}/cri-containerd-{mark}.scope",
            **where,
        )
        still = constant(float(PAUSE[1]))
        spins: Values = lambda first, last: [  # noqa: E731  a value among values
            PAUSE[0] * (scrape * INTERVAL - start) / 1e9 for scrape in range(first, last + 1)
        ]
        yield Series(name, labels, life, spins if grows else still, grows=grows)

    def _parts(self, name: str, runs: Iterable[Run]) -> Iterator[tuple[tuple[int, int], Values]]:
        history = self._scene.history
        for run in runs:
            if life := self._scene.life(run.start, run.end):
                yield life, history.total(run).values if name == CPU else history.memory(run)

    def node(self, name: str, node: Node, runs: Iterable[Run]) -> Series:
        """Return the series of a machine's root cgroup."""
        load = self._scene.history.load
        life = self._scene.life(self._scene.epoch - node.pool.age, FOREVER)
        assert life is not None  # noqa: S101  it is there now
        grows = name == CPU
        if grows:
            system = self._scene.history.system(node, life[0]).values
        else:

            def system(first: int, last: int) -> list[float]:
                return [float(load.system(node, scrape * 2)[1] * 1024) for scrape in range(first, last + 1)]

        parts = [(life, system), *self._parts(name, runs)]
        return Series(name, self._labels(node, family=name, id="/"), life, _added(parts, grows=grows), grows=grows)

"""The series that node_exporter has of machines, and kubelets have of volumes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from c3s_cli.demo.kubelet.volumes import Volume, volume
from c3s_cli.demo.prometheus.cadvisor import CPU, MEMORY, CAdvisor
from c3s_cli.demo.prometheus.scene import Scene
from c3s_cli.demo.prometheus.series import INTERVAL, Series, Values, constant
from c3s_cli.demo.runs import FOREVER
from c3s_cli.demo.things import Node, Pod

# The part of the time a machine is busy that goes to each mode.
_BUSY = {"user": 0.71, "system": 0.21, "softirq": 0.05, "steal": 0.03}
_VOLUMES: dict[str, Callable[[Volume], int]] = {
    "kubelet_volume_stats_used_bytes": lambda held: held.used,
    "kubelet_volume_stats_capacity_bytes": lambda held: held.capacity,
    "kubelet_volume_stats_available_bytes": lambda held: held.available,
    "kubelet_volume_stats_inodes": lambda held: held.inodes,
    "kubelet_volume_stats_inodes_used": lambda held: held.inodes_used,
    "kubelet_volume_stats_inodes_free": lambda held: held.inodes - held.inodes_used,
}


class Machines:
    """Series of machines and volumes."""

    names = ("node_cpu_seconds_total", "node_memory_MemTotal_bytes", "node_memory_MemAvailable_bytes", "up", *_VOLUMES)

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._cadvisor = CAdvisor(scene)

    def series(self, name: str) -> Iterator[Series]:
        """Return all series of a name."""
        if read := _VOLUMES.get(name):
            for pod in self._scene.world.state().pods:
                yield from self._volume(name, pod, read)
            return
        for node, life in self._scene.nodes:
            yield from self._node(name, node, life)

    def _volume(self, name: str, pod: Pod, read: Callable[[Volume], int]) -> Iterator[Series]:
        life = self._scene.life(pod.created, FOREVER)
        node = pod.node
        if life is None or node is None or not node.measured or volume(pod, 0) is None:
            return
        labels = {"job": "kubelet", "metrics_path": "/metrics", "instance": f"{node.host_ip}:10250", "node": node.name}
        labels |= {"namespace": pod.group.namespace, "persistentvolumeclaim": f"data-{pod.name}"}

        def values(first: int, last: int) -> list[float]:
            held = (volume(pod, scrape * INTERVAL) for scrape in range(first, last + 1))
            return [float(read(one)) for one in held if one is not None]

        yield Series(name, labels, life, values)

    def _node(self, name: str, node: Node, life: tuple[int, int]) -> Iterator[Series]:
        labels = {"job": "node-exporter", "instance": f"{node.host_ip}:9100", "node": node.name}
        whole = float(node.pool.memory * (1 << 30) - 1_145_896 * 1024)
        if name == "up":
            yield Series(name, labels, life, constant(1.0))
            kubelet = {"job": "kubelet", "metrics_path": "/metrics/cadvisor", "instance": f"{node.host_ip}:10250"}
            yield Series(name, kubelet | {"node": node.name}, life, constant(float(node.measured)))
        elif name == "node_memory_MemTotal_bytes":
            yield Series(name, labels, life, constant(whole))
        elif name == "node_memory_MemAvailable_bytes":
            used = self._cadvisor.node(MEMORY, node, self._scene.runs.on_node(node.name), life).values
            # Kubelets count reclaimable memory as in use.
            yield Series(name, labels, life, lambda a, b: [whole - value * 31 / 32 for value in used(a, b)])
        else:
            yield from self._cpu(name, node, labels, life)

    def _cpu(self, name: str, node: Node, labels: dict[str, str], life: tuple[int, int]) -> Iterator[Series]:
        # A query looks at the same moments of every core and mode, one after the other.
        busy = lru_cache(16)(self._cadvisor.node(CPU, node, self._scene.runs.on_node(node.name), life).values)
        cores, start = node.pool.cores, life[0]

        def mode(part: float) -> Values:
            return lambda first, last: [value * part / cores for value in busy(first, last)]

        def waiting(share: float) -> Values:
            return lambda first, last: [(scrape - start) * INTERVAL * share for scrape in range(first, last + 1)]

        def idle(first: int, last: int) -> list[float]:
            times = waiting(0.998)(first, last)
            return [time - value / cores for time, value in zip(times, busy(first, last), strict=True)]

        for core in range(cores):
            about = labels | {"cpu": str(core)}
            for which, part in _BUSY.items():
                yield Series(name, about | {"mode": which}, life, mode(part), grows=True)
            yield Series(name, about | {"mode": "idle"}, life, idle)
            yield Series(name, about | {"mode": "iowait"}, life, waiting(0.002), grows=True)

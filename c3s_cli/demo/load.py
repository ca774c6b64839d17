"""How much a container uses at a time: whole-number arithmetic only, so that every machine gives the same.

Time is counted in ticks of 15 s, metrics-server's default resolution. CPU is the average of the container times a
daily wave times a smooth noise with now and then a spike; memory moves slowly in a narrow band. Both stay below the
limits, as the kernel would see to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from c3s_cli.demo import dice

if TYPE_CHECKING:
    from c3s_cli.demo.cluster import Cluster, Group, Node, Pod

TICK = 15
_DAY = 86400 // TICK
# A prime, so that neighbours do not fall into step.
_PERIOD = 1021
# Ticks between two random points of the noise; between them it is smooth.
_STRIDE = 12
ONE = 1024

# By what the CPU of each shape swings over the day, in parts of ONE.
_SWING = {"daily": 420, "steady": 40, "spiky": 160}


def _noise(seed: int, *, spikes: bool) -> list[int]:
    """Give a loop of smooth noise around ONE; with spikes, some points are two to three times as high."""
    points = []
    for place in range(_PERIOD // _STRIDE + 2):
        bits = dice.mix(seed, place)
        height = ONE - 160 + bits % 321
        if spikes and (bits >> 20) % 9 == 0:
            height += ONE + (bits >> 30) % ONE
        points.append(height)
    points[-2:] = points[:2]
    noise = []
    for tick in range(_PERIOD):
        place, step = divmod(tick, _STRIDE)
        low, high = points[place], points[place + 1]
        # smoothstep: 3x^2 - 2x^3
        rise = (high - low) * step * step * (3 * _STRIDE - 2 * step) // _STRIDE**3
        noise.append(low + rise + dice.mix(seed + 99, tick) % 31 - 15)
    return noise


def _wave(tick: int, phase: int) -> int:
    """-1024..1024 over a day, lowest in the night: two parabolas are near enough to a sine."""
    x = (tick + phase * 6 - _DAY // 3) % _DAY
    half = _DAY // 2
    sign = 1 if x < half else -1
    x %= half
    return sign * 4 * ONE * x * (half - x) // half**2


class Load:
    """Usage of pods and nodes."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._calm = _noise(cluster.seed, spikes=False)
        self._spiky = _noise(cluster.seed + 1, spikes=True)
        self._levels: dict[tuple[str, int], int] = {}
        self._levels_tick = -1

    def _level(self, group: Group, tick: int) -> int:
        """Give the part of its average CPU that a group uses at this time of the day, in parts of ONE."""
        if tick != self._levels_tick:
            self._levels, self._levels_tick = {}, tick
        shape = group.workload.shape
        key = shape, group.phase
        level = self._levels.get(key)
        if level is None:
            level = self._levels[key] = ONE + _SWING[shape] * _wave(tick, group.phase) // ONE
        return level

    def containers(self, pod: Pod, tick: int) -> list[tuple[str, int, int]]:
        """(name, nanocores, KiB) of each running container."""
        group = pod.group
        level = self._level(group, tick)
        noise = self._spiky if group.workload.shape == "spiky" else self._calm
        calm = self._calm
        place = pod.bits & 0xFFFF
        slow = tick // 4
        result = []
        for name, nano, kib, most_nano, most_kib in group.running:
            place += 331
            cpu = (nano * level >> 10) * noise[(place + tick) % _PERIOD] >> 10
            memory = kib + (kib * (calm[(place + slow) % _PERIOD] - ONE) >> 12)
            # Odd numbers are in canonical form with the suffixes n and Ki. The kernel keeps memory below its limit.
            result.append((name, min(cpu, most_nano) | 1 if nano else 0, min(memory, most_kib - most_kib // 90) | 1))
        return result

    def node(self, node: Node, tick: int) -> tuple[int, int]:
        """(nanocores, KiB) of a node: its pods, the kubelet, the runtime and the kernel."""
        now = tick * TICK
        calm = self._calm[(node.bits + tick) % _PERIOD]
        cpu = (55_000_000 + node.pool.cores * 9_000_000) * calm >> 10
        memory = (620 * 1024 + node.pool.memory * 14 * 1024) * (7 * ONE + calm) >> 13
        for pod in node.pods:
            if self.cluster.measured(pod, now):
                for _, nano, kib in self.containers(pod, tick):
                    cpu += nano
                    memory += kib
        return cpu | 1, memory | 1

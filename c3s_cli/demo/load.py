"""How much a container uses at a time: whole-number arithmetic only, so that every machine gives the same.

Time is counted in ticks of 15 s, metrics-server's default resolution. CPU is the average of the container times a
daily wave times a smooth noise with now and then a spike; memory moves slowly in a narrow band. Both stay below the
limits, as the kernel would see to.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache

from c3s_cli.demo import dice
from c3s_cli.demo.cluster import Cluster
from c3s_cli.demo.things import Node, Pod

TICK = 15
_DAY = 86400 // TICK
# A prime, so that neighbours do not synchronize.
_PERIOD = 1021
# Ticks between two random points of the noise; between them it is smooth.
_STRIDE = 12
ONE = 1024

# By what the CPU of each shape swings over the day, in parts of ONE.
_SWING = {"daily": 420, "steady": 40, "spiky": 160}


@cache
def _noise(seed: int, *, spikes: bool) -> list[int]:
    """Return a loop of smooth noise around ONE; with spikes, some points are two to three times as high."""
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


@cache
def _level(shape: str, tick: int) -> int:
    """Return the part of the average CPU at a tick of the day, from its mean upwards, in parts of ONE."""
    half = _DAY // 2
    turn, x = divmod(tick, half)
    # Two parabolas are near enough to a sine.
    wave = (-1 if turn else 1) * 4 * ONE * x * (half - x) // half**2
    return ONE + _SWING[shape] * wave // ONE


@lru_cache(1024)
def _day_of(shape: str, nano: int) -> list[int]:
    """Return the nanocores of a shape for every tick of a day, for an average."""
    return [nano * _level(shape, tick) >> 10 for tick in range(_DAY)]


def in_bytes(kib: int, bits: int) -> int:
    """Give KiB as bytes; what has an eighth of all bits uses some bytes more than whole KiB."""
    return kib * 1024 if bits & 7 else kib * 1024 + 32


def _turn(loop: list[int], start: int, count: int) -> list[int]:
    """Give `count` values of a loop from a place on."""
    start %= len(loop)
    result = loop[start : start + count]
    while len(result) < count:
        result += loop[: count - len(result)]
    return result


class Load:
    """Usage of pods and nodes."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._calm = _noise(cluster.seed, spikes=False)
        self._spiky = _noise(cluster.seed + 1, spikes=True)

    def containers(self, pod: Pod, tick: int) -> list[tuple[str, int, int]]:
        """(name, nanocores, KiB) of each running container."""
        group = pod.group
        level = _level(group.workload.shape, (tick + group.phase * 6 - _DAY // 3) % _DAY)
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

    def cpu(self, pod: Pod, place: int, first: int, last: int) -> list[int]:
        """Nanocores of a pod's container at every tick from the first up to the one before the last."""
        group = pod.group
        _, nano, _, most, _ = group.running[place]
        if not nano:
            return [0] * (last - first)
        noise = self._spiky if group.workload.shape == "spiky" else self._calm
        levels = _turn(_day_of(group.workload.shape, nano), first + group.phase * 6 - _DAY // 3, last - first)
        noises = _turn(noise, (pod.bits & 0xFFFF) + 331 * (place + 1) + first, last - first)
        return [
            cpu | 1 if (cpu := level * height >> 10) < most else most | 1
            for level, height in zip(levels, noises, strict=True)
        ]

    def memory(self, pod: Pod, place: int, tick: int) -> int:
        """Bytes of a pod's container."""
        return in_bytes(self.containers(pod, tick)[place][2], pod.bits + place)

    def memories(self, pod: Pod, place: int) -> list[int]:
        """Return the loop of bytes that a pod's container goes through, a step in four ticks."""
        _, _, kib, _, most = pod.group.running[place]
        start = (pod.bits & 0xFFFF) + 331 * (place + 1)
        calm = _turn(self._calm, start, _PERIOD)
        top = most - most // 90
        return [in_bytes(min(kib + (kib * (height - ONE) >> 12), top) | 1, pod.bits + place) for height in calm]

    def system_cpu(self, node: Node, first: int, last: int) -> list[int]:
        """Nanocores of a node's kubelet, runtime and kernel at every tick, as cpu() gives them for a container."""
        most = 55_000_000 + node.pool.cores * 9_000_000
        return [most * calm >> 10 for calm in _turn(self._calm, node.bits + first, last - first)]

    def system(self, node: Node, tick: int) -> tuple[int, int]:
        """(nanocores, KiB) of the kubelet, the runtime and the kernel of a node."""
        calm = self._calm[(node.bits + tick) % _PERIOD]
        return self.system_cpu(node, tick, tick + 1)[0], (620 * 1024 + node.pool.memory * 14 * 1024) * (
            7 * ONE + calm
        ) >> 13

    def node(self, node: Node, tick: int, running: Iterable[Pod]) -> tuple[int, int]:
        """(nanocores, KiB) of a node: its pods that are measured, and the system."""
        cpu, memory = self.system(node, tick)
        for pod in running:
            for _, nano, kib in self.containers(pod, tick):
                cpu += nano
                memory += kib
        return cpu | 1, memory | 1

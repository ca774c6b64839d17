"""How the load moves: a wave a day, some noise, a spike now and then. New samples every 15 seconds.

Whole numbers only, so that a frozen moment has the same load on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from c3s_cli.demo.world import Box, NodeThere, PodThere

EVERY: Final = 15
DAY: Final = 86400

# A day's wave in 48 half hours, in thousandths: quiet at night, two humps by day.
WAVE: Final = tuple(
    1000 + bend
    for bend in (
        -340, -360, -380, -390, -400, -400, -390, -380, -360, -330, -290, -230,
        -160, -80, 10, 100, 180, 250, 300, 330, 340, 330, 310, 280,
        250, 230, 220, 230, 250, 280, 310, 340, 360, 370, 360, 340,
        300, 250, 190, 120, 50, -20, -90, -150, -200, -250, -290, -320,
    )
)  # fmt: skip


def slot(time: float) -> int:
    """Give the number of the sample that is current at a time."""
    return int(time) // EVERY


def wave(phase: int, number: int) -> int:
    """Give the thousandths of its usual load that something of that phase has in that sample."""
    second = (number * EVERY + phase * DAY // 4000) % DAY
    place, rest = divmod(second * 48, DAY)
    here, there = WAVE[place], WAVE[(place + 1) % 48]
    return here + (there - here) * rest // DAY


def scatter(phase: int, number: int) -> int:
    """Give a number from 0 to 1023 that looks like chance, and is not."""
    mixed = (phase * 2654435761 + number * 2246822519) & 0xFFFFFFFF
    mixed ^= mixed >> 15
    mixed = mixed * 2654435761 & 0xFFFFFFFF
    return mixed >> 22


def usage(pod: PodThere, box: Box, number: int) -> tuple[int, int]:
    """Give what a container uses: nanocores, and bytes (whole Ki)."""
    chance = scatter(pod.phase + len(box.name) * 7 + pod.number, number)
    thousandths = wave(pod.phase, number) * (850 + chance * 300 // 1024) // 1000
    if chance > 1015:
        thousandths = thousandths * 17 // 10
    cpu = box.uses_cpu * thousandths * 1000 + chance * 977
    steady = scatter(pod.phase + 3, number // 240)
    memory = box.uses_memory * (1 << 20) * (940 + steady * 80 // 1024) // 1000 + chance * 1024
    return cpu, memory >> 10 << 10


def running(pod: PodThere) -> Iterator[Box]:
    """Give the containers of a pod that run."""
    for box in pod.workload.boxes:
        if not box.init:
            yield box


def measured(pod: PodThere) -> bool:
    """Say whether the metrics API knows a pod: it runs, on a node that reports, and not just since now."""
    return (
        pod.node is not None
        and pod.node.measured
        and pod.workload.state in ("Running", "CrashLoopBackOff", "Terminating")
    )


def node_usage(node: NodeThere, number: int) -> tuple[int, int]:
    """Give what a node uses: its pods, and the system below them."""
    chance = scatter(node.number + 11, number)
    cpu, memory = 68_000_000 + chance * 9_770, (640 << 20) + chance * 4096
    for pod in node.pods:
        if measured(pod):
            for box in running(pod):
                more_cpu, more_memory = usage(pod, box, number)
                cpu += more_cpu
                memory += more_memory
    return cpu, memory >> 10 << 10


def window(phase: int, number: int) -> str:
    """Give the window of a sample: about as long as samples are apart."""
    return f"{14_900 + scatter(phase, number) // 5}"[:2] + f".{(scatter(phase, number) // 5 + 900) % 1000:03d}s"

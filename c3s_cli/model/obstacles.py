"""The reasons why a node is not schedulable: cordoned, not ready, tainted."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from msgspec import Struct

from c3s_cli.model.rows import NodeDetails

CORDON: Final = "node.kubernetes.io/unschedulable"
# The taints that mirror the condition Ready.
NOT_READY: Final = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
REPELLING: Final = ("NoSchedule", "NoExecute")


class Obstacle(Struct, frozen=True):
    """A taint, or a state that the scheduler treats as one. words: how it is displayed."""

    key: str
    value: str
    effect: str
    words: str


def obstacles(details: NodeDetails) -> tuple[Obstacle, ...]:
    """Return the reasons that keep pods without tolerations off a node: cordoned, NotReady, then other taints."""
    return _obstacles(details.status or "Ready", details.taints or ())


@lru_cache(maxsize=1024)  # thousands of nodes share a few combinations
def _obstacles(status: str, taints: tuple[str, ...]) -> tuple[Obstacle, ...]:
    obstacles = [obstacle for obstacle in map(_obstacle, taints) if obstacle.effect in REPELLING]
    keys = {obstacle.key for obstacle in obstacles if obstacle.effect == "NoSchedule"}
    ready, _, disabled = status.partition(",")
    # Kubernetes adds the matching taints shortly after the state changes.
    if disabled and CORDON not in keys:
        obstacles.append(Obstacle(CORDON, "", "NoSchedule", "cordoned"))
    if ready != "Ready" and keys.isdisjoint(NOT_READY):
        obstacles.append(Obstacle(NOT_READY[0], "", "NoSchedule", "NotReady"))
    return tuple(sorted(obstacles, key=lambda obstacle: (obstacle.key != CORDON, obstacle.key not in NOT_READY)))


def _obstacle(taint: str) -> Obstacle:
    """Parse `key=value:effect`."""
    rest, _, effect = taint.rpartition(":")
    key, _, value = rest.partition("=")
    words = "cordoned" if key == CORDON else "NotReady" if key in NOT_READY else f"taint {taint}"
    return Obstacle(key, value, effect, words)


def schedulable(row: Any) -> str | None:
    """Return `yes`, or the reasons why not, such as `taint dedicated=gpu:NoSchedule`; None if unknown."""
    details = row.details
    if details is None or details.status is None or details.taints is None:
        return None
    return ", ".join(dict.fromkeys(each.words for each in obstacles(details))) or "yes"

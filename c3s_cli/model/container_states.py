"""How the containers of a pod are, and how they ended."""

from __future__ import annotations

from msgspec import Struct


class ContainerStates(Struct, frozen=True, gc=False):
    """How the containers of a pod are, or one of them. None is unknown.

    waiting: why they wait. terminated_because, terminated_at: the latest termination, "" if there was none; the time in
    RFC 3339. oom_killed: whether one of them was, the last time that it ended.
    """

    ready_count: int | None
    count: int
    waiting: tuple[str, ...] | None
    terminated_because: str | None
    terminated_at: str | None
    oom_killed: bool | None

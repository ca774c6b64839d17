"""The rows of mounted volumes."""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct


class Volume(Struct, frozen=True, gc=False):
    """A mounted PersistentVolumeClaim: how full it is, and which pods on which nodes use it."""

    context: str
    namespace: str
    name: str
    pods: tuple[str, ...] | None
    nodes: tuple[str, ...] | None
    used_bytes: int | None = None
    capacity_bytes: int | None = None
    inodes_used: int | None = None
    inodes: int | None = None
    timestamp: str | None = None

    window: ClassVar[None] = None
    figures: ClassVar[None] = None

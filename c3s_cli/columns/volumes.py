"""The columns of volumes: how full they are, and which pods mount them."""

from __future__ import annotations

from operator import attrgetter
from typing import Final

from c3s_cli.columns.catalogue import IDENTITY
from c3s_cli.columns.getters import share
from c3s_cli.columns.vocabulary import Column, Kind, Unit

FILL: Final = (attrgetter("used_bytes"), attrgetter("capacity_bytes"))
INODES: Final = (attrgetter("inodes_used"), attrgetter("inodes"))
OWN: Final = (
    Column("pod", Unit.TEXTS, attrgetter("pods"), "pods that mount it"),
    Column("node", Unit.TEXTS, attrgetter("nodes"), "nodes on which it is mounted"),
    Column("volume.used", Unit.BYTES, FILL[0], "bytes used"),
    Column("volume.capacity", Unit.BYTES, FILL[1], "size in bytes"),
    share("volume.usagePercentOfCapacity", FILL, "volume.used as a percentage of volume.capacity"),
    Column("inodes.used", Unit.COUNT, INODES[0], "inodes used by files and directories"),
    Column("inodes.capacity", Unit.COUNT, INODES[1], "total number of inodes"),
    share("inodes.usagePercentOfCapacity", INODES, "inodes.used as a percentage of inodes.capacity"),
)


def own_columns(_kind: Kind) -> tuple[Column, ...]:
    """Return the columns of volumes, apart from context and namespace."""
    return (*(IDENTITY[name] for name in ("name", "timestamp", "window")), *OWN)


def default_names(_kind: Kind) -> tuple[str, ...]:
    """Return the names of the default columns."""
    first = ("pod", "node", "volume.used", "volume.capacity")
    return (*first, "volume.usagePercentOfCapacity", "inodes.usagePercentOfCapacity")


def wide_names(_kind: Kind) -> tuple[str, ...]:
    """Return the names of the columns of -o wide."""
    return tuple(column.name for column in OWN)

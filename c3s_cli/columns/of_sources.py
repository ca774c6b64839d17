"""Columns that only some sources have: figures of pods and volumes from Prometheus or the kubelets."""

from __future__ import annotations

from operator import attrgetter
from typing import Final

from c3s_cli.columns.getters import figure, percentage
from c3s_cli.columns.vocabulary import Column, Unit

THROTTLED: Final = (figure("cfs.throttled"), figure("cfs.periods"))
VOLUMES: Final = (figure("volumes.used"), figure("volumes.capacity"))
# Figures of pods other than CPU and memory, from Prometheus or the kubelets.
MORE_OF_PODS: Final = (
    Column(
        "throttled",
        Unit.PERCENT,
        percentage(*THROTTLED),
        "percentage of periods in which the CPU limit throttled the pod",
        ratio=THROTTLED,
        figures=("cfs.throttled", "cfs.periods"),
    ),
    Column("oomKills", Unit.COUNT, figure("oomKills"), "number of OOM kills", figures=("oomKills",)),
    Column("volumes.used", Unit.BYTES, VOLUMES[0], "bytes used on its claimed volumes", figures=("volumes.used",)),
    Column(
        "volumes.capacity", Unit.BYTES, VOLUMES[1], "capacity of its claimed volumes", figures=("volumes.capacity",)
    ),
    Column(
        "volumes.usagePercentOfCapacity",
        Unit.PERCENT,
        percentage(*VOLUMES),
        "volumes.used as a percentage of volumes.capacity",
        ratio=VOLUMES,
        figures=("volumes.used", "volumes.capacity"),
    ),
)

EXISTED: Final = (figure("coverage.seconds"), figure("coverage.range"))
# Of nodes, pods and groups of them, over a range.
COVERAGE: Final = Column(
    "coverage",
    Unit.PERCENT,
    percentage(*EXISTED),
    "share of the range of --since for which there is data",
    ratio=EXISTED,
    figures=("coverage.seconds", "coverage.range"),
)

# In documents only.
ENDED: Final = Column("ended", Unit.BOOLEAN, attrgetter("ended"), "whether it ended within the range of --since")

FILL: Final = (attrgetter("used_bytes"), attrgetter("capacity_bytes"))
INODES: Final = (attrgetter("inodes_used"), attrgetter("inodes"))
OF_VOLUMES: Final = (
    Column("pod", Unit.TEXTS, attrgetter("pods"), "pods that mount it"),
    Column("node", Unit.TEXTS, attrgetter("nodes"), "nodes on which it is mounted"),
    Column("volume.used", Unit.BYTES, FILL[0], "bytes used"),
    Column("volume.capacity", Unit.BYTES, FILL[1], "size in bytes"),
    Column(
        "volume.usagePercentOfCapacity",
        Unit.PERCENT,
        percentage(*FILL),
        "volume.used as a percentage of volume.capacity",
        ratio=FILL,
    ),
    Column("inodes.used", Unit.COUNT, INODES[0], "inodes used by files and directories"),
    Column("inodes.capacity", Unit.COUNT, INODES[1], "total number of inodes"),
    Column(
        "inodes.usagePercentOfCapacity",
        Unit.PERCENT,
        percentage(*INODES),
        "inodes.used as a percentage of inodes.capacity",
        ratio=INODES,
    ),
)

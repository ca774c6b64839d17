"""Columns that only some sources have: figures of pods and volumes from Prometheus or the kubelets."""

from __future__ import annotations

from operator import attrgetter
from typing import Any, Final

from c3s_cli.columns.getters import figure, share
from c3s_cli.columns.vocabulary import Column, Unit

THROTTLED: Final = (figure("cfs.throttled"), figure("cfs.periods"))
VOLUMES: Final = (figure("volumes.used"), figure("volumes.capacity"))
# Figures of pods other than CPU and memory, from Prometheus or the kubelets.
MORE_OF_PODS: Final = (
    share(
        "throttled",
        THROTTLED,
        "percentage of periods in which the CPU limit throttled the pod",
        figures=("cfs.throttled", "cfs.periods"),
    ),
    Column("oomKills", Unit.COUNT, figure("oomKills"), "number of OOM kills", figures=("oomKills",)),
    Column("volumes.used", Unit.BYTES, VOLUMES[0], "bytes used on its claimed volumes", figures=("volumes.used",)),
    Column(
        "volumes.capacity", Unit.BYTES, VOLUMES[1], "capacity of its claimed volumes", figures=("volumes.capacity",)
    ),
    share(
        "volumes.usagePercentOfCapacity",
        VOLUMES,
        "volumes.used as a percentage of volumes.capacity",
        figures=("volumes.used", "volumes.capacity"),
    ),
)

EXISTED: Final = (figure("coverage.seconds"), figure("coverage.range"))
# Of nodes, pods and groups of them, over a range.
COVERAGE: Final = share(
    "coverage",
    EXISTED,
    "share of the range of --since for which there is data",
    figures=("coverage.seconds", "coverage.range"),
)

# The parts per thousand that may be estimated, or vague, without a word.
PRECISE: Final = 10


def _is_partial(row: Any) -> bool:
    """Return whether more than a little is estimated or vague, or samples of restarts were not read."""
    figures = row.figures or {}
    much = max(figures.get(f"coverage.{kind}", 0) for kind in ("estimated", "vague", "short")) > PRECISE
    return much or bool(figures.get("coverage.rough"))


# In documents only.
PARTIAL: Final = Column("partial", Unit.BOOLEAN, _is_partial, "whether a note says that its figures are partial")
ENDED: Final = Column("ended", Unit.BOOLEAN, attrgetter("ended"), "whether it ended within the range of --since")

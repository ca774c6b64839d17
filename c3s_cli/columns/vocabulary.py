"""The types that describe columns: Kind (of row), Needs, Unit and Column."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import Enum, Flag, auto
from functools import cache
from typing import Any, Final

from msgspec import Struct

Getter = Callable[[Any], Any]


class Kind(Enum):
    """The kinds of row. The value is the name in the JSON document."""

    NODE = "Node"
    POD = "Pod"
    NODE_GROUP = "NodeGroup"
    POD_GROUP = "PodGroup"
    CLUSTER = "Cluster"
    VOLUME = "Volume"
    FIT = "NodeFit"
    FIT_GROUP = "NodeGroupFit"
    MOVE = "PodMove"
    MOVE_GROUP = "PodGroupMove"
    NODE_CHANGE = "NodeChange"
    POD_CHANGE = "PodChange"
    NODE_GROUP_CHANGE = "NodeGroupChange"
    POD_GROUP_CHANGE = "PodGroupChange"
    CLUSTER_CHANGE = "ClusterChange"
    RIGHTSIZE = "Recommendation"
    RIGHTSIZE_GROUP = "RecommendationGroup"

    @property
    def namespaced(self) -> bool:
        """Whether such rows live in a namespace."""
        return self in (Kind.POD, Kind.VOLUME, Kind.MOVE, Kind.POD_CHANGE, Kind.RIGHTSIZE)

    @property
    def named(self) -> bool:
        """Whether such rows have their own name, and are not sums."""
        return self in (Kind.NODE, Kind.POD, Kind.VOLUME, Kind.FIT, Kind.MOVE, Kind.NODE_CHANGE, Kind.POD_CHANGE)

    @property
    def group(self) -> Kind:
        """The kind of row that sums rows of this kind."""
        return GROUPS.get(self, self)

    @property
    def object(self) -> Kind:
        """The kind of the object that a row of a kind with names is about."""
        return COMPARED.get(self, {Kind.FIT: Kind.NODE, Kind.MOVE: Kind.POD}.get(self, self))

    @property
    def item(self) -> str:
        """The name of one row in the JSON document: what it is about."""
        return self.value if self in (*FITTING, *MOVING, *COMPARED, *RIGHTSIZING) else f"{self.value}Usage"


GROUPS: Final = {
    Kind.NODE: Kind.NODE_GROUP,
    Kind.POD: Kind.POD_GROUP,
    Kind.FIT: Kind.FIT_GROUP,
    Kind.MOVE: Kind.MOVE_GROUP,
    Kind.NODE_CHANGE: Kind.NODE_GROUP_CHANGE,
    Kind.POD_CHANGE: Kind.POD_GROUP_CHANGE,
    Kind.RIGHTSIZE: Kind.RIGHTSIZE_GROUP,
}
# The rows of `c3s fit`: nodes with room, and the pods of drained nodes.
FITTING: Final = (Kind.FIT, Kind.FIT_GROUP)
MOVING: Final = (Kind.MOVE, Kind.MOVE_GROUP)
# The rows of `c3s diff`, and the rows that they compare.
COMPARED: Final = {
    Kind.NODE_CHANGE: Kind.NODE,
    Kind.POD_CHANGE: Kind.POD,
    Kind.NODE_GROUP_CHANGE: Kind.NODE_GROUP,
    Kind.POD_GROUP_CHANGE: Kind.POD_GROUP,
    Kind.CLUSTER_CHANGE: Kind.CLUSTER,
}
# The rows of `c3s rightsize`: containers of workloads.
RIGHTSIZING: Final = (Kind.RIGHTSIZE, Kind.RIGHTSIZE_GROUP)


class Needs(Flag):
    """What must be read to compute a column."""

    NOTHING = 0
    NODE_METRICS = auto()
    NODES = auto()
    NODE_DETAILS = auto()
    POD_METRICS = auto()
    PODS = auto()
    POD_LABELS = auto()
    POD_STATES = auto()
    OWNERS = auto()
    POD_COUNT = auto()
    VOLUMES = auto()
    PLACING = auto()
    # Over a range, those in it.
    RESTARTS = auto()


# What is measured.
METRICS: Final = Needs.NODE_METRICS | Needs.POD_METRICS


class Unit(Enum):
    """The unit of a column's values. The value is the name in the JSON document."""

    TEXT = "text"
    TEXTS = "list of text"
    NANOCORES = "nanocores"
    BYTES = "bytes"
    COUNT = "count"
    MONEY = "currency per month"
    PERCENT = "percent"
    SECONDS = "seconds"
    TIME = "time"
    BOOLEAN = "boolean"


OF_CONTAINERS: Final = (
    *("cpu.", "memory.", "swap.", "ephemeralStorage.", "resources[", "cost."),
    *("restarts", "ready", "waiting", "lastTermination.", "oomKill", "throttled"),
)


class Column(Struct, frozen=True):
    """A column. `value` returns a row's exact value, None if unknown.

    ratio: for a PERCENT, getters of the exact part and whole. parts: the columns that a table shows as one ("9/10");
    the structured formats show the parts instead. figures: the figures of a row that it reads, by their names.
    in_part: for usage of groups and pods, whether members are missing from it; None if that cannot be. floor: getters
    of the part and whole, or of the value alone, that missing members can only increase; () if there are none. alone:
    of a column made of parts, whether a table shows only the first of them in a row; None if it never does. absent:
    whether there is no such row, so that the value is known not to exist; None if that cannot be. signed: whether it is
    a change, which a table shows with its sign.
    """

    name: str
    unit: Unit
    value: Getter
    summary: str
    needs: Needs = Needs.NOTHING
    ratio: tuple[Getter, Getter] | None = None
    parts: tuple[Column, ...] = ()
    figures: tuple[str, ...] = ()
    in_part: Getter | None = None
    floor: tuple[Getter, ...] = ()
    alone: Getter | None = None
    absent: Getter | None = None
    signed: bool = False

    @property
    def path(self) -> tuple[str, ...]:
        """The keys from an item of the JSON document down to the value."""
        return split_path(self.name)

    @property
    def of_containers(self) -> bool:
        """Whether each container of a pod has its own value."""
        return self.name == "container" or self.name.startswith(OF_CONTAINERS)

    @property
    def descending(self) -> bool:
        """Whether sorting starts with the largest value: true for numbers, false for text."""
        return self.unit not in (Unit.TEXT, Unit.TEXTS)


PATH: Final = r'\.?([A-Za-z][A-Za-z0-9]*)|\["([^"]*)"\]'


@cache
def split_path(name: str) -> tuple[str, ...]:
    """Split `resources["nvidia.com/gpu"].requests` into its keys."""
    return tuple(plain or quoted for plain, quoted in re.findall(PATH, name))


# The fields of a compared column.
CHANGE_FIELD: Final = r"(?P<of>.+)\.(?P<field>before|after|change|changePercent|change%)"


def split_change(name: str) -> tuple[str, str]:
    """Split `memory.change%` into the name of the compared column and the field; "" if it names none."""
    match = re.fullmatch(CHANGE_FIELD, name)
    return (match["of"], match["field"].replace("%", "Percent")) if match else (name, "")


def by_name(columns: Iterable[Column]) -> dict[str, Column]:
    """Map columns by their names: of those with the same name the last one, at the place of the first."""
    return {column.name: column for column in columns}


def flat(columns: Iterable[Column]) -> list[Column]:
    """Replace each column made of parts ("9/10") by its parts."""
    return [part for column in columns for part in (column.parts or (column,))]


def pair(name: str, above: Column, below: Column, summary: str) -> Column:
    """Return a column that tables show as `above/below`."""
    return joined(name, (above, below), summary)


def joined(name: str, parts: tuple[Column, ...], summary: str) -> Column:
    """Return a column that tables show as the cells of several, with slashes in between."""
    needs = parts[0].needs
    for part in parts:
        needs |= part.needs
    return Column(name, parts[0].unit, parts[0].value, summary, needs, parts=parts)


COMMON: Final = {
    "cpu": "cpu",
    "memory": "memory",
    "ephemeral-storage": "ephemeralStorage",
    "pods": "pods",
}


def json_name(resource: str) -> str:
    """Return a resource's name in columns: `cpu`, `ephemeralStorage`, `resources["nvidia.com/gpu"]`."""
    return COMMON.get(resource) or f'resources["{resource}"]'


def unit_of(resource: str) -> Unit:
    """Return the unit in which a resource is counted."""
    if resource == "cpu":
        return Unit.NANOCORES
    if resource in ("memory", "ephemeral-storage", "swap") or resource.startswith("hugepages-"):
        return Unit.BYTES
    return Unit.COUNT

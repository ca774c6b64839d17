"""Every column, once: its name (its path in the JSON), unit, value, and what must be read to know it.

Tables, JSON keys, CSV headings, --columns, --sort-by, --where, completion and the docs all read this list.
`table_of(kind)` gives the columns of one kind of row; `find` also understands the open-ended ones, such as
`resources["nvidia.com/gpu"].requests` and `labels["app"]`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum, Flag, auto
from functools import cache
from operator import attrgetter
from typing import Any, Final

from msgspec import Struct, structs

from c3s_cli.duration import parse_window
from c3s_cli.errors import UsageError
from c3s_cli.quantity import exact_ratio

Getter = Callable[[Any], Any]


class Kind(Enum):
    """The kinds of row. The value is what one is called in the JSON."""

    NODE = "Node"
    POD = "Pod"
    NODE_GROUP = "NodeGroup"
    POD_GROUP = "PodGroup"
    CLUSTER = "Cluster"


class Needs(Flag):
    """What must be read from the API server."""

    NOTHING = 0
    NODE_METRICS = auto()
    NODES = auto()
    NODE_DETAILS = auto()
    POD_METRICS = auto()
    PODS = auto()
    OWNERS = auto()
    POD_COUNT = auto()


class Unit(Enum):
    """How a column's values count. The value is what the JSON document says of it."""

    TEXT = "text"
    TEXTS = "list of text"
    NANOCORES = "nanocores"
    BYTES = "bytes"
    COUNT = "count"
    PERCENT = "percent"
    SECONDS = "seconds"
    TIME = "time"


class Column(Struct, frozen=True):
    """A column. `value` gives a row's exact value, None for unknown.

    ratio: for a PERCENT, the exact part and whole behind it. parts: the columns a table shows as one ("9/10");
    the structured formats show the parts instead.
    """

    name: str
    unit: Unit
    value: Getter
    summary: str
    needs: Needs = Needs.NOTHING
    ratio: tuple[Getter, Getter] | None = None
    parts: tuple[Column, ...] = ()

    @property
    def path(self) -> tuple[str, ...]:
        """The keys from an item of the JSON down to the value."""
        return split_path(self.name)

    @property
    def of_containers(self) -> bool:
        """Whether each container of a pod has a value of its own."""
        return self.name.startswith(("cpu.", "memory.", "swap.", "ephemeralStorage.", "resources["))

    @property
    def descending(self) -> bool:
        """Whether sorting begins with the largest: numbers do, words do not."""
        return self.unit not in (Unit.TEXT, Unit.TEXTS)


PATH = re.compile(r'\.?([A-Za-z][A-Za-z0-9]*)|\["([^"]*)"\]')


@cache
def split_path(name: str) -> tuple[str, ...]:
    """Split `resources["nvidia.com/gpu"].requests` into its keys."""
    return tuple(plain or quoted for plain, quoted in PATH.findall(name))


def json_name(resource: str) -> str:
    """Give a resource's name in columns: `cpu`, `ephemeralStorage`, `resources["nvidia.com/gpu"]`."""
    return COMMON.get(resource) or f'resources["{resource}"]'


COMMON: Final = {
    "cpu": "cpu",
    "memory": "memory",
    "ephemeral-storage": "ephemeralStorage",
    "pods": "pods",
}


def unit_of(resource: str) -> Unit:
    """Give the unit in which a resource's amounts are counted."""
    if resource == "cpu":
        return Unit.NANOCORES
    if resource in ("memory", "ephemeral-storage", "swap") or resource.startswith("hugepages-"):
        return Unit.BYTES
    return Unit.COUNT


# --- values ---------------------------------------------------------------------------------------------------

USAGE: Final[dict[str, Getter]] = {
    "cpu": attrgetter("cpu_nanocores"),
    "memory": attrgetter("memory_bytes"),
}


def unknown(_row: object) -> None:
    """Be the value of what no source tells, such as the usage of ephemeral storage."""


def amount(field: str, resource: str) -> Getter:
    """Read one resource of an `Amounts` of the row; a resource it does not mention is known to be 0."""
    amounts_of = attrgetter(field)

    def value(row: Any) -> int | None:
        amounts = amounts_of(row)
        return None if amounts is None else amounts.get(resource, 0)

    return value


def difference(minuend: Getter, subtrahend: Getter) -> Getter:
    """Subtract two values; unknown if either is."""

    def value(row: Any) -> int | None:
        whole, part = minuend(row), subtrahend(row)
        return None if whole is None or part is None else whole - part

    return value


def percentage(part: Getter, whole: Getter) -> Getter:
    """Divide two values; unknown if either is, undefined (None too) over 0."""

    def value(row: Any) -> float | None:
        above, below = part(row), whole(row)
        return None if above is None or below is None else exact_ratio(above, below)

    return value


@cache
def label(key: str) -> Getter:
    """Read a label; "" where the object has none of that name, None where its labels are not known."""

    def value(row: Any) -> str | None:
        return None if row.labels is None else row.labels.get(key, "")

    return value


def fact(name: str, of: str = "facts") -> Getter:
    """Read what the core object says."""
    facts_of = attrgetter(of)

    def value(row: Any) -> Any:
        facts = facts_of(row)
        return None if facts is None else getattr(facts, name)

    return value


def seconds(row: Any) -> float | None:
    """Give the length of the window that a usage is the average of."""
    try:
        return None if row.window is None else parse_window(row.window) / 10**9
    except ValueError:
        return None


# --- columns of a resource ------------------------------------------------------------------------------------


def resource_columns(resource: str, kind: Kind) -> Iterator[Column]:
    """Make the columns of one resource for one kind of row."""
    prefix, unit = json_name(resource), unit_of(resource)
    grouped = kind in (Kind.NODE_GROUP, Kind.POD_GROUP, Kind.CLUSTER)
    has_nodes = kind in (Kind.NODE, Kind.NODE_GROUP, Kind.CLUSTER)
    asked = Needs.PODS
    usage = _usage(resource)
    measured = "measured_" if grouped and resource in USAGE else ""
    requests = amount("requests", resource) if resource != "pods" else attrgetter("pod_count")
    limits = amount("limits", resource)
    used_needs = _usage_needs(resource, kind)
    yield Column(f"{prefix}.usage", unit, usage, _words("{r} used", resource), used_needs)
    yield Column(f"{prefix}.requests", unit, requests, _words("{r} requested by pods", resource), asked)
    if resource != "pods":
        yield Column(f"{prefix}.limits", unit, limits, _words("{r} limit; 0 for none", resource), asked)
        yield Column(
            f"{prefix}.unused",
            unit,
            difference(amount(f"{measured}requests", resource), usage),
            _words("{r} requested and not used", resource),
            asked | used_needs,
        )
        yield _ratio(prefix, "usage", "OfRequests", usage, amount(f"{measured}requests", resource), asked | used_needs)
        yield _ratio(prefix, "usage", "OfLimits", usage, amount("measured_limits", resource), asked | used_needs)
    if not has_nodes:
        return
    allocatable = amount("allocatable", resource)
    yield Column(f"{prefix}.allocatable", unit, allocatable, _words("{r} that pods may ask for", resource), Needs.NODES)
    yield Column(
        f"{prefix}.capacity",
        unit,
        amount("capacity", resource),
        _words("{r} of the machine", resource),
        Needs.NODES,
    )
    if measured:
        yield Column(
            f"{prefix}.measuredAllocatable",
            unit,
            amount("measured_allocatable", resource),
            _words("{r} that pods may ask for, of the nodes that report usage", resource),
            Needs.NODES | used_needs,
        )
    yield Column(
        f"{prefix}.free",
        unit,
        difference(allocatable, requests),
        _words("{r} allocatable and not requested: room for more pods", resource),
        Needs.NODES | asked,
    )
    for basis in ("allocatable", "capacity"):
        whole = amount(f"{measured}{basis}", resource)
        yield _ratio(prefix, "usage", f"Of{basis.capitalize()}", usage, whole, Needs.NODES | used_needs)
    yield _ratio(prefix, "requests", "OfAllocatable", requests, allocatable, Needs.NODES | asked)
    if resource != "pods":
        yield _ratio(prefix, "limits", "OfAllocatable", limits, allocatable, Needs.NODES | asked)


def _ratio(prefix: str, part: str, basis: str, above: Getter, below: Getter, needs: Needs) -> Column:
    whole = basis.removeprefix("Of").lower()
    return Column(
        f"{prefix}.{part}Percent{basis}",
        Unit.PERCENT,
        percentage(above, below),
        f"{prefix}.{part} as a percentage of {prefix}.{whole}",
        needs,
        ratio=(above, below),
    )


def _usage(resource: str) -> Getter:
    if resource == "pods":
        return attrgetter("pod_count")
    return USAGE.get(resource, unknown)


def _usage_needs(resource: str, kind: Kind) -> Needs:
    if resource == "pods":
        return Needs.PODS
    if resource not in USAGE:
        return Needs.NOTHING
    return Needs.POD_METRICS if kind in (Kind.POD, Kind.POD_GROUP) else Needs.NODE_METRICS


def _words(template: str, resource: str) -> str:
    words = {"cpu": "CPU", "ephemeral-storage": "ephemeral storage", "pods": "pod slots"}
    return template.format(r=words.get(resource, resource))


# --- the other columns ----------------------------------------------------------------------------------------

IDENTITY: Final = {
    "context": Column("context", Unit.TEXT, attrgetter("context"), "kubeconfig context, or the server's address"),
    "namespace": Column("namespace", Unit.TEXT, attrgetter("namespace"), "namespace of the pod"),
    "name": Column("name", Unit.TEXT, attrgetter("name"), "name of the object"),
    "timestamp": Column("timestamp", Unit.TIME, attrgetter("timestamp"), "when the usage was measured"),
    "window": Column("window", Unit.SECONDS, seconds, "seconds that the usage is the average of"),
}

DETAILS: Final = Needs.NODES | Needs.NODE_DETAILS

NODE_FACTS: Final = (
    Column("status", Unit.TEXT, fact("status", "details"), "Ready, NotReady, SchedulingDisabled", DETAILS),
    Column("roles", Unit.TEXTS, fact("roles", "details"), "roles, from the node's labels", DETAILS),
    Column("version", Unit.TEXT, fact("version", "details"), "version of the kubelet", DETAILS),
    Column("pool", Unit.TEXT, fact("pool", "details"), "node pool: Karpenter, GKE, EKS, AKS, kOps", DETAILS),
    Column("zone", Unit.TEXT, fact("zone", "details"), "topology zone", DETAILS),
    Column("instanceType", Unit.TEXT, fact("instance_type", "details"), "type of the machine", DETAILS),
    Column("taints", Unit.TEXTS, fact("taints", "details"), "taints, as key=value:effect", DETAILS),
    Column("age", Unit.SECONDS, attrgetter("age_seconds"), "since the node was made", DETAILS),
)

POD_FACTS: Final = (
    Column("node", Unit.TEXT, fact("node"), "node the pod runs on", Needs.PODS),
    Column(
        "owner",
        Unit.TEXT,
        fact("owner"),
        "what a person deployed, as Kind/name: the Deployment, not its ReplicaSet",
        Needs.PODS | Needs.OWNERS,
    ),
    Column("status", Unit.TEXT, fact("status"), "as in `kubectl get pods`", Needs.PODS),
    Column("restarts", Unit.COUNT, fact("restarts"), "restarts of its containers", Needs.PODS),
    Column("age", Unit.SECONDS, attrgetter("age_seconds"), "since the pod was made", Needs.PODS),
    Column("qosClass", Unit.TEXT, fact("qos_class"), "Guaranteed, Burstable or BestEffort", Needs.PODS),
    Column("pool", Unit.TEXT, fact("pool", "home"), "pool of the pod's node", Needs.PODS | DETAILS),
    Column("zone", Unit.TEXT, fact("zone", "home"), "zone of the pod's node", Needs.PODS | DETAILS),
    Column(
        "instanceType",
        Unit.TEXT,
        fact("instance_type", "home"),
        "machine type of the pod's node",
        Needs.PODS | DETAILS,
    ),
)

SWAP: Final = (
    Column("swap.usage", Unit.BYTES, attrgetter("swap_bytes"), "swap used"),
    Column(
        "swap.capacity",
        Unit.BYTES,
        fact("swap_capacity_bytes"),
        "swap of the machine",
        Needs.NODES,
    ),
    Column(
        "swap.usagePercentOfCapacity",
        Unit.PERCENT,
        percentage(attrgetter("swap_bytes"), fact("swap_capacity_bytes")),
        "swap.usage as a percentage of swap.capacity",
        Needs.NODES,
        ratio=(attrgetter("swap_bytes"), fact("swap_capacity_bytes")),
    ),
)


def _counts(things: str, needs: Needs) -> tuple[Column, ...]:
    thing = things.removesuffix("s")
    measured = Column(
        f"{things}.measured",
        Unit.COUNT,
        attrgetter(f"measured_{thing}_count"),
        f"{things} that report usage",
        needs,
    )
    count = Column(f"{things}.count", Unit.COUNT, attrgetter(f"{thing}_count"), f"{things} in all", needs)
    return measured, count


EXISTING: Final = Column(
    "pods.count",
    Unit.COUNT,
    attrgetter("existing_pod_count"),
    "pods that the API server has, finished ones too: counted, not listed",
    Needs.POD_COUNT,
)


def _pair(name: str, above: Column, below: Column, summary: str) -> Column:
    return Column(name, above.unit, above.value, summary, above.needs | below.needs, parts=(above, below))


RESOURCES: Final = ("cpu", "memory", "ephemeral-storage", "pods")


@cache
def table_of(kind: Kind) -> Mapping[str, Column]:  # noqa: C901  one branch a kind of row
    """Give the columns of one kind of row, by name, in their order of documentation."""
    columns = list(IDENTITY.values())
    if kind in (Kind.NODE, Kind.NODE_GROUP, Kind.POD_GROUP, Kind.CLUSTER):
        columns = [column for column in columns if column.name != "namespace"]
    match kind:
        case Kind.NODE:
            columns += NODE_FACTS
        case Kind.POD:
            columns += POD_FACTS
        case Kind.NODE_GROUP | Kind.CLUSTER:
            measured, count = _counts("nodes", Needs.NODE_METRICS | Needs.NODES)
            columns += [measured, count, _pair("nodes", measured, count, "nodes that report usage / nodes")]
        case Kind.POD_GROUP:
            measured, count = _counts("pods", Needs.POD_METRICS)
            pair = _pair("pods", measured, count, "pods that report usage / pods (all of them where pods are read)")
            # Shown beside others it is what is known; asked for by its name it is the truth.
            columns += [measured, structs.replace(count, needs=count.needs | Needs.PODS), pair]
    resources = [r for r in RESOURCES if r != "pods" or kind in (Kind.NODE, Kind.NODE_GROUP, Kind.CLUSTER)]
    for resource in resources:
        columns += resource_columns(resource, kind)
    table = {column.name: column for column in columns}
    if kind is Kind.CLUSTER:
        table[EXISTING.name] = EXISTING
    if "pods.allocatable" in table:
        count = table["pods.count" if kind is Kind.CLUSTER else "pods.usage"]
        slots = _pair("pods", count, table["pods.allocatable"], "pods / pod slots")
        table[slots.name] = slots
    if kind is Kind.NODE:
        table |= {column.name: column for column in SWAP}
    elif kind is not Kind.CLUSTER:
        table[SWAP[0].name] = SWAP[0]
    return table


# --- what is shown --------------------------------------------------------------------------------------------

CPU_AND_MEMORY: Final = ("cpu", "memory")


def default_names(kind: Kind, basis: str = "Allocatable") -> tuple[str, ...]:
    """Name the columns that a command shows when none are asked for: kubectl's."""
    with_percent = ("{r}.usage", f"{{r}}.usagePercentOf{basis}")
    match kind:
        case Kind.NODE:
            return _each(with_percent)
        case Kind.POD:
            return _each(("{r}.usage",))
        case Kind.NODE_GROUP:
            return ("nodes", *_each(with_percent))
        case Kind.POD_GROUP:
            return ("pods", *_each(("{r}.usage",)))
        case Kind.CLUSTER:
            return ("nodes", "pods", *_each(with_percent))


def wide_names(kind: Kind, basis: str = "Allocatable") -> tuple[str, ...]:
    """Name the columns of -o wide: usage beside what was asked for, and who and where."""
    asked = (
        "{r}.usage",
        "{r}.requests",
        "{r}.usagePercentOfRequests",
        "{r}.limits",
        "{r}.usagePercentOfLimits",
    )
    room = (
        "{r}.usage",
        f"{{r}}.usagePercentOf{basis}",
        "{r}.requests",
        "{r}.requestsPercentOfAllocatable",
        "{r}.limits",
        "{r}.free",
    )
    match kind:
        case Kind.NODE:
            return (*_each(room), "pods", "status", "pool", "zone", "age")
        case Kind.POD:
            return (*_each(asked), "node", "owner", "status", "restarts", "age")
        case Kind.NODE_GROUP:
            return ("nodes", *_each(room), "pods")
        case Kind.POD_GROUP:
            return ("pods", *_each((*asked, "{r}.unused")))
        case Kind.CLUSTER:
            figures = ("usage", f"usagePercentOf{basis}", "requests", "requestsPercentOfAllocatable", "limits")
            names = [f"{json_name(r)}.{field}" for r in RESOURCES for field in (*figures, "allocatable", "free")]
            return ("nodes", *(name for name in names if name in table_of(kind)))


def _each(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.format(r=resource) for resource in CPU_AND_MEMORY for name in names)


def flat(columns: Iterable[Column]) -> list[Column]:
    """Replace a column that a table shows as two by these two."""
    return [part for column in columns for part in (column.parts or (column,))]


def totals_of(kind: Kind, columns: Iterable[Column]) -> tuple[Column, ...]:
    """Give the columns of the totals below rows of that kind: the counts, and whatever of `columns` adds up."""
    group = {Kind.NODE: Kind.NODE_GROUP, Kind.POD: Kind.POD_GROUP}.get(kind, kind)
    table = table_of(group)
    counts = ("pods.measured", "pods.count") if group is Kind.POD_GROUP else ("nodes.measured", "nodes.count")
    names = [*counts]
    for column in flat(columns):
        names.append(column.name)
        resource, _, field = column.name.rpartition(".")
        if field == "usagePercentOfAllocatable" and f"{resource}.measuredAllocatable" in table:
            names += [f"{resource}.allocatable", f"{resource}.measuredAllocatable"]
    naming = Naming(group)
    found = [table.get(name) or naming.open_ended(name) for name in names]
    return tuple({column.name: column for column in found if column and not column.parts}.values())


# --- from words to columns ------------------------------------------------------------------------------------

BRACKETS: Final = """write labels and other resources as labels["app"] and resources["nvidia.com/gpu"].requests"""
OPEN_ENDED: Final = re.compile(r'(?P<of>resources|labels)\["(?P<key>[^"]+)"\](?:\.(?P<field>\w+))?')


class Naming(Struct, frozen=True):
    """How the words of one command line become columns: for which kind of row, percentages of what by default.

    basis: "Allocatable" or "Capacity", what `cpu%` of a node means. keys: the columns that --by made.
    """

    kind: Kind
    basis: str = "Allocatable"
    keys: tuple[Column, ...] = ()

    def find(self, name: str) -> Column:
        """Give the column of that name or alias; UsageError, with the nearest name, if there is none."""
        table = table_of(self.kind)
        known = {key.name: key for key in self.keys} | dict(table)
        if column := known.get(name) or known.get(self._alias(name)):
            return column
        if column := self.open_ended(name):
            return column
        raise UsageError(f"unknown column {name!r}", hint=self._nearest(name, known))

    def at(self, path: tuple[str, ...]) -> Column | None:
        """Give the column whose value stands at a path of the document, if one does."""
        if path[0] in ("labels", "resources") and len(path) > 1:
            return self.open_ended(".".join((f'{path[0]}["{path[1]}"]', *path[2:])))
        column = table_of(self.kind).get(".".join(path))
        return None if column is None or column.parts else column

    def expand(self, words: Iterable[str]) -> tuple[Column, ...]:
        """Give the columns of a list of names and sets (default, wide, all), each once."""
        names: list[str] = []
        for word in words:
            match word:
                case "default":
                    names += default_names(self.kind, self.basis)
                case "wide":
                    names += wide_names(self.kind, self.basis)
                case "all":
                    names += [c.name for c in table_of(self.kind).values() if not c.parts and c.name not in IDENTITY]
                case _:
                    names.append(word)
        return tuple({column.name: column for column in map(self.find, names)}.values())

    def table(self) -> Mapping[str, Column]:
        """Give all columns that have a fixed name."""
        return table_of(self.kind)

    def names(self) -> tuple[str, ...]:
        """Give every name that `find` knows without an open end, for completion and for the nearest one."""
        return (*(key.name for key in self.keys), *table_of(self.kind), *self.aliases())

    def aliases(self) -> dict[str, str]:
        """Give the names for people: `cpu`, `cpu%` and their like, with what they stand for."""
        percent = "Requests" if self.kind in (Kind.POD, Kind.POD_GROUP) else self.basis
        aliases = {"swap": "swap.usage", "swap%": "swap.usagePercentOfCapacity"} if self.kind is Kind.NODE else {}
        for resource in CPU_AND_MEMORY:
            aliases[resource] = f"{resource}.usage"
            aliases[f"{resource}%"] = f"{resource}.usagePercentOf{percent}"
        return aliases

    def _alias(self, name: str) -> str:
        return self.aliases().get(name, name)

    def open_ended(self, name: str) -> Column | None:
        """Give a column of a resource or label that no list can name beforehand."""
        match = OPEN_ENDED.fullmatch(name)
        if match is None:
            return None
        key, field = match["key"], match["field"]
        if match["of"] == "resources" and field:
            made = {column.name: column for column in resource_columns(key, self.kind)}
            return made.get(name) or made.get(f"{json_name(key)}.{field}")
        if match["of"] == "labels" and not field and self.kind in (Kind.NODE, Kind.POD):
            needs = DETAILS if self.kind is Kind.NODE else Needs.PODS
            return Column(name, Unit.TEXT, label(key), f"label {key}", needs)
        return None

    def _nearest(self, name: str, known: Mapping[str, Column]) -> str:
        from difflib import get_close_matches  # noqa: PLC0415  only a mistake pays for it

        if name.startswith(("labels", "label:", "resources")) or not re.fullmatch(r"[\w.]+%?", name):
            return BRACKETS
        folded = {candidate.casefold(): candidate for candidate in (*known, *self.aliases())}
        nearest = get_close_matches(name.casefold(), folded, n=1, cutoff=0.4)
        if nearest:
            return f"did you mean {folded[nearest[0]]}? `c3s columns` lists them all"
        return "`c3s columns` lists them all"

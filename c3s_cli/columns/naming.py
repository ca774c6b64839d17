"""Find columns by names, aliases and sets, for the kind of row that is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct, structs

from c3s_cli.columns.catalogue import CONTAINER, DETAILS, IDENTITY, default_names, table_of, wide_names
from c3s_cli.columns.getters import label
from c3s_cli.columns.of_resources import CPU_AND_MEMORY, WITH_NODES, resource_columns
from c3s_cli.columns.statistics import statistic_column
from c3s_cli.columns.vocabulary import (
    COMPARED,
    FITTING,
    MOVING,
    RIGHTSIZING,
    Column,
    Kind,
    Needs,
    Unit,
    by_name,
    flat,
    json_name,
    split_change,
)
from c3s_cli.errors import UsageError

# `name` by the kind of its row.
NAMED: Final = {"pod": Kind.POD, "node": Kind.NODE}
# The words of --columns that stand for several columns.
SETS: Final = ("default", "wide", "all")
# Stands for the only GPU resource of the cluster; analysis/gpus.py replaces it by the real name.
ANY_GPU: Final = "gpu"
GPU: Final = rf"(?i){ANY_GPU}(?:\.(?P<field>\w+)|(?P<percent>%))?"
MEMORY: Final = r"mem(?=$|[%.])"
SHORT: Final = r"(?P<resource>cpu|memory)(?:%|(?P<dot>\.))(?P<of>requests|limits)(?(dot)%)"
# A comma separates names, except inside ["…"].
NAME: Final = r'(?:\["[^"]*"\]|[^,])+'
# As in --by: `label:app` is short for labels["app"].
LABEL: Final = r"labels?[:.](?P<key>[^\"\[\]*?\s]+)"
OPEN_ENDED: Final = r'(?P<of>resources|labels)\["(?P<key>[^"]+)"\](?:\.(?P<field>\w+))?'


def split_names(text: str | None) -> list[str]:
    """Split a list of names at its commas."""
    return [name.strip() for name in re.findall(NAME, text or "") if name.strip()]


def _is_in_all(column: Column) -> bool:
    """Return whether `all` has a column. Costs come with --prices only."""
    return not column.parts and column.name not in IDENTITY and column.unit is not Unit.MONEY


class Naming(Struct, frozen=True):
    """Finds columns of one kind of row by name.

    basis: what `cpu%` of a node is a percentage of, "Allocatable" or "Capacity". keys: the columns of --by.
    containers: whether a line is a container, so that it has a name of its own.
    """

    kind: Kind
    basis: str = "Allocatable"
    keys: tuple[Column, ...] = ()
    containers: bool = False

    def find(self, name: str) -> Column:
        """Return the column of that name or alias. UsageError, with the nearest name, if there is none."""
        if short := re.fullmatch(LABEL, name):
            name = f'labels["{short["key"]}"]'
        table = table_of(self.kind)
        known = {key.name: key for key in self.keys} | dict(table)
        if self.kind in COMPARED:
            return known.get(name) or self._by_heading(name, known) or self._change(name)
        if self.containers:
            known[CONTAINER.name] = CONTAINER
        if column := known.get(name) or known.get(self._alias(name)) or known.get(self._alias(name.casefold())):
            return column
        if column := self.open_ended(name) or self._gpu(name) or self._by_heading(name, known):
            return column
        from c3s_cli.columns.spellings import meanings  # names are tried first

        for meant in meanings(name):
            if column := known.get(meant) or known.get(self._alias(meant)) or self.open_ended(meant):
                return column
        from c3s_cli.columns.nearest import hint_for  # only needed after a mistake

        raise UsageError(f"unknown column {name!r}", hint=hint_for(self, name, known))

    def _change(self, name: str) -> Column:
        """Return the column of a comparison: `memory.change%`, `status.before`; a number alone means its change."""
        from c3s_cli.columns.changing import change_column  # only c3s diff compares

        compared, field = split_change(name)
        base = self._compared(compared)
        column = change_column(base, field)
        if column is None:
            fields = ("before", "after") if change_column(base, "before") else ()
            meant = [f"{base.name}.{each}" for each in fields] or [part.name for part in base.parts]
            raise UsageError(f"unknown column {name!r}", hint=f"did you mean {' or '.join(meant)}?" if meant else None)
        return table_of(self.kind).get(column.name, column)

    def _compared(self, name: str) -> Column:
        """Return a column of the rows that are compared."""
        return Naming(COMPARED[self.kind], self.basis).find(name)

    def at(self, path: tuple[str, ...]) -> Column | None:
        """Return the column whose value is at this path of the document, None if there is none."""
        if self.kind in COMPARED and not split_change(".".join(path))[1]:
            return table_of(self.kind).get(".".join(path))
        if path[0] in ("labels", "resources") and len(path) > 1:
            return self.open_ended(".".join((f'{path[0]}["{path[1]}"]', *path[2:])))
        column = table_of(self.kind).get(".".join(path)) or self.open_ended(".".join(path))
        return None if column is None or column.parts else column

    def expand(self, words: Iterable[str]) -> tuple[Column, ...]:
        """Return the columns of a list of names and sets (default, wide, all), without duplicates."""
        names: list[str] = []
        for word in words:
            match word:
                case "default":
                    names += default_names(self.kind, self.basis)
                case "wide":
                    names += wide_names(self.kind, self.basis)
                case "all":
                    names += [each.name for each in table_of(self.kind).values() if _is_in_all(each)]
                case _ if self.kind in COMPARED and not split_change(word)[1] and not self._is_own(word):
                    names += self._fields_of(word)
                case _:
                    names += self._of_both(word) or [word]
        return tuple(by_name(map(self.find, names)).values())

    def _of_both(self, word: str) -> list[str]:
        """Return the columns of CPU and memory for a word such as `requests`, `p95` or `max`; none for other words."""
        if word in table_of(self.kind) or not word.isalnum():
            return []
        both = [f"{resource}.{word}" for resource in CPU_AND_MEMORY]
        return [name for name in both if name in table_of(self.kind) or self.open_ended(name)]

    def _fields_of(self, name: str) -> list[str]:
        """Return the names of the columns that stand for a compared column."""
        from c3s_cli.columns.changing import columns_of  # only c3s diff compares

        fields = [each for part in flat([self._compared(name)]) for each in columns_of(part)]
        return [column.name for column in fields] or [self._change(name).name]

    def _fields_of_all(self, names: Iterable[str]) -> Iterator[str]:
        """Yield what --columns may name of the compared columns."""
        from c3s_cli.columns.changing import columns_of  # only c3s diff compares

        for name in names:
            yield from (column.name for column in columns_of(self._compared(name)))

    def _is_own(self, name: str) -> bool:
        """Return whether a name means one column of this kind: a key of --by, or what only changes have."""
        return name in table_of(self.kind) or any(key.name == name for key in self.keys)

    def table(self) -> Mapping[str, Column]:
        """Return all columns that have a fixed name."""
        return table_of(self.kind)

    def names(self) -> tuple[str, ...]:
        """Return every fixed name that `find` accepts, for completion and suggestions."""
        if self.kind in COMPARED:
            compared = (name for name, column in table_of(COMPARED[self.kind]).items() if not column.parts)
            every = [*table_of(self.kind), *self.aliases(), *self._fields_of_all(compared)]
            return tuple(dict.fromkeys((*(key.name for key in self.keys), *every)))
        prefix = json_name(ANY_GPU)
        gpu = [f"{ANY_GPU}{column.name.removeprefix(prefix)}" for column in resource_columns(ANY_GPU, self.kind)]
        return (*(key.name for key in self.keys), *table_of(self.kind), *self.aliases(), ANY_GPU, *gpu)

    def aliases(self) -> dict[str, str]:
        """Return the short names, such as `cpu` and `cpu%`, with the columns that they stand for."""
        if self.kind in COMPARED:
            changes = {resource: f"{resource}.change" for resource in CPU_AND_MEMORY}
            return changes | {f"{name}%": f"{name}Percent" for name in changes.values()}
        if self.kind in FITTING:
            return {resource: f"{resource}.free" for resource in CPU_AND_MEMORY}
        if self.kind in (*MOVING, *RIGHTSIZING):
            return {resource: f"{resource}.requests" for resource in CPU_AND_MEMORY}
        percent = "Requests" if self.kind in (Kind.POD, Kind.POD_GROUP) else self.basis
        if self.kind is Kind.VOLUME:
            return {
                "used": "volume.used",
                "capacity": "volume.capacity",
                "used%": "volume.usagePercentOfCapacity",
                "inodes%": "inodes.usagePercentOfCapacity",
            }
        aliases = {"swap": "swap.usage", "swap%": "swap.usagePercentOfCapacity"} if self.kind is Kind.NODE else {}
        if self.kind is Kind.POD or any(key.name == "owner" for key in self.keys):
            aliases["workload"] = "owner"
        for resource in CPU_AND_MEMORY:
            aliases[resource] = f"{resource}.usage"
            aliases[f"{resource}%"] = f"{resource}.usagePercentOf{percent}"
        return aliases

    def short_names(self) -> tuple[str, ...]:
        """Return the fixed names and the short ones that are made of several, such as `mem%` and `cpu.requests%`."""
        names = [f"{resource}{part}" for resource in CPU_AND_MEMORY for part in ("%requests", "%limits")]
        names += [f"{resource}.{part}%" for resource in CPU_AND_MEMORY for part in ("requests", "limits")]
        known = table_of(self.kind)
        return (*self.names(), *(name for name in ("mem", "mem%", *names) if self._alias(name) in known))

    def _alias(self, name: str) -> str:
        """Return the full name of `mem%`, `memory%limits` or `cpu.requests%`, which of nodes is of allocatable."""
        name = re.sub(MEMORY, "memory", name)
        if match := re.fullmatch(SHORT, name):
            of_nodes = self.kind in WITH_NODES and match["dot"]
            short = f"{match['of']}PercentOfAllocatable" if of_nodes else f"usagePercentOf{match['of'].capitalize()}"
            return f"{match['resource']}.{short}"
        return self.aliases().get(name, name)

    def _percent(self, name: str) -> str:
        """Return the full name of `cpu.p95%`: percent of requests for pods, of allocatable or capacity for nodes."""
        whole = "Requests" if self.kind in (Kind.POD, Kind.POD_GROUP) else self.basis
        return f"{name[:-1]}PercentOf{whole}" if name.endswith("%") else name

    def open_ended(self, name: str) -> Column | None:
        """Return the column of any resource, label or statistic, such as `labels["app"]`; None for any other name."""
        if self.kind in COMPARED:
            try:
                return self._change(name)
            except UsageError:
                return None
        match = re.fullmatch(OPEN_ENDED, name)
        if self.kind in (Kind.VOLUME, *RIGHTSIZING):
            return None
        if match is None:
            return statistic_column(self._percent(name), self.kind)
        key, field = match["key"], match["field"]
        if match["of"] == "resources" and field:
            columns = by_name(resource_columns(key, self.kind))
            column = columns.get(name) or columns.get(f"{json_name(key)}.{field}")
            # The name of the GPU resource is read from the nodes.
            return structs.replace(column, needs=column.needs | Needs.NODES) if column and key == ANY_GPU else column
        if match["of"] == "labels" and not field and self.kind in (Kind.NODE, Kind.POD, Kind.FIT, Kind.MOVE):
            needs = Needs.PODS | Needs.POD_LABELS if self.kind in (Kind.POD, Kind.MOVE) else DETAILS
            return Column(name, Unit.TEXT, label(key), f"label {key}", needs)
        return None

    def _gpu(self, name: str) -> Column | None:
        """Return a column of the cluster's only GPU resource: `gpu.free`; `gpu` is how many are requested."""
        match = re.fullmatch(GPU, name)
        if match is None:
            return None
        field = match["field"] or ("requestsPercentOfAllocatable" if match["percent"] else "requests")
        return self.open_ended(f'resources["{ANY_GPU}"].{field}')

    def _by_heading(self, name: str, known: Mapping[str, Column]) -> Column | None:
        """Return the column with that table heading, or with that name in another case."""
        from c3s_cli.columns.headings import full_heading, heading  # names are tried first

        wanted = name.casefold()
        by_heading = {word: known["name"] for word, kind in NAMED.items() if kind is self.kind}
        for column in reversed(list(known.values())):
            by_heading |= {full_heading(column).casefold(): column, heading(column).casefold(): column}
        for alias, full in {**{each: each for each in known}, **self.aliases()}.items():
            if full in known:
                by_heading |= {alias.casefold(): known[full], heading(known[full]).casefold(): known[full]}
        if wanted in by_heading or "/" not in name:
            return by_heading.get(wanted)
        cuts = [place for place, letter in enumerate(wanted) if letter == "-"]
        columns = (column for cut in cuts for column in resource_columns(wanted[:cut], self.kind))
        return next((column for column in columns if heading(column).casefold() == wanted), None)


COUNTS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.POD_GROUP: ("pods.measured", "pods.count"),
    Kind.MOVE_GROUP: ("pods.placed", "pods.count"),
}


def totals_of(kind: Kind, columns: Iterable[Column]) -> tuple[Column, ...]:
    """Return the columns of the totals below rows of that kind: the counts, and those `columns` that can be summed."""
    group = kind.group
    table = table_of(group)
    counts = COUNTS.get(group, ("nodes.measured", "nodes.count"))
    if group is Kind.RIGHTSIZE_GROUP:
        counts = tuple(name for name in table if not name.startswith(("context", "cost")))
    names = [*counts]
    for column in flat(columns):
        if column.name in ("name", "container"):
            continue
        names.append(column.name)
        resource, _, field = column.name.rpartition(".")
        if field == "usagePercentOfAllocatable" and f"{resource}.measuredAllocatable" in table:
            names += [f"{resource}.allocatable", f"{resource}.measuredAllocatable"]
    naming = Naming(group)
    known = [each for name in names if (each := table.get(name) or naming.open_ended(name))]
    summable = (each for each in known if not each.parts and each.unit is not Unit.TEXTS)
    return tuple(by_name(summable).values())

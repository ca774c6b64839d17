"""The columns of `c3s diff`: a column of the compared rows before and after, and how much it changed."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import Any, Final

from msgspec import structs

from c3s_cli.columns.catalogue import IDENTITY, table_of
from c3s_cli.columns.getters import Age, Change, share
from c3s_cli.columns.vocabulary import COMPARED, Column, Getter, Kind, Unit, split_change
from c3s_cli.model.change_rows import DocumentRow

CHANGE: Final = Column("change", Unit.TEXT, attrgetter("change"), "added, removed or changed")
TEXTUAL: Final = (Unit.TEXT, Unit.TEXTS, Unit.TIME, Unit.BOOLEAN)
# Text that hardly ever changes is one column: that of the later row.
STEADY: Final = ("context", "namespace", "name", "owner", "pool", "zone", "instanceType", "roles", "qosClass")
FIELDS: Final = ("before", "after", "change", "changePercent")
NAMES: Final = tuple(f"{resource}.{field}" for resource in ("cpu", "memory") for field in FIELDS)
IN_RANGE: Final = ("change", "cpu.p95", "memory.p95")


def change_column(base: Column, field: str) -> Column | None:
    """Return the column of a field; "" is the change of a number, and the text itself. None if it has no such field."""
    if base.parts or isinstance(base.value, Age) or base.unit is Unit.MONEY:
        return None
    of_text = base.unit in TEXTUAL
    stem = base.name.removesuffix(".usage") if base.name in ("cpu.usage", "memory.usage") else base.name
    if field in ("before", "after"):
        return _of_side(base, f"{stem}.{field}", field)
    if of_text:
        return None if field else structs.replace(base, value=_latest(base))
    if field == "changePercent":
        return None if base.unit is Unit.PERCENT else _relative(base, stem)
    return Column(
        f"{stem}.change",
        base.unit,
        Change(value_of(base)),
        f"how much {stem} changed",
        base.needs,
        figures=base.figures,
        in_part=_in_part(base),
        signed=True,
    )


def columns_of(base: Column) -> Iterator[Column]:
    """Yield the columns that stand for a compared column in --columns."""
    steady = base.name in STEADY or base.name.startswith("labels[")
    fields = ("",) if steady else FIELDS
    yield from filter(None, (change_column(base, field) for field in fields))


def _of_side(base: Column, name: str, field: str) -> Column:
    row_of = attrgetter(field)
    value = value_of(base)

    def get(row: Any) -> Any:
        side = row_of(row)
        return None if side is None else value(side)

    return Column(
        name,
        base.unit,
        get,
        f"{name.removesuffix(f'.{field}')} {field}",
        base.needs,
        figures=base.figures,
        in_part=base.in_part and _in_part(base, (field,)),
        absent=lambda row: row_of(row) is None,
    )


def _relative(base: Column, stem: str) -> Column:
    value, difference = value_of(base), Change(value_of(base))

    def part(row: Any) -> Any:
        return 0 if row.before is None else difference(row)

    def whole(row: Any) -> Any:
        return 0 if row.before is None else value(row.before)

    return share(
        f"{stem}.changePercent",
        (part, whole),
        f"{stem}.change as a percentage of {stem}.before",
        base.needs,
        figures=base.figures,
        in_part=_in_part(base),
        signed=True,
    )


def value_of(base: Column) -> Getter:
    """Return the getter of a column for rows that were read, and for items of documents."""
    value, path = base.value, base.path

    def get(row: Any) -> Any:
        return row.at(path) if isinstance(row, DocumentRow) else value(row)

    return get


def _latest(base: Column) -> Getter:
    value = value_of(base)
    return lambda row: value(row.before if row.after is None else row.after)


def _in_part(base: Column, fields: tuple[str, ...] = ("before", "after")) -> Getter | None:
    """Return whether one of the sides lacks members; None if that cannot be."""
    lacking = base.in_part
    if lacking is None:
        return None

    def get(row: Any) -> bool:
        sides = [getattr(row, field) for field in fields]
        return any(side is not None and not isinstance(side, DocumentRow) and lacking(side) for side in sides)

    return get


def own_columns(kind: Kind) -> Iterator[Column]:
    """Yield the columns of usage, apart from context and namespace; any other compared column has the same fields."""
    base = table_of(COMPARED[kind])
    yield from (IDENTITY["name"], CHANGE)
    for resource, field in map(split_change, NAMES):
        if column := change_column(base[f"{resource}.usage"], field):
            yield column


def default_names(_kind: Kind) -> tuple[str, ...]:
    """Return the names of the default columns."""
    return (CHANGE.name, *NAMES)


def wide_names(kind: Kind) -> tuple[str, ...]:
    """Return the names of the columns of -o wide."""
    amounts = tuple(
        f"{resource}.{part}.{field}"
        for resource in ("cpu", "memory")
        for part in ("requests", "limits")
        for field in ("before", "after")
    )
    match kind:
        case Kind.POD_CHANGE:
            states = (f"{name}.{field}" for name in ("node", "status", "restarts") for field in ("before", "after"))
            last = (*states, "owner")
        case Kind.NODE_CHANGE:
            last = ("status.before", "status.after", "pool", "zone")
        case _:
            count = "pods.count" if kind is Kind.POD_GROUP_CHANGE else "nodes.count"
            last = (f"{count}.before", f"{count}.after")
    return (CHANGE.name, *NAMES, *amounts, *last)

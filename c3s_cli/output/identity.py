"""What tells the rows of a report apart: their time in a series, context, namespace, name and keys."""

from __future__ import annotations

from c3s_cli.amounts.timestamp import utc
from c3s_cli.columns.catalogue import IDENTITY, table_of
from c3s_cli.columns.vocabulary import COMPARED, FITTING, MOVING, RIGHTSIZING, Column, Kind, Unit, by_name, flat
from c3s_cli.report import Report


def identity_columns(report: Report) -> list[Column]:
    """Return the columns that identify a row, and the time of its measurement."""
    who = [*times_of(report), *own_identity(report.kind), *report.keys]
    if report.kind in (*FITTING, *MOVING, *RIGHTSIZING):
        return who
    if report.kind in COMPARED:
        return [*who, table_of(report.kind)["change"]]
    return [*who, IDENTITY["timestamp"], IDENTITY["window"]]


def own_identity(kind: Kind) -> list[Column]:
    """Return the columns that tell apart the rows of a kind, but for the keys of --by."""
    who = [IDENTITY["context"]]
    if kind.namespaced:
        who.append(IDENTITY["namespace"])
    if kind.named:
        who.append(IDENTITY["name"])
    if kind is Kind.FIT:
        from c3s_cli.columns.fitting import WORKLOAD  # only c3s fit has it

        who.append(WORKLOAD)
    if kind is Kind.RIGHTSIZE:
        from c3s_cli.columns.rightsizing import CONTAINER, OWNER  # only c3s rightsize has them

        who += [OWNER, CONTAINER]
    return who


def times_of(report: Report) -> list[Column]:
    """Return the column with the time of a reading in a series; nothing for a single reading."""
    if report.time is None:
        return []
    read_at = utc(report.time)
    return [Column("time", Unit.TIME, lambda _row: read_at, "when the reading was made")]


def shown_columns(report: Report) -> list[Column]:
    """Return all columns of the structured formats: the identity, then the requested ones, without duplicates."""
    return list(by_name((*identity_columns(report), *flat(report.columns))).values())

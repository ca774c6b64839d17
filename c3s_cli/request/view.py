"""View: the output format, and its options."""

from __future__ import annotations

from enum import Enum
from typing import Final

from msgspec import Struct

from c3s_cli.columns.vocabulary import Unit


class Format(Enum):
    """The value of -o, up to its `=`."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"
    CSV = "csv"
    TSV = "tsv"
    NAME = "name"
    VALUE = "value"
    MARKDOWN = "markdown"
    GRID = "grid"
    PROMETHEUS = "prometheus"
    OPENMETRICS = "openmetrics"
    CUSTOM_COLUMNS = "custom-columns"
    JSONPATH = "jsonpath"
    PATCH = "patch"
    KUSTOMIZE = "kustomize"
    RESOURCES = "resources"


COLORS: Final = ("auto", "always", "never")
TABLES: Final = (Format.TABLE, Format.WIDE, Format.MARKDOWN, Format.GRID)
DELIMITED: Final = (Format.CSV, Format.TSV)
METRICS: Final = (Format.PROMETHEUS, Format.OPENMETRICS)
WITH_TEMPLATE: Final = (Format.CUSTOM_COLUMNS, Format.JSONPATH)
WITH_UNIT: Final = (Format.CSV, Format.TSV, Format.VALUE, Format.CUSTOM_COLUMNS)
# The units of --unit: which columns have them, how many of the exact units they are, and their decimals.
AMOUNT_UNITS: Final = {
    "cores": (Unit.NANOCORES, 10**9, 9),
    "millicores": (Unit.NANOCORES, 10**6, 6),
    "nanocores": (Unit.NANOCORES, 1, 0),
    "GiB": (Unit.BYTES, 1 << 30, 3),
    "MiB": (Unit.BYTES, 1 << 20, 3),
    "bytes": (Unit.BYTES, 1, 0),
}
# What `c3s rightsize` recommends, as a change: for its rows only.
CHANGES: Final = (Format.PATCH, Format.KUSTOMIZE, Format.RESOURCES)
WITH_TOTALS: Final = (Format.JSON, Format.YAML, Format.JSONPATH)


class View(Struct, frozen=True):
    """The output format and its options.

    template: what follows `custom-columns=` or `jsonpath=`. compact: one document per line, for watch. color: "auto",
    "always" or "never". warn, critical: the percentages from which cells are coloured. trend: whether rows of a watch
    have a sparkline. units: whether the headings of csv and tsv have units. timestamps: whether OpenMetrics samples
    have times. named: whether --columns was given; identity: how many of its columns stand before those that identify
    a row, None if it names all columns that a table has. objects: whether -o name prints
    owners as objects, `deployment.apps/web`. unit: the units of amounts, such as "cores" and "MiB". width:
    the width of the terminal; None for a pipe or file, whose lines are never shortened.
    context: whether --context was given. quiet: whether only stderr and the exit code are wanted.
    """

    format: Format
    headers: bool = True
    sum: bool = False
    template: str = ""
    compact: bool = False
    color: str = "auto"
    warn: float = 70
    critical: float = 90
    trend: bool = False
    units: bool = False
    timestamps: bool = True
    named: bool = False
    identity: int | None = 0
    unit: tuple[str, ...] = ()
    objects: bool = False
    width: int | None = None
    context: bool = False
    quiet: bool = False

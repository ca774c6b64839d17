"""View: the output format, and its options."""

from __future__ import annotations

from enum import Enum
from typing import Final

from msgspec import Struct


class Format(Enum):
    """The value of -o, up to its `=`."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"
    CSV = "csv"
    TSV = "tsv"
    NAME = "name"
    MARKDOWN = "markdown"
    GRID = "grid"
    PROMETHEUS = "prometheus"
    OPENMETRICS = "openmetrics"
    CUSTOM_COLUMNS = "custom-columns"
    JSONPATH = "jsonpath"


COLORS: Final = ("auto", "always", "never")
TABLES: Final = (Format.TABLE, Format.WIDE, Format.MARKDOWN, Format.GRID)
DELIMITED: Final = (Format.CSV, Format.TSV)
METRICS: Final = (Format.PROMETHEUS, Format.OPENMETRICS)
WITH_TEMPLATE: Final = (Format.CUSTOM_COLUMNS, Format.JSONPATH)
WITH_TOTALS: Final = (Format.JSON, Format.YAML, Format.JSONPATH)


class View(Struct, frozen=True):
    """The output format and its options.

    template: what follows `custom-columns=` or `jsonpath=`. compact: one document per line, for watch. color: "auto",
    "always" or "never". warn, critical: the percentages from which cells are coloured. trend: whether rows of a watch
    have a sparkline. units: whether the headings of csv and tsv have units. timestamps: whether OpenMetrics samples
    have times. width: the width of the terminal; None for a pipe or file, whose lines are never shortened.
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
    width: int | None = None

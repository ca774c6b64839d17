"""The value of -o: a format, its template, and the flags that go with it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from c3s_cli.columns.vocabulary import Column, Kind
from c3s_cli.errors import UsageError
from c3s_cli.flags import options
from c3s_cli.request.view import AMOUNT_UNITS, CHANGES, DELIMITED, METRICS, TABLES, WITH_TEMPLATE, WITH_UNIT, Format

if TYPE_CHECKING:
    from c3s_cli.request.query import Query

# Formats of which people write the columns behind the =.
BY_COLUMN: Final = (Format.VALUE, Format.CSV, Format.TSV)
# Other names of units.
UNITS: Final = {
    **dict.fromkeys(("core", "c"), "cores"),
    **dict.fromkeys(("m", "milli", "millicore", "mcores", "mcore"), "millicores"),
    **dict.fromkeys(("n", "nano", "nanocore"), "nanocores"),
    **dict.fromkeys(("gi", "gibibytes"), "GiB"),
    **dict.fromkeys(("mi", "mebibytes"), "MiB"),
    **dict.fromkeys(("b", "byte"), "bytes"),
}
# Far more than anybody writes, and so short that no template takes long to read.
LONGEST: Final = 10_000


def read_format(text: str, objects: Kind, rows: options.Selection, display: options.Display) -> tuple[Format, str]:
    """Parse -o: the format and its template. Mistakes, also in flags that go with it, are found before any reading."""
    format_, template = _parse(text, changes=objects is Kind.RIGHTSIZE)
    _check(objects, format_, rows, display)
    return format_, template


def _parse(text: str, *, changes: bool) -> tuple[Format, str]:
    word, equals, template = text.partition("=")
    word = word.lower()  # as kubectl does
    format_ = next((each for each in Format if each.value == word), None)
    if format_ is None or (equals and format_ not in WITH_TEMPLATE):
        allowed = ",".join(sorted(each.value for each in Format if changes or each not in CHANGES))
        raise UsageError(
            f'unable to match a printer suitable for the output format "{text}", allowed formats are: {allowed}',
            hint=f"did you mean -o {word} --columns {template}?" if format_ in BY_COLUMN else _advice(word),
        )
    if format_ not in WITH_TEMPLATE:
        return format_, ""
    if not template:
        what = "custom columns" if format_ is Format.CUSTOM_COLUMNS else "template"
        raise UsageError(
            f"{word} format specified but no {what} given",
            hint="for example -o custom-columns=NAME:.name,CPU:.cpu.usage or -o jsonpath='{.items[*].name}'",
        )
    if len(template) > LONGEST:
        raise UsageError(f"the template is longer than {LONGEST:,} characters")
    from c3s_cli.request.jsonpath import read_spec, read_template  # only for templates

    if format_ is Format.CUSTOM_COLUMNS:
        read_spec(template)
    else:
        read_template(template)
    return format_, template


def read_units(text: str, format_: Format, query: Query, *, has_keys: bool) -> tuple[str, ...]:
    """Parse --unit: at most one unit of CPU and one of memory. UsageError if the format states its own units.

    has_keys: whether --columns names the columns that tell the rows apart, which tables show in any case.
    """
    if format_ not in WITH_UNIT:
        allowed = ", ".join(each.value for each in WITH_UNIT)
        problem = UsageError(f"--unit does not go with -o {format_.value}", hint=f"it goes with -o {allowed}")
        if format_ in TABLES:
            columns = [*([] if has_keys else _keys(query)), *(column.name for column in query.columns)]
            problem.instead = f"--output tsv --columns {','.join(dict.fromkeys(columns))}"
        raise problem
    spelled = {unit.casefold(): unit for unit in AMOUNT_UNITS} | UNITS
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name.casefold() not in spelled:
            raise UsageError(f"unknown unit {name!r} in --unit", hint=f"one of: {', '.join(AMOUNT_UNITS)}")
    units = tuple(spelled[name.casefold()] for name in names)
    if len({AMOUNT_UNITS[unit][0] for unit in units}) < len(units):
        raise UsageError("--unit takes one unit of CPU and one of memory", hint="for example --unit cores,MiB")
    return units


def _keys(query: Query) -> list[str]:
    """Return the names of the columns with which the rows of a table begin."""
    several = query.objects.namespaced and query.of_several_namespaces
    of_objects = [*(["namespace"] if several else []), "name", *(["container"] if query.containers else [])]
    return [key.name for key in query.keys] or of_objects


def unused_unit(text: str | None, columns: Iterable[Column]) -> str:
    """Say which units of --unit no column of the output has; "" for none."""
    spelled = {unit.casefold(): unit for unit in AMOUNT_UNITS} | UNITS
    units = {each.unit for each in columns}
    names = [name.strip() for name in text.split(",")] if text and units else []
    idle = [name for name in names if AMOUNT_UNITS.get(spelled.get(name.casefold(), ""), (None,))[0] not in units]
    return f"--unit {','.join(idle)} does nothing here: no column has such a unit" if idle else ""


def _check(objects: Kind, format_: Format, rows: options.Selection, display: options.Display) -> None:
    """Raise a UsageError for flags that the format does not support."""
    if format_ in CHANGES and (objects is not Kind.RIGHTSIZE or rows.by or display.columns):
        raise UsageError(f"-o {format_.value} goes with c3s rightsize, without --by and --columns")
    if display.quiet and not rows.fail_if and objects not in (Kind.FIT, Kind.MOVE):
        raise UsageError("-q goes with --fail-if", hint="-o name prints the names alone")
    if display.units and format_ not in DELIMITED:
        raise UsageError("--units goes with -o csv or tsv", hint="--unit bytes prints bytes, also with -o value")
    if format_ is Format.VALUE and rows.sum:
        raise UsageError("--sum does not go with -o value", hint="without --sum it prints each row, with --by each sum")
    if format_ is Format.VALUE and not display.columns:
        raise UsageError("-o value prints the columns that --columns names", hint="for example --columns cpu")
    if display.no_timestamps and format_ not in METRICS:
        raise UsageError("--no-timestamps goes with -o openmetrics")
    if display.timestamps and (format_ is not Format.PROMETHEUS or display.no_timestamps):
        raise UsageError("--timestamps goes with -o prometheus")
    if rows.explain and (rows.by or rows.where or rows.fail_if or format_ not in (Format.TABLE, Format.JSON)):
        raise UsageError("--explain goes with the NAME of one pod or node, and with -o table or json, only")


def _advice(word: str) -> str | None:
    """Suggest a format for an unknown word."""
    if word == "md":
        return "did you mean -o markdown?"
    if word == "custom":
        return "-o custom-columns=NAME:.name,CPU:.cpu.usage prints columns"
    if word in ("html", "svg"):
        return "-o markdown is a table that a page can show"
    if word in ("xls", "xlsx", "excel", "ods"):
        return "-o csv opens in a spreadsheet"
    if word.startswith(("go-template", "template")):
        return "-o jsonpath=TEMPLATE takes a template; -o value --columns name,cpu prints columns"
    meant = get_close_matches(word, [each.value for each in Format], n=1) or [
        each.value for each in Format if word and each.value.startswith(word)
    ]
    return f"did you mean -o {meant[0]}?" if meant else None

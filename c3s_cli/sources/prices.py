"""--prices FILE → Prices, and the columns of a query that need them. Nothing in the file is trusted."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from typing import Any, Final

from msgspec import structs

from c3s_cli.amounts.money import GIB, HOUR_DECIMALS, NANO, PRICE_DECIMALS, PRICE_SAMPLE
from c3s_cli.columns.naming import SETS, Naming, split_names
from c3s_cli.columns.of_costs import COSTS, SAVINGS
from c3s_cli.errors import UsageError
from c3s_cli.model.prices import Price, PriceRule, Prices
from c3s_cli.request.content import content_of
from c3s_cli.request.query import Query
from c3s_cli.request.yaml_text import NotYamlError, TooDeepError, read_yaml
from c3s_cli.terminal.printable import printable

# More than anything costs.
HIGHEST: Final = 10**6
LONGEST_MONTH: Final = 8784
MOST_RULES: Final = 10_000
LONGEST_CURRENCY: Final = 16
USUAL_HOURS: Final = 730
FIELDS: Final = ("currency", "hoursPerMonth", "default", "nodes")
OF_PRICE: Final = ("coreHour", "gibHour", "gpuHour")
OF_RULE: Final = ("labels", "pool", "instanceType", *OF_PRICE)


def with_prices(query: Query, file: str, columns: str | None) -> Query:
    """Return the query with the prices of a file, and the columns of costs beside sets of columns.

    columns: the value of --columns. UsageError if the file is invalid.
    """
    words, shown = split_names(columns), query.columns
    if not words or not {*SETS}.isdisjoint(words):
        in_range = query.period is not None and query.period.is_range
        names = SAVINGS if query.rightsize else COSTS[:1] if in_range else COSTS
        costs = [Naming(query.kind).find(name) for name in names]
        # Columns that are sorted by or compared come here, too, unless they are named elsewhere.
        rest = [each for each in shown if each not in costs or each.name in words]
        shown = tuple(dict.fromkeys((*rest, *costs)))
    return structs.replace(query, prices=read_prices(file), columns=shown)


def read_prices(file: str) -> Prices:
    """Read a price file. UsageError, with the file and the line or field, if it is invalid."""
    top = _object(_document(file), file, "", FIELDS)
    currency = top.get("currency")
    if not isinstance(currency, str) or not 0 < len(currency) <= LONGEST_CURRENCY or printable(currency) != currency:
        raise UsageError(f"{file}: currency must be a name such as EUR")
    hours = _number(top.get("hoursPerMonth", USUAL_HOURS), f"{file}: hoursPerMonth", LONGEST_MONTH, HOUR_DECIMALS)
    if not hours:
        raise UsageError(f"{file}: hoursPerMonth must be above 0")
    rules = top.get("nodes") or []
    if not isinstance(rules, list) or len(rules) > MOST_RULES:
        raise UsageError(f"{file}: nodes must be a list of at most {MOST_RULES:,} entries")
    default = top.get("default")
    if default is None and not rules:
        raise UsageError(f"{file}: there is no price in it", hint=PRICE_SAMPLE)
    return Prices(
        file,
        currency,
        f"{Decimal(hours).scaleb(-HOUR_DECIMALS).normalize():f}",
        tuple(_rule(rule, file, f"nodes[{place}]", hours) for place, rule in enumerate(rules)),
        None if default is None else _price(_object(default, file, "default", OF_PRICE), f"{file}: default", hours),
    )


def _document(file: str) -> Any:
    text = content_of(file, PRICE_SAMPLE)
    try:
        return read_yaml(text)
    except TooDeepError:
        raise UsageError(f"{file} is nested too deep, or its aliases are") from None
    except NotYamlError as problem:
        where = f"{file}, line {problem.line}" if problem.line else file
        raise UsageError(f"{where}: not valid YAML") from None


def _object(value: Any, file: str, name: str, fields: tuple[str, ...]) -> Mapping[str, Any]:
    """Return a map with known fields only: a misspelt price must not count as none."""
    where = f"{file}: {name}" if name else file
    if not isinstance(value, dict):
        raise UsageError(f"{where}: expected fields such as {fields[0]}", hint=PRICE_SAMPLE)
    for field in value:
        if field not in fields:
            path = f"{name}.{field}" if name else str(field)
            raise UsageError(
                f'{file}: unknown field "{printable(path)[:80]}"', hint=f"the fields are {', '.join(fields)}"
            )
    return value


def _rule(value: Any, file: str, name: str, hours: int) -> PriceRule:
    fields, where = _object(value, file, name, OF_RULE), f"{file}: {name}"
    labels = fields.get("labels", {})
    if not isinstance(labels, dict):
        raise UsageError(f"{where}.labels: expected a map of labels")
    rule = PriceRule(
        {str(key): _text(text, f"{where}.labels.{printable(str(key))[:80]}") for key, text in labels.items()},
        _text(fields["pool"], f"{where}.pool") if "pool" in fields else None,
        _text(fields["instanceType"], f"{where}.instanceType") if "instanceType" in fields else None,
        _price(fields, where, hours),
    )
    if not rule.labels and rule.pool is None and rule.instance_type is None:
        raise UsageError(f"{where}: labels, pool or instanceType must say which nodes it is about")
    return rule


def _text(value: Any, where: str) -> str:
    """Return the value of a label: YAML takes `true` and `8` for something else."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int):
        return str(value)
    raise UsageError(f"{where} must be text", hint="put it in quotes")


def _price(fields: Mapping[str, Any], where: str, hours: int) -> Price:
    core, gib, gpu = (
        _number(fields.get(name), f"{where}.{name}", HIGHEST, PRICE_DECIMALS) if name in fields else None
        for name in OF_PRICE
    )
    for name, price in zip(OF_PRICE[:2], (core, gib), strict=True):
        if price is None:
            raise UsageError(f"{where}.{name} is missing")
    month = hours * NANO
    return Price((core or 0) * hours * GIB, (gib or 0) * month, None if gpu is None else gpu * month * GIB)


def _number(value: Any, where: str, highest: int, decimals: int) -> int:
    """Return a number times 10 ** decimals. UsageError if it is none, negative, too large or has more decimals."""
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not isfinite(value)
        or not 0 <= value <= highest
    ):
        raise UsageError(f"{where} must be a number from 0 to {highest:,}, not {printable(str(value))[:40]}")
    scaled = Decimal(str(value)).scaleb(decimals)
    if scaled != int(scaled):
        raise UsageError(f"{where} may have {decimals} decimals, not {value}")
    return int(scaled)

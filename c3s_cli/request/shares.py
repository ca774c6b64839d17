"""What people write in conditions: shares such as `mem/limit > 0.9`, `memory > 0.8 * memory.limit`, words, units.

Columns of shares are percentages: a bare 0.9 would be read as 0.9 %, so it is refused.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from c3s_cli.columns.naming import Naming
from c3s_cli.columns.of_resources import WITH_NODES
from c3s_cli.columns.vocabulary import Column, Kind, Unit
from c3s_cli.errors import UsageError

RATIO: Final = re.compile(r"/|ratio", re.IGNORECASE)
NUMBER: Final = r"[0-9]*\.?[0-9]+"
# In `memory > 0.8 * memory.limit`, the number may also come last.
PRODUCT: Final = re.compile(
    rf"\s*(?P<resource>cpu|mem)\w*(?P<field>\.\w+)?\s*(?P<operator>[<>]=?)\s*(?:(?P<first>{NUMBER})\s*\*\s*)?"
    rf"(?:(?P=resource)\w*\W(?P<of>request|limit)s?)(?:\s*\*\s*(?P<last>{NUMBER}))?\s*",
    re.IGNORECASE,
)
# The columns that have a percentage of the same name: cpu%, swap%, cpu.p95%, used%.
PERCENTAGES: Final = (
    (re.compile(r"(cpu|memory|swap)\.usage"), r"\1%"),
    (re.compile(r"((?:cpu|memory)\.(?:avg|min|max|p[0-9]+))"), r"\1%"),
    (re.compile(r"volume\.used"), "used%"),
    (re.compile(r"((?:cpu|memory)\.change)"), r"\1%"),
)
# Those of nodes alone: of pods, `cpu.requests%` is what is used of the requests.
OF_NODES: Final = re.compile(r"(?:cpu|memory)\.(?:requests|limits)")
# What may be meant as the unit of the number before it.
UNIT: Final = r"(?:%|[munkKMGTP]i?B?|bytes|cores?|(?:min|hour|day|week)\w*)\s*(?:,|$)"
# What people write for operators.
OPERATORS: Final = {
    **dict.fromkeys(("contains", "like", "matches", "has"), "~ "),
    **dict.fromkeys(("is", "equals", "eq"), "= "),
    **dict.fromkeys(("is not", "ne"), "!= "),
    "startswith": "~ ^",
    "gt": "> ",
    "gte": ">= ",
    "ge": ">= ",
    "lt": "< ",
    "lte": "<= ",
    "le": "<= ",
}
# More than ten times the requests is rather a percentage than a ratio.
LARGEST_RATIO: Final = 10


def check_ratio(name: str, column: Column, operator: str, value: str) -> None:
    """Raise a UsageError for a bare number that is compared with a share, such as `mem/limit > 0.9`.

    name: the column as it was typed. value: the number as it was typed.
    """
    if column.unit is not Unit.PERCENT or RATIO.search(name) is None or not re.fullmatch(NUMBER, value):
        return
    number = Fraction(value)
    percent = number if number > LARGEST_RATIO else number * 100
    short = re.sub(r"\.usagePercentOf(Requests|Limits)$", lambda match: f"%{match[1].lower()}", column.name)
    raise UsageError(
        f"{name} is a percentage: {value} may be a ratio or a percentage",
        hint=f"did you mean '{short} {operator} {float(percent):g}'?",
    )


def percentage_of(name: str) -> str:
    """Return the percentage of the same name as an amount, such as cpu% for cpu.usage; "" if it has none."""
    return next((match.expand(to) for of, to in PERCENTAGES if (match := of.fullmatch(name))), "")


def share_of(column: Column, text: str, naming: Naming) -> Column:
    """Return the percentage of an amount that is compared with one, as in `memory > 90%`; else the column itself.

    UsageError for pods: there it may be of requests or of limits.
    """
    name = percentage_of(column.name) if text.endswith("%") and column.unit is not Unit.PERCENT else ""
    if text.endswith("%") and naming.kind in WITH_NODES and OF_NODES.fullmatch(column.name):
        name = f"{column.name}%"
    if name and naming.kind.group is Kind.POD_GROUP:
        raise UsageError(
            f"{text[:64]!r} is no value for {column.name} ({column.unit.value})",
            hint=f"for a percentage compare {name}requests or {name}limits",
        )
    return naming.find(name) if name else column


def check_word(column: Column, text: str) -> None:
    """Raise a UsageError for true or false where the column tells why not: no row has them."""
    if column.name == "schedulable" and text.casefold() in ("true", "false", "no"):
        meant = "=" if text.casefold() == "true" else "!="
        raise UsageError(
            f"{text!r} is no value of schedulable: yes, or why not", hint=f"did you mean 'schedulable {meant} yes'?"
        )


def check_group(name: str, text: str) -> None:
    """Raise a UsageError for `not` or parentheses around conditions. name: what should be a column in a text."""
    if name.casefold().split() == ["not"]:
        hint = "write it as 'status != Ready' or 'status not in (Ready, Pending)'"
        raise UsageError(f"expected the name of a column at 'not' in {text!r}", hint=hint)
    if name.startswith("("):
        hint = "and binds closer than or: instead of '(A or B) and C', write 'A and C or B and C'"
        raise UsageError(f"parentheses group nothing in {text!r}", hint=hint)


def hint_of_arithmetic(text: str) -> str:
    """Return a hint for a condition that calculates: the percentage that says the same, if there is one."""
    product = PRODUCT.fullmatch(text)
    number = product and (product["first"] or product["last"])
    if not product or not number:
        return "conditions do not calculate; shares are columns, as in 'memory%limits > 80'"
    resource = "cpu" if product["resource"].lower() == "cpu" else "memory"
    percent = f"{float(Fraction(number) * 100):g}"
    field = "" if product["field"] in (None, ".usage") else product["field"]
    return f"did you mean '{resource}{field}%{product['of'].lower()}s {product['operator']} {percent}'?"


def hint_of_rest(rest: str, text: str) -> str | None:
    """Return a hint for what follows a value in a condition; None for what may belong to the value."""
    if rest.startswith(";"):
        return "a comma means and; for or, repeat the flag"
    if rest.startswith(("*", "/", "+ ", "- ")):
        return hint_of_arithmetic(text)
    return "a number and its unit are one word, such as 1Gi, 250m, 2h or 80%" if re.match(UNIT, rest) else None


def hint_of_words(name: str, rest: str) -> str | None:
    """Return a hint for an operator that is a word, such as `contains` or `is not`; None if it is none."""
    match = re.match(r"(is\s+not|\w+)\s+(['\"]?)([^,\s]+?)\2\s*(?:,|$|and\b|or\b)", rest, re.IGNORECASE)
    operator = match and OPERATORS.get(" ".join(match[1].casefold().split()))
    return f"did you mean '{name} {operator}{match[3]}'?" if match and operator else None


def hint_of_units(column: Column, text: str) -> str | None:
    """Return a hint for bytes with a unit that Kubernetes has not, such as 500MB; None for others."""
    match = re.fullmatch(rf"({NUMBER})\s*([kmgt])i?b?", text, re.IGNORECASE)
    return f"did you mean {match[1]}{match[2].upper()}i?" if match and column.unit is Unit.BYTES else None

"""The JSON Schema of `-o json` and `-o yaml`, generated from the table of columns."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from msgspec import structs

from c3s_cli import API_VERSION
from c3s_cli.columns.catalogue import IDENTITY, table_of
from c3s_cli.columns.changing import columns_of
from c3s_cli.columns.kinds import KEYS
from c3s_cli.columns.naming import Naming
from c3s_cli.columns.of_resources import CPU_AND_MEMORY, resource_columns
from c3s_cli.columns.vocabulary import COMPARED, FITTING, MOVING, RIGHTSIZING, Column, Kind, Unit
from c3s_cli.request.condition import may_be_none
from c3s_cli.request.grouping import KEY_COLUMNS

Schema = dict[str, Any]

TYPES: Final[dict[Unit, Schema]] = {
    Unit.TEXT: {"type": ["string", "null"]},
    Unit.TEXTS: {"type": ["array", "null"], "items": {"type": "string"}},
    Unit.NANOCORES: {"type": ["integer", "null"]},
    Unit.BYTES: {"type": ["integer", "null"]},
    Unit.COUNT: {"type": ["integer", "null"]},
    Unit.PERCENT: {"type": ["number", "null"]},
    Unit.MONEY: {"type": ["number", "null"]},
    Unit.SECONDS: {"type": ["number", "null"]},
    Unit.TIME: {"type": ["string", "null"], "format": "date-time"},
    Unit.BOOLEAN: {"type": ["boolean", "null"]},
}
# The rows that --series shows.
IN_SERIES: Final = (Kind.NODE, Kind.POD, Kind.NODE_GROUP, Kind.POD_GROUP, Kind.CLUSTER)
TIME: Final = {"type": "string", "format": "date-time", "description": "when the reading was made, in a series only"}
OPEN_ENDED: Final = "example.com/any"
LABELS: Final[Schema] = {"type": "object", "additionalProperties": {"type": ["string", "null"]}}
RULE: Final[dict[str, Schema]] = {
    "rule": {"type": "object", "description": "how c3s rightsize recommends, in words and numbers"}
}


def schema() -> Schema:
    """Return the whole schema."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What c3s prints with -o json",
        "description": "An item has its identity and exactly the requested columns; null means requested but "
        "unknown. Amounts are exact integers in the units that the document states; percentages are unrounded.",
        "oneOf": [
            *({"$ref": f"#/$defs/{kind.item}List"} for kind in Kind),
            *({"$ref": f"#/$defs/{kind.item}Series"} for kind in IN_SERIES),
        ],
        "$defs": {
            **{f"{kind.item}List": _list(kind) for kind in Kind},
            **{f"{kind.item}Series": _series(kind) for kind in IN_SERIES},
            **{kind.item: _item(kind) for kind in Kind},
            "Units": {
                "type": "object",
                "additionalProperties": {
                    "anyOf": [{"enum": [unit.value for unit in Unit]}, {"$ref": "#/$defs/Units"}],
                },
            },
            "Failure": _object(
                {
                    "context": {"type": "string"},
                    "source": {"type": "string"},
                    "message": {"type": "string"},
                    "hint": {"type": "string"},
                },
                ["context", "source", "message"],
            ),
        },
    }


def written() -> str:
    """Return the text of docs/schema.json."""
    return json.dumps(schema(), indent=2) + "\n"


def _list(kind: Kind) -> Schema:
    return _object(
        {
            "apiVersion": {"const": API_VERSION},
            "kind": {"const": f"{kind.item}List"},
            "metadata": _object(
                {
                    "timestamp": {"type": "string", "format": "date-time"},
                    "failures": {
                        "type": "array",
                        "items": {"$ref": "#/$defs/Failure"},
                        "description": "the contexts whose cluster could not be read; only with several contexts",
                    },
                    "unjudged": {
                        "type": "array",
                        "items": {"type": "string"},
                        "description": "rows that --fail-if or --until could not judge; only with one of these flags",
                    },
                    "remarks": {
                        "type": "array",
                        "items": {"type": "string"},
                        "description": "what stderr says about the figures; only if there is something to say",
                    },
                    "prices": PRICES,
                    **(RULE if kind in RIGHTSIZING else {}),
                    **(SIDES if kind in COMPARED else {}),
                    **(FITTINGS | PENDING | MISSING if kind in (*FITTING, *MOVING) else {}),
                },
                ["timestamp", *(FITTINGS if kind in (*FITTING, *MOVING) else SIDES if kind in COMPARED else {})],
            ),
            "source": {"type": "string"},
            "units": {"$ref": "#/$defs/Units"},
            "items": {"type": "array", "items": {"$ref": f"#/$defs/{kind.item}"}},
            "totals": {"type": "null"} if kind in COMPARED else {"anyOf": [{"type": "null"}, _totals(kind.group)]},
            "failures": {"type": "array", "items": {"$ref": "#/$defs/Failure"}},
            "omitted": {"type": "integer", "minimum": 0, "description": "rows that --limit left out"},
        }
    )


def _series(kind: Kind) -> Schema:
    """Describe the document of --series."""
    time: Schema = {"type": "string", "format": "date-time"}
    about: dict[str, Schema] = {"start": time, "end": time, "readings": {"type": "integer", "minimum": 1}}
    return _object(
        {
            "apiVersion": {"const": API_VERSION},
            "kind": {"const": f"{kind.item}Series"},
            "metadata": _object(about, list(about)),
            "source": {"type": "string"},
            "units": {"$ref": "#/$defs/Units"},
            "items": {"type": "array", "items": {"$ref": f"#/$defs/{kind.item}"}},
            "failures": {"type": "array", "items": {"$ref": "#/$defs/Failure"}},
        }
    )


def _change(kind: Kind) -> Schema:
    """Describe a row of `c3s diff`: each column of the compared rows has an object with both values."""
    base = COMPARED[kind]
    known = [column for column in table_of(base).values() if not column.parts and column.name not in IDENTITY]
    own = [column for column in table_of(kind).values() if column.name in (*IDENTITY, "change")]
    properties = _tree([*own, *(each for column in known for each in columns_of(column))])
    resources = [
        Column(field.name.removeprefix(f'resources["{OPEN_ENDED}"].'), field.unit, field.value, field.summary)
        for column in resource_columns(OPEN_ENDED, base)
        for field in columns_of(column)
    ]
    properties |= {"labels": LABELS, **_any_resource(resources), **_keys(kind)}
    naming = Naming(base)
    for resource in CPU_AND_MEMORY:
        sample = naming.find(f"{resource}.p95")
        fields = _tree(columns_of(structs.replace(sample, name="any")))["any"]
        properties[resource]["patternProperties"] = {"^(avg|min|max|p[1-9][0-9]?)": fields}
    named = [column.name for column in own if column.name in ("namespace", "name") and kind.named]
    return _object(properties, ["context", *named, "change"])


def _item(kind: Kind) -> Schema:
    if kind in COMPARED:
        return _change(kind)
    required = ["context"]
    if kind not in (*FITTING, *MOVING, *RIGHTSIZING):
        required += ["timestamp", "window"]
    if kind is Kind.FIT:
        required += ["name", "workload"]
    elif kind.named:
        required += ["namespace", "name"] if kind.namespaced else ["name"]
    properties = _tree([column for column in table_of(kind).values() if not column.parts])
    if kind is Kind.VOLUME:
        return _object(properties, required)
    properties |= _open_ended(kind)
    _add_statistics(properties, kind)
    properties |= _keys(kind) | ({"time": TIME} if kind in IN_SERIES else {})
    if kind is Kind.POD:
        properties["containers"] = {"type": "array", "items": _container()}
    return _object(properties, required)


def _add_statistics(properties: dict[str, Schema], kind: Kind) -> None:
    """Describe the statistics of CPU and memory: there is one for every percentile."""
    naming = Naming(kind)
    for resource in CPU_AND_MEMORY:
        patterns: dict[str, Schema] = {}
        for whole in ("", "PercentOfRequests", "PercentOfLimits", "PercentOfAllocatable", "PercentOfCapacity"):
            column = naming.open_ended(f"{resource}.p95{whole}")
            if column is not None:
                patterns[f"^(avg|min|max|p[1-9][0-9]?){whole}$"] = TYPES[column.unit] | {
                    "description": column.summary.replace("95th percentile", "statistic")
                }
        properties[resource]["patternProperties"] = patterns


def _type(column: Column) -> Schema:
    # A time that has not come is "".
    known = TYPES[column.unit]
    return {"type": known["type"]} if column.unit is Unit.TIME and may_be_none(column) else known


def _keys(kind: Kind) -> dict[str, Schema]:
    """Return the schemas of the --by keys in the rows of a group."""
    objects = next((objects for objects in KEYS if objects.group is kind), None)
    if objects is None:
        return {}
    return {KEY_COLUMNS.get(key, key): TYPES[Unit.TEXT] for key in KEYS[objects]} | {"labels": LABELS}


def _container() -> Schema:
    columns = [column for column in table_of(Kind.POD).values() if column.of_containers]
    properties = {"name": {"type": "string"}, **_tree(columns), **_resources(Kind.POD)}
    _add_statistics(properties, Kind.POD)
    return _object(properties, ["name"])


def _totals(group: Kind) -> Schema:
    if group is Kind.VOLUME:
        return {"type": "null"}
    columns = [column for column in table_of(group).values() if not column.parts and column.name not in IDENTITY]
    properties = _tree(columns) | _resources(group)
    _add_statistics(properties, group)
    return _object(properties, [])


def _open_ended(kind: Kind) -> dict[str, Schema]:
    labels = {"labels": LABELS} if kind in (Kind.NODE, Kind.POD, Kind.FIT, Kind.MOVE) else {}
    return labels | _resources(kind)


def _resources(kind: Kind) -> dict[str, Schema]:
    columns = [
        Column(column.name.rpartition(".")[2], column.unit, column.value, column.summary)
        for column in resource_columns(OPEN_ENDED, kind)
    ]
    return _any_resource(columns)


def _any_resource(columns: Iterable[Column]) -> dict[str, Schema]:
    return {"resources": {"type": "object", "additionalProperties": _object(_tree(columns), [])}}


def _tree(columns: Iterable[Column]) -> dict[str, Schema]:
    """Nest the schemas of columns by the keys of their paths."""
    tree: dict[str, Schema] = {}
    for column in columns:
        *path, last = column.path
        properties = tree
        for key in path:
            properties = properties.setdefault(key, _object({}, []))["properties"]
        properties[last] = _type(column) | {"description": column.summary}
    return tree


def _object(properties: dict[str, Schema], required: list[str] | None = None) -> Schema:
    names = list(properties) if required is None else required
    whole: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return whole | ({"required": names} if names else {})


PRICES: Final[Schema] = _object(
    {
        "currency": {"type": "string"},
        "hoursPerMonth": {"type": "number"},
        "allocatedBy": {"const": "requests", "description": "what decides the share of a pod in the cost of its node"},
        "nodesWithoutPrice": {"type": "array", "items": {"type": "string"}},
    }
)
SIDES: Final[Schema] = {
    f"{side}Timestamp": {"type": "string", "format": "date-time", "description": f"the time of {side.upper()}"}
    for side in ("before", "after")
}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
NAMES: Final[Schema] = {"type": "array", "items": {"type": "string"}}
CONTEXT: Final[Schema] = {"type": "string", "description": "only with several contexts"}
MISSING: Final[Schema] = {
    "missing": {
        "type": "array",
        "items": _object(
            {
                "context": CONTEXT,
                "pool": {"type": "string"},
                "nodes": {"anyOf": [COUNT, {"type": "null"}], "description": "null if more nodes would not help"},
            },
            ["pool", "nodes"],
        ),
        "description": "how many more nodes of each pool would make everything fit; only with --missing",
    },
}
PENDING: Final[Schema] = {
    "pending": {
        "type": "array",
        "items": _object(
            {
                "context": CONTEXT,
                "pods": COUNT | {"description": "pods that were pending"},
                "placed": COUNT,
                "unplaced": NAMES | {"description": "as namespace/name"},
                "notConsidered": NAMES | {"description": "rules of these pods that fit does not consider"},
            },
            ["pods", "placed", "unplaced", "notConsidered"],
        ),
        "description": "the pods that were pending, placed first; only with --with-pending",
    },
}
FITTINGS: Final[Schema] = {
    "workloads": {
        "type": "array",
        "items": _object(
            {
                "context": CONTEXT,
                "workload": {"type": "string"},
                "namespace": {"type": "string"},
                "replicas": COUNT,
                "placed": COUNT,
                "notConsidered": NAMES | {"description": "rules of the pods that fit does not consider"},
            },
            ["workload", "namespace", "replicas", "placed", "notConsidered"],
        ),
    },
    "fits": {"type": "boolean", "description": "whether all pods of workloads and of drained nodes fit"},
    "drained": {
        "type": "array",
        "items": _object(
            {
                "context": CONTEXT,
                "node": {"type": "string"},
                "pods": COUNT | {"description": "pods to place on other nodes"},
                "placed": COUNT,
                "unplaced": NAMES | {"description": "as namespace/name"},
                "notConsidered": NAMES | {"description": "rules of these pods that fit does not consider"},
            },
            ["node", "pods", "placed", "unplaced", "notConsidered"],
        ),
    },
}

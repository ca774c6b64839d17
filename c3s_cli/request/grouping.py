"""The value of --by: the keys whose values make a group."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from c3s_cli.columns.kinds import KEYS, OF_LABELS, RESOURCES
from c3s_cli.columns.naming import split_names
from c3s_cli.columns.vocabulary import Column, Kind, Unit
from c3s_cli.errors import UsageError

if TYPE_CHECKING:
    from c3s_cli.request.condition import Condition, Test

KEY_COLUMNS: Final = {"instance-type": "instanceType"}
# Other names for these keys.
ALSO: Final = {"cluster": "context", "workload": "owner", "ns": "namespace", "node-pool": "pool", "nodepool": "pool"}
# The labels that Kubernetes itself gives to nodes.
NODE_LABELS: Final = {key: OF_LABELS[key] for key in ("os", "arch", "architecture", "region")}
# The units of what groups sum up.
SUMMED: Final = (Unit.NANOCORES, Unit.BYTES, Unit.PERCENT, Unit.MONEY)
# Kinds of objects, which are rows without --by.
OBJECTS: Final = ("node", "pod", "container", "cluster")
# The key of a label.
LABEL: Final = r"(?:[A-Za-z0-9.-]+/)?[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?"
# Other ways to write label:KEY.
ALSO_LABEL: Final = r"labels?[/.:]"
WORKLOADS: Final = tuple(map(str.casefold, RESOURCES))


def keys_of(objects: Kind, text: str | None, *, everywhere: bool) -> list[str]:
    """Return the columns of --by. With -A, owners with the same name in two namespaces are two groups."""
    if text and objects not in KEYS:
        raise UsageError("--by groups nodes or pods, not the cluster")
    names = [_key(key, KEYS[objects]) for key in split_names(text)]
    if everywhere and "owner" in names and "namespace" not in names:
        names.insert(names.index("owner"), "namespace")
    return list(dict.fromkeys(names))


def _key(key: str, keys: tuple[str, ...]) -> str:
    """Return the column of one key, in any case: tables have the heading POOL."""
    if key.startswith("label:"):
        if re.search(r"[*?\s]", key):
            raise UsageError(f"unknown key {key!r} in --by", hint="write one label, such as label:team")
        return f'labels["{key.removeprefix("label:")}"]'
    if key.startswith("labels["):
        return key
    if re.match(ALSO_LABEL, key):
        return f'labels["{re.sub(ALSO_LABEL, "", key, count=1)}"]'
    columns = {name: KEY_COLUMNS.get(name, name) for name in keys}
    columns |= {column: column for column in columns.values()}
    columns |= {other: key for other, key in ALSO.items() if key in columns}
    known = {name.casefold(): column for name, column in columns.items()}
    word = key.casefold().replace("_", "-")
    column = known.get(word) or known.get(word.removesuffix("s"))
    if column is None and keys == KEYS[Kind.NODE] and word in NODE_LABELS:
        column = f'labels["{NODE_LABELS[word]}"]'
    if column is None and (advice := _advice(key, keys)):
        raise UsageError(f"unknown key {key!r} in --by", hint=advice)
    return column or f'labels["{key}"]'


def _advice(key: str, keys: tuple[str, ...]) -> str | None:
    """Return the key that was probably meant; None if any label may have this name."""
    if key.startswith("label="):
        return f"did you mean label:{key.removeprefix('label=')}?"
    word = key.casefold().removesuffix("s")
    known = f"The keys are {', '.join(keys)} and label:KEY"
    if word == "label":
        return f"name the label, as in label:team. {known}"
    if word == "container" and "owner" in keys and word not in keys:
        return f"--containers shows a row for each container. {known}"
    if word in OBJECTS and word not in keys:
        return f"without --by, each row is a {'pod' if 'owner' in keys else 'node'}. {known}"
    workload = ["owner"] if word in WORKLOADS and "owner" in keys else None
    meant = workload or get_close_matches(key.casefold(), keys, n=1, cutoff=0.7)
    if meant:
        return f"did you mean {meant[0]}? {known}"
    return None if re.fullmatch(LABEL, key) else f"did you mean label:{key}? {known}"


def label_remark(text: str | None, columns: Iterable[Column]) -> str:
    """Return a line about the words of --by that are read as labels; "" if there are none."""
    keys = split_names(text)
    names = {column.name for column in columns}
    also = {key: re.sub(ALSO_LABEL, "", key, count=1) for key in keys if not key.startswith("label:")} | NODE_LABELS
    labels = {key: each for key in keys for each in (key, also.get(key, key)) if f'labels["{each}"]' in names}
    typed, read = ", ".join(labels), ", ".join(f"label:{each}" for each in labels.values())
    return f"--by {typed} is read as {read}" if labels else ""


def filter_remark(where: Condition | None, objects: Kind) -> str:
    """Return a line about amounts that --where compares before objects are summed to groups; "" if it names none."""
    if where is None or objects not in (Kind.NODE, Kind.POD):
        return ""
    if not any(map(compares_amounts, where.tests())):
        return ""
    return f"--where filters {objects.value.lower()}s before they are summed; --having filters the sums"


def compares_amounts(test: Test) -> bool:
    """Return whether a test says how large an amount is that groups sum up."""
    operator: str = getattr(test, "operator", "")
    return operator[:1] in ("<", ">") and all(column.unit in SUMMED for column in test.columns)


def key_column(column: Column, place: int) -> Column:
    """Return the column for one of a group's keys."""
    return Column(column.name, Unit.TEXT, lambda group: group.keys[place], column.summary, column.needs)

"""Names of columns as people spell them: `mem-requests`, `cpuPercent`, `limits.memory`, `{.metadata.name}`.

Only what names no column otherwise is looked up here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

# A percent sign, a word, or the next word in camelCase.
WORD: Final = re.compile(r"%|[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
# What people call several columns, or one that is shown by a command of that name.
ALIKE: Final = {
    **dict.fromkeys(("reason", "reasons", "why", "message"), ("pending", "waiting", "lastTermination.reason")),
    "count": ("oomKills", "restarts"),
    "waste": ("cpu.unused", "memory.unused"),
    "kind": ("owner",),
    **dict.fromkeys(("crashloop", "crashing", "crashloopbackoff", "imagepullbackoff"), ("waiting", "status")),
    # Of volumes.
    **dict.fromkeys(("usage", "size", "free", "available"), ("used%", "used")),
    **dict.fromkeys(("percent", "percentage", "usage%", "full"), ("used%",)),
}
RESOURCES: Final = {"cpu": "cpu", "cpus": "cpu", "mem": "memory", "memory": "memory", "ram": "memory"}
FIELDS: Final = {
    **dict.fromkeys(("req", "reqs", "request", "requests", "requested"), "requests"),
    **dict.fromkeys(("lim", "lims", "limit", "limits"), "limits"),
    **dict.fromkeys(("free", "available", "avail"), "free"),
    **dict.fromkeys(("unused", "waste", "wasted", "slack", "idle"), "unused"),
    **dict.fromkeys(("alloc", "allocatable"), "allocatable"),
    **dict.fromkeys(("cap", "capacity"), "capacity"),
    **dict.fromkeys(("avg", "mean", "average"), "avg"),
    **dict.fromkeys(("max", "maximum", "peak"), "max"),
    "min": "min",
}
STATISTIC: Final = re.compile(r"p[0-9]{1,2}")
WHOLES: Final = ("requests", "limits")
USAGE: Final = ("usage", "used", "use")
UTILIZATION: Final = ("util", "utilization", "utilisation")
PERCENT: Final = ("%", "percent", "percentage", "pct", "ratio", *UTILIZATION)
# Names of one column in other tools and in kubectl's documents.
ELSEWHERE: Final = {
    **dict.fromkeys(("metadataname", "podname", "nameofpod"), "name"),
    **dict.fromkeys(("metadatanamespace", "ns", "namespacename"), "namespace"),
    **dict.fromkeys(("nodename", "specnodename", "host", "hostname"), "node"),
    "statusphase": "phase",
    "replicas": "pods.count",
    "state": "status",
    **dict.fromkeys(("laststate", "laststatereason", "terminationreason", "exitreason"), "lastTermination.reason"),
    **dict.fromkeys(
        ("lastterminationtime", "lastterminationage", "lastrestart", "lastrestarttime", "lastrestartage"),
        "lastTermination.finishedAt",
    ),
    **dict.fromkeys(("oom", "ooms", "oomkill", "oomed"), "oomKilled"),
    **dict.fromkeys(("restartcount", "restart"), "restarts"),
    **dict.fromkeys(("throttle", "throttling", "cputhrottling", "cputhrottled"), "throttled"),
    **dict.fromkeys(("ownername", "controller", "workloadname"), "owner"),
    **dict.fromkeys(("qos", "qosclass"), "qosClass"),
    **dict.fromkeys(("nodepool", "nodegroup"), "pool"),
}


def meanings(name: str) -> Iterator[str]:
    """Yield the names of columns that another spelling may stand for."""
    words = [word.casefold() for word in WORD.findall(name)]
    if "/" in name:
        yield from _shares(*name.split("/"))
        return
    if meaning := ELSEWHERE.get("".join(words)):
        yield meaning
    # The paths of objects in the API.
    words = words[1:] if words[:1] in (["status"], ["spec"]) else words
    resources = [RESOURCES[word] for word in words if word in RESOURCES]
    others = [word for word in words if word not in RESOURCES]
    if len(resources) != 1 or not others or not all(map(_is_known, others)):
        return
    fields = [FIELDS.get(word, word) for word in others if word in FIELDS or STATISTIC.fullmatch(word)]
    percent = next((place for place, word in enumerate(others) if word in PERCENT), None)
    (resource,) = resources
    if not fields:
        # Where nothing is measured, as in fit, `cpu` alone is something else.
        yield f"{resource}.usage" if percent is None else f"{resource}%"
    elif len(fields) == 1 and percent is None:
        yield f"{resource}.{fields[0]}"
    elif len(fields) == 1 and fields[0] in ("allocatable", "capacity"):
        yield f"{resource}.usagePercentOf{fields[0].capitalize()}"
    elif len(fields) == 1:
        # `memory%limits` is what is used of the limits, `memory.limits%` may be what the limits are of a node.
        used = percent == 0 or any(word in (*USAGE, *UTILIZATION, "of") for word in others)
        yield f"{resource}%{fields[0]}" if used else f"{resource}.{fields[0]}%"
    elif len(fields) == 2 and percent is not None and fields[1] in WHOLES and _is_statistic(fields[0]):
        yield f"{resource}.{fields[0]}PercentOf{fields[1].capitalize()}"
    elif len(fields) == 2 and "allocatable" in fields:
        (part,) = (field for field in fields if field != "allocatable")
        yield f"{resource}.{part}PercentOfAllocatable"


def shares_of_any(name: str) -> list[str]:
    """Return the shares that `usage/limit` may mean, which names no resource; none for other names."""
    used, _, whole = name.casefold().replace(" ", "").partition("/")
    field = FIELDS.get(whole)
    return [f"{resource}%{field}" for resource in ("cpu", "memory")] if used in USAGE and field in WHOLES else []


def _shares(used: str, whole: str = "", *more: str) -> Iterator[str]:
    """Yield what `mem/limit` or `memory.usage/memory.limits` stands for: a percentage, never an amount."""
    words = [word.casefold() for word in WORD.findall(used)]
    others = [word.casefold() for word in WORD.findall(whole)]
    resources = {RESOURCES[word] for word in (*words, *others) if word in RESOURCES}
    fields = [FIELDS.get(word, "") for word in others if word not in RESOURCES]
    statistic = [FIELDS.get(word, word) for word in words if _is_statistic(FIELDS.get(word, word))]
    known = {*words} - {*statistic} <= {*RESOURCES, *USAGE}
    if more or len(resources) != 1 or len(fields) != 1 or not known or not words or len(statistic) > 1:
        return
    (resource,), (field,) = resources, fields
    if statistic and field in WHOLES:
        yield f"{resource}.{statistic[0]}PercentOf{field.capitalize()}"
    elif field in WHOLES:
        yield f"{resource}%{field}"
    elif field in ("allocatable", "capacity"):
        yield f"{resource}.usagePercentOf{field.capitalize()}"


def _is_statistic(field: str) -> bool:
    return field in ("avg", "min", "max") or STATISTIC.fullmatch(field) is not None


def _is_known(word: str) -> bool:
    return word in (*USAGE, *PERCENT, "of") or word in FIELDS or STATISTIC.fullmatch(word) is not None

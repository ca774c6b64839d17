"""What `c3s rightsize -o resources` prints -> other requests and limits of the workloads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from c3s_cli.demo.catalogue import DAEMONS, STATIC, WORKLOADS, Box, Workload

# By namespace, workload as Kind/name and container: the requests and limits.
Resources = Mapping[str, Mapping[str, Mapping[str, Mapping[str, Mapping[str, int]]]]]

_QUANTITY: Final = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,9}))?(n|u|m|k|M|G|Ki|Mi|Gi)?")
_SIZES: Final = {"n": 1, "u": 10**3, "m": 10**6, "": 10**9, "k": 10**12, "M": 10**15, "G": 10**18}
_SIZES_OF_TWO: Final = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
# The unit of the catalogue, in nanos: millicores and mebibytes.
_UNITS: Final = {"cpu": 10**6, "memory": 2**20 * 10**9}


def read_resources(text: bytes) -> Resources:
    """Parse the file. ValueError, with the place, for anything that is not such a file or not in the catalogue."""
    import yaml  # only --resources needs it

    try:
        tree = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as problem:
        mark = getattr(problem, "problem_mark", None)
        raise ValueError(f"line {mark.line + 1}: not valid YAML" if mark else "not valid YAML") from problem
    return {
        namespace: {
            owner: _containers(_workload(namespace, str(owner)), containers, f"{namespace}: {owner}")
            for owner, containers in _map(workloads, str(namespace)).items()
        }
        for namespace, workloads in _map(tree or {}, "the file").items()
    }


def _workload(namespace: str, owner: str) -> Workload | None:
    """Return the workload of the catalogue; a static pod has the name of its node behind its own."""
    kind, _, name = owner.partition("/")
    for each in (*DAEMONS, *WORKLOADS):
        if (each.namespace, each.kind, each.name) == (namespace, kind, name):
            return each
    static = (each for each in STATIC if kind == "Pod" and name.startswith(f"{each.name}-"))
    return next((each for each in static if each.namespace == namespace), None)


def _containers(workload: Workload | None, containers: Any, where: str) -> dict[str, dict[str, dict[str, int]]]:
    if workload is None:
        raise ValueError(f"{where} is not in the demo")
    names = {box.name for box in (*workload.boxes, *workload.sidecars, *workload.init)}
    new = {}
    for name, fields in _map(containers, where).items():
        if name not in names:
            raise ValueError(f"{where} has no container {name}")
        place = f"{where}: {name}.resources"
        amounts = _map(_map(fields, place).get("resources") or {}, place)
        # What a container has besides CPU and memory stays.
        new[name] = {
            field: {
                each: _amount(each, value, f"{place}.{field}")
                for each, value in _map(amounts.get(field) or {}, f"{place}.{field}").items()
                if each in _UNITS
            }
            for field in ("requests", "limits")
        }
    return new


def _map(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{where} is not a map")  # noqa: TRY004  what is wrong is the text
    return value


def _amount(resource: str, value: Any, where: str) -> int:
    """Return millicores or MiB, rounded up."""
    match = _QUANTITY.fullmatch(str(value)) if isinstance(value, str | int | float) else None
    if match is None or isinstance(value, bool):
        raise ValueError(f"{where}.{resource} is not a quantity")
    whole, part, suffix = match[1], match[2] or "", match[3] or ""
    size = _SIZES[suffix] if suffix in _SIZES else _SIZES_OF_TWO[suffix] * 10**9
    amount: int = -(-int(whole + part) * size // (10 ** len(part) * _UNITS[resource]))
    return amount


def resized(workload: Workload, resources: Resources, owner: str = "") -> Workload:
    """Return the workload with its new requests and limits, if there are any. owner: its name in the file."""
    owner = owner or f"{workload.kind}/{workload.name}"
    containers = resources.get(workload.namespace, {}).get(owner)
    if not containers:
        return workload
    boxes, sidecars, init = (
        tuple(_resized(box, containers) for box in part) for part in (workload.boxes, workload.sidecars, workload.init)
    )
    # Its containers were killed for lack of memory.
    enough = any(
        (new.memory_limit or 0) > (old.memory_limit or 0) for new, old in zip(boxes, workload.boxes, strict=True)
    )
    restarts = 0 if enough else workload.restarts
    return replace(workload, boxes=boxes, sidecars=sidecars, init=init, restarts=restarts)


def _resized(box: Box, containers: Mapping[str, Mapping[str, Mapping[str, int]]]) -> Box:
    if box.name not in containers:
        return box
    requests, limits = (containers[box.name][field] for field in ("requests", "limits"))
    return replace(
        box,
        cpu=requests.get("cpu"),
        memory=requests.get("memory"),
        cpu_limit=limits.get("cpu"),
        memory_limit=limits.get("memory"),
    )

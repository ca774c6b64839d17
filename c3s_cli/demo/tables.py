"""The server-side tables that `kubectl get` prints."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

Json = dict[str, Any]

POD: Final = (
    "Name",
    "Ready",
    "Status",
    "Restarts",
    "Age",
    "*IP",
    "*Node",
    "*Nominated Node",
    "*Readiness Gates",
)
NODE: Final = (
    "Name",
    "Status",
    "Roles",
    "Age",
    "Version",
    "*Internal-IP",
    "*External-IP",
    "*OS-Image",
    "*Kernel-Version",
    "*Container-Runtime",
)
OTHER: Final = ("Name", "Age")


def table(kind: str, items: list[Json], metadata: Json, now: float) -> Json:
    """Make a Table of objects."""
    columns = {"Pod": POD, "Node": NODE}.get(kind, OTHER)
    cells = {"Pod": _pod, "Node": _node}.get(kind, _other)
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": [
            {
                "name": column.lstrip("*"),
                "type": "string",
                "format": "name" if column == "Name" else "",
                "description": column.lstrip("*"),
                "priority": 1 if column.startswith("*") else 0,
            }
            for column in columns
        ],
        "rows": [
            {
                "cells": cells(item, now),
                "object": {
                    "kind": "PartialObjectMetadata",
                    "apiVersion": "meta.k8s.io/v1",
                    "metadata": item["metadata"],
                },
            }
            for item in items
        ],
    }


def _age(item: Json, now: float) -> str:
    made = datetime.fromisoformat(item["metadata"]["creationTimestamp"]).timestamp()
    seconds = int(now - made)
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _other(item: Json, now: float) -> list[str]:
    return [item["metadata"]["name"], _age(item, now)]


def _pod(item: Json, now: float) -> list[str]:
    spec, status = item["spec"], item["status"]
    statuses = status.get("containerStatuses", [])
    waiting = [
        each["state"][kind].get("reason", "")
        for each in statuses
        for kind in ("waiting", "terminated")
        if kind in each["state"]
    ]
    word = waiting[0] if waiting and waiting[0] else status["phase"]
    if status["phase"] == "Pending" and "initContainerStatuses" in status:
        word = f"Init:0/{len(status['initContainerStatuses'])}"
    if "deletionTimestamp" in item["metadata"]:
        word = "Terminating"
    sidecars = [each for each in spec.get("initContainers", []) if each.get("restartPolicy") == "Always"]
    ready = sum(each["ready"] for each in statuses) + (len(sidecars) if statuses and statuses[0]["ready"] else 0)
    return [
        item["metadata"]["name"],
        f"{ready}/{len(spec['containers']) + len(sidecars)}",
        word,
        str(sum(each["restartCount"] for each in statuses)),
        _age(item, now),
        status.get("podIP", "<none>"),
        spec.get("nodeName", "<none>"),
        "<none>",
        "<none>",
    ]


def _node(item: Json, now: float) -> list[str]:
    info, labels = item["status"]["nodeInfo"], item["metadata"]["labels"]
    roles = [label.split("/", 1)[1] for label in labels if label.startswith("node-role.kubernetes.io/")]
    return [
        item["metadata"]["name"],
        "Ready,SchedulingDisabled" if item["spec"].get("unschedulable") else "Ready",
        ",".join(roles) or "<none>",
        _age(item, now),
        info["kubeletVersion"],
        item["status"]["addresses"][0]["address"],
        "<none>",
        info["osImage"],
        info["kernelVersion"],
        info["containerRuntimeVersion"],
    ]

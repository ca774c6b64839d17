"""The volumes that pods have claimed: how large they are and how full."""

from __future__ import annotations

from typing import NamedTuple

from c3s_cli.demo import dice
from c3s_cli.demo.catalogue import claim_of
from c3s_cli.demo.clock import rfc3339
from c3s_cli.demo.cluster import Cluster
from c3s_cli.demo.templates import Json
from c3s_cli.demo.things import Pod

_GIB = 1 << 30
# A kubelet measures volumes once a minute.
_REFRESH = 60
# Data is cleaned up after some days.
_CYCLE = 5 * 86400


class Volume(NamedTuple):
    """A claimed volume at a time."""

    claim: str
    capacity: int
    used: int
    available: int
    inodes: int
    inodes_used: int


def volume(pod: Pod, when: int) -> Volume | None:
    """Return the volume that a pod has claimed, as its kubelet last saw it."""
    size = claim_of(pod.group.workload) * _GIB
    if not size:
        return None
    # A filesystem keeps some of it for itself.
    capacity = size - size // 64 - 16 * 1024 * 1024
    bits = dice.of_text(11, pod.name)
    when = when // _REFRESH * _REFRESH
    fill = 28 + bits % 61
    grown = (when + bits % _CYCLE) % _CYCLE
    used = (capacity * fill // 100 + capacity * 8 // 100 * grown // _CYCLE) // 4096 * 4096
    inodes = size // 16384
    return Volume(f"data-{pod.name}", capacity, used, capacity - used, inodes, 11 + used // (1 << 20) % (inodes // 2))


def claims(cluster: Cluster) -> list[Json]:
    """Return the PersistentVolumeClaims, in the order of a list."""
    result: list[Json] = []
    for pod in cluster.pods:
        if not (size := claim_of(pod.group.workload)):
            continue
        uid = dice.uid(pod.bits + 3)
        amount, modes = {"storage": f"{size}Gi"}, ["ReadWriteOnce"]
        metadata: Json = {
            "name": f"data-{pod.name}", "namespace": pod.group.namespace, "uid": uid,
            "resourceVersion": str(4_800_000 + pod.bits % 90_000), "creationTimestamp": rfc3339(pod.created - 20),
            "labels": dict(sorted(pod.group.labels.items())),
        }  # fmt: skip
        spec: Json = {"accessModes": modes, "resources": {"requests": amount}, "volumeName": f"pvc-{uid}"}
        spec |= {"storageClassName": "gp3", "volumeMode": "Filesystem"}
        status = {"phase": "Bound", "accessModes": modes, "capacity": amount}
        result.append({"metadata": metadata, "spec": spec, "status": status})
    return sorted(result, key=lambda claim: (claim["metadata"]["namespace"], claim["metadata"]["name"]))

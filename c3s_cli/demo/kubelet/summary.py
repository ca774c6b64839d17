"""A kubelet's figures -> /stats/summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from c3s_cli.demo import dice
from c3s_cli.demo.clock import rfc3339
from c3s_cli.demo.kubelet.volumes import volume

if TYPE_CHECKING:
    from c3s_cli.demo.kubelet.kubelet import Look, Seen, Usage
    from c3s_cli.demo.templates import Json

_KIB = 1024
_DISK = 104_845_292 * _KIB
_INODES = 52_428_288
_GROWS = 3600


def _cpu(usage: Usage, when: str) -> Json:
    return {"time": when, "usageNanoCores": usage.cpu_nanocores, "usageCoreNanoSeconds": usage.cpu_total}


def _memory(usage: Usage, when: str, most: int = 0) -> Json:
    result: Json = {"time": when}
    if most:
        result["availableBytes"] = max(0, most - usage.memory)
    return result | {
        "usageBytes": usage.memory + usage.memory // 7,
        "workingSetBytes": usage.memory,
        "rssBytes": usage.memory * 4 // 5,
        "pageFaults": usage.memory // 4096,
        "majorPageFaults": 0,
    }


def _disk(when: str, used: int, inodes: int, taken: int) -> Json:
    return {
        "time": when,
        "availableBytes": _DISK - taken,
        "capacityBytes": _DISK,
        "usedBytes": used,
        "inodesFree": _INODES - taken // 20_000,
        "inodes": _INODES,
        "inodesUsed": inodes,
    }


def _written(seen: Seen, name: str, when: int) -> tuple[int, int]:
    """Bytes that a container has written to its own filesystem and to its log."""
    bits = dice.of_text(13, f"{seen.pod.name}/{name}")
    grown = (when - seen.pod.created) // _GROWS
    layer = 4096 * (9 + bits % 9000) + 4096 * (grown * (bits >> 20 & 15) % 40_000)
    log = 4096 * (5 + (bits >> 30) % 700) + 4096 * (grown * (1 + (bits >> 40) % 4) % 2500)
    return layer, log


def _volumes(seen: Seen, when: int) -> list[Json]:
    result: list[Json] = []
    pod = seen.pod
    if held := volume(pod, when):
        result.append(
            {
                "time": rfc3339(when // 60 * 60),
                "availableBytes": held.available,
                "capacityBytes": held.capacity,
                "usedBytes": held.used,
                "inodesFree": held.inodes - held.inodes_used,
                "inodes": held.inodes,
                "inodesUsed": held.inodes_used,
                "name": "data",
                "pvcRef": {"name": held.claim, "namespace": pod.group.namespace},
            }
        )
    most = (pod.node.pool.memory << 30) if pod.node else 0
    access = {
        "time": rfc3339(when // 60 * 60),
        "availableBytes": most - 12288,
        "capacityBytes": most,
        "usedBytes": 12288,
        "inodesFree": most // 16384 - 9,
        "inodes": most // 16384,
        "inodesUsed": 9,
        "name": f"kube-api-access-{dice.hexadecimal(pod.bits)[:5]}",
    }
    return [*result, access]


def _pod(seen: Seen, when: int, taken: int, *, brief: bool) -> tuple[Json, int]:
    """Return a pod, and the bytes that it has written on the disk of its node."""
    pod, text = seen.pod, rfc3339(when)
    used = 0
    boxes: list[Json] = []
    for name, run, usage in seen.boxes:
        layer, log = _written(seen, name, when)
        used += layer + log
        limit = pod.group.running[run.place][4] * _KIB
        box: Json = {
            "name": name,
            "startTime": rfc3339(run.start),
            "cpu": _cpu(usage, text),
            "memory": _memory(usage, text, limit if limit < 1 << 50 else 0),
        }
        if not brief:
            box |= {
                "rootfs": _disk(text, layer, layer // 65_536 + 7, taken),
                "logs": _disk(text, log, 1, taken),
            }
        boxes.append(box | {"swap": {"time": text, "swapUsageBytes": 0}})
    result: Json = {
        "podRef": {
            "name": pod.name,
            "namespace": pod.group.namespace,
            "uid": dice.uid(dice.hexadecimal(pod.bits)),
        },
        "startTime": rfc3339(pod.created),
        "containers": boxes,
        "cpu": _cpu(seen.whole, text),
        "memory": _memory(seen.whole, text),
    }
    if not brief:
        result |= {
            "network": {"time": text, "name": "eth0", "rxBytes": seen.whole.cpu_total // 90, "rxErrors": 0},
            "volume": _volumes(seen, when),
            "ephemeral-storage": _disk(text, used + 12288, used // 65_536 + 9, taken),
            "process_stats": {"process_count": 0},
        }
    return result, used


def summary(look: Look, *, brief: bool) -> Json:
    """Return the whole document; a brief one has no disks and networks."""
    node, when, text = look.node, look.when, rfc3339(look.when)
    images = 11 * (1 << 30) + dice.mix(node.bits, 5) % (8 << 30)
    pods = []
    taken = images + 5 * (1 << 30)
    for seen in look.pods:
        shown, used = _pod(seen, when, images + 6 * (1 << 30), brief=brief)
        pods.append(shown)
        taken += used
    about: Json = {
        "nodeName": node.name,
        "systemContainers": [],
        "startTime": rfc3339(look.when - node.pool.age),
        "cpu": _cpu(look.whole, text),
        "memory": _memory(look.whole, text, node.pool.memory * (1 << 30) - 1_145_896 * _KIB),
    }
    if not brief:
        about |= {
            "network": {"time": text, "name": "eth0", "rxBytes": look.whole.cpu_total // 40, "rxErrors": 0},
            "fs": _disk(text, taken, taken // 20_000, taken),
            "runtime": {
                "imageFs": _disk(text, images, images // 30_000, taken),
                "containerFs": _disk(text, taken - images, 400_000, taken),
            },
            "rlimit": {"time": text, "maxpid": 4_194_304, "curproc": 900 + len(look.pods) * 17},
        }
    if node.pool.swap:
        swapped = node.pool.swap // 256
        left = node.pool.swap - swapped
        about["swap"] = {"time": text, "swapAvailableBytes": left, "swapUsageBytes": swapped}
    return {"node": about, "pods": pods}

"""A kubelet's figures -> /stats/summary."""

from __future__ import annotations

from c3s_cli.demo import dice
from c3s_cli.demo.clock import rfc3339
from c3s_cli.demo.kubelet.kubelet import NodeSample, PodSample, Usage
from c3s_cli.demo.kubelet.volumes import volume
from c3s_cli.demo.templates import Json
from c3s_cli.demo.things import UNLIMITED

_KIB = 1024
_DISK = 104_845_292 * _KIB
_INODES = 52_428_288
_GROWS = 3600


def _usage(usage: Usage, when: str, most: int = 0) -> Json:
    """Return CPU and memory; available memory only where there is a limit."""
    cpu = {"time": when, "usageNanoCores": usage.cpu_nanocores, "usageCoreNanoSeconds": usage.cpu_total}
    memory: Json = {"time": when} | ({"availableBytes": max(0, most - usage.memory)} if most else {})
    memory |= {"usageBytes": usage.memory + usage.memory // 7, "workingSetBytes": usage.memory}
    memory |= {"rssBytes": usage.memory * 4 // 5, "pageFaults": usage.memory // 4096, "majorPageFaults": 0}
    return {"cpu": cpu, "memory": memory}


def _filled(when: str, capacity: int, available: int, used: int, inodes: tuple[int, int, int]) -> Json:
    """Return a filesystem; `inodes` are those that are free, all, and those in use."""
    return {
        "time": when, "availableBytes": available, "capacityBytes": capacity, "usedBytes": used,
        "inodesFree": inodes[0], "inodes": inodes[1], "inodesUsed": inodes[2],
    }  # fmt: skip


def _disk(when: str, used: int, inodes: int, taken: int) -> Json:
    return _filled(when, _DISK, _DISK - taken, used, (_INODES - taken // 20_000, _INODES, inodes))


def _network(when: str, received: int) -> Json:
    return {"time": when, "name": "eth0", "rxBytes": received, "rxErrors": 0}


def _written(pod_sample: PodSample, name: str, when: int) -> tuple[int, int]:
    """Bytes that a container has written to its own filesystem and to its log."""
    bits = dice.of_text(13, f"{pod_sample.pod.name}/{name}")
    grown = (when - pod_sample.pod.created) // _GROWS
    layer = 4096 * (9 + bits % 9000) + 4096 * (grown * (bits >> 20 & 15) % 40_000)
    log = 4096 * (5 + (bits >> 30) % 700) + 4096 * (grown * (1 + (bits >> 40) % 4) % 2500)
    return layer, log


def _volumes(pod_sample: PodSample, when: int) -> list[Json]:
    pod, text = pod_sample.pod, rfc3339(when // 60 * 60)
    most = (pod.node.pool.memory << 30) if pod.node else 0
    access = _filled(text, most, most - 12288, 12288, (most // 16384 - 9, most // 16384, 9))
    result: list[Json] = [access | {"name": f"kube-api-access-{dice.hexadecimal(pod.bits)[:5]}"}]
    if held := volume(pod, when):
        inodes = held.inodes - held.inodes_used, held.inodes, held.inodes_used
        data = _filled(text, held.capacity, held.available, held.used, inodes)
        claim = {"name": held.claim, "namespace": pod.group.namespace}
        result.insert(0, data | {"name": "data", "pvcRef": claim})
    return result


def _pod(pod_sample: PodSample, when: int, taken: int, *, brief: bool) -> tuple[Json, int]:
    """Return a pod, and the bytes that it has written on the disk of its node."""
    pod, text = pod_sample.pod, rfc3339(when)
    used = 0
    boxes: list[Json] = []
    for name, run, millis, usage in pod_sample.boxes:
        layer, log = _written(pod_sample, name, when)
        used += layer + log
        limit = pod.group.running[run.place][4]
        box: Json = {"name": name, "startTime": rfc3339(run.start)}
        box |= _usage(usage, rfc3339(-(-millis // 1000)), limit * _KIB if limit < UNLIMITED else 0)
        if not brief:
            box |= {"rootfs": _disk(text, layer, layer // 65_536 + 7, taken), "logs": _disk(text, log, 1, taken)}
        boxes.append(box | {"swap": {"time": text, "swapUsageBytes": 0}})
    uid = dice.uid(pod.bits)
    result: Json = {"podRef": {"name": pod.name, "namespace": pod.group.namespace, "uid": uid}}
    result |= {"startTime": rfc3339(pod.created), "containers": boxes} | _usage(pod_sample.whole, text)
    if not brief:
        result |= {"network": _network(text, pod_sample.whole.cpu_total // 90), "volume": _volumes(pod_sample, when)}
        result["ephemeral-storage"] = _disk(text, used + 12288, used // 65_536 + 9, taken)
        result["process_stats"] = {"process_count": 0}
    return result, used


def summary(sample: NodeSample, *, brief: bool) -> Json:
    """Return the whole document; a brief one has no disks and networks."""
    node, when, text = sample.node, sample.when, rfc3339(sample.when)
    images = 11 * (1 << 30) + dice.mix(node.bits, 5) % (8 << 30)
    pods = [_pod(pod_sample, when, images + 6 * (1 << 30), brief=brief) for pod_sample in sample.pods]
    taken = images + 5 * (1 << 30) + sum(used for _, used in pods)
    about: Json = {"nodeName": node.name, "systemContainers": [], "startTime": rfc3339(when - node.pool.age)}
    about |= _usage(sample.whole, rfc3339(-(-sample.millis // 1000)), node.pool.memory * (1 << 30) - 1_145_896 * _KIB)
    if not brief:
        about |= {
            "network": _network(text, sample.whole.cpu_total // 40),
            "fs": _disk(text, taken, taken // 20_000, taken),
            "runtime": {
                "imageFs": _disk(text, images, images // 30_000, taken),
                "containerFs": _disk(text, taken - images, 400_000, taken),
            },
            "rlimit": {"time": text, "maxpid": 4_194_304, "curproc": 900 + len(sample.pods) * 17},
        }
    if node.pool.swap:
        swapped = node.pool.swap // 256
        about["swap"] = {"time": text, "swapAvailableBytes": node.pool.swap - swapped, "swapUsageBytes": swapped}
    return {"node": about, "pods": [pod for pod, _ in pods]}

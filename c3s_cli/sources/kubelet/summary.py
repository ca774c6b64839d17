"""A kubelet's /stats/summary: CPU and memory, disks and volumes."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct, field

from c3s_cli.amounts.timestamp import epoch
from c3s_cli.sources.decode.shapes import Body, ObjectName, decode_one
from c3s_cli.sources.kubelet.exposition import Samples, labels_of
from c3s_cli.sources.kubelet.samples import CPU, MEMORY, NODE_CPU, NODE_MEMORY, NODE_SWAP, SWAP, Page, Rates

# Kubelets send unsigned 64-bit numbers. Real values are below half of that range.
Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class _Cpu(Struct, gc=False):
    nanocores: Count | None = field(default=None, name="usageNanoCores")
    time: str | None = None


class _Memory(Struct, gc=False):
    working_set: Count | None = field(default=None, name="workingSetBytes")


class _Swap(Struct, gc=False):
    usage: Count | None = field(default=None, name="swapUsageBytes")


class _Measured(Struct, gc=False):
    cpu: _Cpu | None = None
    memory: _Memory | None = None
    swap: _Swap | None = None


class _Container(_Measured, gc=False):
    name: str = ""


class Disk(Struct, gc=False):
    """A filesystem, in bytes."""

    used: Count | None = field(default=None, name="usedBytes")


class Mounted(Struct, gc=False):
    """A volume of a pod. claim: its PersistentVolumeClaim, None for other volumes. time: when it was measured."""

    claim: ObjectName | None = field(default=None, name="pvcRef")
    used: Count | None = field(default=None, name="usedBytes")
    capacity: Count | None = field(default=None, name="capacityBytes")
    inodes: Count | None = None
    inodes_used: Count | None = field(default=None, name="inodesUsed")
    time: str | None = None


class _Pod(Struct, gc=False):
    ref: ObjectName = field(name="podRef")
    containers: list[_Container] | None = None
    volumes: list[Mounted] | None = field(default=None, name="volume")
    ephemeral: Disk | None = field(default=None, name="ephemeral-storage")


class _Node(_Measured, gc=False):
    fs: Disk | None = None


class Summary(Struct, gc=False):
    """A kubelet's figures for its node and its pods."""

    node: _Node
    pods: list[_Pod] | None = None


def summary_of(body: Body) -> Summary:
    """Decode a summary. InvalidAnswer if it is not one."""
    return decode_one(body, Summary, "the summary of a kubelet")


def rates_of(summary: Summary) -> Rates:
    """Return nanocores by namespace, pod and container; the node's own under ("", "", "")."""
    rates = {
        (pod.ref.namespace, pod.ref.name, container.name): container.cpu.nanocores
        for pod in summary.pods or ()
        for container in pod.containers or ()
        if container.cpu and container.cpu.nanocores is not None
    }
    if summary.node.cpu and summary.node.cpu.nanocores is not None:
        rates["", "", ""] = summary.node.cpu.nanocores
    return rates


def page_of(summary: Summary, families: tuple[str, ...]) -> Page:
    """Return what /metrics/resource would have shown, for the rates of the same summary: counters have no value."""
    page: dict[str, Samples] = {family: {} for family in (*families, NODE_CPU, NODE_MEMORY, NODE_SWAP)}
    _add(page, (NODE_CPU, NODE_MEMORY, NODE_SWAP), b"", summary.node)
    if CPU in families:
        for pod in summary.pods or ():
            for container in pod.containers or ():
                labels = labels_of(pod.ref.namespace, pod.ref.name, container.name)
                _add(page, (CPU, MEMORY, SWAP), labels, container)
    return page


def _add(page: dict[str, Samples], families: tuple[str, str, str], labels: bytes, measured: _Measured) -> None:
    cpu, memory, swap = measured.cpu, measured.memory, measured.swap
    moment = epoch(cpu.time) if cpu else None
    if cpu:
        page[families[0]][labels] = 1.0, int(moment * 1000) if moment else None
    if memory and memory.working_set is not None:
        page[families[1]][labels] = float(memory.working_set), None
    if swap and swap.usage is not None:
        page[families[2]][labels] = float(swap.usage), None

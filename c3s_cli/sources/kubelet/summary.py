"""A kubelet's /stats/summary: disks, volumes and CPU rates."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct, field

from c3s_cli.sources.decode.shapes import Body, decode_one

# Kubelets send unsigned 64-bit numbers. Real values are below half of that range.
Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class _Cpu(Struct, gc=False):
    nanocores: Count | None = field(default=None, name="usageNanoCores")


class _Container(Struct, gc=False):
    name: str = ""
    cpu: _Cpu | None = None


class _Ref(Struct, gc=False):
    name: str = ""
    namespace: str = ""


class Disk(Struct, gc=False):
    """A filesystem, in bytes."""

    used: Count | None = field(default=None, name="usedBytes")


class Mounted(Struct, gc=False):
    """A volume of a pod. claim: its PersistentVolumeClaim, None for other volumes. time: when it was measured."""

    claim: _Ref | None = field(default=None, name="pvcRef")
    used: Count | None = field(default=None, name="usedBytes")
    capacity: Count | None = field(default=None, name="capacityBytes")
    inodes: Count | None = None
    inodes_used: Count | None = field(default=None, name="inodesUsed")
    time: str | None = None


class _Pod(Struct, gc=False):
    ref: _Ref = field(name="podRef")
    containers: list[_Container] | None = None
    volumes: list[Mounted] | None = field(default=None, name="volume")
    ephemeral: Disk | None = field(default=None, name="ephemeral-storage")


class _Node(Struct, gc=False):
    cpu: _Cpu | None = None
    fs: Disk | None = None


class Summary(Struct, gc=False):
    """A kubelet's figures for its node and its pods."""

    node: _Node
    pods: list[_Pod] | None = None


def summary_of(body: Body) -> Summary:
    """Decode a summary. InvalidAnswer if it is not one."""
    return decode_one(body, Summary, "the summary of a kubelet")


def rates_of(body: Body) -> dict[tuple[str, str, str], int]:
    """Return nanocores by namespace, pod and container; the node's own under ("", "", "")."""
    summary = summary_of(body)
    rates = {
        (pod.ref.namespace, pod.ref.name, container.name): container.cpu.nanocores
        for pod in summary.pods or ()
        for container in pod.containers or ()
        if container.cpu and container.cpu.nanocores is not None
    }
    if summary.node.cpu and summary.node.cpu.nanocores is not None:
        rates["", "", ""] = summary.node.cpu.nanocores
    return rates

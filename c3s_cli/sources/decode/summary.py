"""/stats/summary of a kubelet: what only it knows."""

from __future__ import annotations

from msgspec import Struct

from c3s_cli.sources.decode.shapes import Body, decode_one


class _Cpu(Struct, rename={"nanocores": "usageNanoCores"}, gc=False):
    nanocores: int | None = None


class _Container(Struct, gc=False):
    name: str = ""
    cpu: _Cpu | None = None


class _PodRef(Struct, gc=False):
    name: str = ""
    namespace: str = ""


class _Pod(Struct, rename={"ref": "podRef"}, gc=False):
    ref: _PodRef
    containers: list[_Container] | None = None


class _Node(Struct, gc=False):
    cpu: _Cpu | None = None


class _Summary(Struct, gc=False):
    node: _Node
    pods: list[_Pod] | None = None


def rates_of(body: Body) -> dict[tuple[str, str, str], int]:
    """Give nanocores by namespace, pod and container; the node's own under ("", "", "")."""
    summary = decode_one(body, _Summary, "the summary of a kubelet")
    rates = {
        (pod.ref.namespace, pod.ref.name, container.name): container.cpu.nanocores
        for pod in summary.pods or ()
        for container in pod.containers or ()
        if container.cpu and container.cpu.nanocores is not None
    }
    if summary.node.cpu and summary.node.cpu.nanocores is not None:
        rates["", "", ""] = summary.node.cpu.nanocores
    return rates

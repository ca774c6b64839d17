"""metrics.k8s.io: NodeMetrics and PodMetrics → Node and Pod rows with their usage."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from sys import intern

from msgspec import Struct

from c3s_cli.amounts.totals import sum_all
from c3s_cli.model.rows import Container, Node, Pod
from c3s_cli.sources.decode.shapes import (
    Body,
    ListMeta,
    ObjectName,
    Quantity,
    amount_of,
    amounts_at_once,
    decode_batches,
    decode_list,
    decode_listing,
    decode_one,
)


class _Usage(Struct, gc=False):
    cpu: Quantity = None
    memory: Quantity = None
    swap: Quantity = None


class _Container(Struct, gc=False):
    name: str = ""
    usage: _Usage | None = None


class _NodeMetrics(Struct, gc=False):
    metadata: ObjectName
    timestamp: str | None = None
    window: str | None = None
    usage: _Usage | None = None


class _PodMetrics(Struct, gc=False):
    metadata: ObjectName
    timestamp: str | None = None
    window: str | None = None
    containers: list[_Container] | None = None


NO_USAGE = _Usage()


def node_list(body: Body, context: str, problems: list[str]) -> tuple[ListMeta | None, list[Node]]:
    """Decode a NodeMetricsList."""
    metadata, items = decode_list(body, _NodeMetrics, "node metrics")
    return metadata, [_node(item, context, problems) for item in items]


def one_node(body: Body, context: str, problems: list[str]) -> Node:
    """Decode a single NodeMetrics."""
    return _node(decode_one(body, _NodeMetrics, "node metrics"), context, problems)


def pod_list(body: Body, context: str, problems: list[str]) -> tuple[ListMeta | None, list[Pod]]:
    """Decode a PodMetricsList."""
    listing = decode_listing(body, "pod metrics")
    pods: list[Pod] = []
    for items in decode_batches(listing, _PodMetrics, "pod metrics"):
        usual = _usual_containers(items)
        pods += _usual_pods(items, usual, context) if usual else [_pod(item, context, problems) for item in items]
    return listing.metadata, pods


def one_pod(body: Body, context: str, problems: list[str]) -> Pod:
    """Decode a single PodMetrics."""
    return _pod(decode_one(body, _PodMetrics, "pod metrics"), context, problems)


def _node(item: _NodeMetrics, context: str, problems: list[str]) -> Node:
    name, usage = item.metadata.name, item.usage or NO_USAGE
    subject = f"node {name}"
    return Node(
        context=context,
        name=name,
        cpu_nanocores=amount_of("cpu", usage.cpu, problems, subject),
        memory_bytes=amount_of("memory", usage.memory, problems, subject),
        swap_bytes=amount_of("swap", usage.swap, problems, subject),
        timestamp=item.timestamp or "",
        window=item.window,
    )


def _usual_containers(items: list[_PodMetrics]) -> Iterator[Container] | None:
    """Build the containers of many pods at once. None if any quantity is not in metrics-server's usual form."""
    measured = [container for item in items for container in item.containers or ()]
    usages = [container.usage or NO_USAGE for container in measured]
    if {usage.swap for usage in usages} - {None}:
        return None
    try:
        cpu = amounts_at_once([usage.cpu for usage in usages], "n", 1, 10**9)
        memory = amounts_at_once([usage.memory for usage in usages], "Ki", 1 << 10, 1)
    except (TypeError, ValueError):
        return None
    return map(Container, [intern(container.name) for container in measured], cpu, memory)


def _usual_pods(items: list[_PodMetrics], usual: Iterator[Container], context: str) -> list[Pod]:
    """Build rows of pods from decoded containers: no swap, no unknown usage."""
    pods = []
    for item in items:
        containers = tuple(islice(usual, len(item.containers or ())))
        if not containers:
            pods.append(_unmeasured(item, context))
            continue
        if len(containers) == 1:
            cpu, memory = containers[0].cpu_nanocores, containers[0].memory_bytes
        else:
            cpu = sum_all([container.cpu_nanocores for container in containers])
            memory = sum_all([container.memory_bytes for container in containers])
        who = item.metadata
        timestamp, window = intern(item.timestamp or ""), intern(item.window) if item.window else None
        pods.append(Pod(context, intern(who.namespace), who.name, cpu, memory, None, timestamp, window, containers))
    return pods


def _pod(item: _PodMetrics, context: str, problems: list[str]) -> Pod:
    """Build the row of one pod, with quantities of any form."""
    if not item.containers:
        return _unmeasured(item, context)
    namespace, name = item.metadata.namespace, item.metadata.name
    containers = tuple([_container(container, namespace, name, problems) for container in item.containers])
    cpu = sum_all([container.cpu_nanocores for container in containers])
    memory = sum_all([container.memory_bytes for container in containers])
    # One container without swap makes the sum unknown; usually none of them reports it.
    has_swap = containers[0].swap_bytes is not None
    swap = sum_all([container.swap_bytes for container in containers]) if has_swap else None
    return Pod(context, namespace, name, cpu, memory, swap, item.timestamp or "", item.window, containers)


def _unmeasured(item: _PodMetrics, context: str) -> Pod:
    """Build the row of a pod none of whose containers is measured: its usage is unknown, not 0."""
    return Pod(context, intern(item.metadata.namespace), item.metadata.name, None, None)


def _container(item: _Container, namespace: str, pod: str, problems: list[str]) -> Container:
    usage = item.usage or NO_USAGE
    subject = f"pod {namespace}/{pod}, container {item.name}"
    return Container(
        intern(item.name),
        amount_of("cpu", usage.cpu, problems, subject),
        amount_of("memory", usage.memory, problems, subject),
        amount_of("swap", usage.swap, problems, subject),
    )

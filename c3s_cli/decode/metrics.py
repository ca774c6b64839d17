"""metrics.k8s.io: NodeMetrics and PodMetrics → Node and Pod rows that know their usage."""

from __future__ import annotations

from collections.abc import Iterator
from sys import intern

from msgspec import Struct

from c3s_cli.decode.shapes import Body, Listing, Quantity, amount_of, decode_items, decode_one
from c3s_cli.model import Container, Node, Pod
from c3s_cli.quantity import nanos, whole


class _Name(Struct, gc=False):
    name: str = ""
    namespace: str = ""


class _Usage(Struct, gc=False):
    cpu: Quantity = None
    memory: Quantity = None
    swap: Quantity = None


class _Container(Struct, gc=False):
    name: str = ""
    usage: _Usage | None = None


class _NodeMetrics(Struct, gc=False):
    metadata: _Name
    timestamp: str | None = None
    window: str | None = None
    usage: _Usage | None = None


class _PodMetrics(Struct, gc=False):
    metadata: _Name
    timestamp: str | None = None
    window: str | None = None
    containers: list[_Container] | None = None


NO_USAGE = _Usage()


def node_list(listing: Listing, context: str, problems: list[str]) -> Iterator[Node]:
    """Decode a NodeMetricsList."""
    for item in decode_items(listing, _NodeMetrics, "node metrics"):
        yield _node(item, context, problems)


def one_node(body: Body, context: str, problems: list[str]) -> Node:
    """Decode a single NodeMetrics."""
    return _node(decode_one(body, _NodeMetrics, "node metrics"), context, problems)


def pod_list(listing: Listing, context: str, problems: list[str]) -> Iterator[Pod]:
    """Decode a PodMetricsList."""
    for item in decode_items(listing, _PodMetrics, "pod metrics"):
        yield _pod(item, context, problems)


def one_pod(body: Body, context: str, problems: list[str]) -> Pod:
    """Decode a single PodMetrics."""
    return _pod(decode_one(body, _PodMetrics, "pod metrics"), context, problems)


def _node(item: _NodeMetrics, context: str, problems: list[str]) -> Node:
    name, usage = item.metadata.name, item.usage or NO_USAGE
    of = f"node {name}"
    return Node(
        context=context,
        name=name,
        cpu_nanocores=amount_of("cpu", usage.cpu, problems, of),
        memory_bytes=amount_of("memory", usage.memory, problems, of),
        swap_bytes=amount_of("swap", usage.swap, problems, of),
        timestamp=item.timestamp or "",
        window=item.window,
    )


def _pod(item: _PodMetrics, context: str, problems: list[str]) -> Pod:
    namespace, name = intern(item.metadata.namespace), item.metadata.name
    containers = tuple([_container(container, namespace, name, problems) for container in item.containers or ()])
    if len(containers) == 1:
        (only,) = containers
        cpu, memory, swap = only.cpu_nanocores, only.memory_bytes, only.swap_bytes
    else:
        cpu = total([container.cpu_nanocores for container in containers])
        memory = total([container.memory_bytes for container in containers])
        swaps = [container.swap_bytes for container in containers]
        swap = None if None in swaps or not swaps else total(swaps)
    return Pod(
        context,
        namespace,
        name,
        cpu,
        memory,
        swap,
        intern(item.timestamp or ""),
        intern(item.window) if item.window else None,
        containers,
    )


def _container(item: _Container, namespace: str, pod: str, problems: list[str]) -> Container:
    usage, name = item.usage or NO_USAGE, intern(item.name)
    if usage.swap is None:
        # What metrics-server sends. Anything else takes the careful way below, which also says what is wrong.
        try:
            return Container(name, nanos(usage.cpu), whole(usage.memory))  # type: ignore[arg-type]  # TypeError, then
        except (TypeError, ValueError):
            pass
    of = f"pod {namespace}/{pod}, container {name}"
    return Container(
        name,
        amount_of("cpu", usage.cpu, problems, of),
        amount_of("memory", usage.memory, problems, of),
        amount_of("swap", usage.swap, problems, of),
    )


def total(amounts: list[int | None]) -> int | None:
    """Sum amounts; unknown if one of them is, since a part is no sum."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if len(known) == len(amounts) else None

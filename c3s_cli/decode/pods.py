"""Core pods → PodFacts: what they ask for, where they run, how they are, who made them.

Pods of one owner are alike: their amounts are worked out once and shared, so that a listing of 30,000 pods stays small.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from sys import intern
from typing import Final

from msgspec import Struct, structs

from c3s_cli.allocation import ContainerResources, pod_limits, pod_requests
from c3s_cli.decode.owners import OwnedMeta, Owners, controller
from c3s_cli.decode.podstatus import ContainerStatus, PodState, restarts, status_word
from c3s_cli.decode.shapes import Body, Listing, Quantity, amounts_of, decode_items, decode_one, epoch
from c3s_cli.model import Amounts, Container, PodFacts

FINISHED: Final = ("Succeeded", "Failed")


class _Resources(Struct, gc=False):
    requests: dict[str, Quantity] | None = None
    limits: dict[str, Quantity] | None = None


class _Container(Struct, rename="camel", gc=False):
    name: str = ""
    resources: _Resources | None = None
    restart_policy: str | None = None


class _Spec(Struct, rename="camel", gc=False):
    containers: list[_Container] | None = None
    init_containers: list[_Container] | None = None
    overhead: dict[str, Quantity] | None = None
    resources: _Resources | None = None
    node_name: str = ""


class _Pod(Struct, gc=False):
    metadata: OwnedMeta
    spec: _Spec | None = None
    status: PodState | None = None


Key = tuple[str, str]


class PodDecoder:
    """Decodes pages of core pods; what they share is kept between the pages.

    labels: whether to keep them, since they are most of what a pod weighs.
    """

    def __init__(self, problems: list[str], *, labels: bool = False) -> None:
        self.problems = problems
        self.labels = labels
        self.shared: dict[object, tuple[Amounts, Amounts, tuple[Container, ...]]] = {}

    def page(self, listing: Listing) -> Iterator[tuple[Key, PodFacts]]:
        """Give the unfinished pods of a list, by namespace and name."""
        for pod in decode_items(listing, _Pod, "pods"):
            if pod.status is None or pod.status.phase not in FINISHED:
                yield (intern(pod.metadata.namespace), pod.metadata.name), self._facts(pod)

    def one(self, body: Body) -> Iterator[tuple[Key, PodFacts]]:
        """Give a single pod, or nothing if it is finished."""
        pod = decode_one(body, _Pod, "pods")
        if pod.status is None or pod.status.phase not in FINISHED:
            yield (pod.metadata.namespace, pod.metadata.name), self._facts(pod)

"""metrics.k8s.io: the usage of nodes and pods, in the version that the server has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from msgspec import Struct, field

from c3s_cli.amounts.duration import go_duration
from c3s_cli.errors import ApiError, MetricsUnavailable
from c3s_cli.kube.cluster import segment
from c3s_cli.sources.decode import metrics as decode
from c3s_cli.sources.decode.owners import creations, versions
from c3s_cli.sources.requests import METADATA_LIST, Requests

if TYPE_CHECKING:
    from c3s_cli.model.rows import Node, Pod, Volume
    from c3s_cli.model.sample import Failure
    from c3s_cli.sources.decode.shapes import Body, ListMeta
    from c3s_cli.sources.source import Lists, Scope

GROUP: Final = "metrics.k8s.io"
LIKELY: Final = "v1beta1"
VERSIONS: Final = ("v1", "v1beta1")
INSTALL: Final = (
    "is metrics-server running? kubectl get apiservice v1beta1.metrics.k8s.io; --from kubelet works without it"
)
# kubectl does not expect metrics of younger pods, in seconds.
YOUNG: Final = 120

Row = TypeVar("Row")


# The body of a list of pods, the context and where to note problems → the rows, as decode.pod_list.
DecodePods = Callable[..., "tuple[ListMeta | None, list[Pod]]"]


class MetricsApi(Struct):
    """The metrics API of one cluster.

    problems: the quantities that could not be read, in words. decode_pods: decodes a list of pods.
    """

    requests: Requests
    scope: Scope
    problems: list[str]
    decode_pods: DecodePods = decode.pod_list
    version: str = LIKELY
    failures: list[Failure] = field(default_factory=list)

    @property
    def absence(self) -> str:
        """Nothing: `explain_absence` raises instead."""
        return ""

    @property
    def name(self) -> str:
        """The group and the version."""
        return f"{GROUP}/{self.version}"

    def nodes(self) -> list[Node]:
        """Read the usage of the nodes. MetricsUnavailable if there is none yet."""
        context = self.requests.cluster.context
        if self.scope.name:
            return self._read("nodes", lambda path: [decode.one_node(self.requests.get(path), context, self.problems)])
        rows = partial(decode.node_list, context=context, problems=self.problems)
        nodes = self._read("nodes", lambda path: self.requests.whole(path, self.scope.label_query(), rows))
        if not nodes:
            raise MetricsUnavailable("metrics not available yet")
        return nodes

    def pods(self) -> list[Pod]:
        """Read the usage of the pods."""
        context, pods = self.requests.cluster.context, self.scope.namespaced("pods")
        if self.scope.name:
            return self._read(pods, lambda path: [decode.one_pod(self.requests.get(path), context, self.problems)])
        rows = partial(self.decode_pods, context=context, problems=self.problems)
        return unique(self._read(pods, lambda path: self.requests.whole(path, self.scope.label_query(), rows)))

    def _read(self, resource: str, read: Callable[[str], list[Row]]) -> list[Row]:
        """Read a path in the likely version; after a 404, in the version that the server has."""
        if self.scope.name:
            resource = f"{resource}/{segment(self.scope.name)}"
        try:
            return read(f"/apis/{GROUP}/{self.version}/{resource}")
        except ApiError as problem:
            if problem.status != 404:
                raise
            self.version = self._discover(problem)
        return read(f"/apis/{GROUP}/{self.version}/{resource}")

    def _discover(self, problem: ApiError) -> str:
        """Return the version that the server has. Raises `problem` again if that is the one just tried."""
        try:
            body = self.requests.get(f"/apis/{GROUP}")
        except ApiError as missing:
            if missing.status != 404:
                raise
            raise MetricsUnavailable("Metrics API not available", hint=INSTALL) from missing
        served = [version for version in versions(body) if version in VERSIONS]
        if not served:
            raise MetricsUnavailable("Metrics API not available", hint=INSTALL)
        if served[0] == self.version:
            raise problem
        return served[0]

    def explain_absence(self, now: datetime) -> None:
        """Raise what kubectl raises if no pod has metrics: the pods are too young, or something is wrong."""
        path, query = f"/api/v1/{self.scope.namespaced('pods')}", self.scope.selectors()
        ages = self.requests.pages(path, query, creations, METADATA_LIST)
        for (namespace, name), created_at in ages.items():
            age = now.timestamp() - created_at
            if age > YOUNG:
                raise MetricsUnavailable(
                    f"Metrics not available for pod {namespace}/{name}, age: {go_duration(round(age * 10**9))}"
                )
        if ages:
            raise MetricsUnavailable("metrics not available yet")

    def volumes(self) -> list[Volume]:
        """Raise a MetricsUnavailable: the metrics API has no volumes."""
        raise MetricsUnavailable("the metrics API has no volumes", hint="use --from kubelet or --from prometheus")

    def sums(self, _groups: Mapping[Any, Any], _figures: Sequence[str]) -> Mapping[Any, Any]:
        """Return nothing: the metrics API has no history."""
        return {}


def reading(requests: Requests, scope: Scope, problems: list[str], _lists: Lists) -> MetricsApi:
    """Begin a reading."""
    return MetricsApi(requests, scope, problems)


class Repeated:
    """The metrics API for a watch, which remembers the last list of pods.

    Pods are measured every 15 s or less often. In between the answer is the same, and its rows are the same objects.
    """

    def __init__(self) -> None:
        self._digest = b""
        self._answer: tuple[ListMeta | None, list[Pod]] = (None, [])
        self._problems: list[str] = []

    def reading(self, requests: Requests, scope: Scope, problems: list[str], _lists: Lists) -> MetricsApi:
        """Begin a reading."""
        return MetricsApi(requests, scope, problems, self._decode)

    def _decode(self, body: Body, *, context: str, problems: list[str]) -> tuple[ListMeta | None, list[Pod]]:
        from hashlib import sha256  # only a watch needs it

        # Comparing with the last body would be as fast, but it may be a hundred megabytes long.
        digest = sha256(body).digest()
        if digest != self._digest:
            noted: list[str] = []
            self._answer, self._problems = decode.pod_list(body, context, noted), noted
            self._digest = digest
        problems += self._problems
        return self._answer


def unique(pods: list[Pod]) -> list[Pod]:
    """Return every pod once: a pod may appear on two pages if the list changes while it is read."""
    if len({pod.name for pod in pods}) == len(pods):
        return pods
    found: dict[tuple[str, str], Pod] = {}
    for pod in pods:
        found.setdefault((pod.namespace, pod.name), pod)
    return list(found.values())

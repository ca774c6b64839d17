"""metrics.k8s.io: the usage of nodes and pods, in the version that the server has."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from msgspec import Struct, field

from c3s_cli.amounts.duration import go_duration
from c3s_cli.errors import ApiError, MetricsUnavailable
from c3s_cli.kube.cluster import segment
from c3s_cli.model.rows import Node, Pod
from c3s_cli.parallel import all_results
from c3s_cli.sources.calls import METADATA_LIST, Calls
from c3s_cli.sources.decode import metrics as decode
from c3s_cli.sources.decode.shapes import Body, ListMeta
from c3s_cli.sources.source import Lists, Scope, Usage

if TYPE_CHECKING:
    from c3s_cli.model.volume_rows import Volume

GROUP: Final = "metrics.k8s.io"
LIKELY: Final = "v1beta1"
VERSIONS: Final = ("v1", "v1beta1")
INSTALL: Final = (
    "is metrics-server running? kubectl get apiservice v1beta1.metrics.k8s.io; --from kubelet works without it"
)
WRONG_ADDRESS: Final = "not even /version is there: check the path of the server's address"
# kubectl does not expect metrics of younger pods, in seconds.
YOUNG: Final = 120

Row = TypeVar("Row")


def served_version(get: Callable[[str], Body]) -> str:
    """Return the version that the server has. MetricsUnavailable if it has none that c3s knows.

    get: returns the body of a path.
    """
    from c3s_cli.sources.decode.owners import versions  # nearly every server has the one that is tried first

    try:
        served = versions(get(f"/apis/{GROUP}"))
    except ApiError as missing:
        if missing.status != 404:
            raise
        raise wrong_address(get) or MetricsUnavailable("Metrics API not available", hint=INSTALL) from missing
    known = [version for version in served if version in VERSIONS]
    if not known:
        raise MetricsUnavailable("Metrics API not available", hint=INSTALL)
    return known[0]


def wrong_address(get: Callable[[str], Body]) -> ApiError | None:
    """Return the error of a server that has neither a version nor nodes; None if this is a Kubernetes API server."""
    for path in ("/version", "/api/v1/nodes?limit=1"):
        try:
            get(path)
        except ApiError as problem:
            if problem.status == 404:
                continue
        return None
    return ApiError(404, "NotFound", "the server could not find the requested resource", hint=WRONG_ADDRESS)


_Page = tuple["ListMeta | None", "list[Pod]"]


class _Answer(Struct, frozen=True):
    """The last answer from a path."""

    digest: bytes
    page: _Page
    problems: list[str]


class MetricsApi(Struct):
    """The metrics API of one cluster, for any number of readings.

    repeated: whether there will be several. Pods are measured every 15 s or less often. In between the answer is the
    same, and its rows are the same objects.
    """

    repeated: bool
    version: str = LIKELY
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _answers: dict[str, _Answer] = {}

    def usage(self, calls: Calls, scope: Scope, problems: list[str], _lists: Lists) -> MetricsUsage:
        """Return the usage in scope, in one reading. problems: where to note quantities that cannot be read."""
        return MetricsUsage(self, calls, scope, problems)

    def discover(self, calls: Calls, refused: str, problem: ApiError) -> None:
        """Find the version, after `refused` was not found. Raises `problem` again if the server has that one."""
        with self._lock:
            if self.version == refused:
                self.version = served_version(calls.get)
                if self.version == refused:
                    raise problem

    def decode_pods(self, path: str, body: Body, context: str, problems: list[str]) -> _Page:
        """Decode the pods at a path, if they are not those of the last answer."""
        if not self.repeated:
            return decode.pod_list(body, context, problems)
        from hashlib import sha256  # only a watch needs it

        # Comparing with the last body would be as fast, but it may be a hundred megabytes long.
        digest = sha256(body).digest()
        answer = self._answers.get(path)
        if answer is None or digest != answer.digest:
            own_problems: list[str] = []
            answer = self._answers[path] = _Answer(digest, decode.pod_list(body, context, own_problems), own_problems)
        problems += answer.problems
        return answer.page


class MetricsUsage(Struct, Usage):
    """The usage that the metrics API reports, in one reading."""

    api: MetricsApi
    calls: Calls
    scope: Scope
    problems: list[str]

    @property
    def name(self) -> str:
        """The group and the version."""
        return f"{GROUP}/{self.api.version}"

    def nodes(self) -> list[Node]:
        """Read the usage of the nodes. MetricsUnavailable if there is none yet."""
        context = self.calls.cluster.context
        if self.scope.name:
            return self._read("nodes", lambda path: [decode.one_node(self.calls.get(path), context, self.problems)])
        rows = partial(decode.node_list, context=context, problems=self.problems)
        nodes = self._read("nodes", lambda path: self.calls.whole(path, self.scope.label_query(), rows))
        if not nodes:
            hint = f"does any node match -l {self.scope.labels.text}?" if self.scope.labels else None
            raise MetricsUnavailable("metrics not available yet", hint=hint)
        return nodes

    def pods(self) -> list[Pod]:
        """Read the usage of the pods."""
        context = self.calls.cluster.context
        lists = self.scope.namespaced("pods")
        if self.scope.name:
            try:
                return self._read(lists[0], lambda path: [decode.one_pod(self.calls.get(path), context, self.problems)])
            except ApiError as problem:
                if not self.scope.namespaces and problem.status == 404 and problem.hint is None:
                    problem.instead = f"--where 'name = {self.scope.name}'"  # a NAME goes with one namespace
                raise

        def rows(path: str) -> list[Pod]:
            decode_page = partial(self.api.decode_pods, path, context=context, problems=self.problems)
            return self.calls.whole(path, self.scope.label_query(), decode_page)

        answers = all_results([partial(self._read, each, rows) for each in lists])
        return unique(answers[0] if len(answers) == 1 else [pod for pods in answers for pod in pods])

    def _read(self, resource: str, read: Callable[[str], list[Row]]) -> list[Row]:
        """Read a path in the likely version; after a 404, in the version that the server has."""
        if self.scope.name:
            resource = f"{resource}/{segment(self.scope.name)}"
        version = self.api.version
        try:
            return read(f"/apis/{GROUP}/{version}/{resource}")
        except ApiError as problem:
            if problem.status != 404:
                raise
            self.api.discover(self.calls, version, problem)
        return read(f"/apis/{GROUP}/{self.api.version}/{resource}")

    def explain_absence(self, now: datetime) -> None:
        """Raise what kubectl raises if no pod has metrics: the pods are too young, or something is wrong."""
        from c3s_cli.sources.decode.owners import creations  # only without any metrics

        paths = [f"/api/v1/{pods}" for pods in self.scope.namespaced("pods")]
        ages = self.calls.pages_of(paths, self.scope.selectors(), creations, METADATA_LIST)
        for (namespace, name), created_at in ages.items():
            age = now.timestamp() - created_at
            if age > YOUNG:
                fields = self.scope.fields.text if self.scope.fields else ""
                hint = f"--where '{fields.removeprefix('status.')}' instead of the selector shows pods without metrics"
                if "Pending" in fields:
                    hint = "--pending instead of the selector shows the pods that wait, and why"
                raise MetricsUnavailable(
                    f"Metrics not available for pod {namespace}/{name}, age: {go_duration(round(age * 10**9))}",
                    hint=hint if fields.startswith("status.phase") and "," not in fields else None,
                )
        if ages:
            raise MetricsUnavailable("metrics not available yet")

    def volumes(self) -> list[Volume]:
        """Raise a MetricsUnavailable: the metrics API has no volumes."""
        raise MetricsUnavailable("the metrics API has no volumes", hint="use --from kubelet or --from prometheus")


def unique(pods: list[Pod]) -> list[Pod]:
    """Return every pod once: a pod may appear on two pages if the list changes while it is read."""
    if len({pod.name for pod in pods}) == len(pods):
        return pods
    by_name: dict[tuple[str, str], Pod] = {}
    for pod in pods:
        by_name.setdefault((pod.namespace, pod.name), pod)
    return list(by_name.values())

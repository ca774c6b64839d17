"""Ask an API server about itself and about the caller: version, metrics API, identity, rights."""

from __future__ import annotations

from typing import Any, Final, TypeVar

from msgspec import Struct, field

from c3s_cli.kube.cluster import Cluster
from c3s_cli.sources.decode.shapes import Body, decode_one
from c3s_cli.sources.metrics_api import GROUP, served_version

Shape = TypeVar("Shape")
# How many characters of a version are shown.
LONGEST_VERSION: Final = 100


class Right(Struct, frozen=True):
    """A verb on a resource or subresource ("nodes/proxy").

    namespace: None for all namespaces, "" for a cluster-scoped resource.
    """

    verb: str
    group: str
    resource: str
    namespace: str | None = ""

    def __str__(self) -> str:
        """Return the right in the form of kubectl auth can-i."""
        what = f"{self.verb} {self.resource}" + (f".{self.group}" if self.group else "")
        if self.namespace == "":
            return what
        return f"{what} in all namespaces" if self.namespace is None else f"{what} in namespace {self.namespace}"


class _Version(Struct):
    git_version: str = field(name="gitVersion")


class _UserInfo(Struct):
    username: str = ""
    groups: list[str] = []


class _Identity(Struct):
    user_info: _UserInfo = field(name="userInfo")


class _Review(Struct):
    status: _Identity


class _Verdict(Struct):
    allowed: bool


class _AccessReview(Struct):
    status: _Verdict


class Condition(Struct):
    """One condition of an object. status: True, False or Unknown, as text."""

    type: str = ""
    status: str = ""
    reason: str = ""
    message: str = ""


class Service(Struct):
    """The service that answers for an aggregated API."""

    namespace: str = ""
    name: str = ""


class _Spec(Struct):
    service: Service | None = None


class _Status(Struct):
    conditions: list[Condition] = []


class ApiService(Struct):
    """The registration of an aggregated API."""

    spec: _Spec = field(default_factory=_Spec)
    status: _Status = field(default_factory=_Status)

    @property
    def unavailable(self) -> Condition | None:
        """The condition that says why the API is not available; None if it is."""
        return next(
            (each for each in self.status.conditions if each.type == "Available" and each.status != "True"), None
        )


def server_version(cluster: Cluster) -> str:
    """Return the version of the server. Raises what Cluster.get raises."""
    return version_of(cluster.get("/version").body)


def version_of(body: Body) -> str:
    """Decode the answer of /version. InvalidAnswer if it has no version."""
    return decode_one(body, _Version, "/version").git_version[:LONGEST_VERSION]


def metrics_version(cluster: Cluster) -> str:
    """Return the version of the metrics API that is registered; MetricsUnavailable if there is none that c3s knows."""
    return served_version(lambda path: cluster.get(path).body)


def ask_metrics_server(cluster: Cluster, version: str) -> None:
    """Request the resource list of the metrics API. ApiError (503) if its server does not answer."""
    cluster.get(f"/apis/{GROUP}/{version}")


def api_service(cluster: Cluster, version: str) -> ApiService:
    """Return the APIService of the metrics API. Raises what Cluster.get raises: not every user may read it."""
    path = f"/apis/apiregistration.k8s.io/v1/apiservices/{version}.{GROUP}"
    return decode_one(cluster.get(path).body, ApiService, path)


def who_am_i(cluster: Cluster) -> tuple[str, list[str]]:
    """Return the name and groups of the caller. Raises what Cluster.post raises; needs Kubernetes 1.28."""
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    question = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    answer = _ask(cluster, path, question, _Review)
    return answer.status.user_info.username, answer.status.user_info.groups


def may_i(cluster: Cluster, right: Right) -> bool:
    """Return whether the caller has a right. Raises what Cluster.post raises."""
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    resource, _, part = right.resource.partition("/")
    attributes = {"verb": right.verb, "group": right.group, "resource": resource}
    if part:
        attributes["subresource"] = part
    if right.namespace:
        attributes["namespace"] = right.namespace
    question = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    return _ask(cluster, path, question, _AccessReview).status.allowed


def _ask(cluster: Cluster, path: str, question: dict[str, Any], shape: type[Shape]) -> Shape:
    return decode_one(cluster.post(path, question).body, shape, path)

"""The resources of the server, how paths name them, and the four discovery formats."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote

from c3s_cli.demo.answer import Refusal, no_such_resource
from c3s_cli.demo.templates import Json

METRICS = "metrics.k8s.io"


class Resource(NamedTuple):
    """A resource type."""

    group: str  # "" is the core group
    version: str
    name: str
    kind: str
    scope: str  # Namespaced or Cluster
    short: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    @property
    def namespaced(self) -> bool:
        """Whether its objects live in a namespace."""
        return self.scope == "Namespaced"

    @property
    def singular(self) -> str:
        """The singular name; metrics-server has none."""
        return "" if self.group == METRICS else self.kind.lower()

    @property
    def api_version(self) -> str:
        """Group and version as objects state them."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def names(self) -> Json:
        """The verbs and other names, as both formats of discovery have them."""
        result: Json = {"verbs": ["get", "list"]}
        if self.short:
            result["shortNames"] = list(self.short)
        if self.categories:
            result["categories"] = list(self.categories)
        return result


_ALL = ("all",)
RESOURCES = (
    Resource("", "v1", "configmaps", "ConfigMap", "Namespaced", ("cm",)),
    Resource("", "v1", "endpoints", "Endpoints", "Namespaced", ("ep",)),
    Resource("", "v1", "events", "Event", "Namespaced", ("ev",)),
    Resource("", "v1", "limitranges", "LimitRange", "Namespaced", ("limits",)),
    Resource("", "v1", "namespaces", "Namespace", "Cluster", ("ns",)),
    Resource("", "v1", "nodes", "Node", "Cluster", ("no",)),
    Resource("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", "Namespaced", ("pvc",)),
    Resource("", "v1", "pods", "Pod", "Namespaced", ("po",), _ALL),
    Resource("", "v1", "replicationcontrollers", "ReplicationController", "Namespaced", ("rc",), _ALL),
    Resource("", "v1", "resourcequotas", "ResourceQuota", "Namespaced", ("quota",)),
    Resource("", "v1", "secrets", "Secret", "Namespaced"),
    Resource("", "v1", "serviceaccounts", "ServiceAccount", "Namespaced", ("sa",)),
    Resource("", "v1", "services", "Service", "Namespaced", ("svc",), _ALL),
    Resource("apps", "v1", "daemonsets", "DaemonSet", "Namespaced", ("ds",), _ALL),
    Resource("apps", "v1", "deployments", "Deployment", "Namespaced", ("deploy",), _ALL),
    Resource("apps", "v1", "replicasets", "ReplicaSet", "Namespaced", ("rs",), _ALL),
    Resource("apps", "v1", "statefulsets", "StatefulSet", "Namespaced", ("sts",), _ALL),
    Resource("events.k8s.io", "v1", "events", "Event", "Namespaced", ("ev",)),
    Resource("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", "Namespaced", ("hpa",), _ALL),
    Resource("batch", "v1", "cronjobs", "CronJob", "Namespaced", ("cj",), _ALL),
    Resource("batch", "v1", "jobs", "Job", "Namespaced", (), _ALL),
    Resource("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", "Namespaced", ("pdb",)),
    Resource("coordination.k8s.io", "v1", "leases", "Lease", "Namespaced"),
    Resource("argoproj.io", "v1alpha1", "rollouts", "Rollout", "Namespaced", ("ro",), _ALL),
    Resource("ray.io", "v1", "rayclusters", "RayCluster", "Namespaced"),
    Resource("metrics.k8s.io", "v1beta1", "nodes", "NodeMetrics", "Cluster"),
    Resource("metrics.k8s.io", "v1beta1", "pods", "PodMetrics", "Namespaced"),
)  # fmt: skip
# The named groups, in the order in which the server lists them.
_GROUPS = tuple(dict.fromkeys(resource.group for resource in RESOURCES if resource.group))
_BY_PATH = {(resource.api_version, resource.name): resource for resource in RESOURCES}
VERSION: Json = {
    "major": "1", "minor": "33", "emulationMajor": "1", "emulationMinor": "33",
    "minCompatibilityMajor": "1", "minCompatibilityMinor": "32",
    "gitVersion": "v1.33.2", "gitCommit": "a57b6f7709f6c2722b92f07b8b4c48210a51fc40", "gitTreeState": "clean",
    "buildDate": "2025-06-17T18:32:54Z", "goVersion": "go1.24.4", "compiler": "gc", "platform": "linux/amd64",
}  # fmt: skip


class Place(NamedTuple):
    """The target of a path; an empty name means the list."""

    resource: Resource
    namespace: str
    name: str

    def not_found(self) -> Refusal:
        """Refuse a name that does not exist."""
        kind, group, name = self.resource.name, self.resource.group, self.name
        if group == METRICS:
            kind, name = self.resource.kind.lower(), f"{self.namespace}/{self.name}".removeprefix("/")
        details: Json = {"name": name} | ({"group": group} if group else {}) | {"kind": kind}
        return Refusal(404, f'{f"{kind}.{group}" if group else kind} "{name}" not found', details)


class Proxied(NamedTuple):
    """A request that the API server proxies to a kubelet or to the pods behind a service."""

    resource: str  # nodes or services
    namespace: str
    name: str  # with the port, if there is one
    path: str


def proxied(path: str) -> Proxied | None:
    """Return the proxied request of a path; None if it is not a proxy path."""
    parts = path.strip("/").split("/")
    namespace = ""
    if parts[2:3] == ["namespaces"] and len(parts) > 4:
        namespace = unquote(parts[3])
        parts[2:4] = []
    if parts[:2] != ["api", "v1"] or parts[4:5] != ["proxy"]:
        return None
    if (parts[2], bool(namespace)) not in (("nodes", False), ("services", True)):
        return None
    return Proxied(parts[2], namespace, unquote(parts[3]), "/" + "/".join(parts[5:]))


def place_of(path: str) -> Place:
    """Return the target of a path."""
    parts = [unquote(part) for part in path.strip("/").split("/")]
    start = 2 if parts[0] == "api" else 3
    api_version, rest = "/".join(parts[1:start]), parts[start:]
    namespace = ""
    if rest[:1] == ["namespaces"] and len(rest) > 2:
        namespace, rest = rest[1], rest[2:]
    resource = _BY_PATH.get((api_version, rest[0] if rest else ""))
    if resource is None or len(rest) > 2 or bool(resource.group) != (parts[0] == "apis"):
        raise no_such_resource()
    if (namespace and not resource.namespaced) or (len(rest) == 2 and resource.namespaced and not namespace):
        raise no_such_resource()
    return Place(resource, namespace, rest[1] if len(rest) == 2 else "")


def _group(group: str) -> Json:
    version = next(resource.version for resource in RESOURCES if resource.group == group)
    served = {"groupVersion": f"{group}/{version}", "version": version}
    return {"name": group, "versions": [served], "preferredVersion": served}


def plain(path: str) -> Json | None:
    """Answer /api, /apis, /apis/GROUP, /api/v1 and /apis/GROUP/VERSION; None for any other path."""
    if path == "/api":
        cidrs = [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1"}]
        return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": cidrs}
    if path == "/apis":
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(group) for group in _GROUPS]}
    parts = path.strip("/").split("/")
    if len(parts) == 2 and parts[0] == "apis" and parts[1] in _GROUPS:
        return {"kind": "APIGroup", "apiVersion": "v1"} | _group(parts[1])
    api_version = "/".join(parts[1:])
    served = [resource for resource in RESOURCES if resource.api_version == api_version]
    if not served or parts[0] != ("apis" if served[0].group else "api"):
        return None
    resources: list[Json] = [
        {"name": each.name, "singularName": each.singular, "namespaced": each.namespaced, "kind": each.kind}
        | each.names
        for each in served
    ]
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": api_version, "resources": resources}


def aggregated(path: str, version: str) -> Json:
    """Answer /api and /apis with everything at once, in version v2 or v2beta1 of that format."""
    items: list[Json] = []
    for name in [""] if path == "/api" else _GROUPS:
        served = [resource for resource in RESOURCES if resource.group == name]
        resources: list[Json] = [
            {"resource": each.name, "responseKind": {"group": "", "version": "", "kind": each.kind}}
            | {"scope": each.scope, "singularResource": each.singular}
            | each.names
            for each in served
        ]
        versions = [{"version": served[0].version, "resources": resources, "freshness": "Current"}]
        items.append({"metadata": {"name": name} if name else {}, "versions": versions})
    api_version = f"apidiscovery.k8s.io/{version}"
    return {"kind": "APIGroupDiscoveryList", "apiVersion": api_version, "metadata": {}, "items": items}

"""The resources of the server, and the four discovery formats."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

    from c3s_cli.demo.templates import Json


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
        return "" if self.group == "metrics.k8s.io" else self.kind.lower()

    @property
    def api_version(self) -> str:
        """Group and version as objects state them."""
        return f"{self.group}/{self.version}" if self.group else self.version


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
_VERBS = ["get", "list"]
VERSION: Json = {
    "major": "1",
    "minor": "33",
    "emulationMajor": "1",
    "emulationMinor": "33",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "32",
    "gitVersion": "v1.33.2",
    "gitCommit": "a57b6f7709f6c2722b92f07b8b4c48210a51fc40",
    "gitTreeState": "clean",
    "buildDate": "2025-06-17T18:32:54Z",
    "goVersion": "go1.24.4",
    "compiler": "gc",
    "platform": "linux/amd64",
}


def groups(without: Collection[str] = ()) -> list[str]:
    """Return the named groups, in the order in which the server lists them."""
    found = dict.fromkeys(resource.group for resource in RESOURCES if resource.group)
    return [group for group in found if group not in without]


def _group_version(group: str) -> Json:
    version = next(resource.version for resource in RESOURCES if resource.group == group)
    return {"groupVersion": f"{group}/{version}", "version": version}


def _group(group: str) -> Json:
    version = _group_version(group)
    return {"name": group, "versions": [version], "preferredVersion": version}


def plain(path: str, without: Collection[str] = ()) -> Json | None:
    """Answer /api, /apis, /apis/GROUP, /api/v1 and /apis/GROUP/VERSION; None for any other path."""
    if path == "/api":
        cidrs = [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1"}]
        return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": cidrs}
    if path == "/apis":
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(group) for group in groups(without)]}
    parts = path.strip("/").split("/")
    if len(parts) == 2 and parts[0] == "apis" and parts[1] in groups():
        return {"kind": "APIGroup", "apiVersion": "v1"} | _group(parts[1])
    api_version = "/".join(parts[1:])
    found = [resource for resource in RESOURCES if resource.api_version == api_version]
    if not found or parts[0] != ("apis" if found[0].group else "api"):
        return None
    resources = [_resource(resource) for resource in found]
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": api_version,
        "resources": resources,
    }


def _resource(resource: Resource) -> Json:
    result: Json = {
        "name": resource.name,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": _VERBS,
    }
    if resource.short:
        result["shortNames"] = list(resource.short)
    if resource.categories:
        result["categories"] = list(resource.categories)
    return result


def aggregated(path: str, version: str, without: Collection[str] = ()) -> Json:
    """Answer /api and /apis with everything at once, in version v2 or v2beta1 of that format."""
    names = [""] if path == "/api" else groups(without)
    items: list[Json] = []
    for name in names:
        found = [resource for resource in RESOURCES if resource.group == name]
        resources = [_aggregated_resource(resource) for resource in found]
        versions = [{"version": found[0].version, "resources": resources, "freshness": "Current"}]
        items.append({"metadata": {"name": name} if name else {}, "versions": versions})
    api_version = f"apidiscovery.k8s.io/{version}"
    return {"kind": "APIGroupDiscoveryList", "apiVersion": api_version, "metadata": {}, "items": items}


def _aggregated_resource(resource: Resource) -> Json:
    result: Json = {
        "resource": resource.name,
        "responseKind": {"group": "", "version": "", "kind": resource.kind},
        "scope": resource.scope,
        "singularResource": resource.singular,
        "verbs": _VERBS,
    }
    if resource.short:
        result["shortNames"] = list(resource.short)
    if resource.categories:
        result["categories"] = list(resource.categories)
    return result

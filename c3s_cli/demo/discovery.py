"""What the simulated server says that it serves: plain and aggregated discovery."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from c3s_cli.demo.answer import Answer, of_json

AGGREGATED: Final = "as=APIGroupDiscoveryList"


@dataclass(frozen=True, slots=True)
class Served:
    """One resource: where, what, and kubectl's short names."""

    group: str
    version: str
    resource: str
    kind: str
    namespaced: bool = True
    short: tuple[str, ...] = ()

    @property
    def group_version(self) -> str:
        """Give `apps/v1`, or `v1` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version


SERVED: Final = (
    Served("", "v1", "namespaces", "Namespace", namespaced=False, short=("ns",)),
    Served("", "v1", "nodes", "Node", namespaced=False, short=("no",)),
    Served("", "v1", "pods", "Pod", short=("po",)),
    Served("", "v1", "events", "Event", short=("ev",)),
    Served("apps", "v1", "replicasets", "ReplicaSet", short=("rs",)),
    Served("apps", "v1", "deployments", "Deployment", short=("deploy",)),
    Served("apps", "v1", "statefulsets", "StatefulSet", short=("sts",)),
    Served("apps", "v1", "daemonsets", "DaemonSet", short=("ds",)),
    Served("batch", "v1", "jobs", "Job"),
    Served("batch", "v1", "cronjobs", "CronJob", short=("cj",)),
    Served("coordination.k8s.io", "v1", "leases", "Lease"),
    Served("metrics.k8s.io", "v1beta1", "nodes", "NodeMetrics", namespaced=False),
    Served("metrics.k8s.io", "v1beta1", "pods", "PodMetrics"),
)
VERSION: Final = {
    "major": "1",
    "minor": "34",
    "gitVersion": "v1.34.2+demo",
    "gitCommit": "demo",
    "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "go1.25.0",
    "compiler": "gc",
    "platform": "linux/amd64",
}


def discovery(path: str, accept: str) -> Answer | None:
    """Answer a discovery path; None if it is none."""
    aggregated = AGGREGATED in accept
    match path.strip("/").split("/"):
        case ["version"]:
            return of_json(VERSION)
        case ["healthz" | "readyz" | "livez"]:
            return Answer(200, b"ok", "text/plain; charset=utf-8")
        case ["api"] if aggregated:
            return _aggregated([""], accept)
        case ["apis"] if aggregated:
            return _aggregated(_groups(), accept)
        case ["api"]:
            return of_json({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})
        case ["apis"]:
            return of_json(
                {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(group) for group in _groups()]}
            )
        case ["apis", group] if group in _groups():
            return of_json({"kind": "APIGroup", "apiVersion": "v1", **_group(group)})
        case ["api", "v1"]:
            return _resources("", "v1")
        case ["apis", group, version] if any((each.group, each.version) == (group, version) for each in SERVED):
            return _resources(group, version)
        case _:
            return None


def _groups() -> list[str]:
    return list(dict.fromkeys(each.group for each in SERVED if each.group))


def _group(group: str) -> dict[str, Any]:
    version = next(each.version for each in SERVED if each.group == group)
    preferred = {"groupVersion": f"{group}/{version}", "version": version}
    return {"name": group, "versions": [preferred], "preferredVersion": preferred}


def _resources(group: str, version: str) -> Answer:
    resources = [
        {
            "name": each.resource,
            "singularName": each.kind.lower(),
            "namespaced": each.namespaced,
            "kind": each.kind,
            "verbs": ["get", "list"],
            "shortNames": list(each.short),
        }
        for each in SERVED
        if (each.group, each.version) == (group, version)
    ]
    name = f"{group}/{version}" if group else version
    return of_json({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": name, "resources": resources})


def _aggregated(groups: list[str], accept: str) -> Answer:
    version = "v2" if "v=v2;" in accept or accept.endswith("v=v2") else "v2beta1"
    items = []
    for group in groups:
        served = [each for each in SERVED if each.group == group]
        resources = [
            {
                "resource": each.resource,
                "responseKind": {"group": group, "version": each.version, "kind": each.kind},
                "scope": "Namespaced" if each.namespaced else "Cluster",
                "singularResource": each.kind.lower(),
                "verbs": ["get", "list"],
                "shortNames": list(each.short),
            }
            for each in served
        ]
        metadata = {"name": group} if group else {}
        items.append(
            {
                "metadata": metadata,
                "versions": [{"version": served[0].version, "resources": resources, "freshness": "Current"}],
            }
        )
    whole = {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": f"apidiscovery.k8s.io/{version}",
        "metadata": {},
        "items": items,
    }
    return of_json(whole, f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList")

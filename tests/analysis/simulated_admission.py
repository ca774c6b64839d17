"""What the API server and controllers make of a manifest, from the JSON of the API alone. See simulated.py."""

from __future__ import annotations

import json
from fractions import Fraction

from tests.analysis.simulated_rules import OF_DAEMONS, OF_EVERY_POD, Json, amount

ONCE_KNOWN = "known only once it runs"
NETWORK = {"key": "node.kubernetes.io/network-unavailable", "operator": "Exists", "effect": "NoSchedule"}


def pod_of(manifest: Json, cluster: Json, number: int) -> Json:
    """Give the pod with a number of a workload, as it is created."""
    kind, meta, spec = manifest["kind"], manifest["metadata"], manifest["spec"]
    inner = spec["jobTemplate"]["spec"] if kind == "CronJob" else spec
    template = manifest if kind == "Pod" else inner["template"]
    labels = dict(template["metadata"].get("labels", {})) | added(kind, meta["name"], inner, number)
    pod = json.loads(json.dumps(template["spec"]))
    pod["tolerations"] = [*pod.get("tolerations", []), *(OF_DAEMONS if kind == "DaemonSet" else OF_EVERY_POD)]
    if kind == "DaemonSet":
        pod["tolerations"] += [NETWORK] if pod.get("hostNetwork") else []
        pod.pop("topologySpreadConstraints", None)
    for each in pod["containers"]:
        complete(each, cluster)
    for each in cluster.get("runtimeclasses", []):
        if each["metadata"]["name"] == pod.get("runtimeClassName"):
            pod["overhead"] = each["overhead"]["podFixed"]
            pod["nodeSelector"] = {**pod.get("nodeSelector", {}), **each["scheduling"]["nodeSelector"]}
            pod["tolerations"] += each["scheduling"]["tolerations"]
    return {"metadata": {"name": "new", "namespace": meta["namespace"], "labels": labels}, "spec": pod}


def added(kind: str, name: str, spec: Json, number: int) -> Json:
    first = spec.get("ordinals", {}).get("start", 0)
    own = str(first + number)
    match kind:
        case "Deployment":
            return {"pod-template-hash": ONCE_KNOWN}
        case "StatefulSet":
            return {
                "apps.kubernetes.io/pod-index": own,
                "statefulset.kubernetes.io/pod-name": f"{name}-{own}",
                "controller-revision-hash": ONCE_KNOWN,
            }
        case "Job" | "CronJob":
            found = {"batch.kubernetes.io/job-name": name if kind == "Job" else ONCE_KNOWN}
            indexed = spec.get("completionMode") == "Indexed"
            return found | ({"batch.kubernetes.io/job-completion-index": own} if indexed else {})
        case _:
            return {}


def complete(container: Json, cluster: Json) -> None:
    """Add the defaults of the API server, then those of limit ranges."""
    resources = container.setdefault("resources", {})
    requests, limits = resources.setdefault("requests", {}), resources.setdefault("limits", {})
    for resource, limit in limits.items():
        requests.setdefault(resource, limit)
    for each in cluster.get("limitranges", []):
        for resource, request in each["spec"]["limits"][0]["defaultRequest"].items():
            requests.setdefault(resource, request)
        for resource, limit in each["spec"]["limits"][0]["default"].items():
            limits.setdefault(resource, limit)


def refusals(pod: Json, cluster: Json) -> list[str]:
    """Say why a pod is not created, or not scheduled at all."""
    found = []
    for each in cluster.get("limitranges", []):
        for resource, most in each["spec"]["limits"][0].get("max", {}).items():
            for container in pod["spec"]["containers"]:
                limit = container["resources"]["limits"].get(resource)
                if limit is None or amount(limit) > amount(most):
                    found.append(f"limit range {each['metadata']['name']}: {resource}")
    name = pod["spec"].get("runtimeClassName")
    if name and name not in [each["metadata"]["name"] for each in cluster.get("runtimeclasses", [])]:
        found.append(f"runtime class {name} missing")
    return list(dict.fromkeys(found))


def admitted(pod: Json, cluster: Json) -> tuple[int, str] | None:
    """Give how many such pods a quota admits, and why not more; None if there is no quota."""
    counts = []
    for each in cluster.get("resourcequotas", []):
        for name, hard in each["status"]["hard"].items():
            left = amount(hard) - amount(each["status"]["used"][name])
            why = f"quota {each['metadata']['name']}: {name}"
            if name == "pods":
                counts.append((max(0, int(left)), why))
                continue
            field, resource = name.split(".")
            amounts = [container["resources"][field].get(resource) for container in pod["spec"]["containers"]]
            need = sum((amount(one) for one in amounts if one is not None), Fraction(0))
            need += amount(pod["spec"].get("overhead", {}).get(resource, "0")) if field == "requests" or need else 0
            if need:
                counts.append((max(0, left // need), why))
            if None in amounts:
                counts.append((0, why))
    return min(counts, key=lambda count: count[0], default=None)

"""The controllers of pods, namespaces and leases -> JSON dictionaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from c3s_cli.demo import dice
from c3s_cli.demo.catalogue import FINISHED, MEASURABLE, SUCCEEDED
from c3s_cli.demo.clock import rfc3339
from c3s_cli.demo.pods import spec

if TYPE_CHECKING:
    from c3s_cli.demo.cluster import Cluster, Group, Owner
    from c3s_cli.demo.templates import Json


def _reference(owner: Owner) -> Json:
    return {
        "apiVersion": owner.api_version,
        "kind": owner.kind,
        "name": owner.name,
        "uid": owner.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }


def _metadata(cluster: Cluster, group: Group, level: int) -> Json:
    owner = group.owners[level]
    result: Json = {
        "name": owner.name,
        "namespace": group.namespace,
        "uid": owner.uid,
        "resourceVersion": str(4_900_000 + int(owner.uid[:4], 16)),
        "generation": 1,
        "creationTimestamp": rfc3339(cluster.clock.epoch - group.age - 3 - 86400 * level),
        "labels": dict(sorted(group.labels.items())),
    }
    if level:
        # What lies above a ReplicaSet or Job does not carry the labels that tell those apart.
        result["labels"] = {
            key: value for key, value in result["labels"].items() if "hash" not in key and "job-name" not in key
        }
    if len(group.owners) > level + 1:
        result["ownerReferences"] = [_reference(group.owners[level + 1])]
    return result


def _pod_template(group: Group) -> Json:
    pod_spec = spec(group.workload)
    pod_spec["volumes"] = pod_spec["volumes"][:1]
    for box in (*pod_spec.get("initContainers", ()), *pod_spec["containers"]):
        box["volumeMounts"] = box["volumeMounts"][:1]
    return {
        "metadata": {"creationTimestamp": None, "labels": dict(sorted(group.labels.items()))},
        "spec": pod_spec,
    }


def _controller(cluster: Cluster, group: Group, level: int) -> Json:
    """Give a controller that keeps a number of pods running."""
    count = len(group.pods)
    ready = sum(pod.state in MEASURABLE for pod in group.pods)
    kind = group.owners[level].kind
    status: Json = {
        "observedGeneration": 1,
        "replicas": count,
        "readyReplicas": ready,
        "availableReplicas": ready,
    }
    spec_json: Json = {"replicas": count}
    if kind == "Deployment":
        status["updatedReplicas"] = count
        spec_json["strategy"] = {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"},
        }
    elif kind == "StatefulSet":
        status |= {"currentReplicas": count, "updatedReplicas": count}
        spec_json["serviceName"] = group.workload.name
    elif kind == "DaemonSet":
        spec_json = {"updateStrategy": {"type": "RollingUpdate"}, "revisionHistoryLimit": 10}
        status = {
            "currentNumberScheduled": count,
            "numberMisscheduled": 0,
            "desiredNumberScheduled": count,
            "numberReady": ready,
            "observedGeneration": 1,
            "updatedNumberScheduled": count,
            "numberAvailable": ready,
        }
    metadata = _metadata(cluster, group, level)
    spec_json |= {"selector": {"matchLabels": metadata["labels"]}, "template": _pod_template(group)}
    return {"metadata": metadata, "spec": spec_json, "status": status}


def _job(cluster: Cluster, group: Group, level: int) -> Json:
    states = [pod.state for pod in group.pods]
    done, failed = states.count(SUCCEEDED), sum(state in FINISHED - {SUCCEEDED} for state in states)
    started = cluster.clock.epoch - group.age - 3
    status: Json = {"startTime": rfc3339(started), "ready": len(states) - done - failed}
    if done:
        status["succeeded"] = done
    if failed:
        status["failed"] = failed
    if len(states) > done + failed:
        status["active"] = len(states) - done - failed
    elif done == len(states):
        finished = rfc3339(min(started + 440, cluster.clock.epoch))
        status |= {
            "completionTime": finished,
            "conditions": [
                {
                    "type": "Complete",
                    "status": "True",
                    "lastProbeTime": finished,
                    "lastTransitionTime": finished,
                }
            ],
        }
    spec_json: Json = {
        "parallelism": len(states),
        "completions": len(states),
        "backoffLimit": 6,
        "suspend": False,
    }
    spec_json |= {"selector": {"matchLabels": group.labels}, "template": _pod_template(group)}
    return {"metadata": _metadata(cluster, group, level), "spec": spec_json, "status": status}


def _cron_job(cluster: Cluster, group: Group, level: int) -> Json:
    metadata = _metadata(cluster, group, level)
    template = {"metadata": {"creationTimestamp": None}, "spec": {"template": _pod_template(group)}}
    spec_json: Json = {
        "schedule": "30 2 * * *",
        "concurrencyPolicy": "Forbid",
        "suspend": False,
        "jobTemplate": template,
    }
    last = rfc3339(cluster.clock.epoch - group.workload.age)
    return {"metadata": metadata, "spec": spec_json, "status": {"lastScheduleTime": last}}


def controllers(cluster: Cluster, kind: str) -> list[Json]:
    """Give every controller of a kind, in the order of a list."""
    make = {"Job": _job, "CronJob": _cron_job}.get(kind, _controller)
    found: dict[str, Json] = {}
    for group in cluster.groups:
        for level, owner in enumerate(group.owners):
            if owner.kind == kind and owner.uid not in found:
                found[owner.uid] = make(cluster, group, level)
    return sorted(found.values(), key=lambda item: (item["metadata"]["namespace"], item["metadata"]["name"]))


def namespaces(cluster: Cluster) -> list[Json]:
    """Give the namespaces."""
    return [
        {
            "metadata": {
                "name": name,
                "uid": dice.uid(dice.hexadecimal(dice.of_text(cluster.seed, f"namespace/{name}"))),
                "resourceVersion": str(100 + place),
                "creationTimestamp": rfc3339(cluster.clock.epoch - 212 * 86400),
                "labels": {"kubernetes.io/metadata.name": name},
            },
            "spec": {"finalizers": ["kubernetes"]},
            "status": {"phase": "Active"},
        }
        for place, name in enumerate(cluster.namespaces)
    ]


def leases(cluster: Cluster) -> list[Json]:
    """Give the heartbeats of the nodes."""
    return [
        {
            "metadata": {
                "name": node.name,
                "namespace": "kube-node-lease",
                "uid": dice.uid(dice.hexadecimal(node.bits + 1)),
                "resourceVersion": str(5_200_000 + node.index),
                "creationTimestamp": rfc3339(cluster.clock.epoch - node.pool.age),
            },
            "spec": {
                "holderIdentity": node.name,
                "leaseDurationSeconds": 40,
                "renewTime": rfc3339(cluster.clock.epoch - 4).replace("Z", ".000000Z"),
            },
        }
        for node in cluster.nodes
    ]

"""The controllers of pods, namespaces, services and leases -> JSON dictionaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from c3s_cli.demo import dice
from c3s_cli.demo.catalogue import FINISHED, MEASURABLE, Stage
from c3s_cli.demo.clock import rfc3339
from c3s_cli.demo.cluster import Cluster
from c3s_cli.demo.pod_spec import spec
from c3s_cli.demo.templates import Json
from c3s_cli.demo.things import Group, Members

Parts = Sequence[tuple[Group, Members]]


def _metadata(cluster: Cluster, parts: Parts, level: int) -> Json:
    group = parts[0][0]
    owner = group.owners[level]
    version = max(members.version for _, members in parts) or 4_900_000 + int(owner.uid[:4], 16)
    age = (group.root_age if level else group.age) + 3 + 86400 * level
    result: Json = {
        "name": owner.name, "namespace": group.namespace, "uid": owner.uid, "resourceVersion": str(version),
        "generation": 1, "creationTimestamp": rfc3339(cluster.clock.epoch - age),
        # Owners of ReplicaSets and Jobs do not have the labels that distinguish those.
        "labels": {
            key: value for key, value in sorted(group.labels.items())
            if not level or ("hash" not in key and "job-name" not in key)
        },
    }  # fmt: skip
    if len(group.owners) > level + 1:
        result["ownerReferences"] = [group.owners[level + 1].reference | {"blockOwnerDeletion": True}]
    return result


def _pod_template(group: Group) -> Json:
    pod_spec = spec(group.workload)
    pod_spec["volumes"] = pod_spec["volumes"][:1]
    for box in (*pod_spec.get("initContainers", ()), *pod_spec["containers"]):
        box["volumeMounts"] = box["volumeMounts"][:1]
    labels = dict(sorted(group.labels.items()))
    return {"metadata": {"creationTimestamp": None, "labels": labels}, "spec": pod_spec}


def _controller(cluster: Cluster, parts: Parts, level: int) -> Json:
    """Return a controller that keeps a number of pods running."""
    group = parts[0][0]
    # Terminating pods do not count, except for those that were terminating when the cluster was created.
    pods = [pod for _, members in parts for pod in members.pods if not pod.deleted]
    count = len(pods)
    ready = sum(pod.state in MEASURABLE for pod in pods)
    status: Json = {"observedGeneration": 1, "replicas": count, "readyReplicas": ready, "availableReplicas": ready}
    spec_json: Json = {"replicas": sum(members.wanted for _, members in parts)}
    match group.owners[level].kind:
        case "Deployment":
            status["updatedReplicas"] = count
            surge = {"maxUnavailable": "25%", "maxSurge": "25%"}
            spec_json["strategy"] = {"type": "RollingUpdate", "rollingUpdate": surge}
        case "StatefulSet":
            status |= {"currentReplicas": count, "updatedReplicas": count}
            spec_json["serviceName"] = group.workload.name
        case "DaemonSet":
            spec_json = {"updateStrategy": {"type": "RollingUpdate"}, "revisionHistoryLimit": 10}
            status = {
                "currentNumberScheduled": count, "numberMisscheduled": 0, "desiredNumberScheduled": count,
                "numberReady": ready, "observedGeneration": 1, "updatedNumberScheduled": count,
                "numberAvailable": ready,
            }  # fmt: skip
        case _:
            pass
    metadata = _metadata(cluster, parts, level)
    spec_json |= {"selector": {"matchLabels": metadata["labels"]}, "template": _pod_template(group)}
    return {"metadata": metadata, "spec": spec_json, "status": status}


def _job(cluster: Cluster, parts: Parts, level: int) -> Json:
    group, members = parts[0]
    states = [pod.state for pod in members.pods]
    done, failed = states.count(Stage.SUCCEEDED), sum(state in FINISHED - {Stage.SUCCEEDED} for state in states)
    started = cluster.clock.epoch - group.age - 3
    status: Json = {"startTime": rfc3339(started), "ready": len(states) - done - failed}
    if done:
        status["succeeded"] = done
    if failed:
        status["failed"] = failed
    if members.wanted > done + failed:
        status["active"] = members.wanted - done - failed
    elif done == members.wanted:
        when = rfc3339(max(pod.finished for pod in members.pods) or min(started + 440, cluster.clock.epoch))
        complete = {"type": "Complete", "status": "True", "lastProbeTime": when, "lastTransitionTime": when}
        status |= {"completionTime": when, "conditions": [complete]}
    spec_json: Json = {"parallelism": members.wanted, "completions": members.wanted}
    spec_json |= {"backoffLimit": 6, "suspend": False, "selector": {"matchLabels": group.labels}}
    spec_json["template"] = _pod_template(group)
    return {"metadata": _metadata(cluster, parts, level), "spec": spec_json, "status": status}


def _cron_job(cluster: Cluster, parts: Parts, level: int) -> Json:
    template = {"metadata": {"creationTimestamp": None}, "spec": {"template": _pod_template(parts[0][0])}}
    spec_json: Json = {"schedule": "30 2 * * *", "concurrencyPolicy": "Forbid", "suspend": False}
    last = rfc3339(cluster.clock.epoch - min(group.age for group, _ in parts))
    return {
        "metadata": _metadata(cluster, parts, level),
        "spec": spec_json | {"jobTemplate": template},
        "status": {"lastScheduleTime": last},
    }


_MAKERS = {"Job": _job, "CronJob": _cron_job}


def direct(cluster: Cluster, group: Group, members: Members) -> Json:
    """Return the direct controller of a group's pods."""
    return _MAKERS.get(group.owners[0].kind, _controller)(cluster, [(group, members)], 0)


def controllers(cluster: Cluster, kind: str, groups: Mapping[Group, Members]) -> list[Json]:
    """Return every controller of a kind, in the order of a list."""
    make = _MAKERS.get(kind, _controller)
    by_uid: dict[str, tuple[int, list[tuple[Group, Members]]]] = {}
    for group, members in groups.items():
        for level, owner in enumerate(group.owners):
            if owner.kind == kind:
                by_uid.setdefault(owner.uid, (level, []))[1].append((group, members))
    objects = [make(cluster, parts, level) for level, parts in by_uid.values()]
    return sorted(objects, key=lambda item: (item["metadata"]["namespace"], item["metadata"]["name"]))


def _named(cluster: Cluster, name: str, bits: int, version: int, age: int, namespace: str = "") -> Json:
    """Return the metadata of an object without an owner."""
    return {
        "name": name, **({"namespace": namespace} if namespace else {}), "uid": dice.uid(bits),
        "resourceVersion": str(version), "creationTimestamp": rfc3339(cluster.clock.epoch - age),
    }  # fmt: skip


def namespaces(cluster: Cluster) -> list[Json]:
    """Return the namespaces."""
    return [
        {
            "metadata": _named(cluster, name, dice.of_text(cluster.seed, f"namespace/{name}"), 100 + place, 212 * 86400)
            | {"labels": {"kubernetes.io/metadata.name": name}},
            "spec": {"finalizers": ["kubernetes"]},
            "status": {"phase": "Active"},
        }
        for place, name in enumerate(cluster.namespaces)
    ]


def services(cluster: Cluster) -> list[Json]:
    """Return the services: the one of the Prometheus."""
    if "monitoring" not in cluster.namespaces:
        return []
    name = "prometheus-server"
    bits = dice.of_text(cluster.seed, f"service/{name}")
    selector = {"app.kubernetes.io/name": "prometheus", "app.kubernetes.io/instance": "prometheus"}
    labels = {
        "app.kubernetes.io/component": "server", "app.kubernetes.io/instance": "prometheus",
        "app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/name": "prometheus",
        "app.kubernetes.io/part-of": "prometheus", "app.kubernetes.io/version": "v3.4.1",
        "helm.sh/chart": "prometheus-27.20.0",
    }  # fmt: skip
    spec_json: Json = {
        "ports": [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": 9090}], "selector": selector,
        "clusterIP": "172.20.41.7", "clusterIPs": ["172.20.41.7"], "type": "ClusterIP", "sessionAffinity": "None",
        "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "internalTrafficPolicy": "Cluster",
    }  # fmt: skip
    metadata = _named(cluster, name, bits, 4_700_017, 44 * 86400, "monitoring") | {"labels": labels}
    return [{"metadata": metadata, "spec": spec_json, "status": {"loadBalancer": {}}}]


def leases(cluster: Cluster) -> list[Json]:
    """Return the heartbeats of the nodes."""
    renewed = rfc3339(cluster.clock.epoch - 4).replace("Z", ".000000Z")
    return [
        {
            "metadata": _named(
                cluster, node.name, node.bits + 1, 5_200_000 + node.index, node.pool.age, "kube-node-lease"
            ),
            "spec": {"holderIdentity": node.name, "leaseDurationSeconds": 40, "renewTime": renewed},
        }
        for node in cluster.nodes
    ]

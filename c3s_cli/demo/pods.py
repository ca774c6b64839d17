"""A pod of the cluster -> its JSON. Pods of the same group and state share one template."""

from __future__ import annotations

from typing import NamedTuple

from c3s_cli.demo import dice
from c3s_cli.demo.catalogue import FINISHED, STARTING, Stage, Workload
from c3s_cli.demo.clock import rfc3339
from c3s_cli.demo.cluster import Cluster
from c3s_cli.demo.pod_spec import resize, spec
from c3s_cli.demo.pod_status import status
from c3s_cli.demo.templates import Json, Template
from c3s_cli.demo.things import Group, Pod

# Labels of a StatefulSet's pods.
_INDEX, _NAME = "apps.kubernetes.io/pod-index", "statefulset.kubernetes.io/pod-name"
_WORDS = {
    Stage.SUCCEEDED: "Completed", Stage.FAILED: "Error", Stage.EVICTED: "Evicted", Stage.CRASHING: "CrashLoopBackOff",
    Stage.NEW: "Pending", Stage.PENDING: "Pending", Stage.CREATING: "ContainerCreating",
    Stage.TERMINATING: "Terminating",
}  # fmt: skip
_RARE = ("finished", "restarted", "deleted", "restarts", "ordinal", "nodes")


class Texts(NamedTuple):
    """The templates of a kind of pod, and its cells in `kubectl get pods`."""

    item: Template
    metadata: Template
    ready: str
    status: str
    rare: bool  # whether it has gaps that most pods have not


def _metadata(group: Group, state: str) -> Json:
    workload, owner = group.workload, group.owner
    labels = dict(group.labels)
    annotations = {"prometheus.io/scrape": "true"} if workload.boxes[0].port else {}
    result: Json = {"name": "@@name@@"}
    if owner and workload.kind != "Node":
        stem = workload.name if workload.kind == "StatefulSet" else owner.name
        result["generateName"] = f"{stem}-"
    result |= {"namespace": group.namespace, "uid": "@@uid@@", "resourceVersion": "@@rv@@"}
    if state in (Stage.RESIZED, Stage.DEFERRED):
        result["generation"] = 2
    result["creationTimestamp"] = "@@created@@"
    if state == Stage.TERMINATING:
        result |= {"deletionTimestamp": "@@deleted@@", "deletionGracePeriodSeconds": 30}
    if workload.kind == "StatefulSet":
        labels |= {_INDEX: "@@ordinal@@", _NAME: "@@name@@"}
    if workload.kind == "Node":
        annotations = {"kubernetes.io/config.mirror": "@@hex@@", "kubernetes.io/config.source": "file"}
    if labels:
        result["labels"] = dict(sorted(labels.items()))
    if annotations:
        result["annotations"] = annotations
    if owner:
        blocks = {} if owner.kind == "Node" else {"blockOwnerDeletion": True}
        result["ownerReferences"] = [owner.reference | blocks]
    fields: Json = {"f:metadata": {"f:labels": {".": {}} | {f"f:{key}": {} for key in group.labels}}}
    manager = {"manager": "kube-controller-manager", "operation": "Update", "apiVersion": "v1", "time": "@@created@@"}
    result["managedFields"] = [manager | {"fieldsType": "FieldsV1", "fieldsV1": fields}]
    return result


def _printed(workload: Workload, state: str) -> tuple[str, str]:
    """(READY, STATUS) of `kubectl get pods`."""
    count = len(workload.boxes) + len(workload.sidecars)
    ready = 0 if state in FINISHED | STARTING | {Stage.CRASHING} else count
    return f"{ready}/{count}", _WORDS.get(state, "Running")


def _build(group: Group, state: str, *, restarts: bool) -> Texts:
    workload = group.workload
    metadata = _metadata(group, state)
    spec_json = spec(workload)
    status_json = status(workload, state, restarts=restarts)
    if state not in (Stage.NEW, Stage.PENDING):
        spec_json["nodeName"] = "@@node@@"
    if state in (Stage.RESIZED, Stage.DEFERRED):
        resize(spec_json)
        if state == Stage.RESIZED:
            done = spec_json["containers"][0]["resources"]
            status_json["containerStatuses"][0] |= {"allocatedResources": done["requests"], "resources": done}
    whole = {"metadata": metadata, "spec": spec_json, "status": status_json}
    item = Template(whole)
    return Texts(item, Template(metadata), *_printed(workload, state), not item.names.isdisjoint(_RARE))


class Pods:
    """Renders pods; every group has a template for each state that its pods are in."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._texts: dict[tuple[Group, str, bool], Texts] = {}

    def texts(self, pod: Pod) -> Texts:
        """Return the templates of a pod."""
        key = pod.group, pod.state, pod.restarts > 0
        texts = self._texts.get(key)
        if texts is None:
            texts = self._texts[key] = _build(pod.group, pod.state, restarts=pod.restarts > 0)
        return texts

    def gaps(self, pod: Pod, *, rare: bool) -> dict[str, str]:
        """Return what fills the gaps of the templates."""
        epoch = self.cluster.clock.epoch
        digits = dice.hexadecimal(pod.bits)
        node = pod.node
        created = pod.created
        gaps: dict[str, str] = {
            "name": pod.name,
            "namespace": pod.group.namespace,
            "uid": dice.uuid(digits),
            "hex": digits,
            "suffix": digits[:5],
            "rv": str(pod.version or 5_000_000 + pod.bits % 90_000),
            "created": rfc3339(created),
            "started": rfc3339(pod.started or min(created + 7, epoch)),
            "node": node.name if node else "",
            "host_ip": node.host_ip if node else "",
            "pod_ip": pod.pod_ip,
        }
        if rare:
            gaps |= {
                "finished": rfc3339(pod.finished or min(created + 431, epoch)),
                "restarted": rfc3339(self.restarted(pod)),
                "deleted": rfc3339(pod.deleted or epoch + 12),
                "restarts": str(pod.restarts),
                "ordinal": str(pod.ordinal),
                "nodes": str(len(self.cluster.nodes)),
            }
        return gaps

    def restarted(self, pod: Pod) -> int:
        """When its first container was last restarted, in seconds since 1970."""
        return pod.restarted or self.cluster.clock.epoch - 300 - pod.bits % 9000

    def item(self, pod: Pod) -> str:
        """Return a pod as in a list: without kind and apiVersion."""
        texts = self.texts(pod)
        return texts.item.filled(self.gaps(pod, rare=texts.rare))

    def metadata(self, pod: Pod) -> str:
        """Return only its metadata."""
        texts = self.texts(pod)
        return texts.metadata.filled(self.gaps(pod, rare=texts.rare))


def labels(pod: Pod) -> dict[str, str]:
    """Return a pod's labels."""
    if pod.group.workload.kind != "StatefulSet":
        return pod.group.labels
    return pod.group.labels | {_INDEX: str(pod.ordinal), _NAME: pod.name}

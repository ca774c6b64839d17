"""A node of the cluster -> its JSON, as a cloud's kubelets report it."""

from __future__ import annotations

from c3s_cli.demo import dice
from c3s_cli.demo.catalogue import Pool
from c3s_cli.demo.clock import rfc3339
from c3s_cli.demo.cluster import Cluster
from c3s_cli.demo.sizes import REGION
from c3s_cli.demo.templates import Json, Template
from c3s_cli.demo.things import Node

KUBELET = "v1.33.2"
_REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/"
_IMAGES = {"checkout": 400_000_000, "search-api": 381_000_000, "payments": 352_000_000, "cart": 301_000_000}
_CONDITIONS = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)
_LOST = ("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")
_INFO: Json = {
    "machineID": "@@hex@@", "systemUUID": "@@uid@@", "bootID": "@@boot@@",
    "kernelVersion": "6.1.134-152.225.amzn2023.x86_64", "osImage": "Amazon Linux 2023.7.20250609",
    "containerRuntimeVersion": "containerd://1.7.27", "kubeletVersion": KUBELET, "kubeProxyVersion": "",
    "operatingSystem": "linux", "architecture": "amd64",
}  # fmt: skip
_STATUS: Json = {
    "addresses": [
        {"type": "InternalIP", "address": "@@ip@@"},
        {"type": "Hostname", "address": "@@name@@"},
        {"type": "InternalDNS", "address": "@@name@@.eu-west-1.compute.internal"},
    ],
    "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
}
_ANNOTATIONS = {
    "alpha.kubernetes.io/provided-node-ip": "@@ip@@",
    "csi.volume.kubernetes.io/nodeid": '{"ebs.csi.aws.com":"i-@@instance@@"}',
    "node.alpha.kubernetes.io/ttl": "0",
    "volumes.kubernetes.io/controller-managed-attach-detach": "true",
}


def labels(node: Node) -> dict[str, str]:
    """Return a node's labels: the well-known ones, and those of its pool."""
    pool = node.pool
    result = {
        "beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": node.name, "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": f"{pool.family}.{pool.instance}",
        "topology.kubernetes.io/region": REGION, "topology.kubernetes.io/zone": node.zone,
        **dict(pool.labels),
    }  # fmt: skip
    if pool.gpus:
        result["nvidia.com/gpu.product"] = "NVIDIA-A10G"
    return dict(sorted(result.items()))


def taints(node: Node) -> list[Json]:
    """Return a node's taints; a cordoned node has one more."""
    result: list[Json] = [
        {"key": k, "value": v, "effect": e} if v else {"key": k, "effect": e} for k, v, e in node.pool.taints
    ]
    if node.unschedulable:
        key = "node.kubernetes.io/unschedulable"
        result.append({"key": key, "effect": "NoSchedule", "timeAdded": "@@cordoned@@"})
    if not node.ready:
        lost = {"key": "node.kubernetes.io/unreachable", "timeAdded": "@@ready@@"}
        result += [lost | {"effect": "NoSchedule"}, lost | {"effect": "NoExecute"}]
    return result


def capacity(pool: Pool, slots: int) -> tuple[Json, Json]:
    """(capacity, allocatable) of a pool's machines in the quantities that a kubelet writes."""
    memory = pool.memory * 1_048_576 - 1_145_896  # KiB; firmware and kernel keep some
    whole: Json = {
        "cpu": str(pool.cores), "ephemeral-storage": "104845292Ki", "hugepages-1Gi": "0", "hugepages-2Mi": "0",
        "memory": f"{memory}Ki", "pods": str(slots),
    }  # fmt: skip
    left = whole | {"cpu": f"{pool.cores * 1000 - 90}m", "ephemeral-storage": "95551679124"}
    left["memory"] = f"{memory - 1_016_832}Ki"
    if pool.gpus:
        whole["nvidia.com/gpu"] = left["nvidia.com/gpu"] = str(pool.gpus)
    return whole, left


def _conditions(node: Node) -> list[Json]:
    """Return its conditions; of a node that is lost nothing is known any more."""
    result: list[Json] = []
    for kind, *words in _CONDITIONS:
        status, reason, message = words if node.ready else _LOST
        result.append(
            {"type": kind, "status": status, "lastHeartbeatTime": "@@heartbeat@@", "lastTransitionTime": "@@ready@@"}
            | {"reason": reason, "message": message}
        )
    return result


def _dictionary(node: Node) -> Json:
    spec: Json = {"podCIDR": "@@cidr@@", "podCIDRs": ["@@cidr@@"], "providerID": "aws:///@@zone@@/i-@@instance@@"}
    if taint := taints(node):
        spec["taints"] = taint
    if node.unschedulable:
        spec["unschedulable"] = True
    whole, left = capacity(node.pool, node.capacity)
    swap = {"swap": {"capacity": node.pool.swap}} if node.pool.swap else {}
    images = [{"names": [f"{_REGISTRY}{name}@sha256:@@hex@@@@hex@@"], "sizeBytes": _IMAGES[name]} for name in _IMAGES]
    status: Json = {"capacity": whole, "allocatable": left, "conditions": _conditions(node), **_STATUS}
    names = {"kubernetes.io/hostname": "@@name@@", "topology.kubernetes.io/zone": "@@zone@@"}
    metadata: Json = {"name": "@@name@@", "uid": "@@uid@@", "resourceVersion": "@@rv@@"}
    metadata |= {"creationTimestamp": "@@created@@", "labels": labels(node) | names, "annotations": _ANNOTATIONS}
    return {"metadata": metadata, "spec": spec, "status": status | {"nodeInfo": _INFO | swap, "images": images}}


class Nodes:
    """Renders nodes; the machines of a pool share a template."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._templates: dict[tuple[object, ...], tuple[Template, Template]] = {}

    def _texts(self, node: Node) -> tuple[Template, Template]:
        key = node.pool.name, node.unschedulable, node.capacity, node.ready
        texts = self._templates.get(key)
        if texts is None:
            whole = _dictionary(node)
            texts = self._templates[key] = Template(whole), Template(whole["metadata"])
        return texts

    def _gaps(self, node: Node) -> dict[str, str]:
        epoch, created = self.cluster.clock.epoch, self.created(node)
        digits = dice.hexadecimal(node.bits)
        return {
            "name": node.name,
            "zone": node.zone,
            "hex": digits,
            "uid": dice.uuid(digits),
            "boot": dice.uid(dice.mix(node.bits, self.cluster.seed)),
            "rv": str(node.version or 5_100_000 + node.index),
            "created": rfc3339(created),
            "ready": rfc3339(node.changed or created + 31),
            "heartbeat": rfc3339((node.changed or epoch - 20) - node.index * 13 % 240),
            "cordoned": rfc3339(epoch - 2700),
            "ip": node.host_ip,
            "cidr": f"10.{128 + node.index // 256}.{node.index % 256}.0/24",
            "instance": f"0{digits[:16]}",
        }

    def item(self, node: Node) -> str:
        """Return a node as in a list: without kind and apiVersion."""
        return self._texts(node)[0].filled(self._gaps(node))

    def metadata(self, node: Node) -> str:
        """Return only its metadata."""
        return self._texts(node)[1].filled(self._gaps(node))

    def created(self, node: Node) -> int:
        """When it joined, in seconds since 1970."""
        return self.cluster.clock.epoch - node.pool.age - node.index % 40 * 61

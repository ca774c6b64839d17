"""The names of the kinds of row: in `c3s columns`, and as words of commands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from c3s_cli.columns.vocabulary import COMPARED, Kind

KINDS: Final = {
    "nodes": Kind.NODE,
    "pods": Kind.POD,
    "node-groups": Kind.NODE_GROUP,
    "pod-groups": Kind.POD_GROUP,
    "cluster": Kind.CLUSTER,
    "volumes": Kind.VOLUME,
    "fit": Kind.FIT,
    "fit-groups": Kind.FIT_GROUP,
    "moves": Kind.MOVE,
    "move-groups": Kind.MOVE_GROUP,
    "node-changes": Kind.NODE_CHANGE,
    "pod-changes": Kind.POD_CHANGE,
    "node-group-changes": Kind.NODE_GROUP_CHANGE,
    "pod-group-changes": Kind.POD_GROUP_CHANGE,
    "cluster-changes": Kind.CLUSTER_CHANGE,
    "rightsize": Kind.RIGHTSIZE,
    "rightsize-groups": Kind.RIGHTSIZE_GROUP,
}
_KEYS: Final = {
    Kind.NODE: ("context", "pool", "zone", "instance-type", "status", "version"),
    Kind.FIT: ("context", "pool", "zone", "instance-type", "status", "workload"),
    Kind.MOVE: ("context", "namespace", "from", "to", "owner", "pool", "zone", "instance-type"),
    Kind.RIGHTSIZE: ("context", "namespace", "owner", "container", "finding"),
    Kind.POD: ("context", "namespace", "node", "owner", "pool", "zone", "instance-type", "status"),
}
# The keys of --by, besides labels.
KEYS: Final = _KEYS | {change: _KEYS[base] for change, base in COMPARED.items() if base in _KEYS}
# What labels of nodes say, by the names that other tools have for it.
OF_LABELS: Final = {
    "os": "kubernetes.io/os",
    "arch": "kubernetes.io/arch",
    "architecture": "kubernetes.io/arch",
    "instance": "node.kubernetes.io/instance-type",
    "instancetype": "node.kubernetes.io/instance-type",
    "instance-type": "node.kubernetes.io/instance-type",
    "type": "node.kubernetes.io/instance-type",
    "region": "topology.kubernetes.io/region",
}
# kubectl's other names, as it accepts them before the name of an object.
ALIASES: Final = {"recommend": "rightsize", "node": "nodes", "no": "nodes", "pod": "pods", "po": "pods"}


def kind_named(word: str) -> Kind | None:
    """Return the kind that a word means, such as `node` or `pods`; None if it means none."""
    return KINDS.get(ALIASES.get(word, word))


# Workloads by their names in kubectl: the kind, as in the column `owner`, the name of the resource, and its version.
_WORKLOADS: Final = {
    ("deployments", "deployment", "deploy"): ("Deployment", "deployment.apps", "v1"),
    ("statefulsets", "statefulset", "sts"): ("StatefulSet", "statefulset.apps", "v1"),
    ("daemonsets", "daemonset", "ds"): ("DaemonSet", "daemonset.apps", "v1"),
    ("replicasets", "replicaset", "rs"): ("ReplicaSet", "replicaset.apps", "v1"),
    ("jobs", "job"): ("Job", "job.batch", "v1"),
    ("cronjobs", "cronjob", "cj"): ("CronJob", "cronjob.batch", "v1"),
    ("rollouts", "rollout"): ("Rollout", "rollout.argoproj.io", "v1alpha1"),
}
WORKLOADS: Final = {name: kind for names, (kind, _, _) in _WORKLOADS.items() for name in names} | {
    # As -o name prints them.
    resource: kind
    for kind, resource, _ in _WORKLOADS.values()
}
# Kinds whose pods may belong to an owner of theirs, and what to say of those.
OWNED: Final = {
    "ReplicaSet": "ReplicaSets of Deployments are not listed, their pods belong to these: c3s top deploy",
    "Job": "Jobs of CronJobs are not listed, their pods belong to these: c3s top cronjobs",
}
NAMES: Final = {kind: names for names, (kind, _, _) in _WORKLOADS.items()}
RESOURCES: Final = {kind: resource for kind, resource, _ in _WORKLOADS.values()}
# Where the API server has them: the group and version, and the name of their lists.
LISTS: Final = {
    kind: (f"{resource.partition('.')[2]}/{version}", names[0])
    for names, (kind, resource, version) in _WORKLOADS.items()
}
ALL_WORKLOADS: Final = ("workloads", "workload")
NAMESPACES: Final = ("namespaces", "namespace", "ns")
# The words that stand for rollups of pods, for completion.
ROLLUPS: Final = (*(names[0] for names in _WORKLOADS), ALL_WORKLOADS[0], NAMESPACES[0])


def is_rollup(word: str) -> bool:
    """Return whether a word stands for a rollup of pods."""
    return rollup(word, None, ()) is not None


def belongs(owner: str, workload: str) -> bool:
    """Return whether an owner, as Kind/name, is the workload Kind/name, one of a Kind, or one of that name: */name."""
    kind, _, name = workload.partition("/")
    its_kind, _, its_name = owner.partition("/")
    return kind in ("*", its_kind) and name in ("", its_name)


def list_path(word: str) -> str | None:
    """Return the path of the objects of a kind, with {} for a namespace if they have one; None for several kinds."""
    if word in NAMESPACES:
        return "/api/v1/namespaces"
    if word not in WORKLOADS:
        return None
    group, plural = LISTS[WORKLOADS[word]]
    return f"/apis/{group}/namespaces/{{}}/{plural}"


def rollup(word: str, name: str | None, flags: Sequence[str]) -> list[str] | None:
    """Return the flags of `c3s top pods` that a kind as a word stands for; None if it is no such kind.

    word: the kind, or KIND/NAME for the pods of one workload. name: the NAME after it. flags: those that are given.
    """
    kind, slash, workload = word.partition("/")
    kind = kind.casefold()
    if kind in NAMESPACES and (workload or not slash) and not (name and workload):
        name = name or workload
        somewhere = not {"-A", "--all-namespaces", "-n", "--namespace"}.isdisjoint(flags)
        return ["--by", "namespace", *(["-n", name] if name else [] if somewhere else ["-A"])]
    if kind in WORKLOADS and slash and workload and not name:
        return ["--workload", f"{WORKLOADS[kind]}/{workload}"]
    if slash or (kind not in WORKLOADS and kind not in ALL_WORKLOADS):
        return None
    which = WORKLOADS.get(kind, "*")
    prefix, slash, rest = (name or "").partition("/")
    if slash and WORKLOADS.get(prefix.casefold()) == which:
        name = rest
    if name and "--containers" in flags and which != "*":
        return ["--workload", f"{which}/{name}"]
    return ["--by", "owner", "--workload", f"{which}/{name}" if name else which]

"""Details of nodes: status, roles, version, taints, pool, zone, instance type."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Run
from tests.servers import FakeApi, node, node_metrics

Object = dict[str, Any]
KUBERNETES = "kubernetes.io"


def shown(run: Run, api: FakeApi, columns: str, **more: Any) -> Object:
    """Return the document of one node."""
    swap = more.pop("used_swap", None)
    api.nodes(node("a", **more))
    api.node_metrics(node_metrics("a", **({"swap": swap} if swap else {})))
    result = run(f"top nodes -o json --columns {columns} --server {api.url}")
    assert result.code == 0, result.err
    (item,) = json.loads(result.out)["items"]
    document: Object = item
    return document


def condition(kind: str, status: str) -> Object:
    return {"type": kind, "status": status, "lastTransitionTime": "2026-03-01T10:30:00Z"}


@pytest.mark.parametrize(
    ("conditions", "spec", "status"),
    [
        ([condition("Ready", "True")], {}, "Ready"),
        ([condition("MemoryPressure", "True"), condition("Ready", "False")], {}, "NotReady"),
        ([condition("DiskPressure", "False"), condition("Ready", "Unknown")], {}, "NotReady"),
        ([condition("MemoryPressure", "True")], {}, "Unknown"),
        ([], {}, "Unknown"),
        (None, {}, "Unknown"),
        ([condition("Ready", "True")], {"unschedulable": True}, "Ready,SchedulingDisabled"),
        ([condition("Ready", "False")], {"unschedulable": True}, "NotReady,SchedulingDisabled"),
        ([], {"unschedulable": True}, "Unknown,SchedulingDisabled"),
    ],
)
def test_the_status_is_that_of_kubectl(
    run: Run, api: FakeApi, conditions: list[Object] | None, spec: Object, status: str
) -> None:
    assert shown(run, api, "status", conditions=conditions, spec=spec)["status"] == status


@pytest.mark.parametrize(
    ("labels", "roles"),
    [
        ({}, ""),
        ({f"node-role.{KUBERNETES}/control-plane": ""}, "control-plane"),
        ({f"node-role.{KUBERNETES}/b": "", f"node-role.{KUBERNETES}/a": "", f"{KUBERNETES}/role": "c"}, "a,b,c"),
        ({f"{KUBERNETES}/role": "", f"node-role.{KUBERNETES}/": ""}, ""),
    ],
)
def test_roles_are_labels(run: Run, api: FakeApi, labels: dict[str, str], roles: str) -> None:
    assert ",".join(shown(run, api, "roles", labels=labels)["roles"] or ()) == roles


def test_taints_are_written_as_kubectl_takes_them(run: Run, api: FakeApi) -> None:
    taints = [
        {"key": "a", "value": "b", "effect": "NoSchedule"},
        {"key": "c", "effect": "NoExecute"},
        {"key": "d", "value": "", "effect": "PreferNoSchedule"},
    ]
    spec = {"taints": taints}
    assert shown(run, api, "taints", spec=spec)["taints"] == ["a=b:NoSchedule", "c:NoExecute", "d:PreferNoSchedule"]


LABELS = {
    "pool": (
        *("karpenter.sh/nodepool", "karpenter.sh/provisioner-name", "cloud.google.com/gke-nodepool"),
        *("eks.amazonaws.com/nodegroup", "alpha.eksctl.io/nodegroup-name", "kubernetes.azure.com/agentpool"),
        *("agentpool", "kops.k8s.io/instancegroup"),
    ),
    "zone": (f"topology.{KUBERNETES}/zone", f"failure-domain.beta.{KUBERNETES}/zone"),
    "instanceType": (f"node.{KUBERNETES}/instance-type", f"beta.{KUBERNETES}/instance-type"),
}


@pytest.mark.parametrize("column", LABELS)
def test_the_labels_of_every_provider_are_known_and_the_first_one_counts(run: Run, api: FakeApi, column: str) -> None:
    known = LABELS[column]
    for place in range(len(known)):
        labels = {label: label for label in reversed(known[place:])} | {"other": "y"}
        assert shown(run, api, column, labels=labels)[column] == known[place]
    assert shown(run, api, column, labels={"other": "y"})[column] == ""


def test_version_swap_and_age_come_from_the_node(run: Run, api: FakeApi) -> None:
    info = {"kubeletVersion": "v1.35.1", "swap": {"capacity": 4096}}
    document = shown(run, api, "version,swap,swap.capacity,age", nodeInfo=info, used_swap="1Ki")
    assert document["version"] == "v1.35.1"
    assert document["swap"] == {"usage": 1024, "capacity": 4096}
    assert document["age"] > 0

"""c3s fit: classes, limit ranges and quotas decide about pods before the scheduler does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.analysis.clusters import Json, fitted, in_zone, workload
from tests.conftest import Result, Run
from tests.servers import FakeApi, Reply, node, pod, status

RUNTIMES = "/apis/node.k8s.io/v1/runtimeclasses"
PRIORITIES = "/apis/scheduling.k8s.io/v1/priorityclasses"
DEVICES = "/apis/resource.k8s.io/v1/deviceclasses"
QUOTAS = "/api/v1/namespaces/default/resourcequotas"
RANGES = "/api/v1/namespaces/default/limitranges"
GPU = "example.com/gpu"


def listed(api: FakeApi, path: str, *items: Json) -> None:
    api.routes[path] = Reply({"metadata": {}, "items": list(items)})


def fit(run: Run, api: FakeApi, tmp_path: Path, *manifests: Json, flags: str = "--limit 0") -> Result:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"kind": "List", "items": manifests}))
    result = run(f"fit -f {path} {flags} --columns placed,limitedBy --server {api.url}")
    return result._replace(
        err="".join(line for line in result.err.splitlines(keepends=True) if "not shown" not in line)
    )


@pytest.fixture
def pair(api: FakeApi) -> FakeApi:
    api.nodes(in_zone("n1", "a", sandbox="yes"), in_zone("n2", "b"))
    api.pods()
    return api


# --- runtime classes ------------------------------------------------------------------------------------------


def test_a_runtime_class_adds_overhead_labels_and_tolerations(run: Run, api: FakeApi, tmp_path: Path) -> None:
    taint = {"key": "sandbox", "effect": "NoSchedule"}
    api.nodes(node("n1", labels={"sandbox": "yes"}, spec={"taints": [taint]}), node("n2"))
    api.pods()
    scheduling = {"nodeSelector": {"sandbox": "yes"}, "tolerations": [{"key": "sandbox", "operator": "Exists"}]}
    kind = {"metadata": {"name": "box"}, "overhead": {"podFixed": {"cpu": "1"}}, "scheduling": scheduling}
    listed(api, RUNTIMES, kind)
    manifest = workload("ReplicaSet", 9, {"runtimeClassName": "box"})
    assert fitted(run, api, tmp_path, manifest) == {"ReplicaSet/x": {"n1": 2, "n2": 0}}
    # What the pod states itself stays.
    manifest = workload("ReplicaSet", 9, {"runtimeClassName": "box", "overhead": {"cpu": "3"}})
    assert fitted(run, api, tmp_path, manifest) == {"ReplicaSet/x": {"n1": 1, "n2": 0}}


def test_a_missing_runtime_class_refuses_pods(run: Run, pair: FakeApi, tmp_path: Path) -> None:
    listed(pair, RUNTIMES)
    manifest = workload("ReplicaSet", 1, {"runtimeClassName": "box"})
    result = fit(run, pair, tmp_path, manifest, flags="--no-headers")
    assert [line.split(maxsplit=2) for line in result.out.splitlines()] == [
        ["n1", "0", "runtime class box missing"],
        ["n2", "0", "runtime class box missing"],
    ]
    assert result.err == "0 of 1 replicas fit\nno pod fits: runtime class box missing\n"
    kind = {"kind": "RuntimeClass", "metadata": {"name": "box"}, "handler": "runsc"}
    assert fit(run, pair, tmp_path, kind, manifest).code == 0


def test_a_class_that_cannot_be_read_is_not_considered(run: Run, pair: FakeApi, tmp_path: Path) -> None:
    pair.routes[RUNTIMES] = status(403, "Forbidden", "runtimeclasses is forbidden")
    result = fit(run, pair, tmp_path, workload("ReplicaSet", 1, {"runtimeClassName": "box"}))
    assert result.err.splitlines() == [
        "warning: runtime classes could not be read: Error from server (Forbidden): runtimeclasses is forbidden",
        "1 of 1 replicas fit",
        "not considered: runtime class box (ReplicaSet/x)",
    ]
    assert result.code == 5


# --- priorities -----------------------------------------------------------------------------------------------


def test_who_would_be_preempted_is_named(run: Run, pair: FakeApi, tmp_path: Path) -> None:
    listed(pair, PRIORITIES, {"metadata": {"name": "high"}, "value": 10}, {"metadata": {"name": "low"}, "value": -1})
    listed_never = {"metadata": {"name": "polite"}, "value": 10, "preemptionPolicy": "Never"}
    running = [
        pod("default", "old", "n1", requests={"cpu": "2"}, spec={"priority": 5}),
        pod("default", "tiny", "n1", requests={"cpu": "1"}, spec={"priority": 1}),
        pod("default", "small", "n1", requests={"cpu": "1"}, spec={"priority": 0}),
        pod("default", "big", "n2", requests={"cpu": "4"}, spec={"priority": 7}),
    ]
    pair.pods(*running)
    high = workload("ReplicaSet", 1, {"priorityClassName": "high"})
    result = fit(run, pair, tmp_path, high)
    said = "0 of 1 replicas fit\none more would preempt pods of lower priority on n1: default/small\n"
    assert (result.code, result.err) == (3, said)
    wide = workload("ReplicaSet", 1, {"priorityClassName": "high", "overhead": {"cpu": "1"}})
    assert fit(run, pair, tmp_path, wide).err.endswith("on n1: default/tiny, default/small\n")
    for name in ("low", "polite"):
        listed(pair, PRIORITIES, {"metadata": {"name": "low"}, "value": -1}, listed_never)
        result = fit(run, pair, tmp_path, workload("ReplicaSet", 1, {"priorityClassName": name}))
        assert result.err == "0 of 1 replicas fit\n"


def test_no_priority_class_is_read_for_those_of_the_system(run: Run, pair: FakeApi, tmp_path: Path) -> None:
    pair.pods(*(pod("default", f"p{n}", f"n{n}", requests={"cpu": "4"}) for n in (1, 2)))
    critical = workload("ReplicaSet", 1, {"priorityClassName": "system-node-critical"})
    assert "on n1: default/p1\n" in fit(run, pair, tmp_path, critical).err
    assert PRIORITIES not in pair.paths()
    listed(pair, PRIORITIES)
    result = fit(run, pair, tmp_path, workload("ReplicaSet", 1, {"priorityClassName": "gone"}))
    assert result.err == "0 of 1 replicas fit\nno pod fits: priority class gone missing\n"


# --- limit ranges ---------------------------------------------------------------------------------------------


def of_containers(**more: Json) -> Json:
    return {"metadata": {"name": "r", "namespace": "default"}, "spec": {"limits": [{"type": "Container", **more}]}}


@pytest.mark.parametrize(
    ("item", "resources", "count"),
    [
        (of_containers(defaultRequest={"cpu": "2"}), {}, 2),
        (of_containers(defaultRequest={"cpu": "2"}), {"requests": {"cpu": "1"}}, 4),
        # The API server defaults requests to limits first.
        (of_containers(defaultRequest={"cpu": "2"}), {"limits": {"cpu": "1"}}, 4),
        (of_containers(default={"cpu": "2"}), {}, 2),
        (of_containers(max={"cpu": "2"}), {}, 2),
        (of_containers(max={"cpu": "1"}), {"requests": {"cpu": "2"}}, 0),
        (of_containers(max={"cpu": "1"}), {"limits": {"cpu": "2"}, "requests": {"cpu": "1"}}, 0),
        (of_containers(min={"cpu": "2"}), {"requests": {"cpu": "1"}}, 0),
        (of_containers(min={"cpu": "1"}), {"requests": {"cpu": "1"}}, 4),
        (of_containers(maxLimitRequestRatio={"cpu": "1.5"}), {"limits": {"cpu": "2"}, "requests": {"cpu": "1"}}, 0),
        (of_containers(maxLimitRequestRatio={"cpu": "2"}), {"limits": {"cpu": "2"}, "requests": {"cpu": "1"}}, 4),
        (
            {
                "metadata": {"name": "r", "namespace": "default"},
                "spec": {"limits": [{"type": "Pod", "max": {"cpu": "1500m"}}]},
            },
            {"limits": {"cpu": "2"}, "requests": {"cpu": "1"}},
            0,
        ),
        (
            {
                "metadata": {"name": "r", "namespace": "default"},
                "spec": {"limits": [{"type": "PersistentVolumeClaim"}]},
            },
            {},
            4,
        ),
    ],
)
def test_limit_ranges_add_defaults_and_refuse_pods(
    run: Run, api: FakeApi, tmp_path: Path, item: Json, resources: Json, count: int
) -> None:
    api.nodes(node("n1", allocatable={"cpu": "4", "memory": "1Gi", "pods": "4"}))
    api.pods()
    listed(api, RANGES, item)
    manifest = workload("ReplicaSet", 9, {"containers": [{"name": "c", "resources": resources}]})
    assert fitted(run, api, tmp_path, manifest) == {"ReplicaSet/x": {"n1": count}}
    result = fit(run, api, tmp_path, manifest)
    assert ("no pod fits: limit range r: cpu\n" in result.err) == (count == 0)


# --- quotas ---------------------------------------------------------------------------------------------------


def quota(hard: Json, used: Json | None = None, **spec: Json | list[str]) -> Json:
    return {"metadata": {"name": "q", "namespace": "default"}, "spec": {"hard": hard, **spec}} | (
        {"status": {"hard": hard, "used": used}} if used else {}
    )


@pytest.mark.parametrize(
    ("item", "count", "why"),
    [
        (quota({"pods": "3"}), 3, "pods"),
        (quota({"count/pods": "5"}, {"count/pods": "3"}), 2, "count/pods"),
        (quota({"requests.cpu": "2500m"}, {"requests.cpu": "500m"}), 2, "requests.cpu"),
        (quota({"cpu": "1"}, {"cpu": "2"}), 0, "cpu"),
        (quota({"limits.cpu": "7"}), 3, "limits.cpu"),
        # What a quota counts must be stated.
        (quota({"limits.memory": "7Gi"}), 0, "limits.memory"),
        (quota({"requests.ephemeral-storage": "1Gi"}), 4, ""),
        (quota({"pods": "3"}, scopes=["BestEffort"]), 4, ""),
        (quota({"pods": "3"}, scopes=["NotBestEffort"]), 3, "pods"),
        (quota({"pods": "3"}, scopes=["Terminating"]), 4, ""),
        (quota({"pods": "3"}, scopes=["NotTerminating"]), 3, "pods"),
        (quota({"pods": "3"}, scopes=["CrossNamespacePodAffinity"]), 4, ""),
        (quota({"pods": "3"}, scopes=["NoSuchScope"]), 4, ""),
        (
            quota(
                {"pods": "3"},
                scopeSelector={
                    "matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["high"]}]
                },
            ),
            4,
            "",
        ),
        (
            quota(
                {"pods": "3"},
                scopeSelector={"matchExpressions": [{"scopeName": "PriorityClass", "operator": "DoesNotExist"}]},
            ),
            3,
            "pods",
        ),
        ({**quota({"pods": "1"}), "metadata": {"name": "q", "namespace": "other"}}, 4, ""),
    ],
)
def test_what_a_quota_would_refuse_is_not_placed(
    run: Run, pair: FakeApi, tmp_path: Path, item: Json, count: int, why: str
) -> None:
    listed(pair, QUOTAS, item)
    resources = {"requests": {"cpu": "1"}, "limits": {"cpu": "2"}}
    result = fit(run, pair, tmp_path, workload("ReplicaSet", 4, {"containers": [{"resources": resources}]}))
    said = f"at most {count} of 4 pods: quota q: {why}\n" if why else ""
    assert result.err == f"{count} of 4 replicas fit\n{said}"
    assert result.code == (3 if why else 0)


def test_the_workloads_of_a_namespace_share_its_quota(run: Run, pair: FakeApi, tmp_path: Path) -> None:
    listed(pair, QUOTAS, quota({"pods": "5"}))
    manifests = [workload("ReplicaSet", 2, {}, name) for name in ("a", "b", "c")]
    result = fit(run, pair, tmp_path, *manifests)
    assert result.err.splitlines() == [
        "ReplicaSet/a: 2 of 2 replicas fit",
        "ReplicaSet/b: 2 of 2 replicas fit",
        "ReplicaSet/c: 1 of 2 replicas fit",
        "ReplicaSet/c: at most 1 of 2 pods: quota q: pods",
    ]
    daemons = fit(run, pair, tmp_path, workload("DaemonSet", 0, {}, "a"), workload("ReplicaSet", 4, {}, "b"))
    assert daemons.err.splitlines()[1:] == [
        "ReplicaSet/b: 3 of 4 replicas fit",
        "ReplicaSet/b: at most 3 of 4 pods: quota q: pods",
    ]


def test_a_quota_counts_the_claims_of_each_pod(run: Run, pair: FakeApi, tmp_path: Path) -> None:
    for path in ("/api/v1/persistentvolumeclaims", "/api/v1/persistentvolumes"):
        listed(pair, path)
    kind = {"metadata": {"name": "fast"}, "provisioner": "p", "volumeBindingMode": "WaitForFirstConsumer"}
    listed(pair, "/apis/storage.k8s.io/v1/storageclasses", kind)
    spec = {"storageClassName": "fast", "resources": {"requests": {"storage": "2Gi"}}}
    manifest = workload("StatefulSet", 4, {}, volumeClaimTemplates=[{"metadata": {"name": "d"}, "spec": spec}])
    for name, hard in (("requests.storage", "5Gi"), ("fast.storageclass.storage.k8s.io/persistentvolumeclaims", "2")):
        listed(pair, QUOTAS, quota({name: hard}))
        assert fit(run, pair, tmp_path, manifest).err.splitlines()[1] == f"at most 2 of 4 pods: quota q: {name}"


def test_quotas_that_cannot_be_read_make_the_answer_incomplete(run: Run, pair: FakeApi, tmp_path: Path) -> None:
    pair.routes[QUOTAS] = status(403, "Forbidden", "resourcequotas is forbidden")
    result = fit(run, pair, tmp_path, workload("ReplicaSet", 1, {}))
    words = "resource quotas of default could not be read: Error from server (Forbidden): resourcequotas is forbidden"
    assert result.err == f"warning: {words}\n1 of 1 replicas fit\n"
    assert result.code == 5
    # Something that has no room is worse.
    assert fit(run, pair, tmp_path, workload("ReplicaSet", 99, {})).code == 3


# --- devices --------------------------------------------------------------------------------------------------


def test_devices_that_a_class_serves_are_named_where_no_node_offers_them(
    run: Run, api: FakeApi, tmp_path: Path
) -> None:
    api.nodes(node("n1", allocatable={"cpu": "4", "memory": "1Gi", "pods": "9", GPU: "1"}), node("n2", cpu="2"))
    api.pods(pod("default", "old", "n2", requests={GPU: "1", "cpu": "1"}))
    asked = {"containers": [{"name": "c", "resources": {"requests": {"cpu": "500m"}, "limits": {GPU: "1"}}}]}
    manifest = workload("ReplicaSet", 3, asked)
    listed(api, DEVICES)
    assert fitted(run, api, tmp_path, manifest) == {"ReplicaSet/x": {"n1": 1, "n2": 0}}
    listed(api, DEVICES, {"metadata": {"name": "gpus"}, "spec": {"extendedResourceName": GPU}})
    assert fitted(run, api, tmp_path, manifest) == {"ReplicaSet/x": {"n1": 1, "n2": 2}}
    result = fit(run, api, tmp_path, manifest, flags="--strict --limit 0")
    assert result.err == (f"3 of 3 replicas fit\nnot considered: {GPU} of device class gpus (ReplicaSet/x)\n")
    assert result.code == 5


# --- pending pods ---------------------------------------------------------------------------------------------


def test_pending_pods_are_placed_first(run: Run, api: FakeApi, tmp_path: Path) -> None:
    api.nodes(node("n1", cpu="4"))
    gated = {"schedulingGates": [{"name": "wait"}]}
    waiting = [
        pod("default", "large", "", requests={"cpu": "3"}, phase="Pending"),
        pod("default", "first", "", requests={"cpu": "2"}, phase="Pending", spec={"priority": 3}),
        pod("default", "gated", "", requests={"cpu": "1"}, phase="Pending", spec=gated),
        pod("default", "on", "n1", requests={"cpu": "1"}),
    ]
    api.pods(*waiting)
    manifest = workload("ReplicaSet", 1, {})
    assert fit(run, api, tmp_path, workload("ReplicaSet", 3, {})).code == 0
    result = fit(run, api, tmp_path, manifest, flags="--with-pending --limit 0")
    assert result.err == "1 of 2 pending pods fit; no room for default/large\n1 of 1 replicas fit\n"
    assert result.code == 0
    assert fit(run, api, tmp_path, workload("ReplicaSet", 2, {}), flags="--with-pending --limit 0").code == 3
    document = json.loads(fit(run, api, tmp_path, manifest, flags="--with-pending -o json").out)
    assert document["metadata"]["pending"] == [
        {"pods": 2, "placed": 1, "unplaced": ["default/large"], "notConsidered": []}
    ]

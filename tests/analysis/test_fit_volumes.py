"""c3s fit: pods go where their volumes are, or can be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.analysis.clusters import HOST, ZONE, Json, fitted, in_zone, workload
from tests.conftest import Result, Run
from tests.servers import FakeApi, Reply, node, pod, status

WAITS = {"volumeBindingMode": "WaitForFirstConsumer"}
PROVISIONED: Json = {"metadata": {"name": "fast"}, "provisioner": "csi.example.com", **WAITS}
LOCAL: Json = {"metadata": {"name": "local"}, "provisioner": "kubernetes.io/no-provisioner", **WAITS}
DEFAULT = {"storageclass.kubernetes.io/is-default-class": "true"}


def claim(name: str, volume: str = "", storage: str | None = "fast", **more: Any) -> Json:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    spec |= {"volumeName": volume} if volume else {}
    spec |= {"storageClassName": storage} if storage is not None else {}
    notes = {"pv.kubernetes.io/bind-completed": "yes"} if volume else {}
    metadata = {"name": name, "namespace": "default", "annotations": notes, **more.pop("metadata", {})}
    return {"metadata": metadata, "spec": {**spec, **more}, "status": {"phase": "Bound" if volume else "Pending"}}


def volume(name: str, labels: Json | None = None, hosts: list[str] | None = None, **more: Any) -> Json:
    terms = [{"matchExpressions": [{"key": HOST, "operator": "In", "values": hosts}]}]
    spec = {"capacity": {"storage": "2Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "local", **more}
    spec |= {"nodeAffinity": {"required": {"nodeSelectorTerms": terms}}} if hosts else {}
    return {"metadata": {"name": name, "labels": labels or {}}, "spec": spec, "status": {"phase": "Available"}}


def storage(api: FakeApi, claims: list[Json], volumes: list[Json], classes: list[Json]) -> None:
    lists = {"/api/v1/persistentvolumeclaims": claims, "/api/v1/persistentvolumes": volumes}
    lists["/apis/storage.k8s.io/v1/storageclasses"] = classes
    for path, items in lists.items():
        api.routes[path] = Reply({"metadata": {}, "items": items})


def mounting(*names: str) -> Json:
    return {"volumes": [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in names]}


@pytest.fixture
def zones(api: FakeApi) -> FakeApi:
    api.nodes(in_zone("n1", "a"), in_zone("n2", "b"), node("n3", labels={HOST: "n3"}))
    api.pods()
    return api


def fit(run: Run, api: FakeApi, tmp_path: Path, *manifests: Json, flags: str = "") -> Result:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"kind": "List", "items": manifests}))
    return run(f"fit -f {path} {flags} --columns placed,limitedBy --no-headers --server {api.url}")


NOT_THERE = "claim data missing"


@pytest.mark.parametrize(
    ("claims", "volumes", "nodes", "why"),
    [
        ([claim("data", "v")], [volume("v", hosts=["n2"])], ["n2"], "volume"),
        ([claim("data", "v")], [volume("v", {ZONE: "b"})], ["n2", "n3"], "volume"),
        ([claim("data", "v")], [volume("v", {ZONE: "b__a"})], ["n1", "n2", "n3"], ""),
        ([claim("data", "v")], [volume("v", {"failure-domain.beta.kubernetes.io/zone": "a"})], ["n1", "n3"], "volume"),
        ([claim("data", "v")], [volume("v", {ZONE: "b"}, hosts=["n2"])], ["n2"], "volume"),
        ([claim("data", "v")], [volume("v")], ["n1", "n2", "n3"], ""),
        ([claim("data", "v")], [], [], "volume v missing"),
        ([], [], [], NOT_THERE),
        ([claim("data", metadata={"namespace": "other"})], [], [], NOT_THERE),
        (
            [claim("data", "v", metadata={"deletionTimestamp": "2026-03-02T09:00:00Z"})],
            [],
            [],
            "claim data being deleted",
        ),
        ([{**claim("data", "v"), "status": {"phase": "Lost"}}], [volume("v")], [], "claim data lost"),
        ([claim("data", storage="gone")], [], [], "claim data unbound"),
        ([claim("data", storage="")], [], [], "claim data unbound"),
        ([claim("data")], [], ["n1", "n2", "n3"], ""),
        ([claim("data", storage=None)], [], ["n1", "n2", "n3"], ""),
        ([claim("data", metadata={"annotations": {"volume.kubernetes.io/selected-node": "n2"}})], [], ["n2"], "volume"),
        ([claim("data", storage="zonal")], [], ["n1"], "volume"),
        ([claim("data", storage="now")], [], [], "claim data unbound"),
        ([claim("data", storage="local")], [], [], "volume"),
        (
            [claim("data", storage="local")],
            [volume("v", hosts=["n2"]), volume("w", hosts=["n3"])],
            ["n2", "n3"],
            "volume",
        ),
        ([claim("data", storage="local")], [volume("v", hosts=["n2"], capacity={"storage": "1Mi"})], [], "volume"),
        ([claim("data", storage="local")], [volume("v", hosts=["n2"], accessModes=["ReadOnlyMany"])], [], "volume"),
        ([claim("data", storage="local")], [volume("v", hosts=["n2"], volumeMode="Block")], [], "volume"),
        ([claim("data", storage="local")], [volume("v", hosts=["n2"], storageClassName="other")], [], "volume"),
        (
            [claim("data", storage="local")],
            [volume("v", hosts=["n2"], claimRef={"namespace": "default", "name": "other"})],
            [],
            "volume",
        ),
        (
            [claim("data", storage="local")],
            [volume("v", hosts=["n2"], claimRef={"namespace": "default", "name": "data"})],
            ["n2"],
            "volume",
        ),
        (
            [claim("data", storage="local", selector={"matchLabels": {"disk": "ssd"}})],
            [volume("v", {"disk": "hdd"}, hosts=["n2"]), volume("w", {"disk": "ssd"}, hosts=["n1"])],
            ["n1"],
            "volume",
        ),
    ],
)
def test_a_pod_goes_where_the_volume_of_its_claim_is_or_can_be(
    run: Run,
    zones: FakeApi,
    tmp_path: Path,
    claims: list[Json],
    volumes: list[Json],
    nodes: list[str],
    why: str,
) -> None:
    topology = [{"matchLabelExpressions": [{"key": ZONE, "values": ["a", "c"]}]}]
    zonal = {**PROVISIONED, "metadata": {"name": "zonal"}, "allowedTopologies": topology}
    now = {**PROVISIONED, "metadata": {"name": "now"}, "volumeBindingMode": "Immediate"}
    default = {**PROVISIONED, "metadata": {"name": "fast", "annotations": DEFAULT}}
    storage(zones, claims, volumes, [default, LOCAL, zonal, now])
    result = fit(run, zones, tmp_path, workload("ReplicaSet", 12, mounting("data")))
    rows = [line.split(maxsplit=2) for line in result.out.splitlines()]
    assert [row[0] for row in rows if row[1] != "0"] == nodes
    assert {row[2] for row in rows if row[1] == "0"} == ({why} if why else set())
    assert result.code == (0 if len(nodes) == 3 else 3)


def test_a_list_that_no_pod_needs_is_not_read(run: Run, zones: FakeApi, tmp_path: Path) -> None:
    storage(zones, [], [], [])
    spaced = [f"/api/v1/namespaces/default/{resource}" for resource in ("limitranges", "resourcequotas")]
    assert fit(run, zones, tmp_path, workload("ReplicaSet", 1, {})).code == 0
    assert sorted(zones.paths()) == sorted(["/api/v1/nodes", "/api/v1/pods", *spaced])
    zones.requests.clear()
    assert run(f"fit --cpu 1 --without n1 --server {zones.url}").code == 0
    assert sorted(zones.paths()) == ["/api/v1/nodes", "/api/v1/pods", "/apis/policy/v1/poddisruptionbudgets"]


def test_a_right_that_is_missing_is_said_and_the_answer_incomplete(run: Run, zones: FakeApi, tmp_path: Path) -> None:
    storage(zones, [claim("data", "v")], [volume("v", hosts=["n2"])], [])
    refused = status(403, "Forbidden", "persistentvolumes is forbidden")
    zones.routes["/api/v1/persistentvolumes"] = refused
    result = fit(run, zones, tmp_path, workload("ReplicaSet", 1, mounting("data")), flags="--limit 0")
    assert result.err.splitlines() == [
        "3 more rows are not shown",
        "warning: persistent volumes could not be read: Error from server (Forbidden): persistentvolumes is forbidden",
        "1 of 1 replicas fit",
        "not considered: volumes (ReplicaSet/x)",
    ]
    assert result.code == 5


def of_each(name: str, kind: str, replicas: int, **more: Any) -> Json:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": kind}
    templates = [{"metadata": {"name": name}, "spec": spec}]
    return workload("StatefulSet", replicas, {}, volumeClaimTemplates=templates, **more)


def test_the_claims_of_each_pod_are_made_or_exist(run: Run, zones: FakeApi, tmp_path: Path) -> None:
    volumes = [volume("v", hosts=["n2"]), volume("w", hosts=["n2"])]
    zonal = {**PROVISIONED, "allowedTopologies": [{"matchLabelExpressions": [{"key": ZONE, "values": ["b"]}]}]}
    storage(zones, [], volumes, [zonal, LOCAL])
    assert fitted(run, zones, tmp_path, of_each("data", "fast", 3)) == {"StatefulSet/x": {"n1": 0, "n2": 3, "n3": 0}}
    result = fit(run, zones, tmp_path, of_each("data", "local", 3))
    assert result.err.splitlines() == [
        "2 of 3 replicas fit",
        "at most 2 of 3 pods: volume",
        "not considered: how many volumes of storage class local each node reaches (StatefulSet/x)",
    ]
    assert result.code == 3
    # The second pod had a volume before, elsewhere.
    storage(zones, [claim("data-x-1", "v")], [volume("v", hosts=["n1"])], [zonal, LOCAL])
    assert fitted(run, zones, tmp_path, of_each("data", "fast", 3)) == {"StatefulSet/x": {"n1": 1, "n2": 2, "n3": 0}}


def test_claims_and_classes_may_come_with_the_pods(run: Run, zones: FakeApi, tmp_path: Path) -> None:
    storage(zones, [], [], [])
    mine = {"kind": "PersistentVolumeClaim", **claim("data", storage="mine")}
    del mine["metadata"]["namespace"]
    topology = [{"matchLabelExpressions": [{"key": ZONE, "values": ["b"]}]}]
    kind = {"kind": "StorageClass", **PROVISIONED, "metadata": {"name": "mine"}, "allowedTopologies": topology}
    pods = workload("ReplicaSet", 3, mounting("data"))
    result = fit(run, zones, tmp_path, kind, mine, pods)
    assert [line.split()[:2] for line in result.out.splitlines()] == [["n1", "0"], ["n2", "3"], ["n3", "0"]]
    assert result.code == 0
    strict = fit(run, zones, tmp_path, {**kind, "volumeBindingMode": "Immediate"}, mine, pods, flags="--strict")
    assert strict.err.splitlines() == [
        "3 of 3 replicas fit",
        "not considered: where storage class mine provisions volumes (ReplicaSet/x)",
    ]
    assert strict.code == 5
    assert fit(run, zones, tmp_path, {**mine, "spec": 7}, pods).err.startswith(
        "error: a PersistentVolumeClaim of the manifests is not valid: Expected `object | null`"
    )


def test_an_ephemeral_volume_has_a_claim_of_its_own(run: Run, zones: FakeApi, tmp_path: Path) -> None:
    zonal = {**PROVISIONED, "allowedTopologies": [{"matchLabelExpressions": [{"key": ZONE, "values": ["b"]}]}]}
    storage(zones, [], [], [zonal])
    made = {"volumeClaimTemplate": {"spec": {"storageClassName": "fast", "accessModes": ["ReadWriteOnce"]}}}
    spec = {"volumes": [{"name": "scratch", "ephemeral": made}]}
    assert fitted(run, zones, tmp_path, workload("ReplicaSet", 2, spec)) == {
        "ReplicaSet/x": {"n1": 0, "n2": 2, "n3": 0}
    }


def test_a_claim_for_one_pod_is_used_once(run: Run, zones: FakeApi, tmp_path: Path) -> None:
    storage(zones, [claim("data", "v", accessModes=["ReadWriteOncePod"])], [volume("v")], [])
    manifest = workload("ReplicaSet", 2, mounting("data"))
    result = fit(run, zones, tmp_path, manifest)
    assert result.err == "1 of 2 replicas fit\nat most 1 of 2 pods: claim data in use\n"
    user = pod("default", "user", "n1", owner=("ReplicaSet", "u"), spec=mounting("data"))
    zones.pods(user)
    assert "0 of 2 replicas fit\n" in fit(run, zones, tmp_path, manifest).err
    # A pod that moves takes its claim along.
    assert run(f"fit --without n1 --limit 0 --server {zones.url}").code == 0


def test_drained_pods_go_where_their_volumes_are(run: Run, zones: FakeApi) -> None:
    storage(zones, [claim("data", "v"), claim("web-scratch", "w")], [volume("v", {ZONE: "a"}), volume("w")], [])
    spec = {"volumes": [{"name": "scratch", "ephemeral": {}}]}
    own = ("ReplicaSet", "r")
    zones.pods(pod("default", "db", "n1", owner=own, spec=mounting("data")), pod("default", "web", "n1", spec=spec))
    zones.nodes(in_zone("n1", "a"), in_zone("n2", "b"))
    result = run(f"fit --without n1 --limit 0 --server {zones.url}")
    assert "\n1 of 2 pods of n1 fit elsewhere; no room for default/db\n" in result.err
    assert result.code == 3


def attachable(name: str, **counts: int) -> Json:
    drivers = [{"name": f"{driver}.example.com", "allocatable": {"count": count}} for driver, count in counts.items()]
    return {"metadata": {"name": name}, "spec": {"drivers": [*drivers, {"name": "other"}]}}


def test_a_node_attaches_so_many_volumes(run: Run, zones: FakeApi, tmp_path: Path) -> None:
    csi: Json = {"csi": {"driver": "csi.example.com"}}
    storage(zones, [claim("data", "v"), claim("log", "w")], [volume("v", **csi), volume("w", **csi)], [PROVISIONED])
    limits = [attachable("n1", csi=2), attachable("n2", csi=1)]
    zones.routes["/apis/storage.k8s.io/v1/csinodes"] = Reply({"metadata": {}, "items": limits})
    zones.pods(
        pod("default", "one", "n1", requests={"cpu": "1"}, owner=("ReplicaSet", "r"), spec=mounting("data")),
        pod("default", "two", "n1", requests={"cpu": "1"}, owner=("ReplicaSet", "r"), spec=mounting("data")),
    )
    zones.nodes(in_zone("n1", "a"), in_zone("n2", "b"))
    result = fit(run, zones, tmp_path, of_each("data", "fast", 3))
    assert [line.split(maxsplit=2) for line in result.out.splitlines()] == [
        ["n1", "1", "volumes of csi.example.com"],
        ["n2", "1", "volumes of csi.example.com"],
    ]
    alone = fit(run, zones, tmp_path, workload("ReplicaSet", 1, mounting("log")))
    assert [line.split(maxsplit=2)[1:] for line in alone.out.splitlines()] == [
        ["0", "volumes of csi.example.com"],
        ["1", "volumes of csi.example.com"],
    ]
    assert alone.err == "1 of 1 replicas fit\n"
    shared = fit(run, zones, tmp_path, workload("ReplicaSet", 2, mounting("log")))
    assert "not considered: how many shared volumes a node can attach, " not in shared.err
    assert "how many shared volumes a node can attach (ReplicaSet/x)\n" in shared.err
    # Both pods that move share a volume.
    assert run(f"fit --without n1 --server {zones.url}").err == "2 of 2 pods of n1 fit elsewhere\n"
    zones.pods(*(pod("default", f"p{n}", "n1", owner=("ReplicaSet", "r"), spec=mounting(n)) for n in ("data", "log")))
    drained = run(f"fit --without n1 --server {zones.url}")
    assert drained.err == "1 of 2 pods of n1 fit elsewhere; no room for default/plog\n"

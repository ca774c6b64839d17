"""c3s fit -f: every kind of manifest, defaults of the API server, mistakes."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run
from tests.servers import FakeApi, node

APP = """\
apiVersion: v1
kind: Service
metadata: {name: web}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: web}}
    spec:
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
          - {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}
      initContainers: [{name: migrate, resources: {requests: {cpu: 600m}}}]
      containers: [{name: app, resources: {limits: {cpu: 0.5, memory: 1Gi}}, ports: [{hostPort: 80}]}]
---
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec: {template: {spec: {containers: [{name: a, resources: {requests: {cpu: 600m}}}]}}}
"""
APP_ROWS = """\
NAME        WORKLOAD          FITS   PLACED   LIMITED-BY
general-2   Deployment/web    1      1        cpu,host-ports,anti-affinity
general-3   Deployment/web    1      1        host-ports,anti-affinity
memory-1    Deployment/web    1      0        cpu,host-ports,anti-affinity
general-3   DaemonSet/agent   1      1        cpu,one-per-node
memory-1    DaemonSet/agent   1      1        cpu,one-per-node
memory-2    DaemonSet/agent   1      1        one-per-node
"""


def test_a_file_of_several_documents(demo: Run, tmp_path: Path) -> None:
    path = tmp_path / "app.yaml"
    path.write_text(APP)
    result = demo(f"fit -f {path} --where 'fits > 0' --columns fits,placed,limitedBy")
    assert result.err == (
        "Deployment/web: 2 of 2 replicas fit\nDaemonSet/agent: 3 of 5 replicas fit\n"
        "DaemonSet/agent: terminating pods count until they are gone: team-search/search-api-4dxwmcbrpf-9vw4g\n"
        "DaemonSet/agent: 4 nodes have room for pods that tolerate the taints: "
        "nvidia.com/gpu=true:NoSchedule or spot=true:NoSchedule\n"
    )
    assert result.code == 3
    assert result.out == APP_ROWS


def test_groups_by_workload(demo: Run, tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(APP)
    (tmp_path / "notes.txt").write_text("not read")
    result = demo(f"fit -f {tmp_path} --by workload --columns nodes,fits,placed")
    assert [line.split() for line in result.out.splitlines()] == [
        ["WORKLOAD", "NODES", "FITS", "PLACED"],
        ["DaemonSet/agent", "3/10", "3", "3"],
        ["Deployment/web", "3/10", "3", "2"],
    ]


TEMPLATE = {"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "100m"}}}]}}


def of_kind(kind: str, spec: Any, **metadata: str) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": "x", **metadata}, "spec": spec}


@pytest.mark.parametrize(
    ("manifest", "replicas"),
    [
        (of_kind("Deployment", {"replicas": 7, "template": TEMPLATE}), 7),
        (of_kind("Deployment", {"template": TEMPLATE}), 1),
        (of_kind("Deployment", {"replicas": 0, "template": TEMPLATE}), 0),
        (of_kind("StatefulSet", {"replicas": 3, "template": TEMPLATE}), 3),
        (of_kind("ReplicaSet", {"replicas": 2, "template": TEMPLATE}), 2),
        (of_kind("ReplicationController", {"replicas": 2, "template": TEMPLATE}), 2),
        (of_kind("Job", {"template": TEMPLATE}), 1),
        (of_kind("Job", {"parallelism": 4, "completions": 3, "template": TEMPLATE}), 3),
        (of_kind("CronJob", {"jobTemplate": {"spec": {"parallelism": 5, "template": TEMPLATE}}}), 5),
        (of_kind("Pod", TEMPLATE["spec"]), 1),
        (of_kind("DaemonSet", {"template": TEMPLATE}), 5),
        (of_kind("Rollout", {"replicas": 6, "template": TEMPLATE}), 6),
        (of_kind("Rollout", {"template": TEMPLATE}), 1),
        (of_kind("CloneSet", {"template": TEMPLATE}), 1),
        ({"kind": "List", "items": [of_kind("Deployment", {"replicas": 4, "template": TEMPLATE})]}, 4),
        ({"kind": "Template", "objects": [of_kind("Deployment", {"replicas": 4, "template": TEMPLATE})]}, 4),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else str(value),
)
def test_every_kind_with_pods(demo: Run, tmp_path: Path, manifest: Any, replicas: int) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"kind": "List", "items": [manifest]}, indent="\t"))
    document = json.loads(demo(f"fit -f {path} -o json").out)
    (workload,) = document["metadata"]["workloads"]
    kind = "Deployment" if manifest["kind"] in ("List", "Template") else manifest["kind"]
    assert (workload["workload"], workload["replicas"]) == (f"{kind}/x", replicas)
    more = json.loads(demo(f"fit -f {path} -o json --replicas 2").out)
    assert more["metadata"]["workloads"][0]["replicas"] == (5 if manifest["kind"] == "DaemonSet" else 2)
    more = json.loads(demo(f"fit -f {path} -o json --replicas +2").out)
    assert more["metadata"]["workloads"][0]["replicas"] == (5 if manifest["kind"] == "DaemonSet" else replicas + 2)


@pytest.mark.parametrize(
    "manifest",
    [
        of_kind("PyTorchJob", {"pytorchReplicaSpecs": {"Worker": {"replicas": 40, "template": TEMPLATE}}}),
        of_kind("JobSet", {"replicatedJobs": [{"replicas": 20, "template": {"spec": {"template": TEMPLATE}}}]}),
        of_kind("RayCluster", {"headGroupSpec": {"template": TEMPLATE}}),
        of_kind("Service", {"template": TEMPLATE}),
        {
            "kind": "Template",
            "metadata": {"name": "x"},
            "parameters": [{"name": "N"}],
            "objects": [of_kind("Deployment", {"replicas": "${{N}}", "template": TEMPLATE})],
        },
    ],
    ids=lambda manifest: str(manifest["kind"]),
)
def test_pods_of_unknown_kinds_are_named_and_never_fit(demo: Run, tmp_path: Path, manifest: Any) -> None:
    path = tmp_path / "x.json"
    known = of_kind("Deployment", {"template": TEMPLATE})
    path.write_text(json.dumps({"kind": "List", "items": [known, manifest]}))
    message = "its pods were not placed, as c3s does not know this kind"
    result = demo(f"fit -f {path} -o json")
    assert (result.code, result.err) == (5, f"warning: {manifest['kind']}/x: {message}\n1 of 1 replicas fit\n")
    (failure,) = json.loads(result.out)["failures"]
    assert (failure["source"], failure["message"]) == (f"{manifest['kind']}/x", message)
    path.write_text(json.dumps(manifest))
    assert demo(f"fit -f {path}") == (5, "", f"No resources found\nwarning: {manifest['kind']}/x: {message}\n")
    # What has no room decides first.
    known["spec"]["replicas"] = 1000
    path.write_text(json.dumps({"kind": "List", "items": [known, manifest]}))
    assert demo(f"fit -f {path}").code == 3


def test_objects_without_pods_are_no_unknown_kinds(demo: Run, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    others = [
        of_kind("PodTemplate", {}) | {"template": TEMPLATE},
        of_kind("CustomResourceDefinition", {"schema": {"containers": {"type": "array"}}}),
        of_kind("ConfigMap", {}) | {"data": {"containers": "[{}]"}},
    ]
    path.write_text(json.dumps({"kind": "List", "items": [of_kind("Pod", TEMPLATE["spec"]), *others]}))
    result = demo(f"fit -f {path} --limit 0")
    assert (result.code, result.err) == (0, "10 more rows are not shown\n1 of 1 replicas fit\n")


def test_pods_that_request_nothing_are_said(demo: Run, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(of_kind("Pod", {"containers": [{}]})))
    result = demo(f"fit -f {path} --limit 0")
    said = "the pods request nothing: a node has room as long as it has pod slots"
    assert (result.code, result.err.splitlines()[1:]) == (0, ["1 of 1 replicas fit", said])


def test_directories_are_read_whole_with_recursive(demo: Run, tmp_path: Path) -> None:
    (tmp_path / "base" / "web").mkdir(parents=True)
    for place, folder in enumerate((tmp_path, tmp_path / "base" / "web")):
        manifest = {**of_kind("Pod", TEMPLATE["spec"]), "metadata": {"name": str(place)}}
        (folder / "x.json").write_text(json.dumps(manifest))
    (tmp_path / "base" / "kustomization.yaml").write_text("kind: Kustomization\nresources: [web]\n")
    assert demo(f"fit -f {tmp_path} --limit 0").err.splitlines()[1:] == ["1 of 1 replicas fit"]
    assert demo(f"fit -f {tmp_path} -R --limit 0").err.splitlines()[1:] == [
        "Pod/1: 1 of 1 replicas fit",
        "Pod/0: 1 of 1 replicas fit",
    ]


def test_what_helm_writes_is_read(demo: Run, tmp_path: Path) -> None:
    path = tmp_path / "release.yaml"
    path.write_text("---\n# Source: web/templates/empty.yaml\n---\n# Source: web/templates/web.yaml\n" + APP + "---\n")
    assert demo(f"fit -f {path} --limit 0").err.splitlines()[1] == "Deployment/web: 2 of 2 replicas fit"


def test_json_documents_may_follow_each_other(demo: Run, tmp_path: Path) -> None:
    pods = [{**of_kind("Pod", TEMPLATE["spec"]), "metadata": {"name": name}} for name in ("a", "b")]
    path = tmp_path / "x.json"
    path.write_text("\n".join([*map(json.dumps, pods), ""]))
    workloads = json.loads(demo(f"fit -f {path} -o json").out)["metadata"]["workloads"]
    assert [each["workload"] for each in workloads] == ["Pod/a", "Pod/b"]


def test_a_folder_without_manifests_is_refused(demo: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no manifest")
    said = f"error: error reading {tmp_path}: recognized file extensions are .json, .yaml, .yml\n"
    assert demo(f"fit -f {tmp_path}") == (2, "", said)


@pytest.mark.parametrize(
    ("spec", "requested"),
    [
        (
            {"containers": [{"resources": {"limits": {"cpu": "2", "memory": "1Gi"}, "requests": {"cpu": 1}}}]},
            (1000, 1024),
        ),
        (
            {"containers": [{"resources": {"limits": {"cpu": 2}}}, {"resources": {"requests": {"cpu": "0.5"}}}]},
            (2500, 0),
        ),
        ({"containers": [{}], "initContainers": [{"resources": {"limits": {"memory": "2Gi"}}}]}, (0, 2048)),
        ({"containers": [{}], "overhead": {"cpu": "250m"}}, (250, 0)),
        ({"containers": [{"resources": {"requests": {"cpu": "1"}}}], "resources": {"limits": {"cpu": 3}}}, (1000, 0)),
        ({"containers": [{}], "resources": {"limits": {"cpu": 3}}}, (3000, 0)),
        ({"containers": [{}], "resources": {"limits": {"cpu": 3}, "requests": {"cpu": "2"}}}, (2000, 0)),
    ],
)
def test_requests_are_those_that_the_api_server_would_store(
    run: Run, api: FakeApi, tmp_path: Path, spec: Any, requested: tuple[int, int]
) -> None:
    path = tmp_path / "pod.json"
    path.write_text(json.dumps(of_kind("Pod", spec)))
    cpu, memory = requested
    api.pods()
    for less, code in ((0, 0), (1, 3)):
        for offer in ((cpu - less, memory), (cpu, memory - less)):
            api.nodes(node("a", cpu=f"{max(0, offer[0])}m", memory=f"{max(0, offer[1])}Mi"))
            expected = 0 if offer[0] < 0 or offer[1] < 0 else code
            assert run(f"fit -f {path} --server {api.url}").code == expected, offer


def test_stdin_and_names_from_two_namespaces(demo: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    deployments = [of_kind("Deployment", {"template": TEMPLATE}, namespace=name) for name in ("a", "b")]
    text = "".join(map(json.dumps, deployments))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    result = demo("fit -f - -o name --limit 0")
    assert result.err == "a/Deployment/x: 1 of 1 replicas fit\nb/Deployment/x: 1 of 1 replicas fit\n"


def test_files_may_be_listed_and_have_commas_in_their_names(demo: Run, tmp_path: Path) -> None:
    both = tmp_path / "a,b.json"
    for path, name in ((tmp_path / "a.json", "a"), (tmp_path / "b.json", "b"), (both, "both")):
        path.write_text(json.dumps({**of_kind("Pod", TEMPLATE["spec"]), "metadata": {"name": name}}))

    def placed(given: str) -> list[str]:
        return [line.split(":")[0] for line in demo(f"fit -f '{given}' --limit 0").err.splitlines()]

    assert placed(f"{tmp_path}/a.json,{tmp_path}/b.json")[-2:] == ["Pod/a", "Pod/b"]
    assert placed(str(both)) == ["10 more rows are not shown", "1 of 1 replicas fit"]
    assert demo(f"fit -f {tmp_path}/a.json,nosuch.json").err == 'error: the path "nosuch.json" does not exist\n'


def test_what_is_not_considered_is_named(demo: Run, tmp_path: Path) -> None:
    term = {"topologyKey": "zone", "labelSelector": {}}
    rule = "requiredDuringSchedulingIgnoredDuringExecution"
    spread = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
    spec = {
        **TEMPLATE["spec"],
        "nodeName": "n",
        "schedulerName": "volcano",
        "runtimeClassName": "gvisor",
        "schedulingGates": [{"name": "g"}],
        "resourceClaims": [{"name": "gpu"}],
        "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}],
        "topologySpreadConstraints": [{**spread, "matchLabelKeys": ["pod-template-hash"]}],
        "affinity": {
            "podAffinity": {rule: [term]},
            "podAntiAffinity": {
                rule: [{**term, "namespaceSelector": {"matchLabels": {"a": "b"}}, "mismatchLabelKeys": ["k"]}]
            },
        },
    }
    path = tmp_path / "x.json"
    path.write_text(json.dumps(of_kind("DaemonSet", {"template": {"spec": spec}})))
    document = json.loads(demo(f"fit -f {path} -o json").out)
    assert document["metadata"]["workloads"][0]["notConsidered"] == [
        "resource claims",
        "scheduler volcano",
        "topology spread constraints of a DaemonSet",
        "runtime class gvisor",
    ]
    assert {tuple(item["limitedBy"]) for item in document["items"]} == {("scheduling-gates", "claim c missing")}

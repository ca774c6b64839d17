"""What the tests of `c3s fit` place, and where it went."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.conftest import Run
from tests.servers import FakeApi, node

ZONE, HOST = "topology.kubernetes.io/zone", "kubernetes.io/hostname"
Json = dict[str, Any]


def placed(run: Run, api: FakeApi, tmp_path: Path, spec: Json, replicas: int = 1) -> dict[str, int]:
    """Place a Deployment of pods with the label app=a; return the number per node."""
    spec = {"containers": [{"resources": {"requests": {"cpu": "1"}}}], **spec}
    template = {"metadata": {"labels": {"app": "a"}}, "spec": spec}
    manifest = {"kind": "Deployment", "metadata": {"name": "x"}, "spec": {"replicas": replicas, "template": template}}
    path = tmp_path / "x.json"
    path.write_text(json.dumps(manifest))
    result = run(f"fit -f {path} -o json --server {api.url}")
    assert result.code in (0, 3), result.err
    return {item["name"]: item["placed"] for item in json.loads(result.out)["items"]}


def spread(key: str, **more: Any) -> Json:
    rule = {"topologyKey": key, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule", **more}
    return {"topologySpreadConstraints": [{"labelSelector": {"matchLabels": {"app": "a"}}, **rule}]}


def in_zone(name: str, zone: str, **labels: str) -> Json:
    return node(name, labels={HOST: name, ZONE: zone, **labels})


def fitted(run: Run, api: FakeApi, tmp_path: Path, *manifests: Json) -> dict[str, dict[str, int]]:
    """Place manifests; return the number of pods per node for each workload."""
    path = tmp_path / "all.json"
    path.write_text(json.dumps({"kind": "List", "items": manifests}))
    result = run(f"fit -f {path} -o json --server {api.url}")
    assert result.code in (0, 3), result.err
    found: dict[str, dict[str, int]] = {}
    for item in json.loads(result.out)["items"]:
        found.setdefault(item["workload"], {})[item["name"]] = item["placed"]
    return found


def workload(kind: str, replicas: int, spec: Json, name: str = "x", **more: Any) -> Json:
    pods = {"containers": [{"resources": {"requests": {"cpu": "1"}}}], **spec}
    template = {"metadata": {"labels": {"app": "a"}}, "spec": pods}
    count = {"parallelism": replicas, "completions": replicas} if kind == "Job" else {"replicas": replicas}
    return {"kind": kind, "metadata": {"name": name}, "spec": {**count, **more, "template": template}}


def apart(**term: Any) -> Json:
    term = {"topologyKey": HOST, **term}
    return {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}}


def near(**term: Any) -> Json:
    term = {"topologyKey": HOST, **term}
    return {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}}

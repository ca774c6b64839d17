"""Who scales a workload on CPU or memory, as the API server has it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Run
from tests.servers import FakeApi, Reply, pod, pod_metrics, status

OF_WEB = {"kind": "StatefulSet", "name": "web"}
CPU = {"type": "Resource", "resource": {"name": "cpu"}}
MEMORY = {"type": "ContainerResource", "containerResource": {"name": "memory", "container": "app"}}
QUEUE = {"type": "External", "external": {"metric": {"name": "queue"}}}


def horizontal(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"namespace": "shop", "name": "web"}, "spec": {"scaleTargetRef": OF_WEB, **spec}}


def vertical(mode: str | None = None, *policies: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = {"targetRef": OF_WEB}
    spec |= {"updatePolicy": {"updateMode": mode}} if mode else {}
    spec |= {"resourcePolicy": {"containerPolicies": list(policies)}} if policies else {}
    return {"metadata": {"namespace": "shop", "name": "web"}, "spec": spec}


@pytest.mark.parametrize(
    ("kind", "item", "scaled"),
    [
        ("autoscaling/v2/horizontalpodautoscalers", horizontal(metrics=[CPU, MEMORY, QUEUE]), ["cpu", "memory"]),
        ("autoscaling/v2/horizontalpodautoscalers", horizontal(metrics=[QUEUE]), []),
        ("autoscaling/v2/horizontalpodautoscalers", horizontal(), ["cpu"]),
        ("autoscaling.k8s.io/v1/verticalpodautoscalers", vertical(), ["cpu", "memory"]),
        ("autoscaling.k8s.io/v1/verticalpodautoscalers", vertical("Off"), []),
        (
            "autoscaling.k8s.io/v1/verticalpodautoscalers",
            vertical("Auto", {"containerName": "app", "controlledResources": ["memory"]}),
            ["memory"],
        ),
        ("autoscaling.k8s.io/v1/verticalpodautoscalers", vertical("Auto", {"containerName": "*", "mode": "Off"}), []),
    ],
)
def test_autoscalers_name_the_resources_that_they_look_at(
    run: Run, api: FakeApi, kind: str, item: dict[str, Any], scaled: list[str]
) -> None:
    api.pods(pod("shop", "web-0", owner=("StatefulSet", "web"), requests={"cpu": "1", "memory": "1Gi"}))
    api.pod_metrics(pod_metrics("shop", "web-0", ("app", "1m", "1Mi")))
    for path in ("apps/v1/replicasets", "batch/v1/jobs", "autoscaling/v2/horizontalpodautoscalers", kind):
        api.routes[f"/apis/{path}"] = Reply({"metadata": {}, "items": [item] if path == kind else []})
    (row,) = json.loads(run(f"rightsize -A --server {api.url} -o json").out)["items"]
    assert row["autoscaled"] == scaled
    left = [resource for resource in ("cpu", "memory") if "left alone" in row[resource]["reason"]]
    assert left == scaled


def test_autoscalers_that_cannot_be_read_are_a_failure(run: Run, api: FakeApi) -> None:
    api.pods(pod("shop", "web-0", owner=("StatefulSet", "web")))
    api.pod_metrics()
    for path in ("apps/v1/replicasets", "batch/v1/jobs"):
        api.routes[f"/apis/{path}"] = Reply({"metadata": {}, "items": []})
    api.routes["/apis/autoscaling.k8s.io/v1/verticalpodautoscalers"] = status(403, "Forbidden", "no")
    result = run(f"rightsize -A --server {api.url}")
    assert result.code == 5
    assert "vertical pod autoscalers could not be read" in result.err

"""c3s fit: what the API server and controllers make of a manifest before the scheduler sees its pods."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.analysis.clusters import HOST, ZONE, Json, apart, fitted, in_zone, near, placed, spread, workload
from tests.conftest import Run
from tests.servers import FakeApi, node, pod


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("Job", "batch.kubernetes.io/job-name", "x"),
        ("Job", "job-name", "x"),
        ("Job", "controller-uid", None),
        ("CronJob", "batch.kubernetes.io/job-name", None),
        ("Deployment", "pod-template-hash", None),
        ("StatefulSet", "controller-revision-hash", None),
        ("StatefulSet", "statefulset.kubernetes.io/pod-name", None),
    ],
)
def test_rules_see_the_labels_that_controllers_add(
    run: Run, api: FakeApi, tmp_path: Path, kind: str, key: str, value: str | None
) -> None:
    api.nodes(in_zone("n1", "a"), in_zone("n2", "b"))
    api.pods(pod("default", "old", "n1", labels={key: value or "55d9"}))
    wanted = {"operator": "In", "values": [value]} if value else {"operator": "Exists"}
    rule = apart(labelSelector={"matchExpressions": [{"key": key, **wanted}]})
    manifest = workload("Job" if kind == "CronJob" else kind, 3, rule)
    if kind == "CronJob":
        manifest = {"kind": kind, "metadata": {"name": "x"}, "spec": {"jobTemplate": {"spec": manifest["spec"]}}}
    assert fitted(run, api, tmp_path, manifest) == {f"{kind}/x": {"n1": 0, "n2": 1}}


def test_a_new_template_spreads_by_itself(run: Run, api: FakeApi, tmp_path: Path) -> None:
    api.nodes(in_zone("n1", "a"), in_zone("n2", "b"))
    api.pods(*(pod("default", f"p{n}", "n1", labels={"app": "a", "pod-template-hash": "55d9"}) for n in range(2)))
    manifest = workload("Deployment", 4, spread(HOST, matchLabelKeys=["pod-template-hash"]))
    assert fitted(run, api, tmp_path, manifest) == {"Deployment/x": {"n1": 2, "n2": 2}}


@pytest.mark.parametrize(
    ("kind", "more", "key", "prefix"),
    [
        ("StatefulSet", {}, "apps.kubernetes.io/pod-index", ""),
        ("StatefulSet", {}, "statefulset.kubernetes.io/pod-name", "x-"),
        ("Job", {"completionMode": "Indexed"}, "batch.kubernetes.io/job-completion-index", ""),
    ],
)
def test_each_pod_has_the_number_of_its_own(
    run: Run, api: FakeApi, tmp_path: Path, kind: str, more: Json, key: str, prefix: str
) -> None:
    api.nodes(in_zone("n1", "a"), in_zone("n2", "b"), in_zone("n3", "b"))
    api.pods(pod("default", "old", "n2", labels={"app": "a", key: f"{prefix}1"}))
    same = apart(labelSelector={"matchLabels": {"app": "a"}}, matchLabelKeys=[key])
    assert fitted(run, api, tmp_path, workload(kind, 3, same, **more)) == {f"{kind}/x": {"n1": 1, "n2": 1, "n3": 1}}
    first = near(labelSelector={"matchLabels": {key: f"{prefix}0"}}, namespaces=["default"])
    both = (
        workload(kind, 2, apart(labelSelector={"matchExpressions": [{"key": key, "operator": "Exists"}]}), **more),
        workload("ReplicaSet", 2, first),
    )
    placed = fitted(run, api, tmp_path, *both)
    assert placed == {f"{kind}/x": {"n1": 1, "n2": 0, "n3": 1}, "ReplicaSet/x": {"n1": 2, "n2": 0, "n3": 0}}


def test_numbers_begin_where_the_set_says(run: Run, api: FakeApi, tmp_path: Path) -> None:
    api.nodes(in_zone("n1", "a"), in_zone("n2", "b"))
    api.pods(pod("default", "old", "n1", labels={"app": "a", "apps.kubernetes.io/pod-index": "5"}))
    rule = apart(labelSelector={"matchLabels": {"app": "a"}}, matchLabelKeys=["apps.kubernetes.io/pod-index"])
    api.nodes(in_zone("n1", "a"))
    assert fitted(run, api, tmp_path, workload("StatefulSet", 3, rule)) == {"StatefulSet/x": {"n1": 3}}
    assert fitted(run, api, tmp_path, workload("StatefulSet", 3, rule, ordinals={"start": 4})) == {
        "StatefulSet/x": {"n1": 2}
    }


@pytest.mark.parametrize(("network", "count"), [(True, 1), (False, 0)])
def test_daemons_of_the_network_start_before_it(
    run: Run, api: FakeApi, tmp_path: Path, network: object, count: int
) -> None:
    api.nodes(node("n1", spec={"taints": [{"key": "node.kubernetes.io/network-unavailable", "effect": "NoSchedule"}]}))
    api.pods()
    manifest = workload("DaemonSet", 0, {"hostNetwork": network})
    assert fitted(run, api, tmp_path, manifest) == {"DaemonSet/x": {"n1": count}}
    assert fitted(run, api, tmp_path, workload("ReplicaSet", 1, {"hostNetwork": network})) == {
        "ReplicaSet/x": {"n1": 0}
    }


def test_a_spread_with_an_empty_selector_counts_no_pods(run: Run, api: FakeApi, tmp_path: Path) -> None:
    api.nodes(in_zone("n1", "a"), in_zone("n2", "b"), node("n3", labels={HOST: "n3"}))
    api.pods(*(pod("default", f"p{n}", "n1", labels={"app": "a"}) for n in range(3)))
    assert placed(run, api, tmp_path, spread(ZONE, labelSelector={}), 99) == {"n1": 4, "n2": 4, "n3": 0}


def test_allocatable_is_counted_in_whole_millicores_too(run: Run, api: FakeApi, tmp_path: Path) -> None:
    api.nodes(node("n1", cpu="1999500u"))
    api.pods()
    assert placed(run, api, tmp_path, {}, 2) == {"n1": 2}


def test_a_pod_that_is_being_resized_takes_the_largest(run: Run, api: FakeApi, tmp_path: Path) -> None:
    api.nodes(node("n1"))
    old = pod("default", "old", "n1", requests={"cpu": "1"})
    api.pods(old)
    assert placed(run, api, tmp_path, {}, 4) == {"n1": 3}
    old["status"]["containerStatuses"] = [{"name": "app", "allocatedResources": {"cpu": "2"}}]
    api.pods(old)
    assert placed(run, api, tmp_path, {}, 4) == {"n1": 2}
    old["status"]["allocatedResources"] = {"cpu": "3"}
    api.pods(old)
    assert placed(run, api, tmp_path, {}, 4) == {"n1": 1}

"""From what was read of a cluster to the history of each container of each workload."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from c3s_cli.analysis.histories import container_histories, lived
from c3s_cli.analysis.rightsizing import recommend
from c3s_cli.model.rightsizing import ContainerHistory, Histories, Replica, Rule
from c3s_cli.model.rows import Container, PodFacts
from c3s_cli.model.sample import Sample
from c3s_cli.sources.decode.shapes import decode_listing
from c3s_cli.sources.templates import templates

DAY = 86_400.0


def facts(owner: str, *containers: str, created: float = 0.0, cpu: int = 100) -> PodFacts:
    asked = {"cpu": cpu}
    boxes = tuple(Container(name, None, None, None, asked, {}) for name in containers or ("app",))
    return PodFacts("", "n", owner, "Running", 0, created, "Burstable", {}, asked, {}, boxes)


def replica(pod: str, first: float = 0.0, last: float = 10 * DAY, seconds: float | None = None) -> Replica:
    return Replica(pod, last - first if seconds is None else seconds, first, last, 9, 50_000_000, None, 1 << 26)


def listed(kind: str, *items: dict[str, Any]) -> dict[Any, Any]:
    body = msgspec.json.encode({"metadata": {}, "items": list(items)})
    return dict(templates(decode_listing(body, "workloads"), kind))


def workload(name: str, spec: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"metadata": {"namespace": "shop", "name": name}, "spec": {"template": {"spec": spec}, **more}}


def histories(
    pods: dict[tuple[str, str], PodFacts], replicas: dict[tuple[str, str], Replica], declared: dict[Any, Any]
) -> list[ContainerHistory]:
    """Return the histories. replicas: by pod and container."""
    known = {("shop", pod, name): each for (pod, name), each in replicas.items()}
    past = Histories(0.0, 10 * DAY, known, frozenset(("shop", pod) for pod, _ in replicas if pod.startswith("gone")))
    sample = Sample("c", datetime(2026, 3, 2, tzinfo=UTC), "x", pod_facts=pods, histories=past, templates=declared)
    return list(container_histories(sample))


def test_what_is_declared_counts_however_a_pod_was_resized() -> None:
    web = workload("web", {"containers": [{"name": "app", "resources": {"requests": {"cpu": "100m"}}}]}, replicas=1)
    pods = {("shop", "web-1"): facts("Deployment/web", cpu=700_000_000)}
    (found,) = histories(pods, {("web-1", "app"): replica("web-1")}, listed("Deployment", web))
    assert found.requests == {"cpu": 100_000_000}
    # A default of the namespace is in no template.
    bare = listed("Deployment", workload("web", {"containers": [{"name": "app"}]}))
    (found,) = histories(pods, {("web-1", "app"): replica("web-1")}, bare)
    assert found.requests == {"cpu": 700_000_000}


def test_sidecars_and_init_containers_have_their_roles_and_runs() -> None:
    spec = {
        "containers": [{"name": "app"}],
        "initContainers": [{"name": "migrate"}, {"name": "never"}, {"name": "proxy", "restartPolicy": "Always"}],
    }
    pods = {("shop", "web-1"): facts("Deployment/web", "app", "proxy")}
    past = {("web-1", name): replica("web-1") for name in ("app", "proxy")}
    past["web-1", "migrate"] = replica("web-1", 5 * DAY, 5 * DAY + 60)
    found = histories(pods, past, listed("Deployment", workload("web", spec)))
    assert [(each.container, each.role, each.place, each.by_runs) for each in found] == [
        ("app", "container", 0, False),
        ("migrate", "init", 0, True),
        ("proxy", "sidecar", 2, False),
    ]
    assert recommend(found[1], Rule()).cpu.recommended_requests == 50_000_000


def test_a_cron_job_has_a_row_between_its_runs_and_counts_each_of_them() -> None:
    spec = {"template": {"spec": {"containers": [{"name": "app"}]}}}
    nightly = {"metadata": {"namespace": "shop", "name": "nightly"}, "spec": {"jobTemplate": {"spec": spec}}}
    pods = {("shop", f"gone-{n}"): facts("CronJob/nightly") for n in range(3)}
    past = {(f"gone-{n}", "app"): replica(f"gone-{n}", n * DAY, n * DAY + 600) for n in range(3)}
    (found,) = histories(pods, past, listed("CronJob", nightly))
    assert (found.owner, found.count, found.by_runs, len(found.replicas)) == ("CronJob/nightly", 0, True, 3)
    assert recommend(found, Rule()).cpu.recommended_requests == 50_000_000
    (never,) = histories({}, {}, listed("CronJob", nightly))
    assert recommend(never, Rule()).cpu.reason == "no history in the range, no request now"


def test_a_deployment_without_pods_and_past_has_no_row() -> None:
    assert histories({}, {}, listed("Deployment", workload("web", {"containers": [{"name": "app"}]}))) == []


def test_what_the_whole_pod_requests_is_left_alone() -> None:
    spec = {"containers": [{"name": "app"}], "resources": {"requests": {"memory": "1Gi"}}}
    box = Container("app", None, None, None, {}, {})
    pods = {("shop", "web-1"): PodFacts("", "n", "Deployment/web", "Running", 0, 0.0, "Burstable", {}, {}, {}, (box,))}
    (found,) = histories(pods, {("web-1", "app"): replica("web-1")}, listed("Deployment", workload("web", spec)))
    row = recommend(found, Rule())
    assert (row.memory.finding, row.memory.reason) == ("fine", "requested for the whole pod: left alone")
    assert (row.cpu.finding, row.cpu.reason) == ("risk", "p95, no request now")


def test_renamed_pods_are_replicas_of_one_workload_and_the_newest_says_what_is_requested() -> None:
    pods = {
        ("shop", "gone-1"): facts("Deployment/web", cpu=1),
        ("shop", "web-2"): facts("Deployment/web", created=2.0, cpu=2),
        ("shop", "web-3"): facts("Deployment/web", created=1.0, cpu=3),
        ("shop", "lone"): facts("", cpu=4),
    }
    past = {(pod, "app"): replica(pod) for _, pod in pods}
    found = {each.owner: each for each in histories(pods, past, {})}
    web = found["Deployment/web"]
    assert (web.count, len(web.replicas), web.requests) == (2, 3, {"cpu": 2})
    assert found["Pod/lone"].requests == {"cpu": 4}


@pytest.mark.parametrize(
    ("replicas", "seconds"),
    [
        ([], 0.0),
        ([replica("a", 0, 100), replica("b", 50, 150)], 150.0),
        ([replica("a", 0, 100), replica("b", 200, 300)], 200.0),
        ([replica("a", 0, 100, 50), replica("b", 0, 100, 50)], 50.0),
    ],
)
def test_evidence_is_the_time_in_which_some_replica_had_data(replicas: list[Replica], seconds: float) -> None:
    assert lived(replicas) == seconds

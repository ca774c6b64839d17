"""c3s fit --from FILE: a recording with scheduling rules gives what the cluster gave then."""

from __future__ import annotations

from pathlib import Path

import pytest

from c3s_cli.cli import main
from tests.conftest import AT, Run
from tests.servers import FakeApi, Reply, node, node_metrics, pod, pod_metrics

REMARK = (
    "note: recordings have no volumes, disruption budgets, quotas, autoscalers and labels of namespaces: "
    "these are not considered\n"
)
PODS_ONLY = "a recording has no workloads, only their pods"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Record the demo for fit; the second reading is of another time."""
    path = str(tmp_path_factory.mktemp("recordings") / "fit.c3s")
    for moment in (AT, "2026-03-02T11:30:00Z"):
        assert main(["record", path, "--demo-at", moment, "--count", "1", "--for-fit"]) == 0
    return path


@pytest.mark.parametrize(
    "words",
    [
        "--cpu 1 --memory 2Gi --replicas 3 --tolerate spot",
        "--cpu 1 --with-pending -o wide",
        "--cpu 500m --by pool --missing",
        "--cpu 1 --replicas 4 --where 'pool = general'",
        "--without spot-1 -o wide",
        "--without general-1,general-2 --one-by-one",
        "--without-where 'pool = spot' --by owner",
    ],
)
def test_a_recording_answers_as_the_cluster_did(run: Run, demo: Run, file: str, words: str) -> None:
    live = demo(f"fit {words}")
    for moment in ("#1", AT):
        recorded = run(f"fit {words} --from {file} --at {moment}")
        assert (recorded.code, recorded.out) == (live.code, live.out)
        assert recorded.err == f"reading 1, {AT}\n{REMARK}{live.err}"
    assert run(f"fit {words} --from {file}").err.startswith("reading 2, 2026-03-02T11:30:00Z\n")


def test_rules_of_pods_count(run: Run, api: FakeApi, tmp_path: Path) -> None:
    api.nodes(node("n1", spec={"taints": [{"key": "spot", "effect": "NoSchedule"}]}), node("n2"))
    api.node_metrics(node_metrics("n1"), node_metrics("n2"))
    tolerating = {"tolerations": [{"key": "spot", "operator": "Exists"}], "nodeSelector": {"disk": "ssd"}}
    api.pods(pod("shop", "web", "n2", requests={"cpu": "1"}), pod("shop", "db", "n2", spec=tolerating))
    api.pod_metrics(pod_metrics("shop", "web", ("app", "20m", "10Mi")))
    for path in ("apps/v1/replicasets", "batch/v1/jobs"):
        api.routes[f"/apis/{path}"] = Reply({"kind": "List", "metadata": {}, "items": []})
    file, without = str(tmp_path / "r.c3s"), str(tmp_path / "without.c3s")
    for path, flag in ((file, "--for-fit"), (without, "--labels")):
        assert run(f"record {path} --server {api.url} --count 1 {flag}").code == 0
    drained = run(f"fit --without n2 --from {file}")
    assert drained.code == 3
    refused = "drain refuses: no controller"
    assert [line.split(None, 4)[1:] for line in drained.out.splitlines()[1:]] == [
        ["db", "n2", "<none>", f"selector (1 node), {refused}"],
        ["web", "n2", "<none>", f"taint spot:NoSchedule (1 node), {refused}"],
    ]
    assert run(f"fit --cpu 1 --from {without}") == (
        1,
        "",
        f"error: {without} does not have the scheduling rules of pods\nhint: record them with c3s record --for-fit\n",
    )


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (
            "fit deploy/web --from {}",
            2,
            f"error: {PODS_ONLY}\nhint: describe the pods by flags, or -f a manifest\n",
        ),
        ("fit --cpu 1 --from kubelet", 2, "error: c3s fit reads the API server, or a recording: --from FILE\n"),
        ("fit --cpu 1 --from {} --at #3", 1, "error: {} has no reading 3 of demo: it has 1 to 2\n"),
        (
            "record x.c3s --for-fit --no-labels",
            2,
            "error: --for-fit does not go with --no-labels: where pods may run depends on labels\n",
        ),
        (
            "fit --cpu 1 --at -2h",
            2,
            "error: --at goes with --from prometheus, --from URL or --from FILE\nhint: no other source has history\n",
        ),
    ],
)
def test_what_is_not_recorded_is_said(run: Run, file: str, words: str, code: int, said: str) -> None:
    assert run(*words.format(file).split()) == (code, "", said.format(file))


def test_a_strict_fit_of_a_recording_is_never_sure(run: Run, file: str) -> None:
    assert run(f"fit --cpu 100m --from {file} --strict").code == 5


def test_a_part_of_the_pods_is_not_enough(run: Run, tmp_path: Path) -> None:
    path = str(tmp_path / "part.c3s")
    assert run(f"record {path} -n team-search --demo-at {AT} --count 1 --for-fit").code == 0
    assert run(f"fit --cpu 1 --from {path}").err == (
        "error: c3s fit needs all pods, and the recording covers only namespaces team-search\n"
    )

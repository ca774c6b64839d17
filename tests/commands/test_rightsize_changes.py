"""c3s rightsize: what it saves, the changes that it prints, and the requests of manifests, on the demo's history."""

from __future__ import annotations

import io
import json
import shlex
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from c3s_cli.demo.server import DemoServer
from tests.conftest import AT, Result, Run
from tests.documents import validate

RANGE: Final = "--from prometheus --since 25h"
PAST: Final = f"{RANGE} --demo-at {AT}"
PRICES: Final = """
currency: EUR
hoursPerMonth: 720
default: {coreHour: 0.03, gibHour: 0.004}
nodes:
- {pool: spot, coreHour: 0.01, gibHour: 0.001}
- {instanceType: "g5.*", coreHour: 0.05, gibHour: 0.005, gpuHour: 1.25}
"""
PER_HOUR: Final = {"spot": ("0.01", "0.001"), "gpu-a10g": ("0.05", "0.005")}


@pytest.fixture
def prices(tmp_path: Path) -> str:
    file = tmp_path / "prices.yaml"
    file.write_text(PRICES)
    return f"--prices {file}"


def items(result: Result) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(result.out)["items"]
    return rows


@pytest.mark.slow
def test_savings_are_the_change_times_the_price_of_each_node(demo: Run, prices: str) -> None:
    rows = items(demo(f"rightsize -A {RANGE} {prices} -o json"))
    pods = items(demo("top pods -A --columns owner,pool,status -o json"))
    pools = {(pod["namespace"], pod["owner"] or f"Pod/{pod['name']}"): Counter[str]() for pod in pods}
    for pod in pods:
        if pod["status"] not in ("Completed", "Error", "Evicted"):
            pools[pod["namespace"], pod["owner"] or f"Pod/{pod['name']}"][pod["pool"]] += 1
    checked = 0
    for row in rows:
        changes = [row[resource]["change"] for resource in ("cpu", "memory")]
        nodes = pools.get((row["namespace"], row["owner"]))
        if None in changes or nodes is None or nodes.total() != row["replicas"]:
            continue
        saved = Fraction(0)
        for pool, count in nodes.items():
            core, gib = map(Fraction, PER_HOUR.get(pool, ("0.03", "0.004")))
            cpu, memory = (Fraction(change * count, row["replicas"]) for change in changes)
            saved -= 720 * (core * cpu / 10**9 + gib * memory / 2**30)
        assert row["cost"]["savings"] == float(saved), row["owner"]
        checked += saved != 0
    assert checked > 10
    unknown = [row for row in rows if row["cpu"]["change"] is row["memory"]["change"] is None]
    assert unknown
    assert {row["cost"]["savings"] for row in unknown} == {None}
    groups = items(
        demo(f"rightsize -A {RANGE} {prices} --by namespace -o json --columns cost.savings --where 'cost.savings > 30'")
    )
    assert {group["namespace"]: group["cost"]["savings"] for group in groups} == {
        name: pytest.approx(
            sum(
                saved
                for saved in (row["cost"]["savings"] for row in rows if row["namespace"] == name)
                if saved and saved > 30
            )
        )
        for name in ("team-checkout", "team-search")
    }


def test_savings_need_prices(run: Run) -> None:
    refused = run("rightsize --columns cost.savings --from prometheus --server http://127.0.0.1:1")
    assert (refused.code, refused.err.splitlines()[0]) == (2, "error: cost.savings needs --prices FILE")


@pytest.mark.slow
def test_with_the_resources_that_it_prints_nothing_is_left_to_recommend(demo: Run, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "resources.yaml"
    first = demo(f"rightsize -A {RANGE} -o resources")
    file.write_text(first.out)
    assert len(yaml.safe_load(first.out)) > 4
    again = run(f"rightsize -A {PAST} --resources {file} -o json")
    rows = items(again)
    assert len(rows) > 30
    assert [row["owner"] for row in rows if row["cpu"]["change"] or row["memory"]["change"]] == []


@pytest.mark.slow
def test_stdout_has_one_command_for_each_workload(demo: Run) -> None:
    result = demo(f"rightsize -A {RANGE} -o patch")
    lines = result.out.splitlines()
    words = [shlex.split(line, comments=True) for line in lines]
    assert all(each[:2] == ["kubectl", "-n"] and each[-2] == "-p" for each in words if each)
    assert len({tuple(each[2:6]) for each in words if each}) == sum(1 for each in words if each) > 10
    assert any(line.startswith("# Pod/debug-shell in default: ") for line in lines)
    # Those at risk are without a recommendation, too, and all of them are counted.
    assert "# Deployment/fraud-scorer in team-checkout: app: too little history: 5h of 24h" in lines
    assert "# Job/thumbnails in batch: resize: no history in the range" in lines
    left_out = [line for line in lines if " history" in line]
    assert f"\n{len(left_out)} of 44 containers have no recommendation: no history in the range, " in result.err
    (checkout,) = (each for each in words if each and each[5] == "checkout")
    assert checkout[3:8] == ["patch", "rollout", "checkout", "--type", "json"]
    tested = {each["value"]: each["path"] for each in json.loads(checkout[-1]) if each["op"] == "test"}
    assert tested == {
        f"{name}": f"/spec/template/spec/containers/{at}/name" for at, name in enumerate(("app", "istio-proxy"))
    }


@pytest.mark.parametrize("format_", ["patch", "kustomize", "resources"])
def test_changes_are_of_single_workloads(run: Run, format_: str) -> None:
    for words in ("top pods", "fit --cpu 1", "rightsize --by namespace", "rightsize --columns owner"):
        result = run(f"{words} -o {format_} --demo")
        assert (result.code, result.out) == (2, "")
        said = result.err.splitlines()[-2 if "hint: " in result.err else -1]
        assert said.startswith(f"error: -o {format_} goes with c3s rightsize, without --by and --columns")


def manifest(kind: str, name: str, cpu: str, memory: str, **more: Any) -> dict[str, Any]:
    resources = {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": memory}}
    pods = {"spec": {"containers": [{"name": "app", "image": "a", "resources": resources}]}}
    spec = {"selector": {"matchLabels": {"a": "b"}}, "template": pods, **more.pop("spec", {})}
    metadata = {"name": name, **more}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec}


@pytest.mark.slow
def test_the_requests_of_a_manifest_are_compared_with_what_the_workload_used(demo: Run, tmp_path: Path) -> None:
    file = tmp_path / "chart.yaml"
    objects = [
        manifest("Deployment", "payments", "2", "4Gi", spec={"replicas": 5}),
        manifest("Deployment", "new", "1", "1Gi"),
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "payments"}},
    ]
    file.write_text(yaml.safe_dump_all(objects))
    prices = tmp_path / "prices.yaml"
    prices.write_text("{currency: EUR, default: {coreHour: 0.5, gibHour: 0}}")
    result = demo(f"rightsize -n team-checkout {RANGE} -f {file} -o json --prices {prices}")
    assert result.code == 5
    new, payments = items(result)
    assert (new["owner"], new["replicas"], new["finding"]) == ("Deployment/new", 1, "unknown")
    assert new["cpu"]["reason"] == "no history in the range"
    (now,) = items(demo(f"rightsize deploy/payments -n team-checkout {RANGE} -o json"))
    assert (payments["replicas"], payments["cpu"]["requests"], payments["memory"]["limits"]) == (5, 2 * 10**9, 4 << 30)
    assert payments["cpu"]["recommended"]["requests"] == now["cpu"]["recommended"]["requests"]
    assert payments["evidence"] == now["evidence"]
    assert payments["cpu"]["change"] == 5 * (now["cpu"]["recommended"]["requests"] - 2 * 10**9)
    assert payments["cost"]["savings"] == float(Fraction(-payments["cpu"]["change"], 10**9) * 730 / 2)
    assert new["cost"] == {"requests": None, "savings": None}


@pytest.mark.slow
def test_ci_fails_if_a_chart_asks_for_three_times_what_it_used(
    demo: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = f"rightsize -n team-checkout {RANGE} -f - --fail-if 'memory.requestsPercentOfUsed > 300' -o name"
    for memory, code in (("4Gi", 3), ("1Gi", 0)):
        text = json.dumps(manifest("Deployment", "payments", "1", memory)).encode()
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
        assert demo(words).code == code
    assert (
        demo(f"rightsize {RANGE} -f {tmp_path / 'none'}").err
        == f'error: the path "{tmp_path / "none"}" does not exist\n'
    )


@pytest.mark.slow
def test_namespaces_of_manifests_are_read(demo: Run, tmp_path: Path) -> None:
    file = tmp_path / "both.yaml"
    objects = [
        manifest("Deployment", "payments", "2", "4Gi", namespace="team-checkout"),
        manifest("Deployment", "suggest", "2", "4Gi", namespace="team-search"),
    ]
    file.write_text(yaml.safe_dump_all(objects))
    rows = items(demo(f"rightsize {RANGE} -f {file} -o json"))
    assert [(row["namespace"], row["owner"], row["finding"]) for row in rows] == [
        ("team-checkout", "Deployment/payments", "waste"),
        ("team-search", "Deployment/suggest", "waste"),
    ]


@pytest.mark.slow
def test_pods_that_a_manifest_does_not_describe_are_said(demo: Run, tmp_path: Path) -> None:
    file = tmp_path / "rollout.yaml"
    spec = {"replicas": 1, "workloadRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"}}
    file.write_text(yaml.safe_dump({"kind": "Rollout", "metadata": {"name": "r"}, "spec": spec}))
    result = demo(f"rightsize -n team-checkout {RANGE} -f {file}")
    assert result.code == 5
    assert "Rollout/r: its containers were not compared, as the manifests do not describe its pods" in result.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("deploy/a -f a", "only one of KIND/NAME or -f can be provided"),
        ("-f a --explain", "only one of --explain or -f"),
    ],
)
def test_what_does_not_go_with_manifests(run: Run, tmp_path: Path, words: str, message: str) -> None:
    (tmp_path / "a").write_text(json.dumps(manifest("Deployment", "a", "1", "1Gi")))
    result = run(f"rightsize {words.replace('-f a', f'-f {tmp_path}/a')} {PAST}")
    assert result.code == 2
    assert message in result.err


@pytest.mark.slow
@pytest.mark.parametrize("more", ["--sum", "--columns all", "--by namespace --sum"])
def test_documents_are_what_the_schema_says(demo: Run, more: str) -> None:
    document = json.loads(demo(f"rightsize -n team-checkout {RANGE} -o json {more}").out)
    validate(document)
    assert document["metadata"]["rule"]


def test_the_formats_of_changes_are_among_the_allowed_ones(run: Run) -> None:
    words = (
        'error: unable to match a printer suitable for the output format "kubctl", allowed formats are: '
        "csv,custom-columns,grid,json,jsonpath,kustomize,markdown,name,openmetrics,patch,prometheus,resources,table,tsv,"
        "value,wide,yaml\n"
    )
    assert run("recommend deploy/checkout -o kubctl --from metrics") == (2, "", words)


@pytest.mark.slow
def test_an_owner_of_another_kind_with_that_name_is_offered(demo: Run, demo_server: DemoServer) -> None:
    said = 'Error from server (NotFound): deployments.apps "checkout" not found\n'
    flags = f"--server {demo_server.url} -n team-checkout {RANGE}"
    for more in ("", " --explain", " -o patch"):
        hint = f"hint: did you mean c3s rightsize Rollout/checkout {flags}{more}?\n"
        assert demo(f"rightsize deploy/checkout -n team-checkout {RANGE}{more}") == (1, "", f"{said}{hint}")
    result = demo(f"rightsize deploy/ray-batch -n team-ml {RANGE}")
    flags = flags.replace("team-checkout", "team-ml")
    assert result.err.endswith(f"hint: did you mean c3s rightsize {flags} --where 'owner = RayCluster/ray-batch'?\n")
    owners = demo(f"rightsize rollout/checkout -n team-checkout {RANGE} -o value --columns owner").out
    assert set(owners.split()) == {"Rollout/checkout"}
    assert demo(f"rightsize deploy/nosuch -n team-checkout {RANGE}").err == said.replace("checkout", "nosuch")

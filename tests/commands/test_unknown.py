"""Unknown values in conditions: columns without a source, unmeasured pods, partly measured groups."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Result, Run
from tests.servers import FakeApi, Reply, node, pod, pod_metrics

NO_OOM = "the metrics API does not report oomKills"


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        ("top pods --where oomKills>0", f"--where: {NO_OOM}", "--from prometheus --since 24h does"),
        ("top pods --fail-if oomKills>0", f"--fail-if: {NO_OOM}", "--from prometheus --since 24h does"),
        ("watch pods --until oomKills>0", f"--until: {NO_OOM}", "--from prometheus does"),
        ("watch pods --until-all oomKills=0", f"--until-all: {NO_OOM}", "--from prometheus does"),
        ("top pods --sort-by oomKills", f"--sort-by: {NO_OOM}", "--from prometheus --since 24h does"),
        (
            "top pods --by owner --fail-if throttled>5 --from kubelet",
            "--fail-if: a kubelet does not report throttled",
            "",
        ),
        (
            "top nodes --where ephemeralStorage.usage>1Gi",
            "--where: the metrics API does not report ephemeralStorage.usage",
            "--from kubelet does",
        ),
        (
            "top nodes --sort-by ephemeralStorage.usage --from prometheus",
            "--sort-by: Prometheus does not report ephemeralStorage.usage",
            "--from kubelet does",
        ),
        (
            "top pods --fail-if volumes.used>1Gi",
            "--fail-if: the metrics API does not report volumes.used",
            "--from kubelet or --from prometheus do",
        ),
        (
            "top nodes --fail-if 'resources[\"x/gpu\"].usage>1'",
            '--fail-if: the metrics API does not report resources["x/gpu"].usage',
            "no source measures it",
        ),
    ],
)
def test_a_column_that_the_source_cannot_know_decides_nothing(run: Run, words: str, message: str, hint: str) -> None:
    # Nothing is read: nobody listens there.
    result = run(f"{words} --server http://127.0.0.1:1")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"error: {message}\nhint: {hint}")


def test_such_a_column_is_shown_as_unknown_and_said(run: Run) -> None:
    result = run("top pods -n team-checkout --columns cpu,oomKills,throttled --demo")
    assert result.code == 0
    assert {line.split()[-1] for line in result.out.splitlines()[1:]} == {"<unknown>"}
    assert result.err == "the metrics API does not report oomKills, throttled: --from prometheus --since 24h does\n"
    minutes = "oomKills counts those of 5m: --since 24h counts those of a day\n"
    assert run("top pods -n team-checkout --columns oomKills --from prometheus --demo").err == minutes
    for quiet in ("--columns all", "-o wide", ""):
        assert run(f"top pods -n team-checkout {quiet} --demo").err == ""


def test_columns_says_which_sources_know_a_column(run: Run) -> None:
    sources = {row["column"]: row["sources"] for row in json.loads(run("columns pods -o json").out)}
    assert {name: sources[name] for name in ("cpu.usage", "oomKills", "volumes.used", "ephemeralStorage.usage")} == {
        "cpu.usage": "metrics,kubelet,prometheus",
        "oomKills": "prometheus",
        "volumes.used": "kubelet,prometheus",
        "ephemeralStorage.usage": "kubelet",
    }
    heading, first, *_ = run("columns nodes").out.splitlines()
    assert heading.split() == ["OF", "COLUMN", "ALIAS", "UNIT", "NEEDS", "SOURCES", "MEANING"]
    assert "metrics,kubelet,prometheus" in first


# --- a column beside a column ---------------------------------------------------------------------------------


@pytest.fixture
def two(api: FakeApi) -> str:
    """Serve a pod that uses more than it requests, and one that has neither requests nor limits."""
    requests, limits = {"cpu": "100m", "memory": "50Mi"}, {"cpu": "1", "memory": "100Mi"}
    api.pods(*(pod("n", name, requests=requests, limits=limits) for name in ("full", "new")), pod("n", "free"))
    api.pod_metrics(pod_metrics("n", "full", ("app", "200m", "80Mi")), pod_metrics("n", "free", ("app", "5m", "9Mi")))
    return api.url


def names(result: Result) -> list[str]:
    return [line.split()[1] for line in result.out.splitlines()]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("cpu.usage > cpu.requests", ["free", "full"]),
        ("cpu.usage>=cpu.requests,memory.usage<memory.limits", ["free", "full"]),
        # Without a limit there is nothing to exceed.
        ("memory.usage > memory.limits", []),
        ("memory.usage > memory.declaredLimits", []),
        ("memory.requests < memory.limits", ["free", "full", "new"]),
        ("cpu% > memory.usagePercentOfLimits", ["full"]),
        ("cpu% = cpu%", ["full"]),
        ("cpu.usage = unknown", ["new"]),
        # Text on the right stays text.
        ("name = full", ["full"]),
        ("name = namespace", []),
    ],
)
def test_a_column_is_compared_with_a_column(run: Run, two: str, condition: str, expected: list[str]) -> None:
    words = ["top", "pods", "-A", "--server", two, "--no-headers", "--where", condition, "--columns", "cpu"]
    assert names(run(*words)) == expected


def test_what_a_comparison_of_columns_needs_is_read_and_named(run: Run, two: str) -> None:
    result = run("top", "pods", "-A", "--server", two, "--fail-if", "cpu.usage > cpu.requests", "--fail-if-unknown")
    assert result.code == 3
    assert result.err.splitlines() == [
        "--fail-if: 2 rows matched: n/free, n/full",
        "--fail-if: 1 row could not be judged (no metrics): n/new",
    ]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (
            "cpu.usage > memory.usage",
            (
                "error: cpu.usage (nanocores) cannot be compared with memory.usage (bytes)\n"
                "hint: compare it with a column in nanocores, or with 250m or 2\n"
            ),
        ),
        ("cpu.usage > lots", "error: 'lots' is no value for cpu.usage (nanocores)\nhint: write it as 250m or 2\n"),
        (
            "cpu.usage ~ cpu.requests",
            "error: ~ does not go with cpu.usage (nanocores)\nhint: use one of: = != > >= < <=\n",
        ),
    ],
)
def test_columns_of_other_units_are_not_compared(run: Run, condition: str, message: str) -> None:
    result = run("top", "pods", "--server", "http://127.0.0.1:1", "--where", condition)
    assert (result.code, result.out, result.err) == (2, "", message)


# --- limits are what bounds the pod now -----------------------------------------------------------------------


def test_what_has_ended_bounds_nothing_and_a_container_without_a_limit_bounds_nothing(run: Run, api: FakeApi) -> None:
    def limited(name: str, **limits: str) -> dict[str, Any]:
        return {"name": name, "resources": {"limits": limits}}

    init = {"initContainers": [limited("prepare", cpu="4", memory="4Gi")], "overhead": {"memory": "64Mi"}}
    api.pods(
        pod("n", "ended", spec={"containers": [limited("app", cpu="500m", memory="512Mi")], **init}),
        pod("n", "part", spec={"containers": [limited("app", memory="512Mi"), limited("agent", cpu="10m")]}),
    )
    api.pod_metrics(
        pod_metrics("n", "ended", ("app", "495m", "510Mi")),
        pod_metrics("n", "part", ("app", "5m", "510Mi"), ("agent", "9m", "1Mi")),
    )
    columns = "memory.limits,memory.usagePercentOfLimits,memory.declaredLimits,cpu.limits,cpu.declaredLimits"
    words = ["top", "pods", "-A", "--server", api.url, "--columns", columns]
    assert [line.split()[1:] for line in run(*words, "--no-headers").out.splitlines()] == [
        ["ended", "512Mi", "99%", "4160Mi", "500m", "4000m"],
        ["part", "<none>", "<none>", "512Mi", "<none>", "10m"],
    ]
    close = run(*words, "--fail-if", "memory.usagePercentOfLimits > 95")
    assert (close.code, close.err) == (3, "--fail-if: 1 row matched: n/ended\n")
    assert names(run(*words, "--no-headers", "--where", "memory.limits = none")) == ["part"]
    # Groups and nodes add up what is declared, as `kubectl describe node` does.
    group = run(
        "top", "pods", "-A", "--server", api.url, "--by", "namespace", "--columns", "memory.limits", "-o", "csv"
    )
    assert group.out.splitlines()[1].split(",")[-1] == str((4160 + 512) << 20)
    api.routes["/api/v1/namespaces/n/pods/part"] = Reply(
        pod("n", "part", spec={"containers": [limited("app", memory="512Mi"), limited("agent", cpu="10m")]})
    )
    explained = run("top", "pods", "part", "-n", "n", "--server", api.url, "--explain")
    reason = "bound now, without what has ended; no cpu limit: app; no memory limit: agent"
    assert explained.out.splitlines()[-1].split() == ["<=", *reason.split(), "-", "-", "-", "-"]


# --- without a metrics API ------------------------------------------------------------------------------------


def test_columns_that_need_no_metrics_need_no_metrics_api(run: Run, api: FakeApi) -> None:
    api.nodes(node("a", cpu="4"))
    api.pods(pod("n", "p", node="a", requests={"cpu": "100m"}))
    for words, row in (
        ("top nodes --columns cpu.requests,cpu.free", ["a", "100m", "3900m"]),
        ("top cluster --columns cpu.requests", ["127.0.0.1", "100m"]),
        ("top pods -A --columns cpu.requests", ["n", "p", "100m"]),
        ("top pods -A --by node --columns cpu.requests", ["a", "100m"]),
    ):
        result = run(f"{words} --server {api.url} --no-headers")
        assert (result.code, result.err) == (0, "")
        assert result.out.split()[-len(row) + 1 :] == row[1:]
    # What needs them says that they are missing.
    for words, code in (("top nodes --columns cpu,cpu.requests", 1), ("top pods -A --columns cpu,cpu.requests", 5)):
        result = run(f"{words} --server {api.url}")
        assert (result.code, "Metrics API not available" in result.err) == (code, True)


# --- what is not measured --------------------------------------------------------------------------------------


@pytest.mark.parametrize("usage", [("5000000n", "9216Ki"), ("5m", "9Mi")], ids=["the usual form", "another form"])
def test_a_pod_in_whose_metrics_no_container_is_left_is_unmeasured(
    run: Run, api: FakeApi, usage: tuple[str, str]
) -> None:
    api.pod_metrics(pod_metrics("n", "ended"), pod_metrics("n", "web", ("app", *usage)))
    api.pods(pod("n", "ended", owner=("Job", "j")), pod("n", "web", owner=("Job", "j")))
    api.routes["/apis/metrics.k8s.io/v1beta1/namespaces/n/pods/ended"] = Reply(pod_metrics("n", "ended"))
    for name in ("replicasets", "jobs"):
        group = "batch" if name == "jobs" else "apps"
        api.routes[f"/apis/{group}/v1/{name}"] = Reply({"kind": "List", "metadata": {}, "items": []})
    assert run("top", "pods", "-A", "--server", api.url).out == (
        "NAMESPACE   NAME    CPU(cores)   MEMORY(bytes)\n"
        "n           ended   <unknown>    <unknown>\n"
        "n           web     5m           9Mi\n"
    )
    named = run("top", "pods", "ended", "-n", "n", "--server", api.url)
    assert named.out == "NAME    CPU(cores)   MEMORY(bytes)\nended   <unknown>    <unknown>\n"
    group = json.loads(run("top", "pods", "-A", "--by", "owner", "-o", "json", "--server", api.url).out)["items"][0]
    assert group["pods"] == {"measured": 1, "count": 2}
    idle = run("top", "pods", "-A", "--fail-if", "cpu = 0", "--fail-if-unknown", "--server", api.url)
    assert (idle.code, idle.err) == (3, "--fail-if: 1 row could not be judged (no metrics): n/ended\n")


def test_a_template_says_what_the_source_cannot_know_too(run: Run, api: FakeApi) -> None:
    api.pod_metrics(pod_metrics("n", "p", ("app", "1m", "1Mi")))
    said = "the metrics API does not report oomKills: --from prometheus --since 24h does\n"
    for template in ("custom-columns=N:.name,O:.oomKills", "jsonpath={.items[*].oomKills}"):
        assert run("top", "pods", "-A", "--server", api.url, "-o", template).err == said

"""c3s rightsize through the front door: from a small recording, and without a past."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from c3s_cli.model.rows import Container, NodeFacts, Pod, PodFacts
from c3s_cli.model.sample import Sample
from c3s_cli.sources.recording.recorder import Recorder
from tests.conftest import Run

MILLI, MEBI = 10**6, 1 << 20
BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
# Workloads: (namespace, owner, pod): requests in millicores and mebibytes, limits, and what they use all the time.
SMALL = {
    ("shop", "Deployment/web", "web-1"): ((500, 512), (1000, 512), (100, 100)),
    ("shop", "Deployment/web", "web-2"): ((500, 512), (1000, 512), (120, 110)),
    ("shop", "StatefulSet/db", "db-0"): ((100, 256), (0, 256), (95, 250)),
    ("ops", "DaemonSet/agent", "agent-x"): ((50, 128), (0, 0), (40, 100)),
}


def amounts(pair: tuple[int, int]) -> dict[str, int]:
    return {name: size * unit for name, size, unit in zip(("cpu", "memory"), pair, (MILLI, MEBI), strict=True) if size}


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Record two hours, every five minutes."""
    path = str(tmp_path_factory.mktemp("recorded") / "load.c3s")
    recorder = Recorder(path, 300)
    for number in range(1, 25):
        now, known, used = BEGIN + timedelta(minutes=5 * number), {}, []
        for (namespace, owner, name), (requests, limits, (cpu, memory)) in SMALL.items():
            asked = amounts(requests), amounts(limits)
            box = Container("app", None, None, None, *asked)
            qos = "Burstable"
            known[namespace, name] = PodFacts("", "n", owner, "Running", 0, None, qos, {}, *asked, (box,))
            measured = Container("app", cpu * MILLI, memory * MEBI)
            used.append(Pod("prod", namespace, name, cpu * MILLI, memory * MEBI, None, "t", "5m", (measured,)))
        recorder.add([Sample("prod", now, "metrics", [], used, None, known, 4)], [], now.timestamp())
    recorder.close()
    return path


def test_a_clock_that_went_back_hides_nothing_of_what_was_recorded_before(run: Run, tmp_path: Path) -> None:
    path = str(tmp_path / "back.c3s")
    recorder = Recorder(path, 300)
    asked = amounts((500, 512)), amounts((0, 0))
    box = Container("app", None, None, None, *asked)
    facts = PodFacts("", "n", "Deployment/web", "Running", 0, None, "Burstable", {}, *asked, (box,))
    # The one that uses more ended in the second hour; the last reading is the earliest by its time.
    for minutes in (*range(60, 125, 5), 30):
        uses = {"web-1": 300, "web-2": 100} if 60 <= minutes <= 110 else {"web-2": 100}
        pods = [
            Pod("prod", "shop", name, cpu * MILLI, MEBI, None, "t", "5m", (Container("app", cpu * MILLI, MEBI),))
            for name, cpu in uses.items()
        ]
        now, known = BEGIN + timedelta(minutes=minutes), {("shop", name): facts for name in uses}
        recorder.add([Sample("prod", now, "metrics", [], pods, None, known, 2)], [], now.timestamp())
    recorder.close()
    times = "--start 2026-03-02T00:00:00Z --end 2026-03-02T02:00:00Z --min-history 30m"
    result = run(f"rightsize -A --from {path} {times} -o value --columns owner,container,cpu.recommended.requests")
    assert (result.code, result.out) == (0, "Deployment/web\tapp\t300000000\n"), result.err


@pytest.fixture
def rightsize(run: Run, load: str) -> Any:
    return lambda words="": run(f"rightsize -A --from {load} --since 2h --min-history 1h {words}")


def test_the_table_says_how_much_and_why(rightsize: Any) -> None:
    result = rightsize()
    assert result.code == 0
    assert result.out == TABLE
    assert result.err == WORDS


def test_nothing_is_recommended_from_too_little(run: Run, load: str) -> None:
    result = run(f"rightsize -A --from {load} --columns finding,reason")
    assert result.code == 5
    words = "too little history: 2h of 24h"
    near = f"cpu: {words}; memory: {words}, near its limit"
    assert {line.split(maxsplit=4)[-1] for line in result.out.splitlines()[1:]} == {words, near}


def test_recommend_is_another_name(run: Run, load: str) -> None:
    words = f"-A --from {load} --since 2h --min-history 1h -o json"
    assert run(f"recommend {words}") == run(f"rightsize {words}")


def test_the_document(rightsize: Any) -> None:
    document = json.loads(rightsize("--where 'owner = Deployment/web' -o json").out)
    assert document["kind"] == "RecommendationList"
    assert document["metadata"]["rule"] == {
        "cpuPercentile": 95,
        "memoryBufferPercent": 15.0,
        "oomBuffer": 1.25,
        "cpuMin": 25 * MILLI,
        "cpuMax": None,
        "memoryMin": 64 * MEBI,
        "memoryMax": None,
        "exact": False,
        "minChangePercent": 10.0,
        "minHistorySeconds": 3600.0,
        "includeAutoscaled": False,
    }
    assert document["items"] == [
        {
            "context": "prod",
            "namespace": "shop",
            "owner": "Deployment/web",
            "container": "app",
            "replicas": 2,
            "cpu": {
                "requests": 500 * MILLI,
                "percentile": 120 * MILLI,
                "recommended": {"requests": 125 * MILLI, "limits": 250 * MILLI},
                "limits": 1000 * MILLI,
                "change": -750 * MILLI,
                "finding": "waste",
                "reason": "p95",
            },
            "memory": {
                "requests": 512 * MEBI,
                "max": 110 * MEBI,
                "recommended": {"requests": 128 * MEBI, "limits": 128 * MEBI},
                "limits": 512 * MEBI,
                "change": -768 * MEBI,
                "finding": "waste",
                "reason": "max + 15%",
            },
            "finding": "waste",
            "reason": "cpu: p95; memory: max + 15%",
            "throttled": None,
            "oomKills": None,
            "restarts": 0,
            "autoscaled": [],
            "qosClass": "Burstable",
            "recommended": {"qosClass": "Burstable"},
            "evidence": {
                "from": "2026-03-02T00:00:00Z",
                "to": "2026-03-02T02:00:00Z",
                "samples": 48,
                "coverage": 100.0,
            },
        }
    ]
    assert document["totals"] == {
        "workloads": {"count": 1},
        "containers": {"count": 1, "risk": 0, "unknown": 0, "waste": 1, "fine": 0},
        "cpu": {
            "requests": 1000 * MILLI,
            "recommended": {"requests": 250 * MILLI},
            "freed": 750 * MILLI,
            "needed": 0,
            "change": -750 * MILLI,
        },
        "memory": {
            "requests": 1024 * MEBI,
            "recommended": {"requests": 256 * MEBI},
            "freed": 768 * MEBI,
            "needed": 0,
            "change": -768 * MEBI,
        },
    }


FINE = "owner,memory.max\nDaemonSet/agent,104857600\n"
FREED = "ops\t0\t0\nshop\t1\t750000000\n"


@pytest.mark.parametrize(
    ("words", "code", "out"),
    [
        ("--where 'finding = risk' -o name", 0, "statefulset.apps/db\n"),
        ("--fail-if 'finding = risk' -o value --columns owner,finding", 3, None),
        ("--fail-if 'cpu.change > 1' -o name", 0, None),
        ("--sort-by memory.change --limit 1 -o value --columns owner", 0, "StatefulSet/db\n"),
        (
            "--by namespace -o value --columns namespace,containers.waste,cpu.freed",
            0,
            "ops\t0\t0\nshop\t1\t750000000\n",
        ),
        (
            "--where 'memory.finding = fine' -o csv --columns owner,memory.max",
            0,
            "owner,memory.max\nDaemonSet/agent,104857600\n",
        ),
        ("--exact --where 'owner ~ web' -o value --columns memory.recommended.requests", 0, "132644864\n"),
        ("--cpu-percentile 50 --where 'owner ~ web' -o value --columns cpu.reason", 0, "p50\n"),
    ],
)
def test_rows_are_filtered_sorted_grouped_and_judged(rightsize: Any, words: str, code: int, out: str | None) -> None:
    result = rightsize(words)
    assert result.code == code, result.err
    assert out is None or result.out == out


def test_one_workload(run: Run, load: str) -> None:
    words = f"-n shop --from {load} --since 2h --min-history 1h"
    assert run(f"rightsize deploy/web {words} -o value --columns owner,container").out == "Deployment/web\tapp\n"
    missing = run(f"rightsize sts/web {words}")
    assert (missing.code, missing.out) == (1, "")
    said = 'Error from server (NotFound): statefulsets.apps "web" not found\n'
    assert missing.err == f"{said}hint: did you mean c3s rightsize Deployment/web {words}?\n"


def test_every_figure_is_explained(run: Run, load: str) -> None:
    words = f"-n shop --from {load} --since 2h --min-history 1h --explain"
    result = run(f"rightsize deploy/web {words}")
    assert result.code == 0
    assert result.out == EXPLAINED
    document = json.loads(run(f"rightsize deploy/web {words} -o json").out)
    assert document["read"] == {"readings": "24 readings from 2026-03-02T00:05:00Z to 2026-03-02T02:00:00Z"}
    assert [each["value"] for each in document["figures"] if each["what"] == "p95"] == [100 * MILLI, 120 * MILLI]


def test_a_daemon_set_is_explained_by_the_size_of_its_nodes(run: Run, tmp_path: Path) -> None:
    path = str(tmp_path / "daemons.c3s")
    large = {"cpu": 16 * 1000 * MILLI, "memory": 64 << 30}
    nodes = {name: NodeFacts(name, large, large, None) for name in ("large-1", "large-2")}
    small = {"cpu": 4000 * MILLI, "memory": 16 << 30}
    nodes["small"] = NodeFacts("small", small, small, None)
    recorder = Recorder(path, 300)
    for number in range(1, 25):
        now, known, used = BEGIN + timedelta(minutes=5 * number), {}, []
        for node, cpu in (("small", 20), ("large-1", 90), ("large-2", 80)):
            asked = amounts((50, 128)), amounts((0, 0))
            box = Container("app", None, None, None, *asked)
            known["ops", f"a-{node}"] = PodFacts(
                "", node, "DaemonSet/agent", "Running", 0, None, "Burstable", {}, *asked, (box,)
            )
            measured = Container("app", cpu * MILLI, cpu * MEBI)
            used.append(Pod("prod", "ops", f"a-{node}", cpu * MILLI, cpu * MEBI, None, "t", "5m", (measured,)))
        recorder.add([Sample("prod", now, "metrics", [], used, nodes, known, 3)], [], now.timestamp())
    recorder.close()
    result = run(f"rightsize ds/agent -n ops --from {path} --since 2h --min-history 1h --explain")
    assert [line.split(maxsplit=2)[1:] for line in result.out.splitlines() if " largest " in line] == [
        ["cpu", "largest p95            90m     2 replicas on nodes of 16 cores, 64 GiB"],
        ["cpu", "largest p95            20m     1 replica on nodes of 4 cores, 16 GiB"],
        ["cpu", "largest p95            90m     3 replicas"],
        ["memory", "largest max            90Mi    2 replicas on nodes of 16 cores, 64 GiB"],
        ["memory", "largest max            20Mi    1 replica on nodes of 4 cores, 16 GiB"],
        ["memory", "largest max            90Mi    3 replicas"],
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--explain", "error: --explain takes one workload"),
        ("--cpu-percentile 0", "error: --cpu-percentile takes a number from 1 to 100, not 0"),
        ("--memory-buffer much", "error: 'much' is not a percentage for --memory-buffer"),
        ("--oom-buffer 0.5", "error: --oom-buffer takes a factor from 1 on, such as 1.25, not '0.5'"),
        ("--cpu-min 1x", "error: '1x' is not a quantity for --cpu-min"),
        ("--memory-max 1Mi", "error: --memory-max is less than --memory-min"),
        ("--min-history never", "error: 'never' is not a duration for --min-history"),
        ("--queries 0", "error: --queries takes a number from 1 on, not 0"),
        ("Web", "error: 'Web' is not a workload, such as deploy/web"),
        ("deploy --explain", "error: --explain takes one workload"),
        ("--at 14:00 --from prometheus", "error: --at does not go with c3s rightsize: it needs a range"),
        ("--from metrics --since 7d", "error: --since goes with --from prometheus, --from URL or --from FILE"),
        ("--where 'throttled > 5'", "error: --where: the metrics API does not report throttled"),
    ],
)
def test_mistakes_are_found_before_anything_is_read(run: Run, words: str, said: str) -> None:
    result = run(f"rightsize {words}")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(said)


@pytest.mark.parametrize(
    ("typed", "rows"),
    [
        ("cart", "--where 'owner = Deployment/cart'"),
        ("deploy", "--where 'owner ~ ^Deployment/'"),
    ],
)
def test_a_name_or_a_kind_chooses_workloads(demo: Run, typed: str, rows: str) -> None:
    where = "-n team-checkout --from metrics -o csv"
    assert demo(f"rightsize {typed} {where}")[:2] == demo(f"rightsize {rows} {where}")[:2]


def test_a_name_that_no_workload_has(demo: Run) -> None:
    result = demo("rightsize nosuch --from metrics")
    assert (result.code, result.err) == (1, 'Error from server (NotFound): workloads "nosuch" not found\n')


# --- without a past -------------------------------------------------------------------------------------------


TABLE = """\
NAMESPACE   OWNER             CONTAINER   REPLICAS   CPU-REQUESTS   CPU-PERCENTILE   CPU-RECOMMENDED   MEMORY-REQUESTS   MEMORY-MAX   MEMORY-RECOMMENDED   FINDING   REASON
ops         DaemonSet/agent   app         1          50m            40m              50m               128Mi             100Mi        128Mi                fine      cpu: p95; memory: max + 15%
shop        Deployment/web    app         2          500m           120m             125m              512Mi             110Mi        128Mi                waste     cpu: p95; memory: max + 15%
shop        StatefulSet/db    app         1          100m           95m              100m              256Mi             250Mi        320Mi                risk      cpu: p95; memory: max + 15%
"""  # noqa: E501
WORDS = """\
usage of 24 readings from 2026-03-02T00:05:00Z to 2026-03-02T02:00:00Z
note: a recording does not know autoscalers
more is requested than needed: 750m CPU and 768Mi memory
less is requested than needed: 64Mi memory
note: limits would change too, of 2 containers: --columns wide shows them
"""
EXPLAINED = """\
CONTAINER   RESOURCE   FIGURE                 VALUE    OF
app         cpu        requests now           500m     -
app         cpu        limits now             1000m    -
app         cpu        p95                    100m     web-1, 120m, 24 samples
app         cpu        p95                    120m     web-2, 120m, 24 samples
app         cpu        largest p95            120m     2 replicas
app         cpu        recommended requests   125m     p95: 120m, rounded up to a multiple of 25m
app         cpu        recommended limits     250m     -
app         cpu        finding: waste         -375m    change of one replica
app         memory     requests now           512Mi    -
app         memory     limits now             512Mi    -
app         memory     max                    100Mi    web-1, 120m, 24 samples
app         memory     max                    110Mi    web-2, 120m, 24 samples
app         memory     largest max            110Mi    2 replicas
app         memory     recommended requests   128Mi    max + 15%: 126Mi, rounded up to a multiple of 64Mi
app         memory     recommended limits     128Mi    -
app         memory     finding: waste         -384Mi   change of one replica

READ       HOW
readings   24 readings from 2026-03-02T00:05:00Z to 2026-03-02T02:00:00Z
"""

"""A range of time with sets, conditions and orders: nothing of now passes for the range."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from c3s_cli.model.rows import Container, Pod
from c3s_cli.model.sample import Sample
from c3s_cli.sources.recording.recorder import Recorder
from tests.conftest import Run
from tests.servers import FakeApi, pod, pod_metrics

PAST = "--since 1h --from prometheus"
SHOP = f"-n team-checkout {PAST}"
STATISTICS = ["CPU-AVG", "CPU-P95", "CPU-MAX"]
OF_MEMORY = ["MEMORY-AVG", "MEMORY-P95", "MEMORY-MAX"]


def titles(out: str) -> list[str]:
    return out.splitlines()[0].split()


@pytest.mark.slow
@pytest.mark.parametrize("words", [f"pods {SHOP}", f"nodes {PAST}", f"deploy {SHOP}"])
def test_wide_has_the_statistics_and_nothing_of_now(demo: Run, words: str) -> None:
    wide = titles(demo(f"top {words} -o wide").out)
    assert [title for title in wide if title.endswith(("-AVG", "-MAX")) or "-P95" in title] == [
        *STATISTICS,
        *(each for each in wide if each.startswith("CPU-P95(%")),
        *OF_MEMORY,
        *(each for each in wide if each.startswith("MEMORY-P95(%")),
    ]
    assert not {"CPU(cores)", "MEMORY(bytes)", "CPU(%)", "CPU(%REQUESTS)", "MEMORY(%LIMITS)"} & {*wide}
    assert "CPU-REQUESTS" in wide
    assert "CPU-UNUSED" not in wide
    assert titles(demo(f"top {words} --columns wide").out) == wide


def test_wide_of_the_cluster_has_the_statistics_of_each_resource(demo: Run) -> None:
    names = "cpu.avg,cpu.p95,cpu.max,cpu.p95PercentOfAllocatable,memory.avg,memory.p95,memory.max"
    named = demo(f"top cluster {PAST} --no-headers --columns {names},memory.p95PercentOfAllocatable").out.split()[1:]
    heading, cpu, memory, *_ = (line.split() for line in demo(f"top cluster {PAST} -o wide").out.splitlines())
    assert heading[:6] == ["CONTEXT", "RESOURCE", "USED-AVG", "USED-P95", "USED-MAX", "USED-P95(%)"]
    assert [*cpu[2:6], *memory[2:6]] == named


def test_wide_shows_the_values_of_the_default_table(demo: Run) -> None:
    words = f"top pods {SHOP} --no-headers"
    columns = "name,cpu.avg,cpu.p95,cpu.max,memory.avg,memory.p95,memory.max"
    named = [line.split() for line in demo(f"{words} --columns {columns}").out.splitlines()]
    wide = [line.split() for line in demo(f"{words} -o wide").out.splitlines()]
    measured = {line[0] for line in named}
    assert named == [[*line[:4], *line[8:11]] for line in wide if line[0] in measured]


def test_all_has_the_statistics_too(demo: Run) -> None:
    shown = titles(demo(f"top pods {SHOP} --columns all").out)
    assert shown[:7] == ["NAME", *STATISTICS, *OF_MEMORY]
    assert "CPU(cores)" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--fail-if 'cpu > 9'", "cpu.usage is of now alone: cpu.max is the largest of the range"),
        (
            "--where 'memory%limits > 99, cpu.max > 9'",
            "memory.usagePercentOfLimits is of now alone: memory.maxPercentOfLimits is the largest of the range",
        ),
        (
            "--sort-by cpu,memory",
            "cpu.usage, memory.usage are of now alone: cpu.max, memory.max are the largest of the range",
        ),
        ("--columns default,cpu", "cpu.usage is of now alone: cpu.max is the largest of the range"),
        ("--columns cpu.p95 --sort-by memory", "memory.usage is of now alone: memory.max is the largest of the range"),
        ("--columns cpu.unused", "cpu.unused is of now alone"),
        ("--where 'restarts > 0'", "restarts counts those in the range"),
        ("--fail-if 'oomKilled = true, cpu.max > 99'", "oomKilled also counts kills before the range: oomKills counts"),
    ],
)
def test_amounts_of_now_are_said_to_be(demo: Run, words: str, said: str) -> None:
    assert said in demo(f"top pods {SHOP} {words}").err


def test_the_end_of_a_range_is_not_called_now(demo: Run) -> None:
    ended = demo(f"top pods {SHOP} --end 2026-03-02T08:00:00Z --sort-by cpu").err
    assert "cpu.usage is of the end of the range alone" in ended


@pytest.mark.parametrize("words", ["", "-o wide", "--fail-if 'cpu.max > 99'", "--columns all"])
def test_what_is_of_the_range_needs_no_words(demo: Run, words: str) -> None:
    assert " alone" not in demo(f"top pods {SHOP} {words}").err


def test_states_of_now_beside_usage_of_then_are_said_to_be(demo: Run) -> None:
    said = "of now: --facts source has what Prometheus knows of then"
    past = f"top pods {SHOP} --end 2026-03-02T08:00:00Z"
    assert f"status, ready are {said}\n" in demo(f"{past} --columns status,ready,restarts").err
    at = "top pods -n team-checkout --at 2026-03-02T08:00:00Z --where"
    assert f"restarts is {said}\n" in demo(f"{at} 'restarts > 0'").err
    assert said not in demo(f"{at} 'restarts > 0' --facts source").err
    assert said not in demo(f"{at} 'cpu > 1m'").err
    assert said not in demo(f"top pods {SHOP} --columns status").err


def test_cpu_of_a_single_time_needs_no_words(demo: Run) -> None:
    assert demo("top pods -n team-checkout --sort-by cpu --where 'cpu > 0'").err == ""


def test_a_document_of_the_past_has_the_time_of_its_data(demo: Run, tmp_path: Path) -> None:
    file = tmp_path / "before.json"
    file.write_text(demo("top pods -A --at -2h --from prometheus -o json").out, encoding="utf-8")
    assert json.loads(file.read_text())["metadata"]["timestamp"] == "2026-03-02T07:30:00Z"
    compared = demo(f"diff pods -A {file}")
    assert compared.err.splitlines()[0] == f"before: {file}, usage at 2026-03-02T07:30:00Z"
    rows = {line.split()[1]: line.split()[2:5] for line in compared.out.splitlines()[1:]}
    # It crashes: there is no usage now, but the pod is still there.
    (crashing,) = (row for name, row in rows.items() if name.startswith("fraud-scorer"))
    assert (crashing[0], crashing[2]) == ("changed", "<unknown>")
    document = json.loads(demo(f"diff pods -A {file} -o json").out)
    assert document["metadata"]["beforeTimestamp"] == "2026-03-02T07:30:00Z"


def test_a_pod_that_came_later_is_still_added(run: Run, api: FakeApi, tmp_path: Path) -> None:
    file = tmp_path / "before.json"
    api.pods(*(pod("n", name) for name in ("old", "gone")), namespace="n")
    api.pod_metrics(pod_metrics("n", "gone", ("app", "1m", "1Mi")), namespace="n")
    file.write_text(run(f"top pods -n n --server {api.url} -o json").out, encoding="utf-8")
    came = pod("n", "new")
    came["metadata"]["creationTimestamp"] = "2036-03-02T09:00:00Z"
    api.pods(pod("n", "old"), came, namespace="n")
    api.pod_metrics(*(pod_metrics("n", name, ("app", "1m", "1Mi")) for name in ("old", "new")), namespace="n")
    result = run(f"diff pods -n n {file} --server {api.url}")
    assert [line.split()[:4] for line in result.out.splitlines()[1:]] == [
        ["gone", "removed", "1m", "<none>"],
        ["new", "added", "<none>", "1m"],
        ["old", "changed", "<unknown>", "1m"],
    ]


def test_memory_percent_of_pods_is_said_to_be_of_requests(demo: Run) -> None:
    said = "memory% is of requests: write memory%requests or memory%limits"
    tripped = demo("top pods -A --fail-if 'memory% > 90, cpu > 1m'")
    assert (tripped.code, tripped.err.splitlines()[0]) == (3, said)
    # What was compared is in the table, as with --where.
    assert titles(tripped.out)[2:] == ["CPU(cores)", "MEMORY(bytes)", "MEMORY(%REQUESTS)"]
    for words in ("top pods -A --where", "top pods -A --filter", "top deploy -A --where"):
        assert said in demo(f"{words} 'memory% > 90'").err.splitlines()
    fine = demo("top pods -A --fail-if 'memory%requests > 99999'")
    assert (fine.code, titles(fine.out)[2:]) == (0, ["CPU(cores)", "MEMORY(bytes)"])
    assert said not in fine.err
    assert said not in demo("top nodes --fail-if 'memory% > 99'").err
    named = demo("top pods -A --fail-if 'memory%limits > 1' --columns name,cpu")
    assert (named.code, titles(named.out)) == (3, ["NAME", "CPU(cores)"])
    printed = demo("top pods -A --fail-if 'memory%limits > 1' -o csv")
    assert printed.out.splitlines()[0].count("Percent") == 0


def test_restarts_and_kills_in_a_range_agree_with_the_count_of_young_pods(demo: Run) -> None:
    words = "top pods -n team-checkout --columns restarts,oomKills -o value --from prometheus --where"
    assert set(demo(f"{words} 'name ~ ^cart' --since 24h").out.splitlines()) == {"4\t4"}
    assert demo(f"{words} 'name ~ ^fraud' --since 24h").out.split()[0] == "37"
    each = demo(f"{words} 'name ~ ^cart' --since 1h --containers --columns container").out.splitlines()
    assert sorted(each) == [*["0\t0\tapp"] * 2, *["0\t0\tistio-proxy"] * 3, "1\t1\tapp"]
    # Nobody measured it in the last hour, nor those that have just begun, but these were never restarted.
    said = demo(f"restarts -A {PAST}").err.splitlines()[-1]
    name = "team-checkout/fraud-scorer-9nqtj8g427-z2tsb"
    assert said == f"note: --where could not judge 1 pod (restarts unknown): {name}"
    gate = demo(f"top pods -A {PAST} --fail-if 'restarts > 40'")
    judged = f"--fail-if: 1 row could not be judged (restarts unknown): {name}"
    assert (gate.code, gate.err.splitlines()[-1]) == (0, f"{judged}; --fail-if-unknown fails then")
    # What is known of some pods decides for their workload as far as it goes.
    deploy = f"top deploy -n team-checkout {PAST} --columns restarts --sort-by restarts"
    gate = demo(f"{deploy} --fail-if 'restarts > 40'")
    judged = "could not be judged (restarts of some pods unknown): Deployment/fraud-scorer (0 of 1 pods measured)"
    assert (gate.code, gate.err.splitlines()[-1]) == (0, f"--fail-if: 1 row {judged}; --fail-if-unknown fails then")
    assert demo(f"{deploy} --fail-if 'restarts >= 0'").code == 3
    assert demo("top deploy -n team-checkout --fail-if 'restarts > 11' -q").err == (
        "--fail-if: 2 rows matched: Deployment/cart, Deployment/fraud-scorer\n"
    )


def test_rows_with_few_readings_of_a_recording_are_counted(run: Run, tmp_path: Path) -> None:
    path = str(tmp_path / "load.c3s")
    recorder = Recorder(path, 300)
    for number in range(1, 25):
        now = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(minutes=5 * number)
        names = ("old", "young") if number > 20 else ("old",)
        used = [Pod("prod", "n", name, 1, 1, None, "t", "5m", (Container("app", 1, 1),)) for name in names]
        recorder.add([Sample("prod", now, "metrics", [], used, {}, {}, 3)], [], now.timestamp())
    recorder.close()
    words = f"top pods -n n --from {path} --since 2h"
    said = "note: 1 row has data for less than a quarter of the range: --columns default,coverage says for how much\n"
    assert run(words).err.endswith(said)
    assert said not in run(f"{words} --where 'name = old'").err
    rows = json.loads(run(f"{words} -o json").out)["items"]
    assert {row["name"]: round(row["coverage"]) for row in rows} == {"old": 100, "young": 17}

"""--prices: costs of nodes, pods, containers and groups, computed by hand; price files that cannot be trusted."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import pytest

from tests.conftest import Result, Run
from tests.servers import FakeApi, node, node_metrics, pod, pod_metrics

PRICES: Final = """
currency: EUR
hoursPerMonth: 700
default: {coreHour: 0.03, gibHour: 0.004}
nodes:
- labels: {kind: "gpu-*"}
  coreHour: 0.05
  gibHour: 0.005
  gpuHour: 1.5
- labels: {spot: true, size: 8}
  coreHour: 0.01
  gibHour: 0.001
"""
COSTS: Final = "cost.requests,cost.usage,cost.waste"
Priced = Callable[..., Result]


@pytest.fixture
def cluster(api: FakeApi) -> FakeApi:
    api.nodes(
        node("plain", labels={"spot": "true", "size": "4"}),
        node("accelerated", labels={"kind": "gpu-a10"}),
        node("spot", labels={"spot": "true", "size": "8"}),
    )
    api.node_metrics(node_metrics("plain", "3", "4Gi"), node_metrics("accelerated", "1", "1Gi"))
    api.pods(
        pod("a", "wasteful", "plain", requests={"cpu": "2", "memory": "4Gi"}, owner=("StatefulSet", "x")),
        pod("a", "busy", "plain", requests={"cpu": "500m", "memory": "512Mi"}, owner=("StatefulSet", "x")),
        pod("a", "unmeasured", "spot", requests={"cpu": "1", "memory": "1Gi"}, owner=("StatefulSet", "y")),
        pod("a", "waiting", "", phase="Pending", requests={"cpu": "1", "nvidia.com/gpu": "1"}),
        pod(
            *("b", "model", "accelerated"),
            requests={"cpu": "1", "memory": "2Gi", "nvidia.com/gpu": "2"},
            owner=("StatefulSet", "z"),
        ),
    )
    api.pod_metrics(
        pod_metrics("a", "wasteful", ("app", "500m", "1Gi")),
        pod_metrics("a", "busy", ("app", "1500m", "1Gi")),
        pod_metrics("b", "model", ("app", "250m", "1Gi")),
    )
    return api


@pytest.fixture
def priced(run: Run, cluster: FakeApi, tmp_path: Path) -> Priced:
    """Run a command on the cluster with a price file."""

    def runs(words: str, prices: str = PRICES) -> Result:
        file = tmp_path / "prices.yaml"
        file.write_text(prices)
        return run(f"{words} --server {cluster.url} --prices {file}")

    return runs


def hours(core: str, gib: str, cores: str, gibs: str, *, gpus: int = 0) -> Fraction:
    return 700 * (
        Fraction(core) * Fraction(cores) + Fraction(gib) * Fraction(gibs) + gpus * (Fraction("1.5") if gpus else 0)
    )


PLAIN, GPU, SPOT = ("0.03", "0.004"), ("0.05", "0.005"), ("0.01", "0.001")
EXPECTED: Final[dict[str, tuple[Fraction | None, Fraction | None, Fraction | None]]] = {
    "wasteful": (
        hours(*PLAIN, "2", "4"),
        hours(*PLAIN, "0.5", "1"),
        hours(*PLAIN, "1.5", "3"),
    ),
    "busy": (hours(*PLAIN, "0.5", "0.5"), hours(*PLAIN, "1.5", "1"), Fraction(0)),
    "unmeasured": (hours(*SPOT, "1", "1"), None, None),
    "waiting": (Fraction(0), Fraction(0), Fraction(0)),
    "model": (hours(*GPU, "1", "2", gpus=2), hours(*GPU, "0.25", "1", gpus=2), hours(*GPU, "0.75", "1")),
}


def costs(item: dict[str, Any]) -> tuple[float | None, ...]:
    return tuple(item["cost"][name] for name in ("requests", "usage", "waste"))


def near(values: tuple[Fraction | None, ...]) -> tuple[float | None, ...]:
    """Round exact values once, to the nearest floating point number."""
    return tuple(None if value is None else float(value) for value in values)


def test_a_pod_is_priced_by_its_node(priced: Priced) -> None:
    result = priced("top pods -A -o json")
    document = json.loads(result.out)
    assert {item["name"]: costs(item) for item in document["items"]} == {
        name: near(values) for name, values in EXPECTED.items()
    }
    assert document["units"]["cost"] == "currency per month"
    assert document["metadata"]["prices"] == {
        "currency": "EUR",
        "hoursPerMonth": 700,
        "allocatedBy": "requests",
        "nodesWithoutPrice": [],
    }
    assert result.err == (
        "note: costs are EUR per month of 700 hours, allocated by requests: what no pod requests is in no pod's cost\n"
    )


def test_a_table_shows_two_decimals_and_sums(priced: Priced) -> None:
    assert priced(f"top pods -A --by owner --where 'namespace = a' --columns owner,{COSTS} --sum").out.splitlines() == [
        "OWNER           COST-REQUESTS   COST-USAGE   COST-WASTE",
        "<none>          0.00            0.00         0.00",
        "StatefulSet/x   65.10           47.60        17.50",
        "StatefulSet/y   7.70            <unknown>    <unknown>",
        "                ________        ________     ________",
        "                72.80           47.60        17.50",
    ]


def test_containers_nodes_and_clusters_have_costs(priced: Priced) -> None:
    line = priced(f"top pods -A --where 'name = model' --containers --columns {COSTS} --no-headers").out.split()
    assert line == ["b", "model", "app", "2142.00", "2112.25", "29.75"]
    nodes = priced(f"top nodes --columns {COSTS}").out.splitlines()
    assert [row.split() for row in nodes[1:]] == [
        ["accelerated", "2142.00", "2138.50", "3.50"],
        ["plain", "65.10", "74.20", "0.00"],
        ["spot", "7.70", "<unknown>", "<unknown>"],
    ]
    (whole,) = json.loads(priced("top cluster -o json").out)["items"]
    requested = sum((values[0] or Fraction(0) for values in EXPECTED.values()), Fraction(0))
    used = hours(*PLAIN, "3", "4") + hours(*GPU, "1", "1", gpus=2)
    compared = requested - hours(*SPOT, "1", "1")
    assert costs(whole) == near((requested, used, max(Fraction(0), compared - used)))


def test_conditions_and_orders_compare_exact_costs(priced: Priced) -> None:
    assert priced("top pods -A --where 'cost.waste = 29.75' -o name").out == "pod/model\n"
    assert priced("top pods -A --where 'cost.waste < 29.75' -o name").out == "pod/busy\npod/waiting\n"
    names = priced("top pods -A --sort-by cost.requests --no-headers --columns cost.requests").out
    assert [line.split()[1] for line in names.splitlines()] == ["model", "wasteful", "busy", "unmeasured", "waiting"]
    failed = priced("top pods -A --fail-if 'cost.waste > 29' --fail-if-unknown -o name")
    assert failed.code == 3
    assert "could not be judged (no metrics): a/unmeasured\n" in failed.err
    assert priced("top pods -A --where 'cost.waste > x'").err.splitlines() == [
        "error: 'x' is no value for cost.waste (currency per month)",
        "hint: write it as 100 or 12.50",
    ]


def test_a_group_in_part_decides_only_what_nobody_can_change(priced: Priced) -> None:
    # Whatever the unmeasured pod uses, the sum is above 40; of waste, nothing is certain.
    above = priced("top pods -A --by namespace --fail-if 'cost.usage > 40, namespace = a' -o name")
    assert above.code == 3
    below = priced("top pods -A --by namespace --fail-if 'cost.usage > 50, namespace = a' --fail-if-unknown -o name")
    assert (below.code, "not all members are measured" in below.err) == (3, True)
    waste = priced("top pods -A --by namespace --fail-if 'cost.waste > 1, namespace = a' -o name")
    assert (waste.code, "1 row could not be judged" in waste.err) == (0, True)


def test_groups_say_that_their_waste_lacks_what_is_not_measured(priced: Priced) -> None:
    words = "top pods -A --by namespace --no-headers --columns"
    result = priced(f"{words} cost.requests,cost.waste")
    assert result.out.splitlines()[0].split() == ["a", "72.80", "17.50"]
    lacking = "a (2 of 4 pods measured)"
    note = f"note: what is not measured is in cost.requests alone, not in cost.waste: {lacking}"
    assert result.err.splitlines()[1:] == [note]
    assert "not measured" not in priced(f"{words} cost.requests").err


def test_nodes_without_a_price_are_unknown_and_counted(priced: Priced) -> None:
    prices = PRICES.replace("default:", "#")
    result = priced(f"top pods -A --columns {COSTS} --by node --sum", prices)
    assert [line.split() for line in result.out.splitlines()[1:]] == [
        ["<none>", "0.00", "0.00", "0.00"],
        ["accelerated", "2142.00", "2112.25", "29.75"],
        ["plain", "<unknown>", "<unknown>", "<unknown>"],
        ["spot", "7.70", "<unknown>", "<unknown>"],
        ["________"] * 3,
        ["<unknown>"] * 3,
    ]
    assert result.err.splitlines()[1].startswith("warning: no price in ")
    assert result.err.endswith("prices.yaml for 1 of 3 nodes, so their costs are unknown: plain\n")
    document = json.loads(priced("top nodes -o json", prices).out)
    assert document["metadata"]["prices"]["nodesWithoutPrice"] == ["plain"]


def test_a_gpu_without_a_price_is_not_free(priced: Priced) -> None:
    result = priced(
        f"top pods -A --where 'namespace = b' --columns {COSTS} --no-headers", PRICES.replace("  gpuHour: 1.5\n", "")
    )
    assert result.out.split() == ["b", "model", "<unknown>", "<unknown>", "<unknown>"]
    reason = "prices.yaml for 1 node with pods that request GPUs, whose costs are unknown: accelerated\n"
    assert result.err.splitlines()[1].startswith("warning: no gpuHour in ")
    assert result.err.endswith(reason)


def test_sets_of_columns_include_costs_once(priced: Priced) -> None:
    named = priced("top pods -A -o csv --columns cost.waste,default --sort-by cost.waste").out.splitlines()[0]
    assert named == "namespace,name,cost.waste,cpu.usage,memory.usage,cost.requests,cost.usage"
    assert priced("top pods -A -o csv --sort-by cost.waste").out.splitlines()[0].endswith(f",memory.usage,{COSTS}")
    assert "cost.waste" in priced("top nodes -o csv --columns all").out.splitlines()[0]


def test_metrics_have_costs(priced: Priced) -> None:
    out = priced("top nodes --where 'name = plain' --columns cost.requests -o prometheus").out
    assert out.splitlines()[-1] == 'c3s_node_cost_requests{context="' + out.split('"')[1] + '",node="plain"} 65.1'


def test_a_watch_has_costs(priced: Priced) -> None:
    result = priced("watch nodes --count 1 --columns cost.requests --no-headers")
    assert "plain" in result.out
    assert "65.10" in result.out


@pytest.mark.parametrize("words", ["top nodes", "top pods -A --by namespace", "top cluster", "watch nodes --count 1"])
def test_a_cost_without_prices_is_refused_before_anything_is_read(run: Run, words: str) -> None:
    for flag in ("--columns cost.waste", "--sort-by cost.waste"):
        result = run(f"{words} {flag} --server http://127.0.0.1:1")
        assert (result.code, result.out) == (2, "")
        first, hint = result.err.splitlines()
        assert first == "error: cost.waste needs --prices FILE"
        assert hint.startswith("hint: a sample: {currency: EUR, ")


def test_all_columns_are_shown_without_prices(cluster: FakeApi, run: Run) -> None:
    result = run(f"top nodes --columns all -o csv --server {cluster.url}")
    assert (result.code, "cost" in result.out) == (0, False)


def test_a_range_has_no_usage_of_one_time(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p").write_text(PRICES)
    words = f"top pods --since 1d --from prometheus --prices {tmp_path / 'p'} --server http://127.0.0.1:1"
    result = run(f"{words} --columns cost.waste")
    assert (result.code, result.err.splitlines()[0]) == (2, "error: cost.waste is of one time, not of a range")


PRICE: Final = "{coreHour: 1, gibHour: 1}"
WRONG: Final = [
    ("", "expected fields such as currency"),
    ("[1]", "expected fields such as currency"),
    ("currency: EUR", "there is no price in it"),
    (f"currency: 7\ndefault: {PRICE}", "currency must be a name such as EUR"),
    (f'currency: "E\\e[2J"\ndefault: {PRICE}', "currency must be a name such as EUR"),
    (f"currency: EUR\nhourspermonth: 3\ndefault: {PRICE}", 'unknown field "hourspermonth"'),
    (f"currency: EUR\nhoursPerMonth: 0\ndefault: {PRICE}", "hoursPerMonth must be above 0"),
    (
        f"currency: EUR\nhoursPerMonth: 9000\ndefault: {PRICE}",
        "hoursPerMonth must be a number from 0 to 8,784, not 9000",
    ),
    ("currency: EUR\ndefault: {coreHour: 1}", "default.gibHour is missing"),
    (
        "currency: EUR\ndefault: {coreHour: .nan, gibHour: 1}",
        "default.coreHour must be a number from 0 to 1,000,000, not nan",
    ),
    (
        "currency: EUR\ndefault: {coreHour: .inf, gibHour: 1}",
        "default.coreHour must be a number from 0 to 1,000,000, not inf",
    ),
    (
        "currency: EUR\ndefault: {coreHour: -1, gibHour: 1}",
        "default.coreHour must be a number from 0 to 1,000,000, not -1",
    ),
    (
        "currency: EUR\ndefault: {coreHour: 1e300, gibHour: 1}",
        "default.coreHour must be a number from 0 to 1,000,000, not 1e+300",
    ),
    ("currency: EUR\ndefault: {coreHour: 1e-10, gibHour: 1}", "default.coreHour may have 9 decimals, not 1e-10"),
    (
        "currency: EUR\ndefault: {coreHour: true, gibHour: 1}",
        "default.coreHour must be a number from 0 to 1,000,000, not True",
    ),
    (
        "currency: EUR\ndefault: {coreHour: a, gibHour: 1}",
        "default.coreHour must be a number from 0 to 1,000,000, not a",
    ),
    ("currency: EUR\nnodes: 3", "nodes must be a list of at most 10,000 entries"),
    (f"currency: EUR\nnodes: [{PRICE}]", "nodes[0]: labels, pool or instanceType must say which nodes it is about"),
    ("currency: EUR\nnodes: [{labels: [a]}]", "nodes[0].labels: expected a map of labels"),
    ("currency: EUR\nnodes: [{pool: 1.5, coreHour: 1, gibHour: 1}]", "nodes[0].pool must be text"),
    ("currency: EUR\nnodes: [{pool: a, gibHour: 1}]", "nodes[0].coreHour is missing"),
]


@pytest.mark.parametrize(("text", "message"), WRONG, ids=[message for _, message in WRONG])
def test_a_wrong_price_file_is_refused_with_the_field(run: Run, tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text(text)
    result = run(f"top nodes --prices {file} --server http://127.0.0.1:1")
    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines()[0] == f"error: {file}: {message}"


def test_a_file_that_is_no_yaml_is_refused_with_the_line(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text("currency: EUR\ndefault: {coreHour: 1\nnodes: [\n")
    assert run(f"top nodes --prices {file}").err == f"error: {file}, line 3: not valid YAML\n"
    file.write_bytes(b"\xff\xfe\x00")
    assert run(f"top nodes --prices {file}").err.startswith(f"error: {file}")
    file.write_text("[" * 5000)
    assert run(f"top nodes --prices {file}").code == 2
    assert run(f"top nodes --prices {tmp_path}").err == f"error: {tmp_path} cannot be read: Is a directory\n"
    missing = run(f"top nodes --prices {tmp_path / 'none'}")
    assert missing.code == 2
    first, hint = missing.err.splitlines()
    assert first == f'error: the path "{tmp_path / "none"}" does not exist'
    assert hint.startswith("hint: a sample: {currency: EUR, hoursPerMonth: 730, default: {")

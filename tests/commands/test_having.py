"""--having, and --where of `top ns`, `top deploy` and so on: conditions on the sums that are shown."""

from __future__ import annotations

import pytest

from tests.conftest import Run
from tests.servers import FakeApi, Reply, pod, pod_metrics

JOINED = "join them with commas, or see c3s top pods --by, where --where compares members and --having sums"
OF_PODS = "compare pods.measured or pods.count, or both: 'pods.measured < pods.count'"
OWNED = {"web-1": "2", "web-2": "2", "web-3": None, "db-1": "1", "db-2": "3500m"}


@pytest.fixture
def where(api: FakeApi) -> str:
    """Serve two workloads of small pods: of web, one of three pods is not measured."""
    owned = [("shop" if name[0] == "w" else "data", name, ("StatefulSet", name[:-2])) for name in OWNED]
    api.pods(
        *(
            pod(
                space,
                name,
                owner=owner,
                requests={"cpu": "1"},
                containerStatuses=[{"name": "app", "state": {"running": {}}}],
            )
            for space, name, owner in owned
        )
    )
    api.pod_metrics(*(pod_metrics(space, name, ("app", OWNED[name], "1Gi")) for space, name, _ in owned if OWNED[name]))
    for path in ("apps/v1/replicasets", "batch/v1/jobs"):
        api.routes[f"/apis/{path}"] = Reply({"metadata": {}, "items": []})
    return f"--server {api.url}"


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("top ns --where 'cpu > 3'", ["data", "shop"]),
        ("top namespaces --filter 'cpu > 4.2'", ["data"]),
        ("top pods -A --by namespace --having 'cpu > 4.2'", ["data"]),
        ("top pods -A --by namespace --where 'cpu > 3'", ["data"]),
        ("watch ns --where 'cpu > 4.2' --count 1", ["data"]),
        ("top sts -A --where 'memory >= 2Gi, pods.count > 2' --columns owner", ["StatefulSet/web"]),
        ("top ns --where 'pods.measured < pods.count'", ["shop"]),
        ("top ns --where 'cpu.requests > 2.5'", ["shop"]),
        # What only pods have is compared before they are summed.
        ("top ns --where 'name = db-2, cpu > 3.4'", ["data"]),
        ("top ns --where 'name = db-1, cpu > 3.4'", []),
        ("top ns --where 'status = Running, pods.count > 2'", ["shop"]),
        ("top ns --where 'restarts = 0, age > 1s' --where 'cpu.requests = none'", ["data", "shop"]),
        ("top ns --where 'name ~ 1$'", ["data", "shop"]),
        ("top ns --where 'cpu > 3' --having 'cpu > 1'", ["data"]),
        ("top ns --where 'cpu > 4.2' --where 'cpu.requests > 2.5'", ["data", "shop"]),
        ("top ns --where 'cpu > 3' --limit 1", ["data"]),
    ],
)
def test_the_rows_that_are_shown_are_compared(run: Run, where: str, words: str, names: list[str]) -> None:
    result = run(f"{words} --no-headers {where}")
    assert (result.code, [line.split()[0] for line in result.out.splitlines()]) == (0, names)


def test_the_name_of_a_workload_is_no_name_of_a_pod(run: Run, where: str) -> None:
    hint = 'hint: no row has name = "web"; did you mean owner = StatefulSet/web?\n'
    assert run(f"top sts -A --where 'name = web' {where}") == (0, "", f"No resources found\n{hint}")
    assert run(f"top sts -A --where 'owner = StatefulSet/web' -o name {where}").out == "statefulset.apps/web\n"


def test_the_sum_is_that_of_the_rows(run: Run, where: str) -> None:
    assert run(f"top ns --where 'cpu > 4.2' --sum {where}").out.splitlines()[-1].split() == ["2/2", "4500m", "2048Mi"]


def test_groups_that_cannot_be_judged_are_said(run: Run, where: str) -> None:
    assert run(f"top ns --where 'cpu < 4.2' {where}") == (
        0,
        "",
        "No resources found\nnote: 1 group may meet the condition, too: shop (2 of 3 pods measured)\n",
    )
    gate = run(f"top ns --where 'cpu > 4.2' --fail-if 'memory > 9Gi' {where}")
    assert gate.code == 0
    assert gate.err.startswith("--fail-if: 1 row could not be judged (--where: not all members are measured): shop")
    blind = f"top ns --where 'cpu > 99' --fail-if 'memory > 9Gi' --fail-if-unknown {where}"
    assert run(blind).code == 3
    # Of all of them, it is known that they do not meet it.
    assert run(blind.replace("cpu >", "cpu.requests >")).code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("top pods --having 'cpu > 1'", "--having goes with --by\nhint: --where compares the rows"),
        (
            "top ns --where 'pods > 1'",
            f"pods shows two columns and cannot be compared\nhint: {OF_PODS}",
        ),
        ("top ns --where 'cpux > 1'", "unknown column 'cpux'\nhint: did you mean cpu? `c3s columns` lists them all"),
        (
            "top ns --where 'throttled > 1'",
            "--having: the metrics API does not report throttled\nhint: --from prometheus does",
        ),
        (
            "top ns --where 'cpu > 1' --where 'name = db-1'",
            f"conditions on sums and on their members cannot be joined by or\nhint: {JOINED}",
        ),
    ],
)
def test_mistakes(run: Run, words: str, said: str) -> None:
    assert run(f"{words} --server http://127.0.0.1:9") == (2, "", f"error: {said}\n")


def test_the_command_line_of_a_watch_has_it(run: Run, where: str) -> None:
    line = "pods -A --by namespace --having 'cpu.usage > 4.2, pods.count > 1' --count 1"
    assert (
        run(f"watch {line} {where}").out == run(f"watch ns --where 'cpu > 4.2, pods.count > 1' --count 1 {where}").out
    )

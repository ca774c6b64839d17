"""c3s diff: what came, went and changed between recordings, documents and now."""

from __future__ import annotations

import io
import json
import random
import shlex
from pathlib import Path
from typing import Any, Final

import pytest

from tests.commands.two_recordings import Key, Pods, a_pod, serve
from tests.conftest import Run
from tests.fleets import kubeconfig
from tests.servers import FakeApi, node, node_metrics, pod, pod_metrics, status

COLUMNS: Final = "cpu,memory,cpu.requests,node,status"


def changed(pods: Pods, chance: random.Random) -> Pods:
    """Change some pods by hand, and add and remove some."""
    after = {key: dict(of) for key, of in pods.items()}
    for key in chance.sample(sorted(after), 7):
        match chance.randrange(7):
            case 0:
                del after[key]
            case 1:
                after[(key[0], f"{key[1]}-new")] = a_pod(chance.randrange(1, 900))
            case 2:
                after[key]["cpu"] += chance.choice([-90, -1, 1, 2, 400])
            case 3:
                after[key]["memory"] += chance.choice([-90, -2, 2, 3, 4000])
            case 4:
                after[key]["requests"] += 50
            case 5:
                after[key]["node"] = "n2"
            case _:
                after[key]["cpu"] = None
    return after


def values(of: dict[str, Any] | None) -> tuple[Any, ...]:
    """Return the numbers of a pod as the document has them: nanocores, bytes, nanocores."""
    if of is None:
        return None, None, None
    known = of["cpu"] is not None
    return (
        of["cpu"] * 10**6 if known else None,
        of["memory"] << 20 if known else None,
        of["requests"] * 10**6,
    )


def fields(before: Any, after: Any, *, came: bool, went: bool) -> dict[str, Any]:
    old, new = 0 if came else before, 0 if went else after
    change = None if old is None or new is None else new - old
    percent = 100 * change / old if change is not None and old else None
    return {"before": before, "after": after, "change": change, "changePercent": percent}


def expected(before: Pods, after: Pods) -> dict[Key, dict[str, Any]]:
    """Return the rows of the document, by the independent arithmetic of this test."""
    rows = {}
    for key in {**before, **after}:
        old, new = before.get(key), after.get(key)
        came, went = old is None, new is None
        numbers = list(zip(values(old), values(new), strict=True))
        differs = (
            came
            or went
            or old["node"] != new["node"]  # type: ignore[index]
            or any((b is None) != (a is None) or (b is not None and abs(a - b) * 100 > b) for b, a in numbers)
        )
        if not differs:
            continue
        cpu, memory, requests = (fields(*pair, came=came, went=went) for pair in numbers)
        rows[key] = {
            "change": "added" if came else "removed" if went else "changed",
            "cpu": {**cpu, "requests": requests},
            "memory": memory,
            "node": {"before": old and old["node"], "after": new and new["node"]},
            "status": {"before": old and "Running", "after": new and "Running"},
        }
    return rows


def rows_of(out: str) -> dict[Key, dict[str, Any]]:
    rows = {}
    for item in json.loads(out)["items"]:
        item.pop("context")
        rows[item.pop("namespace"), item.pop("name")] = item
    return rows


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_exactly_what_was_changed_is_named(
    run: Run, api: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  a repeatable choice
    before = {
        (chance.choice(["shop", "team-a"]), f"pod-{number}"): a_pod(
            chance.randrange(100, 400), chance.randrange(200, 900)
        )
        for number in range(12)
    }
    after = changed(before, chance)
    one, two, both = (str(tmp_path / name) for name in ("one.c3s", "two.c3s", "both.c3s"))
    documents = []
    for pods, file in ((before, one), (after, two)):
        serve(api, pods)
        for recording in (file, both):
            assert run("record", recording, "--server", api.url, "--count", "1").code == 0
        printed = run("top", "pods", "-A", "--server", api.url, "--columns", COLUMNS, "-o", "json").out
        documents.append(tmp_path / f"{Path(file).stem}.json")
        documents[-1].write_text(printed, encoding="utf-8")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(documents[0].read_bytes())))
    wanted = expected(before, after)
    for sides in (
        (one, two),
        (f"{both}@#1", f"{both}@#2"),
        (f"{both}@#1", both),
        tuple(map(str, documents)),
        ("-", two),
        (one, "--server", api.url),
        (str(documents[0]), "--server", api.url),
    ):
        result = run("diff", "-A", *sides, "--columns", COLUMNS, "-o", "json")
        assert (result.code, rows_of(result.out)) == (0, wanted), sides
    # The other way round, what came went.
    result = run("diff", "-A", two, one, "--columns", COLUMNS, "-o", "json")
    assert rows_of(result.out) == expected(after, before)
    assert run("diff", "-A", one, one).err.endswith("No changes found\n")


def test_a_table_has_both_values_and_changes_with_their_signs(run: Run, files: tuple[str, str]) -> None:
    result = run("diff", "-n", "shop", *files)
    assert result.code == 0
    assert result.out == (
        "NAME    CHANGE    CPU-BEFORE   CPU-AFTER   CPU-CHANGE   CPU-CHANGE(%)   "
        "MEMORY-BEFORE   MEMORY-AFTER   MEMORY-CHANGE   MEMORY-CHANGE(%)\n"
        "web-2   added     <none>       60m         +60m         <none>          "
        "<none>          80Mi           +80Mi           <none>\n"
        "web-1   removed   50m          <none>      -50m         -100%           "
        "100Mi           <none>         -100Mi          -100%\n"
        "db-0    changed   100m         130m        +30m         +30%            "
        "200Mi           150Mi          -50Mi           -25%\n"
        "idle    changed   0m           3m          +3m          <none>          "
        "50Mi            50Mi           0Mi             0%\n"
        "lost    changed   10m          <unknown>   <unknown>    <unknown>       "
        "10Mi            <unknown>      <unknown>       <unknown>\n"
    )
    assert [line.partition(", usage of reading 1, ")[0] for line in result.err.splitlines()] == [
        f"before: {files[0]}",
        f"after: {files[1]}",
        "note: 1 row changed by no more than 1%: --min-change 0 shows it",
    ]


def test_rows_that_hardly_changed_are_counted_and_percentages_rounded(run: Run, api: FakeApi, tmp_path: Path) -> None:
    file = str(tmp_path / "small.c3s")
    for cpu, memory in ((1000, 523), (1010, 513)):
        serve(api, {("shop", "a"): a_pod(cpu, memory), ("shop", "b"): a_pod(cpu), ("shop", "c"): a_pod()})
        assert run("record", file, "--server", api.url, "--count", "1", "-n", "shop").code == 0
    sides = ("diff", "-n", "shop", f"{file}@#1", file)
    result = run(*sides, "--columns", "cpu.change%,memory.change%", "--min-change", "1.5")
    assert result.out == "NAME   CPU-CHANGE(%)   MEMORY-CHANGE(%)\na      +1%             -2%\n"
    notes = [
        "before and after: the recording covers only namespaces shop",
        "1 row changed by no more than 1.5%: --min-change 0 shows it",
    ]
    assert result.err.splitlines()[2:] == [f"note: {note}" for note in notes]
    document = json.loads(run(*sides, "--min-change", "1.5", "-o", "json").out)
    assert (document["metadata"]["remarks"], document["omitted"]) == (notes, 0)
    assert len(run(*sides, "--min-change", "0", "-o", "name").out.splitlines()) == 2


def names(result: Any) -> list[str]:
    return [line.split()[0] for line in result.out.splitlines()[1:]]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("--min-change 0", ["web-2", "web-1", "db-0", "same", "idle", "lost"]),
        ("--min-change 30%", ["web-2", "web-1", "idle", "lost"]),
        ("--min-change 29.5", ["web-2", "web-1", "db-0", "idle", "lost"]),
        ("--columns memory", ["web-1", "web-2", "db-0", "lost"]),
        ("--sort-by memory.change", ["web-2", "idle", "db-0", "web-1", "lost"]),
        ("--sort-by memory", ["web-2", "idle", "db-0", "web-1", "lost"]),
        ("--sort-by name --limit 2", ["db-0", "idle"]),
        ("--where 'cpu.change > 0'", ["web-2", "db-0", "idle"]),
        ("--where 'cpu.change% > 25'", ["db-0", "idle"]),
        ("--where 'change = added' --where 'change = removed'", ["web-2", "web-1"]),
        ("--where 'memory.before = none'", ["web-2"]),
        ("--where 'cpu.after = unknown'", ["lost"]),
        ("--where 'owner ~ web, change = added'", ["web-2"]),
        ("--where 'owner ~ /d'", ["db-0"]),
        ("-l app=web", ["web-2", "web-1"]),
        ("--workload StatefulSet/web", ["web-2", "web-1"]),
        ("--by owner", ["StatefulSet/db", "StatefulSet/web", "StatefulSet/idle", "StatefulSet/lost"]),
        ("--by owner --where 'cpu.change > 5m'", ["StatefulSet/db", "StatefulSet/web"]),
    ],
)
def test_rows_are_selected_and_sorted(run: Run, files: tuple[str, str], words: str, found: list[str]) -> None:
    result = run("diff", "-n", "shop", *files, *shlex.split(words))
    assert (result.code, names(result)) == (0, found)


def test_groups_nodes_and_clusters_are_compared(run: Run, files: tuple[str, str]) -> None:
    owners = run("diff", "owners", "-A", *files, "--columns", "cpu", "--sort-by", "owner", "-o", "csv")
    assert owners == run("diff", "-A", "--by", "owner", *files, "--columns", "cpu", "--sort-by", "owner", "-o", "csv")
    assert owners.out == (
        "namespace,owner,change,cpu.before,cpu.after,cpu.change,cpu.changePercent\n"
        "shop,StatefulSet/db,changed,100000000,130000000,30000000,30.0\n"
        "shop,StatefulSet/idle,changed,0,3000000,3000000,\n"
        "shop,StatefulSet/lost,changed,10000000,,,\n"
        "shop,StatefulSet/web,changed,50000000,60000000,10000000,20.0\n"
    )
    nodes = run("diff", "nodes", *files, "--columns", "change,memory.change", "--sort-by", "name")
    assert nodes.out == "NAME   CHANGE    MEMORY-CHANGE\nn2     removed   -1000Mi\nn3     added     +1500Mi\n"
    cluster = run("diff", "cluster", *files, "-o", "json")
    (item,) = json.loads(cluster.out)["items"]
    assert item["cpu"] == {"before": 10**9, "after": 7 * 10**8, "change": -3 * 10**8, "changePercent": -30.0}
    of_namespace = run("diff", "ns", *files, "--columns", "change,pods.count.change")
    assert of_namespace.out == ""


def test_conditions_are_judged_over_all_rows(run: Run, files: tuple[str, str]) -> None:
    known = ("-n", "shop", "--where", "owner !~ lost")
    quiet = run("diff", *known, *files, "--fail-if", "cpu.change% > 30, change = changed, name != idle")
    assert quiet.code == 0
    # Also of rows that are not shown, for they changed by no more than --min-change.
    small = run("diff", *known, *files, "--fail-if", "cpu.change% = 1")
    assert (small.code, small.err.splitlines()[-1]) == (3, "--fail-if: 1 row matched: shop/same")
    # From nothing to something is more than any percentage.
    grown = run("diff", *known, *files, "--fail-if", "cpu.change% > 9999")
    assert (grown.code, grown.err.splitlines()[-1]) == (3, "--fail-if: 1 row matched: shop/idle")


def test_plain_values_are_empty_for_what_is_not_there(run: Run, files: tuple[str, str]) -> None:
    words = ("-n", "shop", "-o", "value", "--columns", "name,memory.before,memory.change")
    assert run("diff", *files, *words, "--where", "change = added").out == "web-2\t\t83886080\n"
    assert run("diff", *files, *words, "--where", "change = added").code == 0
    assert run("diff", *files, *words).code == 5


def test_what_is_unknown_is_no_success(run: Run, files: tuple[str, str]) -> None:
    result = run("diff", "-n", "shop", *files, "--fail-if", "cpu.change > 999")
    assert (result.code, result.err.splitlines()[-1]) == (
        5,
        "--fail-if: 1 row could not be judged (no metrics): shop/lost",
    )
    words = ("diff", "-n", "shop", *files, "--fail-if", "cpu.change > 999", "--fail-if-unknown")
    assert run(*words).code == 3
    group = run("diff", "owners", "-n", "shop", *files, "--fail-if", "cpu.change > 999")
    assert (group.code, group.err.splitlines()[-1]) == (
        5,
        "--fail-if: 1 row could not be judged (not all members are measured): StatefulSet/lost",
    )
    # A pod that has no usage on either side is not what changed.
    assert run("diff", "-n", "ops", *files, "--fail-if", "cpu.change > 999").code == 0


def test_only_what_both_sides_cover_is_compared(run: Run, api: FakeApi, files: tuple[str, str], tmp_path: Path) -> None:
    pods = {("shop", "db-0"): a_pod(90, 200, owner="db"), ("ops", "other"): a_pod()}
    serve(api, pods)
    shop, db = str(tmp_path / "shop.c3s"), str(tmp_path / "db.c3s")
    assert run("record", shop, "--server", api.url, "--count", "1", "-n", "shop").code == 0
    result = run("diff", "-A", files[0], shop, "--columns", "change")
    assert set(names(result)) == {"db-0", "web-1", "same", "idle", "lost"}
    assert "note: after: the recording covers only namespaces shop\n" in result.err
    assert run("diff", shop, files[0], "--columns", "change", "--where", "change = changed").out == (
        "NAME   CHANGE\ndb-0   changed\n"
    )
    assert run("record", db, "--server", api.url, "--count", "1", "-l", "app=db").code == 0
    assert names(run("diff", "-n", "shop", files[0], db)) == ["db-0"]


def test_a_pod_without_usage_has_not_come_if_pods_were_not_listed_before(
    run: Run, api: FakeApi, files: tuple[str, str], tmp_path: Path
) -> None:
    api.routes["/api/v1/pods"] = status(403, "Forbidden", "pods is forbidden")
    blind = str(tmp_path / "blind.c3s")
    assert run("record", blind, "--server", api.url, "--count", "1").code == 5
    came, went = run("diff", "-A", blind, files[1]), run("diff", "-A", files[1], blind)
    assert (came.code, came.out, went.code, went.out) == (5, "", 5, "")
    assert "warning: before: pods could not be read: " in came.err
    assert "warning: after: pods could not be read: " in went.err


def test_a_pod_that_runs_without_usage_on_both_sides_is_named(run: Run, api: FakeApi, tmp_path: Path) -> None:
    api.nodes(node("a"))
    api.node_metrics(node_metrics("a"))
    api.pods(pod("n", "web"), pod("n", "lost"), pod("n", "waits", node="", phase="Pending"))
    api.pod_metrics(pod_metrics("n", "web", ("app", "1m", "1Mi")))
    path = str(tmp_path / "r.c3s")
    run("record", path, "--server", api.url, "--count", "1")
    said = run("diff", "-A", path, "--server", api.url).err.splitlines()
    assert said[2:] == ["No changes found", "note: 1 pod without data before and after is left out: n/lost"]


def test_clusters_are_matched_by_their_names(run: Run, tmp_path: Path) -> None:
    with FakeApi() as east, FakeApi() as west:
        config = str(kubeconfig(tmp_path / "config", {"east": east.url, "west": west.url}))
        every = ("--kubeconfig", config, "--all-contexts")
        for api, cpu in ((east, 100), (west, 300)):
            serve(api, {("shop", "web"): a_pod(cpu)})
        both = str(tmp_path / "both.c3s")
        assert run("record", both, *every, "--count", "1").code == 0
        serve(west, {("shop", "web"): a_pod(400)})
        words = ("--columns", "cpu", "-A")
        changed = run("diff", both, *every, *words)
        assert changed.out == (
            "CONTEXT   NAMESPACE   NAME   CPU-BEFORE   CPU-AFTER   CPU-CHANGE   CPU-CHANGE(%)\n"
            "west      shop        web    300m         400m        +100m        +33%\n"
        )
        # One cluster on each side is compared whatever they are called.
        chosen = run("diff", both, "--kubeconfig", config, "--context", "east", *words)
        assert chosen.err.splitlines()[-1] == "No changes found"
        east_only = str(tmp_path / "east.c3s")
        assert run("record", east_only, "--kubeconfig", config, "--context", "east", "--count", "1").code == 0
        other = run("diff", east_only, "--server", west.url, *words, "--no-headers")
        assert other.out.split() == ["shop", "web", "100m", "400m", "+300m", "+300%"]
        # A cluster that cannot be read has not lost its pods.
        west.routes.clear()
        lost = run("diff", both, *every, *words)
        assert (lost.code, lost.out) == (5, "")
        assert "warning: west: after: " in lost.err


def test_statistics_of_both_sides(run: Run, files: tuple[str, str]) -> None:
    result = run("diff", "-n", "shop", *files, "--since", "1h", "--where", "owner ~ db", "-o", "json")
    (item,) = json.loads(result.out)["items"]
    assert item["cpu"] == {"p95": fields(10**8, 13 * 10**7, came=False, went=False)}
    owners = run("diff", "owners", "-n", "shop", f"{files[0]}@#1", files[1], "--since", "1h", "--columns", "memory.max")
    assert owners.out.splitlines()[1].split() == ["StatefulSet/db", "200Mi", "150Mi", "-50Mi", "-25%"]
    live = run("diff", files[0], "--since", "1h")
    assert (live.code, live.err) == (
        2,
        "error: --since needs AFTER, or --from prometheus or URL for the cluster\nhint: no other source has history\n",
    )

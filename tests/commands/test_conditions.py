"""--where, --fail-if and --until: rows that match, rows that cannot be judged, exit codes."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Run
from tests.documents import validate
from tests.servers import FakeApi, node, node_metrics, pod, pod_metrics

UNJUDGED = "1 row could not be judged (no metrics): spot-2\n"


def test_a_dead_node_is_no_green_light(demo: Run) -> None:
    result = demo("top nodes --fail-if 'cpu% > 80'")
    assert (result.code, result.err) == (0, f"--fail-if: {UNJUDGED}")
    strict = demo("top nodes --fail-if 'cpu% > 80' --fail-if-unknown")
    assert (strict.code, strict.out, strict.err) == (3, result.out, result.err)


def test_what_matches_is_said_before_what_cannot_be_judged(demo: Run) -> None:
    result = demo("top nodes --fail-if 'cpu% > 50' -o name")
    assert (result.code, result.err) == (3, f"--fail-if: 1 row matched: memory-1\n--fail-if: {UNJUDGED}")


@pytest.mark.parametrize(("count", "more"), [(10, ""), (11, " and 1 more"), (12, " and 2 more")])
def test_ten_rows_are_named_and_the_others_are_counted(run: Run, api: FakeApi, count: int, more: str) -> None:
    names = [f"n{place:02}" for place in range(count)]
    api.nodes(*map(node, names))
    api.node_metrics(*map(node_metrics, names))
    result = run(f"top nodes --fail-if 'cpu >= 0' --server {api.url}")
    assert (result.code, result.err) == (3, f"--fail-if: {count} rows matched: {', '.join(names[:10])}{more}\n")


def test_documents_name_what_could_not_be_judged(demo: Run) -> None:
    documents = {
        words: json.loads(demo(f"{words} -o json").out)
        for words in (
            "top nodes --fail-if 'cpu% > 80' --limit 1",
            "top nodes --fail-if 'status = x'",
            "top nodes",
            "watch nodes --count 1 --until 'cpu% > 99'",
        )
    }
    for document in documents.values():
        validate(document)
    assert [document["metadata"].get("unjudged") for document in documents.values()] == [
        ["spot-2"],
        [],
        None,
        ["spot-2"],
    ]


@pytest.mark.parametrize(
    ("condition", "unjudged"),
    [
        # A comparison that is false decides, whatever the others would say.
        ("cpu% > 80, name = cp-1", ""),
        ("cpu% > 80, name = spot-2", UNJUDGED),
        ("name = spot-2, cpu% > 80", UNJUDGED),
        ("cpu = unknown, status = x", ""),
        ("cpu% in (101, 102)", UNJUDGED),
        ("window > 1h", UNJUDGED),
        ("age > 100y", ""),
    ],
)
def test_a_row_is_judged_if_what_is_known_decides(demo: Run, condition: str, unjudged: str) -> None:
    result = demo("top", "nodes", "--fail-if", condition, "-o", "name")
    assert (result.code, result.err) == (0, unjudged and f"--fail-if: {unjudged}")


def test_a_row_that_matches_one_alternative_is_judged(demo: Run) -> None:
    result = demo("top nodes --fail-if 'cpu% > 80' --fail-if 'name = spot-2' -o name")
    assert (result.code, result.err) == (3, "--fail-if: 1 row matched: spot-2\n")


def test_what_is_unknown_is_said_by_its_column_if_there_are_metrics(run: Run, api: FakeApi) -> None:
    api.node_metrics(node_metrics("a", "x"), node_metrics("b"))
    api.nodes(node("a"), node("b"))
    result = run(f"top nodes --fail-if 'cpu > 2' --fail-if-unknown -o name --server {api.url}")
    assert (result.code, result.err.splitlines()[-1]) == (
        3,
        "--fail-if: 1 row could not be judged (cpu.usage unknown): a",
    )


def test_pods_that_nobody_measured_are_looked_for_if_they_matter(run: Run, api: FakeApi) -> None:
    api.pod_metrics(pod_metrics("a", "old", ("app", "1m", "1Mi")))
    api.pods(pod("a", "old"), pod("a", "young"))
    plain = run(f"top pods -A --fail-if 'cpu > 1' -o value --columns name --server {api.url}")
    assert (plain.code, plain.out, plain.err) == (0, "old\n", "")
    strict = run(f"top pods -A --fail-if 'cpu > 1' --fail-if-unknown -o value --columns name --server {api.url}")
    said = "--fail-if: 1 row could not be judged (no metrics): a/young\n"
    assert (strict.code, strict.out, strict.err) == (3, "old\nyoung\n", said)


def test_a_pod_without_a_limit_is_judged(run: Run, api: FakeApi) -> None:
    """A percentage of nothing is not unknown: it is above nothing, and the pod is in no danger."""
    api.pod_metrics(pod_metrics("a", "free", ("app", "1m", "1Mi")))
    api.pods(pod("a", "free"))
    result = run(f"top pods -A --fail-if 'memory.usagePercentOfLimits > 80' -o value --columns name --server {api.url}")
    assert (result.code, result.err) == (0, "")


def test_pods_without_a_limit_are_found_and_are_not_unknown(run: Run, api: FakeApi) -> None:
    api.pod_metrics(pod_metrics("a", "free", ("app", "1m", "1Mi")), pod_metrics("a", "bound", ("app", "1m", "1Mi")))
    api.pods(pod("a", "free"), pod("a", "bound", limits={"memory": "1Gi"}))
    for words, found in (
        ("memory.limits = none", "pod/free\n"),
        ("memory.limits != none", "pod/bound\n"),
        ("memory.limits == <none>", "pod/free\n"),
        ("memory.limits = unknown", ""),
        ("memory.usagePercentOfLimits in (none)", "pod/free\n"),
    ):
        assert run("top", "pods", "-A", "--where", words, "-o", "name", "--server", api.url).out == found, words


# --- waiting --------------------------------------------------------------------------------------------------


def test_a_watch_names_the_row_that_met_its_condition(demo: Run) -> None:
    result = demo("watch nodes -i 0.01 -o name --until 'cpu% > 50'")
    assert (result.code, result.err) == (0, f"--until: 1 row matched: memory-1\n--until: {UNJUDGED}")


def test_a_watch_can_wait_for_all_rows(demo: Run) -> None:
    known = "--where 'cpu != unknown' -i 0.01 --count 2 -o name"
    met = demo(f"watch nodes {known} --until-all 'cpu% < 90'")
    assert (met.code, met.err) == (0, "--until-all: all 9 rows matched\n")
    unmet = demo(f"watch nodes {known} --until-all 'cpu% < 50'")
    assert (unmet.code, unmet.err) == (4, "the condition was not met\n--until-all: 8 of 9 rows matched\n")


def test_a_row_that_cannot_be_judged_is_waited_for(demo: Run) -> None:
    said = f"the condition was not met\n--until-all: 9 of 10 rows matched\n--until-all: {UNJUDGED}"
    result = demo("watch nodes -i 0.01 --count 2 -o name --until-all 'cpu% < 90'")
    assert (result.code, result.err) == (4, said)
    strict = demo("watch nodes -i 0.01 --count 2 -o name --until-all 'cpu% < 90' --fail-if-unknown")
    assert (strict.code, strict.err) == (3, said)


def test_no_row_is_not_all_rows(demo: Run) -> None:
    result = demo("watch nodes -i 0.01 --count 1 -o name --where 'name = x' --until-all 'cpu% < 90'")
    assert (result.code, result.err.splitlines()[-2:]) == (
        4,
        ["the condition was not met", "--until-all: 0 of 0 rows matched"],
    )


def test_a_watch_that_may_not_be_blind_ends_at_once(demo: Run) -> None:
    result = demo("watch nodes -i 0.01 --count 9 -o name --fail-if 'cpu% > 80' --fail-if-unknown")
    assert (result.code, result.out.count("spot-2"), result.err) == (3, 1, f"--fail-if: {UNJUDGED}")


def test_unknown_rows_do_not_fail_what_is_met(demo: Run) -> None:
    assert demo("watch nodes -i 0.01 --count 9 -o name --until 'cpu% > 50' --fail-if-unknown").code == 0
    assert demo("watch nodes -i 0.01 --count 2 -o name --until 'cpu% > 99' --fail-if-unknown").code == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("top nodes --fail-if-unknown", "--fail-if-unknown goes with --fail-if, --until or --until-all"),
        ("watch nodes --until cpu>1 --until-all cpu>1", "only one of --until or --until-all can be provided"),
        ("watch nodes --timeout 1s", "--timeout goes with --until or --until-all"),
    ],
)
def test_flags_that_need_each_other(demo: Run, words: str, said: str) -> None:
    assert demo(*words.split()) == (2, "", f"error: {said}\n")


# --- groups that may lack members -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "code", "listed"),
    [
        ("namespace = x", 0, False),
        # These depend on all, also where a bound may decide: what is not measured may exceed it.
        ("cpu > 100m", 3, True),
        ("cpu >= 200m", 0, True),
        ("cpu < 200m", 0, True),
        ("cpu <= 200m", 0, True),
        ("cpu != 1", 0, True),
        ("cpu = 150m", 0, True),
        ("cpu in (1, 2)", 0, True),
        ("cpu.usage > cpu.usage", 0, True),
    ],
)
def test_the_members_of_a_group_are_listed_if_the_judgement_depends_on_them(
    run: Run, api: FakeApi, condition: str, code: int, *, listed: bool
) -> None:
    api.pod_metrics(pod_metrics("n", "web", ("app", "150m", "1Mi")))
    api.pods(pod("n", "web"), pod("n", "new"))
    words = ["--by", "namespace", "--server", api.url, "-o", "name"]
    assert run("top", "pods", "-A", *words, "--fail-if", condition).code == code
    assert ("/api/v1/pods" in api.paths()) is listed
    if code == 0:
        waiting = run("watch", "pods", "-A", *words, "--until", condition, "--count", "1", "--interval", "0.01")
        assert waiting.code == 4
        share = "could not be judged (not all members are measured): n (1 of 2 pods measured)"
        assert (share in waiting.err) is listed


def test_a_group_of_which_too_little_is_measured_is_no_green_light(demo: Run) -> None:
    result = demo("top ns batch --fail-if 'cpu > 5'")
    unjudged = "1 row could not be judged (not all members are measured): batch (2 of 5 pods measured)\n"
    assert (result.code, result.err) == (0, f"--fail-if: {unjudged}")
    assert result.out.splitlines()[1].split()[:2] == ["batch", "2/5"]


def test_cordoned_nodes_are_found(demo: Run) -> None:
    assert demo("top nodes --where 'schedulable ~ cordoned' -o name").out == "node/memory-2\n"
    assert demo("top nodes --fail-if 'schedulable != yes'").code == 3
    for word, meant in (("false", "!="), ("true", "="), ("No", "!=")):
        result = demo(f"top nodes --fail-if 'schedulable = {word}'")
        hint = f"hint: did you mean 'schedulable {meant} yes'?"
        assert (result.code, result.out, result.err.splitlines()[-1]) == (2, "", hint)


def test_a_ratio_in_a_list_is_refused_too(demo: Run) -> None:
    result = demo("top pods --where 'mem/limit in (0.9)'")
    assert (result.code, result.out, result.err.splitlines()[-1]) == (2, "", "hint: did you mean 'memory%limits = 90'?")


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("namespace = team-*", ["a", "b"]),
        ("namespace != team-*", ["web.x", "webx"]),
        ("namespace in (*-b, ops)", ["b", "web.x", "webx"]),
        ("namespace not in (team-*)", ["web.x", "webx"]),
        ("name = web?*", ["web.x", "webx"]),
        ("name = *.x", ["web.x"]),
        ('name = "*eb*"', ["web.x", "webx"]),
    ],
)
def test_a_star_stands_for_any_text(run: Run, api: FakeApi, condition: str, names: list[str]) -> None:
    places = {"a": "team-a", "b": "team-b", "webx": "ops", "web.x": "ops"}
    api.pods(*(pod(namespace, name) for name, namespace in places.items()))
    api.pod_metrics(*(pod_metrics(namespace, name, ("app", "1m", "1Mi")) for name, namespace in places.items()))
    result = run(f"top pods -A --where '{condition}' --no-headers --server {api.url}")
    assert sorted(line.split()[1] for line in result.out.splitlines()) == names


def test_metrics_of_long_ago_are_not_judged_as_of_now_without_a_word(run: Run, api: FakeApi) -> None:
    """A gate on the metrics of a server that has stopped measuring is green for ever."""
    api.nodes(node("fresh"), node("stuck"))
    metrics = node_metrics("fresh", "1"), {**node_metrics("stuck", "1"), "timestamp": "2026-03-02T07:00:00Z"}
    api.node_metrics(*metrics)
    gate = f"top nodes --fail-if 'cpu% > 99' --server {api.url}"
    assert run(gate).err == "note: 1 row judged by metrics that are up to 150m old: stuck\n"
    assert run(f"top nodes --server {api.url}").err == ""
    assert run(f"top nodes --where 'cpu% > 0' --server {api.url}").err == ""
    api.node_metrics(metrics[0])
    assert "old" not in run(gate).err


def test_a_watch_and_a_series_of_data_say_once_that_usage_is_in_part(run: Run, demo: Run, api: FakeApi) -> None:
    api.pods(pod("n", "a"), pod("n", "b"))
    api.pod_metrics(pod_metrics("n", "a", ("app", "1", "1Mi")))
    words = f"watch ns --columns cpu,cpu.requests --server {api.url} --interval 1s -o json"
    said = "usage is the sum of what is measured only: n (1 of 2 pods measured)\n"
    assert run(f"{words} --count 1").err == said
    series = demo("top ns --columns cpu,cpu.requests --series --since 10m --step 5m --from prometheus -o json")
    assert "note: usage is of what is measured only in 2 of 2 readings\n" in series.err


def test_quiet_gates_leave_stdout_empty_and_all_else_as_it_is(demo: Run) -> None:
    for words in (
        "top nodes --fail-if cpu>1m",
        "top pods -A --fail-if cpu>900 -o json",
        "top pods -A --fail-if cpu>900 --fail-if-unknown -o value=cpu",
        "top cluster --fail-if cpu>1m --sum",
        "top volumes -A --from kubelet --fail-if used%>1",
        "fit --cpu 1 --replicas 5000",
        "fit --without spot-1 --by zone",
        "rightsize -n team-search --fail-if finding=waste",
        "doctor",
    ):
        loud, quiet = demo(words), demo(f"{words} -q")
        assert loud.out
        assert quiet == (loud.code, "", loud.err)
    assert demo("watch nodes -q").code == 2

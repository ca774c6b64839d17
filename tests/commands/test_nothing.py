"""Conditions with nothing to judge: empty namespaces, and rows that --where could not judge."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.documents import validate
from tests.servers import FakeApi, Reply, pod_metrics

NOTHING = "--fail-if: nothing was judged\n"


@pytest.mark.parametrize(
    "words", ["top pods", "top pods --by owner", "watch pods --count 1", "top pods --from kubelet"]
)
def test_nothing_is_not_fine(demo: Run, words: str) -> None:
    condition = "-n typo --fail-if 'cpu > 1'"
    said = f"No resources found in typo namespace.\nhint: no namespace typo is known\n{NOTHING}"
    lenient = demo(f"{words} {condition}")
    assert (lenient.code, lenient.out, lenient.err) == (0, "", said)
    strict = demo(f"{words} {condition} --fail-if-unknown")
    assert (strict.code, strict.out, strict.err) == (5, "", said)


def test_documents_say_that_nothing_was_judged(demo: Run) -> None:
    document = json.loads(demo("top pods -n typo --fail-if 'cpu > 1' -o json").out)
    validate(document)
    assert document["metadata"]["remarks"] == ["no namespace typo is known", NOTHING.strip()]


def test_what_a_filter_leaves_out_was_judged_by_the_filter(demo: Run) -> None:
    words = "--fail-if 'restarts > 1' --fail-if-unknown"
    none = demo(f"top pods -n team-checkout --where 'status = Lost' {words}")
    assert (none.code, none.err) == (0, "No resources found in team-checkout namespace.\n")
    # A filter over nothing has left out nothing.
    nothing = demo(f"top pods -n typo --where 'status = Lost' {words}")
    assert (nothing.code, nothing.err.endswith(NOTHING)) == (5, True)
    selected = demo(f"top pods -n team-checkout -l app=typo {words}")
    assert (selected.code, selected.err.splitlines()[0]) == (5, "No resources found in team-checkout namespace.")
    assert selected.err.endswith(NOTHING)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        # No object has the name: that may be a mistake.
        ("top pods -A --where 'name = nope'", 5),
        ("top pods -A --where 'owner in (Deployment/nope), status = Failed'", 5),
        ("top pods -A --where 'label:app = nope'", 5),
        ("top nodes --where 'pool = nope'", 5),
        ("top nodes --where 'instanceType = nope'", 5),
        # No object is in the state: that is an answer.
        ("top pods -A --where 'name ~ api, status = Failed'", 0),
        ("top pods -A --where 'name = nope' --where 'status = Failed'", 0),
        ("top nodes --where 'cpu.requests > 90000m'", 0),
        ("top cluster --where 'cpu.requests > 9000'", 0),
    ],
)
def test_a_filter_by_names_that_nothing_has_leaves_nothing_to_judge(demo: Run, words: str, code: int) -> None:
    result = demo(f"{words} --fail-if 'cpu.requests > 1' --fail-if-unknown")
    # Notes may say more: that no pod has the label, or that no row has that status.
    assert result.code == code
    assert "No resources found\n" in result.err
    assert result.err.endswith(NOTHING) == bool(code)


def test_one_of_several_namespaces_may_be_empty(demo: Run) -> None:
    words = "top pods -n typo,team-ml --where 'cpu.usage != unknown' --fail-if 'cpu > 40000m' -o name --fail-if-unknown"
    result = demo(words)
    note = "note: no resources found in namespace typo\n"
    assert (result.code, result.err.endswith(f"{note}--fail-if: nothing was judged in namespace typo\n")) == (5, True)


def test_nothing_is_said_of_namespaces_that_may_not_be_listed(run: Run, api: FakeApi) -> None:
    api.pod_metrics(namespace="n")
    api.pods(namespace="n")
    words = f"top pods -n n --server {api.url}"
    api.pod_metrics(pod_metrics("m", "web", ("app", "1m", "1Mi")))
    judged = run(f"{words} --fail-if 'cpu > 1' --fail-if-unknown")
    assert (judged.code, judged.err) == (5, f"No resources found in n namespace.\n{NOTHING}")
    api.routes["/api/v1/namespaces"] = Reply({"items": [{"metadata": {"name": "n"}}]})
    assert run(f"{words} --fail-if 'cpu > 1' --fail-if-unknown") == judged
    # Without a condition nobody asks.
    api.requests.clear()
    assert run(words).code == 0
    assert "/api/v1/namespaces" not in api.paths()


def test_recommendations_that_a_filter_could_not_judge_are_unjudged(demo: Run) -> None:
    words = "rightsize -n team-checkout --from prometheus --since 1h --where 'cpu.percentile > 1m'"
    result = demo(f"{words} --fail-if 'cpu.requests > 90' --fail-if-unknown -o name")
    assert result.code == 3
    assert "(--where: no metrics): team-checkout/Deployment/fraud-scorer:app\n" in result.err
    for filtered, code in (("owner = nope", 5), ("container = app, role = init", 0)):
        words = f"rightsize -n team-checkout --from prometheus --since 1h --where '{filtered}'"
        assert demo(f"{words} --fail-if 'cpu.requests > 90' --fail-if-unknown").code == code


def test_a_comparison_of_nothing_with_nothing_judges_nothing(demo: Run, run: Run, tmp_path: Path) -> None:
    condition = "--fail-if 'cpu.change > 1' --fail-if-unknown"
    empty, full = tmp_path / "empty.json", tmp_path / "full.json"
    empty.write_text(demo("top pods -n typo -o json").out)
    full.write_text(demo("top pods -n team-ml -o json").out)
    nothing = run(f"diff pods {empty} {empty} {condition}")
    assert (nothing.code, nothing.err.endswith(f"No resources found\n{NOTHING}")) == (5, True)
    # What is left out, or has not changed, is known.
    for known in ("", "--where 'cpu.before > 99'"):
        assert run(f"diff pods {full} {full} {condition} {known}").code == 0

"""Labels that no object has: what they have instead."""

from __future__ import annotations

import json

import pytest

from tests.conftest import Run
from tests.servers import FakeApi, Reply, node, node_metrics, pod, pod_metrics

ABOUT = "note: no pod has the label app; they have app.kubernetes.io/instance, app.kubernetes.io/name\n"


@pytest.mark.parametrize(
    "words",
    ["--by label:app", "--where 'label:app = web'", "--fail-if 'label:app = web'"],
)
def test_the_labels_that_exist_are_named(demo: Run, words: str) -> None:
    assert ABOUT in demo(f"top pods -A {words}").err


@pytest.mark.parametrize("words", ["--by label:app.kubernetes.io/name", "--by label:team", "--columns label:team"])
def test_a_label_that_some_have_needs_no_words(demo: Run, words: str) -> None:
    assert "no pod has" not in demo(f"top pods -A {words}").err


def test_a_label_like_no_other_is_answered_with_the_most_common(run: Run, api: FakeApi) -> None:
    labels = {"tier": "a", "k8s-app": "b"}
    api.pods(pod("n", "one", labels=labels), pod("n", "two", labels={"tier": "c"}), namespace="n")
    api.pod_metrics(*(pod_metrics("n", name, ("app", "1m", "1Mi")) for name in ("one", "two")), namespace="n")
    words = f"top pods -n n --server {api.url} --by"
    assert run(f"{words} label:zone").err == "note: no pod has the label zone; they have tier, k8s-app\n"
    assert run(f"{words} label:app").err == "note: no pod has the label app; they have k8s-app\n"
    api.pods(pod("n", "one", labels=labels), pod("n", "two", labels={"tiar": "c", "tier": "d"}), namespace="n")
    assert run(f"{words} label:teir").err == "note: no pod has the label teir; they have tier, tiar\n"
    api.pods(pod("n", "one", labels=labels), pod("n", "two", labels={"tier": "c"}), namespace="n")
    assert run(f"{words} label:teir").err == "note: no pod has the label teir; they have tier\n"
    api.pods(pod("n", "one", labels={}), namespace="n")
    assert run(f"{words} label:app").err == "note: no pod has the label app\n"
    document = json.loads(run(f"{words} label:app -o json").out)
    assert document["metadata"]["remarks"] == ["no pod has the label app"]


def test_a_selector_that_finds_nothing_says_where_to_look(demo: Run) -> None:
    said = "no pod matches -l app=web; c3s top pods -A --by label:app shows its values"
    assert demo("top pods -A -l app=web").err == f"No resources found\nhint: {said}\n"
    # What must be absent is no key to look for.
    assert demo("top pods -n batch -l '!app.kubernetes.io/name'").err == "No resources found in batch namespace.\n"


def test_a_cluster_of_selected_nodes_has_no_labels_to_name(run: Run, api: FakeApi) -> None:
    api.nodes(node("a"))
    api.node_metrics(node_metrics("a", "1"))
    api.routes["/api/v1/pods"] = Reply({"metadata": {}, "items": []})
    result = run(f"top cluster -l pool=x --columns nodes,cpu --no-headers --server {api.url}")
    assert (result.code, result.out.split()[1:], result.err) == (0, ["1/1", "1000m"], "")

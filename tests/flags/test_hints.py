"""Hints for words that people know from other tools."""

from __future__ import annotations

import pytest

from tests.conftest import Run

FROM = "--from URL reads a Prometheus, --from prometheus the one in the cluster"
COST = "top pods -A --by owner --columns cpu.requests,cpu.unused,memory.requests,memory.unused"


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("top pods --prometheus http://x", FROM),
        ("top nodes --prometheus-url=http://x", FROM),
        ("top pods --by label=team", "did you mean label:team?"),
        ("top pods -o md", "did you mean -o markdown?"),
        ("top pods -o html", "-o markdown is a table that a page can show"),
        ("top pods -o svg", "-o markdown is a table that a page can show"),
        ("describe node general-1", "did you mean c3s top nodes general-1?"),
        ("describe po web-1", "did you mean c3s top pods web-1?"),
        ("describe deploy", "did you mean c3s top deploy?"),
        ("describe", "did you mean c3s top nodes NAME --explain?"),
        ("cost", f"did you mean c3s {COST}?"),
        ("pvc -A", "did you mean c3s top volumes?"),
        ("deploy web", "did you mean c3s top deploy web?"),
        ("ns", "did you mean c3s top ns?"),
        ("top pod,node", "did you mean c3s top pods?"),
        ("columns memory", "to find a column: c3s columns | grep memory"),
        ("top pods --columns p95", "did you mean cpu.p95 or memory.p95? `c3s columns` lists them all"),
        ("top pods -A -c app", "--containers shows a row for each container"),
        ("top pods --older-than 1h", "--where 'age > 1h' keeps what is older"),
        ("top svc", "its load is that of its pods: c3s top pods -l SELECTOR, or c3s top workloads"),
        ("watch ingress/web", "its load is that of its pods: c3s watch pods -l SELECTOR, or c3s watch workloads"),
        ("logs web-1", "c3s reads load and changes nothing: kubectl logs does that"),
        ("help where", "c3s top pods --help has the language of --where"),
        ("top nodes --columns os", "did you mean label:kubernetes.io/os? `c3s columns` lists them all"),
        ("top pods --columns image", "c3s has no such column: kubectl get pods -o wide shows it"),
        ("watch top pods", "did you mean c3s watch pods?"),
        ("top deploy,sts", "did you mean c3s top deploy?"),
        ("fit --cpu 1 --node a", "--where 'name = NODE' shows one node"),
        ("fit --mem 4Gi", "did you mean --memory?"),
        ("fit --memory 4", "did you mean --memory 4Gi?"),
        ("fit --memory 63", "did you mean --memory 63Gi?"),
        ("fit --memory 64", "did you mean --memory 64Mi?"),
        ("fit --memory 512", "did you mean --memory 512Mi?"),
        ("fit --memory 512m", "did you mean --memory 512Mi?"),
        ("fit --memory 1023Ki", "write it as 512Mi or 4Gi"),
        ("fit --resource memory=4", "did you mean --resource memory=4Gi?"),
        ("fit --resource ephemeral-storage=10", "did you mean --resource ephemeral-storage=10Gi?"),
    ],
)
def test_a_word_of_another_tool_leads_to_the_right_one(run: Run, words: str, hint: str) -> None:
    code, out, err = run(words)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.endswith(f"\nhint: {hint}\n")
    assert err.count("hint: ") == 1


def test_a_namespace_named_all_that_is_empty_offers_all_namespaces(demo: Run) -> None:
    hint = "hint: -A reads all namespaces; this is the namespace with the name all\n"
    assert demo("top pods -n all") == (0, "", f"No resources found in all namespace.\n{hint}")
    assert demo("top pods -n al").err == "No resources found in al namespace.\n"


def test_the_hint_for_cost_runs(demo: Run) -> None:
    assert demo(COST).code == 0


def test_short_names_are_names_in_any_case(demo: Run) -> None:
    names = demo("top pods -A --columns mem,mem%,memory%limits")
    assert (names.code, names) == (0, demo("top pods -A --columns MEM,Mem%,MEMORY%LIMITS"))


def test_amounts_from_a_mebibyte_on_are_meant(demo: Run) -> None:
    for amount in ("1Mi", "1048576", "2M", "0"):
        assert demo(f"fit --cpu 1m --memory {amount}").code == 0
    # Extended resources are counted, not measured in bytes.
    assert demo("fit --cpu 1m --resource nvidia.com/gpu=1 --tolerate nvidia.com/gpu").code == 0

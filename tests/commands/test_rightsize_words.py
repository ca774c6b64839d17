"""`c3s rightsize`: what stderr says beside the table, and the exit code where something is not recommended."""

from __future__ import annotations

import pytest

from tests.conftest import Run

PAST = "-n team-checkout --from prometheus --since 2d"


def test_pods_that_were_resized_in_place_and_limits_that_change_are_said(demo: Run) -> None:
    result = demo(f"rightsize deploy/payments {PAST} --columns cpu.requests,cpu.change,cpu.reason --no-headers")
    assert result.code == 0
    # Two of three pods request 750m; the template, 500m.
    assert result.out.split() == ["Deployment/payments", "app", "500m", "-300m", "p95,", "throttled", "11%"]
    assert result.err.splitlines() == [
        "more is requested than needed: 800m CPU and 576Mi memory",
        (
            "note: rows show what templates request, the sums above what running pods do, which differs in CPU: "
            "Deployment/payments:app (2000m, not 1500m)"
        ),
        "note: limits would change too, of 1 container: --columns wide shows them",
        "note: the QoS class would change: Deployment/payments: Guaranteed to Burstable",
    ]
    assert "limits would change" not in demo(f"rightsize deploy/payments {PAST} -o wide").err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("deploy/cart", 5),
        # Its finding is known, a risk; what it should request is not.
        ("deploy/fraud-scorer", 5),
        ("deploy/fraud-scorer --by namespace", 5),
        ("sts/postgres", 0),
    ],
)
def test_what_has_no_recommendation_is_not_complete(demo: Run, words: str, code: int) -> None:
    result = demo(f"rightsize {words} {PAST} -o name")
    assert (result.code, "no recommendation" in result.err) == (code, code == 5)


def test_the_explanation_says_what_was_rounded(demo: Run) -> None:
    lines = demo(f"rightsize rollout/checkout {PAST} --explain").out.splitlines()
    said = [line.split(maxsplit=5)[-2:] for line in lines if "istio-proxy" in line and "recommended requests" in line]
    assert said == [["25m", "floor"], ["128Mi", "max + 15%: 69Mi, rounded up to a multiple of 64Mi"]]


def test_the_explanation_says_why_a_request_stays(demo: Run) -> None:
    """Below the floor, or by less than --min-change: the reason in the table is only what it was compared with."""
    said = []
    for workload, container in (
        ("sts/postgres -n team-checkout", "exporter"),
        ("sts/elasticsearch -n team-search", ""),
    ):
        lines = demo(f"rightsize {workload} --from prometheus --since 2d --explain").out.splitlines()
        said += [line.split(maxsplit=5)[-2:] for line in lines if container in line and "recommended requests" in line]
    assert said == [
        ["10m", "p95: 3m, which the request covers: it stays"],
        ["32Mi", "max + 15%: 20Mi, which the request covers: it stays"],
        ["950m", "p95: 928m, rounded up to a multiple of 25m"],
        ["8192Mi", "max + 15%: 8555Mi, less than 10% more than the request: it stays"],
    ]


def test_what_too_little_history_begins_with_is_said_once(demo: Run) -> None:
    said = demo("rightsize -n team-checkout --from prometheus --since 2d -o name").err.splitlines()[-1]
    reasons = "too little history: 10h of 24h, 5h of 24h; --min-history 5h takes less"
    assert said == f"3 of 8 containers have no recommendation: {reasons}"


def test_changes_say_that_limits_change_and_which_may_not_be_in_a_template(demo: Run) -> None:
    said = []
    for more in ("", "--facts source"):
        result = demo(f"rightsize -n team-search --from prometheus --since 2d --min-history 1h -o patch {more}")
        said.append([line for line in result.err.splitlines() if "limits change" in line or "webhook" in line])
        assert "istio-proxy" in result.out
    limits = "note: limits change too, of 4 containers"
    assert said == [
        [limits],
        [
            limits,
            (
                "note: templates were not read: changes of a container that a webhook has added are refused; "
                "--where 'container != NAME' leaves one out: Deployment/search-api"
            ),
        ],
    ]

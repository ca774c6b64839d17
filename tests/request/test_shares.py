"""Percentages that are written as the value of an amount, and conditions that no row can meet."""

from __future__ import annotations

import pytest

from tests.conftest import Run

MEANT = "hint: for a percentage compare memory%requests or memory%limits\n"


@pytest.mark.parametrize(
    ("words", "same"),
    [
        ("top nodes --where 'mem > 50%'", "top nodes --where 'memory% > 50'"),
        ("top nodes --by pool --fail-if 'cpu >= 20%'", "top nodes --by pool --fail-if 'cpu% >= 20'"),
        ("top cluster --fail-if 'memory < 10%'", "top cluster --fail-if 'memory% < 10'"),
        ("top nodes --fail-if 'cpu-requests>90%' -o name", "top nodes --fail-if 'cpu.requests% > 90' -o name"),
        (
            "top nodes --from prometheus --since 2h --where 'cpu.p95 > 30%'",
            "top nodes --from prometheus --since 2h --where 'cpu.p95% > 30'",
        ),
        (
            "diff --before 2h --from prometheus --fail-if 'memory.change > 20%' -o name",
            "diff --before 2h --from prometheus --fail-if 'memory.change% > 20' -o name",
        ),
        (
            "top volumes -A --from prometheus --where 'used > 60%'",
            "top volumes -A --from prometheus --where 'used% > 60'",
        ),
    ],
)
def test_a_percentage_is_compared_with_the_only_one_that_it_may_be(demo: Run, words: str, same: str) -> None:
    result = demo(words)
    assert result.out
    assert result == demo(same)


@pytest.mark.parametrize("words", ["top pods --where", "top ns --fail-if", "watch pods --until"])
def test_of_pods_it_may_be_of_requests_or_limits(demo: Run, words: str) -> None:
    assert demo(f"{words} 'memory > 90%'") == (
        2,
        "",
        f"error: '90%' is no value for memory.usage (bytes)\n{MEANT}",
    )
    assert demo(f"{words} 'memory.limits > 90%'").err.endswith("hint: for a percentage compare memory.limits%\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "top deploy/payments --fail-if 'cpu > 9'",
            "--fail-if judges each pod: c3s top deployment payments judges their sum",
        ),
        (
            "watch deploy/payments --count 1 --until 'memory < 1Gi'",
            "--until judges each pod: c3s watch deployment payments judges their sum",
        ),
        ("top deploy payments --fail-if 'cpu > 9'", ""),
        ("top deploy/payments --where 'cpu > 9'", ""),
        ("top deploy/payments --fail-if 'memory%limits > 999' --fail-if 'restarts > 99'", ""),
    ],
)
def test_amounts_of_the_pods_of_one_workload_are_those_of_each(demo: Run, words: str, said: str) -> None:
    """A workload may use more than a limit that none of its pods exceeds."""
    err = demo(f"{words} -n team-checkout").err
    assert [line for line in err.splitlines() if "judges each pod" in line] == ([said] if said else [])


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("status = Failed", "status is never Failed"),
        ("cpu > 9, phase in (Succeeded, Running, Evicted)", "phase is never Succeeded or Evicted"),
        ("status != Failed", ""),
        ("status not in (Failed)", ""),
        ("status = Running", ""),
    ],
)
def test_pods_that_have_ended_are_no_rows(demo: Run, condition: str, said: str) -> None:
    """--fail-if would be green whatever fails."""
    remark = f"pods that have ended have no rows, so {said}"
    for words in ("top pods --fail-if", "top deploy --where"):
        lines = demo(f'{words} "{condition}"').err.splitlines()
        assert [line for line in lines if "have ended" in line] == ([remark] if said else [])

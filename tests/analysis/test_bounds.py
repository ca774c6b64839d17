"""What bounds decide about groups that are measured in part: statistics over a range, and disks."""

from __future__ import annotations

import pytest

from tests.conftest import Run

JOB = "batch/Job/etl-backfill"
UNDECIDED = f"--fail-if: 1 row could not be judged (not all members are measured): {JOB} (1 of 3 pods measured)"
MATCHED = f"--fail-if: 1 row matched: {JOB}"


# One of its three pods is measured: it used up to 2001m, on average 1905m; all three request 5250m.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        # At any time, the group uses at least what is measured.
        ("cpu.max > 2", MATCHED),
        ("cpu.max < 2", ""),
        ("cpu.max > 3", UNDECIDED),
        ("cpu.max < 3", UNDECIDED),
        ("cpu.min > 1", MATCHED),
        ("cpu.maxPercentOfRequests > 38", MATCHED),
        ("cpu.maxPercentOfRequests > 39", UNDECIDED),
        # Averages and percentiles need every member.
        ("cpu.p95 > 1", UNDECIDED),
        ("cpu.p95 < 5", UNDECIDED),
        ("cpu.avg > 1", UNDECIDED),
        ("cpu.p95PercentOfRequests > 1", UNDECIDED),
        ("memory.avg < 1Ti", UNDECIDED),
    ],
)
def test_statistics_of_a_group_that_is_measured_in_part(demo: Run, condition: str, verdict: str) -> None:
    words = ["top", "pods", "-A", "--by", "owner", "--from", "prometheus", "--since", "1h"]
    result = demo(*words, "--where", "owner = Job/etl-backfill", "--fail-if", condition, "--fail-if-unknown")
    assert (result.code, result.err.strip()) == (3 if verdict else 0, verdict)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "condition", "verdict"),
    [
        ("top pods -A --by owner --where 'owner = Job/etl-backfill'", "ephemeralStorage.usage > 1Mi", MATCHED),
        ("top pods -A --by owner --where 'owner = Job/etl-backfill'", "ephemeralStorage.usage < 1Ti", UNDECIDED),
        ("top cluster", "ephemeralStorage.usage > 100Gi", "--fail-if: 1 row matched: demo"),
        (
            "top cluster",
            "ephemeralStorage.usagePercentOfAllocatable > 50",
            "--fail-if: 1 row could not be judged (not all members are measured): demo (9 of 10 nodes measured)",
        ),
    ],
)
def test_disks_of_a_group_that_is_measured_in_part(run: Run, words: str, condition: str, verdict: str) -> None:
    at = "--demo --demo-at 2026-03-02T09:30:00Z --from kubelet --fail-if-unknown"
    result = run(f"{words} {at} --fail-if '{condition}' --columns cpu")
    assert (result.code, result.err.splitlines()[-1]) == (3, verdict)


@pytest.mark.slow
@pytest.mark.parametrize("statistic", ["max", "avg", "p95"])
def test_members_are_listed_for_statistics_of_groups(demo: Run, statistic: str) -> None:
    words = ["top", "pods", "-A", "--by", "namespace", "--from", "prometheus", "--since", "1h", "--fail-if"]
    result = demo(*words, f"cpu.{statistic} > 100000m", "-o", "name")
    # Only the list of pods tells that three pods of this namespace are not measured.
    assert result.code == 0
    assert "batch (2 of 5 pods measured)" in result.err

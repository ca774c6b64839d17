"""Numbers without a unit in conditions: what they mean is said where a percentage was probably meant."""

from __future__ import annotations

import pytest

from tests.conftest import Run

CPU = "note: cpu.usage {0} means {1} cores, more than {2}; for a percentage: cpu% {0}\n"
MEMORY = "note: memory.usage {0} means {1} bytes; for a percentage: memory% {0}\n"


@pytest.mark.parametrize(
    ("words", "note"),
    [
        ("top nodes --fail-if 'cpu > 90'", CPU.format("> 90", "90", "any row has")),
        # gpu-1 has 48 cores.
        ("top nodes --fail-if 'cpu > 47.92'", CPU.format("> 47.92", "47.92", "any row has")),
        ("top nodes --fail-if 'cpu > 47.91'", ""),
        ("top nodes --where 'name ~ gpu' --by pool --fail-if 'cpu >= 95'", ""),
        ("watch nodes --count 1 --until-all 'cpu < 80'", CPU.format("< 80", "80", "any row has")),
        ("top pods -A --where 'cpu > 90'", CPU.format("> 90", "90", "all rows together use")),
        ("top pods -n team-checkout --fail-if 'cpu > 20'", CPU.format("> 20", "20", "all rows together use")),
        ("top pods -n team-checkout --fail-if 'cpu > 19'", ""),
        ("top pods -A --fail-if 'cpu > 30'", ""),
        # Nobody knows what this one uses.
        ("top pods -n team-checkout --where 'cpu = unknown' --fail-if 'cpu > 90'", ""),
        ("top nodes --fail-if 'memory > 90'", MEMORY.format("> 90", "90")),
        ("top nodes --fail-if 'memory <= 100'", MEMORY.format("<= 100", "100")),
        # Amounts, and numbers that are no percentages.
        ("top nodes --fail-if 'cpu > 90000m'", ""),
        ("top nodes --fail-if 'cpu > 101m'", ""),
        ("top ns --fail-if 'cpu > 25'", ""),
        ("top nodes --fail-if 'cpu != 90'", ""),
        ("top nodes --fail-if 'memory > 0'", ""),
        ("top nodes --fail-if 'memory > 1'", ""),
        ("top nodes --fail-if 'memory > 90Mi'", ""),
        ("top nodes --fail-if 'cpu% > 90'", ""),
        ("top nodes --fail-if 'cpu > cpu.requests'", ""),
        ("top nodes --fail-if 'cpu.allocatable > 90'", ""),
    ],
)
def test_what_a_bare_number_means_is_said_if_a_percentage_was_probably_meant(demo: Run, words: str, note: str) -> None:
    notes = [line for line in demo(f"{words} -o name").err.splitlines(keepends=True) if " means " in line]
    assert notes == ([note] if note else [])


@pytest.mark.parametrize(
    ("words", "note"),
    [
        pytest.param(
            "top nodes --from prometheus --since 1h --fail-if 'cpu.max > 90'",
            "cpu.max > 90 means 90 cores, more than any row has; for a percentage: cpu.max% > 90",
            marks=pytest.mark.slow,
        ),
        (
            "top volumes -A --from prometheus --fail-if 'used > 80'",
            "volume.used > 80 means 80 bytes; for a percentage: used% > 80",
        ),
        (
            "top pods -A --fail-if 'memory.requests < 64'",
            "memory.requests < 64 means 64 bytes; write 64Mi or 64Gi",
        ),
        ("top pods -A --fail-if 'memory > 500'", "memory.usage > 500 means 500 bytes; write 500Mi or 500Gi"),
        (
            "top pods -A --where 'cpu > 500'",
            "cpu.usage > 500 means 500 cores, more than all rows together use; write 500m for millicores",
        ),
        (
            "top nodes --where 'cpu >= 101'",
            "cpu.usage >= 101 means 101 cores, more than any row has; write 101m for millicores",
        ),
        ("top nodes --fail-if 'cpu% > 0.9'", "0.9 means 0.9 %; for 90 %, write 90"),
        ("top pods -A --where 'memory%limits in (.85, 2)'", ".85 means .85 %; for 85 %, write 85"),
        ("top pods -A --where 'name = web.*'", "web.* is compared as text; ~ compares with a regular expression"),
    ],
)
def test_other_columns_have_percentages_or_units(demo: Run, words: str, note: str) -> None:
    assert f"note: {note}\n" in demo(f"{words} -o name").err


@pytest.mark.parametrize(
    "condition", ["memory%limits > 0.8%", "memory%limits > 1", "memory > 1048576", "cpu.requests > 90", "restarts > 0"]
)
def test_numbers_with_a_unit_and_likely_ones_have_no_note(demo: Run, condition: str) -> None:
    assert " means " not in demo(f"top pods -A --where '{condition}' -o name").err

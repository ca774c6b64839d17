"""c3s watch of the demo, without a terminal."""

from __future__ import annotations

import json

from tests.commands.test_commands import CLUSTER, NODES, UNJUDGED
from tests.conftest import AT, Run


def test_a_watch_says_when_its_condition_was_not_met(demo: Run) -> None:
    unmet = demo("watch nodes -i 0.01 --count 2 --until 'cpu% > 101'")
    assert (unmet.code, unmet.err) == (4, f"the condition was not met\n--until: {UNJUDGED}")
    both = demo("watch nodes -i 0.01 --until 'cpu% > 50' --fail-if 'cpu% > 50'")
    assert both.code == 3


def test_watch_prints_table_after_table(run: Run) -> None:
    assert run(f"watch cluster --interval 0.01 --count 2 --demo-at {AT}").out == f"{CLUSTER}{AT}\n{CLUSTER}"
    assert run(f"watch nodes --interval 10ms --count 1 --demo-at {AT}").out == NODES
    assert run(f"watch --interval 0.01 --count 2 --demo-at {AT}").out == f"{NODES}{AT}\n{NODES}"


def test_watch_prints_one_document_per_line(demo: Run) -> None:
    lines = demo("watch pods -i 0.01 --count 3 -o json").out.splitlines()
    assert [len(json.loads(line)["items"]) for line in lines] == [8, 8, 8]


def test_watch_until(demo: Run) -> None:
    assert demo("watch nodes -i 0.01 --until 'cpu% > 50'").code == 0
    timed_out = demo("watch nodes -i 0.01 --until 'cpu% > 99' --timeout 50ms")
    assert (timed_out.code, timed_out.err) == (4, f"timed out waiting for the condition\n--until: {UNJUDGED}")
    assert demo("watch nodes -i 0.01 --fail-if 'cpu% > 50'").code == 3


def test_a_watch_with_zero_timeout_reads_once(demo: Run) -> None:
    assert demo("watch nodes -i 60 --until 'cpu% > 50' --timeout 0").code == 0
    late = demo("watch nodes -i 60 --until 'cpu% > 99' --timeout 0")
    assert (late.code, late.out, late.err) == (4, NODES, f"timed out waiting for the condition\n--until: {UNJUDGED}")


def test_a_watch_writes_one_table_for_spreadsheets(demo: Run) -> None:
    headings, rows = demo("top nodes -o csv").out.split("\n", 1)
    timed = "".join(f"{AT},{row}\n" for row in rows.splitlines())
    assert demo("watch nodes -i 0.01 --count 2 -o csv").out == f"time,{headings}\n{timed}{timed}"

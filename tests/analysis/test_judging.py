"""--fail-if, --until and --until-all: matches, and rows that cannot be judged."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from c3s_cli.analysis.report import make_report
from c3s_cli.columns.vocabulary import Kind
from c3s_cli.flags import options
from c3s_cli.flags.watch_options import Repeat
from c3s_cli.model.rows import Node, NodeFacts, Pod, PodFacts
from c3s_cli.model.sample import Sample
from c3s_cli.report import Judgement
from c3s_cli.request.from_flags import request_of

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
THEN = "2026-03-02T09:29:30Z"


def cluster(context: str) -> Sample:
    """Make a Sample of nodes that use one core and two, and of one without metrics."""
    nodes = [Node(context, f"n{cores}", cores * 10**9, 0, None, THEN) for cores in (1, 2)]
    facts = {name: NodeFacts(name, {"cpu": 10**10}, {}, None) for name in ("n1", "n2", "silent")}
    return Sample(context, NOW, "test", nodes, node_facts=facts)


def judged(*samples: Sample, repeat: Any = None, kind: Kind = Kind.NODE, **rows: Any) -> Judgement:
    query, _ = request_of(kind, None, options.Connection(), options.Selection(**rows), options.Display(), repeat=repeat)
    (judgement,) = make_report(samples, query, contexts=len(samples) > 1).judgements
    return judgement


@pytest.mark.parametrize(
    ("condition", "unknown", "matched", "fails"),
    [
        ("cpu > 1500m", False, ("n2",), True),
        ("cpu > 1500m", True, ("n2",), True),
        ("cpu > 5", False, (), False),
        ("cpu > 5", True, (), True),
    ],
)
def test_fail_if(condition: str, unknown: bool, matched: tuple[str, ...], fails: bool) -> None:  # noqa: FBT001
    found = judged(cluster("c"), fail_if=[condition], fail_if_unknown=unknown)
    assert found == Judgement("--fail-if", bool(matched), fails, 3, matched, ("silent",), "no metrics")


ALL = ("n1", "n2")


@pytest.mark.parametrize(
    ("flag", "condition", "unknown", "met", "fails", "matched"),
    [
        ("--until", "cpu > 1500m", False, True, False, ("n2",)),
        ("--until", "cpu > 1500m", True, True, False, ("n2",)),
        ("--until", "cpu > 5", False, False, False, ()),
        ("--until", "cpu > 5", True, False, True, ()),
        ("--until-all", "cpu < 5", False, False, False, ALL),
        ("--until-all", "cpu < 5", True, False, True, ALL),
    ],
)
def test_until(
    flag: str,
    condition: str,
    unknown: bool,  # noqa: FBT001
    met: bool,  # noqa: FBT001
    fails: bool,  # noqa: FBT001
    matched: tuple[str, ...],
) -> None:
    repeat = Repeat(until=[condition]) if flag == "--until" else Repeat(until_all=[condition])
    found = judged(cluster("c"), repeat=repeat, fail_if_unknown=unknown)
    assert found == Judgement(flag, met, fails, 3, matched, ("silent",), "no metrics")


def test_all_of_nothing_is_not_met() -> None:
    known = cluster("c")
    all_of_one = Repeat(until_all=["cpu < 5"])
    assert judged(known, repeat=all_of_one, where=["name != silent"]).met
    assert not judged(known, repeat=all_of_one, where=["name = nosuch"]).met


def test_rows_of_several_contexts_are_named_with_theirs() -> None:
    repeat = Repeat(until=["cpu > 1500m"])
    found = judged(cluster("b"), cluster("a"), repeat=repeat)
    assert (found.matched, found.unjudged) == (("b/n2", "a/n2"), ("b/silent", "a/silent"))
    assert judged(cluster("b"), cluster("a"), kind=Kind.CLUSTER, repeat=repeat).matched == ("b", "a")


def test_what_is_unknown_is_said_once_for_each_column() -> None:
    pods = [Pod("c", "ns", name, 1, 2, None, THEN) for name in ("a", "b")]
    facts = {("ns", "a"): PodFacts("", "n", "", "Running", 0, None, "", {}, {}, {})}
    sample = Sample("c", NOW, "test", (), pods, pod_facts=facts)
    found = judged(sample, kind=Kind.POD, fail_if=["age > 1h, restarts > 3"])
    assert (found.matched, found.unjudged, found.because) == ((), ("ns/b",), "age unknown, restarts unknown")

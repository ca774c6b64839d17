"""Header of a watch: the summary of a cluster."""

from __future__ import annotations

from msgspec import structs

from c3s_cli.analysis.summary import summary_of
from tests.analysis.test_report import details, milli, node_facts, sample_of, used_on


def test_a_summary_counts_ready_nodes_and_names_the_newest_usage() -> None:
    late = structs.replace(used_on("n2", 20), timestamp="2026-03-02T09:29:45Z")
    cordoned = structs.replace(details(), status="Ready,SchedulingDisabled")
    down = structs.replace(details(), status="NotReady,SchedulingDisabled")
    facts = {"n1": node_facts(of=details()), "n2": node_facts(of=cordoned), "n3": node_facts(of=down)}
    one = sample_of([used_on("n1", 1), late], node_facts=facts, pod_count=7)
    other = structs.replace(sample_of([used_on("n1", 300)], pod_count=5), context="d")
    found = summary_of([one, other])
    assert (found.cluster.context, found.cluster.cpu_nanocores, found.cluster.node_count) == ("c, d", milli(321), 4)
    assert (found.ready, found.pods, found.newest, found.window) == (2, 12, "2026-03-02T09:29:45Z", "20s")


def test_a_summary_leaves_unknown_what_was_not_read() -> None:
    found = summary_of([sample_of([structs.replace(used_on("n1"), timestamp=None, window=None)])])
    assert (found.ready, found.pods, found.newest, found.window) == (None, None, None, None)

"""Namespaces are put together to blocks that one query can answer for."""

from __future__ import annotations

from c3s_cli.model.rows import PodFacts
from c3s_cli.sources.prometheus.blocks import Block, blocks_of
from c3s_cli.sources.prometheus.slices import Letters


def pods(namespaces: int, workloads: int, replicas: int, *, name: str = "ns-{:04}") -> dict[tuple[str, str], PodFacts]:
    return {
        (name.format(space), f"pod-{workload}-{replica}"): PodFacts(
            "", "n", f"Deployment/{workload}", "Running", 0, None, "", {}, {}, {}
        )
        for space in range(namespaces)
        for workload in range(workloads)
        for replica in range(replicas)
    }


def test_a_block_has_a_thousand_pods_and_at_least_a_hundred_workloads() -> None:
    assert blocks_of({}) == []
    assert [len(block.namespaces) for block in blocks_of(pods(3, 2, 2))] == [3]
    assert [len(block.namespaces) for block in blocks_of(pods(100, 10, 10))] == [10] * 10
    assert [len(block.namespaces) for block in blocks_of(pods(50, 20, 3))] == [16, 16, 16, 2]
    # One query for each metric and a hundred workloads is enough, however many replicas they have.
    assert len(blocks_of(pods(100, 10, 30))) == 10


def test_a_block_is_no_longer_than_a_query_may_be() -> None:
    blocks = blocks_of(pods(900, 1, 1, name=f"{'long-name-' * 4}{{:04}}"))
    assert max(len(",".join(block.namespaces)) for block in blocks) < 6000
    assert sum(len(block.namespaces) for block in blocks) == 900


def test_a_block_that_is_too_large_is_halved_by_namespaces_then_by_names_of_pods() -> None:
    assert Block(("a", "b", "c")).halves() == [Block(("a",)), Block(("b", "c"))]
    assert [str(each) for each in (Block(("a", "b")), Block())] == ["namespaces a, b", "pods"]
    halves = Block(("a",)).halves()
    assert [each.letters for each in halves] == [*Letters().halves()]
    assert all(each.namespaces == ("a",) for each in halves)

"""Decoding many pods at once: the same as one after the other."""

from __future__ import annotations

import threading
import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c3s_cli.amounts.quantity import InvalidQuantity, nanos, whole
from c3s_cli.errors import InvalidAnswer
from c3s_cli.model.rows import Pod
from c3s_cli.sources.decode import metrics, nodes
from c3s_cli.sources.decode.shapes import BATCH, amounts_at_once, decode_one

# What metrics-server sends, what it might, and what nobody should.
QUANTITIES = st.one_of(
    st.from_regex(r"[0-9]{1,20}(n|Ki)?", fullmatch=True),
    st.from_regex(r"[+-]?[0-9]{1,3}(\.[0-9]{0,3})?(n|u|m|k|M|Ki|Mi|Gi|e[0-9])?", fullmatch=True),
    st.sampled_from(["", "n", "Ki", "1n2", "1,2", "1i", "٣n", "1_0n", " 1n", "0x1", "1\u0000", "9" * 64, "9" * 65]),
)


@pytest.mark.slow
@given(st.lists(QUANTITIES, max_size=4), st.sampled_from([("n", 1, 10**9, nanos), ("Ki", 1 << 10, 1, whole)]))
def test_quantities_at_once_are_exact_or_refused(texts: list[str], how: tuple[str, int, int, object]) -> None:
    suffix, with_suffix, without, one = how
    assert callable(one)
    try:
        together = amounts_at_once(texts, suffix, with_suffix, without)
    except ValueError:
        return
    assert together == [one(text) for text in texts]


def test_what_metrics_server_sends_takes_the_fast_path() -> None:
    assert amounts_at_once(["250n", "0", "7n"], "n", 1, 10**9) == [250, 0, 7]
    assert amounts_at_once(["4Ki", "0", "12"], "Ki", 1024, 1) == [4096, 0, 12]


@pytest.mark.parametrize("wrong", ["", "1m", "1n2n", "-1n", "n", "1 n", "1,2", "1,2n", "007n"])
def test_anything_else_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="usual"):
        amounts_at_once(["1n", wrong], "n", 1, 10**9)


def listing_of(*containers: object) -> bytes:
    items = [{"metadata": {"name": f"p{place}"}, "containers": each} for place, each in enumerate(containers)]
    return msgspec.json.encode({"items": items})


def container(cpu: object, memory: object, **more: object) -> dict[str, object]:
    return {"name": "c", "usage": {"cpu": cpu, "memory": memory, **more}}


ODD = [
    [container("x", "1Ki")],
    [container(None, "1Ki")],
    [container(2, "1Ki")],
    [container("1n", "1Ki", swap="5Ki"), container("1n", "1Ki")],
    [container("1n", "1Ki", swap="5Ki"), container("1n", "1Ki", swap="1Ki")],
    [{"name": "c"}],
    [],
    None,
]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("usual", [0, 1, BATCH])
def test_one_odd_pod_changes_none_of_the_others(odd: object, usual: int) -> None:
    plain = [[container("1500001n", "3Ki"), container("1n", "7")], [container("0", "0")]]
    many = [plain[place % 2] for place in range(usual)]
    problems: list[str] = []
    _, pods = metrics.pod_list(listing_of(*many, odd), "c", problems)
    for place, pod in enumerate(pods[:-1]):
        assert (pod.cpu_nanocores, pod.memory_bytes, pod.swap_bytes) == [(1500002, 3079, None), (0, 0, None)][place % 2]
    alone_problems: list[str] = []
    _, (alone,) = metrics.pod_list(listing_of(odd), "c", alone_problems)
    assert msgspec.structs.replace(pods[-1], name="p0") == alone
    assert problems == [problem.replace("p0", f"p{usual}") for problem in alone_problems]


ODD_NODES = [
    {},
    {"status": None},
    {"status": {"allocatable": None, "capacity": {}}},
    {"status": {"allocatable": {"cpu": 2, "memory": "1Gi"}, "capacity": {"cpu": 0.5}}},
    {"status": {"allocatable": {"cpu": "x", "memory": "1Ki"}, "capacity": {"cpu": "4", "pods": None}}},
    {"status": {"allocatable": {"cpu": "1" * 70}, "nodeInfo": {"swap": {"capacity": 5}, "kubeletVersion": "v1"}}},
    {"spec": {"unschedulable": True}, "status": {"nodeInfo": {"swap": None}, "conditions": None}},
    {"status": {"allocatable": {"nvidia.com/gpu": "2", "hugepages-2Mi": "4Mi", "cpu": "-5"}}},
]


@given(st.lists(st.sampled_from(ODD_NODES), max_size=5))
def test_allocatable_and_capacity_are_the_same_with_and_without_details(odd: list[dict[str, object]]) -> None:
    items = [{"metadata": {"name": f"n{place}"}, **each} for place, each in enumerate(odd)]
    body = msgspec.json.encode({"items": items})
    said: list[list[str]] = [[], [], []]
    _, plain = nodes.node_facts(body, said[0], details=False)
    _, whole = nodes.node_facts(body, said[1], details=True)
    each = [nodes.one_node_facts(msgspec.json.encode(item), said[2]) for item in items]
    assert whole == each
    assert plain == [msgspec.structs.replace(facts, details=None) for facts in whole]
    assert said[0] == said[1] == said[2]


@pytest.mark.parametrize(
    "wrong",
    [
        {"allocatable": "all of it"},
        {"allocatable": [1]},
        {"allocatable": {"cpu": {}}},
        {"capacity": True},
        {"nodeInfo": {"swap": 7}},
    ],
)
@pytest.mark.parametrize("details", [False, True])
def test_a_node_of_another_shape_is_an_invalid_answer(wrong: object, details: bool) -> None:  # noqa: FBT001  drawn
    body = msgspec.json.encode({"items": [{"metadata": {"name": "n"}, "status": wrong}]})
    with pytest.raises(InvalidAnswer, match="for nodes is not valid"):
        nodes.node_facts(body, [], details=details)


def test_a_sum_with_an_unknown_part_is_unknown() -> None:
    _, (pod,) = metrics.pod_list(listing_of([container("1n", "1Ki"), container("x", "1Ki", swap="1")]), "c", [])
    assert isinstance(pod, Pod)
    assert (pod.cpu_nanocores, pod.memory_bytes, pod.swap_bytes) == (None, 2048, None)


def test_the_slow_path_still_rejects_invalid_quantities() -> None:
    with pytest.raises(InvalidQuantity):
        nanos("1n2n")


def test_decoders_are_made_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """msgspec crashes the process if two threads make decoders of the same classes at once."""
    make, lock = msgspec.json.Decoder, threading.Lock()

    def slow(shape: Any) -> Any:
        assert lock.acquire(blocking=False), "two are made at once"
        try:
            time.sleep(0.02)
            return make(shape)
        finally:
            lock.release()

    monkeypatch.setattr(msgspec.json, "Decoder", slow)
    shapes = [msgspec.defstruct(f"Shape{number}", [("a", int)]) for number in range(3)]
    decoded: list[Any] = []
    threads = [
        threading.Thread(target=lambda shape=shape: decoded.append(decode_one(b'{"a": 1}', shape, "it")))
        for shape in shapes
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.a for each in decoded] == [1, 1, 1]

"""Memory of a followed list: the same as a new list would be, for random events."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from c3s_cli.errors import ApiError, InvalidAnswer
from c3s_cli.sources.decode.nodes import node_rows
from c3s_cli.sources.decode.owners import controllers, names
from c3s_cli.sources.decode.pods import PodDecoder
from c3s_cli.sources.decode.shapes import Listing, Rows, decode_listing
from c3s_cli.sources.following.events import Event
from c3s_cli.sources.following.memory import Memory
from tests.servers import node, pod

Object = dict[str, Any]


def raw(item: Object) -> Raw:
    return Raw(json.dumps(item).encode())


def listing(items: list[Object], version: str = "1") -> Listing:
    body = json.dumps({"metadata": {"resourceVersion": version}, "items": items}).encode()
    return decode_listing(body, "objects")


def event(kind: str, item: Object) -> Event:
    return Event(kind, raw(item))


def pods(noted: list[str]) -> Rows:
    return PodDecoder(noted, labels=True).page


def nodes(noted: list[str]) -> Rows:
    return partial(node_rows, problems=noted)


def name_of(_namespace: str, name: str) -> str:
    return name


def pair(namespace: str, name: str) -> tuple[str, str]:
    return namespace, name


def of_jobs(namespace: str, name: str) -> tuple[str, str, str]:
    return namespace, "Job", name


Kind = tuple[Callable[[list[str]], Rows], Callable[[str, str], Any], st.SearchStrategy[Object]]
NAMES = st.sampled_from("abcd")
QUANTITIES = st.sampled_from(["100m", "1", "2", "odd", "1x"])


@st.composite
def a_pod(draw: st.DrawFn) -> Object:
    phase = draw(st.sampled_from(["Pending", "Running", "Running", "Succeeded", "Failed"]))
    requests = {"cpu": draw(QUANTITIES)}
    owner = draw(st.sampled_from([None, ("ReplicaSet", "r"), ("Job", "j")]))
    where = draw(st.sampled_from(["", "node-a", "node-b"]))
    return pod(draw(st.sampled_from("nm")), draw(NAMES), where, phase=phase, requests=requests, owner=owner)


@st.composite
def a_node(draw: st.DrawFn) -> Object:
    return node(draw(NAMES), cpu=draw(QUANTITIES), labels={"zone": draw(NAMES)})


KINDS: dict[str, Kind] = {
    "pods": (pods, pair, a_pod()),
    "names": (lambda _noted: names, pair, a_pod()),
    "owners": (lambda _noted: partial(controllers, kind="Job"), of_jobs, a_pod()),
    "nodes": (nodes, name_of, a_node()),
}


def apart(item: Object) -> tuple[str, str]:
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_it_is_what_a_new_list_would_say(kind: str, data: st.DataObject) -> None:
    """Whatever comes, in whatever order: twice, for the first time as a change, gone without having been there."""
    rows, key, items = KINDS[kind]
    first = data.draw(st.lists(items, max_size=4, unique_by=apart))
    happened = data.draw(st.lists(st.tuples(st.sampled_from(["ADDED", "MODIFIED", "DELETED"]), items), max_size=12))
    noted: list[str] = []
    memory = Memory(rows(noted), key, noted)
    memory.fill(lambda page: dict(page(listing(first))))
    objects = {apart(item): item for item in first}
    for number, (what, item) in enumerate(happened):
        item["metadata"]["resourceVersion"] = str(number + 2)
        memory.apply(event(what, item))
        if what == "DELETED":
            objects.pop(apart(item), None)
        else:
            objects[apart(item)] = item
    problems: list[str] = []
    assert memory.now()[0] == dict(rows(problems)(listing(list(objects.values()))))
    assert sorted(memory.now()[1]) == sorted(problems)
    assert memory.version == str(len(happened) + 1)


@pytest.fixture
def memory() -> Memory:
    noted: list[str] = []
    made = Memory(pods(noted), pair, noted)
    made.fill(lambda page: dict(page(listing([pod("n", "a"), pod("n", "b", requests={"cpu": "odd"})], "5"))))
    return made


def test_bookmarks_and_what_is_not_known_yet_change_the_version_only(memory: Memory) -> None:
    before = memory.now()
    for kind, version in (("BOOKMARK", "9"), ("RENAMED", "12")):
        memory.apply(event(kind, {"metadata": {"resourceVersion": version}}))
        assert (memory.now(), memory.version) == (before, version)
    memory.apply(event("MODIFIED", pod("n", "a")))
    assert memory.version == "12"


def test_what_was_wrong_is_forgotten_with_the_object_or_when_it_is_right(memory: Memory) -> None:
    assert memory.now()[1] == ["pod n/b, container app: cpu 'odd' is not a quantity"]
    memory.apply(event("ADDED", pod("n", "c", requests={"memory": "odd"})))
    memory.apply(event("MODIFIED", pod("n", "b", requests={"cpu": "1"})))
    assert memory.now()[1] == ["pod n/c, container app: memory 'odd' is not a quantity"]
    memory.apply(event("DELETED", pod("n", "c", requests={"memory": "odd"})))
    assert memory.now()[1] == []


def test_what_was_handed_out_stays_as_it_was(memory: Memory) -> None:
    facts, _ = memory.now()
    memory.apply(event("DELETED", pod("n", "a")))
    assert set(facts) == {("n", "a"), ("n", "b")}


def test_it_says_what_has_changed_since_it_was_asked_last(memory: Memory) -> None:
    first, _ = memory.now()
    memory.apply(event("MODIFIED", pod("n", "a", requests={"cpu": "1"})))
    memory.apply(event("DELETED", pod("n", "b")))
    second, _ = memory.now()
    third, _ = memory.now()
    memory.fill(lambda page: dict(page(listing([pod("n", "a"), pod("n", "c")], "9"))))
    again, _ = memory.now()
    assert second.changes_since(first) == frozenset([("n", "a"), ("n", "b")])
    assert (third.changes_since(second), again.changes_since(third)) == (frozenset(), None)


def test_a_list_that_fails_leaves_nothing_behind(memory: Memory) -> None:
    def fail(page: Rows) -> Any:
        list(page(listing([pod("n", "z", requests={"cpu": "odd"})])))
        raise ApiError(410, "Expired", "too old")

    with pytest.raises(ApiError):
        memory.fill(fail)
    memory.fill(lambda page: dict(page(listing([pod("n", "a")], "8"))))
    assert (set(memory.now()[0]), memory.now()[1], memory.version) == ({("n", "a")}, [], "8")


def test_a_list_that_is_begun_again_leaves_no_complaints_of_its_first_half(memory: Memory) -> None:
    def again(page: Rows) -> dict[Any, Any]:
        list(page(listing([pod("n", "z", requests={"cpu": "odd"})])))
        return dict(page(listing([pod("n", "a")])))

    memory.fill(again)
    assert memory.now()[1] == []


def test_an_error_and_what_is_no_object_change_nothing(memory: Memory) -> None:
    before = memory.now()
    with pytest.raises(ApiError, match="too old"):
        memory.apply(event("ERROR", {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}))
    wrongs: list[Object] = [{"metadata": {"name": "a", "namespace": "n"}, "spec": 1}, {"metadata": {}, "status": []}]
    for wrong in wrongs:
        with pytest.raises(InvalidAnswer):
            memory.apply(event("MODIFIED", wrong))
    assert memory.now() == before
    assert memory.version == "5"

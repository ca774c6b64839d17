"""Events of a watch: lines of JSON that arrive in pieces."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c3s_cli.errors import InvalidAnswer
from c3s_cli.sources.following import events as module
from c3s_cli.sources.following.events import error_of, events, identity

SAID = [
    {"type": "ADDED", "object": {"metadata": {"name": "a", "namespace": "n", "resourceVersion": "7"}}},
    {"type": "MODIFIED", "object": {"metadata": {"name": "ä€😀\u2028\u0085\r", "labels": {"x": '\n\t\\"'}}}},
    {"type": "BOOKMARK", "object": {"kind": "Pod", "metadata": {"resourceVersion": "9", "creationTimestamp": None}}},
]
TEXT = b"".join(json.dumps(each, ensure_ascii=False).encode() + b"\n" for each in SAID)


def heard(*chunks: bytes) -> list[Any]:
    return [{"type": event.type, "object": json.loads(bytes(event.object))} for event in events(chunks)]


def test_an_event_may_be_cut_at_every_byte() -> None:
    assert heard(TEXT) == SAID
    assert heard(*(TEXT[place : place + 1] for place in range(len(TEXT)))) == SAID
    for place in range(len(TEXT) + 1):
        assert heard(TEXT[:place], TEXT[place:]) == SAID


@given(st.lists(st.integers(0, len(TEXT)), max_size=8))
def test_events_may_be_cut_in_any_pieces(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(TEXT)]
    assert heard(*(TEXT[begin:end] for begin, end in pairwise(places))) == SAID


def test_events_are_given_as_soon_as_their_line_ends() -> None:
    given_away: list[int] = []

    def chunks() -> Any:
        for place in range(len(TEXT)):
            given_away.append(place)
            yield TEXT[place : place + 1]

    next(events(chunks()))
    assert given_away[-1] == TEXT.index(b"\n")


def test_what_has_no_end_is_left_out_and_empty_lines_mean_nothing() -> None:
    assert heard(b"\n\r\n", TEXT, b" \n", TEXT[:40]) == SAID


def test_a_line_without_end_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST", 1 << 20)
    fed: list[bytes] = []

    def chunks() -> Any:
        while True:
            fed.append(b"")
            yield b" " * 65536

    with pytest.raises(InvalidAnswer, match="an event larger than 1 MiB"):
        list(events(chunks()))
    assert len(fed) == 17


@pytest.mark.parametrize("wrong", [b"no JSON", b"[]", b'{"type": 1}', b'{"type": "ADDED", "object": {', b"\xff"])
def test_what_is_no_event_is_an_invalid_answer(wrong: bytes) -> None:
    with pytest.raises(InvalidAnswer):
        heard(wrong + b"\n")


@pytest.mark.parametrize("wrong", [{}, {"metadata": None}, {"metadata": {"name": 1}}, []])
def test_what_is_about_no_object_is_an_invalid_answer(wrong: object) -> None:
    (event,) = events([json.dumps({"type": "ADDED", "object": wrong}).encode() + b"\n"])
    with pytest.raises(InvalidAnswer):
        identity(event)


def test_an_error_is_said_as_the_server_says_it() -> None:
    status = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version: 1 (2)"}
    (event,) = events([json.dumps({"type": "ERROR", "object": status}).encode() + b"\n"])
    problem = error_of(event)
    assert (problem.status, str(problem)) == (410, "Error from server (Expired): too old resource version: 1 (2)")

"""Progress line: appears after a second, disappears at the end."""

from __future__ import annotations

import sys
import time

import pytest

from c3s_cli.terminal import progress
from c3s_cli.terminal.progress import text_of
from tests.conftest import Run
from tests.patience import PATIENT
from tests.run.terminal_session import Terminal
from tests.servers import FakeApi, Reply, Request, node, node_metrics, pod, pod_metrics

PODS = "/api/v1/pods"
CLEARED = "\r\x1b[K"


@pytest.fixture
def stderr(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Give a terminal, before which nobody waits for a second; `slow` puts it on stderr."""
    terminal = Terminal()
    monkeypatch.setattr(progress, "AFTER", 0.0)
    monkeypatch.setattr(progress, "EVERY", 0.01)
    monkeypatch.setenv("TERM", "xterm")
    return terminal


def slow(api: FakeApi, stderr: Terminal, monkeypatch: pytest.MonkeyPatch, lines: tuple[str, ...] = ()) -> None:
    """Serve three pods on three pages; each page comes once its line has been seen."""

    def page(request: Request) -> Reply:
        number = int(dict(request.query).get("continue", "0"))
        end = time.monotonic() + PATIENT
        while lines and lines[number] not in stderr.getvalue() and time.monotonic() < end:
            time.sleep(0.005)
        more = {"continue": str(number + 1), "remainingItemCount": 2 - number} if number < 2 else {}
        return Reply({"metadata": more, "items": [pod("n", f"p{number}")]})

    # Not before: pytest puts its own there again between a fixture and its test.
    monkeypatch.setattr(sys, "stderr", stderr)
    api.routes[PODS] = page
    api.routes["/apis/metrics.k8s.io/v1beta1/pods"] = Reply({"items": [pod_metrics("n", "p0")]})


def test_it_says_how_many_of_how_many_have_been_read(
    run: Run, api: FakeApi, stderr: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ("pods …", "reading pods … 1 of 3", "reading pods … 2 of 3")
    slow(api, stderr, monkeypatch, lines)
    result = run(f"top pods -A -o jsonpath={{.items[*].name}} --columns cpu.requests --server {api.url}")
    assert (result.code, result.out) == (0, "p0 p1 p2")
    shown = stderr.getvalue()
    assert all(line in shown for line in lines)
    assert (shown[: len(CLEARED)], shown[-len(CLEARED) :]) == (CLEARED, CLEARED)
    assert "\n" not in shown


@pytest.mark.parametrize("how", ["a pipe", "TERM=dumb", "-v", "a short reading"])
def test_otherwise_it_says_nothing(
    run: Run, api: FakeApi, stderr: Terminal, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    slow(api, stderr, monkeypatch)
    if how == "a pipe":
        monkeypatch.setattr(stderr, "isatty", lambda: False)
    if how == "TERM=dumb":
        monkeypatch.setenv("TERM", "dumb")
    if how == "a short reading":
        monkeypatch.setattr(progress, "AFTER", 30.0)
    verbose = " -v" if how == "-v" else ""
    words = f"top pods -A -o jsonpath={{.items[*].name}} --columns cpu.requests --server {api.url}{verbose}"
    assert run(words).code == 0
    assert ("reading" in stderr.getvalue(), "\x1b" in stderr.getvalue()) == (False, False)


def test_the_pods_of_a_fit_are_counted_too(
    run: Run, api: FakeApi, stderr: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow(api, stderr, monkeypatch, ("pods …", "pods … 1 of 3", "pods … 2 of 3"))
    api.nodes(node("a"))
    assert run(f"fit --cpu 1 --server {api.url}").code == 0
    assert "pods … 2 of 3" in stderr.getvalue()


def test_a_watch_tells_of_its_first_reading_only(
    run: Run, api: FakeApi, stderr: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", stderr)
    api.nodes(node("a"))
    metrics = Reply({"items": [node_metrics("a")]})
    lengths: list[int] = []

    def answer(_request: Request) -> Reply:
        if not lengths:
            end = time.monotonic() + PATIENT
            while "node metrics …" not in stderr.getvalue() and time.monotonic() < end:
                time.sleep(0.005)
        else:
            time.sleep(0.05)
        lengths.append(len(stderr.getvalue()))
        return metrics

    api.routes["/apis/metrics.k8s.io/v1beta1/nodes"] = answer
    assert run(f"watch nodes -o name --count 3 -i 0.01 --server {api.url}").code == 0
    assert 0 < lengths[0] < lengths[1] == lengths[2] == len(stderr.getvalue())


def test_what_is_read_is_said_in_words() -> None:
    assert text_of({}) == "waiting for the server …"
    assert text_of({"pods": (12_000, 150_000)}) == "reading pods … 12,000 of 150,000"
    assert text_of({"pods": (12_000, None), "nodes": (0, None)}) == "reading pods … 12,000, nodes …"
    assert text_of({"pods": (3, 3)}) == "computing …"

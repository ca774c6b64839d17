"""A fleet has one deadline and one bound of memory, however many of its clusters never answer or never end."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain, repeat
from typing import Any

import pytest

from tests.conftest import Result, Run
from tests.faults import MEBI, Listener, say_nothing
from tests.fleets import NODE_METRICS, Clusters
from tests.kube.test_deadline import peak_of
from tests.servers import FakeApi, Reply, Request

HANGING = [f"h{number:02}" for number in range(40)]
NOT_ASKED = "not asked: the time was over before its turn"
HINT = "set a longer --request-timeout, or more at once: --parallel"


@pytest.fixture
def hanging(config: Any, clusters: Clusters) -> Iterator[None]:
    """Give forty contexts whose servers never answer, and one among them that would."""
    clusters("fine")
    with Listener(say_nothing) as server:
        urls = {name: f"http://127.0.0.1:{server.port}/{name}" for name in HANGING}
        config({**dict(list(urls.items())[:20]), **clusters.urls, **urls})
        yield


def with_time_for_some(run: Run, words: str, is_asked: str) -> Result:
    """Run it with a deadline that is long enough for this machine: one at which some of the forty are asked."""
    results = (run(f"{words} --request-timeout {seconds}s") for seconds in (0.5, 4, 32))
    return next(result for result in results if is_asked in result.out + result.err)


@pytest.mark.slow
@pytest.mark.usefixtures("hanging")
def test_a_fleet_has_one_deadline_not_one_for_each_cluster(run: Run) -> None:
    result = with_time_for_some(run, "top nodes --all-contexts", "timeout while waiting for")
    first, *reasons = result.err.splitlines()
    assert (result.code, result.out, first) == (1, "", "error: none of the 41 clusters could be read")
    assert [reason.split(": ")[0] for reason in reasons] == [*HANGING[:20], "fine", *HANGING[20:]]
    assert reasons[20] == f"fine: {NOT_ASKED}; hint: {HINT}"
    asked = [reason for reason in reasons if "timeout while waiting for" in reason]
    assert 0 < len(asked) <= 16
    assert len([reason for reason in reasons if f": {NOT_ASKED}; hint: {HINT}" in reason]) == 41 - len(asked)


@pytest.mark.slow
@pytest.mark.usefixtures("hanging")
def test_the_check_of_all_contexts_has_one_deadline(run: Run) -> None:
    result = with_time_for_some(run, "contexts --check --parallel 8 -o json", "timeout while")
    assert result.out, result.err
    problems = [item["problem"] for item in json.loads(result.out)["items"]]
    assert (result.code, len(problems)) == (1, 41)
    assert 41 - 8 <= problems.count(NOT_ASKED) < 41


@pytest.mark.slow
@pytest.mark.usefixtures("hanging")
def test_a_round_of_a_watch_has_one_deadline(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    # A busy machine needs longer to ask the second sixteen, with the one that answers among them.
    def watched(seconds: int) -> Result:
        monkeypatch.setattr("c3s_cli.run.rounds.PATIENCE", seconds * 0.6)
        return run(f"watch nodes --all-contexts --request-timeout {seconds}s --count 1 -o json")

    result = next(result for result in map(watched, (1, 4, 16)) if result.code == 5)
    # Those that hang do not keep others from being asked, but the deadline does.
    assert (result.code, [item["context"] for item in json.loads(result.out)["items"]]) == (5, ["fine"])
    reasons = result.err.splitlines()
    # On a busy machine fewer of the second sixteen are asked in time.
    assert 41 - 2 * 16 - 1 <= len([reason for reason in reasons if NOT_ASKED in reason]) <= 41 - 16 - 1
    assert not [reason for reason in reasons if not re.search(f"{NOT_ASKED}|timeout while|no answer for", reason)]


def endless(_request: Request) -> Reply:
    return Reply(chain([b'{"items":['], repeat(b" " * MEBI)))


@pytest.mark.slow
@pytest.mark.process
def test_answers_without_end_share_one_bound_of_memory(config: Any, clusters: Clusters) -> None:
    """Four clusters, eight answers: each alone may take 256 MiB."""
    with ExitStack() as stack:
        apis = {f"e{number}": stack.enter_context(FakeApi()) for number in range(4)}
        for api in apis.values():
            api.routes[NODE_METRICS] = api.routes["/api/v1/nodes"] = endless
        clusters("fine")
        path = config({name: api.url for name, api in apis.items()} | clusters.urls)
        peak, said = peak_of("top", "nodes", "--all-contexts", "-o", "json", "--kubeconfig", str(path))
    too_large = [line for line in said.splitlines() if "the server's answer is larger than 256 MiB; hint" in line]
    assert len(too_large) == 4, said
    assert peak < 1000

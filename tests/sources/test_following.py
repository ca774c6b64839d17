"""Followed lists: what servers do to watches, and what is known meanwhile."""

from __future__ import annotations

import contextlib
import json
import queue
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import structs

from c3s_cli.columns.vocabulary import Kind, Needs
from c3s_cli.demo.server import DemoServer, start
from c3s_cli.errors import ApiError
from c3s_cli.kube.cluster import Cluster, connect
from c3s_cli.kube.secrets import Secrets
from c3s_cli.request.selectors import parse_fields, parse_labels
from c3s_cli.request.target import Target
from c3s_cli.sources.cluster_reader import ClusterReader
from c3s_cli.sources.following import follower, memory
from c3s_cli.sources.following import lists as following
from c3s_cli.sources.following.lists import Following
from c3s_cli.sources.source import Scope
from tests.conftest import AT, Run
from tests.patience import FOR_EVER, PATIENT, Later, eventually
from tests.servers import Connection, FakeApi, Reply, Request, node, pod, pod_metrics, status

PODS = "/api/v1/pods"
NODES = "/api/v1/nodes"
METRICS = "/apis/metrics.k8s.io/v1beta1/pods"
ALL_PODS = Scope(Kind.POD)
EXPIRED = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version: 1 (9)"}
CUT = b""


def event(kind: str, item: dict[str, Any], version: int) -> bytes:
    said = {**item, "metadata": {**item.get("metadata", {}), "resourceVersion": str(version)}}
    return json.dumps({"type": kind, "object": said}).encode() + b"\n"


class Server:
    """One list and its watches. `watches`: how each is answered, in turn; one that says nothing more stays open.

    asked: the queries of the watches. lists: how often it was listed.
    """

    def __init__(self, api: FakeApi, path: str, *items: dict[str, Any], version: str = "1") -> None:
        self.items, self.version = list(items), version
        self.watches: list[Reply | list[bytes]] = []
        self.asked: list[dict[str, str]] = []
        self.accepted: list[str | None] = []
        self.lists = 0
        self.opened = 0
        self.drip = b""
        self.said: queue.Queue[bytes | None] = queue.Queue()
        self.over = threading.Event()
        self.lock = threading.Lock()
        api.routes[path] = self.answer

    def answer(self, request: Request) -> Reply:
        query = dict(request.query)
        if query.get("watch") != "1":
            self.lists += 1
            return Reply({"metadata": {"resourceVersion": self.version}, "items": self.items})
        with self.lock:
            self.opened += 1
        self.asked.append(query)
        self.accepted.append(request.header("accept"))
        script = self.watches.pop(0) if self.watches else []
        return script if isinstance(script, Reply) else Reply(self.pieces(script, self.opened))

    def pieces(self, script: list[bytes], number: int) -> Iterator[bytes]:
        yield from script
        while not self.over.wait(0.005):
            if self.drip:
                yield self.drip
            while chunk := self.heard(number):
                if chunk == [None]:
                    return
                yield from chunk

    def heard(self, number: int) -> list[Any]:
        """Give what is said next, if it is meant for this watch: for the newest one."""
        with self.lock, contextlib.suppress(queue.Empty):
            if number == self.opened:
                return [self.said.get_nowait()]
        return []

    def say(self, *chunks: bytes | None) -> None:
        """Say it in the watch that is open; None ends it, CUT breaks it off."""
        for chunk in chunks:
            self.said.put(chunk)


class PodFollower:
    """Somebody who asks, and follows. `told`: the trace."""

    def __init__(self, api: FakeApi) -> None:
        self.told: list[str] = []
        self.cluster: Cluster = connect(Target(server=api.url), trace=self.told.append)
        self.following = Following(self.cluster)
        self.source = ClusterReader(self.cluster, core=self.following.core)
        self.problems: list[str] = []

    def close(self) -> None:
        self.following.close()
        self.cluster.close()

    def facts(self, needs: Needs = Needs.PODS, scope: Scope = ALL_PODS) -> Any:
        sample = self.source.read(Needs.POD_METRICS | needs, scope)
        self.problems = [f"{failure.source}: {failure.message}" for failure in sample.failures]
        return {Needs.PODS: sample.pod_facts, Needs.NODES: sample.node_facts}[needs]

    def names(self) -> list[str]:
        return sorted(name for _, name in self.facts() or ())


@pytest.fixture
def desk(api: FakeApi) -> Iterator[PodFollower]:
    api.pod_metrics()
    api.routes[METRICS] = Reply({"items": [pod_metrics("n", "a", ("app", "1m", "1Mi"))]})
    asking = PodFollower(api)
    yield asking
    asking.close()
    eventually(lambda: not [thread for thread in threading.enumerate() if thread.name.startswith("c3s-follow")])


@pytest.fixture
def server(api: FakeApi) -> Iterator[Server]:
    made = Server(api, PODS, pod("n", "a"))
    yield made
    made.over.set()


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the pauses be short."""
    monkeypatch.setattr(follower, "FIRST", 0.01)
    monkeypatch.setattr(follower, "LONGEST", 0.02)


# --- what is followed -----------------------------------------------------------------------------------------


def test_a_list_is_read_once_and_then_followed(server: Server, desk: PodFollower, api: FakeApi) -> None:
    assert desk.names() == ["a"]
    server.say(event("ADDED", pod("n", "b"), 2), event("MODIFIED", pod("n", "a", "node-z"), 3))
    eventually(lambda: desk.names() == ["a", "b"] and desk.facts()["n", "a"].node == "node-z")
    server.say(event("DELETED", pod("n", "a"), 4), event("MODIFIED", pod("n", "b", phase="Succeeded"), 5))
    eventually(lambda: desk.names() == [])
    assert (server.lists, len(server.asked), desk.problems) == (1, 1, [])
    assert server.asked[0].pop("timeoutSeconds").isdecimal()
    assert server.asked == [{"watch": "1", "resourceVersion": "1", "allowWatchBookmarks": "true"}]
    begun = len(api.requests)
    desk.facts()
    assert [request.path for request in api.requests[begun:]] == [METRICS]


def test_events_in_pieces_are_events(server: Server, desk: PodFollower) -> None:
    text = event("ADDED", pod("n", "ä😀"), 2) + event("DELETED", pod("n", "a"), 3)
    server.watches.append([text[place : place + 1] for place in range(len(text))])
    desk.names()
    eventually(lambda: desk.names() == ["ä😀"])


def test_what_is_wrong_is_said_as_long_as_it_is_wrong(server: Server, desk: PodFollower) -> None:
    odd = pod("n", "b", requests={"cpu": "odd"})
    desk.names()
    server.say(event("ADDED", odd, 2))
    eventually(lambda: desk.names() == ["a", "b"])
    for _ in range(2):
        desk.names()
        assert desk.problems == ["quantity: pod n/b, container app: cpu 'odd' is not a quantity"]
    server.say(event("MODIFIED", pod("n", "b"), 3))
    eventually(lambda: desk.names() == ["a", "b"] and desk.problems == [])


def test_selectors_are_watched_too(api: FakeApi, desk: PodFollower) -> None:
    made = Server(api, "/api/v1/namespaces/n/pods", pod("n", "a"))
    api.pod_metrics(namespace="n")
    scope = Scope(
        Kind.POD, namespaces=("n",), labels=parse_labels("app in (x,y)"), fields=parse_fields("spec.nodeName=node-a")
    )
    assert set(desk.facts(scope=scope)) == {("n", "a")}
    eventually(lambda: bool(made.asked))
    assert made.asked[0]["labelSelector"] == "app in (x,y)"
    assert made.asked[0]["fieldSelector"] == "spec.nodeName=node-a"
    made.say(event("DELETED", pod("n", "a"), 2))
    eventually(lambda: desk.facts(scope=scope) == {})
    made.over.set()


def test_what_nobody_asks_for_any_more_is_not_watched_any_more(
    server: Server, desk: PodFollower, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "UNASKED", 2)
    on_a = structs.replace(ALL_PODS, fields=parse_fields("spec.nodeName=a"))
    desk.facts(scope=on_a)
    kept = []
    for _ in range(4):
        desk.names()
        kept.append(len(desk.following._lists))  # noqa: SLF001  nobody else knows
    assert kept == [2, 2, 1, 1]
    assert server.lists == 2
    desk.facts(scope=on_a)
    assert server.lists == 3


def test_names_and_owners_are_watched_as_metadata(api: FakeApi, desk: PodFollower, server: Server) -> None:
    owned = {"metadata": {"namespace": "n", "name": "r", "ownerReferences": [{"kind": "Deployment", "name": "d"}]}}
    owned["metadata"]["ownerReferences"][0]["controller"] = True  # type: ignore[index]
    server.items = [pod("n", "a", owner=("ReplicaSet", "r")), pod("n", "b", owner=("Job", "j"))]
    sets = Server(api, "/apis/apps/v1/replicasets", owned)
    jobs = Server(api, "/apis/batch/v1/jobs")

    def owners() -> list[str | None]:
        facts = desk.source.read(Needs.POD_METRICS | Needs.PODS | Needs.OWNERS, ALL_PODS).pod_facts
        return [facts[key].owner for key in sorted(facts)] if facts else []

    assert owners() == ["Deployment/d", "Job/j"]
    of_job = {"metadata": {"namespace": "n", "name": "j", "ownerReferences": [{"kind": "CronJob", "name": "c"}]}}
    of_job["metadata"]["ownerReferences"][0]["controller"] = True  # type: ignore[index]
    jobs.say(event("ADDED", of_job, 2))
    sets.say(event("DELETED", owned, 2))
    eventually(lambda: owners() == ["ReplicaSet/r", "CronJob/c"])
    assert (sets.lists, jobs.lists, server.lists) == (1, 1, 1)
    form = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
    assert [sets.accepted, jobs.accepted, server.accepted] == [[form], [form], ["application/json"]]
    sets.over.set()
    jobs.over.set()


def test_what_has_not_changed_is_not_made_again(api: FakeApi, desk: PodFollower, server: Server) -> None:
    server.items = [pod("n", "a", owner=("ReplicaSet", "r")), pod("n", "b", owner=("ReplicaSet", "r"))]
    others = [Server(api, f"/apis/{path}") for path in ("apps/v1/replicasets", "batch/v1/jobs")]

    def facts() -> Any:
        return desk.source.read(Needs.POD_METRICS | Needs.PODS | Needs.OWNERS, ALL_PODS).pod_facts

    before = facts()
    assert all(facts()[key] is before[key] for key in before)
    server.say(event("MODIFIED", pod("n", "b", node="node-z", owner=("ReplicaSet", "r")), 2))
    eventually(lambda: facts()["n", "b"].node == "node-z")
    assert facts()["n", "a"] is before["n", "a"]
    for each in others:
        each.over.set()


def test_nodes_are_followed_with_their_details_or_without(api: FakeApi, desk: PodFollower) -> None:
    made = Server(api, NODES, node("x", labels={"zone": "1"}))
    made.watches = [[event("MODIFIED", node("x", cpu="16", labels={"zone": "1"}), 2)]]
    needs = Needs.POD_METRICS | Needs.NODES
    for wanted, more in ((None, Needs.NOTHING), ({"zone": "1"}, Needs.NODE_DETAILS)):
        facts = desk.source.read(needs | more, ALL_PODS).node_facts
        assert facts
        assert (facts["x"].details and facts["x"].details.labels) == wanted

    def cores() -> list[int]:
        facts = [desk.source.read(needs | more, ALL_PODS).node_facts for more in (Needs.NOTHING, Needs.NODE_DETAILS)]
        return [each["x"].allocatable["cpu"] // 10**9 for each in facts if each]

    eventually(lambda: cores() == [16, 16])
    assert made.lists == 1
    made.over.set()


def test_one_object_is_asked_for_as_before(api: FakeApi, run: Run) -> None:
    api.routes["/apis/metrics.k8s.io/v1beta1/nodes/a"] = Reply({"metadata": {"name": "a"}, "usage": {"cpu": "1"}})
    api.routes[f"{NODES}/a"] = Reply(node("a"))
    assert run(f"watch nodes a -o name --count 2 -i 0.01 --server {api.url}").code == 0
    assert [path for path in api.paths() if path.startswith("/api/")] == [f"{NODES}/a"] * 2


# --- what a server may do -------------------------------------------------------------------------------------


def test_a_watch_that_ends_goes_on_from_its_last_version(server: Server, desk: PodFollower) -> None:
    bookmark = event("BOOKMARK", {"kind": "Pod", "metadata": {}}, 40)
    server.watches += [[event("ADDED", pod("n", "b"), 7)], [bookmark], [CUT], []]
    desk.names()
    server.say(None, None)
    eventually(lambda: len(server.asked) == 4)
    server.say(event("ADDED", pod("n", "c"), 41))
    eventually(lambda: desk.names() == ["a", "b", "c"])
    assert [query["resourceVersion"] for query in server.asked] == ["1", "7", "40", "40"]
    assert (server.lists, desk.problems) == (1, [])


def test_what_breaks_off_in_the_middle_of_an_event_is_heard_again(server: Server, desk: PodFollower) -> None:
    whole = event("ADDED", pod("n", "b"), 2)
    server.watches += [[whole[:50], CUT], [whole]]
    desk.names()
    eventually(lambda: desk.names() == ["a", "b"])
    assert [query["resourceVersion"] for query in server.asked] == ["1", "1"]


@pytest.mark.parametrize(
    "lost",
    [
        [event("ERROR", EXPIRED, 0)],
        Reply(EXPIRED, 410),
        [b"no JSON\n"],
        [event("MODIFIED", {"metadata": {"name": "a", "namespace": "n"}, "spec": 7}, 9)],
    ],
    ids=["ERROR 410", "410", "garbage", "another shape"],
)
def test_what_is_lost_is_listed_again(server: Server, desk: PodFollower, lost: Reply | list[bytes]) -> None:
    server.watches += [lost, []]
    assert desk.names() == ["a"]
    server.items, server.version = [pod("n", "b")], "9"
    eventually(lambda: desk.names() == ["b"])
    assert (server.lists, desk.problems) == (2, [])
    eventually(lambda: len(server.asked) == 2)
    assert [query["resourceVersion"] for query in server.asked] == ["1", "9"]
    server.say(event("ADDED", pod("n", "c"), 10))
    eventually(lambda: desk.names() == ["b", "c"])
    assert any(line.startswith("pods must be listed again: ") for line in desk.told)


def test_an_error_that_passes_is_waited_for(server: Server, desk: PodFollower) -> None:
    wrong = {"kind": "Status", "code": 500, "reason": "InternalError", "message": "etcd"}
    server.watches += [
        [event("ERROR", wrong, 0)],
        status(503, "", "busy"),
        Reply("?", content_type="application/json", fault="reset"),
        [event("ADDED", pod("n", "b"), 2)],
    ]
    desk.names()
    eventually(lambda: desk.names() == ["a", "b"])
    assert server.lists == 1
    assert [line for line in desk.told if line.startswith("pods ")] == [
        "pods watch interrupted: Error from server (InternalError): etcd"
    ]


@pytest.mark.parametrize("code", [403, 405])
def test_who_may_not_watch_lists_every_time(server: Server, desk: PodFollower, code: int) -> None:
    server.watches += [status(code, "", "you shall not watch")] * 9
    assert desk.names() == ["a"]
    eventually(lambda: any("every reading" in line for line in desk.told))
    for name in ("b", "c"):
        server.items = [pod("n", name)]
        assert desk.names() == [name]
    assert (server.lists, len(server.asked), desk.problems) == (3, 1, [])
    said = "pods cannot be watched, so they are listed at every reading: Error from server: you shall not watch"
    assert [line for line in desk.told if line.startswith("pods ")] == [said]


def test_watching_is_tried_again_later(server: Server, desk: PodFollower, monkeypatch: pytest.MonkeyPatch) -> None:
    server.watches += [status(403, "", "not yet"), []]
    desk.names()
    eventually(lambda: any("every reading" in line for line in desk.told))
    desk.names()
    assert len(server.asked) == 1
    monkeypatch.setattr(following, "AGAIN", 0.0)
    desk.names()
    eventually(lambda: len(server.asked) == 2)
    server.say(event("ADDED", pod("n", "b"), 2))
    eventually(lambda: desk.names() == ["a", "b"])
    assert server.lists == 3


def test_a_list_without_a_version_is_listed_every_time(server: Server, desk: PodFollower) -> None:
    server.version = ""
    for name in ("a", "b"):
        server.items = [pod("n", name)]
        assert desk.names() == [name]
    assert server.asked == []


def test_a_list_that_cannot_be_read_is_a_failure_and_then_read(api: FakeApi, server: Server, desk: PodFollower) -> None:
    api.routes[PODS] = status(403, "Forbidden", "no")
    assert desk.facts() is None
    assert desk.problems == ["pods: Error from server (Forbidden): no"]
    api.routes[PODS] = server.answer
    assert (desk.names(), desk.problems) == (["a"], [])


def test_silence_is_not_trusted(server: Server, desk: PodFollower, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "SILENCE", 0.1)
    assert desk.names() == ["a"]
    server.items = [pod("n", "b")]
    eventually(lambda: desk.names() == ["b"])
    assert server.lists >= 2
    assert any("must be listed again" in line for line in desk.told)


LIST = json.dumps({"kind": "PodList", "metadata": {"resourceVersion": "7"}, "items": [pod("n", "z")]}).encode()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("chunks", "drip"),
    [
        pytest.param([LIST], b"", id="a list without a line end"),
        pytest.param([], b"", id="an empty answer"),
        pytest.param(None, b"", id="headers and then nothing"),
        pytest.param(None, b"\n", id="a blank now and then"),
        pytest.param(None, b"{", id="an event that never ends"),
    ],
)
def test_a_stream_without_events_is_not_trusted(
    server: Server, desk: PodFollower, monkeypatch: pytest.MonkeyPatch, chunks: list[bytes] | None, drip: bytes
) -> None:
    monkeypatch.setattr(follower, "SILENCE", 0.2)
    server.watches += [[] if chunks is None else Reply(iter(chunks)) for _ in range(500)]
    assert (desk.names(), desk.problems) == (["a"], [])
    server.items = [pod("n", "b")]
    server.drip = drip
    eventually(lambda: desk.names() == ["b"])
    # Said once; from then on the list is read at every reading.
    assert desk.problems == ["pods: the watch brings no events, so the list is read at every reading"]
    server.items, server.drip = [pod("n", "c")], b""
    assert (desk.names(), desk.problems) == (["c"], [])


def test_a_watch_with_news_is_watched_again_after_a_silence(
    server: Server, desk: PodFollower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "SILENCE", 0.2)
    server.watches += [[event("BOOKMARK", {"metadata": {}}, 2)]]
    assert desk.names() == ["a"]
    server.items = [pod("n", "b")]
    eventually(lambda: desk.names() == ["b"])
    assert desk.problems == []
    eventually(lambda: len(server.asked) == 2)


def test_what_is_not_heard_of_is_said_to_be_old(
    server: Server, desk: PodFollower, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.watches += [status(500, "InternalError", "broken")] * 500
    assert (desk.names(), desk.problems) == (["a"], [])
    eventually(lambda: len(server.asked) > 3)
    assert (desk.names(), desk.problems) == (["a"], [])
    monkeypatch.setattr(following, "LONG", 0.0)
    assert desk.names() == ["a"]
    said = "the watch was interrupted, the list is from 09:30:00Z: Error from server (InternalError): broken"
    assert desk.problems == [f"pods: {said}"]
    server.watches.clear()
    eventually(lambda: desk.names() == ["a"] and desk.problems == [])
    assert server.lists == 1


def test_what_is_not_heard_of_for_too_long_is_listed_again(
    server: Server, desk: PodFollower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "OLD", 0.05)
    server.watches += [status(500, "InternalError", "broken")] * 500
    assert desk.names() == ["a"]
    server.items = [pod("n", "b")]
    eventually(lambda: desk.names() == ["b"])
    assert server.lists >= 2


@pytest.mark.slow
def test_a_pause_that_the_server_asks_for_is_made(server: Server, desk: PodFollower) -> None:
    server.watches += [status(429, "", "busy", **{"Retry-After": "1"}), []]
    begun = time.monotonic()
    desk.names()
    eventually(lambda: len(server.asked) == 2)
    assert time.monotonic() - begun >= 1


def test_a_list_is_not_asked_for_before_the_pause_is_over(
    api: FakeApi, server: Server, desk: PodFollower, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Request] = []

    def busy(request: Request) -> Reply:
        asked.append(request)
        return status(429, "TooManyRequests", "busy", **{"Retry-After": "9999"})

    later = Later()
    monkeypatch.setattr(following, "time", later)
    monkeypatch.setattr(following, "LONGEST_PAUSE", FOR_EVER)
    api.routes[PODS] = busy
    for _ in range(5):
        assert desk.facts() is None
        assert desk.problems == ["pods: Error from server (TooManyRequests): busy"]
    assert len(asked) == 1
    api.routes[PODS] = server.answer
    later.seconds = FOR_EVER
    assert (desk.names(), desk.problems) == (["a"], [])


def test_a_pause_without_end_is_not_made(server: Server, desk: PodFollower, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "OLD", 0.05)
    server.watches += [status(429, "", "busy", **{"Retry-After": "99999"})] * 500
    assert desk.names() == ["a"]
    server.items = [pod("n", "b")]
    eventually(lambda: desk.names() == ["b"])


def test_what_a_server_says_in_a_watch_is_one_short_line(
    server: Server, desk: PodFollower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Cluster, "secrets", Secrets(["canary7"]))
    monkeypatch.setattr(following, "LONG", 0.0)
    said = {"type": "ERROR", "object": {"code": 500, "reason": "R", "message": "canary7\n" + "y" * 5000}}
    server.watches += [[json.dumps(said).encode() + b"\n"]] * 500
    assert desk.names() == ["a"]
    eventually(lambda: desk.names() == ["a"] and desk.problems != [])
    for line in (*desk.problems, *desk.told):
        assert len(line) < 1300
        assert "canary7" not in line
        assert "\n" not in line


def test_a_watch_without_end_does_not_fill_the_memory(
    server: Server, desk: PodFollower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "MOST", 3)
    server.watches += [[event("ADDED", pod("n", f"p{number}"), number) for number in range(2, 9)], []]
    # Some of them may be there already.
    assert "a" in desk.names()
    eventually(lambda: any("more objects than" in line for line in desk.told))
    server.items = [pod("n", "b")]
    eventually(lambda: desk.names() == ["b"])


@pytest.mark.slow
def test_attempts_become_rare(server: Server, desk: PodFollower, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "FIRST", 0.1)
    monkeypatch.setattr(follower, "LONGEST", 0.4)
    server.watches += [status(500, "InternalError", "broken")] * 500
    begun = time.monotonic()
    desk.names()
    eventually(lambda: len(server.asked) >= 6)
    # At 0 and at once again, then after at most 0.1, 0.2, 0.4, 0.4, … seconds, and at least half of that.
    assert time.monotonic() - begun >= (0.1 + 0.2 + 0.4 + 0.4) / 2


def test_attempts_become_no_rarer_than_that(server: Server, desk: PodFollower, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a longest pause, the twentieth would come after an hour."""
    monkeypatch.setattr(follower, "FIRST", 0.005)
    monkeypatch.setattr(follower, "LONGEST", 0.01)
    server.watches += [status(500, "InternalError", "broken")] * 500
    desk.names()
    eventually(lambda: len(server.asked) >= 20)


def test_a_mistake_of_ours_is_no_truth(server: Server, desk: PodFollower, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("c3s_cli.sources.following.memory.Memory.apply", stumble)
    server.watches += [[event("ADDED", pod("n", "x"), 2)]]
    assert desk.names() == ["a"]
    server.items = [pod("n", "b")]
    eventually(lambda: desk.names() == ["b"])


# --- the end --------------------------------------------------------------------------------------------------


def test_the_end_is_prompt_while_nothing_comes(
    server: Server, desk: PodFollower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "PATIENCE", FOR_EVER)
    monkeypatch.setattr(follower, "SILENCE", FOR_EVER)
    desk.names()
    eventually(lambda: len(server.asked) == 1)
    time.sleep(0.05)
    begun = time.monotonic()
    desk.close()
    assert time.monotonic() - begun < PATIENT


def test_the_end_is_prompt_in_a_pause(server: Server, desk: PodFollower, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "PATIENCE", FOR_EVER)
    monkeypatch.setattr(follower, "FIRST", FOR_EVER)
    monkeypatch.setattr(follower, "LONGEST", FOR_EVER)
    server.watches += [status(500, "InternalError", "broken")] * 9
    desk.names()
    eventually(lambda: len(server.asked) == 2)
    begun = time.monotonic()
    desk.close()
    assert time.monotonic() - begun < PATIENT


@pytest.mark.slow
def test_the_end_does_not_wait_for_a_server_that_does_not_answer(
    server: Server, desk: PodFollower, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "PATIENCE", 0.1)
    answered = threading.Event()

    def hang(connection: Connection, _body: bytes) -> None:
        answered.wait(FOR_EVER)
        connection.close_connection = True

    server.watches.append(Reply("", fault=hang))
    desk.names()
    eventually(lambda: len(server.asked) == 1)
    desk.close()
    assert [each for each in threading.enumerate() if each.name.startswith("c3s-follow")]
    answered.set()
    eventually(lambda: not [each for each in threading.enumerate() if each.name.startswith("c3s-follow")])


# --- the demo -------------------------------------------------------------------------------------------------


EVERYTHING = Needs.POD_METRICS | Needs.PODS | Needs.POD_LABELS | Needs.OWNERS | Needs.NODES | Needs.NODE_DETAILS
METRICS_GET = "GET /apis/metrics.k8s.io/v1beta1/"


@pytest.fixture
def living() -> Iterator[DemoServer]:
    with start(at=AT, pace=0) as server:
        yield server


@pytest.mark.slow
@pytest.mark.parametrize(
    "scope",
    [
        ALL_PODS,
        Scope(Kind.POD, namespaces=("team-checkout",)),
        Scope(Kind.POD, labels=parse_labels("team in (checkout, search)")),
        Scope(Kind.POD, fields=parse_fields("status.phase=Running")),
        Scope(Kind.NODE),
        Scope(Kind.NODE, name="general-2"),
    ],
    ids=str,
)
def test_what_is_followed_is_what_a_new_reading_says(living: DemoServer, scope: Scope) -> None:
    cluster = connect(Target(server=living.url))
    following = Following(cluster)
    watched, plain = ClusterReader(cluster, core=following.core), ClusterReader(cluster)
    needs = EVERYTHING | (Needs.NOTHING if scope.objects is Kind.POD else Needs.NODE_METRICS)
    try:
        watched.read(needs, scope)
        now = before = plain.read(needs, scope)
        for _ in range(6):
            living.move(61)
            now = plain.read(needs, scope)
            eventually(lambda now=now: watched.read(needs, scope) == now)  # type: ignore[misc]
        assert (now.pod_facts, now.node_facts) != (before.pod_facts, before.node_facts)
    finally:
        following.close()
        cluster.close()


@pytest.mark.slow
def test_a_tick_is_one_request(run: Run, living: DemoServer) -> None:
    wide = "watch pods -A -o wide --columns default,owner,zone --count 5 -i 0.3"
    for words in ("watch nodes --count 5 -i 0.3", "watch pods -A --count 5 -i 0.3", wide):
        living.requests.clear()
        assert run(f"{words} --server {living.url}").code == 0
        requests = [each for each in living.requests if "watch=1" not in each]
        lists = [each for each in requests if not each.startswith(METRICS_GET)]
        assert len(requests) - len(lists) == 5
        assert len(lists) == len({each.partition("?")[0] for each in lists})
        assert len([each for each in living.requests if "watch=1" in each]) == len(lists)


@pytest.mark.slow
def test_a_cluster_whose_time_stands_still_is_listed_as_before(demo: Run, demo_server: DemoServer) -> None:
    demo_server.requests.clear()
    told = demo("watch nodes --count 3 -i 0.3 -v -o name").err
    assert len([each for each in demo_server.requests if each == "GET /api/v1/nodes"]) == 2
    assert told.count("nodes cannot be watched, so they are listed at every reading: ") == 1


def test_once_is_not_followed(run: Run, living: DemoServer) -> None:
    for words in ("top nodes", "watch nodes --count 1"):
        living.requests.clear()
        assert run(f"{words} --server {living.url}").code == 0
        assert sorted(living.requests) == ["GET /api/v1/nodes", f"{METRICS_GET}nodes"]


def test_a_node_that_is_gone_is_said_to_be(living: DemoServer) -> None:
    cluster = connect(Target(server=living.url))
    with pytest.raises(ApiError, match="not found"):
        ClusterReader(cluster).read(Needs.NODES, Scope(Kind.NODE, name="nobody"))
    cluster.close()


def test_the_names_of_the_pods_that_a_field_selector_selects_are_followed(api: FakeApi, desk: PodFollower) -> None:
    measured = [pod_metrics("n", name, ("app", "1m", "1Mi")) for name in "abc"]
    api.routes[METRICS] = Reply({"items": measured})
    server = Server(api, PODS, pod("n", "a"), pod("n", "b"))
    scope = Scope(Kind.POD, fields=parse_fields("status.phase=Running"))

    def selected() -> list[str]:
        return [each.name for each in desk.source.read(Needs.POD_METRICS, scope).pods]

    assert selected() == ["a", "b"]
    server.say(event("ADDED", pod("n", "c"), 2), event("DELETED", pod("n", "a"), 3))
    eventually(lambda: selected() == ["b", "c"])
    assert (server.lists, server.asked[0]["fieldSelector"]) == (1, "status.phase=Running")
    assert "PartialObjectMetadata" in (server.accepted[0] or "")

"""Demo, watches: events, selections, bookmarks, expiry, and consistent pages."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from c3s_cli.demo.server import DemoServer, start
from tests.demo.client import METRICS, PARTIAL, PARTIAL_LIST, all_changes, ask, changes, get, key, version, watching
from tests.patience import PATIENT, eventually

AT = "2026-03-02T09:30:00Z"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
LISTS = ("/api/v1/nodes", "/api/v1/pods", "/apis/apps/v1/replicasets", "/apis/batch/v1/jobs")


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with start(at=AT, pace=0) as running:
        yield running


def bare(item: Any) -> Any:
    """Give an object as in a list of its kind."""
    return {name: value for name, value in item.items() if name not in ("kind", "apiVersion")}


def by_key(items: list[Any]) -> dict[tuple[str, str], Any]:
    return {key(item): bare(item) for item in items}


def applied(items: list[Any], events: list[Any]) -> dict[tuple[str, str], Any]:
    """Apply events to the objects of a list; only what an informer would accept."""
    objects = by_key(items)
    for event in events:
        item = bare(event["object"])
        assert (event["type"] == "ADDED") == (key(item) not in objects)
        if event["type"] == "DELETED":
            del objects[key(item)]
        else:
            objects[key(item)] = item
    return objects


# Time.


def test_time_only_moves_as_told(server: DemoServer) -> None:
    before = [ask(server, path).body for path in LISTS]
    assert [ask(server, path).body for path in LISTS] == before
    server.move(90)
    assert ask(server, "/version").headers["date"] == "Mon, 02 Mar 2026 09:31:30 GMT"
    assert all(ask(server, path).body != old for path, old in zip(LISTS, before, strict=True))


@pytest.mark.slow
def test_the_state_is_a_function_of_the_time(server: DemoServer) -> None:
    paths = (*LISTS, f"{METRICS}/pods", f"{METRICS}/nodes", "/apis/apps/v1/deployments", "/apis/batch/v1/cronjobs")
    for _ in range(100):
        server.move(7)
        get(server, "/api/v1/pods?limit=1")
    with start(at=AT, pace=0) as other:
        other.move(700)
        assert [get(other, path) for path in paths] == [get(server, path) for path in paths]
    with start(at=AT, pace=0, seed=1) as other:
        other.move(700)
        assert get(other, "/api/v1/pods") != get(server, "/api/v1/pods")


def test_time_may_run_fast() -> None:
    with start(at=AT, pace=1000) as server:
        before = version(get(server, "/api/v1/pods"))
        eventually(lambda: int(version(get(server, "/api/v1/pods"))) > int(before))


def test_a_frozen_cluster_stays_as_it_is_and_cannot_be_watched() -> None:
    with start(at=AT) as server:
        before = ask(server, "/api/v1/pods")
        server.move(900)
        assert ask(server, "/api/v1/pods") == before
        assert ask(server, "/api/v1/pods?watch=1").status == 405


@pytest.mark.slow
def test_a_live_cluster_can_be_watched() -> None:
    with start() as server, watching(server, "/api/v1/pods?watch=1&timeoutSeconds=15&resourceVersion=5300000") as watch:
        event = watch.next()
        assert (event["type"], event["object"]["kind"]) == ("MODIFIED", "Pod")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("nodes", "pods_per_node", "least", "most"), [(None, None, 75, 150), (100, 30, 300, 700), (2, 4, 1, 150)]
)
def test_there_is_a_modest_number_of_changes(
    nodes: int | None, pods_per_node: int | None, least: int, most: int
) -> None:
    with start(at=AT, pace=0, nodes=nodes, pods_per_node=pods_per_node) as server:
        before = get(server, "/api/v1/pods", PARTIAL_LIST)
        server.move(300)
        events = changes(server, "/api/v1/pods", version(before), PARTIAL)
        assert least <= len(events) <= most
        now = get(server, "/api/v1/pods", PARTIAL_LIST)["items"]
        assert abs(len(now) - len(before["items"])) < 8 + len(before["items"]) // 100


# Watching.


@pytest.mark.slow
@pytest.mark.parametrize("forms", [("application/json", "application/json"), (PARTIAL_LIST, PARTIAL)])
def test_a_list_and_its_watch_give_the_next_list(server: DemoServer, forms: tuple[str, str]) -> None:
    server.move(40)
    lists = {path: get(server, path, forms[0]) for path in LISTS}
    (since,) = {version(before) for before in lists.values()}
    server.move(400)
    for path, events in zip(LISTS, all_changes(server, LISTS, since, forms[1]), strict=True):
        assert events, path
        assert all("kind" in event["object"] and "apiVersion" in event["object"] for event in events), path
        now = get(server, path, forms[0])
        assert applied(lists[path]["items"], events) == by_key(now["items"]), path
        versions = [int(version(event["object"])) for event in events]
        assert versions == sorted(set(versions)), path
        assert int(since) < versions[0], path
        assert versions[-1] <= int(version(now)), path


@pytest.mark.slow
def test_selections_are_followed(server: DemoServer) -> None:
    selections = (
        "/api/v1/namespaces/team-search/pods",
        "/api/v1/pods?fieldSelector=spec.nodeName%3Dgeneral-2",
        "/api/v1/pods?fieldSelector=status.phase%3DRunning",
        f"/api/v1/pods?labelSelector={quote('team in (checkout)')}",
        "/apis/apps/v1/namespaces/team-checkout/replicasets",
        "/apis/batch/v1/namespaces/batch/jobs",
    )
    lists = {path: get(server, path) for path in selections}
    server.move(900)
    since = version(lists[selections[0]])
    for path, events in zip(selections, all_changes(server, selections, since), strict=True):
        assert events, path
        assert applied(lists[path]["items"], events) == by_key(get(server, path)["items"]), path


@pytest.mark.slow
def test_leaving_a_selection_is_a_deletion(server: DemoServer) -> None:
    path = "/api/v1/pods?fieldSelector=status.phase%3DRunning"
    before = get(server, path)
    server.move(200)
    events = changes(server, path, version(before))
    gone = [event["object"] for event in events if event["type"] == "DELETED" and "batch" in key(event["object"])]
    # A Job's pod that has ended is still there, but no longer running; it is shown as it was when it was selected.
    done = {key(pod) for pod in get(server, "/api/v1/namespaces/batch/pods")["items"]}
    assert {"Running"} == {pod["status"]["phase"] for pod in gone}
    assert any(key(pod) in done for pod in gone)


def test_events_come_at_once(server: DemoServer) -> None:
    with watching(server, "/api/v1/pods?watch=1&resourceVersion=5300000") as watch:
        assert watch.content_type == "application/json"
        began = time.monotonic()
        server.move(4)
        server.move(30)
        seen = [watch.next() for _ in range(5)]
        assert time.monotonic() - began < PATIENT
    assert {event["type"] for event in seen} >= {"MODIFIED", "ADDED"}


@pytest.mark.slow
def test_a_watch_without_a_version_begins_with_everything(server: DemoServer) -> None:
    events = changes(server, "/api/v1/nodes", "")
    assert [event["type"] for event in events] == ["ADDED"] * 10
    assert [event["object"]["kind"] for event in events] == ["Node"] * 10
    assert len(changes(server, "/apis/batch/v1/jobs", "0", PARTIAL)) == len(get(server, LISTS[3])["items"])


@pytest.mark.slow
def test_an_old_version_is_expired(server: DemoServer) -> None:
    events = changes(server, "/api/v1/pods", "7")
    assert events == [
        {
            "type": "ERROR",
            "object": {
                "kind": "Status",
                "apiVersion": "v1",
                "metadata": {},
                "status": "Failure",
                "message": "too old resource version: 7 (5300000)",
                "reason": "Expired",
                "code": 410,
            },
        }
    ]
    server.move(7200)
    (event,) = changes(server, "/api/v1/nodes", "5300000")
    assert event["object"]["reason"] == "Expired"
    assert changes(server, "/api/v1/nodes", version(get(server, "/api/v1/nodes"))) == []


@pytest.mark.slow
def test_the_time_of_a_watch_ends_it_and_the_connection_lives(server: DemoServer) -> None:
    began = time.monotonic()
    assert changes(server, "/api/v1/pods", "5300000") == []
    assert 0.9 < time.monotonic() - began < PATIENT


@pytest.mark.parametrize(
    ("path", "accept", "kind"),
    [
        ("/api/v1/pods", "application/json", "Pod"),
        ("/api/v1/nodes", "application/json", "Node"),
        ("/apis/apps/v1/replicasets", PARTIAL, "PartialObjectMetadata"),
    ],
)
def test_bookmarks(server: DemoServer, path: str, accept: str, kind: str) -> None:
    with watching(server, f"{path}?watch=1&resourceVersion=5300000&allowWatchBookmarks=true", accept) as watch:
        server.move(5)
        events = [watch.next()]
        while events[-1]["type"] != "BOOKMARK":
            events.append(watch.next())
    event = events[-1]
    newest = version(get(server, "/api/v1/nodes"))
    assert (event["object"]["kind"], version(event["object"])) == (kind, newest)
    assert int(newest) > 5300000
    assert event["object"]["metadata"]["creationTimestamp"] is None


@pytest.mark.slow
def test_tables_can_be_watched(server: DemoServer) -> None:
    server.move(60)
    events = changes(server, "/api/v1/pods", "5300000", TABLE)
    assert {event["object"]["kind"] for event in events} == {"Table"}
    assert all(len(event["object"]["rows"]) == 1 for event in events)


def test_what_cannot_be_watched(server: DemoServer) -> None:
    assert ask(server, f"{METRICS}/pods?watch=1").status == 405
    assert ask(server, "/apis/apps/v1/deployments?watch=1").status == 405
    assert ask(server, "/api/v1/pods?watch=1&resourceVersion=x").status == 400
    assert ask(server, "/api/v1/pods?watch=1&fieldSelector=spec.nosuch%3Dx").status == 400


def test_closing_the_server_ends_watches() -> None:
    server = start(at=AT, pace=0)
    with watching(server, "/api/v1/pods?watch=1&resourceVersion=5300000") as watch:
        began = time.monotonic()
        server.close()
        assert watch.rest() == []
        assert time.monotonic() - began < PATIENT


# Lists while things change.


@pytest.mark.slow
def test_the_pages_of_a_list_are_of_one_moment(server: DemoServer) -> None:
    whole = get(server, "/api/v1/pods")
    page = get(server, "/api/v1/pods?limit=20")
    seen = page["items"]
    while token := page["metadata"].get("continue"):
        server.move(30)
        page = get(server, f"/api/v1/pods?limit=20&continue={token}")
        assert version(page) == version(whole)
        seen += page["items"]
    assert seen == whole["items"]
    assert version(get(server, "/api/v1/pods")) > version(whole)


def test_a_page_that_comes_too_late_is_expired(server: DemoServer) -> None:
    token = get(server, "/api/v1/pods?limit=20")["metadata"]["continue"]
    for _ in range(30):
        server.move(30)
        get(server, "/api/v1/pods?limit=20")
    reply = ask(server, f"/api/v1/pods?limit=20&continue={token}")
    assert (reply.status, reply.json["reason"]) == (410, "Expired")

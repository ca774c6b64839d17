"""Watches: the changes to the objects of a list since a resourceVersion, as events.

An event is a line of JSON. An object that no longer matches the selectors is DELETED for the watch, and one that
begins to match is ADDED. A version that is too old is answered with an ERROR event, as in the API server.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from c3s_cli.demo.answer import Answer, bad_request, expired
from c3s_cli.demo.draft import Held
from c3s_cli.demo.listing import listing_of, selects
from c3s_cli.demo.templates import Json, compact
from c3s_cli.demo.writing import columns_of, partial, row, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from c3s_cli.demo.collection import Collection
    from c3s_cli.demo.draft import Change
    from c3s_cli.demo.paths import Place
    from c3s_cli.demo.state import State
    from c3s_cli.demo.world import World

RESOURCES = frozenset({("", "nodes"), ("", "pods"), ("apps", "replicasets"), ("batch", "jobs")})
# Real seconds between two bookmarks. The API server sends one a minute.
_BOOKMARK_EVERY = 5.0
_LONGEST = 1800.0
_POLL = 0.2


class Wanted(NamedTuple):
    """What a watch selects, and how its objects are written."""

    resource: str
    collection: Collection[Any]
    matches: Callable[[Any], bool]
    write: Callable[[Any], str]
    bookmark: Callable[[int], str]  # version -> an object that says nothing else


class Terms(NamedTuple):
    """The parameters of a watch."""

    version: int  # 0: from now on, with all that is there first
    seconds: float
    bookmarks: bool


def _terms(query: dict[str, str]) -> Terms:
    """Read the parameters of a watch."""
    version, seconds = query.get("resourceVersion") or "0", query.get("timeoutSeconds") or "0"
    if not version.isdecimal():
        raise bad_request(f'Invalid value: "{version}": strconv.ParseUint: parsing "{version}": invalid syntax')
    if not seconds.isdecimal():
        raise bad_request(f'strconv.ParseInt: parsing "{seconds}": invalid syntax')
    return Terms(int(version), float(seconds) or _LONGEST, query.get("allowWatchBookmarks") in ("true", "1"))


def _event(kind: str, shown: str) -> bytes:
    return f'{{"type":"{kind}","object":{shown}}}\n'.encode()


def _of_change(change: Change, wanted: Wanted) -> bytes | None:
    """Return the event of a change for a selection."""
    if change.resource != wanted.resource:
        return None
    old, new = change.old, change.new
    before = old is not None and wanted.matches(old.json() if isinstance(old, Held) else old)
    after = new is not None and wanted.matches(new.json() if isinstance(new, Held) else new)
    if not before and not after:
        return None
    shown: Any
    if after:
        assert new is not None  # noqa: S101  it matches
        kind = "MODIFIED" if before else "ADDED"
        shown = new.json() if isinstance(new, Held) else new
    else:
        assert old is not None  # noqa: S101  it matched
        # The object as it was last seen, with the version of what took it away.
        kind = "DELETED"
        if isinstance(old, Held):
            shown = old._replace(members=old.members._replace(version=change.version)).json()
        else:
            shown = old.but(version=change.version)
    return _event(kind, wanted.write(shown))


def _too_old(version: int, oldest: int) -> bytes:
    refusal = expired(f"too old resource version: {version} ({oldest})")
    return _event("ERROR", refusal.answer().body.decode().rstrip())


def _stream(world: World, state: State, wanted: Wanted, asked: Terms) -> Iterator[bytes]:
    """Return the events of a watch as they come; `state` is where one without a version begins."""
    began = marked = time.monotonic()
    version = asked.version
    if not version:
        version = state.version
        for item in wanted.collection.objects:
            if wanted.matches(item):
                yield _event("ADDED", wanted.write(item))
    while not world.clock.stopped:
        try:
            changes = world.since(version)
        except LookupError:
            yield _too_old(version, world.oldest)
            return
        for change in changes:
            version = change.version
            if event := _of_change(change, wanted):
                yield event
        now = time.monotonic()
        if asked.bookmarks and now - marked >= _BOOKMARK_EVERY:
            marked = now
            yield _event("BOOKMARK", wanted.bookmark(version))
        left = began + asked.seconds - now
        if left <= 0:
            return
        world.clock.wait(min(_POLL, left))


def _bookmark(place: Place, kind: str) -> Callable[[int], str]:
    """Return a function that makes an object with only a resourceVersion, for bookmarks."""

    def mark(version: int) -> str:
        metadata: Json = {"resourceVersion": str(version), "creationTimestamp": None}
        if kind == "Table":
            return compact({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "rows": []})
        if kind:
            return compact({"kind": kind, "apiVersion": "meta.k8s.io/v1", "metadata": metadata})
        resource = place.resource
        spec = {"containers": None} if resource.kind == "Pod" else {}
        head = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
        return compact(head | {"spec": spec, "status": {}})

    return mark


def answer(
    world: World, state: State, collection: Collection[Any], place: Place, query: dict[str, str], kind: str
) -> Answer:
    """Answer a watch of what a place and the parameters select."""
    listing = listing_of(place, {name: text for name, text in query.items() if "Selector" in name}, collection.fields)
    resource = place.resource

    def write(item: Any) -> str:
        now = world.clock.now()
        if kind == "Table":
            include = query.get("includeObject", "Metadata")
            return columns_of(collection, {}) + row(resource, collection, item, now, include) + "]}"
        return partial(collection, item) if kind else whole(resource, collection.text(item, now))

    def matches(item: Any) -> bool:
        return selects(collection, listing, item)

    wanted = Wanted(resource.name, collection, matches, write, _bookmark(place, kind))
    result = Answer(b"")
    result.pieces = _stream(world, state, wanted, _terms(query))
    result.live = True
    return result

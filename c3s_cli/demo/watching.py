"""Watches: the changes to the objects of a list since a resourceVersion, as events.

An event is a line of JSON. An object that no longer matches the selectors is DELETED for the watch, and one that
begins to match is ADDED. A version that is too old is answered with an ERROR event, as in the API server.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from c3s_cli.demo.answer import Answer, Refusal
from c3s_cli.demo.collections import Collection
from c3s_cli.demo.draft import Change, Controller
from c3s_cli.demo.listing import listing_of, selects
from c3s_cli.demo.state import State
from c3s_cli.demo.templates import Json, compact
from c3s_cli.demo.world import World

RESOURCES = frozenset({("", "nodes"), ("", "pods"), ("apps", "replicasets"), ("batch", "jobs")})
# Simulated seconds between two bookmarks. The API server sends one a minute.
_BOOKMARK_EVERY = 5
_LONGEST = 1800.0
_POLL = 0.2


def _number(query: dict[str, str], name: str, words: str) -> int:
    text = query.get(name) or "0"
    if not text.isdecimal():
        raise Refusal(400, words.replace("@", text))
    return int(text)


def _event(kind: str, shown: str) -> bytes:
    return f'{{"type":"{kind}","object":{shown}}}\n'.encode()


class _Watch:
    """What a watch selects, and how its objects are written."""

    def __init__(self, world: World, collection: Collection, namespace: str, query: dict[str, str], kind: str) -> None:
        self._world = world
        self._collection = collection
        self._kind = kind
        selectors = {name: text for name, text in query.items() if "Selector" in name}
        self._listing = listing_of(collection, namespace, selectors)
        self._include = query.get("includeObject", "Metadata")
        wrong = 'Invalid value: "@": strconv.ParseUint: parsing "@": invalid syntax'
        # 0: from now on, with all that is there first.
        self._version = _number(query, "resourceVersion", wrong)
        wrong = 'strconv.ParseInt: parsing "@": invalid syntax'
        self._seconds = float(_number(query, "timeoutSeconds", wrong)) or _LONGEST
        self._bookmarks = query.get("allowWatchBookmarks") in ("true", "1")
        self._began, self._marked = time.monotonic(), world.clock.now()

    def _matches(self, item: Any) -> bool:
        return item is not None and selects(self._collection, self._listing, item)

    def _write(self, item: Any) -> str:
        collection, now = self._collection, self._world.clock.now()
        if self._kind == "Table":
            return f"{collection.table({})}{collection.row(item, now, self._include)}]}}"
        return collection.partial(item) if self._kind else collection.whole(item, now)

    def _of_change(self, change: Change) -> bytes | None:
        """Return the event of a change for the selection."""
        if change.resource != self._collection.resource.name:
            return None
        old: Any
        new: Any
        old, new = (one.json() if isinstance(one, Controller) else one for one in (change.old, change.new))
        before, after = self._matches(old), self._matches(new)
        if after:
            return _event("MODIFIED" if before else "ADDED", self._write(new))
        if not before:
            return None
        # The object as it was last seen, with the version of what took it away.
        if isinstance(change.old, Controller):
            gone: Any = change.old._replace(members=change.old.members._replace(version=change.version)).json()
        else:
            gone = old.but(version=change.version)
        return _event("DELETED", self._write(gone))

    def _bookmark(self, version: int) -> bytes:
        """Return an object with only a resourceVersion."""
        metadata: Json = {"resourceVersion": str(version), "creationTimestamp": None}
        resource = self._collection.resource
        kind, of = (self._kind, "meta.k8s.io/v1") if self._kind else (resource.kind, resource.api_version)
        head: Json = {"kind": kind, "apiVersion": of, "metadata": metadata}
        if kind == "Table":
            head["rows"] = []
        elif not self._kind:
            head |= {"spec": {"containers": None} if kind == "Pod" else {}, "status": {}}
        return _event("BOOKMARK", compact(head))

    def stream(self, state: State) -> Iterator[bytes]:
        """Return the events as they come; `state` is where a watch without a version begins."""
        world, version = self._world, self._version
        if not version:
            version = state.version
            for item in self._collection.objects:
                if self._matches(item):
                    yield _event("ADDED", self._write(item))
        while not world.clock.stopped:
            try:
                changes = world.since(version)
            except LookupError:
                refusal = Refusal(410, f"too old resource version: {version} ({world.oldest})")
                yield _event("ERROR", refusal.answer.body.decode().rstrip())
                return
            for change in changes:
                version = change.version
                if event := self._of_change(change):
                    yield event
            now = world.clock.now()
            if self._bookmarks and now - self._marked >= _BOOKMARK_EVERY:
                self._marked = now
                yield self._bookmark(version)
            left = self._began + self._seconds - time.monotonic()
            if left <= 0:
                return
            world.clock.wait(min(_POLL, left))


def answer(
    world: World, state: State, collection: Collection, namespace: str, query: dict[str, str], kind: str
) -> Answer:
    """Answer a watch of what a collection, a namespace and the parameters select."""
    return Answer(pieces=_Watch(world, collection, namespace, query, kind).stream(state), live=True)

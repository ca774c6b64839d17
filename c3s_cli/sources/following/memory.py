"""The content of a followed list: the list as it was read, and every event since."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any, Final

from c3s_cli.errors import InvalidAnswer
from c3s_cli.model.snapshot import Snapshot
from c3s_cli.sources.decode.shapes import Listing, Rows
from c3s_cli.sources.following.events import Event, error_of, identity

Objects = dict[Any, Any]
# The largest clusters have 150,000 pods.
MOST: Final = 1_000_000
CHANGES: Final = ("ADDED", "MODIFIED", "DELETED")


class Memory:
    """Facts by key. One thread changes them; any thread may read them.

    rows: as for a list; adds the quantities that cannot be read to `noted`. key: namespace and name of an object → its
    key. version: the resource version to follow the list from, "" if it cannot be followed.
    """

    def __init__(self, rows: Rows, key: Callable[[str, str], Any], noted: list[str]) -> None:
        self.version = ""
        self._rows, self._key, self._noted = rows, key, noted
        self._facts: Objects = {}
        self._last: Snapshot | None = None
        self._changed: set[Any] = set()
        self._problems: dict[Any, list[str]] = {}
        self._lock = threading.Lock()

    def fill(self, read: Callable[[Rows], Objects]) -> None:
        """Replace everything by a list; `read` reads its pages. If that fails, nothing is remembered."""
        self.clear()
        facts = read(self._page)
        with self._lock:
            self._facts = facts
            # The list expired half-way and was started again.
            self._problems = {key: problems for key, problems in self._problems.items() if key in facts}

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._facts, self._problems, self.version = {}, {}, ""
            self._last = None
            self._changed.clear()
            self._noted.clear()

    def _page(self, listing: Listing) -> Iterator[tuple[Any, Any]]:
        self.version = (listing.metadata and listing.metadata.resource_version) or ""
        for key, facts in self._rows(listing):
            self._note(key)
            yield key, facts

    def _note(self, key: Any) -> None:
        """Remember the problems that were just found in an object."""
        if self._noted:
            self._problems[key] = self._noted.copy()
            self._noted.clear()
        else:
            self._problems.pop(key, None)

    def apply(self, event: Event) -> None:
        """Apply an event of a watch. ApiError for an ERROR event, InvalidAnswer for an invalid one."""
        if event.type == "ERROR":
            raise error_of(event)
        about = identity(event)
        if event.type in CHANGES:
            key = self._key(about.namespace, about.name)
            # Decode before taking the lock.
            rows = [] if event.type == "DELETED" else list(self._rows(Listing(b'{"items":[%b]}' % event.object)))
            with self._lock:
                self._changed.update([key], (key for key, _ in rows))
                if rows and len(self._facts) >= MOST:
                    raise InvalidAnswer("the server's watch sends more objects than a cluster can have")
                for key, facts in rows:
                    self._facts[key] = facts
                    self._note(key)
                if not rows:
                    self._facts.pop(key, None)
                    self._problems.pop(key, None)
        self.version = about.resourceVersion or self.version

    def now(self) -> tuple[Snapshot, list[str]]:
        """Return the facts and their problems at one moment."""
        with self._lock:
            self._last = Snapshot(self._facts, self._last, self._changed)
            self._changed.clear()
            return self._last, [problem for each in self._problems.values() for problem in each]

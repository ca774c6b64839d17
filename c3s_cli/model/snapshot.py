"""Facts at one moment of a watch, and what has changed since the moment before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


class Snapshot(dict[Any, Any]):
    """Facts by key at one moment of a watch.

    before: the Snapshot from which it differs in no more than the `changed` keys; None if unknown.
    """

    def __init__(self, facts: Mapping[Any, Any], before: Snapshot | None = None, changed: Iterable[Any] = ()) -> None:
        super().__init__(facts)
        # Only a token of the one before, which can then be forgotten.
        self._token = object()
        self._before = before._token if before is not None else None  # noqa: SLF001  of the same class
        self._changed = frozenset(changed)

    def changes_since(self, before: Mapping[Any, Any] | None) -> frozenset[Any] | None:
        """Return the keys that may have changed since an earlier Snapshot; None if that is unknown."""
        known = isinstance(before, Snapshot) and before._token is self._before  # noqa: SLF001  of the same class
        return self._changed if known else None

"""The rows of `c3s diff`: the same object or group, before and after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from msgspec import Struct

from c3s_cli.terminal.printable import NONE, UNKNOWN

ADDED, REMOVED, CHANGED = "added", "removed", "changed"


class DocumentRow(Struct, frozen=True):
    """An item of a document that c3s printed. Columns are read at their paths. keys: those of a group."""

    context: str
    namespace: str
    name: str
    item: Mapping[str, Any]
    keys: tuple[str | None, ...] = ()

    def at(self, path: tuple[str, ...]) -> Any:
        """Return the value at a path; None if there is none."""
        value: Any = self.item
        for key in path:
            if not isinstance(value, Mapping):
                return None
            value = value.get(key)
        return value

    @property
    def timestamp(self) -> Any:
        """When its usage was measured; None if it was not."""
        return self.item.get("timestamp")


class Change(Struct, frozen=True, gc=False):
    """A row before and after: a Node, Pod, Group or DocumentRow; None if there was none. keys: those of a group."""

    context: str
    namespace: str
    name: str
    before: Any
    after: Any
    keys: tuple[str | None, ...] = ()

    timestamp: ClassVar[None] = None
    window: ClassVar[None] = None
    figures: ClassVar[None] = None

    @property
    def change(self) -> str:
        """Whether the row came, went or stayed."""
        return ADDED if self.before is None else REMOVED if self.after is None else CHANGED

    @property
    def labels_or_placeholders(self) -> tuple[str, ...]:
        """The keys as text, as for a Group."""
        return tuple(UNKNOWN if key is None else key or NONE for key in self.keys)

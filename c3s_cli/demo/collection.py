"""The interface of collections, and collections of objects that are few enough to be dictionaries."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from c3s_cli.demo import tables
from c3s_cli.demo.templates import Json, compact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from c3s_cli.demo.selectors import Field

T = TypeVar("T")
Key = tuple[str, str]


class Collection(Generic[T]):
    """The objects of one resource, sorted by (namespace, name)."""

    objects: Sequence[T]
    # The field labels that selectors may use; None if any.
    fields: frozenset[str] | None = frozenset({"metadata.name", "metadata.namespace"})
    columns: Sequence[Json] = tables.NAME_AND_AGE
    # Whether a whole, unselected list is worth keeping as bytes.
    keeps = False

    def __len__(self) -> int:
        return len(self.objects)

    def key(self, item: T) -> Key:
        """Return (namespace, name) of an object; no namespace is ""."""
        raise NotImplementedError

    def text(self, item: T, now: int) -> str:
        """Return the JSON of an object, without kind and apiVersion."""
        raise NotImplementedError

    def metadata(self, item: T) -> str:
        """Return the JSON of an object's metadata."""
        raise NotImplementedError

    def labels(self, item: T) -> Mapping[str, str]:
        """Return an object's labels."""
        raise NotImplementedError

    def field(self, item: T, label: str) -> str:
        """Return the value of a field for selectors."""
        return self.key(item)[label == "metadata.name"]

    def cells(self, item: T, now: int) -> list[Any]:
        """Return the cells that `kubectl get` prints for an object."""
        raise NotImplementedError

    def narrow(self, terms: Sequence[Field]) -> Sequence[T]:  # noqa: ARG002  pods have an index
        """Return candidates for the terms, in order: all matching objects are among them."""
        return self.objects

    @cached_property
    def keys(self) -> list[Key]:
        """The keys of all objects, in order."""
        return [self.key(item) for item in self.objects]

    def namespace(self, name: str) -> tuple[int, int]:
        """Return the range of a namespace's objects."""
        return bisect_left(self.keys, (name, "")), bisect_right(self.keys, (name, chr(0x10FFFF)))

    def after(self, key: Key) -> int:
        """Return the place of the first object behind a key."""
        return bisect_right(self.keys, key)

    def find(self, namespace: str, name: str) -> T | None:
        """Return one object."""
        place = bisect_left(self.keys, (namespace, name))
        return self.objects[place] if place < len(self.keys) and self.keys[place] == (namespace, name) else None

    def present(self, item: T, now: int) -> bool:  # noqa: ARG002  what metrics differ in
        """Return whether the object exists at a time."""
        return True


class Dictionaries(Collection[Json]):
    """Objects that are few enough to be dictionaries."""

    def __init__(self, objects: Sequence[Json], columns: str = "") -> None:
        self.objects = objects
        self.kind = columns
        self.columns = tables.COLUMNS.get(columns, tables.NAME_AND_AGE)

    def key(self, item: Json) -> Key:
        """Return its (namespace, name)."""
        return item["metadata"].get("namespace", ""), item["metadata"]["name"]

    def text(self, item: Json, now: int) -> str:  # noqa: ARG002  does not change
        """Return its JSON."""
        return compact(item)

    def metadata(self, item: Json) -> str:
        """Return its metadata's JSON."""
        return compact(item["metadata"])

    def labels(self, item: Json) -> Mapping[str, str]:
        """Return its labels."""
        labels: Mapping[str, str] = item["metadata"].get("labels", {})
        return labels

    def cells(self, item: Json, now: int) -> list[Any]:
        """Return its row."""
        return tables.cells(self.kind, item, now)


class Nothing(Dictionaries):
    """A resource without objects; events may be selected by many fields."""

    fields = None

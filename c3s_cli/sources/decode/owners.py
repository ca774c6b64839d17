"""Metadata-only lists and discovery: names, creation times and owners, without the rest of the objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from c3s_cli.amounts.timestamp import epoch
from c3s_cli.sources.decode.shapes import Body, Listing, Meta, decode_items, decode_one

# (namespace, kind, name) of a ReplicaSet or Job → "Kind/name" of its controller.
Owners = Mapping[tuple[str, str, str], str]


class Reference(Struct, gc=False):
    """An owner reference; the one with `controller` set manages the object."""

    kind: str = ""
    name: str = ""
    controller: bool = False


class OwnedMeta(Meta, rename="camel", gc=False):
    """Metadata with owner references."""

    owner_references: list[Reference] | None = None


class _Object(Struct, gc=False):
    metadata: OwnedMeta


class _Version(Struct, gc=False):
    version: str = ""


class _Group(Struct, gc=False):
    versions: list[_Version] | None = None


def controller(references: Iterable[Reference] | None) -> Reference | None:
    """Return the owner that manages an object, or None."""
    for owner in references or ():
        if owner.controller:
            return owner
    return None


def controllers(listing: Listing, kind: str) -> Iterator[tuple[tuple[str, str, str], str]]:
    """Yield the controller of each object in a list of `kind`; objects without one are skipped."""
    for item in decode_items(listing, _Object, kind):
        owner = controller(item.metadata.owner_references)
        if owner is not None:
            yield (item.metadata.namespace, kind, item.metadata.name), f"{owner.kind}/{owner.name}"


def names(listing: Listing) -> Iterator[tuple[tuple[str, str], None]]:
    """Yield the namespace and name of each object in a list."""
    for item in decode_items(listing, _Object, "pods"):
        yield (item.metadata.namespace, item.metadata.name), None


def label_keys(listing: Listing) -> set[str]:
    """Return the keys of all labels in a list."""
    return {key for item in decode_items(listing, _Object, "objects") for key in item.metadata.labels or ()}


def creations(listing: Listing) -> Iterator[tuple[tuple[str, str], float]]:
    """Yield the creation time of each object in a list, in seconds since 1970."""
    for item in decode_items(listing, _Object, "pods"):
        yield (item.metadata.namespace, item.metadata.name), epoch(item.metadata.creation_timestamp) or 0.0


def versions(body: Body) -> list[str]:
    """Return the versions of an APIGroup, in the server's order."""
    return [version.version for version in decode_one(body, _Group, "the metrics API's versions").versions or ()]

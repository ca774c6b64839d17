"""Metadata-only lists, and discovery: names, ages and owners without the objects around them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from c3s_cli.sources.decode.shapes import Body, Listing, Meta, decode_items, decode_one, epoch

# (namespace, kind, name) of a ReplicaSet or Job → "Kind/name" of its controller.
Owners = Mapping[tuple[str, str, str], str]


class Reference(Struct, gc=False):
    """One of an object's owners; the one with `controller` manages it."""

    kind: str = ""
    name: str = ""
    controller: bool = False


class OwnedMeta(Meta, rename="camel", gc=False):
    """Metadata with the owners."""

    owner_references: list[Reference] | None = None


class _Object(Struct, gc=False):
    metadata: OwnedMeta


class _Version(Struct, gc=False):
    version: str = ""


class _Group(Struct, gc=False):
    versions: list[_Version] | None = None


def controller(metadata: OwnedMeta) -> Reference | None:
    """Give the owner that manages an object, if one does."""
    return next((owner for owner in metadata.owner_references or () if owner.controller), None)


def controllers(listing: Listing, kind: str) -> Iterator[tuple[tuple[str, str, str], str]]:
    """Say for each object of a list of `kind` who manages it; those that nobody manages are left out."""
    for item in decode_items(listing, _Object, kind):
        owner = controller(item.metadata)
        if owner is not None:
            yield (item.metadata.namespace, kind, item.metadata.name), f"{owner.kind}/{owner.name}"


def names(listing: Listing) -> Iterator[tuple[tuple[str, str], None]]:
    """Name each object of a list by namespace and name."""
    for item in decode_items(listing, _Object, "pods"):
        yield (item.metadata.namespace, item.metadata.name), None


def creations(listing: Listing) -> Iterator[tuple[tuple[str, str], float]]:
    """Say for each object of a list when it was made, in seconds since 1970."""
    for item in decode_items(listing, _Object, "pods"):
        yield (item.metadata.namespace, item.metadata.name), epoch(item.metadata.creation_timestamp) or 0.0


def versions(body: Body) -> list[str]:
    """Give the versions of an APIGroup, in the server's order."""
    return [version.version for version in decode_one(body, _Group, "the metrics API's versions").versions or ()]

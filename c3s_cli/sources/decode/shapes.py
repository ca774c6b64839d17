"""Helpers for all decoders: strict about JSON types, tolerant of missing fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache, lru_cache
from threading import Lock
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec import Struct

from c3s_cli.amounts.quantity import InvalidQuantity, nanos, whole
from c3s_cli.errors import InvalidAnswer
from c3s_cli.model.rows import Amounts

Shape = TypeVar("Shape")
Quantity = str | int | float | None
Quantities = Mapping[str, Quantity]
Body = bytes | bytearray
# A list → its rows by key.
Rows = Callable[["Listing"], Iterator[tuple[Any, Any]]]
# Default of a lazily decoded field that the answer omits.
NULL: Final = msgspec.Raw(b"null")
# Large enough to amortize a call, small enough to limit decoded items held in memory.
BATCH: Final = 500
# Bodies up to this size, such as pages of a list, are decoded at once.
SHORT: Final = 8 << 20
# Where the items of a list begin. API servers send the metadata of a list before its items.
ITEMS: Final = b'"items":['
EARLY: Final = 4096
# Above any real measurement in nanocores or bytes.
USUAL: Final = 10**18


class Meta(Struct, rename="camel", gc=False):
    """The metadata that c3s reads from any object."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    labels: dict[str, str] | None = None
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None


class ObjectName(Struct, gc=False):
    """The name of an object, and the namespace if it has one."""

    name: str = ""
    namespace: str = ""


class Object(Struct, gc=False):
    """Any object, without the rest of it."""

    metadata: Meta


class Resources(Struct, gc=False):
    """The requests and limits of a container."""

    requests: dict[str, Quantity] | None = None
    limits: dict[str, Quantity] | None = None


class ListMeta(Struct, rename="camel", gc=False):
    """The metadata of a list: the continue token, how many items remain, and the version to follow it from."""

    continue_: str | None = msgspec.field(default=None, name="continue")
    resource_version: str | None = None
    remaining_item_count: int | None = None


class _Head(Struct, gc=False):
    metadata: ListMeta | None = None


class Listing:
    """Any list. Its items stay bytes until they are decoded. size: how many they are, once they are decoded."""

    def __init__(self, body: Body, metadata: ListMeta | None = None) -> None:
        self.body, self.metadata, self.size = body, metadata, 0


class Whole(Struct, Generic[Shape], gc=False):
    """Any list, with its items decoded."""

    metadata: ListMeta | None = None
    items: list[Shape] | None = None


# msgspec crashes if two threads make decoders of the same classes at once: one sees the other's half-built state.
MAKING: Final = Lock()


def _decoder(shape: Any) -> msgspec.json.Decoder[Any]:
    with MAKING:
        return _new_decoder(shape)


@cache
def _new_decoder(shape: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(shape)


def decode_one(body: Body | msgspec.Raw, shape: type[Shape], what: str) -> Shape:
    """Decode one object. InvalidAnswer if it is not JSON of this shape; `what` names it in the message."""
    try:
        decoded: Shape = _decoder(shape).decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as problem:
        raise InvalidAnswer(f"the server's answer for {what} is not valid: {problem}") from problem
    return decoded


def decode_list(body: Body, shape: type[Shape], what: str) -> tuple[ListMeta | None, list[Shape]]:
    """Decode the metadata and the items of a short list. InvalidAnswer as above."""
    whole = decode_one(body, Whole[shape], what)  # type: ignore[valid-type]  # a type made at run time
    return whole.metadata, whole.items or []


def decode_listing(body: Body, what: str) -> Listing:
    """Decode the metadata of a list. InvalidAnswer as above, but errors after the metadata may be found later."""
    begin = body.find(ITEMS, 0, EARLY)
    if begin >= 0:
        # Reading the whole body to its end would take as long as reading its items.
        with suppress(InvalidAnswer):
            early = decode_one(body[:begin] + b'"items":null}', _Head, what).metadata
            if early is not None:
                return Listing(body, early)
    return Listing(body, decode_one(body, _Head, what).metadata)


def decode_batches(listing: Listing, shape: type[Shape], what: str) -> Iterator[list[Shape]]:
    """Decode the items of a list; a long list in batches. InvalidAnswer as in decode_one."""
    if len(listing.body) <= SHORT:
        _, items = decode_list(listing.body, shape, what)
        listing.size = len(items)
        yield items
        return
    _, texts = decode_list(listing.body, msgspec.Raw, what)
    listing.size = len(texts)
    for start in range(0, len(texts), BATCH):
        together = b"[%b]" % b",".join(texts[start : start + BATCH])
        yield decode_one(together, list[shape], what)  # type: ignore[valid-type]  # a type made at run time


def decode_items(listing: Listing, shape: type[Shape], what: str) -> Iterator[Shape]:
    """Yield the decoded items of a list. InvalidAnswer as in decode_one."""
    for batch in decode_batches(listing, shape, what):
        yield from batch


def amounts_at_once(quantities: Sequence[Any], suffix: str, with_suffix: int, without: int) -> list[int]:
    """Convert many quantities to integers, six times faster than one by one.

    Only for what metrics-server sends: digits, multiplied by `without`, or digits and `suffix`, multiplied by
    `with_suffix`. TypeError or ValueError for anything else.
    """
    if not quantities:
        return []
    ended = f"{','.join(quantities)},"
    digits = ended.replace(f"{suffix},", ",")[:-1].encode()
    try:
        numbers = [] if digits.translate(None, b"0123456789,") else _decoder(list[int]).decode(b"[%b]" % digits)
    except msgspec.DecodeError:
        numbers = []
    if len(numbers) != len(quantities) or max(numbers) >= USUAL:
        raise ValueError("not all of the usual form")
    if ended.count(f"{suffix},") + quantities.count("0") == len(quantities):
        return numbers if with_suffix == 1 else [number * with_suffix for number in numbers]
    last = suffix[-1]
    return [
        number * (with_suffix if text[-1] == last else without)
        for number, text in zip(numbers, quantities, strict=True)
    ]


def amount_of(resource: str, quantity: Quantity, problems: list[str], subject: str) -> int | None:
    """Return a quantity in its resource's unit, or None; an invalid one is reported in `problems`."""
    if quantity is None:
        return None
    text = quantity if isinstance(quantity, str) else repr(quantity)
    try:
        return nanos(text) if resource == "cpu" else whole(text)
    except InvalidQuantity:
        problems.append(f"{subject}: {resource} {text[:64]!r} is not a quantity")
        return None


def amounts_of(quantities: Quantities | None, problems: list[str], subject: str) -> Amounts:
    """Return the quantities of a map in their units, without unknown ones."""
    if not quantities:
        return {}
    try:
        return {resource: declared(resource, quantity) for resource, quantity in quantities.items()}
    except (TypeError, ValueError):
        # One of them is missing or invalid: convert one by one and report it.
        amounts = {
            resource: amount_of(resource, quantity, problems, subject) for resource, quantity in quantities.items()
        }
        return {resource: amount for resource, amount in amounts.items() if amount is not None}


@lru_cache(maxsize=4096)  # requests, limits and capacities repeat across objects
def declared(resource: str, quantity: Quantity) -> int:
    """Return a quantity in its resource's unit. TypeError unless it is text, InvalidQuantity if invalid."""
    if not isinstance(quantity, str):
        raise TypeError(quantity)
    return nanos(quantity) if resource == "cpu" else whole(quantity)

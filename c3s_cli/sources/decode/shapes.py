"""What all decoders share: strict about JSON, forgiving about what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec import Struct

from c3s_cli.amounts.quantity import InvalidQuantity, nanos, whole
from c3s_cli.errors import InvalidAnswer
from c3s_cli.model import Amounts

Shape = TypeVar("Shape")
Quantity = str | int | float | None
Quantities = Mapping[str, Quantity]
Body = bytes | bytearray
# What stands where a value is read only when its words have not been read before, and there is none.
NULL: Final = msgspec.Raw(b"null")
# Enough that a call costs nothing an item, few enough that what is decoded and not yet used stays small.
BATCH: Final = 500
# What no quantity reaches that is measured in nanocores or bytes.
USUAL: Final = 10**18


class Meta(Struct, rename="camel", gc=False):
    """The metadata that c3s reads of any object."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    labels: dict[str, str] | None = None
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None


class ListMeta(Struct, rename="camel", gc=False):
    """The metadata of a list: where it goes on, and how much is left."""

    continue_: str | None = msgspec.field(default=None, name="continue")
    remaining_item_count: int | None = None


class Listing(Struct, gc=False):
    """Any list. The items stay bytes until their turn comes, so that a long list is never held twice."""

    metadata: ListMeta | None = None
    items: list[msgspec.Raw] | None = None


class Whole(Struct, Generic[Shape], gc=False):
    """Any list, its items and all."""

    metadata: ListMeta | None = None
    items: list[Shape] | None = None


@cache
def _decoder(shape: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(shape)


def decode_one(body: Body | msgspec.Raw, shape: type[Shape], what: str) -> Shape:
    """Decode one object. InvalidAnswer if it is no JSON, or JSON of another shape; `what` names it there."""
    try:
        decoded: Shape = _decoder(shape).decode(body)  # type: ignore[arg-type]  # a class is hashable
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as problem:
        raise InvalidAnswer(f"the server's answer for {what} is not valid: {problem}") from problem
    return decoded


def decode_list(body: Body, shape: type[Shape], what: str) -> tuple[ListMeta | None, list[Shape]]:
    """Decode the metadata and the items of a list that is not long. InvalidAnswer as above."""
    whole = decode_one(body, Whole[shape], what)  # type: ignore[valid-type]  # a type made at run time
    return whole.metadata, whole.items or []


def decode_batches(listing: Listing, shape: type[Shape], what: str) -> Iterator[list[Shape]]:
    """Decode the items of a list, some hundred at a time. InvalidAnswer as above."""
    items = listing.items or []
    for start in range(0, len(items), BATCH):
        together = b"[%b]" % b",".join(items[start : start + BATCH])
        yield decode_one(together, list[shape], what)  # type: ignore[valid-type]  # a type made at run time


def decode_items(listing: Listing, shape: type[Shape], what: str) -> Iterator[Shape]:
    """Decode the items of a list, one after the other. InvalidAnswer as above."""
    for batch in decode_batches(listing, shape, what):
        yield from batch


def amounts_at_once(quantities: Sequence[Any], suffix: str, with_suffix: int, without: int) -> list[int]:
    """Give many quantities in their unit, in a sixth of the time that one after the other takes.

    They are digits alone, which count `without` each, or digits and `suffix`, which count `with_suffix`: what
    metrics-server sends. TypeError or ValueError if one is anything else.
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


def amount_of(resource: str, quantity: Quantity, problems: list[str], of: str) -> int | None:
    """Give a quantity in its resource's unit, or None; one that is no quantity is added to `problems`."""
    if quantity is None:
        return None
    text = quantity if isinstance(quantity, str) else repr(quantity)
    try:
        return nanos(text) if resource == "cpu" else whole(text)
    except InvalidQuantity:
        problems.append(f"{of}: {resource} {text[:64]!r} is not a quantity")
        return None


def amounts_of(quantities: Quantities | None, problems: list[str], of: str) -> Amounts:
    """Give all quantities of a map in their units, without the unknown ones."""
    if not quantities:
        return {}
    try:
        return {resource: declared(resource, quantity) for resource, quantity in quantities.items()}
    except (TypeError, ValueError):
        # One of them needs more care, or words.
        amounts = {resource: amount_of(resource, quantity, problems, of) for resource, quantity in quantities.items()}
        return {resource: amount for resource, amount in amounts.items() if amount is not None}


@lru_cache(maxsize=4096)  # what is declared comes again and again: requests, limits, the capacity of a kind of node
def declared(resource: str, quantity: Quantity) -> int:
    """Give a text in its resource's unit. TypeError for what is none, InvalidQuantity for what is no quantity."""
    if not isinstance(quantity, str):
        raise TypeError(quantity)
    return nanos(quantity) if resource == "cpu" else whole(quantity)


def epoch(time: str | None) -> float | None:
    """Give an RFC 3339 time in seconds since 1970; None if there is none, or it is none."""
    if time is None:
        return None
    try:
        return datetime.fromisoformat(time).timestamp()
    except (ValueError, OverflowError):
        return None

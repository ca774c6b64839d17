"""Parse list requests, and select their objects."""

from __future__ import annotations

import base64
import json
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from c3s_cli.demo.answer import bad_request
from c3s_cli.demo.paths import METRICS
from c3s_cli.demo.selectors import BadSelector, Field, field_selector, label_selector
from c3s_cli.demo.templates import compact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from c3s_cli.demo.collection import Collection
    from c3s_cli.demo.paths import Place

_BAD_CONTINUE = (
    "invalid continue token: continue key is not valid: invalid character '\\u0081' looking for beginning of value"
)


class Listing(NamedTuple):
    """A parsed list request."""

    namespace: str
    label_test: Callable[[Mapping[str, str]], bool] | None
    terms: list[Field]
    limit: int
    after: tuple[str, str] | None  # the key that the continue token stands for
    version: int  # the version in the continue token; 0 is the newest

    @property
    def whole(self) -> bool:
        """Whether it selects all objects."""
        return not (self.namespace or self.label_test or self.terms or self.limit or self.after)


def token(key: tuple[str, str], version: int) -> str:
    """Return the continue token for the page after a key."""
    start = compact({"v": "meta.k8s.io/v1", "rv": version, "start": f"{key[0]}/{key[1]}\0"})
    return base64.urlsafe_b64encode(start.encode()).decode().rstrip("=")


def _after(text: str) -> tuple[tuple[str, str], int]:
    try:
        token = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        namespace, name = token["start"].removesuffix("\0").split("/")
        return (namespace, name), int(token["rv"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise bad_request(_BAD_CONTINUE) from None


def listing_of(place: Place, query: dict[str, str], fields: frozenset[str] | None) -> Listing:
    """Read the parameters of a list or a watch."""
    resource = place.resource
    metrics = resource.group == METRICS
    try:
        label_test = label_selector(query.get("labelSelector", ""))
        terms = field_selector(query.get("fieldSelector", ""))
    except BadSelector as problem:
        raise bad_request(str(problem)) from None
    for term in terms:
        if fields is not None and term.label not in fields:
            if resource.name in ("pods", "nodes") and not metrics:
                raise bad_request(f"field label not supported: {term.label}")
            raise bad_request(
                f'"{term.label}" is not a known field selector: only "metadata.name", "metadata.namespace"'
            )
    limit, after, version = 0, None, 0
    # metrics-server does not page.
    if not metrics:
        text = query.get("limit") or "0"
        if not text.removeprefix("-").isdecimal():
            raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
        limit = max(0, int(text))
        if query.get("continue"):
            after, version = _after(query["continue"])
    return Listing(place.namespace, label_test, terms, limit, after, version)


def matching(collection: Collection[Any], listing: Listing, now: int) -> Iterator[Any]:
    """Return the objects of a list, starting at the requested page."""
    first, last = 0, len(collection)
    source: Iterable[Any] = collection.narrow(listing.terms)
    namespace, label_test, terms, after = listing.namespace, listing.label_test, listing.terms, listing.after
    if source is collection.objects:
        if namespace:
            first, last = collection.namespace(namespace)
        if after:
            first = max(first, collection.after(after))
        source = islice(source, first, last)
        namespace, after = "", None
    for item in source:
        if namespace and collection.key(item)[0] != namespace:
            continue
        if after and collection.key(item) <= after:
            continue
        if terms and any((collection.field(item, term.label) == term.value) != term.equal for term in terms):
            continue
        if label_test and not label_test(collection.labels(item)):
            continue
        if collection.present(item, now):
            yield item


def selects(collection: Collection[Any], listing: Listing, item: Any) -> bool:
    """Return whether the request selects an object."""
    if listing.namespace and collection.key(item)[0] != listing.namespace:
        return False
    if any((collection.field(item, term.label) == term.value) != term.equal for term in listing.terms):
        return False
    return listing.label_test is None or listing.label_test(collection.labels(item))

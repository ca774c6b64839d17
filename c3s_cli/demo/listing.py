"""Parse list requests, and select their objects."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from c3s_cli.demo.answer import Refusal
from c3s_cli.demo.collections import Collection
from c3s_cli.demo.discovery import METRICS
from c3s_cli.demo.selectors import BadSelector, Field, field_selector, label_selector
from c3s_cli.demo.templates import compact

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
        raise Refusal(400, _BAD_CONTINUE) from None


def listing_of(collection: Collection, namespace: str, query: dict[str, str]) -> Listing:
    """Read the parameters of a list or a watch."""
    resource = collection.resource
    metrics = resource.group == METRICS
    try:
        label_test = label_selector(query.get("labelSelector", ""))
        terms = field_selector(query.get("fieldSelector", ""))
    except BadSelector as problem:
        raise Refusal(400, str(problem)) from None
    for label in (term.label for term in terms if collection.fields is not None):
        if label not in (collection.fields or ()):
            if resource.name in ("pods", "nodes") and not metrics:
                raise Refusal(400, f"field label not supported: {label}")
            known = '"metadata.name", "metadata.namespace"'
            raise Refusal(400, f'"{label}" is not a known field selector: only {known}')
    limit, after, version = 0, None, 0
    # metrics-server does not page.
    if not metrics:
        text = query.get("limit") or "0"
        if not text.removeprefix("-").isdecimal():
            raise Refusal(400, f'strconv.ParseInt: parsing "{text}": invalid syntax')
        limit = max(0, int(text))
        if query.get("continue"):
            after, version = _after(query["continue"])
    return Listing(namespace, label_test, terms, limit, after, version)


def matching(collection: Collection, listing: Listing, now: int) -> Iterator[Any]:
    """Return the objects of a list, starting at the requested page."""
    source: Iterable[Any] = collection.narrow(listing.terms)
    after = listing.after
    if source is collection.objects:
        first, last = collection.namespace(listing.namespace) if listing.namespace else (0, len(collection.objects))
        source = islice(source, max(first, collection.after(after)) if after else first, last)
    elif after:
        source = (item for item in source if collection.key(item) > after)
    if listing.namespace or listing.terms or listing.label_test:
        source = (item for item in source if selects(collection, listing, item))
    return (item for item in source if collection.present(item, now))


def selects(collection: Collection, listing: Listing, item: Any) -> bool:
    """Return whether the request selects an object."""
    fields = collection.fields or {}
    return (
        (not listing.namespace or collection.key(item)[0] == listing.namespace)
        and all((fields[term.label](item) == term.value) == term.equal for term in listing.terms)
        and (listing.label_test is None or listing.label_test(collection.labels(item)))
    )

"""(method, target, Accept header) -> answer."""

from __future__ import annotations

import base64
import json
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from c3s_cli.demo import accept, discovery, reviews
from c3s_cli.demo.answer import JSON, Answer, Refusal, bad_request, no_such_resource, of_json, of_text
from c3s_cli.demo.collections import Collection, Collections
from c3s_cli.demo.load import TICK
from c3s_cli.demo.selectors import BadSelector, Field, field_selector, label_selector
from c3s_cli.demo.templates import Json, compact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from c3s_cli.demo.cluster import Cluster
    from c3s_cli.demo.discovery import Resource

RESOURCE_VERSION = "5300000"
# Longer lists leave in pieces, so that they are never held whole.
_PIECE = 500
_METRICS = "metrics.k8s.io"
_BAD_CONTINUE = (
    "invalid continue token: continue key is not valid: invalid character '\\u0081' looking for beginning of value"
)
_BY_PATH = {(resource.api_version, resource.name): resource for resource in discovery.RESOURCES}


class Place(NamedTuple):
    """What a path points at; an empty name means the list."""

    resource: Resource
    namespace: str
    name: str


class Listing(NamedTuple):
    """What a list request asks for."""

    namespace: str
    label_test: Callable[[Mapping[str, str]], bool] | None
    terms: list[Field]
    limit: int
    after: tuple[str, str] | None  # the key that the continue token stands for

    @property
    def whole(self) -> bool:
        """Whether it is every object there is."""
        return not (self.namespace or self.label_test or self.terms or self.limit or self.after)


def _place(path: str) -> Place:
    parts = [unquote(part) for part in path.strip("/").split("/")]
    start = 2 if parts[0] == "api" else 3
    api_version, rest = "/".join(parts[1:start]), parts[start:]
    namespace = ""
    if rest[:1] == ["namespaces"] and len(rest) > 2:
        namespace, rest = rest[1], rest[2:]
    resource = _BY_PATH.get((api_version, rest[0] if rest else ""))
    if resource is None or len(rest) > 2 or bool(resource.group) != (parts[0] == "apis"):
        raise no_such_resource()
    if (namespace and not resource.namespaced) or (len(rest) == 2 and resource.namespaced and not namespace):
        raise no_such_resource()
    return Place(resource, namespace, rest[1] if len(rest) == 2 else "")


def _not_found(place: Place) -> Refusal:
    resource, namespace, name = place
    kind, shown = resource.name, name
    if resource.group == _METRICS:
        kind, shown = resource.kind.lower(), f"{namespace}/{name}" if namespace else name
    full = f"{kind}.{resource.group}" if resource.group else kind
    details: Json = {"name": shown} | ({"group": resource.group} if resource.group else {}) | {"kind": kind}
    return Refusal(404, f'{full} "{shown}" not found', details)


def _token(key: tuple[str, str]) -> str:
    start = compact({"v": "meta.k8s.io/v1", "rv": int(RESOURCE_VERSION), "start": f"{key[0]}/{key[1]}\0"})
    return base64.urlsafe_b64encode(start.encode()).decode().rstrip("=")


def _after(token: str) -> tuple[str, str]:
    try:
        start = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))["start"]
        namespace, name = start.removesuffix("\0").split("/")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise bad_request(_BAD_CONTINUE) from None
    return namespace, name


def _listing(place: Place, query: dict[str, str], fields: frozenset[str] | None) -> Listing:
    resource = place.resource
    metrics = resource.group == _METRICS
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
    limit, after = 0, None
    # metrics-server does not page.
    if not metrics:
        text = query.get("limit") or "0"
        if not text.removeprefix("-").isdecimal():
            raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
        limit = max(0, int(text))
        after = _after(query["continue"]) if query.get("continue") else None
    return Listing(place.namespace, label_test, terms, limit, after)


def _matches(collection: Collection[Any], listing: Listing, now: int) -> Iterator[Any]:
    """Give the objects that a list consists of, from the first one of the page on."""
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


def _whole(resource: Resource, text: str) -> str:
    """Say what an object is that stands alone; in a list, the list does."""
    return f'{{"kind":"{resource.kind}","apiVersion":"{resource.api_version}",{text[1:]}'


class Api:
    """The simulated API server without its sockets."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.clock = cluster.clock
        self._collections = Collections(cluster)
        self._kept: dict[tuple[str, str], tuple[int, Answer]] = {}
        self._lock = Lock()

    def answer(self, method: str, target: str, accepted: str = "", body: bytes = b"") -> Answer:
        """Answer a request. HEAD is answered like GET; the server leaves the body out."""
        if review := reviews.answer(method, target.partition("?")[0], body):
            return of_json(review, status=201 if method == "POST" else 200)
        try:
            return self._read(method, target, accepted)
        except Refusal as refusal:
            return refusal.answer()

    def _read(self, method: str, target: str, accepted: str) -> Answer:
        if method not in ("GET", "HEAD"):
            raise Refusal(405, "the server does not allow this method on the requested resource", {})
        path, _, query = target.partition("?")
        return self._get(path.rstrip("/") or "/", dict(parse_qsl(query, keep_blank_values=True)), accepted)

    def warm(self) -> None:
        """Make the long lists now rather than when they are asked for."""
        for path in (
            "/api/v1/pods?limit=1",
            "/api/v1/nodes",
            f"/apis/{_METRICS}/v1beta1/nodes",
            f"/apis/{_METRICS}/v1beta1/pods",
        ):
            self.answer("GET", path)

    def _get(self, path: str, query: dict[str, str], accepted: str) -> Answer:
        if path in ("/healthz", "/readyz", "/livez"):
            return of_text("ok")
        if path == "/version":
            accept.form(accepted, ())
            return of_json(discovery.VERSION)
        if path in ("/api", "/apis"):
            kind, version = accept.form(accepted, ("APIGroupDiscoveryList",))
            if kind:
                content_type = f"{JSON};g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
                return of_json(discovery.aggregated(path, version), content_type=content_type)
        elif not path.startswith(("/api/", "/apis/")):
            raise no_such_resource()
        document = discovery.plain(path)
        if document is not None:
            accept.form(accepted, ())
            return of_json(document)
        place = _place(path)
        return self._one(place, query, accepted) if place.name else self._list(place, query, accepted)

    def _one(self, place: Place, query: dict[str, str], accepted: str) -> Answer:
        kind, _ = accept.form(accepted, ("Table", "PartialObjectMetadata"))
        resource = place.resource
        now = self.clock.now()
        collection = self._collections.get(resource.group, resource.name, resource.kind)
        item = collection.find(place.namespace, place.name)
        if item is None or not collection.present(item, now):
            raise _not_found(place)
        if kind == "Table":
            head = (
                f'{{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{{"resourceVersion":"{RESOURCE_VERSION}"}}'
            )
            columns = compact(list(collection.columns))
            row = self._row(resource, collection, item, now, query.get("includeObject", "Metadata"))
            return Answer(f'{head},"columnDefinitions":{columns},"rows":[{row}]}}\n'.encode())
        if kind:
            return Answer(self._partial(collection, item).encode() + b"\n")
        return Answer(_whole(resource, collection.text(item, now)).encode() + b"\n")

    def _list(self, place: Place, query: dict[str, str], accepted: str) -> Answer:
        kind, _ = accept.form(accepted, ("Table", "PartialObjectMetadataList"))
        if query.get("watch") in ("true", "1"):
            raise Refusal(405, "watch is not supported on resources of this simulated server", {})
        resource = place.resource
        collection = self._collections.get(resource.group, resource.name, resource.kind)
        listing = _listing(place, query, collection.fields)
        if kind or not collection.keeps or not listing.whole:
            return self._render(resource, collection, listing, kind, query.get("includeObject", "Metadata"))
        with self._lock:
            tick = self.clock.now() // TICK if resource.group == _METRICS else 0
            kept = self._kept.get((resource.group, resource.name))
            if kept is None or kept[0] != tick:
                # The old one goes first: two of them need not fit into memory.
                self._kept.pop((resource.group, resource.name), None)
                answer = self._render(resource, collection, listing, kind, "")
                if answer.pieces is not None:
                    answer.body, answer.pieces = b"".join(answer.pieces), None
                kept = self._kept[resource.group, resource.name] = tick, answer
            return kept[1]

    def _render(
        self, resource: Resource, collection: Collection[Any], listing: Listing, kind: str, include: str
    ) -> Answer:
        now = self.clock.now()
        metadata: Json = {} if resource.group == _METRICS else {"resourceVersion": RESOURCE_VERSION}
        items: Iterable[Any] = _matches(collection, listing, now)
        if listing.limit:
            page = list(islice(items, listing.limit + 1))
            if len(page) > listing.limit:
                page.pop()
                last = collection.key(page[-1])
                metadata["continue"] = _token(last)
                if not listing.terms and not listing.label_test:
                    end = collection.namespace(listing.namespace)[1] if listing.namespace else len(collection)
                    metadata["remainingItemCount"] = end - collection.after(last)
            items = page
        if kind == "Table":
            head = f'{{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{compact(metadata)},'
            head += f'"columnDefinitions":{compact(list(collection.columns))},"rows":['
            texts = (self._row(resource, collection, item, now, include) for item in items)
        elif kind:
            head = f'{{"kind":"{kind}","apiVersion":"meta.k8s.io/v1","metadata":{compact(metadata)},"items":['
            texts = (self._partial(collection, item) for item in items)
        else:
            head = f'{{"kind":"{resource.kind}List","apiVersion":"{resource.api_version}",'
            head += f'"metadata":{compact(metadata)},"items":['
            texts = (collection.text(item, now) for item in items)
        return _joined(head, texts)

    def _partial(self, collection: Collection[Any], item: Any) -> str:
        return (
            f'{{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{collection.metadata(item)}}}'
        )

    def _row(self, resource: Resource, collection: Collection[Any], item: Any, now: int, include: str) -> str:
        cells = compact(collection.cells(item, now))
        if include == "None":
            return f'{{"cells":{cells}}}'
        alone = include == "Object"
        shown = _whole(resource, collection.text(item, now)) if alone else self._partial(collection, item)
        return f'{{"cells":{cells},"object":{shown}}}'


def _joined(head: str, texts: Iterator[str]) -> Answer:
    """Give a list as one body, or as pieces if it is long."""
    first = list(islice(texts, 4 * _PIECE))
    if len(first) < 4 * _PIECE:
        return Answer((head + ",".join(first) + "]}\n").encode())
    answer = Answer(b"")
    answer.pieces = _pieces(head, first, texts)
    return answer


def _pieces(head: str, first: list[str], texts: Iterator[str]) -> Iterator[bytes]:
    yield (head + ",".join(first)).encode()
    first.clear()
    while piece := list(islice(texts, _PIECE)):
        yield ("," + ",".join(piece)).encode()
    yield b"]}\n"

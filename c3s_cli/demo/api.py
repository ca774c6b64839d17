"""(method, target, Accept header) -> answer."""

from __future__ import annotations

from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from c3s_cli.demo import accept, discovery, reviews
from c3s_cli.demo.answer import (
    JSON,
    Answer,
    Refusal,
    expired,
    no_such_page,
    no_such_resource,
    not_allowed,
    of_json,
    of_text,
)
from c3s_cli.demo.collections import Collections, Renderers
from c3s_cli.demo.listing import Listing, listing_of, matching, token
from c3s_cli.demo.load import TICK
from c3s_cli.demo.paths import METRICS, Place, not_found, place_of, proxied
from c3s_cli.demo.templates import Json, compact
from c3s_cli.demo.world import World
from c3s_cli.demo.writing import columns_of, joined, partial, row, whole

if TYPE_CHECKING:
    from collections.abc import Collection as Names
    from collections.abc import Iterable

    from c3s_cli.demo.cluster import Cluster
    from c3s_cli.demo.collection import Collection
    from c3s_cli.demo.paths import Proxied
    from c3s_cli.demo.proxy import Proxy
    from c3s_cli.demo.state import State

# Lists that are read page by page are consistent snapshots. This many snapshots are kept.
_UNDER_WAY = 24


class Api:
    """The simulated API server without its sockets.

    `without` names missing features: a group such as metrics.k8s.io, or "watch".
    """

    def __init__(self, cluster: Cluster, without: Names[str] = ()) -> None:
        self.cluster = cluster
        self.clock = cluster.clock
        self.world = World(cluster)
        self._without = frozenset(without)
        self._renderers = Renderers(cluster)
        self._collections: dict[int, Collections] = {}
        self._under_way: dict[int, State] = {}
        self._kept: dict[tuple[str, str], tuple[int, Answer]] = {}
        self._proxy: Proxy | None = None
        self._lock = Lock()
        self._kept_lock = Lock()

    def answer(self, method: str, target: str, accepted: str = "", body: bytes = b"") -> Answer:
        """Answer a request. HEAD is answered like GET; the server leaves the body out."""
        path, _, query = target.partition("?")
        path = path.rstrip("/") or "/"
        if review := reviews.answer(method, path, body):
            return of_json(review, status=201 if method == "POST" else 200)
        try:
            if passed := proxied(path):
                return self._pass_on(passed, method, query, body)
            if method not in ("GET", "HEAD"):
                return not_allowed().answer()
            return self._get(path, dict(parse_qsl(query, keep_blank_values=True)), accepted)
        except Refusal as refusal:
            return refusal.answer()

    def warm(self) -> None:
        """Make the long lists now instead of on demand."""
        for path in (
            "/api/v1/pods?limit=1",
            "/api/v1/nodes",
            f"/apis/{METRICS}/v1beta1/nodes",
            f"/apis/{METRICS}/v1beta1/pods",
        ):
            self.answer("GET", path)

    def _get(self, path: str, query: dict[str, str], accepted: str) -> Answer:
        if path in ("/healthz", "/readyz", "/livez"):
            return of_text("ok")
        if path == "/version":
            accept.form(accepted, ())
            return of_json(discovery.VERSION)
        if any(path == f"/apis/{group}" or path.startswith(f"/apis/{group}/") for group in self._without):
            return no_such_page()
        if path in ("/api", "/apis"):
            kind, version = accept.form(accepted, ("APIGroupDiscoveryList",))
            if kind:
                content_type = f"{JSON};g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
                return of_json(discovery.aggregated(path, version, self._without), content_type=content_type)
        elif not path.startswith(("/api/", "/apis/")):
            raise no_such_resource()
        document = discovery.plain(path, self._without)
        if document is not None:
            accept.form(accepted, ())
            return of_json(document)
        place = place_of(path)
        if place.name:
            return self._one(place, query, accepted)
        if query.get("watch") in ("true", "1"):
            return self._watch(place, query, accepted)
        return self._list(place, query, accepted)

    def _pass_on(self, passed: Proxied, method: str, query: str, body: bytes) -> Answer:
        """Answer a proxied request; the proxy is made on first use."""
        with self._lock:
            if self._proxy is None:
                from c3s_cli.demo.proxy import Proxy

                self._proxy = Proxy(self.world, self._renderers.metrics.load)
        return self._proxy.answer(passed, method, query, body)

    def _watch(self, place: Place, query: dict[str, str], accepted: str) -> Answer:
        from c3s_cli.demo import watching

        served = (place.resource.group, place.resource.name) in watching.RESOURCES
        if not served or not self.clock.moves or "watch" in self._without:
            raise Refusal(405, "watch is not supported on resources of this simulated server", {})
        kind, _ = accept.form(accepted, ("Table", "PartialObjectMetadata"))
        state = self.world.state()
        return watching.answer(self.world, state, self._of(state, place), place, query, kind)

    def _at(self, place: Place, version: int = 0) -> tuple[State, int]:
        """Return the state for a list or object, and its time."""
        if place.resource.group == METRICS:
            return self.world.scraped()
        state = self.world.state()
        if version and version != state.version:
            with self._lock:
                older = self._under_way.get(version)
            if older is None:
                raise expired("The provided continue parameter is too old to display a consistent list result.")
            state = older
        return state, self.clock.now()

    def _of(self, state: State, place: Place) -> Collection[Any]:
        """Return the collection of a resource in a state."""
        with self._lock:
            collections = self._collections.get(state.version)
            if collections is None:
                while len(self._collections) > 3:
                    self._collections.pop(next(iter(self._collections)))
                collections = self._collections[state.version] = Collections(state, self._renderers)
        return collections.get(place.resource.group, place.resource.name, place.resource.kind)

    def _one(self, place: Place, query: dict[str, str], accepted: str) -> Answer:
        kind, _ = accept.form(accepted, ("Table", "PartialObjectMetadata"))
        resource = place.resource
        state, now = self._at(place)
        collection = self._of(state, place)
        item = collection.find(place.namespace, place.name)
        if item is None or not collection.present(item, now):
            raise not_found(place)
        if kind == "Table":
            head = columns_of(collection, {"resourceVersion": str(state.version)})
            shown = row(resource, collection, item, now, query.get("includeObject", "Metadata"))
            return Answer(f"{head}{shown}]}}\n".encode())
        if kind:
            return Answer(partial(collection, item).encode() + b"\n")
        return Answer(whole(resource, collection.text(item, now)).encode() + b"\n")

    def _list(self, place: Place, query: dict[str, str], accepted: str) -> Answer:
        kind, _ = accept.form(accepted, ("Table", "PartialObjectMetadataList"))
        resource = place.resource
        state, now = self._at(place)
        collection = self._of(state, place)
        listing = listing_of(place, query, collection.fields)
        if listing.version:
            state, now = self._at(place, listing.version)
            collection = self._of(state, place)
        if kind or not collection.keeps or not listing.whole:
            return self._render(place, state, now, listing, kind, query.get("includeObject", "Metadata"))
        with self._kept_lock:
            stamp = now // TICK if resource.group == METRICS else state.version
            kept = self._kept.get((resource.group, resource.name))
            if kept is None or kept[0] != stamp:
                # Drop the old one first, so that two never have to fit into memory.
                self._kept.pop((resource.group, resource.name), None)
                answer = self._render(place, state, now, listing, kind, "")
                if answer.pieces is not None:
                    answer.body, answer.pieces = b"".join(answer.pieces), None
                kept = self._kept[resource.group, resource.name] = stamp, answer
            return kept[1]

    def _render(self, place: Place, state: State, now: int, listing: Listing, kind: str, include: str) -> Answer:
        resource, collection = place.resource, self._of(state, place)
        metadata: Json = {} if resource.group == METRICS else {"resourceVersion": str(state.version)}
        items: Iterable[Any] = matching(collection, listing, now)
        if listing.limit:
            page = list(islice(items, listing.limit + 1))
            if len(page) > listing.limit:
                page.pop()
                last = collection.key(page[-1])
                self._remember(state)
                metadata["continue"] = token(last, state.version)
                if not listing.terms and not listing.label_test:
                    end = collection.namespace(listing.namespace)[1] if listing.namespace else len(collection)
                    metadata["remainingItemCount"] = end - collection.after(last)
            items = page
        if kind == "Table":
            head = columns_of(collection, metadata)
            texts = (row(resource, collection, item, now, include) for item in items)
        elif kind:
            head = f'{{"kind":"{kind}","apiVersion":"meta.k8s.io/v1","metadata":{compact(metadata)},"items":['
            texts = (partial(collection, item) for item in items)
        else:
            head = f'{{"kind":"{resource.kind}List","apiVersion":"{resource.api_version}",'
            head += f'"metadata":{compact(metadata)},"items":['
            texts = (collection.text(item, now) for item in items)
        return joined(head, texts)

    def _remember(self, state: State) -> None:
        """Keep a state for later pages of a list."""
        with self._lock:
            self._under_way.pop(state.version, None)
            while len(self._under_way) >= _UNDER_WAY:
                self._under_way.pop(next(iter(self._under_way)))
            self._under_way[state.version] = state

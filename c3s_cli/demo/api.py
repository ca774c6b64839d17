"""(method, target, Accept header) -> answer."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from c3s_cli.demo import discovery, reviews
from c3s_cli.demo.answer import (
    JSON,
    TEXT,
    Answer,
    Refusal,
    form,
    joined,
    no_such_resource,
    not_allowed,
    of_json,
)
from c3s_cli.demo.cluster import Cluster
from c3s_cli.demo.collections import Collection, Collections
from c3s_cli.demo.discovery import METRICS, Place, Proxied, Resource
from c3s_cli.demo.listing import Listing, listing_of, matching, token
from c3s_cli.demo.load import TICK
from c3s_cli.demo.state import State
from c3s_cli.demo.templates import Json, compact
from c3s_cli.demo.world import World

if TYPE_CHECKING:
    from c3s_cli.demo.proxy import Proxy

# Lists that are read page by page are consistent snapshots. This many snapshots are kept.
_UNDER_WAY = 24


class Api:
    """The simulated API server without its sockets."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.clock = cluster.clock
        self.world = World(cluster)
        self._collections = Collections(cluster)
        self._under_way: dict[int, State] = {}
        self._kept: dict[Resource, tuple[int, Answer]] = {}
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
            if passed := discovery.proxied(path):
                return self._pass_on(passed, method, query, body)
            if method not in ("GET", "HEAD"):
                raise not_allowed()
            return self._get(path, dict(parse_qsl(query, keep_blank_values=True)), accepted)
        except Refusal as refusal:
            return refusal.answer

    def warm(self) -> None:
        """Make the long lists now instead of on demand."""
        metrics = f"/apis/{METRICS}/v1beta1"
        for path in ("/api/v1/pods?limit=1", "/api/v1/nodes", f"{metrics}/nodes", f"{metrics}/pods"):
            self.answer("GET", path)

    def _get(self, path: str, query: dict[str, str], accepted: str) -> Answer:
        if path in ("/healthz", "/readyz", "/livez"):
            return Answer(b"ok", content_type=TEXT)
        if path in ("/api", "/apis"):
            kind, version = form(accepted, "APIGroupDiscoveryList")
            if kind:
                content_type = f"{JSON};g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
                return of_json(discovery.aggregated(path, version), content_type=content_type)
        document = discovery.VERSION if path == "/version" else discovery.plain(path)
        if document is not None:
            form(accepted)
            return of_json(document)
        if not path.startswith(("/api/", "/apis/")):
            raise no_such_resource()
        place = discovery.place_of(path)
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

                self._proxy = Proxy(self.world, self._collections.metrics.load)
        return self._proxy.answer(passed, method, query, body)

    def _watch(self, place: Place, query: dict[str, str], accepted: str) -> Answer:
        from c3s_cli.demo import watching

        served = (place.resource.group, place.resource.name) in watching.RESOURCES
        if not served or not self.clock.moves:
            raise Refusal(405, "watch is not supported on resources of this simulated server", {})
        kind, _ = form(accepted, "Table", "PartialObjectMetadata")
        state = self.world.state()
        return watching.answer(self.world, state, self._of(state, place.resource), place.namespace, query, kind)

    def _at(self, resource: Resource, version: int = 0) -> tuple[State, int, Collection]:
        """Return the state for a list or object, its time, and the objects in it."""
        if resource.group == METRICS:
            state, now = self.world.scraped()
        else:
            state, now = self.world.state(), self.clock.now()
            if version and version != state.version:
                with self._lock:
                    older = self._under_way.get(version)
                if older is None:
                    said = "The provided continue parameter is too old to display a consistent list result."
                    raise Refusal(410, said)
                state = older
        return state, now, self._of(state, resource)

    def _of(self, state: State, resource: Resource) -> Collection:
        """Return the collection of a resource in a state."""
        with self._lock:
            return self._collections.get(state, resource)

    def _one(self, place: Place, query: dict[str, str], accepted: str) -> Answer:
        kind, _ = form(accepted, "Table", "PartialObjectMetadata")
        state, now, collection = self._at(place.resource)
        item = collection.find(place.namespace, place.name)
        if item is None or not collection.present(item, now):
            raise place.not_found()
        if kind == "Table":
            row = collection.row(item, now, query.get("includeObject", "Metadata"))
            text = f"{collection.table({'resourceVersion': str(state.version)})}{row}]}}"
        else:
            text = collection.partial(item) if kind else collection.whole(item, now)
        return Answer(text.encode() + b"\n")

    def _list(self, place: Place, query: dict[str, str], accepted: str) -> Answer:
        kind, _ = form(accepted, "Table", "PartialObjectMetadataList")
        resource = place.resource
        state, now, collection = self._at(resource)
        listing = listing_of(collection, place.namespace, query)
        if listing.version:
            state, now, collection = self._at(resource, listing.version)
        if kind or not collection.keeps or not listing.whole:
            return self._render(collection, state, now, listing, kind, query.get("includeObject", "Metadata"))
        with self._kept_lock:
            stamp = now // TICK if resource.group == METRICS else state.version
            kept = self._kept.get(resource)
            if kept is None or kept[0] != stamp:
                # Drop the old one first, so that two never have to fit into memory.
                self._kept.pop(resource, None)
                answer = self._render(collection, state, now, listing, kind, "")
                if answer.pieces is not None:
                    answer.body, answer.pieces = b"".join(answer.pieces), None
                kept = self._kept[resource] = stamp, answer
            return kept[1]

    def _render(
        self, collection: Collection, state: State, now: int, listing: Listing, kind: str, include: str
    ) -> Answer:
        resource = collection.resource
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
                    objects = len(collection.objects)
                    end = collection.namespace(listing.namespace)[1] if listing.namespace else objects
                    metadata["remainingItemCount"] = end - collection.after(last)
            items = page
        if kind == "Table":
            return joined(collection.table(metadata), (collection.row(item, now, include) for item in items))
        listed, version = (kind, "meta.k8s.io/v1") if kind else (f"{resource.kind}List", resource.api_version)
        head = f'{{"kind":"{listed}","apiVersion":"{version}","metadata":{compact(metadata)},"items":['
        return joined(head, (collection.partial(item) if kind else collection.text(item, now) for item in items))

    def _remember(self, state: State) -> None:
        """Keep a state for later pages of a list."""
        with self._lock:
            self._under_way.pop(state.version, None)
            while len(self._under_way) >= _UNDER_WAY:
                self._under_way.pop(next(iter(self._under_way)))
            self._under_way[state.version] = state

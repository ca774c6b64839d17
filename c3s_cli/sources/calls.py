"""The calls of one reading, which are requests over the wire: single answers, lists page by page, several at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from msgspec import Struct, field

from c3s_cli.amounts.totals import covered
from c3s_cli.errors import ApiError, C3sError, InvalidAnswer
from c3s_cli.parallel import all_results, in_parallel
from c3s_cli.sources.decode.shapes import Body, Listing, ListMeta, Rows, decode_listing

if TYPE_CHECKING:
    from datetime import datetime

    from c3s_cli.kube.answers import Answer
    from c3s_cli.kube.cluster import Cluster
    from c3s_cli.sources.source import Pairs

# kubectl uses 500. Larger pages save round trips and still need little memory.
PAGE: Final = 1000
JSON: Final = "application/json"
METADATA: Final = f"{JSON};as=PartialObjectMetadata;g=meta.k8s.io;v=v1,{JSON}"
METADATA_LIST: Final = f"{JSON};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,{JSON}"

# A million objects; the largest clusters have 150,000 pods.
MOST_PAGES: Final = 1000

Row = TypeVar("Row")
Progress = Callable[[str, int, "int | None"], None]


class Calls(Struct):
    """Makes the calls of one reading of a cluster. `open_reading` makes one.

    progress: called with the name of a list, how many items were read, and how many there are. dates: the Date headers
    of the answers. spans: when each request, or pause, began and ended.
    """

    cluster: Cluster
    progress: Progress
    dates: list[datetime] = field(default_factory=list)
    spans: list[tuple[float, float]] = field(default_factory=list)

    def post(self, path: str, fields: Sequence[tuple[str, str]], headers: Sequence[tuple[str, str]] = ()) -> Body:
        """POST a form and return the body of the answer."""
        return self._noted(partial(self.cluster.post, path, fields, headers))

    def get(
        self,
        path: str,
        query: Sequence[tuple[str, str]] = (),
        accept: str = JSON,
        headers: Sequence[tuple[str, str]] = (),
    ) -> Body:
        """Return the body of one answer."""
        return self._noted(partial(self.cluster.get, path, query, accept=accept, headers=headers))

    def _noted(self, call: Callable[[], Answer]) -> Body:
        """Make a call, and note its time and the server's."""
        start = time.perf_counter()
        answer = call()
        self.spans.append((start, time.perf_counter()))
        if answer.date:
            self.dates.append(answer.date)
        return answer.body

    def pause(self, sleep: Callable[[float], None], seconds: float) -> None:
        """Wait before asking again, which counts as a request."""
        start = time.perf_counter()
        sleep(seconds)
        self.spans.append((start, time.perf_counter()))

    def whole(self, path: str, query: Pairs, decode: Callable[[Body], tuple[ListMeta | None, list[Row]]]) -> list[Row]:
        """Read a list without requesting pages. If the server sends pages anyway, read all of them."""
        pages = Pages(path)
        self._advance(path, 0, None)
        metadata, rows = decode(self.get(path, query))
        items = rows
        while token := pages.next(metadata):
            pages.bound(metadata, len(rows))
            self._advance(path, len(items), metadata)
            metadata, rows = decode(self.get(path, [*query, ("continue", token)]))
            items = [*items, *rows]
        self.progress(thing(path), len(items), len(items))
        return items

    def _advance(self, path: str, done: int, metadata: ListMeta | None) -> None:
        remaining = metadata.remaining_item_count if metadata else None
        self.progress(thing(path), done, None if remaining is None else done + remaining)

    def pages(self, path: str, query: Pairs, rows: Rows, accept: str = JSON) -> dict[Any, Any]:
        """Read a list page by page. If it expires between two pages (410), start over, once."""
        for last_try in (False, True):
            try:
                return self._all_pages(path, query, rows, accept)
            except ApiError as problem:
                if problem.status != 410 or last_try:
                    raise
        raise AssertionError

    def pages_of(self, paths: Sequence[str], query: Pairs, rows: Rows, accept: str = JSON) -> dict[Any, Any]:
        """Read several lists page by page, in parallel, as one. Raises the first error."""
        items: dict[Any, Any] = {}
        for page in all_results([partial(self.pages, path, query, rows, accept) for path in paths]):
            items = items | page if items else page
        return items

    def lists(self, wanted: Mapping[str, tuple[Sequence[str], Rows]]) -> tuple[dict[str, Any], dict[str, C3sError]]:
        """Read lists in parallel, each of its paths. Return them by their names, and the errors of the others."""
        jobs = {name: partial(self.pages_of, paths, [], rows) for name, (paths, rows) in wanted.items()}
        answers = in_parallel(jobs)
        problems = {name: answer for name, answer in answers.items() if isinstance(answer, C3sError)}
        return {name: answer for name, answer in answers.items() if name not in problems}, problems

    def _all_pages(self, path: str, query: Pairs, rows: Rows, accept: str) -> dict[Any, Any]:
        """Request the next page while one is decoded."""
        items: dict[Any, Any] = {}
        query = [("limit", str(PAGE)), *query]
        pages = Pages(path)
        self._advance(path, 0, None)
        listing = self._page(path, query, accept)
        done = 0

        def decode(listing: Listing) -> None:
            nonlocal done
            items.update(rows(listing))
            done += listing.size
            self._advance(path, done, listing.metadata)

        while token := pages.next(listing.metadata):
            page = partial(self._page, path, [*query, ("continue", token)], accept)
            following, _ = all_results([page, partial(decode, listing)])
            pages.bound(listing.metadata, listing.size)
            listing = following
        decode(listing)
        self.progress(thing(path), done, done)
        return items

    def _page(self, path: str, query: Pairs, accept: str) -> Listing:
        return decode_listing(self.get(path, query, accept), path)

    def seconds(self) -> float:
        """Return for how many seconds at least one request was in flight."""
        return covered(self.spans)


def open_reading(cluster: Cluster, progress: Progress = lambda _what, _done, _total: None) -> Calls:
    """Begin a reading: from now on, the cluster's deadline counts for it."""
    cluster.begin_reading()
    return Calls(cluster, progress)


def thing(path: str) -> str:
    """Return the name of a list for messages: "pods", "pod metrics"."""
    resource = path.rpartition("/")[2]
    return f"{resource.removesuffix('s')} metrics" if path.startswith("/apis/metrics.k8s.io/") else resource


class Pages(Struct):
    """The continue tokens of a list, to detect a list without end."""

    path: str
    tokens: set[str] = field(default_factory=set)
    most: int = field(default_factory=lambda: MOST_PAGES)

    def next(self, metadata: ListMeta | None) -> str | None:
        """Return the token of the next page, None after the last one.

        InvalidAnswer if a token comes twice, or if there are far more pages than the first one announced.
        """
        token = metadata.continue_ if metadata else None
        if not token:
            return None
        if token in self.tokens:
            raise InvalidAnswer(f"the server's list {self.path} repeats a page")
        if len(self.tokens) >= self.most:
            raise InvalidAnswer(f"the server's list {self.path} has no end: {self.most} pages were read")
        self.tokens.add(token)
        return token

    def bound(self, metadata: ListMeta | None, size: int) -> None:
        """Limit the number of pages by what the first page of a list announced. size: how many items a page has."""
        if len(self.tokens) == 1 and metadata and metadata.remaining_item_count is not None:
            # The API calls this number an estimate.
            self.most = min(MOST_PAGES, 2 * (metadata.remaining_item_count // max(1, size)) + 10)


class Memoized:
    """A job that several threads need and only one does. If it fails, it fails for all of them."""

    def __init__(self, job: Callable[[], Any]) -> None:
        self._job = job
        self._lock = threading.Lock()
        self._results: list[Any] = []

    def __call__(self) -> Any:
        """Do the job, or wait until it is done. Raises what the job raises."""
        with self._lock:
            if not self._results:
                try:
                    self._results.append(self._job())
                except C3sError as problem:
                    self._results.append(problem)
            if isinstance(self._results[0], C3sError):
                raise self._results[0]
            return self._results[0]

"""A thread that keeps a Memory up to date with a watch, and reports when it cannot."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterable, Iterator
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from c3s_cli.errors import ApiError, C3sError, InvalidAnswer, Silent
from c3s_cli.parallel import start_thread
from c3s_cli.sources.following.events import events

if TYPE_CHECKING:
    from c3s_cli.kube.cluster import Cluster
    from c3s_cli.kube.streaming import Stream
    from c3s_cli.sources.following.memory import Memory
    from c3s_cli.sources.source import Pairs

# timeoutSeconds of a watch: at least this, at most twice as much, as in client-go.
LASTING: Final = 300
# Servers send a bookmark about once a minute. Without an event for longer, the list can no longer be trusted, even if
# bytes arrive: gateways send blanks, parts of events, or other answers.
SILENCE: Final = 90.0
QUIET: Final = "no event came for too long"
# After a watch that lasted this long, in seconds, the next one may start without a pause.
STEADY: Final = 5.0
# The first and the longest pause, in seconds; each is twice the one before. The first retry has no pause.
FIRST: Final = 0.8
LONGEST: Final = 30.0
# How many characters of a server's message are shown.
LONGEST_WORDS: Final = 1000
# A list without news for this long, in seconds, is listed again.
OLD: Final = 60.0
# Statuses that mean that watching is refused: forbidden, not supported, no such resource.
REFUSALS: Final = (400, 403, 404, 405, 406, 415, 422, 501)
# How long `close` waits for the thread, which may still be connecting, in seconds.
PATIENCE: Final = 2.0


class End(Enum):
    """Why following has ended: the list is out of date and must be read again, or watching is refused."""

    LOST = auto()
    REFUSED = auto()


class Watched(Struct, frozen=True):
    """What to watch. name: such as "pods". accept: the media type of the objects."""

    name: str
    path: str
    query: Pairs
    accept: str


class Break(Struct, frozen=True):
    """Since when the watch is interrupted, and why. since: by time.monotonic()."""

    since: float
    problem: C3sError


class Follower:
    """Follows one list that was just read.

    broken: since when the watch is interrupted; end: why following has ended; had_event: whether there was any event.
    """

    def __init__(self, cluster: Cluster, watched: Watched, memory: Memory) -> None:
        self.broken: Break | None = None
        self.end: End | None = None
        self.had_event = False
        self._news = time.monotonic()
        self._cluster, self._watched, self._memory = cluster, watched, memory
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._stream: Stream | None = None
        self._thread = start_thread(self._run, f"c3s-follow-{watched.name}")
        if self._thread is None:
            self._say("cannot be watched, so they are listed at every reading: no thread can be started")
            self.end = End.REFUSED

    @property
    def silent(self) -> bool:
        """Whether no event has come for so long that the list can no longer be trusted."""
        return time.monotonic() - self._news >= SILENCE

    def close(self) -> None:
        """End the watch and wait for the thread, but not for a server that does not answer."""
        self.leave()
        if self._thread is not None:
            self._thread.join(PATIENCE)

    def leave(self) -> None:
        """Let the watch end, without waiting for it."""
        if self.silent and self.end is None:
            self._lose(QUIET)
        self._closed.set()
        with self._lock:
            stream = self._stream
        if stream is not None:
            stream.close()

    def _run(self) -> None:
        try:
            self._follow()
        except Exception as problem:  # noqa: BLE001  after any error the list must not be used any more
            self._lose(f"{type(problem).__name__}: {problem}")

    def _follow(self) -> None:
        """Watch repeatedly, each time from the last version, until following ends."""
        pause = 0.0
        while not self._closed.is_set():
            start = time.monotonic()
            server_pause: float | None = None
            try:
                self._watch()
            except (Silent, InvalidAnswer) as problem:
                return self._lose(str(problem))
            except ApiError as problem:
                if problem.status == 410:
                    return self._lose(str(problem))
                if problem.status in REFUSALS:
                    self._say(f"cannot be watched, so they are listed at every reading: {problem}")
                    self.end = End.REFUSED
                    return None
                server_pause = problem.retry_after
                self._break(problem)
            except C3sError as problem:
                self._break(problem)
            now = time.monotonic()
            if self.silent:
                return self._lose(QUIET)
            if self.broken is not None and now - self.broken.since >= OLD:
                return self._lose("nothing was received for too long")
            if now - start >= STEADY:
                pause = 0.0
            # Jitter, so that many watches do not reconnect at the same moment. A server may ask for a longer pause, but
            # no longer than the list may go without news.
            self._closed.wait(max(min(server_pause or 0.0, OLD), pause * random.uniform(0.5, 1.0)))  # noqa: S311  no secret
            pause = min(LONGEST, pause * 2 or FIRST)
        return None

    def _watch(self) -> None:
        """Watch once, until the stream ends."""
        lasting = str(random.randint(LASTING, 2 * LASTING))  # noqa: S311  no secret
        query = [
            *self._watched.query,
            ("watch", "1"),
            ("resourceVersion", self._memory.version),
            ("allowWatchBookmarks", "true"),
            ("timeoutSeconds", lasting),
        ]
        stream = self._cluster.stream(self._watched.path, query, accept=self._watched.accept, silence=SILENCE)
        with self._lock:
            self._stream = stream
        self.broken = None
        if self._closed.is_set():
            # `close` ran before it could see this stream.
            stream.close()
        chunks = stream.chunks()
        try:
            for event in events(self._while_heard(chunks)):
                self._memory.apply(event)
                self._news, self.had_event = time.monotonic(), True
        except ApiError as problem:
            raise self._harmless(problem) from None
        finally:
            chunks.close()
            with self._lock:
                self._stream = None

    def _while_heard(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield chunks as long as they bring events. Silent if they do not."""
        for chunk in chunks:
            if self.silent:
                raise Silent(QUIET)
            yield chunk

    def _harmless(self, problem: ApiError) -> ApiError:
        """Return the server's error from the stream as one short line without credentials."""
        words = [self._cluster.secrets.hidden(each) for each in (problem.reason, problem.detail)]
        reason, detail = ("; ".join(each.split("\n"))[:LONGEST_WORDS] for each in words)
        return ApiError(problem.status, reason, detail, retry_after=problem.retry_after)

    def _break(self, problem: C3sError) -> None:
        if self.broken is None:
            self._say(f"watch interrupted: {problem}")
        self.broken = Break(self.broken.since if self.broken else time.monotonic(), problem)

    def _lose(self, why: str) -> None:
        self._say(f"must be listed again: {why}")
        self.end = End.LOST

    def _say(self, words: str) -> None:
        if not self._closed.is_set():
            self._cluster.trace(f"{self._watched.name} {words.partition(chr(10))[0]}")

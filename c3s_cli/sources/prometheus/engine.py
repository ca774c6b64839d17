"""The HTTP API of Prometheus and compatible servers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, Protocol, TypeVar

from msgspec import Struct, field

from c3s_cli.errors import ApiError, C3sError, InvalidAnswer, QueryFailed, TimedOut, TooLarge
from c3s_cli.kube.secrets import Secrets
from c3s_cli.parallel import in_parallel
from c3s_cli.sources.calls import Calls, Memoized
from c3s_cli.sources.decode.shapes import Body
from c3s_cli.sources.prometheus import promql
from c3s_cli.sources.prometheus.decoding import Matrix, Vector, clock_of, matrix_of, vector_of
from c3s_cli.sources.prometheus.discovery import Candidate
from c3s_cli.sources.prometheus.refusals import MOST_WORDS, SLOWER, query_error

# Queries in parallel. Each may keep a core of the server busy for seconds.
AT_ONCE: Final = 4
# How many of a server's warnings are kept.
MOST_WARNINGS: Final = 10
# The end of the year 9999, the last that datetime supports.
LATEST: Final = 253_402_300_800
# How often a query is split before any part succeeds: after that, its size is not the reason.
MOST_SPLITS: Final = 40


class Piece(Protocol):
    """A part of a question, which may turn out to be too large for one query."""

    def halves(self) -> Sequence[Piece]:
        """Return two smaller pieces; nothing if it cannot be split."""


P = TypeVar("P", bound=Piece)
A = TypeVar("A")
Fields = Sequence[tuple[str, str]]


class Engine(Struct):
    """One reading of a server.

    service: that of the cluster, None for a server at a URL. headers: of every query to a service. warnings: those of
    its answers. remarks: what to say about the series that were used. at_once: how many queries to send in parallel.
    now: returns the server's time, in whole seconds since 1970; InvalidAnswer if it does not report one.
    """

    calls: Calls
    service: Candidate | None = None
    headers: Fields = ()
    warnings: dict[str, None] = field(default_factory=dict)
    remarks: dict[str, None] = field(default_factory=dict)
    may_post: bool = True
    lock: threading.Lock = field(default_factory=threading.Lock)
    at_once: int = AT_ONCE
    slots: threading.Semaphore = field(default_factory=threading.Semaphore)
    now: Callable[[], float] = float
    clock: Callable[[], tuple[Vector, bool]] = tuple  # type: ignore[assignment]

    @property
    def _secrets(self) -> Secrets:
        return self.calls.cluster.secrets

    def vector(self, query: str, time: float | None = None) -> Vector:
        """Query the value of an expression at a time, or now. QueryFailed if the server refuses the query."""
        moment = [("time", f"{time:.3f}")] if time is not None else []
        return self._answer("query", [("query", query), *moment], vector_of)

    def samples(self, query: str, time: float) -> Matrix:
        """Query the raw samples that a selector such as `name{…}[5m]` has at a time. Raises what `vector` raises."""
        return self._answer("query", [("query", query), ("time", f"{time:.3f}")], self._matrix_of)

    def by_container(self, query: str, time: float) -> dict[promql.Who, float]:
        """Query as `vector` does; return the values by namespace, pod and container."""
        return {promql.who(labels): number for labels, number in self.vector(query, time)}

    def points(self, query: str, start: float, end: float, step: int) -> Matrix:
        """Query the values of an expression over a range. Raises what `vector` raises."""
        bounds = [("start", f"{start:.3f}"), ("end", f"{end:.3f}"), ("step", f"{step}")]
        # VictoriaMetrics moves the points to multiples of the step unless its cache is not used.
        matrix = self._answer("query_range", [("query", query), *bounds, ("nocache", "1")], self._matrix_of)
        # What is of another time is no answer, and its points are without end.
        return [each for each in matrix if start - step <= min(each[1].times) and max(each[1].times) <= end + step]

    def _matrix_of(self, body: Body) -> tuple[Matrix, list[str]]:
        return matrix_of(body, self._hurry)

    def _hurry(self) -> None:
        """Raise TimedOut if the time of the reading is over."""
        if not self.calls.cluster.seconds_left():
            raise TimedOut("timeout while decoding the answer")

    def _answer(self, path: str, fields: Fields, decode: Callable[[Body], tuple[A, list[str]]]) -> A:
        """Send a query, keep the server's warnings, and turn its errors into c3s's."""
        try:
            prefix = self.service.path if self.service else ""
            self.calls.cluster.detail(self._secrets.hidden(" ".join(f"{name}={value}" for name, value in fields)))
            with self.slots:
                body = self._send(f"{prefix}/api/v1/{path}", fields)
            result, warnings = decode(body)
        except ApiError as problem:
            raise query_error(problem, self.service) from problem
        except TooLarge as problem:
            # A smaller query may have a smaller answer.
            raise QueryFailed(problem.message, too_large=True) from problem
        except InvalidAnswer as problem:
            raise InvalidAnswer(
                self._secrets.hidden(problem.message),
                hint="--from needs the address of a Prometheus API, with its path prefix",
            ) from problem
        except TimedOut as problem:
            raise TimedOut(problem.message, hint=SLOWER) from problem
        with self.lock:
            for warning in warnings:
                if len(self.warnings) < MOST_WARNINGS:
                    self.warnings[self._secrets.hidden(warning)[:MOST_WORDS]] = None
        return result

    def _send(self, path: str, fields: Fields) -> Body:
        """Send a POST, or a GET if POST is forbidden: some proxies and roles allow only GET."""
        if self.may_post:
            try:
                return self.calls.post(path, fields, self.headers)
            except ApiError as problem:
                if problem.status not in (403, 405):
                    raise
                try:
                    body = self.calls.get(path, fields, headers=self.headers)
                except ApiError:
                    raise problem from None
                self.may_post = False
                return body
        return self.calls.get(path, fields, headers=self.headers)

    def extrapolates(self) -> bool:
        """Return whether the server extrapolates. VictoriaMetrics, which does not, has vectors instead of scalars."""
        return bool(self.clock()[1])

    def __post_init__(self) -> None:
        self.slots = threading.Semaphore(self.at_once)
        self.clock = Memoized(lambda: self._answer("query", [("query", "time()")], clock_of))
        self.now = Memoized(self._time)

    def _time(self) -> float:
        """Return the server's time, in whole seconds since 1970. InvalidAnswer if it does not report one."""
        result, _ = self.clock()
        if not result or not 0 < result[0][1] < LATEST:
            raise InvalidAnswer("the server does not report its time")
        return float(int(result[0][1]))

    def gather(self, pieces: Sequence[P], ask: Callable[[P], A]) -> tuple[list[tuple[P, A]], list[tuple[P, C3sError]]]:
        """Query each piece; return answers and failures. A piece that is too large is halved and asked again."""
        answers: list[tuple[P, A]] = []
        failures: list[tuple[P, C3sError]] = []
        left = list(pieces)
        splits = MOST_SPLITS + 2 * len(left)
        while left:
            jobs = {place: partial(ask, piece) for place, piece in enumerate(left)}
            again: list[P] = []
            for place, result in in_parallel(jobs, self.at_once).items():
                piece = left[place]
                if not isinstance(result, C3sError):
                    answers.append((piece, result))
                elif is_too_large(result) and (answers or splits > 0) and (halves := piece.halves()):
                    splits -= 1
                    again += halves  # type: ignore[arg-type]  # halves have the type of the piece
                else:
                    failures.append((piece, result))
            left = again
        return answers, failures


def is_too_large(problem: C3sError) -> bool:
    """Return whether a smaller query might succeed."""
    return isinstance(problem, QueryFailed) and problem.too_large

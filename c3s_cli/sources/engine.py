"""The HTTP API of a Prometheus, or of anything that speaks it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from msgspec import Struct, field

from c3s_cli.errors import ApiError, C3sError, InvalidAnswer, QueryFailed, TimedOut, TooLarge
from c3s_cli.sources.decode.prometheus import Points, Vector, points_of, vector_of
from c3s_cli.sources.requests import some_at_once

if TYPE_CHECKING:
    from c3s_cli.kube.secrets import Secrets
    from c3s_cli.sources.decode.shapes import Body
    from c3s_cli.sources.requests import Requests

# Each may keep a core of the server busy for seconds.
AT_ONCE: Final = 4
# What servers say of a query that takes more memory, series or samples than they allow.
TOO_LARGE: Final = re.compile(
    r"too many|too large|too big|exceed|larger than|limit|-search\.max|max[ _-]?(series|samples|chunks|fetched)",
    re.IGNORECASE,
)
SLOW: Final = re.compile(r"timed? ?out|deadline", re.IGNORECASE)
# Characters of what a server says that are shown: some quote the whole query.
MOST_WORDS: Final = 300
# Of a server's warnings: so many are kept.
MOST_WARNINGS: Final = 10
# The end of the year 9999, which is as far as a calendar goes.
LATEST: Final = 253_402_300_800
# How often a query is split before the first answer: what is never small enough has another reason.
PATIENCE: Final = 40
SLOWER: Final = "--step 1h looks at fewer points, --request-timeout waits longer"


class Piece(Protocol):
    """A part of what is asked for, that may turn out to be too large for one query."""

    def halves(self) -> Sequence[Piece]:
        """Return two smaller pieces; nothing if it cannot be split."""


P = TypeVar("P", bound=Piece)
A = TypeVar("A")
Fields = Sequence[tuple[str, str]]


class Engine(Struct):
    """One server. prefix: what stands before /api/v1. warnings: what it said of its answers. slots: who may ask now."""

    requests: Requests
    prefix: str = ""
    warnings: dict[str, None] = field(default_factory=dict)
    may_post: bool = True
    lock: threading.Lock = field(default_factory=threading.Lock)
    slots: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(AT_ONCE))

    @property
    def _secrets(self) -> Secrets:
        return self.requests.cluster.secrets

    def vector(self, query: str, time: float | None = None) -> Vector:
        """Ask for the value of an expression at a time, or now. QueryFailed if the server refuses the query."""
        moment = [("time", f"{time:.3f}")] if time is not None else []
        return self._answer("query", [("query", query), *moment], vector_of)

    def points(self, query: str, start: float, end: float, step: int) -> Points:
        """Ask for the values of an expression without labels at points a step apart. Raises as `vector`."""
        bounds = [("start", f"{start:.3f}"), ("end", f"{end:.3f}"), ("step", f"{step}")]
        return self._answer("query_range", [("query", query), *bounds], points_of)

    def _answer(self, path: str, fields: Fields, decode: Callable[[Body], tuple[A, list[str]]]) -> A:
        """Ask, keep what the server warns of, and say in c3s's words what went wrong."""
        try:
            with self.slots:
                body = self._send(f"{self.prefix}/api/v1/{path}", fields)
            found, warnings = decode(body)
        except ApiError as problem:
            raise _refused(problem, direct=not self.prefix) from problem
        except TooLarge as problem:
            # A smaller question may have a smaller answer.
            raise QueryFailed(problem.message, too_large=True) from problem
        except InvalidAnswer as problem:
            raise InvalidAnswer(
                self._secrets.hidden(problem.message),
                hint="--from takes the address of a Prometheus API, with its path prefix",
            ) from problem
        except TimedOut as problem:
            raise TimedOut(problem.message, hint=SLOWER) from problem
        with self.lock:
            for warning in warnings:
                if len(self.warnings) < MOST_WARNINGS:
                    self.warnings[self._secrets.hidden(warning)[:MOST_WORDS]] = None
        return found

    def _send(self, path: str, fields: Fields) -> Body:
        """POST; GET where only that is allowed: some proxies and some roles let nothing else through."""
        if self.may_post:
            try:
                return self.requests.post_form(path, fields)
            except ApiError as problem:
                if problem.status not in (403, 405):
                    raise
                try:
                    body = self.requests.get(path, fields)
                except ApiError:
                    raise problem from None
                self.may_post = False
                return body
        return self.requests.get(path, fields)

    def now(self) -> float:
        """Return the server's time, in whole seconds since 1970. InvalidAnswer if it tells none."""
        found = self.vector("time()")
        if not found or not 0 < found[0][1] < LATEST:
            raise InvalidAnswer("the server does not tell its time")
        return float(int(found[0][1]))

    def gather(self, pieces: Sequence[P], ask: Callable[[P], A]) -> tuple[list[tuple[P, A]], list[tuple[P, C3sError]]]:
        """Ask for each piece, and give the answers and the failures. What is too large is asked in halves."""
        answers: list[tuple[P, A]] = []
        failures: list[tuple[P, C3sError]] = []
        left = list(pieces)
        patience = PATIENCE + 2 * len(left)
        while left:
            jobs = {place: partial(ask, piece) for place, piece in enumerate(left)}
            again: list[P] = []
            for place, result in some_at_once(jobs, AT_ONCE).items():
                piece = left[place]
                if not isinstance(result, C3sError):
                    answers.append((piece, result))
                elif is_too_large(result) and (answers or patience > 0) and (halves := piece.halves()):
                    patience -= 1
                    again += halves  # type: ignore[arg-type]  # halves of a piece are of its kind
                else:
                    failures.append((piece, result))
            left = again
        return answers, failures


def _hint(problem: ApiError) -> str | None:
    """Say what to do if there is no such service, or nothing behind it; a Prometheus behind it answers otherwise."""
    if problem.status == 404 and problem.detail.endswith(" not found"):
        return "--from prometheus:NAMESPACE/SERVICE:PORT takes a service of the cluster: kubectl get services -A"
    if problem.status in (502, 503) and problem.reason in ("ServiceUnavailable", "BadGateway"):
        return "kubectl get endpointslices -A tells what is behind the service"
    return None


def is_too_large(problem: C3sError) -> bool:
    """Whether less would have been answered."""
    return isinstance(problem, QueryFailed) and problem.too_large


def _refused(problem: ApiError, *, direct: bool) -> C3sError:
    """Say why a query came to nothing. direct: whether no API server is in between."""
    words = problem.detail if len(problem.detail) < MOST_WORDS else f"… {problem.detail[-MOST_WORDS:]}"
    if direct and problem.status in (401, 403):
        return QueryFailed(
            f"the server does not accept the credentials ({problem.status})",
            hint="set credentials with --prometheus-token-file, --prometheus-user or --prometheus-header",
        )
    if not direct and (hint := _hint(problem)):
        problem.hint = hint
        return problem
    if direct and 300 <= problem.status < 400:
        return QueryFailed(f"the server redirects ({problem.status})", hint="give --from the address it redirects to")
    if (
        problem.status in (400, 413, 422, 503, 500)
        and TOO_LARGE.search(problem.detail)
        and not SLOW.search(problem.detail)
    ):
        return QueryFailed(f"the query is too large for the server: {words}", hint=SLOWER, too_large=True)
    if problem.reason in ("timeout", "canceled") or (problem.status in (422, 503, 504) and SLOW.search(problem.detail)):
        return QueryFailed(f"the query took the server too long: {words}", hint=SLOWER)
    if problem.reason in ("bad_data", "execution", "internal", "422", "400"):
        return QueryFailed(f"the server refused the query: {words}")
    if problem.status == 404:
        return QueryFailed(
            "there is no Prometheus API at this address (404)",
            hint="a path prefix belongs to the address, such as /prometheus or /select/0/prometheus",
        )
    return problem

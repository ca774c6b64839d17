"""Contexts → Cluster.get(path): raw answers of an API server, through the official client.

The client handles credentials, TLS and connections. Where kubectl behaves differently (redirects, retries, timeouts,
impersonation), this module follows kubectl. One deadline limits everything that a reading waits for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote, urlencode

from c3s_cli import __version__
from c3s_cli.errors import ApiError, C3sError, UsageError
from c3s_cli.kube.access import Access, access_of, label_of
from c3s_cli.kube.answers import Answer, Document, Question, check, date_of, unreachable
from c3s_cli.kube.bodies import body_of
from c3s_cli.kube.credentials import is_loopback
from c3s_cli.kube.deadline import Deadline
from c3s_cli.kube.headers import impersonation
from c3s_cli.kube.plugins import Plugins
from c3s_cli.kube.secrets import Secrets
from c3s_cli.kube.session import Session
from c3s_cli.request.target import Target

if TYPE_CHECKING:
    from c3s_cli.kube.streaming import Stream

Result = TypeVar("Result")
PAUSES: Final = 10
BODIES: Final = 8


def segment(name: str, what: str = "resource name") -> str:
    """Quote a name as one path segment. UsageError, in kubectl's words, for a name that would change the path."""
    faults = [f"may not be '{name}'"] if name in (".", "..") else [f"may not contain '{x}'" for x in "/%" if x in name]
    if faults:
        raise UsageError(f'invalid {what} "{name}": [{" ".join(faults)}]')
    return quote(name, safe="", errors="surrogateescape")


def connect(
    target: Target,
    access: Access | None = None,
    *,
    trace: Callable[[str], None] | None = None,
    connections: int = 1,
    plugins: Plugins | None = None,
    deadline: Deadline | None = None,
) -> Cluster:
    """Prepare to read a cluster with some connections. Nothing is sent yet, but an exec plugin may run.

    access: None for the current context. plugins: shared by clusters that may use the same login. deadline: that of all
    clusters. Raises ConfigError for invalid files, flags or credentials, Unreachable if a plugin returns none.
    """
    deadline = deadline.of_one() if deadline else Deadline(target.request_timeout)
    access = access or access_of(target, deadline=deadline)
    return Cluster(access, target, deadline, (plugins or Plugins()).loader(access, deadline), trace, connections)


class Cluster:
    """One API server, read with one identity. Several threads may `get` at once.

    context: its name. namespace: the default namespace. notes: remarks about the connection for stderr. connections:
    how many to open early.
    """

    def __init__(
        self,
        access: Access,
        target: Target,
        deadline: Deadline,
        load: Callable[[], Access],
        trace: Callable[[str], None] | None,
        connections: int = 0,
    ) -> None:
        self.context = label_of(target, access)
        self.namespace = access.namespace or "default"
        self.server = access.server
        self.cluster_name = access.cluster_name
        self.user_name = str(access.user.get("as") or access.user_name)
        self.notes: tuple[str, ...] = ()
        self.trace = trace or (lambda _line: None)
        # As kubectl: from this level on, what is asked for is logged, too.
        self.detail = self.trace if target.verbosity >= BODIES else (lambda _line: None)
        self._access = access
        self._deadline = deadline
        self._read_before = False
        self._headers = self._standing_headers(target)
        if access.secure and access.cluster.get("insecure-skip-tls-verify"):
            self.notes = (f"warning: the certificate of {access.server} is not verified",)
        self._session = Session(access, load, self._headers, deadline, self.trace, connections)

    def _standing_headers(self, target: Target) -> list[tuple[str, str]]:
        headers = [("User-Agent", f"c3s/{__version__}")]
        unwanted = target.disable_compression or self._access.cluster.get("disable-compression")
        # Compression helps on a network, not within one machine.
        if not unwanted and not is_loopback(self.server):
            headers.append(("Accept-Encoding", "gzip"))
        return headers + impersonation(self._access.user)

    @property
    def secrets(self) -> Secrets:
        """The credentials that are sent, to hide them in the server's messages."""
        return self._session.secrets

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def begin_reading(self) -> None:
        """Restart the deadline for a reading. The first reading began with the connection."""
        if self._read_before:
            self._deadline.renew()
        self._read_before = True

    def seconds_left(self) -> float:
        """Return the seconds left for this reading, infinity without a limit."""
        try:
            return self._deadline.left()
        except TimeoutError:
            return 0.0

    def get(
        self,
        path: str,
        query: Sequence[tuple[str, str]] = (),
        *,
        accept: str = "application/json",
        headers: Sequence[tuple[str, str]] = (),
    ) -> Answer:
        """GET one path and return the whole answer. Raises ApiError, Unreachable or InvalidAnswer.

        A request on a closed connection is sent once more. If the server asks for a pause (Retry-After) within the
        deadline, c3s waits. On 401 the credentials are reloaded once, since plugins and token files rotate.
        """
        return self._answer(Question(self._url(path, query), path, accept, None, headers))

    def post(self, path: str, document: Document, headers: Sequence[tuple[str, str]] = ()) -> Answer:
        """POST a question, which changes nothing and may be sent twice; return the whole answer. Raises like `get`.

        document: JSON such as a SelfSubjectAccessReview, or the fields of a form, which may be too long for a URL.
        """
        if not isinstance(document, Mapping):
            # A query over weeks may take longer than c3s would wait for a list.
            self._deadline.drop_silence_limit()
        return self._answer(Question(self._url(path, ()), path, "application/json", document, headers))

    def _answer(self, question: Question) -> Answer:
        return self._session.renewing(partial(self._patiently, question))

    def stream(self, path: str, query: Sequence[tuple[str, str]], *, accept: str, silence: float) -> Stream:
        """GET one path as a stream; return it once the answer has begun. Raises like `get`.

        silence: how many seconds may pass without a byte of it.
        """
        from c3s_cli.kube.streaming import Stream  # only a watch that follows needs it

        url = self._url(path, query)

        def opened() -> Stream:
            # A stream outlives readings and their deadlines.
            deadline = self._deadline.of_stream()
            question = Question(url, path, accept)
            send = partial(self._send, question=question, deadline=deadline, encoded=False)
            stream = Stream(self._session.client(deadline, []), send, question, silence, self.trace, self.secrets)
            deadline.allow_silence(silence)
            return stream

        return self._session.renewing(opened)

    def _url(self, path: str, query: Sequence[tuple[str, str]]) -> str:
        return f"{self.server}{path}" + ("?" + urlencode(query, errors="surrogateescape") if query else "")

    def _sent(self, url: str) -> str:
        """Return the URL to send for one that is shown."""
        return url

    def _patiently(self, question: Question) -> Answer:
        """Send one request; again after each short pause that the server asks for and the deadline allows."""
        for _ in range(PAUSES):
            try:
                return self._once(question)
            except ApiError as problem:
                pause = problem.retry_after
                if problem.status not in (429, 503) or pause is None or not self._deadline.allows(pause):
                    raise
                self.trace(f"the server asks for a pause of {pause:g} s")
                time.sleep(pause)
        return self._once(question)

    def _once(self, question: Question) -> Answer:
        """Send one request and check the answer."""
        start = time.monotonic()
        method, url = question.method, question.url
        try:
            response, body = self._exchange(question)
        except C3sError:
            self.trace(f"{method} {url} failed in {(time.monotonic() - start) * 1000:.0f} ms")
            raise
        spent = (time.monotonic() - start) * 1000
        reason = self.secrets.hidden(response.reason or "")
        self.trace(f"{method} {url} {response.status} {reason} in {spent:.0f} ms, {len(body)} bytes")
        check(response, body, question, self.secrets)
        return Answer(body, date_of(response.headers.get("Date")))

    def _exchange(self, question: Question) -> tuple[Any, bytes | bytearray]:
        """Send one request and read its answer to the end; once more if the connection broke."""
        import urllib3

        for last_try in (False, True):
            try:
                with self._session.borrowed() as client:
                    response = self._send(client, question, self._deadline)
                    kind = response.headers.get("Content-Type", "")
                    wanted = response.status == 200 and question.accept.rpartition("/")[2] in kind
                    return response, body_of(response, self._deadline, wanted=wanted)
            except (C3sError, MemoryError, ImportError):
                raise
            except Exception as problem:  # noqa: BLE001  no traceback, whatever the client raises
                cause = getattr(problem, "reason", None) or problem
                if last_try or not isinstance(cause, urllib3.exceptions.ProtocolError):
                    raise unreachable(problem, self.server) from None
        raise AssertionError

    def _send(self, client: Any, question: Question, deadline: Deadline, *, encoded: bool = True) -> Any:
        import urllib3

        document = question.document
        form = None if isinstance(document, Mapping) else document
        headers = urllib3.HTTPHeaderDict([*self._headers, *question.headers, ("Accept", question.accept)])
        if not encoded:
            headers.discard("Accept-Encoding")
        if self._session.authorization:
            headers["Authorization"] = self._session.authorization
        wait = deadline.wait()
        if document is not None:
            headers["Content-Type"] = "application/json" if form is None else "application/x-www-form-urlencoded"
        return client.request(
            question.method,
            self._sent(question.url),
            headers=headers,
            body=document if form is None else None,
            post_params=form,
            _request_timeout=wait and (wait, wait),
        ).response

"""Contexts → Cluster.get(path): raw answers of an API server, through the official client.

The client brings the credentials, TLS and the connections; what kubectl does otherwise (redirects, retries, timeouts,
impersonation) is set right here.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final
from urllib.parse import quote, urlencode

from c3s_cli import __version__
from c3s_cli.errors import ApiError, C3sError, ConfigError, InvalidAnswer, Unreachable, UsageError
from c3s_cli.kube.access import Access, in_cluster, resolve
from c3s_cli.kube.answers import Answer, error_of, unreachable
from c3s_cli.kube.client_import import incluster_loader, rest_client
from c3s_cli.kube.credentials import configuration_of
from c3s_cli.kube.dial import Dial, dial, pools
from c3s_cli.kube.headers import impersonation, sendable
from c3s_cli.kube.kubeconfig import missing
from c3s_cli.kube.proxies import is_loopback, proxy_of
from c3s_cli.kube.tls import tls_context
from c3s_cli.request.target import Target

# c3s's own bounds where --request-timeout gives none, in seconds.
SILENCE: Final = 10.0
TOTAL: Final = 300.0
LARGEST: Final = 512 << 20
CHUNK: Final = 1 << 20
Form = Sequence[tuple[str, str]]
PAUSES: Final = 10
NO_CLUSTER: Final = (
    "no cluster to read: there is no kubeconfig (--kubeconfig, $KUBECONFIG, ~/.kube/config), no service account "
    "of a pod, and no --server"
)


def segment(name: str, what: str = "resource name") -> str:
    """Quote a name as one segment of a path. UsageError, as kubectl says it, for one that might lead elsewhere."""
    faults = [f"may not be '{name}'"] if name in (".", "..") else [f"may not contain '{x}'" for x in "/%" if x in name]
    if faults:
        raise UsageError(f'invalid {what} "{name}": [{" ".join(faults)}]')
    return quote(name, safe="", errors="surrogateescape")


def connect(
    target: Target, context: str | None = None, *, trace: Callable[[str], None] | None = None, connections: int = 1
) -> Cluster:
    """Make ready to read a cluster with as many connections; nothing is sent yet, but an exec plugin may run.

    Raises ConfigError for whatever is wrong with files, flags or credentials, Unreachable if a plugin gives none.
    """
    access = resolve(target, context, os.environ, partial(_pod, target))
    if access is None:
        if unread := missing(os.environ):
            raise ConfigError(
                f"$KUBECONFIG: no such file: {', '.join(unread)}", hint="unset KUBECONFIG reads ~/.kube/config"
            )
        raise ConfigError(NO_CLUSTER, hint="c3s top nodes --demo shows a built-in cluster")
    timeout = SILENCE if target.request_timeout is None else target.request_timeout or None
    dials = [] if proxy_of(access) else dial(access.server, connections, timeout)
    try:
        return Cluster(access, target, partial(configuration_of, access), dials, trace)
    except BaseException:
        for begun in dials:
            begun.close()
        raise


def _pod(target: Target) -> Access | None:
    """Find the service account of the pod that this runs in, where the client knows it to be."""
    if not os.environ.get("KUBERNETES_SERVICE_HOST"):
        return None
    loader = incluster_loader()
    return in_cluster(target, os.environ, loader.SERVICE_TOKEN_FILENAME, loader.SERVICE_CERT_FILENAME)


class Cluster:
    """One API server, read with one identity. Several threads may `get` at once.

    context: what to call it. namespace: where a name without one lives. notes: what stderr should say of the
    connection. engine: the server that tells its usage, where that is another one.
    """

    def __init__(
        self,
        access: Access,
        target: Target,
        load: Callable[[], Any],
        dials: list[Dial],
        trace: Callable[[str], None] | None,
    ) -> None:
        self.context = "demo" if target.demo else access.name
        self.namespace = access.namespace or "default"
        self.server = access.server
        self.cluster_name = access.cluster_name
        self.user_name = str(access.user.get("as") or access.user_name)
        self.notes: tuple[str, ...] = ()
        self.engine: Cluster | None = None
        self._access = access
        self._timeout = target.request_timeout
        self._load = load
        self._dials = dials
        self._trace = trace or (lambda _line: None)
        self._lock = threading.Lock()
        self._generation = 0
        self._idle: list[Any] = []
        self._headers = self._standing_headers(target)
        if access.secure and access.cluster.get("insecure-skip-tls-verify"):
            self.notes = (f"warning: the certificate of {access.server} is not verified",)
        self._open()

    def _standing_headers(self, target: Target) -> list[tuple[str, str]]:
        headers = [("User-Agent", f"c3s/{__version__}")]
        unwanted = target.disable_compression or self._access.cluster.get("disable-compression")
        # Compression pays where a network lies between, not inside one machine.
        if not unwanted and not is_loopback(self.server):
            headers.append(("Accept-Encoding", "gzip"))
        return headers + impersonation(self._access.user)

    def _open(self) -> None:
        """Load the credentials, and be ready to connect with them."""
        import urllib3

        self._configuration = self._load()
        token = self._configuration.api_key.get("BearerToken") if self._access.secure else None
        self._authorization = sendable("Authorization", token) if token else None
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self._pools = pools(self._dials) if self._dials else None
        self._context = tls_context(self._configuration, self._access, self.server) if self._access.secure else None
        self._idle = [self._client()]

    def _client(self) -> Any:
        """Make one of the official REST clients, for one thread at a time.

        They share one TLS context that is complete: urllib3 would otherwise load the certificates into it for every
        connection, which takes up to 36 ms, and crashes OpenSSL while another thread is in a handshake.
        """
        configuration = self._configuration
        _, rest_class = rest_client()
        try:
            client = rest_class(configuration)
        except Exception as problem:  # noqa: BLE001  whatever the client stumbles over: a broken proxy URL, for one
            raise ConfigError(f"the connection cannot be set up: {type(problem).__name__}") from None
        if self._context is not None:
            settings = client.pool_manager.connection_pool_kw
            settings |= {"ssl_context": self._context, "ca_certs": None, "cert_file": None, "key_file": None}
        if self._pools:
            client.pool_manager.pool_classes_by_scheme = self._pools
        return client

    @contextmanager
    def _borrowed(self) -> Iterator[Any]:
        """Lend a client that no other thread uses; its connection stays open for the next one."""
        with self._lock:
            generation = self._generation
            client = self._idle.pop() if self._idle else None
        client = client or self._client()
        try:
            yield client
        finally:
            with self._lock:
                if generation == self._generation:
                    self._idle.append(client)

    def close(self) -> None:
        """Close the connections."""
        for client in self._idle:
            client.close()
        for left in self._dials:
            left.close()

    def get(self, path: str, query: Sequence[tuple[str, str]] = (), *, accept: str = "application/json") -> Answer:
        """GET one path; give the whole answer. Raises ApiError, Unreachable or InvalidAnswer.

        A connection that was closed meanwhile is tried once more; a server that asks for a pause is given it if
        it fits the time; a refused credential is read anew once, since plugins and token files go on.
        """
        return self._answer(path, query, accept)

    def post_form(self, path: str, fields: Sequence[tuple[str, str]]) -> Answer:
        """POST a question that is too long for an address, as a form; give the whole answer. Raises as `get`.

        Only for questions, which change nothing: one may be sent twice.
        """
        return self._answer(path, (), "application/json", fields)

    def _answer(self, path: str, query: Sequence[tuple[str, str]], accept: str, form: Form | None = None) -> Answer:
        url = f"{self.server}{path}" + ("?" + urlencode(query, errors="surrogateescape") if query else "")
        deadline = time.monotonic() + (TOTAL if self._timeout is None else self._timeout or float("inf"))
        generation, renewed, paused = self._generation, False, 0
        while True:
            try:
                return self._once(url, path, accept, deadline, form)
            except ApiError as problem:
                if problem.status == 401 and not renewed and self._access.secure:
                    self._renew(generation)
                    renewed = True
                elif paused < PAUSES and _may_pause(problem, deadline):
                    self._trace(f"the server asks for a pause of {problem.retry_after:g} s")
                    time.sleep(problem.retry_after or 0)
                    paused += 1
                else:
                    raise

    def _renew(self, generation: int) -> None:
        """Load the credentials again, once for all threads that were refused with the old ones."""
        with self._lock:
            if self._generation == generation:
                self._generation += 1
                self._open()

    def _once(self, url: str, path: str, accept: str, deadline: float, form: Form | None) -> Answer:
        """Send one request, and judge its answer."""
        begun = time.monotonic()
        method = "GET" if form is None else "POST"
        try:
            response, body = self._exchange(url, accept, deadline, form)
        except C3sError:
            self._trace(f"{method} {url} failed in {(time.monotonic() - begun) * 1000:.0f} ms")
            raise
        spent = (time.monotonic() - begun) * 1000
        self._trace(f"{method} {url} {response.status} {response.reason or ''} in {spent:.0f} ms, {len(body)} bytes")
        content_type = response.headers.get("Content-Type", "")
        if response.status != 200:
            raise error_of(response.status, response.headers, bytes(body), path)
        if accept.rpartition("/")[2] not in content_type:
            kind = content_type.split(";", 1)[0] or "something unnamed"
            wanted = "JSON" if accept.endswith("json") else accept
            raise InvalidAnswer(
                f"the server sent {kind}, not {wanted}", hint="is that an API server, or a login page or proxy?"
            )
        return Answer(body, content_type, _date(response.headers.get("Date")))

    def _exchange(self, url: str, accept: str, deadline: float, form: Form | None) -> tuple[Any, bytes | bytearray]:
        """Send one request and read its answer to the end; once more if the connection broke."""
        import urllib3

        last_try = False
        while True:
            try:
                with self._borrowed() as client:
                    response = self._send(client, url, accept, deadline, form)
                    return response, _body(response, deadline)
            except C3sError:
                raise
            except urllib3.exceptions.HTTPError as problem:
                cause = getattr(problem, "reason", None) or problem
                broken = isinstance(cause, urllib3.exceptions.ProtocolError)
                if last_try or not broken or time.monotonic() >= deadline:
                    raise unreachable(problem, self.server) from None
                last_try = True
            except Exception as problem:  # noqa: BLE001  no traceback, whatever the client stumbles over
                raise unreachable(problem, self.server) from None

    def _send(self, client: Any, url: str, accept: str, deadline: float, form: Form | None) -> Any:
        import urllib3

        headers = urllib3.HTTPHeaderDict([*self._headers, ("Accept", accept)])
        if self._authorization:
            headers["Authorization"] = self._authorization
        left = max(0.001, deadline - time.monotonic())
        # A query over weeks may take a server longer than c3s would wait for a list.
        silence = left if self._timeout or form is not None else SILENCE
        bound = None if self._timeout == 0 else (min(left, silence), min(left, silence))
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            return client.request("POST", url, headers=headers, post_params=form, _request_timeout=bound).response
        return client.request("GET", url, headers=headers, _request_timeout=bound).response


def _may_pause(problem: ApiError, deadline: float) -> bool:
    """Whether the server asks for a pause that is worth it: short, and over before the deadline."""
    pause = problem.retry_after
    if problem.status not in (429, 503) or pause is None:
        return False
    return pause < SILENCE and time.monotonic() + pause < deadline


def _body(response: Any, deadline: float) -> bytes | bytearray:
    """Read an answer to its end, inflated; give up at the deadline or above the largest size."""
    body = bytearray()
    while chunk := _next(response, deadline):
        body += chunk
        if len(body) > LARGEST:
            response.close()
            raise InvalidAnswer(f"the server's answer is larger than {LARGEST >> 20} MiB")
        if time.monotonic() > deadline:
            response.close()
            raise Unreachable("Unable to connect to the server: the answer took too long (timeout)")
    response.release_conn()
    return body


def _next(response: Any, deadline: float) -> bytes:
    """Wait for more of an answer, but not beyond the deadline."""
    socket = getattr(response.connection, "sock", None)
    left = max(0.001, deadline - time.monotonic())
    if socket is not None and left < (socket.gettimeout() or 0):
        socket.settimeout(left)
    chunk: bytes = response.read1(CHUNK, decode_content=True)
    return chunk


def _date(text: str | None) -> datetime | None:
    from email.utils import parsedate_to_datetime  # http.client has it by now

    try:
        date = parsedate_to_datetime(text) if text else None
        # "-0000" is a time of no zone, which only UTC can mean.
        return date and (date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None

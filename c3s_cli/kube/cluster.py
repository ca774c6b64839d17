"""Contexts → Cluster.get(path): raw answers of an API server, through the official client.

The client brings the credentials, TLS and the connections; what kubectl does otherwise (redirects, retries, timeouts,
impersonation) is set right here. One deadline bounds all that a reading waits for.
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
from c3s_cli.errors import ApiError, C3sError, ConfigError, InvalidAnswer, UsageError
from c3s_cli.kube.access import Access, in_cluster, resolve
from c3s_cli.kube.answers import Answer, error_of, unreachable
from c3s_cli.kube.client_import import incluster_loader, rest_client
from c3s_cli.kube.connections import bounded
from c3s_cli.kube.credentials import configuration_of
from c3s_cli.kube.deadline import Deadline
from c3s_cli.kube.dial import Dial, dial
from c3s_cli.kube.headers import impersonation, sendable
from c3s_cli.kube.kubeconfig import missing
from c3s_cli.kube.proxies import is_loopback, proxy_of
from c3s_cli.kube.tls import tls_context
from c3s_cli.request.target import Target

# The usage of 150,000 pods, which comes in one answer, is 150 MB with three containers and some labels in each.
LARGEST: Final = 256 << 20
# What is not shown whole anyway: the body of an error, or of something that is no JSON.
LARGEST_ERROR: Final = 1 << 20
CHUNK: Final = 1 << 20
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
    deadline = Deadline(target.request_timeout)
    access = resolve(target, context, os.environ, deadline, partial(_pod, target))
    if access is None:
        if unread := missing(os.environ):
            raise ConfigError(
                f"$KUBECONFIG: no such file: {', '.join(unread)}", hint="unset KUBECONFIG reads ~/.kube/config"
            )
        raise ConfigError(NO_CLUSTER, hint="c3s top nodes --demo shows a built-in cluster")
    dials = [] if proxy_of(access) else dial(access.server, connections, deadline.wait())
    try:
        return Cluster(access, target, deadline, dials, trace)
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
    connection.
    """

    def __init__(
        self,
        access: Access,
        target: Target,
        deadline: Deadline,
        dials: list[Dial],
        trace: Callable[[str], None] | None,
    ) -> None:
        self.context = "demo" if target.demo else access.name
        self.namespace = access.namespace or "default"
        self.server = access.server
        self.cluster_name = access.cluster_name
        self.user_name = str(access.user.get("as") or access.user_name)
        self.notes: tuple[str, ...] = ()
        self._access = access
        self._deadline = deadline
        self._read_before = False
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

        self._configuration = configuration_of(self._access, self._deadline)
        token = self._configuration.api_key.get("BearerToken") if self._access.secure else None
        self._authorization = sendable("Authorization", token) if token else None
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self._pools: dict[str, type] = {}
        self._context = tls_context(self._configuration, self._access) if self._access.secure else None
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
        if not self._pools:
            self._pools = bounded(client.pool_manager.pool_classes_by_scheme, self._dials, self._deadline)
        client.pool_manager.pool_classes_by_scheme = self._pools
        # Not even looked at: urllib3 fails on a Location that is no URL, and leaves the connection open.
        client.pool_manager.urlopen = partial(client.pool_manager.urlopen, redirect=False)
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

    def begin_reading(self) -> None:
        """Give a reading its own time. The first one began when the cluster was connected to."""
        if self._read_before:
            self._deadline.renew()
        self._read_before = True

    def get(self, path: str, query: Sequence[tuple[str, str]] = (), *, accept: str = "application/json") -> Answer:
        """GET one path; give the whole answer. Raises ApiError, Unreachable or InvalidAnswer.

        A connection that was closed meanwhile is tried once more; a server that asks for a pause is given it if
        it fits the time; a refused credential is read anew once, since plugins and token files go on.
        """
        url = f"{self.server}{path}" + ("?" + urlencode(query, errors="surrogateescape") if query else "")
        generation, renewed, paused = self._generation, False, 0
        while True:
            try:
                return self._once(url, path, accept)
            except ApiError as problem:
                if problem.status == 401 and not renewed and self._access.secure:
                    self._renew(generation)
                    renewed = True
                elif paused < PAUSES and self._may_pause(problem):
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

    def _may_pause(self, problem: ApiError) -> bool:
        """Whether the server asks for a pause that is short, and over before the deadline."""
        pause = problem.retry_after
        return problem.status in (429, 503) and pause is not None and self._deadline.allows(pause)

    def _once(self, url: str, path: str, accept: str) -> Answer:
        """Send one request, and judge its answer."""
        begun = time.monotonic()
        try:
            response, body = self._exchange(url, accept)
        except C3sError:
            self._trace(f"GET {url} failed in {(time.monotonic() - begun) * 1000:.0f} ms")
            raise
        spent = (time.monotonic() - begun) * 1000
        self._trace(f"GET {url} {response.status} {response.reason or ''} in {spent:.0f} ms, {len(body)} bytes")
        content_type = response.headers.get("Content-Type", "")
        if response.status != 200:
            raise error_of(response.status, response.headers, bytes(body), path)
        if "json" not in content_type:
            kind = content_type.split(";", 1)[0] or "something unnamed"
            raise InvalidAnswer(
                f"the server sent {kind}, not JSON", hint="is that an API server, or a login page or proxy?"
            )
        return Answer(body, content_type, _date(response.headers.get("Date")))

    def _exchange(self, url: str, accept: str) -> tuple[Any, bytes | bytearray]:
        """Send one request and read its answer to the end; once more if the connection broke."""
        import urllib3

        last_try = False
        while True:
            try:
                with self._borrowed() as client:
                    response = self._send(client, url, accept)
                    return response, _body(response)
            except C3sError:
                raise
            except urllib3.exceptions.HTTPError as problem:
                cause = getattr(problem, "reason", None) or problem
                broken = isinstance(cause, urllib3.exceptions.ProtocolError)
                if last_try or not broken:
                    raise unreachable(problem, self.server) from None
                last_try = True
            except Exception as problem:  # noqa: BLE001  no traceback, whatever the client stumbles over
                raise unreachable(problem, self.server) from None

    def _send(self, client: Any, url: str, accept: str) -> Any:
        import urllib3

        headers = urllib3.HTTPHeaderDict([*self._headers, ("Accept", accept)])
        if self._authorization:
            headers["Authorization"] = self._authorization
        wait = self._deadline.wait()
        return client.request("GET", url, headers=headers, _request_timeout=wait and (wait, wait)).response


def _body(response: Any) -> bytes | bytearray:
    """Read an answer to its end, inflated in steps; give up above the largest size.

    The body of an error is cut there.
    """
    wanted = response.status == 200 and "json" in response.headers.get("Content-Type", "")
    largest = LARGEST if wanted else LARGEST_ERROR
    body = bytearray()
    while len(body) <= largest:
        chunk = response.read1(CHUNK, decode_content=True)
        if not chunk:
            response.release_conn()
            return body
        body += chunk
    # What is left of the answer would be taken for the next one.
    response.close()
    if wanted:
        raise InvalidAnswer(f"the server's answer is larger than {largest >> 20} MiB")
    return body


def _date(text: str | None) -> datetime | None:
    from email.utils import parsedate_to_datetime  # http.client has it by now

    try:
        date = parsedate_to_datetime(text) if text else None
        # "-0000" is a time of no zone, which only UTC can mean.
        return date and (date.astimezone(UTC) if date.tzinfo else date.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None

"""Contexts → Cluster.get(path): raw answers of an API server, through the official client.

The client brings the credentials, TLS and the connections; what kubectl does otherwise (redirects, retries, timeouts,
impersonation) is set right here. One deadline bounds all that a reading waits for.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote, urlencode

from c3s_cli import __version__
from c3s_cli.errors import ApiError, C3sError, ConfigError, InvalidAnswer, UsageError
from c3s_cli.kube.access import Access, in_cluster, resolve
from c3s_cli.kube.answers import Answer, date_of, error_of, unreachable
from c3s_cli.kube.client_import import incluster_loader, rest_client
from c3s_cli.kube.connections import bounded
from c3s_cli.kube.deadline import Deadline
from c3s_cli.kube.dial import Dial, dial
from c3s_cli.kube.headers import impersonation, sendable
from c3s_cli.kube.kubeconfig import Merged, missing
from c3s_cli.kube.plugins import Plugins
from c3s_cli.kube.proxies import is_loopback, proxy_of
from c3s_cli.kube.rotation import Rotation
from c3s_cli.kube.tls import tls_context
from c3s_cli.request.target import Target

if TYPE_CHECKING:
    from c3s_cli.kube.streaming import Stream

Result = TypeVar("Result")
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


def access_of(
    target: Target, context: str | None = None, merged: Merged | None = None, deadline: Deadline | None = None
) -> Access:
    """Return how to reach one context, None for the current one. ConfigError if that cannot be known.

    merged: the kubeconfig files, if they have been read.
    """
    deadline = deadline or Deadline(target.request_timeout)
    access = resolve(target, context, os.environ, deadline, partial(_pod, target), merged)
    if access is None:
        if unread := missing(os.environ):
            raise ConfigError(
                f"$KUBECONFIG: no such file: {', '.join(unread)}", hint="unset KUBECONFIG reads ~/.kube/config"
            )
        raise ConfigError(NO_CLUSTER, hint="c3s top nodes --demo shows a built-in cluster")
    return access


def connect(
    target: Target,
    access: Access | None = None,
    *,
    trace: Callable[[str], None] | None = None,
    connections: int = 1,
    plugins: Plugins | None = None,
) -> Cluster:
    """Make ready to read a cluster with as many connections; nothing is sent yet, but an exec plugin may run.

    access: None for that of the current context. plugins: shared by clusters that may log in alike. Raises ConfigError
    for whatever is wrong with files, flags or credentials, Unreachable if a plugin gives none.
    """
    deadline = Deadline(target.request_timeout)
    access = access or access_of(target, deadline=deadline)
    dials = [] if proxy_of(access) else dial(access.server, connections, deadline.wait())
    try:
        return Cluster(access, target, deadline, (plugins or Plugins()).loader(access, deadline), dials, trace)
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
    connection. ending: what `close` calls first, such as the end of a thread that reads a stream.
    """

    def __init__(
        self,
        access: Access,
        target: Target,
        deadline: Deadline,
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
        self.ending: list[Callable[[], None]] = []
        self.trace = trace or (lambda _line: None)
        self._access = access
        self._deadline = deadline
        self._load = load
        self._read_before = False
        self._dials = dials
        self._lock = threading.Lock()
        self._generation = 0
        self._idle: list[Any] = []
        self._headers = self._standing_headers(target)
        self._rotation = Rotation(access)
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
        """Load the credentials, and be ready to connect with them. If they cannot be used, the old ones stay."""
        import urllib3

        stamp = self._rotation.stamp()
        configuration = self._load()
        token = configuration.api_key.get("BearerToken") if self._access.secure else None
        authorization = sendable("Authorization", token) if token else None
        context = tls_context(configuration, self._access) if self._access.secure else None
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self._pools: dict[str, type] = {}
        self._configuration, self._authorization, self._context = configuration, authorization, context
        self._rotation.loaded(stamp)
        outdated, self._idle = self._idle, [self._client()]
        # A connection belongs to the certificate that it was opened with.
        for client in outdated:
            client.close()

    def _client(self, deadline: Deadline | None = None) -> Any:
        """Make one of the official REST clients, for one thread at a time. deadline: None for that of the readings.

        They share one TLS context that is complete: urllib3 would otherwise load the certificates into it for every
        connection, which takes up to 36 ms, and crashes OpenSSL while another thread is in a handshake.
        """
        configuration = self._configuration
        _, rest_class = rest_client()
        try:
            client = rest_class(configuration)
        except Exception as problem:  # noqa: BLE001  whatever the client stumbles over: a broken proxy URL, for one
            raise ConfigError(f"the connection cannot be set up: {type(problem).__name__}") from None
        # urllib3 reads where a redirect leads even if it must not follow it, and loses the connection if it cannot.
        client.pool_manager.urlopen = partial(client.pool_manager.urlopen, redirect=False)
        if self._context is not None:
            settings = client.pool_manager.connection_pool_kw
            settings |= {"ssl_context": self._context, "ca_certs": None, "cert_file": None, "key_file": None}
        plain = client.pool_manager.pool_classes_by_scheme
        if deadline is None and not self._pools:
            self._pools = bounded(plain, self._dials, self._deadline)
        client.pool_manager.pool_classes_by_scheme = bounded(plain, [], deadline) if deadline else self._pools
        return client

    @contextmanager
    def _own(self, deadline: Deadline) -> Iterator[Any]:
        """Make a client for one stream, with a deadline of its own."""
        client = self._client(deadline)
        try:
            yield client
        finally:
            client.close()

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
                current = generation == self._generation
                if current:
                    self._idle.append(client)
            if not current:
                client.close()

    def close(self) -> None:
        """Close the connections."""
        for end in self.ending:
            end()
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
        return self._answer(path, query, accept, None)

    def post(self, path: str, document: Mapping[str, Any]) -> Answer:
        """POST a question, such as a SelfSubjectAccessReview; give the whole answer. Raises as `get`.

        Only for questions, which change nothing: one may be sent twice.
        """
        return self._answer(path, (), "application/json", document)

    def _answer(
        self, path: str, query: Sequence[tuple[str, str]], accept: str, document: Mapping[str, Any] | None
    ) -> Answer:
        return self._renewing(partial(self._patiently, self._url(path, query), path, accept, document))

    def stream(self, path: str, query: Sequence[tuple[str, str]], *, accept: str, silence: float) -> Stream:
        """GET one path whose answer goes on, and give it once it has begun. Raises what `get` does.

        silence: how many seconds may pass without a byte of it.
        """
        from c3s_cli.kube.streaming import Stream  # only a watch that follows needs it

        url = self._url(path, query)

        def opened() -> Stream:
            # A stream outlives the readings, and so their deadlines.
            deadline = self._deadline.of_stream()
            send = partial(self._send, url=url, accept=accept, deadline=deadline, encoded=False)
            stream = Stream(self._own(deadline), send, url, silence, self.trace)
            deadline.allow_silence(silence)
            return stream

        return self._renewing(opened)

    def _url(self, path: str, query: Sequence[tuple[str, str]]) -> str:
        return f"{self.server}{path}" + ("?" + urlencode(query, errors="surrogateescape") if query else "")

    def _renewing(self, attempt: Callable[[], Result]) -> Result:
        """Do something with credentials; once more with newer ones if theirs seems to be the fault that it fails."""
        self._keep_fresh()
        generation = self._generation
        try:
            return attempt()
        except C3sError as problem:
            if not self._rotation.may_help(problem):
                raise
        self._renew(generation)
        return attempt()

    def _renew(self, generation: int) -> None:
        """Load the credentials again, once for all threads that were refused with the old ones."""
        with self._lock:
            if self._generation == generation:
                self._open()
                self._generation += 1

    def _keep_fresh(self) -> None:
        """Load the credentials again if their files have changed. Until the new ones can be used, the old ones stay."""
        if not self._rotation.due():
            return
        try:
            self._renew(self._generation)
        except C3sError as problem:
            self.trace(f"newer credentials cannot be used yet: {problem}")

    def _patiently(self, url: str, path: str, accept: str, document: Mapping[str, Any] | None) -> Answer:
        """Send one request; again after each pause that the server asks for."""
        for _ in range(PAUSES):
            try:
                return self._once(url, path, accept, document)
            except ApiError as problem:
                if not self._may_pause(problem):
                    raise
                self.trace(f"the server asks for a pause of {problem.retry_after:g} s")
                time.sleep(problem.retry_after or 0)
        return self._once(url, path, accept, document)

    def _may_pause(self, problem: ApiError) -> bool:
        """Whether the server asks for a pause that is short, and over before the deadline."""
        pause = problem.retry_after
        return problem.status in (429, 503) and pause is not None and self._deadline.allows(pause)

    def _once(self, url: str, path: str, accept: str, document: Mapping[str, Any] | None) -> Answer:
        """Send one request, and judge its answer."""
        begun = time.monotonic()
        method = "GET" if document is None else "POST"
        try:
            response, body = self._exchange(url, accept, document)
        except C3sError:
            self.trace(f"{method} {url} failed in {(time.monotonic() - begun) * 1000:.0f} ms")
            raise
        spent = (time.monotonic() - begun) * 1000
        self.trace(f"{method} {url} {response.status} {response.reason or ''} in {spent:.0f} ms, {len(body)} bytes")
        content_type = response.headers.get("Content-Type", "")
        if response.status != 200 and not (document and response.status == 201):
            raise error_of(response.status, response.headers, bytes(body), path)
        if "json" not in content_type:
            kind = content_type.split(";", 1)[0] or "something unnamed"
            raise InvalidAnswer(
                f"the server sent {kind}, not JSON", hint="is that an API server, or a login page or proxy?"
            )
        return Answer(body, content_type, date_of(response.headers.get("Date")))

    def _exchange(self, url: str, accept: str, document: Mapping[str, Any] | None) -> tuple[Any, bytes | bytearray]:
        """Send one request and read its answer to the end; once more if the connection broke."""
        import urllib3

        last_try = False
        while True:
            try:
                with self._borrowed() as client:
                    response = self._send(client, url, accept, self._deadline, document)
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

    def _send(
        self,
        client: Any,
        url: str,
        accept: str,
        deadline: Deadline,
        document: Mapping[str, Any] | None = None,
        *,
        encoded: bool = True,
    ) -> Any:
        import urllib3

        headers = urllib3.HTTPHeaderDict([*self._headers, ("Accept", accept)])
        if not encoded:
            headers.discard("Accept-Encoding")
        if self._authorization:
            headers["Authorization"] = self._authorization
        wait = deadline.wait()
        timeout = wait and (wait, wait)
        if document is not None:
            headers["Content-Type"] = "application/json"
            return client.request("POST", url, headers=headers, body=dict(document), _request_timeout=timeout).response
        return client.request("GET", url, headers=headers, _request_timeout=timeout).response


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

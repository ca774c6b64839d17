"""The credentials of one cluster, and the connections that use them.

Both are replaced together when a token file, a certificate or a plugin has newer credentials.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from c3s_cli.errors import C3sError, ConfigError
from c3s_cli.kube.access import Access
from c3s_cli.kube.client_import import rest_client
from c3s_cli.kube.connections import bounded
from c3s_cli.kube.deadline import Deadline
from c3s_cli.kube.dial import Dial
from c3s_cli.kube.headers import sendable
from c3s_cli.kube.rotation import Rotation
from c3s_cli.kube.secrets import Secrets
from c3s_cli.kube.tls import EarlyTls, tls_context

if TYPE_CHECKING:
    from ssl import SSLContext

Result = TypeVar("Result")


class Session:
    """One user on one server. Several threads may borrow connections at once.

    load: returns the official client's Configuration. headers: other headers of every request. authorization: the value
    of that header, if any. secrets: the credentials that are sent, to hide them in the server's messages. early: the
    TLS of the dials.
    """

    def __init__(
        self,
        access: Access,
        load: Callable[[], Any],
        headers: Sequence[tuple[str, str]],
        dials: list[Dial],
        deadline: Deadline,
        trace: Callable[[str], None],
        early: EarlyTls | None = None,
    ) -> None:
        self._early = early
        self._access = access
        self._load = load
        self._headers = headers
        self._dials = dials
        self._deadline = deadline
        self._trace = trace
        self._lock = threading.Lock()
        self._generation = 0
        self._idle: list[Any] = []
        self._rotation = Rotation(access)
        self._open()

    def _open(self) -> None:
        """Load the credentials and prepare to connect with them. If they cannot be used, keep the old ones."""
        stamp = self._rotation.stamp()
        configuration = self._load()
        import urllib3  # already imported with the client

        token = configuration.api_key.get("BearerToken") if self._access.secure else None
        authorization = sendable("Authorization", token) if token else None
        context = self._tls_context(configuration) if self._access.secure else None
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self._pools: dict[str, type] = {}
        self._configuration, self.authorization, self._context = configuration, authorization, context
        self.secrets = Secrets.of([*self._headers, ("Authorization", authorization or "")], self._access.user)
        self._rotation.loaded(stamp)
        outdated, self._idle = self._idle, [self._client()]
        # An open connection keeps using the certificate that it was opened with.
        for client in outdated:
            client.close()

    def _tls_context(self, configuration: Any) -> SSLContext:
        """Return the context of the early handshakes; without those, or for newer credentials, a new one."""
        early, self._early = self._early, None
        if early is not None:
            try:
                return early.context
            except (OSError, ValueError):
                pass  # the other way reports what is wrong
        return tls_context(configuration, self._access)

    def _client(self, deadline: Deadline | None = None) -> Any:
        """Return a new official REST client, for one thread at a time. deadline: None for that of the readings.

        The clients share one complete TLS context. Otherwise urllib3 would load the certificates into it for every
        connection, which takes up to 36 ms and crashes OpenSSL while another thread is in a handshake.
        """
        configuration = self._configuration
        _, rest_class = rest_client()
        try:
            client = rest_class(configuration)
        except Exception as problem:  # noqa: BLE001  the client raises many types, for example for an invalid proxy URL
            raise ConfigError(f"the connection cannot be set up: {type(problem).__name__}") from None
        # urllib3 parses the target of a redirect even if it must not follow it, and loses the connection if that fails.
        client.pool_manager.urlopen = partial(client.pool_manager.urlopen, redirect=False)
        if self._context is not None:
            settings = client.pool_manager.connection_pool_kw
            settings |= {"ssl_context": self._context, "ca_certs": None, "cert_file": None, "key_file": None}
        plain = client.pool_manager.pool_classes_by_scheme
        if deadline is None and not self._pools:
            self._pools = bounded(plain, self._dials, self._deadline)
        pools = bounded(plain, [], deadline) if deadline else self._pools
        client.pool_manager.pool_classes_by_scheme = pools
        return client

    @contextmanager
    def own(self, deadline: Deadline) -> Iterator[Any]:
        """Return a new client for one stream, with its own deadline."""
        client = self._client(deadline)
        try:
            yield client
        finally:
            client.close()

    @contextmanager
    def borrowed(self) -> Iterator[Any]:
        """Lend a client that no other thread uses; its connection stays open for the next borrower."""
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
        for client in self._idle:
            client.close()
        self._close_dials()

    def _close_dials(self) -> None:
        """Close the early connections that nobody has taken; another thread may take one at the same time."""
        while True:
            try:
                left = self._dials.pop()
            except IndexError:
                return
            left.close()

    def renewing(self, attempt: Callable[[], Result]) -> Result:
        """Run a function that uses the credentials; if they seem to make it fail, once more with newer ones."""
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
        """Reload the credentials, once for all threads that were refused with the old ones."""
        with self._lock:
            if self._generation == generation:
                # Connections that were opened early belong to the old TLS context.
                self._close_dials()
                self._open()
                self._generation += 1

    def _keep_fresh(self) -> None:
        """Reload the credentials if their files have changed. Keep the old ones until the new ones can be used."""
        if not self._rotation.due():
            return
        try:
            self._renew(self._generation)
        except C3sError as problem:
            self._trace(f"newer credentials cannot be used yet: {problem}")
